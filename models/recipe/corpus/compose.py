"""Composes one clip: key, form, chords, and the notes of the four parts."""
import math
import random
from dataclasses import dataclass, field

from . import bass, contrast, density, drums, harmony, melody
from .held_out import MOODS, choose, split_of
from .meters import metered, signature
from .styles import STYLES
from .theory import DARK, MODES, NAMES, Chord, chord_from_token
from .tunes import pick

PARTS = ("drums", "bass", "harmony", "melody")
EIGHTH_SWING = {"jazz", "reggae", "folk"}
FORMS = {                                # energy curves; sampled at the section count
    "drop": (.35, .55, .95, .95, .4, .9), "build": (.2, .4, .6, .85, 1.0), "verse": (.5, .55, .9, .55, .95),
    "high": (.85, .95, .8, 1.0), "low": (.3, .25, .4, .3), "arch": (.25, .6, .95, .6, .3), "mid": (.55, .65, .5, .7), "fade": (.9, .8, .5, .3),
}
LOOPING = {"house", "techno", "drum and bass", "trap", "lo-fi hip hop", "ambient"}      # they do not end but stop
CALM = {"ambient", "ballad", "lo-fi hip hop", "folk"}


@dataclass
class Section:
    """`bars` bars from beat `beat`; `rise` is the energy step into the next section."""
    index: int
    beat: float
    bars: int
    beats: float
    energy: float
    density: float
    parts: set
    rise: float = 0.0


@dataclass
class Clip:
    """Everything known about a clip before rendering."""
    id: int
    style: object
    bpm: float
    tonic: int
    mode: str
    bars: int
    split: str = "train"
    sections: list = field(default_factory=list)
    chords: list = field(default_factory=list)
    notes: list = field(default_factory=list)      # (beat, beats, pitch, velocity, part) sorted
    instruments: dict = field(default_factory=dict)
    contrast: set = field(default_factory=set)     # kinds, see contrast.py
    drops: list = field(default_factory=list)      # (part, beat, end beat)
    filters: list = field(default_factory=list)    # (beat, end beat, amount)
    # set by _choose: the groove grids, behaviours and registers of the clip
    groove: dict = None
    bass_mode: str = ""
    bass_grid: str = None
    comp_mode: str = ""
    comp_center: int = 60
    arp_order: str = "up"
    lead_mode: str = ""
    lead_center: int = 70
    lead_offset: int = 0                # scale steps
    lead_pcs: set = None
    octave_up: bool = False
    motif: list = None
    answer: list = None
    motif_beats: int = 4
    form: str = "period"                # see melody.FORMS
    tune: dict = None                   # see tunes.py
    ending: bool = False                # the last bar holds the tonic
    turn: tuple = (0, 1, 0, -1)         # scale steps around a melody note where it is dense
    swing: float = 0.0

    @property
    def beats(self):
        return self.bars * self.style.meter

    @property
    def seconds(self):
        return self.beats * 60 / self.bpm

    @property
    def key(self):
        return f"{NAMES[self.tonic]} {self.mode}"

    @property
    def scale_pcs(self):
        return [(self.tonic + i) % 12 for i in MODES[self.mode]]

    def chords_in(self, section):
        end = section.beat + section.beats
        return [c for c in self.chords if section.beat <= c.beat < end]

    def section_at(self, beat):
        return next((s for s in reversed(self.sections) if s.beat <= beat + 1e-6), self.sections[0])

    def chord_at(self, beat):
        for c in reversed(self.chords):
            if c.beat <= beat + 1e-6:
                return c
        return self.chords[0]


def _progression(rng, clip):
    """Fill clip.chords by looping a progression; some clips switch for the second half."""
    s = clip.style
    table = s.minor_progs if clip.mode in DARK and s.minor_progs else s.progs
    loops = [rng.choice(table)]
    loops.append(rng.choice(table) if rng.random() < .4 else loops[0])
    if clip.tune:
        loops = [" ".join(map(str, clip.tune["chords"]))] * 2
    slow = s.name in ("ambient", "techno", "drum and bass", "trap") and rng.random() < .5
    size = min(5, max(3, s.size + rng.choice((-1, 0, 0, 0)))) if s.size > 3 else rng.choice((3, 3, 3, 4))
    per = 1 if clip.tune else 2 if slow or s.meter == 2 and rng.random() < .5 else 1
    bar = 0
    while bar < clip.bars:
        loop = loops[1 if bar >= clip.bars / 2 else 0].split()
        for cell in loop:
            tokens = cell.split("+")
            length = per * s.meter / len(tokens)
            for k, token in enumerate(tokens):
                beat = bar * s.meter + k * length
                if beat < clip.beats:
                    c = chord_from_token(token, clip.tonic, clip.mode, size)
                    if s.name == "metal":
                        c.quality = "5"
                    c.beat, c.beats = beat, min(length, clip.beats - beat)
                    clip.chords.append(c)
            bar += per
    if per == 2:                         # keep chord starts inside every section
        clip.chords = [Chord(c.root, c.quality, c.beat + o, min(s.meter, c.beats - o)) for c in clip.chords for o in range(0, int(c.beats), s.meter)]
    if clip.ending:
        last = chord_from_token("1", clip.tonic, clip.mode, 3)
        last.beat, last.beats = clip.beats - s.meter, s.meter
        if s.name == "metal":
            last.quality = "5"
        clip.chords = [c for c in clip.chords if c.beat < last.beat] + [last]


