"""Motif melodies that repeat, answer and vary.  Times in beats, pitches MIDI."""
from .theory import near, scale_step

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
    """Melody notes of one section: phrases A A' B A'' of one or two bars each."""
    bar, notes = clip.motif_beats, []
    motif, answer = clip.motif, clip.answer
    count = max(1, int(section.bars * clip.style.meter // bar))
    ostinato = clip.lead_mode in ("ostinato", "slowostinato", "riff")
    for k in range(count):
        start = section.beat + k * bar
        role = k % 4
        if not ostinato and role == 3 and rng.random() < .35 + .3 * (1 - section.density):
            continue                     # breathe
        m = motif if role in (0, 1) or ostinato else answer
        if role in (1, 3) and rng.random() < (.25 if ostinato else .6):
            m = _vary(rng, m)
        shift = {0: 0, 1: 0, 2: rng.choice((0, 2, -2)), 3: rng.choice((0, -1, -2))}[role]
        anchor = scale_step(clip.lead_center, shift + clip.lead_offset, clip.lead_pcs)
        notes += _bar(rng, clip, m, start, anchor, section.energy, cadence=role == 3)
        if section.density > .8 and clip.lead_mode == "riff" and clip.style.meter == 4 and rng.random() < .2:
            notes.append((start + bar - .25, .2, notes[-1][2], 70, PART))
    if clip.octave_up and section.energy > .75:
        notes = [(b, d, p + 12 if p + 12 < 96 else p, v, i) for b, d, p, v, i in notes]
    return notes
