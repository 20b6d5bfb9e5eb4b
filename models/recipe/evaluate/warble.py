"""How much partials of sustained chords waver that do not in the source: what an invented phase does to an organ."""

import numpy as np

from ..listen import RATE

SIZE, HOP = 4096, 480  # of the window that a partial is followed with
APART_HZ = 50  # nearer partials cannot be told apart in it
FAINT_DB = -40  # below the loudest
PARTIALS = 10
SLOPES_DB = {"organ": 3, "strings": 6, "electric piano": 12, "brass": 4, "pad": 9}  # per octave of partial number
CHORDS = ((48, 60, 64, 67), (43, 59, 62, 67), (45, 57, 60, 64), (41, 57, 60, 65), (50, 62, 65, 69))  # MIDI notes, a bass first


def chords(seconds=6):
    """-> [(name, audio (2, samples), partials in Hz)], one for each slope."""
    t = np.arange(seconds * RATE) / RATE
    fade = np.minimum(1, np.minimum(t, seconds - t) / 0.05)
    out = []
    for (name, slope), notes in zip(SLOPES_DB.items(), CHORDS):
        x, hz = np.zeros_like(t), []
        for note in notes:
            for n in range(1, PARTIALS + 1):
                f = n * 440 * 2 ** ((note - 69) / 12)
                x += 10 ** (-slope * np.log2(n) / 20) * np.sin(2 * np.pi * f * t + note * n)
                hz.append(f)
        x *= 0.1 * fade / np.sqrt((x**2).mean())
        out.append((name, np.stack([x, x]).astype(np.float32), np.array(hz)))
    return out


def alone(hz):
    """Partials that no other is near, below the noise that stands for the highest ones."""
    distance = np.abs(hz[:, None] - hz) + 1e9 * np.eye(len(hz))
    return hz[(distance.min(1) > APART_HZ) & (hz < 4500)]


def follow(audio, hz):
    """-> level in dB and frequency deviation in cents of each partial over time, both (partials, frames)."""
    x = audio.mean(0)
    starts = np.arange(RATE // 2, len(x) - RATE // 2 - SIZE, HOP)
    windows = np.stack([x[s : s + SIZE] for s in starts]) * np.hanning(SIZE)
    phase = -2j * np.pi * hz[:, None, None] * (starts[None, :, None] + np.arange(SIZE)) / RATE
    z = (windows[None] * np.exp(phase)).sum(-1)
    turn = np.angle(z[:, 1:] * z[:, :-1].conj()) / (2 * np.pi) * RATE / HOP
    return 20 * np.log10(np.abs(z) + 1e-9), 1200 * np.log2(np.maximum(0.1, 1 + turn / hz[:, None]))


def warble(source, got, hz):
    """-> (dB, cents): medians over partials of the standard deviation of the difference to the source."""
    hz = alone(hz)
    (a, f), (b, g) = follow(source, hz), follow(got, hz)
    loud = a.mean(1) > a.mean(1).max() + FAINT_DB
    return float(np.median((b - a)[loud].std(1))), float(np.median((g - f)[loud].std(1)))
