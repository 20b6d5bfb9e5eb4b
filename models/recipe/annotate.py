"""What a recording's labels can be told from its sound: tempo, beat, bar, chords; nothing where that is unsure.

Audio is (2, samples) float, 48 kHz. Better no label than a wrong one: of 44 rendered clips whose labels are known,
cut anywhere, the thresholds let 32 tempos through (31 right, metrical level aside, and their beats too), the bars
of 17 out of 30 (16 right) and half of the chords (85 % right).
"""

import numpy as np

from . import listen, rhythm

RATE = listen.RATE
FRAMES = rhythm.FRAMES_A_SECOND
REPEATS = 0.12  # the least correlation of the onsets with themselves, beats later
ON_BEAT = 1.6  # how much stronger onsets are on the beat than anywhere, at least
LOWER = 1.2  # how much stronger the low end has to be between the beats to become the beat
DRIFT = 0.12  # of a beat: how far the beats of the two halves may part
ACCENT, LEAD = 0.3, 0.6  # by how much a bar's first beat stands out, and more than any other beat would, in standard deviations
CHORD = 0.7  # the least correlation of the chroma with a chord's tones
CHANGE = 0.25  # what a change of chord costs, in correlation
METERS = (4, 3)
NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}


def _on_grid(envelope, bpm):
    """-> strength of the pulse at a tempo and its phase: the sum of the first three harmonics, turned to agree; beats."""
    t = np.arange(len(envelope)) / FRAMES * bpm / 60
    shifts = np.arange(0, 1, 0.01)
    waves = [np.exp(-2j * np.pi * k * t) @ envelope for k in (1, 2, 3)]
    fit = sum((w * np.exp(2j * np.pi * k * shifts)).real for k, w in zip((1, 2, 3), waves))
    return fit.max() / envelope.sum(), shifts[fit.argmax()]


def _low_onsets(audio):
    """Rise of the level below about 150 Hz, 100 values a second: kicks and basses."""
    m = listen.log_mel(audio, 4096)[:, :4].max(1)
    m = np.maximum(m, m.max() - 30)
    return np.maximum(0, np.diff(m, prepend=m[:1]))


def _near_beats(envelope, bpm, first):
    """Mean of an envelope within 30 ms of the beats, over its mean."""
    beat = (np.arange(len(envelope)) / FRAMES - first) * bpm / 60
    near = np.abs(beat - np.round(beat)) * 60 / bpm <= 0.03
    return envelope[near].mean() / max(envelope.mean(), 1e-9)


def beat(audio):
    """-> beats a minute and the time of the first beat in seconds, or None where there is no steady one."""
    envelope = listen.onset_envelope(audio)
    if envelope.sum() <= 0:
        return None
    coarse = rhythm.tempo(audio)
    bpm = max(coarse * np.linspace(0.985, 1.015, 121), key=lambda b: _on_grid(envelope, b)[0])
    period = 60 * FRAMES / bpm
    ac = rhythm.autocorrelation(envelope)
    repeats = np.mean([np.interp(k * period, np.arange(len(ac)), ac) for k in (1, 2, 3, 4)])
    phase = _on_grid(envelope, bpm)[1]
    first, offbeat = phase * 60 / bpm, (phase + 0.5) % 1 * 60 / bpm
    low = _low_onsets(audio)  # offbeat hats and chords are as regular as the beat, and often louder
    if _near_beats(low, bpm, offbeat) > LOWER * _near_beats(low, bpm, first):
        first = offbeat
    half = len(envelope) // 2
    ends = [_on_grid(part, bpm)[1] for part in (envelope[:half], envelope[half:])]
    apart = ends[0] - ends[1] - half / FRAMES * bpm / 60
    steady = abs(apart - round(apart)) < DRIFT
    stands_out = max(_near_beats(x, bpm, first) for x in (envelope, low)) > ON_BEAT
    return (float(bpm), float(first)) if repeats > REPEATS and steady and stands_out else None


def chromas(audio, edges):
    """-> (stretches, 12): the pitch-class profile between each two edges in seconds."""
    return np.stack([listen.chroma(audio, a, b) for a, b in zip(edges, edges[1:])])


def bar(audio, bpm, first):
    """-> beats a bar and which beat, from the first, begins one; or None where nothing stands out.

    A bar begins where the low end and the harmony change: the accents of its first beats against all others.
    """
    edges = np.arange(first, audio.shape[1] / RATE, 60 / bpm)
    if len(edges) < 17:
        return None
    profile = chromas(audio, edges)
    change = np.concatenate([[0], np.linalg.norm(np.diff(profile, axis=0), axis=1)])
    low = np.array([listen.band_db(audio[:, round(max(0, a - 0.02) * RATE) : round((a + 0.1) * RATE)], 30, 150) for a in edges[:-1]])
    low = np.maximum(low, low.max() - 30)
    accent = sum((x - x.mean()) / (x.std() + 1e-9) for x in (change[1:], low[1:])) / 2
    at = np.arange(1, len(edges) - 1)

    def lead(meter, offset):
        return accent[at % meter == offset].mean() - accent[at % meter != offset].mean()

    found = sorted(((lead(m, k), m, k) for m in METERS for k in range(m)), reverse=True)
    best, meter, offset = found[0]
    return (meter, offset) if best > ACCENT and best - found[1][0] > LEAD else None


def _templates():
    rows = [(root, kind, [(root + p) % 12 for p in tones]) for root in range(12) for kind, tones in TRIADS.items()]
    shapes = np.zeros((len(rows), 12))
    for row, (_, _, tones) in zip(shapes, rows):
        row[tones] = 1
    return rows, shapes


def _correlations(profiles, shapes):
    a = profiles - profiles.mean(-1, keepdims=True)
    b = shapes - shapes.mean(-1, keepdims=True)
    return a @ b.T / np.maximum(np.linalg.norm(a, axis=-1)[:, None] * np.linalg.norm(b, axis=-1), 1e-9)


def chords(audio, bpm, first=0.0):
    """-> [{"beat", "beats", "root", "pcs", "symbol"}]: major and minor triads by the beat, those that are sure."""
    edges = np.arange(first, audio.shape[1] / RATE + 1e-6, 60 / bpm)
    rows, shapes = _templates()
    fit = _correlations(chromas(audio, edges), shapes)
    score, back = fit[0], []  # Viterbi: staying is free, changing costs CHANGE
    for now in fit[1:]:
        best = score.argmax()
        stay = score >= score[best] - CHANGE
        back.append(np.where(stay, np.arange(len(rows)), best))
        score = np.where(stay, score, score[best] - CHANGE) + now
    path = [int(score.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    path.reverse()
    out, start = [], 0
    for i in range(1, len(path) + 1):
        if i < len(path) and path[i] == path[start]:
            continue
        root, kind, tones = rows[path[start]]
        if fit[start:i, path[start]].mean() > CHORD:
            out.append({"beat": start, "beats": i - start, "root": root, "pcs": tones, "symbol": NAMES[root] + kind})
        start = i
    return out
