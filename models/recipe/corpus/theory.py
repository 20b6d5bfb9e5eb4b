"""Pitch classes, modes, chords and voice leading.  Pitches are MIDI numbers."""
from dataclasses import dataclass

NAMES = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11), "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}
DARK = {"minor", "dorian", "phrygian", "harmonic minor"}
QUALITIES = {
    "": (0, 4, 7), "m": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8),
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "5": (0, 7), "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10), "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9),
    "mMaj7": (0, 3, 7, 11), "maj7#5": (0, 4, 8, 11), "7sus4": (0, 5, 7, 10),
    "9": (0, 4, 7, 10, 2), "maj9": (0, 4, 7, 11, 2), "m9": (0, 3, 7, 10, 2),
    "add9": (0, 4, 7, 2), "madd9": (0, 3, 7, 2), "13": (0, 4, 10, 2, 9),
}
_BY_SHAPE = {shape: name for name, shape in QUALITIES.items()}


@dataclass
class Chord:
    """A chord of `beats` beats starting at `beat`; `pcs` has the root first."""
    root: int
    quality: str
    beat: float = 0.0
    beats: float = 4.0

    @property
    def pcs(self):
        return [(self.root + i) % 12 for i in QUALITIES[self.quality]]

    @property
    def symbol(self):
        return NAMES[self.root] + self.quality


def chord_from_token(token, tonic, mode, size):
    """Chord for a token such as '6', '5:7', 'b2:maj7' (degree of the mode, quality).

    Without a quality, thirds are stacked in the mode: `size` 3, 4 or 5 notes.
    A degree with 'b' or '#' is counted in the major scale.
    """
    degree, _, quality = token.partition(":")
    scale = MODES[mode]
    shift = {"b": -1, "#": 1}.get(degree[0], 0)
    if shift:
        return Chord((tonic + MODES["major"][int(degree[1:]) - 1] + shift) % 12, quality)
    d = int(degree) - 1
    root = scale[d]
    if quality or ":" in token:
        return Chord((tonic + root) % 12, quality)
    for n in range(size, 2, -1):
        shape = tuple((scale[(d + 2 * k) % 7] - root) % 12 for k in range(n))
        if shape in _BY_SHAPE:
            return Chord((tonic + root) % 12, _BY_SHAPE[shape])
    return Chord((tonic + root) % 12, "5")


def voice(chord, previous, center, voices=4):
    """Close voicing of `chord` near `previous` (or near `center`), low to high."""
    pcs = chord.pcs
    if len(pcs) > voices:               # leave out the fifth, then the root
        drop = [p for p in pcs if p == (chord.root + 7) % 12] + [chord.root]
        for p in drop:
            if len(pcs) > voices and p in pcs:
                pcs = [q for q in pcs if q != p]
    best, cost = None, 1e9
    target = previous or [center]
    mean = sum(target) / len(target)
    for bottom in range(center - 11, center + 6):
        if bottom % 12 not in pcs:
            continue
        order = sorted((p - bottom) % 12 for p in pcs)
        notes = [bottom + o for o in order]
        move = sum(min(abs(n - t) for t in target) for n in notes)
        c = move + 0.6 * abs(sum(notes) / len(notes) - 0.6 * mean - 0.4 * center)
        if c < cost:
            best, cost = notes, c
    return best


def near(pc, pitch):
    """The MIDI pitch of class `pc` nearest to `pitch`."""
    return pitch + ((pc - pitch + 6) % 12) - 6


def scale_step(pitch, steps, scale_pcs):
    """Move `pitch` by `steps` scale steps, snapping to the scale first."""
    ladder = [p for p in range(12, 120) if p % 12 in scale_pcs]
    i = min(range(len(ladder)), key=lambda k: abs(ladder[k] - pitch))
    return ladder[max(0, min(len(ladder) - 1, i + steps))]
