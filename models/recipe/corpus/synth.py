"""Built-in synthesizer patches, vectorised per note.  Frequencies in Hz, times in seconds."""
import numpy as np
from scipy.signal import butter, sosfilt

RATE = 48000
TAU = 2 * np.pi


def hz(pitch):
    return 440.0 * 2 ** ((pitch - 69) / 12)


def _phase(freq, n, start=0.0):
    return (start + np.arange(n) * (freq / RATE)) % 1.0


def _blep_saw(phase, step):
    """Band-limited sawtooth from a phase in 0..1 and its increment."""
    y = 2 * phase - 1
    a = phase < step
    t = phase[a] / step
    y[a] -= t + t - t * t - 1
    b = phase > 1 - step
    t = (phase[b] - 1) / step
    y[b] -= t * t + t + t + 1
    return y.astype(np.float32)


def saw(freq, n, start=0.0):
    return _blep_saw(_phase(freq, n, start), freq / RATE)


def pulse(freq, n, width=.5):
    return saw(freq, n) - saw(freq, n, width)


def lowpass(x, cutoff, order=2):
    return sosfilt(butter(order, min(cutoff, 20000), fs=RATE, output="sos"), x).astype(np.float32)


def highpass(x, cutoff, order=2):
    return sosfilt(butter(order, cutoff, "high", fs=RATE, output="sos"), x).astype(np.float32)


def adsr(n, held, attack, decay, sustain, release):
    """Envelope of `n` samples: exponential decay to `sustain`, release after `held` samples."""
    t = np.arange(n, dtype=np.float32) / RATE
    e = sustain + (1 - sustain) * np.exp(-t / decay)
    a = max(1, int(attack * RATE))
    e[:a] *= np.linspace(0, 1, a, dtype=np.float32)[:n]
    if held < n:
        e[held:] *= np.exp(-(t[held:] - t[held]) / release)
    return e.astype(np.float32)


def _sweep(x, freq, low, high, tau):
    """Filter envelope: crossfade from a bright to a dark low-passed copy, time constant `tau`."""
    k = np.exp(-np.arange(len(x), dtype=np.float32) / (tau * RATE))
    dark, bright = lowpass(x, max(low, freq * 1.2)), lowpass(x, high)
    return dark + (bright - dark) * k


# patch -> (attack, decay, sustain, release) and octave shift
SHAPES = {
    "supersaw": (.01, .6, .75, .12, 0), "sawpad": (.25, 2, .85, .35, 0), "glasspad": (.35, 2, .9, .5, 0), "pluck": (.002, .16, .0, .08, 0),
    "squarelead": (.005, .5, .6, .05, 0), "sawlead": (.008, .6, .7, .06, 0), "pulse25": (.002, .5, .6, .02, 0), "pulse12": (.002, .4, .5, .02, 0),
    "chiparp": (.001, .3, .4, .01, 0), "tribass": (.001, .8, .8, .015, 0), "sub": (.006, 1, .85, .04, -12), "808": (.002, .8, .1, .1, -12),
    "sawbass": (.003, .25, .55, .04, -12), "acid": (.002, .2, .4, .03, 0), "reese": (.01, 1, .9, .06, -12), "bell": (.002, .5, .0, .4, 0),
    "dubstab": (.003, .18, .05, .12, 0), "fmperc": (.001, .07, .0, .05, 0),
    "sinelead": (.02, .8, .7, .1, 0), "organstab": (.002, .3, .5, .04, 0),
}


