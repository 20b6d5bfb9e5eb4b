"""Motif melodies that repeat, answer and vary.  Times in beats, pitches MIDI."""
from .theory import near, scale_step
from .tunes import BARS, TICKS

PART = 3
RHYTHM_CELLS = {                         # onsets of a 4-beat bar, with durations
    "lead": ([(0, 1), (1, .5), (1.5, 1.5), (3, 1)], [(0, .5), (.5, .5), (1, 1), (2, 1.5), (3.5, .5)], [(.5, .5), (1, .5), (1.5, 1), (2.5, 1.5)],
             [(0, 1.5), (1.5, .5), (2, 1), (3, .5), (3.5, .5)], [(0, .75), (.75, .75), (1.5, 1), (2.5, .5), (3, 1)], [(1, .5), (1.5, .5), (2, 2)]),
    "broad": ([(0, 2), (2, 2)], [(0, 3), (3, 1)], [(0, 1.5), (1.5, .5), (2, 2)], [(0, 4)], [(0, 1), (1, 1), (2, 2)]),
    "sparse": ([(1, .5), (1.5, 2)], [(0, 1), (2.5, 1.5)], [(2, .5), (2.5, .5), (3, 1)], [(.5, 2.5)], [(0, 3)]),
    "riff": ([(0, .5), (.75, .5), (1.5, .5), (2.25, .5), (3, .5)], [(0, .25), (.5, .25), (.75, .5), (2, .25), (2.5, .5)], [(0, .5), (.5, .25), (1.5, .5), (2, .5), (3.5, .5)],
             [(.5, .25), (.75, .25), (1.5, .5), (2.5, .25), (2.75, .25), (3.5, .5)]),
    "run": ([(k / 2, .5) for k in range(8)], [(k / 2, .5) for k in range(6)] + [(3, 1)], [(0, 1)] + [(1 + k / 2, .5) for k in range(6)], [(.5 + k / 2, .5) for k in range(5)]),
    "ostinato": ([(0, .25), (.75, .25), (1.5, .25), (2, .25), (2.75, .25), (3.5, .25)], [(k / 4, .2) for k in range(16) if k % 4 != 3], [(k / 2, .4) for k in range(8)],
                 [(0, .5), (.5, .5), (1.5, .5), (2, .5), (2.5, .5), (3.5, .5)]),
    "slowostinato": ([(0, 1), (1.5, 1), (3, 1)], [(0, 2), (2, 1), (3, 1)], [(k, 1) for k in range(4)]),
    "jig": ([(k / 3, 1 / 3) for k in range(12)], [(0, 2 / 3), (2 / 3, 1 / 3), (1, 1 / 3), (4 / 3, 1 / 3), (5 / 3, 1 / 3), (2, 2 / 3), (8 / 3, 1 / 3), (3, 1)],
            [(0, 1), (1, 2 / 3), (5 / 3, 1 / 3)] + [(2 + k / 3, 1 / 3) for k in range(6)]),
    "blues": ([(0, 2 / 3), (2 / 3, 1 / 3), (1, 1), (2 + 2 / 3, 1 / 3), (3, 1)], [(2 / 3, 1 / 3), (1, 2 / 3), (5 / 3, 1 + 1 / 3)], [(k / 3, 1 / 3) for k in range(6)] + [(2, 1.5)],
              [(0, 1), (1 + 2 / 3, 1 / 3), (2, 2)]),
}


def make_motif(rng, mode, bar, sub):
    """A motif: list of (beat, beats, scale-step delta) over `bar` beats."""
    cell = rng.choice(RHYTHM_CELLS[mode])
    cell = [(o, min(d, bar - o)) for o, d in cell if o < bar]
    if sub == 3:
        cell = sorted({(round(o * 3) / 3, max(1 / 3, round(d * 3) / 3)) for o, d in cell})
    cell = cell or [(0, bar)]
    moves = (-2, -1, -1, 1, 1, 2) if mode != "ostinato" else (-4, -2, -1, 0, 1, 2, 4)
    if mode in ("broad", "sparse"):
        moves = (-3, -2, -1, 1, 1, 2, 4)
    out, direction = [], rng.choice((-1, 1))
    for k, (o, d) in enumerate(cell):
        step = 0 if k == 0 else rng.choice(moves) if rng.random() < .55 else direction
        out.append((o, d, step))
    return out


def _vary(rng, motif):
    """A variation: split, merge or bend one note of the motif."""
    motif = list(motif)
    k = rng.randrange(len(motif))
    o, d, s = motif[k]
    kind = rng.choice(("split", "bend", "drop", "tail"))
    if kind == "split" and d >= .5:
        motif[k:k + 1] = [(o, d / 2, s), (o + d / 2, d / 2, rng.choice((-1, 1)))]
    elif kind == "drop" and len(motif) > 3:
        del motif[k]
    elif kind == "tail":
        motif[-1] = (motif[-1][0], motif[-1][1], rng.choice((-3, -2, 2, 3)))
    else:
        motif[k] = (o, d, -s if s else rng.choice((-1, 1)))
    return motif


