"""Renders a composed clip to audio and to its labels."""
import numpy as np

from . import automation, kits, mix, synth
from .captions import captions
from .compose import PARTS
from .fluid import Fluid
from .instruments import patch
from .meters import signature

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
    fade = automation.SHORT if clip.contrast else automation.LONG
    gates = {name: automation.gate(spans, samples, per_beat, fade) for name, spans in part_spans(clip).items()}
    closed = automation.closed(clip.sections, clip.filters, samples, per_beat)
    mixed = mix.mix(buses, clip.style, kicks, (seed, clip.id, 1), gates, closed, 60 / clip.bpm)
    return mix.finish(mixed * automation.level(clip.sections, mixed, per_beat, "jumps" in clip.contrast))


def part_spans(clip):
    """Per part, merged [start beat, end beat] spans in which it has notes: sections, less what drops out of them."""
    spans = {name: [] for name in PARTS}
    for k, name in enumerate(PARTS):
        starts = np.array([n[0] for n in clip.notes if n[4] == k])
        gone = [(begin, end) for part, begin, end in clip.drops if part == name]
        for s in clip.sections:
            edges = sorted({s.beat, s.beat + s.beats} | {b for d in gone for b in d if s.beat < b < s.beat + s.beats})
            for begin, end in zip(edges, edges[1:]):
                silent = name not in s.parts or any(a <= begin and end <= b for a, b in gone)
                if silent or not ((starts >= begin - .05) & (starts < end - .05)).any():
                    continue
                if spans[name] and spans[name][-1][1] == begin:
                    spans[name][-1][1] = end
                else:
                    spans[name].append([begin, end])
    return spans


def onset_density(clip, begin, end, together_s=.03):
    """Onsets a second between two beats as the density control has them: 1 -> 0, 16 -> 1 on a log scale."""
    spb = 60 / clip.bpm
    times = np.array([n[0] * spb for n in clip.notes if begin - .05 <= n[0] < end - .05])
    count = len(np.unique(np.round(times / together_s)))
    return round(float(np.clip(np.log2(max(count, 1) / ((end - begin) * spb)) / 4, 0, 1)), 3)


def labels(clip, seed):
    """The JSON-ready description of a clip."""
    spb, name = 60 / clip.bpm, f"{clip.id:05d}"
    spans = part_spans(clip)
    onsets = onset_density(clip, 0, clip.beats)
    return {
        "id": name, "split": clip.split, "style": clip.style.name, "bpm": clip.bpm, "meter": clip.style.meter, "signature": signature(clip.style), "key": clip.key,
        "scale_pcs": clip.scale_pcs, "seconds": round(clip.seconds, 4),
        "chords": [{"beat": c.beat, "beats": c.beats, "symbol": c.symbol, "root": c.root, "pcs": c.pcs} for c in clip.chords],
        "parts": spans, "instruments": {n: clip.instruments[n] for n in PARTS if spans[n]},
        "notes": [[round(b * spb, 4), round(d * spb, 4), p, v, k] for b, d, p, v, k in clip.notes],
        **({"tune": f"{clip.tune['title']} ({clip.tune['source']})"} if clip.tune and spans["melody"] else {}),
        "drops": [list(d) for d in clip.drops], "density": onsets,
        "energy": [{"beat": s.beat, "beats": s.beats, "energy": s.energy, "density": onset_density(clip, s.beat, s.beat + s.beats)} for s in clip.sections],
        "captions": captions(clip, spans, seed, onsets),
    }
