"""Noise levels: the training distribution, the inference grid, and the layer budget of a level."""

import math

import torch

P_MEAN, P_STD = -0.4, 1.2
SIGMA_MAX, SIGMA_MIN, RHO = 15.0, 0.05, 1000
BUDGETS = ((1.2, 10), (0.4, 11), (0.0, 12))  # blocks kept above a sigma: the fewest at high noise


def training(count):
    """p(sigma_train): log-normal. -> (count)."""
    return (P_MEAN + P_STD * torch.randn(count)).exp()


def at(u):
    """The inference grid (EDM, eq. 5) at u in [0, 1]: with this rho all but log-linear. -> sigma like u."""
    top, bottom = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return (top + u * (bottom - top)) ** RHO


def levels(steps):
    """The `steps` levels of ping-pong sampling: i / N, so that the last one still has noise to take away."""
    return [at(i / steps) for i in range(steps)]


def budgets_of(blocks):
    """Those that keep so many blocks above the levels of BUDGETS, one after the other."""
    return tuple((above, kept) for (above, _), kept in zip(BUDGETS, blocks, strict=True))


def budget(sigma, budgets=BUDGETS):
    """Blocks kept at a level."""
    return next(blocks for above, blocks in budgets if sigma > above)


def inference(count, discrete=None, budgets=None):
    """p(sigma_inf): uniform on the grid, or on the levels of `discrete` steps. -> sigma (count), blocks.

    With budgets a whole batch shares one, drawn by its share of the grid: what is dropped is not computed.
    """
    if discrete is not None:
        sigma = torch.tensor(levels(discrete))[torch.randint(discrete, (count,))]
        if budgets is None:
            return sigma, None
        blocks = budget(float(sigma[0]), budgets)
        same = [s for s in levels(discrete) if budget(s, budgets) == blocks]
        return torch.tensor(same)[torch.randint(len(same), (count,))], blocks
    u = torch.rand(count)
    if budgets is None:
        return at(u), None
    blocks = budget(at(float(u[0])), budgets)
    high, low = span(blocks, budgets)
    a, b = place(high), place(low)
    return at(a + (b - a) * u), blocks


def place(sigma):
    """Inverse of `at`, kept in [0, 1]."""
    top, bottom = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return min(1.0, max(0.0, (top - min(sigma, SIGMA_MAX) ** (1 / RHO)) / (top - bottom)))


def span(blocks, budgets=BUDGETS):
    """Highest and lowest sigma at which a budget is used."""
    found, high = [], math.inf
    for above, kept in budgets:
        if kept == blocks:
            found.append((high, above))
        high = above
    if found:
        return found[0][0], found[-1][1]
    raise ValueError(f"no noise level has a budget of {blocks} blocks")