def _form(rng, clip):
    """[(bars, energy, None)] of a clip whose energy follows one of the FORMS."""
    s, size = clip.style, 4 if clip.bars <= 28 else 8
    if s.meter <= 3 and clip.bars > 20:
        size = 8
    count = max(1, math.ceil(clip.bars / size))
    curve = FORMS[rng.choice(("low", "mid", "arch", "build")) if s.name in CALM else rng.choice(tuple(FORMS))]
    out = []
    for i in range(count):
        energy = curve[min(len(curve) - 1, int(i * len(curve) / count))]
        out.append((min(size, clip.bars - i * size), min(1.0, max(.1, energy + rng.uniform(-.07, .07))), None))
    return out


def _sections(rng, clip):
    """Split the clip into sections with energies and active parts."""
    s, jumpy = clip.style, "jumps" in clip.contrast
    plan = contrast.jumps(rng, clip.bars, s.meter * 60 / clip.bpm) if jumpy else _form(rng, clip)
    count = len(plan)
    special = rng.random()
    absent = set()
    if special < .15:
        absent = set(rng.sample(PARTS, rng.choice((1, 1, 1, 2))))
    if rng.random() < s.nodrums:
        absent.add("drums")
    if len(absent) > 2:
        absent = set(rng.sample(sorted(absent), 2))
    solo = rng.choice(PARTS) if .15 <= special < .27 else None
    solo_at = rng.randrange(count)
    beat = 0
    for i, (bars, energy, dense) in enumerate(plan):
        active = set(PARTS)
        if jumpy:                        # mostly the same parts, so that the jump is one of energy and density
            if rng.random() < .2:
                active.discard(rng.choice(PARTS))
        elif energy < .45:
            active = set(rng.sample(PARTS, rng.choice((1, 2, 2, 3)) if energy < .33 else 3))
            if s.name in ("ambient", "orchestral", "folk", "ballad", "waltz"):
                active |= {"harmony"}
        elif energy < .7 and rng.random() < .5:
            active.discard(rng.choice(PARTS))
        if solo and i == solo_at:
            active = {solo}
        active -= absent
        if not active:
            active = {sorted(set(PARTS) - absent)[0]}
        if dense is None:
            dense = .2 + .6 * energy * len(active) / 4 + rng.uniform(-.1, .1)
        clip.sections.append(Section(i, beat, bars, bars * s.meter, round(energy, 3), round(dense, 3), active))
        beat += bars * s.meter
    for a, b in zip(clip.sections, clip.sections[1:]):
        a.rise = b.energy - a.energy


def _choose(rng, clip):
    """Choose grooves, behaviours, instruments and registers."""
    s = clip.style
    clip.groove = rng.choice(s.drums)
    clip.bass_mode, clip.comp_mode, clip.lead_mode = rng.choice(s.bass), rng.choice(s.comp), rng.choice(s.lead)
    clip.bass_grid = rng.choice(bass.VARIANTS[clip.bass_mode]) if clip.bass_mode in bass.VARIANTS else None
    keys = choose(rng, s.keys, clip.split)
    lead = choose(rng, [n for n in s.leads if n != keys] or s.leads, clip.split)
    clip.instruments = {"drums": choose(rng, s.kits, clip.split), "bass": choose(rng, s.basses, clip.split), "harmony": keys, "melody": lead}
    clip.comp_center = rng.choice((57, 60, 64)) if clip.comp_mode == "pad" else rng.choice((55, 57, 60, 60, 62))
    clip.lead_center = {"piccolo": 84, "glockenspiel": 84, "cello": 55, "trombone": 55, "french horn": 60, "tenor sax": 62, "distorted guitar": 64,
                        "overdriven guitar": 64, "jazz guitar": 65, "acoustic guitar": 64}.get(lead, rng.choice((67, 70, 72, 74)))
    clip.lead_offset = rng.choice((-2, 0, 0, 2))
    clip.arp_order = rng.choice(("up", "updown", "broken"))
    clip.octave_up = rng.random() < .25
    clip.form = rng.choice(tuple(melody.FORMS))
    clip.turn = rng.choice(((0, 1, 0, -1), (0, -1, 0, 1), (0, 2, 1, 2), (0, 1, 2, 1)))
    clip.swing = rng.uniform(*s.swing)
    bar = s.meter if s.meter > 2 else 4
    clip.motif_beats = bar
    clip.motif = melody.make_motif(rng, clip.lead_mode, bar, s.sub)
    clip.answer = melody.make_motif(rng, clip.lead_mode, bar, s.sub)
    pcs = clip.scale_pcs
    # often pentatonic: leave out the second and sixth (dark modes) or fourth and seventh
    if rng.random() < .35 and s.name not in ("jazz", "bossa nova", "waltz", "orchestral"):
        pcs = [p for k, p in enumerate(pcs) if k not in ((1, 5) if clip.mode in DARK else (3, 6))]
    if clip.lead_mode == "blues":
        pcs = sorted((clip.tonic + i) % 12 for i in (0, 3, 5, 6, 7, 10))
    clip.lead_pcs = set(pcs)


