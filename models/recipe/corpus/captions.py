"""Writes varied English captions for a clip from its labels."""
import random

from . import scenes, words
from .theory import DARK

ABSENT = {"drums": ("no drums", "without drums", "drumless", "beatless"), "bass": ("no bass", "without bass"),
          "melody": ("no lead melody", "backing track without melody", "chords only, no lead"), "harmony": ("no chords", "without chords", "bare, no accompaniment chords")}


def article(phrase):
    return ("an " if phrase[0].lower() in "aeio8" else "a ") + phrase


class Voice:
    """Draws random phrases that are true of one clip."""

    def __init__(self, clip, spans, rng):
        self.clip, self.rng = clip, rng
        self.present = [p for p in spans if spans[p]]
        self.absent = [p for p in spans if not spans[p]]
        energy = sum(s.energy * s.beats for s in clip.sections) / clip.beats
        level = energy + (clip.bpm - 105) / 220 - (.25 if clip.style.name in ("ambient", "ballad", "lo-fi hip hop") else 0)
        self.level = "high" if level > .75 else "mid" if level > .42 else "low"
        self.tone = "dark" if clip.mode in DARK else "bright"
        self.pace_words = next(w for top, w in words.PACE if clip.bpm < top)

    def style(self):
        table = words.STYLE[self.clip.style.name]
        return table[0] if self.rng.random() < .35 else self.rng.choice(table)

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

    def shape(self):
        """A phrase on how the clip moves, from its section energies."""
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
    lambda v: f"a {v.clip.style.name} clip in {v.clip.style.meter if v.clip.style.sub == 4 or v.clip.style.meter == 4 else 6}/{4 if v.clip.style.sub == 4 or v.clip.style.meter == 4 else 8} time, {v.mood()}, {v.bpm()}",
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


def captions(clip, spans, seed, count=24):
    """`count` different captions, deterministic for the clip and seed."""
    rng = random.Random(f"captions-{seed}-{clip.id}")
    voice, out = Voice(clip, spans, rng), []
    templates = list(TEMPLATES)
    rng.shuffle(templates)
    k = 0
    while len(out) < count:
        text = templates[k % len(templates)](voice)
        text = text.lower() if rng.random() < .25 else text
        k += 1
        if text not in out:
            out.append(text)
    lack = voice.lack()
    if lack:                             # part control: always say what is missing at least once
        out[-1] = f"{voice.style()}, {lack}"
        out[0] = f"{voice.mood()} {voice.style()} {voice.lack()}, {voice.bpm()}"
    return out
