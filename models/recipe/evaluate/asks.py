"""What is asked of a music maker, taken from held-out clips: words, tempo, chords, parts of ten seconds of music."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..codec import features as F
from ..labels import PARTS

FRAMES = 128  # latent frames that are made
LEAD = 3  # of which the first are not listened to: a decoder that starts lacks its past
SECONDS = (FRAMES - LEAD) * F.LATENT_HOP / F.SAMPLE_RATE  # what is listened to
SPLITS = ("val", "test")
ASKED, COMPARED = 1, (0, 2)  # tens of seconds: what is asked for, and the real music of the same clips that it is compared with


@dataclass(frozen=True)
class Ask:
    """Ten seconds of a labelled clip, and how a listener would ask for them. Beats count from the first sample listened to."""

    clip: str  # the labels' id
    at: int  # latent frame at which the LEAD begins
    caption: str
    row: int  # which of the clip's captions that is
    style: str
    bpm: float
    meter: int
    key: str
    first_beat: float  # how far into its bar the excerpt begins, in beats
    chords: tuple  # (first beat, end beat, pitch classes, symbol) that sound in the excerpt, from its bar's first beat
    share: tuple  # of the excerpt that each of PARTS sounds
    off: tuple = ()  # names of parts that are not to sound though they do in the clip

    @property
    def seconds_of_beat(self):
        return 60 / self.bpm

    def chord_spans(self):
        """-> [(start, end in seconds, pitch classes)] within the excerpt."""
        out = []
        for start, end, pcs, _ in self.chords:
            a, b = ((x - self.first_beat) * self.seconds_of_beat for x in (start, end))
            if min(b, SECONDS) - max(a, 0) > 0.5:
                out.append((max(a, 0), min(b, SECONDS), pcs))
        return out

    def sounds(self):
        """-> {part: whether it may play}."""
        return {p: share > 0.25 and p not in self.off for p, share in zip(PARTS, self.share)}

    def without(self, *parts):
        return replace(self, off=parts)

    def from_the_bar(self):
        """The same asked of a maker that begins at its own first beat."""
        return replace(self, first_beat=0.0)


def excerpt(label, at, row):
    """The Ask of a clip's labels from latent frame `at` on."""
    beat = (at + LEAD) * F.LATENT_HOP / F.SAMPLE_RATE * label["bpm"] / 60
    bar = int(beat // label["meter"]) * label["meter"]
    end = beat + SECONDS * label["bpm"] / 60
    chords = tuple(
        (max(c["beat"], bar) - bar, c["beat"] + c["beats"] - bar, tuple(p % 12 for p in c["pcs"]), c["symbol"])
        for c in label["chords"]
        if c["beat"] < end and c["beat"] + c["beats"] > bar
    )
    share = tuple(sum(max(0, min(b, end) - max(a, beat)) for a, b in label["parts"].get(p, [])) / (end - beat) for p in PARTS)
    return Ask(
        label["id"], at, label["captions"][row], row, label["style"], label["bpm"], label["meter"],
        label["key"], beat - bar, chords, share,
    )  # fmt: skip


def held_out(corpus, splits=SPLITS):
    """-> labels of the clips that no training has seen, in the order of their ids."""
    for path in sorted(Path(corpus).glob("?????.json")):
        label = json.loads(path.read_text())
        if label["split"] in splits:
            yield label


def excerpts(corpus, which, splits=SPLITS, seed=0):
    """The `which`-th ten seconds (0, 1, ...) of every held-out clip that is long enough, each with one of its captions."""
    rng = np.random.default_rng(seed)
    out = []
    for label in held_out(corpus, splits):
        row = int(rng.integers(len(label["captions"])))
        at = 6 + which * FRAMES
        if (at + FRAMES) * F.LATENT_HOP / F.SAMPLE_RATE + 0.1 <= label["seconds"]:
            out.append(excerpt(label, at, row))
    return out