def _end(clip):
    """The last bar of a clip that ends: what is struck on its first beat rings, and nothing follows."""
    last = clip.beats - clip.style.meter
    clip.notes = [(b, clip.beats - b if b > last - .01 else d, p, v, part) for b, d, p, v, part in clip.notes if b < last + .1]


def swing_beat(beat, amount, unit):
    """Warp time so that the second half of every 2*unit beats starts late; amount 1 is a triplet."""
    pair = 2 * unit
    base, x = divmod(beat, pair)
    x /= pair
    mid = .5 + amount / 6
    x = x * 2 * mid if x < .5 else mid + (x - .5) * 2 * (1 - mid)
    return (base + x) * pair


def _perform(rng, clip):
    """Swing, humanise (a few ms) and clean up overlapping repeats of a pitch."""
    s = clip.style
    tight = s.name in ("house", "techno", "synthwave", "chiptune", "drum and bass", "trap")
    jitter = (.0008 if tight else rng.uniform(.002, .006)) * clip.bpm / 60
    unit = .5 if s.name in EIGHTH_SWING else .25
    out, last, moves = [], {}, {}
    for b, d, p, v, part in sorted(clip.notes):
        if b >= clip.beats - 1e-6:
            continue
        end, energy = min(b + d, clip.beats), clip.section_at(b).energy
        if clip.swing and s.sub == 4:
            b, end = swing_beat(b, clip.swing, unit), swing_beat(end, clip.swing, unit)
        move = moves.setdefault((part, round(b, 3)), rng.gauss(0, jitter) if part or not tight else 0.0)   # a chord is one stroke
        if b > .01:
            b = max(0.0, b + max(-2 * jitter, min(2 * jitter, move)))
        v *= .8 + .25 * energy
        v = max(20, min(124, int(v + rng.gauss(0, 2 if tight else 5))))
        key = (part, p)
        if key in last and out[last[key]][0] + out[last[key]][1] > b:
            k = last[key]
            if b - out[k][0] < .03:
                continue
            out[k] = (out[k][0], b - out[k][0] - .005) + out[k][2:]
        last[key] = len(out)
        out.append((b, max(.04, end - b), p, v, part))
    clip.notes = sorted(out)


def compose(seed, index, seconds=None):
    """Clip `index` of corpus `seed`; `seconds` fixes the target length (else 30..45 s)."""
    rng = random.Random(f"prestissimo-{seed}-{index}")
    names = sorted(STYLES)
    order = random.Random(f"order-{seed}-{index // len(names)}").sample(names, len(names))
    s = metered(rng, STYLES[order[index % len(names)]])
    low, high = s.bpm
    split = split_of(f"{seed}-{index:05d}")
    bpm = round(math.exp(rng.uniform(math.log(low), math.log(high))))
    modes = [m for m in s.modes if m in DARK] if split == "test" and s.name in MOODS else s.modes
    clip = Clip(index, s, bpm, rng.randrange(12), rng.choice(modes), 0, split)
    clip.contrast = contrast.plan(rng)
    clip.tune = pick(rng, s, signature(s))
    if clip.tune:
        clip.mode = clip.tune["mode"]
    clip.ending = s.name not in LOOPING and rng.random() < .3
    target = seconds or rng.uniform(30, 45)
    step = 4 if target > 20 else 2
    clip.bars = max(step, step * round(target * bpm / 60 / s.meter / step))
    _progression(rng, clip)
    _sections(rng, clip)
    _choose(rng, clip)
    players = {"drums": drums.play, "bass": bass.play, "harmony": harmony.play, "melody": melody.play}
    for section in clip.sections:
        for k, part in enumerate(PARTS):
            if part in section.parts:
                clip.notes += density.shape(rng, clip, section, k, players[part](rng, clip, section))
    if clip.ending:
        _end(clip)
    if "drops" in clip.contrast:
        clip.drops = contrast.drops(rng, clip)
        clip.notes = contrast.cut(clip.notes, clip.drops)
    if "filter" in clip.contrast:
        clip.filters = contrast.filters(rng, clip)
    _perform(rng, clip)
    return clip
