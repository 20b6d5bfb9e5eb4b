"""Trains the decoder network on frozen latents: magnitudes by L1, phase derivatives by weighted squares."""

import time
from pathlib import Path

import numpy as np
import torch

from ..checkpoint import Ema, load, save
from ..precision import fast
from . import features as F
from . import pca as P
from .analyse import is_train, load_audio
from .decoder import Decoder

CROP = 32  # latent frames
WARM = 5  # the first latent frames of a crop lack their context: not scored


class Crops:
    """Random crops of training clips held in memory: features, coherence, and the phase of L + R in 8 bits."""

    def __init__(self, corpus, work, clips, seed=0):
        self.rng = np.random.default_rng(seed)
        self.fitted = dict(np.load(Path(work) / "pca.npz"))
        ids = [p.stem for p in sorted((Path(work) / "features").glob("?????.npy")) if is_train(corpus, p.stem)]
        self.rng.shuffle(ids)
        self.items = []
        for i in ids[:clips]:
            x = np.load(Path(work) / "features" / f"{i}.npy")
            audio = load_audio(Path(corpus) / f"{i}.flac")
            phase = np.round(np.angle(F.tonal_stft(audio).sum(0)) * (127 / np.pi)).astype(np.int8)
            self.items.append((x, phase[: len(x) * F.FRAMES], F.coherence(audio)[: len(x)]))

    def batch(self, size):
        """-> latents, features, phase, coherence of `size` crops."""
        xs, phases, coherences = [], [], []
        for _ in range(size):
            x, phase, coherence = self.items[self.rng.integers(len(self.items))]
            at = self.rng.integers(0, len(x) - CROP)
            xs.append(x[at : at + CROP])
            phases.append(phase[at * F.FRAMES : (at + CROP) * F.FRAMES])
            coherences.append(coherence[at : at + CROP])
        x = np.stack(xs).astype(np.float32)
        z = P.encode(self.fitted, x)
        phase = torch.tensor(np.stack(phases).astype(np.float32) * (np.pi / 127))
        return torch.tensor(z), torch.tensor(x), phase, torch.tensor(np.stack(coherences))


def loss_of(out, x, phase, coherence, weights):
    """-> (total, dict of terms). weights (DIM): the PCA's importance of each feature."""
    target, w = F.split(x), F.split(weights)
    frames = slice(WARM * F.FRAMES, None)
    u = target["log_mag"].reshape(*phase.shape)
    loudness = torch.sigmoid((u - 1.0) / 1.5)  # the floor matters less than what is heard above it
    terms = {"mag": ((out["log_mag"] - u).abs() * loudness * w["log_mag"][0])[:, frames].mean() * 2}
    hf = target["hf"].reshape(*out["hf"].shape)
    terms["hf"] = (out["hf"] - hf).abs()[:, frames].mean() * 0.2
    terms["env"] = (out["env"] - target["env"].reshape(*out["env"].shape)).abs()[:, WARM * F.SIZES["env"] :].mean() * 0.2
    terms["coherence"] = (out["coherence"][:, :: F.FRAMES] - coherence)[:, WARM:].square().mean()

    energy = torch.exp(0.5 * u)
    k = torch.arange(F.TONAL_BINS) * (2 * np.pi * F.HOP / F.N_FFT)
    for name, true, weight in (
        ("advance", phase[:, 1:] - phase[:, :-1] - k, energy[:, 1:] * energy[:, :-1]),
        ("step", phase[:, :, 1:] - phase[:, :, :-1], energy[:, :, 1:] * energy[:, :, :-1]),
    ):
        guess = out[name][:, 1:] if name == "advance" else out[name][:, :, :-1]
        error = (guess[..., 0] - torch.cos(true)) ** 2 + (guess[..., 1] - torch.sin(true)) ** 2
        error, weight = error[:, frames], weight[:, frames]
        terms[name] = (error * weight).sum() / weight.sum()
    return sum(terms.values()), terms


def run(corpus, work, out, minutes, clips=120, batch=6, lr=1.2e-3, noise=0.04, decay_minutes=None, log=print):
    """Trains for `minutes` more, with checkpoints in `out`; the learning rate falls by a cosine to 3 % at decay_minutes."""
    torch.manual_seed(0)
    crops = Crops(corpus, work, clips)
    model = Decoder(crops.fitted)
    ema = Ema(model, 0.998)
    optimiser = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    state = load(out, model=model, ema=ema, optimiser=optimiser)
    weights = torch.tensor(P.weights())
    begin, spent, step = time.time(), state.get("seconds", 0.0), state.get("step", 0)
    sums, seen = {}, 0
    while time.time() - begin < 60 * minutes:
        done = (spent + time.time() - begin) / 60 / (decay_minutes or minutes)
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 200) * (0.03 + 0.97 * 0.5 * (1 + np.cos(np.pi * min(1, done))))
        z, x, phase, coherence = crops.batch(batch)
        z = z + noise * torch.rand(len(z), 1, 1) * torch.randn_like(z)
        with fast():
            y = model(z)
        total, terms = loss_of({k: v.float() for k, v in y.items()}, x, phase, coherence, weights)
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        ema.update(model)
        step, seen = step + 1, seen + 1
        for k, v in terms.items():
            sums[k] = sums.get(k, 0) + float(v.detach())
        if step % 100 == 0:
            log(f"step {step} {spent + time.time() - begin:.0f}s " + " ".join(f"{k} {v / seen:.4f}" for k, v in sums.items()), flush=True)
            sums, seen = {}, 0
            save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=spent + time.time() - begin)
    save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=spent + time.time() - begin)
