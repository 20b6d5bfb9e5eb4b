"""Writes varied English captions for a clip from its labels."""
import random
import re

from . import scenes, words
from .held_out import MOODS, mood_words
from .meters import signature
from .theory import DARK

ABSENT = {"drums": ("no drums", "without drums", "drumless", "beatless"), "bass": ("no bass", "without bass"),
          "melody": ("no lead melody", "backing track without melody", "chords only, no lead"), "harmony": ("no chords", "without chords", "bare, no accompaniment chords")}

METER = {
    "3/4": ("in three", "waltz time", "in 3/4", "in 3/4 time", "in triple time", "three beats to the bar", "in three-four", "in waltz time", "3/4"),
    "6/8": ("in 6/8", "6/8 time", "in six-eight", "6/8", "in compound time", "with a lilting 6/8 feel", "in a rolling six", "six eighths to the bar"),
    "12/8": ("in 12/8", "with a triplet feel", "12/8 shuffle feel", "in 12/8 time"), "4/4": ("in 4/4", "4/4", "in four", "common time", "in 4/4 time", "four beats to the bar"),
}
OTHER_METER = {"3/4": r"3/4", "6/8": r"6/8|\bjig\b", "4/4": r"\breel\b"}      # style words that imply a meter
ENERGY = {"high": ("high energy", "intense energy", "full energy", "energy level high", "high intensity", "very energetic"), "mid": ("medium energy", "moderate energy", "balanced energy", "mid energy", "medium intensity"),
          "low": ("low energy", "gentle energy", "low intensity", "very low energy", "energy level low", "quiet and restrained")}
NOTES = {"few": ("sparse", "few notes", "minimal and sparse", "spacious, few notes", "long notes", "uncluttered"), "many": ("busy", "dense", "lots of notes", "full of fast notes", "busy arrangement", "rapid notes")}
JUMPS = {
    "energy": ("with sudden jumps between quiet and loud", "jumping from quiet to loud", "with sudden changes of energy", "soft then suddenly loud", "loud-quiet dynamics", "with abrupt drops and explosions of energy"),
    "density": ("switching between sparse and busy", "now sparse, now dense", "with long notes and then rapid ones", "from few notes to many and back", "alternating space and bustle"),
}
DROP = {
    "one": ("then the {0} out", "the {0} out for a while", "with a break in which the {0} out", "the {0} out and back in", "and then the {0} out suddenly", "until the {0} out", "the {0} out, then return"),
    "many": ("with parts dropping out and coming back", "stop-start arrangement", "with breaks in the arrangement", "parts cut in and out", "with sudden gaps in the arrangement"),
}
PART_NOUN = {"drums": ("drums drop", "beat drops", "drums cut", "rhythm drops"), "bass": ("bass drops", "bass cuts", "low end drops", "bass line drops"),
             "harmony": ("chords drop", "chords cut", "accompaniment drops"), "melody": ("melody drops", "lead drops", "melody cuts", "lead cuts")}


def article(phrase):
    return ("an " if phrase[0].lower() in "aeio8" else "a ") + phrase


