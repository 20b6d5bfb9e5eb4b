"""Renders a composed clip to audio and to its labels."""
import hashlib

from . import kits, mix, synth
from .captions import captions
from .compose import PARTS
from .fluid import Fluid
from .instruments import patch

RATE = 48000
_fluid = None


def fluid():
    """The process-wide synthesizer, made on first use."""
    global _fluid
    if _fluid is None:
        _fluid = Fluid()
    return _fluid


def audio(clip, seed):
    """float32 [2, samples] of the mixed clip; beat 0 is at sample 0."""
    samples = int(round(clip.seconds * RATE))
    per_beat = 60 / clip.bpm * RATE
    programs, gm_notes, buses, by_part = {}, [], {}, {k: [] for k in range(4)}
    for b, d, p, v, part in clip.notes:
        a = int(round(b * per_beat))
        by_part[part].append((a, min(samples, a + max(480, int(d * per_beat))), p, v))
    for k, name in enumerate(PARTS):
        if not by_part[k]:
            continue
        what = patch(clip.instruments[name])
        if isinstance(what, int):
            programs[k] = (128 if name == "drums" else 0, what)
            gm_notes += [n + (k,) for n in by_part[k]]
        elif name == "drums":
            buses[name] = kits.render(what, by_part[k], samples, (seed, clip.id))
        else:
            buses[name] = synth.render(what, by_part[k], samples)
    if gm_notes:
        out = fluid().render(programs, gm_notes, samples)
        for k in programs:
            buses[PARTS[k]] = out[k]
    kicks = [n[0] for n in by_part[0] if n[2] == 36]
    return mix.mix(buses, clip.style, kicks, (seed, clip.id, 1))


def split_of(name):
    """train, val or test (92/4/4) by a hash of the clip id."""
    h = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100
    return "train" if h < 92 else "val" if h < 96 else "test"


def part_spans(clip):
    """Per part, merged [start beat, end beat] spans of the sections in which it has notes."""
    spans = {name: [] for name in PARTS}
    for k, name in enumerate(PARTS):
        for s in clip.sections:
            end = s.beat + s.beats
            if name in s.parts and any(n[4] == k and s.beat - .05 <= n[0] < end - .05 for n in clip.notes):
                if spans[name] and spans[name][-1][1] == s.beat:
                    spans[name][-1][1] = end
                else:
                    spans[name].append([s.beat, end])
    return spans


def labels(clip, seed):
    """The JSON-ready description of a clip."""
    spb, name = 60 / clip.bpm, f"{clip.id:05d}"
    spans = part_spans(clip)
    total = sum(s.beats for s in clip.sections)
    return {
        "id": name, "split": split_of(f"{seed}-{name}"), "style": clip.style.name, "bpm": clip.bpm, "meter": clip.style.meter, "key": clip.key,
        "scale_pcs": clip.scale_pcs, "seconds": round(clip.seconds, 4),
        "chords": [{"beat": c.beat, "beats": c.beats, "symbol": c.symbol, "root": c.root, "pcs": c.pcs} for c in clip.chords],
        "parts": spans, "instruments": {n: clip.instruments[n] for n in PARTS if spans[n]},
        "notes": [[round(b * spb, 4), round(d * spb, 4), p, v, k] for b, d, p, v, k in clip.notes],
        "density": round(sum(s.density * s.beats for s in clip.sections) / total, 3),
        "energy": [{"beat": s.beat, "beats": s.beats, "energy": s.energy, "density": s.density} for s in clip.sections],
        "captions": captions(clip, spans, seed),
    }
