"""Drum parts from grids: ghost notes, fills, hi-hat rolls and crashes.  Times in beats."""
from .density import SPARSE
from .instruments import DRUM_NOTES

LEVEL = {"x": 112, "o": 88, "-": 48, "?": 62}
PART = 0


def _trap_hats(rng, steps):
    """Hi-hat onsets (step, level) of one trap bar: eighths with rolls."""
    out = [(s, 88 if s % 4 == 0 else 64) for s in range(0, steps, 2)]
    for _ in range(rng.choice((0, 1, 1, 2))):
        start, division = rng.choice((2, 4, 6, 10, 12, 14)), rng.choice((3, 4, 6))
        out += [(start + 2 * k / division, 52 + 6 * k) for k in range(1, division)]
    return out


def _fill(rng, style, start, beats, energy):
    """A fill over the last `beats` beats of a section."""
    step = 1 / style.sub
    voices = rng.choice(("sssT", "sTtL", "TTtL", "sssk", "TtLL", "ssss"))
    n = int(beats * style.sub)
    notes = []
    for k in range(n):
        if rng.random() < .35 + .5 * energy:
            lane = voices[min(3, 4 * k // n)]
            notes.append((start + k * step, .2, DRUM_NOTES[lane], int(70 + 40 * k / n), PART))
    return notes


def _roll(start, beats):
    """A snare build that doubles its rate towards the end."""
    notes, t = [], 0.0
    while t < beats:
        rate = .5 if t < beats / 2 else .25
        notes.append((start + t, .15, DRUM_NOTES["s"], int(45 + 65 * t / beats), PART))
        t += rate
    return notes


def bar(rng, style, pattern, index, start, energy):
    """One bar (`index` counted from the section start) of `pattern` at `start`."""
    steps, notes = style.meter * style.sub, []
    for lane, grid in pattern.items():
        pitch = DRUM_NOTES[lane]
        if grid == "trap":
            notes += [(start + s / style.sub, .1, pitch, v, PART) for s, v in _trap_hats(rng, steps)]
            continue
        first = (index * steps) % len(grid)
        for s in range(steps):
            mark = grid[(first + s) % len(grid)]
            if mark == "." or (mark == "?" and rng.random() < .5) or (mark == "-" and rng.random() > .35 + .6 * energy):
                continue
            notes.append((start + s / style.sub, .2, pitch, int(LEVEL[mark] * (.72 + .28 * energy)), PART))
    return notes


# lanes that a loud section adds to (or takes the place of) those of its groove, in 4/4
LOUD = {
    "house": dict(o="..x...x...x...x.", p="....x.......x..."), "techno": dict(d="x...x...x...x...", o="..x...x...x...x."), "drum and bass": dict(d="x.x.x.x.x.x.x.x."),
    "rock": dict(c="x...x...x...x..."), "metal": dict(k="xxxxxxxxxxxxxxxx"), "funk": dict(b="x...x...x...x..."), "synthwave": dict(o="..x...x...x...x.", t="............x.xx"),
    "jazz": dict(d="x...x.oxx...x.ox", s="...o..o....o..o."), "trap": dict(o="......x.......x.", r="...o....o..o...."), "chiptune": dict(h="xoxoxoxoxoxoxoxo"),
    "reggae": dict(k="x...x...x...x..."), "bossa nova": dict(h="xoxoxoxoxoxoxoxo"), "orchestral": dict(c="x...............", L="x.o.o.o.x.o.o.oo"), "folk": dict(j="x.o.x.o.x.o.x.o."),
    "lo-fi hip hop": dict(r="..o....o..o....o"),
}


def play(rng, clip, section):
    """Notes of the drum part for one section: the groove in one of three levels, by its energy."""
    style, notes = clip.style, []
    pattern = dict(clip.groove)
    if section.energy < .35:             # a frame of it: no crashes, claps or cymbals beside the beat
        pattern = {k: v for k, v in pattern.items() if k not in "cpogb"} or pattern
    elif section.energy > .82 and (style.meter, style.sub) == (4, 4):
        pattern.update(LOUD.get(style.name, {}))
    if section.energy > .75 and "h" in pattern and "d" not in pattern and rng.random() < .3:
        pattern["d"] = pattern.pop("h") if pattern["h"] != "trap" else "o...o...o...o..."
    bars = section.bars
    for b in range(bars):
        start = section.beat + b * style.meter
        notes += bar(rng, style, pattern, b, start, section.energy)
    end = section.beat + bars * style.meter
    if section.density < SPARSE:         # no fill where there is to be space
        return notes
    electronic = style.name in ("house", "techno", "synthwave", "drum and bass")
    if electronic and section.rise > .3 and rng.random() < .3:      # the beat stops before the drop
        return [n for n in notes if n[0] < end - min(2, style.meter * bars)]
    if electronic and section.rise > .2 and rng.random() < .7:
        notes += _roll(end - min(4, style.meter * bars), min(4, style.meter * bars))
    elif style.name == "trap" and rng.random() < .6:                 # the kick leaves, the hats roll
        notes = [n for n in notes if n[0] < end - 1 or n[2] != DRUM_NOTES["k"]]
        notes += [(end - 1 + k / 8, .1, DRUM_NOTES["h"], 60 + 6 * k, PART) for k in range(8)]
    elif style.name not in ("ambient", "trap") and rng.random() < .75:
        length = rng.choice((1, 1, 2)) if style.meter > 2 else 1
        hush = {DRUM_NOTES[c] for c in "sprhoj"}
        notes = [n for n in notes if n[0] < end - length or n[2] not in hush]
        notes += _fill(rng, style, end - length, length, section.energy)
    if section.energy > .55 and section.index and style.name not in ("ambient", "lo-fi hip hop", "folk", "bossa nova"):
        notes.append((section.beat, 2, DRUM_NOTES["c"], 98, PART))
    return notes
