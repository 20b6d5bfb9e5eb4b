"""A consistency model of the guided teacher (Song et al. 2023): a baseline of Presto-S that has neither fake score nor discriminator.

Along one path of the teacher every level is to give the same x: what is given at a level is held to what is given one of
the teacher's steps further down. Distances are pseudo-Huber, the target is the pupil itself, without a gradient, and
levels weigh as the inverse of their step (Song and Dhariwal 2024).
"""

import torch

from . import noise, sample
from .fine_tune import fine_tune

LEVELS = 32  # of the teacher's path
HUBER = 0.00054  # of the root of an example's values: where a distance turns from squared to plain


@torch.no_grad()
def step_down(teacher, x, sigma, lower, cond, guidance):
    """One step of Heun along the teacher's path (EDM, algorithm 1). sigma and lower (batch). -> x at `lower`, where that is 0 the teacher's own end."""

    def slope(x, sigma):
        s = sigma.reshape(-1, *[1] * (x.ndim - 1))
        return (x - sample.guided(teacher, x, sigma, cond, guidance)) / s

    by = (lower - sigma).reshape(-1, *[1] * (x.ndim - 1))
    first = slope(x, sigma)
    euler = x + by * first
    second = slope(euler, lower.clamp(min=1e-3))
    last = (lower == 0).reshape(by.shape)
    return torch.where(last, euler, x + by * (first + second) / 2)


def distances(made, target, cond):
    """Pseudo-Huber distance of each example where x is to be made. -> (batch)."""
    unknown = cond.unknown.expand_as(made)
    axes = tuple(range(1, made.ndim))
    values = unknown.sum(axes).clamp(min=1)
    far = ((made - target).square() * unknown).sum(axes)
    c = HUBER * values.sqrt()
    return ((far + c**2).sqrt() - c) / values.sqrt()


def consistency_loss(pupil, teacher, x, cond, guidance):
    """Song et al. 2023, eq. 7, at one level of the grid for each example."""
    levels = torch.tensor([*noise.levels(LEVELS), 0.0])
    at = torch.randint(LEVELS, (len(x),))
    sigma, lower = levels[at], levels[at + 1]
    shape = (-1, *[1] * (x.ndim - 1))
    noisy = x + sigma.reshape(shape) * torch.randn_like(x)
    below = step_down(teacher, noisy, sigma, lower, cond, guidance)
    with torch.no_grad():
        said = pupil.denoise(below, lower.clamp(min=1e-3), cond)
    target = torch.where((lower == 0).reshape(shape), below, said)
    return (distances(pupil.denoise(noisy, sigma, cond), target, cond) / (sigma - lower)).mean()


def train(pupil, teacher, batches, out, minutes, guidance=1.0, **how):
    """`pupil` learns for `minutes` as `fine_tune` does. -> its averaged weights, to be sampled by `sample.pingpong`."""

    def loss(x, cond):
        return consistency_loss(pupil, teacher, x, cond, guidance), "all levels"

    return fine_tune(pupil, batches, loss, out, minutes, **how)
