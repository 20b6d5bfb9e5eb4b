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


def heard_power(work):
    """-> the power of latents (batch, time, channels) as the codec's linear path decodes them, (batch, time)."""
    fitted = np.load(Path(work) / "pca.npz")
    bins = slice(0, F.SIZES["log_mag"])
    decode, mean = torch.tensor(fitted["decode"][:, bins]), torch.tensor(fitted["mean"][bins])
    return lambda x: (2 * (x @ decode + mean).clamp(max=10)).exp().mean(-1)


class Batches:
    """Endless training batches of (x, Conditions), out of a base's `Examples`."""

    def __init__(self, examples, resampler, frames_total):
        self.examples, self.resampler, self.frames_total = examples, resampler, frames_total

    def __call__(self):
        return conditions(self.examples.batch(self.frames_total), self.resampler)


@torch.no_grad()
def conditions(batch, resampler):
    """A batch of `Examples` -> latents and their Conditions; the context is as imperfect as in training."""
    z, controls, embedding, known = batch
    known = known[..., None]
    given = (embedding.abs().sum(-1) > 0).float()[:, None, None]
    jitter = CONTEXT_NOISE * torch.rand(len(z), 1, 1) * torch.randn_like(z)
    return z, Conditions(resampler(embedding) * given, controls, torch.cat([(z + jitter) * known, known], -1))


class Chains:
    """Pieces that go on from the generator's own output, as an endless stream does.

    Called with the generator: makes the next block of every chain in four steps and returns it, the
    conditions that it was made under, and the music that was there, as a batch.
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

    @torch.no_grad()
    def __call__(self, model, steps=4):
        n, frames = self.context, self.frames
        for i, c in enumerate(self.chains):
            if c["at"] + frames > len(c["z"]):
                self.chains[i] = self._begin()
        known = torch.stack([c["known"] if c["known"] is not None else torch.tensor(c["z"][c["at"] : c["at"] + n]).float() for c in self.chains])
        controls = torch.stack([torch.tensor(c["controls"][c["at"] : c["at"] + frames]) for c in self.chains])
        prompt = self.resampler(torch.stack([torch.tensor(c["embedding"]) for c in self.chains]))
        context = torch.zeros(len(known), frames, known.shape[-1] + 1)
        context[:, :n] = torch.cat([known, torch.ones(*known.shape[:2], 1)], -1)
        cond = Conditions(prompt, controls, context)
        made = sample.pingpong(model, (len(known), frames, known.shape[-1]), cond, steps, self.budgets)
        made[:, :n] = known
        music = torch.stack([torch.tensor(c["z"][c["at"] : c["at"] + frames]).float() for c in self.chains])
        for c, z in zip(self.chains, made):
            c["known"], c["at"] = z[-n:].clone(), c["at"] + frames - n
        return made, cond, music
