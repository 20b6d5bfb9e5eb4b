"""Writes the vectors by which the server's analysis is tested against this one.

  python -m recipe.codec.analysis_fixture ../tests/codec/testdata/analysis.bin

Little-endian: int16 left, right (SAMPLES each, full scale 32768), then float32 features (LATENTS, DIM).
"""

import sys
from pathlib import Path

import numpy as np

from . import features as F

LATENTS = 3
SAMPLES = LATENTS * F.LATENT_HOP + 1000  # the last windows hang over the end


def audio(seed=11):
    """Two notes that swell and pan, noise with attacks, a silent gap; (2, samples) int16."""
    rng = np.random.default_rng(seed)
    t = np.arange(SAMPLES) / F.SAMPLE_RATE
    notes = 0.3 * np.sin(2 * np.pi * 220 * t) * (1 + np.sin(9 * t)) + 0.15 * np.sin(2 * np.pi * (1300 * t + 900 * t**2))
    attacks = np.exp(-((t * 16) % 1) * 12) * rng.standard_normal(SAMPLES) * 0.2
    pan = 0.5 + 0.4 * np.sin(25 * t)
    stereo = np.stack([notes * pan + attacks, notes * (1 - pan) + 0.5 * attacks])
    stereo[:, 5000:7000] = 0
    return np.round(np.clip(stereo, -1, 1) * 32767).astype("<i2")


def write(path):
    pcm = audio()
    features = F.features(pcm.astype(np.float32) / 32768)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(pcm.tobytes())
        file.write(np.ascontiguousarray(features, "<f4").tobytes())


if __name__ == "__main__":
    write(sys.argv[1])
