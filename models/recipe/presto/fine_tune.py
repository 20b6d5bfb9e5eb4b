"""Training of one network against a loss: what Presto-L, ASE and the consistency model share."""

import time

import torch
from torch import nn

from ..checkpoint import Ema, load, save


def fine_tune(model, batches, loss_of, out, minutes, lr=2e-4, decay=0.995, every=50, log=print):
    """Trains for `minutes` (the rate falls to 5 %), resumable from `out`, which holds model and averaged weights. -> the averaged model.

    `batches()` gives (x, conditions), `loss_of(x, conditions)` the loss and what it is told under (the budget).
    """
    ema = Ema(model, decay)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=lr, betas=(0.9, 0.97), weight_decay=0.0)
    state = load(out, model=model, ema=ema, optimiser=optimiser)
    step, seconds, sums, saved = state.get("step", 0), state.get("seconds", 0.0), {}, time.time()
    while seconds < 60 * minutes:
        begin = time.time()
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 100) * (1 - 0.95 * seconds / (60 * minutes))
        loss, kind = loss_of(*batches())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        ema.update(model)
        step, seconds = step + 1, seconds + min(10.0, time.time() - begin)
        sums.setdefault(kind, []).append(float(loss.detach()))
        if step % every == 0:
            means = ", ".join(f"{k} {sum(v) / len(v):.3f}" for k, v in sorted(sums.items()))
            log(f"step {step} {seconds:.0f}s loss at {means}", flush=True)
            sums = {}
        if time.time() - saved > 240:
            save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=seconds)
            saved = time.time()
    save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=seconds)
    return ema.model
