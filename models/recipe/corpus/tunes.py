"""Public-domain tunes: melodies of old fiddlers' books, harmonised here, for the styles that such tunes suit.

`tunes.json` holds eight bars of each.  `python -m recipe.corpus.tunes` makes it anew from the scores that the
PyPI package music21 (BSD) carries; nothing else needs music21.  The books are in the public domain: William
Bradbury Ryan's Mammoth Collection (Boston 1883) and Francis O'Neill's Music of Ireland (Chicago 1903, called
O'Neill's 1850).  Of their ABC transcriptions by volunteers only pitches and lengths are taken.
"""
import json
import os

from .theory import MODES

PATH = os.path.join(os.path.dirname(__file__), "tunes.json")
TICKS = 12                              # a beat; the beat of 6/8 is the dotted quarter
BARS = 8
SHARE = {"celtic": .45, "folk": .4, "waltz": .35, "orchestral": .2, "ballad": .2, "chiptune": .15, "jazz": .15, "ambient": .15, "rock": .1, "metal": .1}
BOOKS = {"ryansMammoth": "Ryan's Mammoth Collection, 1883", "oneills1850": "O'Neill's Music of Ireland, 1903"}
WANTED = {"4/4": 90, "3/4": 90, "6/8": 90}
_tunes = None


def harmonise(notes, mode, bar):
    """A scale degree, 1-7, for each bar: the triad that holds most of its notes, the tonic at the end."""
    scale, out = MODES[mode], []
    prior = {0: 1.25, 3: 1.05, 4: 1.1, 6: 1.0 if mode != "major" else .3, 5: .9, 1: .8, 2: .6}
    for b in range(BARS):
        score = {}
        for degree, weight in prior.items():
            triad = {scale[(degree + 2 * k) % 7] for k in range(3)}
            score[degree] = weight * sum(d * (1.6 if t % bar == 0 else 1) for t, d, p in notes if t // bar == b and p % 12 in triad)
        out.append(max(score, key=score.get) + 1)
    return out[:-1] + [1]


def _tune(score):
    """Eight full bars of a music21 score as a dict, or None where they cannot be had."""
    part = score.parts[0] if score.parts else score
    signature = next(iter(part.recurse().getElementsByClass("TimeSignature")))
    name = {"2/2": "4/4"}.get(signature.ratioString, signature.ratioString)
    key = next(iter(part.recurse().getElementsByClass("KeySignature"))).asKey() if not list(part.recurse().getElementsByClass("Key")) else next(iter(part.recurse().getElementsByClass("Key")))
    if name not in WANTED or key.mode not in MODES:
        return None
    beat = 1.5 if name == "6/8" else 1.0
    length = signature.barDuration.quarterLength
    bars = [m for m in part.getElementsByClass("Measure") if abs(m.duration.quarterLength - length) < 1e-6][:BARS]
    if len(bars) < BARS:
        return None
    notes = []
    for k, m in enumerate(bars):
        for n in m.recurse().notes:
            if n.duration.quarterLength:
                start = k * length + n.getOffsetInHierarchy(m)
                notes.append([round(start / beat * TICKS), max(1, round(n.duration.quarterLength / beat * TICKS)), n.pitches[-1].midi - key.tonic.midi])
    if any(n[0] % 1 for n in notes) or len(notes) < 3 * BARS or sum(n[2] % 12 in MODES[key.mode] for n in notes) < .93 * len(notes):
        return None
    bar = round(length / beat * TICKS)
    title = score.metadata.title if score.metadata and score.metadata.title else "untitled"
    return {"title": title, "meter": name, "mode": key.mode, "chords": harmonise(notes, key.mode, bar), "notes": notes}


def extract(out):
    """Write WANTED tunes of each meter from music21's copies of BOOKS to `out`."""
    from music21 import converter, corpus
    found = {m: [] for m in WANTED}
    for book, source in BOOKS.items():
        share = {m: n * (1 + (book == "oneills1850")) // 2 for m, n in WANTED.items()}
        for path in sorted(corpus.getComposer(book)):
            if all(len(found[m]) >= share[m] for m in WANTED):
                break
            text = open(path, encoding="utf8", errors="replace").read()
            if not any(f"M:{m}" in text.replace(" ", "") for m, key in (("C", "4/4"), ("4/4", "4/4"), ("3/4", "3/4"), ("6/8", "6/8")) if len(found[key]) < share[key]):
                continue
            try:
                opus = converter.parse(path)
            except Exception:           # music21 cannot read every transcription; others do as well
                continue
            for score in (opus.scores if hasattr(opus, "scores") else [opus]):
                try:
                    tune = _tune(score)
                except Exception:
                    continue
                if tune and len(found[tune["meter"]]) < share[tune["meter"]]:
                    found[tune["meter"]].append(dict(tune, source=source))
    tunes = [t for m in WANTED for t in found[m]]
    with open(out, "w") as f:
        json.dump({"licence": " ".join(__doc__.split("\n\n")[1].split()), "tunes": tunes}, f, separators=(",", ":"))
    return {m: len(v) for m, v in found.items()}


def pick(rng, style, signature):
    """A tune for one clip of `style`, or None: SHARE of them have one, in a meter and mode that they know."""
    global _tunes
    if _tunes is None:
        with open(PATH) as f:
            _tunes = json.load(f)["tunes"]
    if rng.random() >= SHARE.get(style.name, 0):
        return None
    fitting = [t for t in _tunes if t["meter"] == signature and (t["mode"] in style.modes or t["mode"] in ("major", "minor"))]
    return rng.choice(fitting) if fitting else None


if __name__ == "__main__":
    print(extract(PATH))
