"""Distances between two sets of vectors, real and made: Frechet distance, MMD, density, recall, coverage.

Vectors are rows (n, d), float. Which vectors: `evaluate/spaces`.
"""

import numpy as np

K = 5  # neighbours that make a ball (Naeem et al. 2020)


def frechet(real, made):
    """Frechet distance (squared) of two Gaussians fitted to the rows; in squared units of the vectors. Both need more rows than columns."""
    (m, a), (n, b) = ((x.mean(0), np.cov(x.T)) for x in (real, made))
    return frechet_of_gaussians(m, a, n, b)


def frechet_of_gaussians(m, a, n, b):
    """|m - n|^2 + tr(A + B - 2 (A^(1/2) B A^(1/2))^(1/2)) (Dowson and Landau 1982)."""
    values, vectors = np.linalg.eigh(np.atleast_2d(a))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ np.atleast_2d(b) @ root), 0)).sum()
    return float(((m - n) ** 2).sum() + np.trace(np.atleast_2d(a)) + np.trace(np.atleast_2d(b)) - 2 * cross)


def squared_distances(x, y):
    """-> (len(x), len(y))."""
    return np.maximum((x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T, 0)


def bandwidth(real):
    """Median distance between different rows: the width of MMD's kernel (as in Kernel Audio Distance, Chung et al. 2025)."""
    return float(np.sqrt(np.median(squared_distances(real, real)[np.triu_indices(len(real), 1)])))


def mmd(real, made, width=None):
    """Unbiased squared maximum mean discrepancy under exp(-d^2 / 2 width^2): 0 in expectation for equal distributions, then below 0 as often as above."""
    width = width or bandwidth(real)

    def kernel(x, y):
        return np.exp(-squared_distances(x, y) / (2 * width**2))

    def within(x):
        n = len(x)
        return (kernel(x, x).sum() - n) / (n * (n - 1))

    return float(within(real) + within(made) - 2 * kernel(real, made).mean())


def radii(x, k=K):
    """Squared distance of each row to its k-th neighbour among the other rows. -> (n)."""
    return np.partition(squared_distances(x, x), k, axis=1)[:, k]


def neighbourhoods(real, made, k=K):
    """-> dict of

    density   made rows per ball about a real row, over k: 1 where both are alike, above where the made crowd together
    coverage  share of the balls about real rows that hold a made row
    recall    share of the real rows within a ball about a made row (Kynkaanniemi et al. 2019)
    """
    between = squared_distances(real, made)
    inside = between <= radii(real, k)[:, None]
    return {
        "density": float(inside.sum() / (k * len(made))),
        "coverage": float(inside.any(1).mean()),
        "recall": float((between <= radii(made, k)).any(1).mean()),
    }


class Projection:
    """The first principal directions of the real rows, over their total spread: a Frechet distance of 1 is all of the reference's variance."""

    def __init__(self, real, dims=32):
        self.mean = real.mean(0)
        _, s, basis = np.linalg.svd(real - self.mean, full_matrices=False)
        self.basis = basis[:dims].T / np.sqrt((s[:dims] ** 2).sum() / (len(real) - 1))

    def __call__(self, x):
        return (x - self.mean) @ self.basis


def halves(count, repeats=40, seed=0):
    """Random halves of `count` clips, as indices, for the delete-half standard error.

    A statistic of halves drawn without replacement spreads as far about that of all clips as this one does
    about the truth; and unlike in a bootstrap's sample no clip is its own neighbour.
    """
    rng = np.random.default_rng(seed)
    return [rng.permutation(count)[: count // 2] for _ in range(repeats)]
