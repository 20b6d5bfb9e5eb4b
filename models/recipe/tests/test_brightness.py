"""Brightness is read off latents."""

import numpy as np

from recipe import brightness, labels
from recipe.codec import features as F


def test_bands_that_follow_latents_are_found_again(tmp_path):
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(3, 4)) / 4
    hz = np.concatenate([np.tile(np.arange(F.TONAL_BINS) * F.SAMPLE_RATE / F.N_FFT, F.FRAMES), np.tile([(a + b) / 2 for a, b in F.HF_BANDS], F.FRAMES)])
    band = np.searchsorted(brightness.EDGES_HZ, hz, "right") - 1
    for folder in ("latents", "features"):
        (tmp_path / folder).mkdir()
    for clip in range(3):
        latents = rng.normal(size=(400, 3)).astype(np.float16)
        rows = np.zeros((400, F.DIM), np.float32)
        rows[:, : len(hz)] = (latents @ weights)[:, band] - hz / 2000
        np.save(tmp_path / "latents" / f"{clip:05}.npy", latents)
        np.save(tmp_path / "features" / f"{clip:05}.npy", rows)
    found = brightness.reading(tmp_path)
    assert np.abs(np.transpose([band["weights"] for band in found["bands"]]) - weights).max() < 0.005
    magnitudes = np.exp([band["bias"] + latents @ band["weights"] for band in found["bands"]])
    centroid = [band["hz"] for band in found["bands"]] @ magnitudes / magnitudes.sum(0)
    heard = np.log2(centroid / found["from_hz"]) / found["octaves"]
    assert np.abs(heard - labels.brightness(rows, 1)).max() < 0.01
