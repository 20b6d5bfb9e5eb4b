"""Presto-L: fewer layers at high noise, the last one always kept, the budget embedded, the full network its own teacher.

`ase=True` trains the baseline alike (Moon et al. 2024): the tail is dropped, the budget is not told, and
there is no self-teacher.
"""

import torch

from . import noise, sample
from .fine_tune import fine_tune
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


def train(model, batches, out, minutes, budgets=noise.BUDGETS, ase=False, guided=None, **how):
    """Fine-tunes as `fine_tune` does. With `guided` (teacher, guidance) the model learns that, instead of music."""

    def loss(x, cond):
        if guided:
            return pupil_loss(model, guided[0], x, cond, guided[1], budgets)
        blocks, high, low = draw_budget(budgets, model.blocks)
        return loss_of(model, x, cond, levels_between(len(x), high, low), blocks, ase), blocks

    return fine_tune(model, batches, loss, out, minutes, **how)