class Voice:
    """Draws random phrases that are true of one clip."""

    def __init__(self, clip, spans, rng, onsets):
        self.clip, self.rng, self.onsets = clip, rng, onsets
        self.drops = [d for d in clip.drops if any(d[1] in span for span in spans[d[0]])]
        self.present = [p for p in spans if spans[p]]
        self.absent = [p for p in spans if not spans[p]]
        energy = sum(s.energy * s.beats for s in clip.sections) / clip.beats
        level = energy + (clip.bpm - 105) / 220 - (.25 if clip.style.name in ("ambient", "ballad", "lo-fi hip hop") else 0)
        self.level = "high" if level > .75 else "mid" if level > .42 else "low"
        self.tone = "dark" if clip.mode in DARK else "bright"
        self.pace_words = next(w for top, w in words.PACE if clip.bpm < top)

    def style(self):
        other = [w for k, w in OTHER_METER.items() if k != signature(self.clip.style)]
        table = [w for w in words.STYLE[self.clip.style.name] if not any(re.search(o, w) for o in other) and self.is_paced(w)]
        return table[0] if self.rng.random() < .35 else self.rng.choice(table)

    def is_paced(self, style):
        """True if a style's name says no pace that the clip has not."""
        slowest, fastest = words.PACED.get(style, (0, 999))
        return slowest <= self.clip.bpm <= fastest

    def mood(self):
        return self.rng.choice(words.MOOD[f"{self.tone} {self.level}"])

    def moods(self):
        return self.rng.sample(words.MOOD[f"{self.tone} {self.level}"], 2)

    def use(self):
        if self.rng.random() < .45:
            return self.rng.choice(words.USE_STYLE[self.clip.style.name])
        return self.rng.choice(words.USE[self.level])

    def place(self):
        return f"{self.rng.choice(scenes.PLACE_ADJ)} {self.rng.choice(scenes.PLACE[self.level])}"

    def texture(self):
        return self.rng.choice(scenes.TEXTURE[self.level])

    def pick(self, name):
        """A word from the list `name` of scenes.py."""
        return self.rng.choice(getattr(scenes, name))

    def role(self):
        """A phrase on one part that sounds, such as 'a crisp trumpet melody'."""
        name = self.rng.choice(self.present)
        noun = {"drums": self.pick("DRUM_WORD"), "bass": self.rng.choice(("bass line", "low end", "bass")), "harmony": self.rng.choice(("chords", "accompaniment", "backing")),
                "melody": self.pick("MELODY_WORD")}[name]
        sound = self.part(name)
        phrase = f"{self.texture()} {sound}"
        return phrase if noun.split()[0] in sound else f"{phrase} {noun}"

    def pace(self):
        return self.rng.choice(self.pace_words)

    def bpm(self):
        b = self.clip.bpm
        return self.rng.choice((f"at {b} bpm", f"{b} bpm", f"{b} BPM", f"around {b} bpm", f"tempo {b}", f"at {b} beats per minute"))

    def key(self):
        k = self.clip.key
        simple = f"{k.split()[0]} {'minor' if self.tone == 'dark' else 'major'}"
        return self.rng.choice((f"in {k}", f"in {k}", f"in {simple}", f"key of {k}"))

    def part(self, name):
        n = self.clip.instruments[name]
        return self.rng.choice(words.INSTRUMENT.get(n, [n]))

    def instruments(self, count):
        names = self.rng.sample(self.present, min(count, len(self.present)))
        out = []
        for n in names:
            w = self.part(n)
            if w not in out:
                out.append(w)
        return out

    def listing(self, count):
        parts = self.instruments(count)
        return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]

    def feature(self):
        pairs = (("bass", self.clip.bass_mode), ("harmony", self.clip.comp_mode), ("melody", self.clip.lead_mode))
        options = [words.FEATURE[m] for p, m in pairs if p in self.present and m in words.FEATURE and (p, m) != ("harmony", "jig")]
        return self.rng.choice(options) if options else self.listing(1)

    def lack(self):
        return self.rng.choice(ABSENT[self.rng.choice(self.absent)]) if self.absent else ""

    def meter(self):
        return self.rng.choice(METER[signature(self.clip.style)])

    def power(self):
        return self.rng.choice(ENERGY[self.level])

    def notes(self):
        """A phrase on how many notes there are, or nothing where that is ordinary."""
        few, many = self.onsets < .38, self.onsets > .78
        return self.rng.choice(NOTES["few" if few else "many"]) if (few or many) and "jumps" not in self.clip.contrast else ""

    def drop(self):
        """A phrase on parts that drop out, or nothing where none does."""
        if not self.drops:
            return ""
        if len(self.drops) > 1 and self.rng.random() < .3:
            return self.rng.choice(DROP["many"])
        return self.rng.choice(DROP["one"]).format(self.rng.choice(PART_NOUN[self.rng.choice(self.drops)[0]]))

    def jump(self):
        """A phrase on sudden jumps of energy or density, or nothing where there is none."""
        if "jumps" not in self.clip.contrast:
            return ""
        spread = {k: max(getattr(s, k) for s in self.clip.sections) - min(getattr(s, k) for s in self.clip.sections) for k in JUMPS}
        kinds = [k for k, v in spread.items() if v > .45]
        return self.rng.choice(JUMPS[self.rng.choice(kinds)]) if kinds else ""

    def shape(self):
        """A phrase on how the clip moves: its edits, or the energies of its sections."""
        if self.drops or "jumps" in self.clip.contrast:
            return self.drop() or self.jump() or "with changes of arrangement"
        e = [s.energy for s in self.clip.sections]
        if len(e) > 2 and e[-1] - e[0] > .3:
            return self.rng.choice(("building up", "that builds to a climax", "starting quietly and growing", "with a slow build", "rising in energy"))
        if len(e) > 2 and e[0] - e[-1] > .25:
            return self.rng.choice(("winding down", "that fades into calm", "losing energy towards the end", "with a quiet ending"))
        if max(e) - min(e) > .35:
            return self.rng.choice(("with a breakdown and a drop", "with quiet and loud sections", "with dynamic changes", "moving between soft and intense"))
        return self.rng.choice(("with an even flow", "steady throughout", "with a constant groove", "looping gently") if self.level != "high" else ("full throttle", "at full energy throughout", "non-stop energy"))


