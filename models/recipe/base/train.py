"""Trains the base denoiser: EDM's loss on the frames that are not context."""

import json
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as f

from ..checkpoint import Ema, load, save
from ..precision import DEVICE, fast
from .data import Examples, stream
from .model import Config, Network, Resampler, denoise

P_MEAN, P_STD = -0.4, 1.2
OWN_MINUTES = 15
APART, SHARED, WORDS = 0.5, 1.0, 256  # weights of `apart` and `shared`, and how many prompts they are taken over
CONTEXT_NOISE = 0.08  # at most; the model will hear its own imperfect output as context


class Base(nn.Module):
    """Network and the resampler that feeds it, trained together."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.network = Network(c)
        self.resampler = Resampler(c)

    def prompt(self, embedding):
        given = (embedding.abs().sum(-1) > 0).float()[:, None, None]
        return self.resampler(embedding) * given


def loss_of(model, batch, sigma, generator=None):
    """EDM's weighted squared error (eq. 8) per example; lambda * c_out^2 = 1."""
    z, controls, embedding, known = batch
    sd = model.c.sigma_data
    known = known[..., None]
    noise = torch.randn(z.shape, generator=generator)
    noisy = z + sigma[:, None, None] * noise
    jitter = torch.rand(len(z), 1, 1, generator=generator) * torch.randn(z.shape, generator=generator)
    context = torch.cat([(z + CONTEXT_NOISE * jitter) * known, known], -1)
    with fast():
        d = denoise(model.network, noisy, sigma, model.prompt(embedding), controls, context, sd)
    weight = (sigma**2 + sd**2) / (sigma * sd) ** 2
    unknown = 1 - known
    error = ((d - z) ** 2 * unknown).sum((1, 2)) / (unknown.sum((1, 2)) * z.shape[-1]).clamp(min=1)
    return weight * error


def apart(tokens, embedding):
    """How far the cosines between the tokens (batch, tokens, dims) of prompts are from those between their embeddings (batch, 384), without what all share: mean square."""

    def cosines(rows):
        rows = f.normalize(rows - rows.mean(0), dim=-1)
        return rows @ rows.T

    return (cosines(tokens.flatten(1)) - cosines(embedding)).square().mean()


def shared(tokens):
    """Power of what the tokens (batch, tokens, dims) of all prompts have in common, 0 to 1: left alone it grows until a word nobody knows, which lacks it, shouts."""
    return tokens.mean(0).square().mean()


@torch.no_grad()
def validate(model, examples, batches):
    """Mean loss at fixed noise levels over fixed validation batches: comparable between checkpoints."""
    generator = torch.Generator(DEVICE).manual_seed(1)
    out = {}
    for sigma in (0.1, 0.3, 1.0, 3.0):
        losses = [loss_of(model, b, torch.full((len(b[0]),), sigma), generator).mean() for b in batches]
        out[sigma] = float(torch.stack(losses).mean())
    return out


def run(corpus, work, out, minutes, decay_minutes=None, frames=2048, lr=1e-3, config=None, own=None, keep_prompts=False, log=print):
    """Trains for `minutes` more; the rate falls linearly to 2 % at decay_minutes of training in all.

    `own(model, examples)`, if given, is asked every OWN_MINUTES, or thrice in a short run, for the model's own version
    of some clips (own.py). With `keep_prompts` the resampler stays: a package's prompt encoder goes on to fit.
    """
    torch.manual_seed(int(time.time()))
    train, val = Examples(corpus, work, "train", seed=int(time.time())), Examples(corpus, work, "val", seed=1)
    held = [tuple(column.to(DEVICE) for column in val.batch(1024)) for _ in range(6)]
    c = config or Config()
    model = Base(c).to(DEVICE)
    model.resampler.requires_grad_(not keep_prompts)
    ema = Ema(model, 0.9985)
    trained = [p for p in model.parameters() if p.requires_grad]
    decayed, others = [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.97), fused=True)
    state = load(out, model=model, ema=ema, optimiser=optimiser)
    step, seconds = state.get("step", 0), state.get("seconds", 0.0)
    size = sum(p.numel() for p in model.parameters())
    log(f"{size / 1e6:.1f} M parameters, {len(train.clips)} clips, from step {step}", flush=True)
    end, horizon = seconds + 60 * minutes, 60 * (decay_minutes or minutes)
    anew = 60 * min(OWN_MINUTES, minutes / 3)
    sums, saved, played, batches = [], time.time(), None, stream(train, frames)

    def checkpoint():
        save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=seconds, config=c.as_dict())

    while seconds < end:
        if own and (played is None or seconds - played > anew):
            train.own, played = own(ema.model, train), seconds
            batches = stream(train, frames)
            log(f"{len(train.own)} clips played anew", flush=True)
        begin = time.time()
        done = min(1.0, seconds / horizon)
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 300) * (0.02 + 0.98 * (1 - done))
        batch = next(batches)
        sigma = (P_MEAN + P_STD * torch.randn(len(batch[0]))).exp()
        total = loss = loss_of(model, batch, sigma).mean()
        if not keep_prompts:
            words = train.words(WORDS).to(DEVICE)
            tokens = model.resampler(words)
            total = loss + APART * apart(tokens, words) + SHARED * shared(tokens)
        optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        ema.update(model)
        step += 1
        sums.append(loss.detach())
        seconds += min(10.0, time.time() - begin)  # a trainer that was held does not count the wait
        if step % 100 == 0:
            log(f"step {step} {seconds:.0f}s loss {float(torch.stack(sums).mean()):.4f}", flush=True)
            sums = []
        if time.time() - saved > 300:
            checkpoint()
            saved = time.time()
            log("val " + json.dumps(validate(ema.model, val, held)), flush=True)
    checkpoint()
    Path(out).with_suffix(".json").write_text(json.dumps({"step": step, "val": validate(ema.model, val, held)}))
