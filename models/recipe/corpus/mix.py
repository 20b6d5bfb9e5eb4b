"""Mixing: bus balance, ducking, colour, reverb and loudness.  Audio is float32 [2, samples] at 48 kHz."""
import numpy as np
import pedalboard
import pyloudnorm

from .synth import RATE, highpass, lowpass

TARGET_LUFS = -16.0
CHIP_HOLD = 3                           # samples that an old console holds
DARK_HZ = 1400.0                        # cutoff of the filter over the mix when it is closed
CEILING = 10 ** (-1.2 / 20)
LEVELS = {"drums": -18.5, "bass": -19.5, "harmony": -23.0, "melody": -20.5}     # dB RMS while sounding
_METER = pyloudnorm.Meter(RATE)


def active_rms(x, frame=2400):
    """RMS over the frames (50 ms) within 40 dB of the loudest one."""
    n = x.shape[1] // frame * frame
    power = (x[:, :n].reshape(2, -1, frame) ** 2).mean(axis=(0, 2))
    if power.size == 0 or power.max() <= 0:
        return 0.0
    return float(np.sqrt(power[power > power.max() * 1e-4].mean()))


def duck_curve(kicks, samples, depth, seconds=.22):
    """Gain 1-depth at each kick (sample index) recovering over `seconds`."""
    n = int(seconds * RATE)
    shape = 1 - depth * (1 - np.linspace(0, 1, n, dtype=np.float32)) ** 1.5
    gain = np.ones(samples, np.float32)
    for a in kicks:
        m = min(n, samples - a)
        gain[a:a + m] = np.minimum(gain[a:a + m], shape[:m])
    return gain


def soft_clip(x, knee=.55, ceiling=CEILING):
    """Leave |x| below `knee` alone and bend the rest under `ceiling`."""
    out, over = x.astype(np.float32), np.abs(x) > knee
    loud = out[over]
    out[over] = np.sign(loud) * (knee + (ceiling - knee) * np.tanh((np.abs(loud) - knee) / (ceiling - knee)))
    return out


def _colour(name, bus, fx, rng):
    """Style colour on one bus."""
    if fx == "lofi" and name in ("harmony", "melody"):
        return lowpass(np.tanh(bus * 2.5) / 2.5, rng.uniform(2800, 5200))
    if fx == "lofi" and name == "drums":
        return lowpass(np.tanh(bus * 3) / 3, 7500)
    if fx == "breaks" and name == "drums":          # a driven, thin and bright loop
        return highpass(np.tanh(bus * 4) / 4, 75)
    if fx == "dark" and name in ("harmony", "melody"):
        return lowpass(bus, rng.uniform(2200, 4200))
    if fx == "drive" and name == "harmony":
        return np.tanh(bus * 4) / 4
    if fx == "chip":
        held = np.repeat(bus.mean(0)[::CHIP_HOLD], CHIP_HOLD)[:bus.shape[1]]     # one channel, sampled at 16 kHz
        peak = np.abs(held).max() or 1
        return np.stack([np.round(held / peak * 24) * (peak / 24)] * 2)
    return bus


def _rumble(drums, kicks, samples):
    """The low tail that techno kicks drag behind them, in the gaps between them."""
    room = pedalboard.Reverb(room_size=.6, damping=.8, wet_level=1, dry_level=0, width=0)
    return np.tanh(3 * lowpass(room(drums, RATE)[:, :samples], 110)) * duck_curve(kicks, samples, 1.0, .3) * .12


def mix(buses, style, kicks, seed, gates, closed, beat_seconds):
    """Mix the four buses (dict name -> audio); returns float32 [2, samples], not mastered.

    `gates` (name -> gain) and `closed` (0-1, a low-pass filter over all) are curves per sample.
    """
    rng = np.random.default_rng(seed)
    samples = next(iter(buses.values())).shape[1]
    total, send = np.zeros((2, samples), np.float32), np.zeros((2, samples), np.float32)
    for name in ("drums", "bass", "harmony", "melody"):
        jitter, pan = rng.uniform(-1.8, 1.8), rng.uniform(-.18, .18)
        bus = buses.get(name)
        rms = active_rms(bus) if bus is not None else 0
        if not rms:
            continue
        bus = bus * (10 ** ((LEVELS[name] + jitter) / 20) / rms)
        bus = _colour(name, bus, style.fx, rng).astype(np.float32)
        if style.duck and name in ("bass", "harmony") and kicks:
            bus = bus * duck_curve(kicks, samples, style.duck * (1 if name == "harmony" else .8))
        if name in ("harmony", "melody"):
            sign = 1 if name == "harmony" else -1
            bus = bus * np.array([[1 - max(0, sign * pan)], [1 + min(0, sign * pan)]], np.float32)
        if style.fx == "rumble" and name == "drums" and kicks:
            bus = bus + _rumble(bus, kicks, samples)
        if style.delay and name in ("harmony", "melody"):
            echo = pedalboard.Delay(delay_seconds=.75 * beat_seconds, feedback=.35, mix=1.0)
            bus = bus + style.delay * echo(bus.astype(np.float32), RATE)[:, :samples]
        bus = bus * gates[name]
        total += bus
        send += bus * {"drums": .35, "bass": .05, "harmony": 1.0, "melody": .9}[name]
    if style.reverb:
        room = pedalboard.Reverb(room_size=min(.95, .35 + 1.3 * style.reverb), damping=.5, wet_level=1, dry_level=0, width=1)
        total += room(send, RATE)[:, :samples] * style.reverb * rng.uniform(.8, 1.3)
    if style.fx == "lofi":
        dust = (rng.random(samples) < 1.2e-4) * rng.uniform(-.04, .04, samples)
        total += lowpass(dust + rng.standard_normal(samples) * 8e-4, 6000)
    return total + (lowpass(total, DARK_HZ) - total) * closed


def finish(x):
    """Remove DC, bring to -16 LUFS under the ceiling, and fade the last 15 ms."""
    x = x - x.mean(axis=1, keepdims=True)
    for _ in range(2):
        loud = _METER.integrated_loudness(x.T)
        if not np.isfinite(loud):
            break
        x = soft_clip(x * 10 ** ((TARGET_LUFS - loud) / 20))
    n = int(.015 * RATE)
    x[:, -n:] *= np.linspace(1, 0, n, dtype=np.float32)
    return x