def _tempo(v):
    """Nothing, a word or a number; about a third each."""
    r = v.rng.random()
    return "" if r < .25 else v.pace() if r < .5 else v.bpm()


def _join(*parts):
    return ", ".join(p for p in parts if p)


TEMPLATES = (
    lambda v: v.style(),
    lambda v: f"{v.mood()} {v.style()}",
    lambda v: f"{v.mood()} {v.style()} with {v.listing(1)} {v.bpm()}",
    lambda v: f"{v.pace()} {v.style()} with {v.listing(2)}",
    lambda v: _join(v.style(), *v.moods(), _tempo(v)),
    lambda v: _join(v.style(), *v.instruments(3), v.mood(), _tempo(v), v.lack()),
    lambda v: _join(*v.instruments(2), v.style(), v.key(), v.bpm()),
    lambda v: f"{article(v.mood())} {v.style()} track for {article(v.use()) if v.rng.random() < .3 else v.use()}",
    lambda v: f"{v.mood()} music for {v.use()}",
    lambda v: v.use() + " music",
    lambda v: _join(*v.moods(), v.use()),
    lambda v: f"{v.style()} {v.bpm()}",
    lambda v: f"{v.style()} {v.key()}",
    lambda v: f"{article(v.pace())} {v.style()} piece {v.key()} featuring {v.listing(2)}.",
    lambda v: f"{v.part(v.rng.choice(v.present)).capitalize()} leads {article(v.mood())} {v.style()} groove {v.shape()}.",
    lambda v: f"{v.style().capitalize()} {v.shape()}, {v.mood()} and {v.pace()}.",
    lambda v: f"This is {article(v.mood())} {v.style()} instrumental with {v.feature()} and {v.listing(1)}, {v.bpm()}.",
    lambda v: f"Background music for {v.use()}: {v.mood()} {v.style()} with {v.listing(2)}.",
    lambda v: f"{v.style()} with {v.feature()}" + (f", {v.lack()}" if v.absent else ""),
    lambda v: f"{v.listing(3)} playing {v.mood()} {v.style()}",
    lambda v: _join(v.pace(), v.mood(), v.style(), v.feature()),
    lambda v: f"something {v.moods()[0]} for {v.use()}, like {v.style()}",
    lambda v: f"{v.style()}, {v.rng.choice(words.ADVERB)}",
    lambda v: f"a {v.clip.style.name} clip in {signature(v.clip.style)} time, {v.mood()}, {v.bpm()}",
    lambda v: f"{v.style()} {v.meter()}, {v.mood()}, {v.bpm()}",
    lambda v: _join(v.style(), v.meter(), v.power(), v.key()),
    lambda v: _join(v.power(), v.style(), v.notes(), _tempo(v)),
    lambda v: _join(f"{v.mood()} {v.style()}", v.notes(), v.jump(), v.drop()),
    lambda v: f"{v.power()} {v.style()} for {v.use()}",
    lambda v: f"{v.mood()}, {v.shape()}, {v.style()}",
    lambda v: f"instrumental {v.style()}; {v.listing(4)}; {v.mood()}; {_tempo(v) or v.pace()}",
    lambda v: f"I want {v.mood()} {v.style()} to play during {v.use()}, {_tempo(v) or v.shape()}",
    lambda v: f"{v.style()} + {v.listing(1)}, {v.mood()} mood, {v.key()}",
    lambda v: f"{v.pick('CALL')} {v.mood()} {v.style()} {v.bpm()}",
    lambda v: f"{v.pick('CALL')} something {v.moods()[0]} for {article(v.pick('MEDIA'))}",
    lambda v: f"{v.style()} for {article(v.place())}, {_tempo(v) or v.mood()}",
    lambda v: f"{v.mood()} theme of {article(v.place())}",
    lambda v: f"{v.texture()} {v.style()} with {v.role()}, {v.bpm()}",
    lambda v: f"{v.role()} over {v.role()}, {v.style()}" if len(v.present) > 1 else f"only {v.role()}, {v.style()}",
    lambda v: f"{v.pick('LIKE')} {v.pick('WEATHER')} over {article(v.place())}; {v.mood()} {v.style()}",
    lambda v: f"{v.mood()} {v.style()} for {v.pick('AUDIENCE')}, {_tempo(v) or v.texture()}",
    lambda v: f"music for {v.pick('MOMENT')}, {v.mood()} and {v.texture()}",
    lambda v: f"{v.pick('MEDIA')} soundtrack, {v.style()}, {v.key()}, {v.bpm()}",
    lambda v: f"{v.texture()}, {v.mood()}, {v.bpm()}",
    lambda v: f"{v.mood()} {v.pick('MEDIA')} music with {v.role()}",
    lambda v: f"{v.style()} {v.key()} {v.bpm()} with {v.feature()}",
)


