"""The encoder: a weighted principal component analysis of the features, frozen once it is fitted.

Latent i is the i-th principal coefficient divided by the square root of its standard deviation (half
way to whitening: small components stay small, so the diffusion loss spends itself on what is heard),
scaled so that the latents' RMS is SIGMA_DATA.
"""

import numpy as np

from . import features as F

SIGMA_DATA = 0.5


def weights():
    """Importance of each feature (DIM): per-bin weights follow the ear's frequency resolution, softened."""
    hz = np.arange(F.TONAL_BINS) * F.SAMPLE_RATE / F.N_FFT
    tonal = (1 + 0.00437 * hz) ** -0.35
    tonal[:2] = 0.2  # below 30 Hz
    fade = np.clip((7000 - hz) / 2000, 0.05, 1)
    hf_hz = np.array([lo for lo, _ in F.HF_BANDS])
    hf = np.where(hf_hz < 10000, 0.9, 0.7)
    return np.concatenate([
        np.tile(tonal * np.sqrt(fade), F.FRAMES),
        np.tile(hf, F.FRAMES),
        np.full(F.SIZES["pan"], 4.0),
        np.full(F.SIZES["env"], 0.7),
    ]).astype(np.float32)


def fit(sample, dims):
    """sample (n, DIM) -> dict of mean (DIM), encode (DIM, dims), decode (dims, DIM), explained (fraction of weighted variance)."""
    w = weights()
    mean = sample.mean(0, dtype=np.float64).astype(np.float32)
    x = (sample - mean) * w
    cov = x.T @ x / len(x)
    values, vectors = np.linalg.eigh(cov.astype(np.float64))
    order = np.argsort(values)[::-1][:dims]
    std = np.sqrt(values[order])
    scale = np.sqrt(std)
    gain = SIGMA_DATA / np.sqrt(np.mean((std / scale) ** 2))
    basis = vectors[:, order]
    encode = (w[:, None] * basis / scale * gain).astype(np.float32)
    decode = ((basis * scale / gain).T / w).astype(np.float32)
    return {"mean": mean, "encode": encode, "decode": decode, "explained": float(values[order].sum() / values.sum())}


def encode(pca, x):
    return (x - pca["mean"]) @ pca["encode"]


def decode(pca, z):
    return z @ pca["decode"] + pca["mean"]
