"""Contrast inside a clip: parts that drop out and return, sudden jumps of energy and density, a filter that closes.

A model learns that a control works in mid-stream only from music in which it changes there.  All changes
fall on bar lines, are hard, and the labels tell them exactly.
"""
SHARE = .38                             # of the clips
PARTS = ("drums", "bass", "harmony", "melody")
LEAST_SECONDS = 1.2                     # of a drop, so that a control at 12.5 Hz can follow it


def plan(rng):
    """The kinds of contrast of one clip, a set of 'drops', 'jumps' and 'filter'; mostly empty."""
    if rng.random() >= SHARE:
        return set()
    kinds = set(rng.choice((("drops",), ("drops",), ("jumps",), ("jumps",), ("drops", "jumps"))))
    return kinds | ({"filter"} if rng.random() < .2 else set())


def jumps(rng, bars, bar_seconds):
    """[(bars, energy, density)] that fill `bars`: quiet and loud, sparse and dense in turn.

    Mostly both jump; sometimes one alone, so that the two can be told apart.
    """
    which = rng.choice(("both", "both", "both", "energy", "density"))
    still, high, out = rng.uniform(.4, .7), rng.random() < .5, []
    while bars:
        size = min(bars, rng.choice((2, 4, 4)) * (2 if bar_seconds < 1.5 else 1))
        energy = still if which == "density" else rng.uniform(.85, 1.0) if high else rng.uniform(.1, .25)
        density = .4 + .2 * still if which == "energy" else rng.uniform(.84, 1.0) if high else rng.uniform(.03, .24)
        out.append((size, energy, density))
        bars -= size
        high = not high if rng.random() < .85 else high
    return out


def drops(rng, clip):
    """[(part, beat, end beat)]: one or two parts at a time are silent for 1-8 bars, and sound before and after."""
    meter = clip.style.meter
    least = next(n for n in (1, 2, 4) if n * meter * 60 / clip.bpm >= LEAST_SECONDS)
    playing = [{p for p in PARTS if p in s.parts} for s in clip.sections for _ in range(s.bars)]
    out = []
    for _ in range(rng.choice((3, 4, 4, 5, 6))):
        length = max(least, rng.choice((1, 1, 2, 2, 2, 4, 4, 8)))
        if clip.bars < length + 2:
            continue
        start = rng.randrange(1, clip.bars - length)
        reach = range(start - 1, start + length + 1)
        free = sorted(set.intersection(*(playing[b] for b in reach)))
        likely = free + [p for p in free if p in ("drums", "bass")]     # what is muted most often
        chosen = sorted({rng.choice(likely) for _ in range(rng.choice((1, 1, 2)))}) if free else []
        if not chosen or any(not playing[b] - set(chosen) for b in reach):
            continue
        for part in chosen:
            out.append((part, start * meter, (start + length) * meter))
        for b in reach:                  # the bars beside it too: a part sounds between two of its drops
            playing[b] = playing[b] - set(chosen)
    return sorted(out, key=lambda d: (d[1], d[0]))


def filters(rng, clip):
    """[(beat, end beat, amount 0-1)]: bars in which a low-pass filter closes over the whole mix."""
    length = max(1, min(clip.bars // 3, rng.choice((2, 4, 4))))
    start = rng.randrange(0, clip.bars - length)
    return [(start * clip.style.meter, (start + length) * clip.style.meter, rng.uniform(.6, 1.0))]


def cut(notes, gone):
    """Notes (beat, beats, pitch, velocity, part) without those in `gone`; a note held into one ends there."""
    for part, begin, end in gone:
        k = PARTS.index(part)
        kept = []
        for n in notes:
            if n[4] != k or n[0] >= end - 1e-3 or n[0] + n[1] <= begin:
                kept.append(n)
            elif n[0] < begin - 1e-3:
                kept.append((n[0], begin - n[0]) + n[2:])
        notes = kept
    return notes
