"""Samplers: ping-pong for the distilled, guided DPM-Solver++(2M) for the base."""

import torch

from ..captured import Captured
from . import noise


@torch.no_grad()
def pingpong(model, shape, cond, steps, budgets=None, generator=None, first=None):
    """Multistep consistency sampling (Song et al. 2023, algorithm 1): predict x, add noise of the next level, repeat.

    With `first` it ends after as many of the steps.
    """
    x = torch.zeros(shape)
    for sigma in noise.levels(steps)[:first]:
        noisy = x + sigma * torch.randn(shape, generator=generator)
        blocks = noise.budget(sigma, budgets) if budgets else None
        x = model.denoise(noisy, torch.full((shape[0],), sigma), cond, blocks)
    return x


class Replayed:
    """A model that only makes, recorded where it runs on a GPU."""

    def __init__(self, model):
        self.denoise = Captured(torch.no_grad()(model.denoise))


class Dropping:
    """A denoiser that is run with the budget of its noise level (budgets None: with all blocks); all of a batch share one."""

    def __init__(self, run, budgets):
        self.run, self.budgets = run, budgets

    def denoise(self, x, sigma, cond):
        if self.budgets is None:
            return self.run(x, sigma, cond)
        return self.run(x, sigma, cond, noise.budget(float(sigma[0]), self.budgets))


def guided(model, x, sigma, cond, scale, low=0.3, high=12.0):
    """Classifier-free guidance within an interval of noise levels (Kynkaanniemi et al. 2024). sigma (batch)."""
    d = model.denoise(x, sigma, cond)
    if scale == 1:
        return d
    free = model.denoise(x, sigma, cond.null())
    inside = ((sigma > low) & (sigma <= high)).float().reshape(-1, *[1] * (x.ndim - 1))
    return d + (scale - 1) * inside * (d - free)


@torch.no_grad()
def base(model, shape, cond, steps=12, scale=3.0, rho=5, generator=None, begin=None):
    """DPM-Solver++(2M) (Lu et al. 2022) on Karras' grid: the teacher, when its samples are wanted.

    `begin` (x, sigma) starts from there instead of from noise.
    """
    x, sigma = begin or (noise.SIGMA_MAX * torch.randn(shape, generator=generator), noise.SIGMA_MAX)
    top, bottom = sigma ** (1 / rho), noise.SIGMA_MIN ** (1 / rho)
    sigmas = [(top + i / (steps - 1) * (bottom - top)) ** rho for i in range(steps)] + [0.0]
    last = None
    for i, (now, after) in enumerate(zip(sigmas, sigmas[1:])):
        d = guided(model, x, torch.full((shape[0],), now), cond, scale)
        if after == 0:
            return d
        h = torch.log(torch.tensor(now / after))
        guess = d
        if last is not None:
            r = torch.log(torch.tensor(sigmas[i - 1] / now)) / h
            guess = d + (d - last) / (2 * r)
        x = after / now * x - torch.expm1(-h) * guess
        last = d
