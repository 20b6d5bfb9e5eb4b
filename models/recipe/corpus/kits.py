"""Built-in electronic drum kits, one array a drum.  Levels are linear, times in seconds."""
import numpy as np

from .synth import RATE, TAU, highpass, lowpass

DECAYS = {42: .045, 44: .03, 46: .28, 49: 1.1, 51: .5, 53: .6, 70: .03, 54: .07}


def _time(seconds):
    return np.arange(int(seconds * RATE)) / RATE


def _kick(rng, kit):
    t = _time(.9 if kit == "808kit" else .4)
    low, high = rng.uniform(44, 56), rng.uniform(160, 320)
    tau, decay = (.03, rng.uniform(.22, .4)) if kit == "808kit" else (.022, rng.uniform(.1, .17))
    phase = low * t + (high - low) * tau * (1 - np.exp(-t / tau))
    if kit == "chipkit":
        return np.sign(np.sin(TAU * phase)) * np.exp(-t / .07) * .7
    body = np.sin(TAU * phase) * np.exp(-t / decay)
    click = rng.standard_normal(len(t)) * np.exp(-t / .002) * .25
    return np.tanh(1.6 * body) + click


def _noise(rng, n, kit):
    if kit == "chipkit":                # sample-and-hold noise, as in old consoles
        return np.repeat(rng.choice((-1.0, 1.0), n // 6 + 1), 6)[:n]
    return rng.standard_normal(n)


def _snare(rng, kit, clap=False):
    t = _time(.5)
    x = _noise(rng, len(t), kit)
    if clap and kit != "chipkit":
        bursts = sum(np.where(t >= d, np.exp(-np.maximum(t - d, 0) / .006), 0) for d in (0, .011, .022)) + .8 * np.where(t > .03, np.exp(-(t - .03) / .09), 0)
        return lowpass(highpass(x, 700), 4200) * bursts * .9
    tone = np.sin(TAU * rng.uniform(170, 210) * t) * np.exp(-t / .06)
    env = np.exp(-t / (.22 if kit == "80s" else rng.uniform(.07, .12)))
    if kit == "80s":
        env *= t < .24
    if kit == "chipkit":
        return x * env * .5
    return .7 * tone + highpass(x, 900) * env * .5


def _metal(rng, kit, decay):
    t = _time(min(2.5, decay * 6))
    x = _noise(rng, len(t), kit)
    if kit == "chipkit":
        return x * np.exp(-t / min(decay, .15)) * .3
    squares = sum(np.sign(np.sin(TAU * f * t)) for f in (3210, 4530, 5170, 6410, 7790)) / 5
    return highpass(.5 * x + squares, 7000) * np.exp(-t / decay) * .5


def _tom(rng, freq):
    t = _time(.5)
    return np.sin(TAU * (freq * t + freq * .6 * .04 * (1 - np.exp(-t / .04)))) * np.exp(-t / .14)


def make_drum(rng, kit, pitch):
    """float32 mono sound of General MIDI drum `pitch` in `kit`."""
    if pitch in (36, 35):
        x = _kick(rng, kit)
    elif pitch in (38, 39, 40):
        x = _snare(rng, kit, pitch == 39)
    elif pitch in DECAYS:
        x = _metal(rng, kit, DECAYS[pitch] * rng.uniform(.8, 1.25))
    elif pitch == 37:
        t = _time(.08)
        x = (np.sin(TAU * 1700 * t) + .5 * np.sin(TAU * 2480 * t)) * np.exp(-t / .012) * .6
    elif pitch == 56:
        t = _time(.3)
        x = (np.sign(np.sin(TAU * 560 * t)) + np.sign(np.sin(TAU * 845 * t))) * np.exp(-t / .06) * .25
    else:
        x = _tom(rng, {41: 85, 45: 115, 50: 160, 63: 330, 64: 230, 76: 900}.get(pitch, 200))
    x = np.asarray(x, np.float32)
    x[-200:] *= np.linspace(1, 0, 200, dtype=np.float32)
    return x


PAN = {42: .25, 46: .25, 44: .25, 51: -.3, 49: -.35, 70: .4, 54: -.4, 63: .35, 64: -.35, 45: .2, 50: .3, 41: -.25, 56: -.2}


def render(kit, notes, samples, seed):
    """float32 [2, samples]; notes are (start sample, end sample, pitch, velocity)."""
    rng, out, sounds = np.random.default_rng(seed), np.zeros((2, samples), np.float32), {}
    for p in sorted({n[2] for n in notes}):
        sounds[p] = make_drum(rng, kit, p)
    closed = sorted(n[0] for n in notes if n[2] == 42)
    for a, _, p, v in notes:
        x = sounds[p]
        n = min(len(x), samples - a)
        if p == 46:                     # a closed hat chokes the open one
            later = [c for c in closed if c > a][:1]
            n = min(n, later[0] - a) if later else n
        if n > 0:
            pan = PAN.get(p, 0.0)
            g = (v / 110) ** 1.4
            out[0, a:a + n] += x[:n] * g * (1 - max(0, pan))
            out[1, a:a + n] += x[:n] * g * (1 + min(0, pan))
    return out
