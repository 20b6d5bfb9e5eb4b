"""The base model of this recipe behind the interface of the distillation, and its batches."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .. import labels
from ..base.model import precondition
from ..base.train import CONTEXT_NOISE
from ..codec import features as F
from ..base.data import stream
from ..precision import fast
from . import sample


@dataclass
class Conditions:
    prompt: torch.Tensor  # (batch, tokens, dims)
    controls: torch.Tensor  # (batch, frames, CHANNELS)
    context: torch.Tensor  # (batch, frames, latents + 1): known latents, mask

    @property
    def unknown(self):
        return 1 - self.context[..., -1:]

    def null(self):
        """What guidance leads away from: no prompt, every part where some were told, and nothing else but the beat."""
        controls, parts = labels.unasked(self.controls), labels.slices()["parts"]
        controls[..., parts] = self.controls[..., parts.stop - 1 : parts.stop]
        return Conditions(torch.zeros_like(self.prompt), controls, self.context)


class Music(nn.Module):
    """A `Base` as the distillation sees it. Half precision inside where it is fast, float32 pre- and post-conditioning."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.sigma_data = base.c.sigma_data
        self.blocks = base.c.blocks
        self.width = base.c.dim

    def _run(self, x, sigma, cond, kept, blocks=None, taps=(), extra=None):
        network, tapped = self.base.network, []

        def network_at(y, c_noise):
            emb = network.embed(c_noise, cond.prompt, blocks)
            if extra is not None:
                emb = emb + extra
            h, found = network.trunk(y, emb, cond.prompt, cond.controls, cond.context, kept, taps)
            tapped.extend(found)
            return network.read(h, y, emb)

        with fast():
            d = precondition(network_at, x, sigma, cond.context, self.sigma_data)
        return d, [h.float() for h in tapped]

    def denoise(self, x, sigma, cond, blocks=None):
        return self._run(x, sigma, cond, self.base.network.kept(blocks), blocks)[0]

    def denoise_tail_dropped(self, x, sigma, cond, blocks):
        return self._run(x, sigma, cond, range(blocks))[0]

    def features(self, x, sigma, cond, taps, extra=None):
        return self._run(x, sigma, cond, self.base.network.kept(), None, taps, extra)

    def head_input(self, x, sigma, cond, blocks, tail_dropped=False):
        """The hidden state that the head reads: its variance is the paper's argument for keeping the last block."""
        kept = range(blocks) if tail_dropped else self.base.network.kept(blocks)
        taps = (blocks - 1,) if tail_dropped else (self.blocks - 1,)
        return self._run(x, sigma, cond, kept, None if tail_dropped else blocks, taps)[1][0]


BANDS_HZ = (0, 250, 1000, 2500, 7000, 12000, 20000)  # edges; a hat and a kick, a bass and a lead fall into different ones


def heard_power(work):
    """-> the power of latents (batch, time, channels) in each of BANDS_HZ as the codec's linear path decodes them, (batch, time, bands)."""
    fitted = np.load(Path(work) / "pca.npz")
    sizes = F.SIZES["log_mag"], F.SIZES["hf"]
    decode, mean = (torch.tensor(fitted[name][..., : sum(sizes)]) for name in ("decode", "mean"))
    low, high = np.arange(F.TONAL_BINS) * F.SAMPLE_RATE / F.N_FFT, np.array([(a + b) / 2 for a, b in F.HF_BANDS])
    hz = np.concatenate([np.tile(low, F.FRAMES), np.tile(np.where(high > BANDS_HZ[4], high, np.nan), F.FRAMES)])  # what both tell counts once
    wide = np.concatenate([np.ones(sizes[0]), np.tile([(b - a) * F.HF_N_FFT / F.SAMPLE_RATE for a, b in F.HF_BANDS], F.FRAMES)])
    of_band = (hz[:, None] >= BANDS_HZ[:-1]) & (hz[:, None] < BANDS_HZ[1:])
    share = torch.tensor(of_band * wide[:, None] / F.FRAMES).float()
    return lambda x: (2 * (x @ decode + mean).clamp(max=10)).exp() @ share


class Batches:
    """Endless training batches of (x, Conditions), out of a base's `Examples`."""

    def __init__(self, examples, resampler, frames_total):
        self.batches, self.resampler = stream(examples, frames_total), resampler

    def __call__(self):
        return conditions(next(self.batches), self.resampler)


@torch.no_grad()
def conditions(batch, resampler):
    """A batch of `Examples` -> latents and their Conditions; the context is as imperfect as in training."""
    z, controls, embedding, known = batch
    known = known[..., None]
    given = (embedding.abs().sum(-1) > 0).float()[:, None, None]
    jitter = CONTEXT_NOISE * torch.rand(len(z), 1, 1) * torch.randn_like(z)
    return z, Conditions(resampler(embedding) * given, controls, torch.cat([(z + jitter) * known, known], -1))


GOES_ON = 0.8  # of the chains that have come to the end of their clip: a stream goes on for hours


class Chains:
    """Pieces that go on from the generator's own output, as an endless stream does.

    Called with the generator: makes the next block of every chain in four steps and returns it, the
    conditions that it was made under, and the music that was there, as a batch. At the end of its clip a
    chain mostly goes back to where the beat is the same, with what it has played as its context.
    """

    def __init__(self, examples, resampler, count=12, frames=128, context=64, budgets=None):
        self.examples, self.resampler, self.budgets = examples, resampler, budgets
        self.frames, self.context = frames, context
        self.chains = [self._begin() for _ in range(count)]

    def _begin(self):
        rng = self.examples.rng
        while True:
            z, controls, embeddings = self.examples.clips[rng.integers(len(self.examples.clips))]
            if len(z) > 2 * self.frames:
                break
        return {
            "at": 2 * int(rng.integers(0, (len(z) - 2 * self.frames) // 2)),
            "known": None,
            "z": z,
            "controls": self.examples.drop(controls.astype("float32")),
            "embedding": embeddings[rng.integers(len(embeddings))].astype("float32"),
        }

    def _back(self, chain):
        """Where the clip has room and the beat stands as it does where the chain has come to."""
        rng, beat = self.examples.rng, chain["controls"][:, labels.slices()["beat"]]
        room = np.arange(0, len(beat) - self.frames, 2)
        far = np.square(beat[room] - beat[chain["at"]]).sum(1)
        return int(rng.choice(room[np.argsort(far + 1e-3 * rng.random(len(room)))[:4]]))

    @torch.no_grad()
    def __call__(self, model, steps=4):
        n, frames = self.context, self.frames
        for i, c in enumerate(self.chains):
            if c["at"] + frames <= len(c["z"]):
                continue
            if self.examples.rng.random() < GOES_ON:
                c["at"] = self._back(c)
            else:
                self.chains[i] = self._begin()

        def stretch(name):
            return torch.tensor(np.stack([c[name][c["at"] : c["at"] + frames] for c in self.chains])).float()

        music, prompt = stretch("z"), self.resampler(torch.tensor(np.stack([c["embedding"] for c in self.chains])))
        known = torch.stack([real[:n] if c["known"] is None else c["known"] for c, real in zip(self.chains, music)])
        context = torch.zeros(len(known), frames, known.shape[-1] + 1)
        context[:, :n] = torch.cat([known, torch.ones(*known.shape[:2], 1)], -1)
        cond = Conditions(prompt, stretch("controls"), context)
        made = sample.pingpong(model, music.shape, cond, steps, self.budgets)
        made[:, :n] = known
        for c, z in zip(self.chains, made):
            c["known"], c["at"] = z[-n:].clone(), c["at"] + frames - n
        return made, cond, music
