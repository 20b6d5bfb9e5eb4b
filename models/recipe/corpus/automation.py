"""What the sections and edits of a clip do to its mix: gains and amounts per sample, from beats."""
import numpy as np

RATE = 48000
ENERGY_DB = 5.5                         # between energy 0 and 1, beside what velocity and density do
JUMP_DB, EVEN, QUIET_DB = 12.0, .6, -45.0   # the same where energies jump; share of what notes do that is evened out, above a floor
SHORT, LONG = .015, .25                 # seconds in which a part that ends is faded out: at an edit, and elsewhere
EARLY = .02                             # seconds before a span that a part is open: players are a little early


def gate(spans, samples, per_beat, fade):
    """Gain of a part that sounds in `spans` ([beat, end beat]) alone."""
    gain = np.zeros(samples, np.float32)
    for begin, end in spans:
        a, b = max(0, int((begin * per_beat) - EARLY * RATE)), min(samples, int(end * per_beat))
        if any(abs(begin - other) < 1e-6 for _, other in spans):
            a = int(begin * per_beat)
        gain[a:b] = 1
        tail = gain[b:b + int(fade * RATE)]
        np.maximum(tail, np.linspace(1, 0, int(fade * RATE), dtype=np.float32)[:len(tail)], out=tail)
    return gain


def _curve(pieces, samples, per_beat):
    """The value of each (beat, end beat, value), with ramps of EARLY seconds that end where the next one begins."""
    at = [t for begin, end, _ in pieces for t in (begin * per_beat, end * per_beat - EARLY * RATE)]
    return np.interp(np.arange(samples), at, [p[2] for p in pieces for _ in range(2)]).astype(np.float32)


def level(sections, audio, per_beat, jumps):
    """Gain of the whole mix (`audio`) by the energy of each section.

    Where energies jump, held chords must not be as loud as what they relieve: most of the difference
    that the notes happen to make is taken away, and a larger one by energy alone put there.
    """
    pieces = []
    for s in sections:
        part = audio[:, int(s.beat * per_beat):int((s.beat + s.beats) * per_beat)]
        heard = max(QUIET_DB, 10 * np.log10(np.mean(part ** 2) + 1e-9)) if jumps else 0
        pieces.append((s.beat, s.beat + s.beats, (JUMP_DB if jumps else ENERGY_DB) * (s.energy - 1) - EVEN * heard))
    return 10 ** (_curve(pieces, audio.shape[1], per_beat) / 20)


def closed(sections, filters, samples, per_beat):
    """How far the low-pass filter over the mix is closed, 0-1: quiet sections are darker, and filters add to that."""
    edges = sorted({s.beat for s in sections} | {b for f in filters for b in f[:2]})
    pieces = []
    for begin, end in zip(edges, edges[1:] + [samples / per_beat]):
        energy = next(s.energy for s in reversed(sections) if s.beat <= begin)
        amounts = [f[2] for f in filters if f[0] <= begin < f[1]]
        pieces.append((begin, end, max([.75 * min(1, max(0, (.5 - energy) / .4))] + amounts)))
    return _curve(pieces, samples, per_beat)