def _tone(patch, f, n):
    """Raw stereo or mono oscillator of `patch`."""
    t = np.arange(n, dtype=np.float64) / RATE
    if patch in ("supersaw", "sawpad"):
        cents = (-11, 4, 0, -5, 12)
        voices = [saw(f * 2 ** (c / 1200), n, (k * .37) % 1) for k, c in enumerate(cents)]
        x = np.stack([voices[0] + voices[1] + voices[2], voices[2] + voices[3] + voices[4]]) / 3
        return np.stack([lowpass(c, 7000 if patch == "supersaw" else 1800) for c in x])
    if patch == "glasspad":
        x = [sum(np.sin(TAU * f * h * (1 + d * .0012) * t + h) / h ** 1.4 for h in (1, 2, 3, 5)) for d in (-1, 1)]
        return np.stack(x).astype(np.float32) * .5
    if patch == "pluck":
        return _sweep(saw(f, n) + saw(f * 1.004, n, .4), f, 500, 6500, .09) * .6
    if patch == "squarelead":
        return lowpass(pulse(f, n, .5), 5200) * .7
    if patch == "sawlead":
        return lowpass(saw(f, n) + saw(f * 1.006, n, .3), 5600) * .55
    if patch in ("pulse25", "chiparp"):
        return pulse(f, n, .25) * .6
    if patch == "pulse12":
        return pulse(f, n, .125) * .7
    if patch == "tribass":
        return (np.round((2 * np.abs(2 * _phase(f, n) - 1) - 1) * 8) / 8).astype(np.float32)
    if patch == "sub":
        return (np.sin(TAU * f * t) + .18 * np.sin(TAU * 2 * f * t)).astype(np.float32)
    if patch == "808":
        glide = f * (t + .8 * .025 * (1 - np.exp(-t / .025)))
        return np.tanh(1.8 * np.sin(TAU * glide)).astype(np.float32)
    if patch == "sawbass":
        return _sweep(saw(f, n) + saw(f * 1.005, n, .5), f, 350, 2600, .12) * .7 + np.sin(TAU * f * t).astype(np.float32) * .4
    if patch == "acid":
        return np.tanh(2.2 * _sweep(saw(f, n), f, 380, 4200, .07)).astype(np.float32)
    if patch == "reese":
        return lowpass(saw(f, n) + saw(f * 1.012, n, .3) + saw(f * .991, n, .7), 900) * .5
    if patch == "bell":
        return (np.sin(TAU * f * t + 2.2 * np.exp(-t / .25) * np.sin(TAU * 3.5 * f * t))).astype(np.float32)
    if patch == "dubstab":
        return np.tanh(1.6 * _sweep(saw(f, n) + saw(f * 1.007, n, .4), f, 320, 1900, .06)).astype(np.float32) * .6
    if patch == "fmperc":
        return np.sin(TAU * f * t + 3.5 * np.exp(-t / .03) * np.sin(TAU * 2.76 * f * t)).astype(np.float32)
    if patch == "organstab":
        return sum(np.sin(TAU * f * h * t) * a for h, a in ((1, 1), (2, .7), (3, .5), (4, .3), (6, .2))).astype(np.float32) * .5
    vibrato = .004 * f * np.sin(TAU * 5.2 * t) / (TAU * 5.2) * np.minimum(1, t * 3)     # sinelead
    return (np.sin(TAU * (f * t + vibrato)) + .2 * np.sin(TAU * 2 * f * t)).astype(np.float32)


def note(patch, pitch, seconds):
    """float32 [channels, n] of one note at full velocity, held `seconds`."""
    attack, decay, sustain, release, shift = SHAPES[patch]
    held = int(seconds * RATE)
    n = held + int(min(1.5, release * 5) * RATE)
    x = _tone(patch, hz(pitch + shift), n)
    x = x if x.ndim == 2 else x[None]
    return x * adsr(n, held, attack, decay, sustain, release)


def render(patch, notes, samples):
    """float32 [2, samples]; notes are (start sample, end sample, pitch, velocity)."""
    out, cache = np.zeros((2, samples), np.float32), {}
    for a, b, pitch, velocity in notes:
        key = (pitch, round((b - a) / 480))
        if key not in cache:
            cache[key] = note(patch, pitch, key[1] * .01)
        x = cache[key]
        n = min(x.shape[1], samples - a)
        if n > 0:
            out[:, a:a + n] += x[:, :n] * (velocity / 110) ** 1.5
    return out
