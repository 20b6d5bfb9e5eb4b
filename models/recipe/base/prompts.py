"""What people may call a clip: its captions, what its style or mood is associated with, and words beside both.

A base that hears captions alone plays what no caption says (most of what is typed) as noise: the words must have
been near something that it knows.
"""

from pathlib import Path

import numpy as np

from ..text import associations

ASSOCIATED = 0.2  # of the prompts are associations of the clip's style or mood
BESIDE, FAR = 0.4, 0.7  # of the prompts are mixed with general English, of at most that weight


class Prompts:
    """Draws embeddings (384) for clips. Without the rows that the `text` stage has left in `work` they are captions only."""

    def __init__(self, work):
        self.lines, self.fitting = associations.lines(), {}
        self.associated, self.general = (
            np.load(path) if path.exists() else np.zeros((0, 384), np.float16)
            for path in (Path(work) / "associated.npy", Path(work) / "general.npy")
        )

    def of(self, label):
        """Indices of the associations that a clip with this label may be called by; clips alike share one list."""
        kind = label.get("style", "-"), associations.mood_of(label["captions"])
        if kind not in self.fitting:
            self.fitting[kind] = associations.fitting(self.lines[: len(self.associated)], *kind)
        return self.fitting[kind]

    def draw(self, captions, fitting, rng):
        """captions (n, 384), indices of associations -> embedding (384) float32 of unit length."""
        row = captions[rng.integers(len(captions))]
        if fitting and rng.random() < ASSOCIATED:
            row = self.associated[rng.choice(fitting)]
        row = row.astype(np.float32)
        if len(self.general) and rng.random() < BESIDE:
            row = row + FAR * rng.random() * self.general[rng.integers(len(self.general))]
        return row / np.linalg.norm(row)