def _must(v):
    """Templates that a clip always has: what is missing, what changes, and a meter other than 4/4."""
    out = []
    if v.absent:
        out += [lambda v: f"{v.style()}, {v.lack()}", lambda v: f"{v.mood()} {v.style()} {v.lack()}, {v.bpm()}"]
    if v.drops:
        out += [lambda v: f"{v.style()}, {v.drop()}", lambda v: f"{v.mood()} {v.style()} {v.bpm()}, {v.drop()}"]
    if v.jump():
        out += [lambda v: f"{v.style()} {v.jump()}"]
    if signature(v.clip.style) != "4/4":
        out += [lambda v: f"{v.style()} {v.meter()}", lambda v: f"{v.mood()} {v.style()} {v.meter()}, {_tempo(v) or v.listing(1)}"]
    if v.clip.split == "test" and v.clip.style.name in MOODS:
        held = mood_words(v.clip.style.name)
        known = [w for w in words.MOOD[f"{v.tone} {v.level}"] if held.search(w)]
        out += [lambda v: f"{v.rng.choice(known)} {v.style()}"] if known else []
    return out


def captions(clip, spans, seed, onsets, count=24):
    """`count` different captions, deterministic for the clip and seed; `onsets` is the density that is heard, 0-1."""
    rng = random.Random(f"captions-{seed}-{clip.id}")
    voice, out, held = Voice(clip, spans, rng, onsets), [], mood_words(clip.style.name) if clip.split != "test" else None
    templates = list(TEMPLATES)
    rng.shuffle(templates)
    must, k = _must(voice), 0
    while len(out) < count:
        template = templates[k % len(templates)] if k >= len(must) else must[k]
        text = template(voice)
        text = text.lower() if rng.random() < .25 else text
        k += not (held and held.search(text))      # a text with a held-out mood is drawn again
        if k > len(must) + len(out) + 200:
            raise RuntimeError(f"clip {clip.id}: {len(out)} captions of {count}")
        if text not in out and not (held and held.search(text)):
            out.append(text)
    return out