# how the phrases of a section follow from the motif; (transformation, shift in scale steps)
FORMS = {
    "period": (("same", 0), ("vary", 0), ("answer", 0), ("vary", -1)), "sequence": (("same", 0), ("same", 1), ("same", 2), ("vary", 0)),
    "descent": (("same", 2), ("same", 1), ("same", 0), ("answer", -1)), "mirror": (("same", 0), ("invert", 0), ("same", 0), ("fragment", 1)),
    "call": (("same", 0), ("reply", -3), ("vary", 0), ("reply", -2)), "drive": (("same", 0), ("fragment", 0), ("fragment", 1), ("answer", 0)),
}


def _develop(rng, clip, kind):
    """The motif of the clip transformed: varied, inverted, its first half twice, its answer or a reply."""
    motif, half = clip.motif, clip.motif_beats / 2
    if kind == "vary":
        return _vary(rng, motif)
    if kind == "invert":
        return [(o, d, -s) for o, d, s in motif]
    if kind == "fragment":
        head = [(o, min(d, half - o), s) for o, d, s in motif if o < half - 1e-6] or [(0, half, 0)]
        return head + [(o + half, d, s) for o, d, s in head]
    if kind == "reply":                  # lower, and after a breath
        return [n for n in clip.answer if n[0] >= clip.motif_beats / 4] or clip.answer
    return clip.answer if kind == "answer" else motif


def _tune(clip, section):
    """The notes of the clip's tune in one section; it starts anew every eight bars of the clip."""
    tune, beats = clip.tune, BARS * clip.style.meter
    base = near(clip.tonic, clip.lead_center - 4)
    low = min(p for _, _, p in tune["notes"]) + base
    base += 12 if low < clip.lead_center - 13 else 0
    notes = []
    for k in range(int(section.beat // beats), int((section.beat + section.beats) // beats) + 1):
        for t, d, p in tune["notes"]:
            beat = k * beats + t / TICKS
            if section.beat <= beat < section.beat + section.beats:
                notes.append((beat, min(.94 * d / TICKS, section.beat + section.beats - beat), base + p, int(80 + 12 * (t % TICKS == 0) + 10 * section.energy), PART))
    return notes


def _bar(rng, clip, motif, start, anchor, energy, cadence):
    """Realise `motif` at `start`: strong beats and long notes snap to the chord."""
    notes, pitch = [], anchor
    lo, hi = clip.lead_center - 11, clip.lead_center + 13
    pcs = clip.lead_pcs
    for k, (o, d, step) in enumerate(motif):
        pitch = scale_step(pitch, step, pcs) if step else pitch
        chord = clip.chord_at(start + o)
        if (o % 1 == 0 and o % 2 == 0) or d >= 1 or k == 0 or (cadence and k == len(motif) - 1):
            pitch = min((near(pc, pitch) for pc in chord.pcs), key=lambda p: (abs(p - pitch), -p))
        pitch = pitch - 12 if pitch > hi else pitch + 12 if pitch < lo else pitch
        v = int(76 + 14 * (o % 1 == 0) + 14 * energy + rng.randint(-4, 4))
        notes.append((start + o, d * .94, pitch, min(120, v), PART))
    return notes


def play(rng, clip, section):
    """Melody notes of one section: its part of a tune, or phrases of one or two bars made of the clip's motif."""
    if clip.tune:
        return _tune(clip, section)
    bar, notes = clip.motif_beats, []
    form = FORMS[clip.form if rng.random() < .7 else rng.choice(tuple(FORMS))]
    count = max(1, int(section.bars * clip.style.meter // bar))
    ostinato = clip.lead_mode in ("ostinato", "slowostinato", "riff")
    for k in range(count):
        start = section.beat + k * bar
        role = k % 4
        if not ostinato and role == 3 and rng.random() < .35 + .3 * (1 - section.density):
            continue                     # breathe
        kind, shift = ("vary" if rng.random() < .12 else "same", 0) if ostinato else form[role]
        m = _develop(rng, clip, kind)
        anchor = scale_step(clip.lead_center, shift + clip.lead_offset, clip.lead_pcs)
        notes += _bar(rng, clip, m, start, anchor, section.energy, cadence=role == 3)
        if section.density > .8 and clip.lead_mode == "riff" and clip.style.meter == 4 and rng.random() < .2:
            notes.append((start + bar - .25, .2, notes[-1][2], 70, PART))
    if clip.octave_up and section.energy > .75:
        notes = [(b, d, p + 12 if p + 12 < 96 else p, v, i) for b, d, p, v, i in notes]
    return notes
