"""Comping behaviours: rhythms applied to voice-led chords.  Times in beats."""
from .theory import near, voice

PART = 2
# onsets within a 4-beat bar: list of (beat, beats, velocity)
RHYTHMS = {
    "stab": [(0, .4, 96), (.75, .3, 84), (1.5, .4, 92), (2.5, .35, 88), (3.25, .3, 80)],
    "offchord": [(.5, .4, 92), (1.5, .4, 92), (2.5, .4, 92), (3.5, .4, 92)],
    "housepiano": [(0, .5, 98), (.75, .5, 90), (1.5, .75, 94), (2.75, .5, 90), (3.5, .4, 88)],
    "laid": [(0, 1.4, 84), (1.75, .5, 66), (2.5, 1.2, 76)],
    "hold": [(0, 3.9, 86)], "pad": [(0, 4.0, 80)],
    "strum": [(0, .9, 96), (1, .45, 84), (1.5, .45, 74), (2, .45, 92), (2.5, .45, 74), (3, .45, 86), (3.5, .45, 76)],
    "chug": [(k / 2, .42 if k % 4 else .5, 104 if k % 4 == 0 else 88) for k in range(8)],
    "chug6": [(b + o / 3, .28, 104 if not o else 86) for b in range(4) for o in range(3)],
    "dubstab": [(.5, .3, 96), (3, .25, 70)],
    "gallop": [(b + o, .2, 104 if not o else 86) for b in range(4) for o in (0, .5, .75)],
    "funkstab": [(0, .2, 96), (.75, .18, 84), (1.75, .2, 92), (2.5, .2, 86), (3.25, .18, 80)],
    "chank": [(k / 4, .14, 96 if k % 4 == 2 else 58) for k in range(16) if k % 16 not in (0, 5, 8, 13)],
    "charleston": [(0, .9, 86), (1.5, .5, 84)], "jazzcomp": [(.5, .3, 80), (1.5, .6, 86), (3.5, .5, 82)],
    "bossacomp": [(0, .6, 84), (.75, .5, 80), (1.5, .6, 82), (2.5, .5, 80), (3.25, .6, 80)],
    "skank": [(.5, .2, 96), (1.5, .2, 96), (2.5, .2, 96), (3.5, .2, 98)],
    "bubble": [(k / 4, .17, 92 if k % 4 == 2 else 66) for k in range(16) if k % 4 in (1, 2, 3)],
    "spiccato": [(k / 2, .3, 96 if k % 4 == 0 else 78) for k in range(8)],
    "pulse": [(k / 4, .2, 90 if k % 4 == 0 else 72) for k in range(16) if k % 4 != 0],
    "shuffle": [(b + o, .3, 90 if not o else 74) for b in range(4) for o in (0, 2 / 3)],
    "jig": [(b + o, .3, 90 if not o else 66) for b in range(2) for o in (0, 2 / 3)],
    "oompah": [(1, .6, 82), (2, .6, 80)],
}
ARPS = {"arp": 2, "slowarp": 1, "slowostinato": 1, "brokenchord": 2, "travis": 2, "chiparp": 8}


def _arp(rng, mode, style, chord, notes, order):
    """Arpeggiated chord; `order` is 'up', 'updown' or 'broken'."""
    ladder = sorted(notes + [n + 12 for n in notes[:2]])
    if order == "updown":
        ladder = ladder + ladder[-2:0:-1]
    elif order == "broken":
        ladder = [notes[0], notes[-1], notes[len(notes) // 2], notes[-1]]
    if mode == "travis":
        ladder = [notes[0] - 12, notes[-1], notes[1], notes[-2], notes[0] - 5, notes[-1], notes[1], notes[-1]]
    rate = 3 if style.sub == 3 else ARPS[mode]
    if mode == "arp" and style.name in ("synthwave", "chiptune"):
        rate = 4
    step = 1 / rate
    n = int(round(chord.beats * rate))
    length = step * (.95 if mode == "chiparp" else 1.6)
    return [(chord.beat + k * step, length, ladder[k % len(ladder)], 92 if k % rate == 0 else 74) for k in range(n)]


def chord_notes(rng, clip, chord, previous, energy):
    """(notes, voicing) for one chord."""
    style, mode = clip.style, clip.comp_mode
    center = clip.comp_center
    if mode in ("chug", "chug6", "gallop"):
        root = near(chord.root, 45)
        voicing = [root, root + 7, root + 12]
    else:
        voicing = voice(chord, previous, center)
    if mode in ARPS:
        return _arp(rng, mode, style, chord, voicing, clip.arp_order), voicing
    out = []
    if mode in ("pad", "hold"):
        pulses = [(0, chord.beats * .98, 84)]
    else:
        bar = style.meter
        pulses = []
        for b in range(0, int(chord.beats), bar):
            pulses += [(b + o, d, v) for o, d, v in RHYTHMS[mode] if o < bar and b + o < chord.beats]
        keep = .45 + .55 * energy
        pulses = [p for p in pulses if p[0] % 1 == 0 or rng.random() < keep + .25]
    spread = .012 if mode in ("strum", "bossacomp", "skank") else 0
    for o, d, v in pulses:
        order = voicing if rng.random() < .6 or mode != "strum" else voicing[::-1]
        for k, p in enumerate(order):
            out.append((chord.beat + o + k * spread, min(d, chord.beats - o), p, v - (4 if k else 0)))
    return out, voicing


def play(rng, clip, section):
    """Harmony notes of one section (part index 2)."""
    notes, previous = [], None
    for chord in clip.chords_in(section):
        new, previous = chord_notes(rng, clip, chord, previous, section.energy)
        notes += [n + (PART,) for n in new]
    return notes
