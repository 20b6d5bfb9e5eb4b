"""Latents, controls and caption embeddings of the whole corpus in memory, cut into training examples."""

import json
import os
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .. import labels as L
from ..precision import DEVICE
from .prompts import Prompts

LENGTHS = {16: 0.1, 32: 0.15, 48: 0.1, 64: 0.2, 96: 0.2, 128: 0.25}  # latent frames of a batch and its probability
SWITCH = 0.25  # of the beginnings: they are other music than what follows, as when a stream is asked for something new
LEAST = 32  # latent frames that an example counts for at least, so that short ones do not crowd a batch
OWN = 0.7  # of the beginnings of clips that have one: they are the model's own version


def _beginning(known):
    """Number of known frames before the first unknown one."""
    return int(np.argmin(known)) if known.min() == 0 else 0


class Examples:
    def __init__(self, corpus, work, split, seed=0):
        self.rng = np.random.default_rng(seed)
        self.clips, self.own = [], {}  # own: see own.py
        self.prompts, self.fitting = Prompts(work) if split == "train" else None, []
        for path in sorted((Path(work) / "latents").glob("*.npy")):
            label = json.loads((Path(corpus) / f"{path.stem}.json").read_text())
            if label["split"] != split:
                continue
            embeddings = [np.load(Path(work) / "embeddings" / path.name)]
            heard = Path(work) / "heard" / path.name
            if heard.exists():  # twice: the server's own prompt encoder is who will be asked
                embeddings += [np.load(heard)] * 2
            self.fitting.append(self.prompts.of(label) if self.prompts else [])
            self.clips.append((
                np.load(path),
                np.load(Path(work) / "controls" / path.name),
                np.concatenate(embeddings),
            ))

    def _mask(self, length):
        """Which frames are known: none, a beginning (continuation), or both ends (infill)."""
        rng, known = self.rng, np.zeros(length, np.float32)
        kind = rng.random()
        if kind > 0.25 and length > 8:
            new = 2 * rng.integers(3, length // 2)
            before = length - new if kind < 0.88 else 2 * rng.integers(0, (length - new) // 2 + 1)
            known[:before] = 1
            known[before + new :] = 1
        return known

    def drop(self, controls):
        """Hides each group of controls on its own."""
        at, rng = L.slices(), self.rng
        hidden = {"beat": 0.05, "chord": 0.5, "key": 0.5, "parts": 0.5, "density": 0.3, "brightness": 0.5, "energy": 0.3}
        controls = controls.copy()
        for name, p in hidden.items():
            if rng.random() < p:
                controls[:, at[name]] = 0
        return controls

    def _switch(self, z, controls, before, clip):
        """Half of the time the other music is of the same clip: what changes then are its parts, density and energy."""
        if before == 0 or self.rng.random() > SWITCH:
            return
        other_z, other_controls, _ = clip if self.rng.random() < 0.5 else self.clips[self.rng.integers(len(self.clips))]
        at = self.rng.integers(0, len(other_z) - before)
        z[:before] = other_z[at : at + before]
        controls[:before] = other_controls[at : at + before]

    def prompt(self, clip):
        """-> embedding (384) of what the clip of that index may be asked for by: of one held out, a caption."""
        captions, rng = self.clips[clip][2], self.rng
        if self.prompts:
            return self.prompts.draw(captions, self.fitting[clip], rng)
        return captions[rng.integers(len(captions))].astype(np.float32)

    def words(self, count):
        """-> embeddings (count, 384) of prompts, of unit length."""
        return torch.from_numpy(np.stack([self.prompt(i) for i in self.rng.integers(len(self.clips), size=count)]))

    def batch(self, frames_total):
        """-> latents, controls, embedding (zeros: no prompt), mask of known frames, as tensors."""
        rng = self.rng
        length = int(rng.choice(list(LENGTHS), p=list(LENGTHS.values())))
        rows = []
        for _ in range(max(1, frames_total // max(length, LEAST))):
            i = rng.integers(len(self.clips))
            z, c, _ = clip = self.clips[i]
            first, own = self.own.get(i, (0, z)) if rng.random() < OWN else (0, z)
            at = first + rng.integers(0, len(own) - length)
            own = own[at - first : at - first + length]
            caption = self.prompt(i)
            z, c = z[at : at + length].astype(np.float32), c[at : at + length].astype(np.float32)
            known = self._mask(length)
            before = _beginning(known)
            z[:before] = own[:before]
            self._switch(z, c, before, clip)
            control = self.drop(c)
            null = rng.random()  # 9 %: no prompt and what `unasked` leaves of the controls; 8 %: no prompt; 4 %: no controls
            if null < 0.09:
                control = L.unasked(control)
            rows.append((
                z,
                control * (null < 0.09 or null > 0.13),
                caption * (null > 0.09 and null < 0.92),
                known,
            ))
        return tuple(torch.from_numpy(np.stack(column)) for column in zip(*rows))


class _Endless(IterableDataset):
    def __init__(self, examples, frames_total):
        self.examples, self.frames_total = examples, frames_total

    def __iter__(self):
        worker = get_worker_info()
        if worker:
            self.examples.rng = np.random.default_rng(worker.seed)
        while True:
            yield self.examples.batch(self.frames_total)


def stream(examples, frames_total):
    """Batches without end, where the networks run. For a GPU other processes make them, out of `examples` as they are now."""
    if DEVICE.type == "cpu":
        yield from _Endless(examples, frames_total)
    workers = max(1, os.cpu_count() - 2)
    loader = DataLoader(_Endless(examples, frames_total), batch_size=None, num_workers=workers, prefetch_factor=4, pin_memory=True)
    for batch in loader:
        yield tuple(column.to(DEVICE, non_blocking=True) for column in batch)
