"""Writes the vectors by which the server's synthesis is tested against this one.

  python -m recipe.codec.fixture ../tests/codec/testdata/spectrum.bin

Float32, little-endian: for 3 latent frames log_mag, hf, pan, coherence, advance, step, env, then left, right.
The parameters lie beside them, in a file of the same name that ends in .json.
"""

import json
import sys
from pathlib import Path

import numpy as np

from . import features as F
from . import synthesis

LATENTS = 3


def vectors(seed=7):
    """Features of a made-up sound: two gliding partials over a floor, noise that swells, a pan that moves."""
    rng = np.random.default_rng(seed)
    t = LATENTS * F.FRAMES
    frames, bins = np.arange(t)[:, None], np.arange(F.TONAL_BINS)[None]
    log_mag = np.full((t, F.TONAL_BINS), -1.5) + 0.3 * rng.standard_normal((t, F.TONAL_BINS))
    for centre, glide, peak in ((26.4, 0.02, 4.0), (143.7, -0.1, 2.5)):
        log_mag = np.maximum(log_mag, peak - 0.5 * (bins - centre - glide * frames) ** 2)
    hf = -1 + 2 * np.sin(frames / 5 + np.arange(len(F.HF_BANDS))) * 0.5
    pan = np.clip(np.sin(frames / 9 + np.arange(len(F.PAN_BANDS_HZ)) / 4), -1, 1)
    coherence = np.clip(0.5 + 0.6 * np.cos(frames // F.FRAMES + np.arange(len(F.PAN_BANDS_HZ)) / 3), 0, 1)
    advance = np.exp(1j * rng.uniform(-0.4, 0.4, log_mag.shape)) * rng.uniform(0.3, 1, log_mag.shape)
    step = -np.exp(1j * rng.uniform(-0.5, 0.5, log_mag.shape)) * rng.uniform(0.2, 1, log_mag.shape)
    env = -5 + 2 * np.sin(np.arange(4 * t) / 3)
    single = [np.float32(x) for x in (log_mag, hf, pan, coherence)]
    return (*single, np.complex64(advance), np.complex64(step), np.float32(env))


def write(path):
    parts = vectors()
    pcm = synthesis.synthesise(*parts)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for part in (*parts, *pcm):
            flat = part.view(np.float32) if np.iscomplexobj(part) else np.float32(part)
            file.write(np.ascontiguousarray(flat, "<f4").tobytes())
    Path(path).with_suffix(".json").write_text(json.dumps(synthesis.PARAMETERS, indent=2) + "\n")


if __name__ == "__main__":
    write(sys.argv[1])
