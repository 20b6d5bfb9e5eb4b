"""Bass behaviours.  Each maps (rng, bar context) to notes (beat, beats, pitch, velocity)."""
from .theory import near

PART = 1
LOW = 40                                # centre of the bass register (E2)

# rhythm, interval and velocity patterns on a grid of sixteenths; r root, 5 fifth, 8 octave, 7 seventh, 3 third, a approach
GRIDS = {
    "offbeat": ("..r...r...r...r.", 2), "octave": ("r...8...r...8...", 2), "eighths": ("r.r.r.r.r.r.r.r.", 1.8),
    "pump16": ("rrrrrrrrrrrrrrrr", .85), "synco": ("r..r..r...8.5.r.", 2), "rootfifth": ("r.......5.......", 6),
    "slap16": ("r..8.r7.r.8..57a", .8), "acid16": ("rr8r.rr7r.8rr5r8", .8), "rumble": ("..rr..rr..rr..rr", .9),
    "lazy": ("r.....r...5..a..", 5), "bossa": ("r.....5.5.....a.", 5), "reggae": ("r..r..5.....35r.", 2.2),
    "trap808": ("r......r..r...8.", 6), "dnb": ("r.....r...r..7..", 5), "chug": ("r.rrr.rrr.rrr.rr", .9),
    "twofeel": ("r.......5.....a.", 7),
}
VARIANTS = {
    "synco": ("r..r..r...8.5.r.", "r.....r..r.r..a.", "r..8..r...r.7.8."), "slap16": ("r..8.r7.r.8..57a", "r.r..8..r..8.7.8", "r...r.8r..r8..5a"),
    "acid16": ("rr8r.rr7r.8rr5r8", "r.r8r.rrr8.r7rr.", "rrrr8rr.r7rr8r3r"), "lazy": ("r.....r...5..a..", "r..r......8.5...", "r.........r.5.a."),
    "reggae": ("r..r..5.....35r.", "..r.r.5.8.......", "r.....5.3.r....."), "trap808": ("r......r..r...8.", "r.........r..r..", "r..r......r....."),
    "dnb": ("r.....r...r..7..", "r..........r..8.", "r...r..r......5."), "octave": ("r...8...r...8...", "r.8.r.8.r.8.r.8.", "r.r.8.r.r.r.8.5."),
}


def _pitch(mark, chord, nxt):
    root = near(chord.root, LOW)
    pcs = chord.pcs
    if mark == "a":                     # chromatic or step approach to the next root
        return near(nxt.root, root) - 1
    iv = {"r": 0, "8": 12, "5": (pcs[2] - chord.root) % 12 if len(pcs) > 2 else 7, "3": (pcs[1] - chord.root) % 12,
          "7": (pcs[3] - chord.root) % 12 if len(pcs) > 3 else 10}[mark]
    if mark in "57" and root + iv > 50:
        iv -= 12
    return root + iv


def _walk(rng, start, beats, chord, nxt, sub, last):
    """Quarter-note walking line that approaches the next root by a semitone."""
    notes, target = [], near(nxt.root, LOW)
    p = near(chord.root, last)
    if not 30 <= p <= 52:
        p = near(chord.root, LOW)
    for k in range(int(beats)):
        if k == int(beats) - 1 and k:
            p = target + rng.choice((-1, 1, 1, -5))
        elif k:
            direction = 1 if target > p else -1
            options = sorted({near(pc, p + direction * 3) for pc in chord.pcs} - {p}, key=lambda q: abs(q - p))
            p = rng.choice(options[:2])
        p = p + 12 if p < 28 else p - 12 if p > 55 else p
        notes.append((start + k, .92, p, 92 + (6 if k % 2 else 0)))
        if rng.random() < .1:
            notes.append((start + k + 1 - 1 / max(3, sub - 1), .2, p, 62))
    return notes


def span(rng, mode, variant, style, start, chord, nxt, energy, last):
    """Notes for one chord starting at beat `start`."""
    root, beats = near(chord.root, LOW), chord.beats
    if mode in ("hold", "drone"):
        notes = [(start, beats * .97, root, 86)]
        if mode == "hold" and beats >= 4 and rng.random() < .3:
            notes = [(start, beats * .72, root, 88), (start + beats * .75, beats * .22, _pitch("5", chord, nxt), 78)]
        return notes
    if mode == "walking":
        return _walk(rng, start, beats, chord, nxt, style.sub, last)
    if mode == "waltz":
        low = root if rng.random() < .6 else _pitch("5", chord, nxt)
        return [(start + b, 1.6, low if b else root, 90) for b in range(0, int(beats), 3)]
    if mode == "boogie":
        figure = (0, 4, 7, 9, 10, 9, 7, 4) if "m" not in chord.quality.replace("maj", "") else (0, 3, 7, 10, 12, 10, 7, 3)
        return [(start + k, .85, root + figure[(k + (4 if start % 8 >= 4 else 0)) % 8] - (12 if root > 43 else 0), 92) for k in range(int(beats))]
    if mode == "chug6":
        return [(start + k / 3, .3, root, 100 if k % 3 == 0 else 82) for k in range(int(beats * 3))]
    if style.sub == 3:                  # compound time: root and fifth on the beats
        marks = [(0, "r"), (1, "5" if mode == "rootfifth" else "r")]
        return [(start + b + o, .9, _pitch(m, chord, nxt), 90) for b in range(0, int(beats), 2) for o, m in marks]
    default, length = GRIDS[mode]
    grid = variant or default
    notes = []
    for s in range(int(beats * 4)):
        mark = grid[s % 16]
        if mark == "." or (energy < .3 and s % 4 and rng.random() < .6):
            continue
        if mark == "a" and s < beats * 4 - 3:
            mark = "5"
        v = 98 if s % 4 == 0 else 84 if s % 2 == 0 else 76
        notes.append((start + s / 4, min(length / 4, beats - s / 4), _pitch(mark, chord, nxt), v))
    return notes


def play(rng, clip, section):
    """Bass notes of one section (part index 1)."""
    notes, last = [], LOW
    chords = clip.chords_in(section)
    for i, chord in enumerate(chords):
        nxt = chords[(i + 1) % len(chords)]
        new = span(rng, clip.bass_mode, clip.bass_grid, clip.style, chord.beat, chord, nxt, section.energy, last)
        last = new[-1][2] if new else last
        notes += [n + (PART,) for n in new]
    return notes
