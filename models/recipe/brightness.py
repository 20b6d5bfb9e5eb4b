"""How bright latents are: the centroid of a few bands, each of whose magnitudes is read off a latent frame on a straight line.

Endless music is held to that of its first minute by the server.
"""

from pathlib import Path

import numpy as np

from . import labels

EDGES_HZ = (0, 600, 2400, 5000, 24000)
RIDGE = 1e-3
EVERY = 5  # frames
FLOOR = 1e-3  # magnitude


def line(x, y, ridge=RIDGE):
    """Ridge regression of y (n, bands) on x (n, dims) -> bias (bands), weights (dims, bands)."""
    x = np.c_[x, np.ones(len(x))]
    penalty = np.diag(np.r_[np.full(x.shape[1] - 1, ridge), 0])
    found = np.linalg.solve(x.T @ x / len(x) + penalty, x.T @ y / len(x))
    return found[-1], found[:-1]


def bands(feature_rows):
    """(n, DIM) -> of each band magnitudes (n, bands), and magnitudes times their frequencies."""
    magnitudes, hz = labels.spectrum(feature_rows)
    of_band = (hz[:, None] >= EDGES_HZ[:-1]) & (hz[:, None] < EDGES_HZ[1:])
    return magnitudes @ of_band, (magnitudes * hz) @ of_band


def reading(work):
    """Of the clips of work/latents and work/features -> the field of the package."""
    latents, plain, weighted = [], [], []
    for path in sorted((Path(work) / "latents").glob("?????.npy")):
        x, features = np.load(path), np.load(Path(work) / "features" / path.name)
        latents.append(x[::EVERY].astype(np.float64))
        for found, into in zip(bands(features[: len(x) : EVERY]), (plain, weighted)):
            into.append(found.astype(np.float64))
    plain, weighted = np.concatenate(plain), np.concatenate(weighted)
    bias, weights = line(np.concatenate(latents), np.log(plain + FLOOR))
    hz = weighted.sum(0) / plain.sum(0)
    return {
        "from_hz": labels.DULL_HZ,
        "octaves": labels.OCTAVES,
        "bands": [
            {"hz": round(float(f)), "bias": round(float(b), 3), "weights": [round(float(w), 3) for w in of]}
            for f, b, of in zip(hz, bias, weights.T)
        ],
    }
