"""Presto-L: fewer layers at high noise, the last one always kept, the budget embedded, the full network its own teacher.

`ase=True` trains the baseline alike (Moon et al. 2024): the tail is dropped, the budget is not told, and
there is no self-teacher.
"""

import time

import torch
from torch import nn

from ..checkpoint import Ema, load, save
from . import noise, sample
from .steps import over_unknown

FREE = 0.2  # share of batches with a budget drawn at random, so that a server under load may lower it
SMALLEST = 8


def any_budget(budgets, largest):
    """A budget that a server under load may ask for at any level."""
    return int(torch.randint(min(SMALLEST, *(blocks for _, blocks in budgets)), largest + 1, ()))


def draw_budget(budgets, largest):
    """-> (blocks, noise levels' highest and lowest): by the schedule, or free of it."""
    if float(torch.rand(())) < FREE:
        return any_budget(budgets, largest), float("inf"), 0.0
    # As often as the training distribution asks for it: by the budget of one draw.
    blocks = noise.budget(float(noise.training(1)), budgets)
    return blocks, *noise.span(blocks, budgets)


def levels_between(count, high, low):
    """Training noise levels within (low, high]. -> (count)."""
    out = torch.empty(0)
    while len(out) < count:
        drawn = noise.training(4 * count)
        out = torch.cat([out, drawn[(drawn > low) & (drawn <= high)]])
    return out[:count]


def loss_of(model, x, cond, sigma, blocks, ase=False, self_teacher=1.0):
    """Denoising loss at a budget (EDM's weight), and the distance to the same network at full depth."""
    sd = model.sigma_data
    shape = (-1, *[1] * (x.ndim - 1))
    noisy = x + sigma.reshape(shape) * torch.randn_like(x)
    weight = ((sigma**2 + sd**2) / (sigma * sd) ** 2).reshape(shape)
    if ase:
        d = model.denoise_tail_dropped(noisy, sigma, cond, blocks)
        return over_unknown(weight * (d - x) ** 2, cond)
    d = model.denoise(noisy, sigma, cond, blocks)
    loss = over_unknown(weight * (d - x) ** 2, cond)
    if blocks < model.blocks and self_teacher:
        with torch.no_grad():
            full = model.denoise(noisy, sigma, cond, model.blocks)
        loss = loss + self_teacher * over_unknown(weight * (d - full) ** 2, cond)
    return loss


def pupil_loss(pupil, teacher, x, cond, guidance, budgets=noise.BUDGETS):
    """One call of the pupil, at the budget of its noise level, against the guided teacher's two (Meng et al. 2023). -> the loss, blocks.

    Levels are those that a generator starts from.
    """
    free = float(torch.rand(())) < FREE / 2
    sigma, blocks = noise.inference(len(x), budgets=None if free else budgets)
    if free:
        blocks = any_budget(budgets, pupil.blocks)
    sd = pupil.sigma_data
    shape = (-1, *[1] * (x.ndim - 1))
    noisy = x + sigma.reshape(shape) * torch.randn_like(x)
    with torch.no_grad():
        wanted = sample.guided(teacher, noisy, sigma, cond, guidance)
    weight = ((sigma**2 + sd**2) / (sigma * sd) ** 2).reshape(shape)
    return over_unknown(weight * (pupil.denoise(noisy, sigma, cond, blocks) - wanted) ** 2, cond), blocks


def train(model, batches, out, minutes, budgets=noise.BUDGETS, ase=False, guided=None, lr=2e-4, decay=0.995, every=50, log=print):
    """Fine-tunes for `minutes` (the rate falls to 5 %), resumable from `out`; `out` holds model and averaged weights.

    With `guided` (teacher, guidance) the model learns that, instead of music.
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
        x, cond = batches()
        if guided:
            loss, blocks = pupil_loss(model, guided[0], x, cond, guided[1], budgets)
        else:
            blocks, high, low = draw_budget(budgets, model.blocks)
            loss = loss_of(model, x, cond, levels_between(len(x), high, low), blocks, ase)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        ema.update(model)
        step, seconds = step + 1, seconds + min(10.0, time.time() - begin)
        sums.setdefault(blocks, []).append(float(loss.detach()))
        if step % every == 0:
            means = " ".join(f"{k}: {sum(v) / len(v):.3f}" for k, v in sorted(sums.items()))
            log(f"step {step} {seconds:.0f}s loss by budget {means}", flush=True)
            sums = {}
        if time.time() - saved > 240:
            save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=seconds)
            saved = time.time()
    save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=seconds)
    return ema.model
