"""Brightness is read off latents."""

import numpy as np

from recipe import brightness, labels


def test_a_line_is_found_again(tmp_path):
    rng = np.random.default_rng(0)
    weights, at = np.array([0.1, -0.05, 0.0]), labels.slices()["brightness"].start
    for folder in ("latents", "controls"):
        (tmp_path / folder).mkdir()
    for clip in range(3):
        latents = np.repeat(rng.normal(size=(40, 3)), 10, 0)
        controls = np.zeros((400, labels.CHANNELS), np.float16)
        controls[:, at] = 0.6 + brightness.smoothed(latents) @ weights
        np.save(tmp_path / "latents" / f"{clip:05}.npy", latents.astype(np.float16))
        np.save(tmp_path / "controls" / f"{clip:05}.npy", controls)
    found = brightness.reading(tmp_path)
    assert abs(found["bias"] - 0.6) < 0.005
    assert np.abs(np.array(found["weights"]) - weights).max() < 0.005


def test_the_ends_are_means_of_what_there_is():
    flat = brightness.smoothed(np.ones((30, 2)))
    assert np.allclose(flat, 1)
