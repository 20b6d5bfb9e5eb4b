"""Measures what the synthesis does to the level of each bin, and has the decoder make up for it.

Overlapped frames whose phases disagree cancel, most where the network doubts its phases. The decoder's
output is rendered and analysed again; the mean difference to the source, by bin and doubt, becomes a gain. (The same for the noise bands was tried: their level is the envelope's.)
"""

import json
from pathlib import Path

import numpy as np
import torch

from ..checkpoint import Ema, load, save
from . import features as F
from . import pca as P
from . import synthesis
from .analyse import load_audio
from .decoder import Decoder

STRENGTH = 0.4  # of the measured gain: at full strength the error in dB is no lower and the spectrum's shape suffers
SECONDS, SKIP = 4, 2  # of a clip; latent frames at its start that lack their past


def decoded(decoder, latents):
    """Latents (n, dims) -> what the synthesis is given, by name, and the network's doubt (8 n, bins)."""
    with torch.no_grad():
        out = decoder.audible(decoder(torch.tensor(latents)[None]))
    out = {k: v[0].numpy() for k, v in out.items()}
    doubt = 1 - (out["advance"] ** 2).sum(-1)
    return {k: v[..., 0] + 1j * v[..., 1] if k in ("advance", "step") else v for k, v in out.items()}, doubt


def render(decoder, latents):
    """Latents (n, dims) -> (2, 3840 n) through the network and the reference synthesis, and the network's doubt (8 n, bins)."""
    features, doubt = decoded(decoder, latents)
    return synthesis.synthesise(**features), doubt


def smooth(values, width=9):
    return np.convolve(np.pad(values, width // 2, "edge"), np.ones(width) / width, "valid")


def measure(decoder, fitted, clips):
    """-> by how much (ln) the tonal bins must rise: at no doubt, and per unit of doubt."""
    rows = []
    for path in clips:
        audio = load_audio(path)
        audio = audio[:, audio.shape[1] // 3 :][:, : SECONDS * F.SAMPLE_RATE // F.LATENT_HOP * F.LATENT_HOP]
        source = F.features(audio).astype(np.float32)
        heard, doubt = render(decoder, P.encode(fitted, source))
        frames = slice(SKIP, len(source) - 1)
        x, y = (F.split(f)["log_mag"][frames] for f in (source, F.features(heard.astype(np.float32))))
        loud = 1 / (1 + np.exp(-(x - 1.0) / 0.5))
        doubt = doubt.reshape(len(source), F.FRAMES, -1)[frames]
        rows.append([v.reshape(-1, F.TONAL_BINS) for v in (np.clip(x - y, -2, 2), doubt, loud)])
    gap, doubt, weight = (np.concatenate(column) for column in zip(*rows))
    total = weight.sum(0)
    mean_gap, mean_doubt = (weight * gap).sum(0) / total, (weight * doubt).sum(0) / total
    covariance = smooth((weight * (gap - mean_gap) * (doubt - mean_doubt)).sum(0))
    slope = covariance / smooth((weight * (doubt - mean_doubt) ** 2).sum(0))
    return smooth(mean_gap - slope * mean_doubt), slope


def run(corpus, work, out, clips=12, rounds=3):
    """Calibrates the averaged weights in the checkpoint `out`, in place; prints the mean gaps of each round in dB."""
    fitted = dict(np.load(Path(work) / "pca.npz"))
    model = Decoder(fitted)
    ema = Ema(model, 0.998)
    state = load(out, model=model, ema=ema)
    paths = [p for p in sorted(Path(corpus).glob("?????.json")) if json.loads(p.read_text())["split"] == "train"]
    paths = [p.with_suffix(".flac") for p in paths[:: max(1, len(paths) // clips)][:clips]]
    decoder = ema.model
    for _ in range(rounds):
        level, by_doubt = measure(decoder, fitted, paths)
        print(f"tonal {8.69 * np.mean(level + 0.5 * by_doubt):+.2f} dB at half doubt", flush=True)
        for buffer, change in ((decoder.level, level), (decoder.level_by_doubt, by_doubt)):
            buffer += 0.8 * torch.tensor(change, dtype=torch.float32)
    for buffer in (decoder.level, decoder.level_by_doubt):
        buffer *= STRENGTH
    model.load_state_dict(decoder.state_dict())
    save(out, model=model, ema=ema, **state)
