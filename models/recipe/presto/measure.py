"""How near generated latents are to held-out music: Frechet distance, level, and what happens over many blocks."""

import numpy as np
import torch

from .music import Conditions

TOGETHER = 4  # latent frames that a vector holds: a third of a second


class Frechet:
    """Frechet distance of latent frame quadruples in their first 64 principal directions, over the data's variance."""

    def __init__(self, clips, dims=64):
        vectors = self._vectors(clips)
        self.mean = vectors.mean(0)
        values, basis = np.linalg.eigh(np.cov(vectors.T))
        self.basis = basis[:, ::-1][:, :dims]
        self.total = values[::-1][:dims].sum()
        self.rms = float(np.sqrt(np.mean([np.mean(c**2) for c in clips])))
        self.moments = self._moments(vectors)

    @staticmethod
    def _vectors(clips):
        return np.concatenate([c[: len(c) // TOGETHER * TOGETHER].reshape(-1, TOGETHER * c.shape[1]) for c in clips])

    def _moments(self, vectors):
        y = (vectors - self.mean) @ self.basis
        return y.mean(0), np.cov(y.T)

    def __call__(self, clips):
        (m, a), (n, b) = self.moments, self._moments(self._vectors(clips))
        values, vectors = np.linalg.eigh(a)
        root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
        cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()
        return float((((m - n) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * cross) / self.total)


def held_out_conditions(examples, resampler, count, frames, context=0, seed=0):
    """Real beginnings (batch, context) and Conditions with every control given, of clips that were not trained on."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        z, controls, embeddings = examples.clips[i % len(examples.clips)]
        at = rng.integers(0, len(z) - frames)
        rows.append((z[at : at + frames], controls[at : at + frames], embeddings[rng.integers(len(embeddings))]))
    z, controls, embedding = (torch.tensor(np.stack(column).astype(np.float32)) for column in zip(*rows))
    known = torch.zeros(count, frames, 1)
    known[:, :context] = 1
    with torch.no_grad():
        prompt = resampler(embedding)
    return z, Conditions(prompt, controls, torch.cat([z * known, known], -1))


def quality(draw, examples, resampler, data, count=64, frames=96, context=32):
    """-> (Frechet distance, RMS relative to data) of `draw(shape, conditions)`, half of it without context."""
    made = []
    for known, seed in ((0, 0), (context, 1)):
        z, cond = held_out_conditions(examples, resampler, count // 2, frames, known, seed)
        made += [x[known:].cpu().numpy() for x in draw(tuple(z.shape), cond)]
    return data(made), float(np.sqrt(np.mean([np.mean(x**2) for x in made]))) / data.rms


@torch.no_grad()
def endless(draw, examples, resampler, blocks=20, count=16, frames=112, context=64):
    """RMS of each block of pieces that go on from their own output, relative to the first: level drift in numbers.

    Controls stay those of the beginning, as when nobody touches anything.
    """
    z, cond = held_out_conditions(examples, resampler, count, frames, context)
    known, out = z[:, :context], []
    for _ in range(blocks):
        filled = torch.zeros_like(cond.context)
        filled[:, :context] = torch.cat([known, torch.ones(count, context, 1)], -1)
        made = draw(tuple(z.shape), Conditions(cond.prompt, cond.controls, filled))
        out.append(float(made[:, context:].square().mean().sqrt()))
        known = torch.cat([known, made[:, context:]], 1)[:, -context:]
    return [x / out[0] for x in out]
