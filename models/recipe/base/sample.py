"""Sampling in Python, for choosing sampler settings and for the recipe's own measurements.

The server's samplers (`lib/diffusion`) are the ones that users hear; these are the same equations.
"""

import numpy as np
import torch

from .model import denoise


def karras(steps, sigma_min, sigma_max, rho):
    """Levels of EDM eq. 5 and a trailing 0."""
    i = np.arange(steps) / max(1, steps - 1)
    levels = (sigma_max ** (1 / rho) + i * (sigma_min ** (1 / rho) - sigma_max ** (1 / rho))) ** rho
    return [*levels, 0.0]


def guided(model, prompt, controls, context, scale, low=0.0, high=1e9):
    """-> D(x, sigma) with classifier-free guidance inside (low, high]; the null has neither prompt nor controls."""

    def run(x, sigma):
        s = torch.full((len(x),), sigma)
        d = denoise(model.network, x, s, prompt, controls, context)
        if scale == 1 or not low < sigma <= high:
            return d
        null = denoise(model.network, x, s, prompt * 0, controls * 0, context)
        return null + scale * (d - null)

    return run


def dpmpp_2m(denoiser, x, sigmas):
    """DPM-Solver++(2M), Lu et al. 2022, in sigma: one evaluation a step."""
    before = None
    for i, (s, t) in enumerate(zip(sigmas[:-1], sigmas[1:])):
        d = denoiser(x, s)
        if t == 0:
            return d
        h = np.log(s / t)
        if before is not None:
            r = np.log(sigmas[i - 1] / s) / h
            guess = (1 + 1 / (2 * r)) * d - 1 / (2 * r) * before
        else:
            guess = d
        x = t / s * x - (t / s - 1) * guess
        before = d
    return x


def heun(denoiser, x, sigmas):
    """EDM algorithm 1 without churn: two evaluations a step, one in the last."""
    for s, t in zip(sigmas[:-1], sigmas[1:]):
        slope = (x - denoiser(x, s)) / s
        y = x + (t - s) * slope
        if t > 0:
            slope = (slope + (y - denoiser(y, t)) / t) / 2
            y = x + (t - s) * slope
        x = y
    return x


SAMPLERS = {"dpmpp_2m": dpmpp_2m, "heun": heun}


@torch.no_grad()
def continue_piece(model, prompt, controls, lengths, context=64, sampler="dpmpp_2m", sigmas=None, seed=0, **guidance):
    """Block by block as the server does: controls (batch, n, C) -> latents (batch, n, dims)."""
    sigmas = sigmas or karras(8, 0.03, 40, 5)
    batch, n, _ = controls.shape
    dims = model.c.latents
    generator = torch.Generator().manual_seed(seed)
    out = torch.zeros(batch, 0, dims)
    block = 0
    while out.shape[1] < n:
        new = lengths[min(block, len(lengths) - 1)]
        known = min(out.shape[1], context, 128 - new)
        known -= (known + new) % 2
        first = out.shape[1] - known
        rows = controls[:, first : first + known + new]
        if rows.shape[1] < known + new:
            rows = torch.cat([rows, rows[:, -1:].expand(-1, known + new - rows.shape[1], -1)], 1)
        frame = torch.zeros(batch, known + new, dims + 1)
        frame[:, :known, :dims] = out[:, first:]
        frame[:, :known, dims] = 1
        x = sigmas[0] * torch.randn(batch, known + new, dims, generator=generator)
        denoiser = guided(model, prompt, rows, frame, **guidance)
        out = torch.cat([out, SAMPLERS[sampler](denoiser, x, sigmas)[:, known:]], 1)
        block += 1
    return out[:, :n]
