"""Features -> PCM: the reference for `lib/codec/spectrum` (which agrees to 1e-4).

Tonal part below 6 kHz: the phase of U is integrated from the learned advance T' (per hop) and step V
(per bin) and locked by sweeps over the bins; left and right are turned from it to either side, the further
the less coherent they are. Noise above: random phases in a short window. Then the coded 2.5 ms envelope
restores attacks above 3 kHz.
"""

import numpy as np
from scipy.signal import lfilter

from . import features as F

SWEEPS = 2
CROSS_LO_HZ, CROSS_HI_HZ = 5000, 7000
NOISE_KEY = (0x50524553, 0x5449)
NOISE_HOP = 240
GAIN_MIN, GAIN_MAX = 0.1, 6.0
SPREAD_KEY = (0x50524553, 0x5453)
SPREAD_NODE = 4  # bins; between nodes the turn is linear, so that a partial keeps its shape
SPREAD = 1.7  # radians at no coherence: with this the coherence of the output is the one asked for

PARAMETERS = {
    "n_fft": F.N_FFT,
    "hop": F.HOP,
    "tonal_bins": F.TONAL_BINS,
    "hf_bands": [list(b) for b in F.HF_BANDS],
    "pan_bands_hz": F.PAN_BANDS_HZ,
    "cross_lo_hz": CROSS_LO_HZ,
    "cross_hi_hz": CROSS_HI_HZ,
    "sweeps": SWEEPS,
    "spread_rad": SPREAD,
    "env_cut_hz": F.ENV_CUT_HZ,
}
"""What the server has to know, as `decoder.spectrum` of a package's manifest."""

_M0, _M1, _W0, _W1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011). counter: 4 uint32 arrays that broadcast; key: 2 ints -> 4 uint32 arrays."""
    c = [np.asarray(x, np.uint64) for x in counter]
    k0, k1 = key
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(_M0), c[2] * np.uint64(_M1)
        c = [
            (p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0),
            p1 & mask,
            (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1),
            p0 & mask,
        ]
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return [x.astype(np.uint32) for x in c]


def lock_phase(log_mag, advance, step, sweeps=SWEEPS):
    """Integrates phase: (t, K) float, (t, K) complex, (t, K) complex -> unit phasors (t, K).

    z <- unit(a[k] + U[k-1] V[k-1] z[k-1] + U[k+1] conj(V[k]) z[k+1]), a = U' z' T, alternately up and down.
    """
    magnitude = np.exp(log_mag)
    bins = log_mag.shape[1]
    turn = advance * np.exp(2j * np.pi * np.arange(bins) * F.HOP / F.N_FFT)
    out = np.empty(log_mag.shape, np.complex128)
    a = np.ones(bins, complex)
    for t in range(len(log_mag)):
        if t:
            a = magnitude[t - 1] * out[t - 1] * turn[t]
        size = np.abs(a)
        z = np.where(size < 1e-12, 1.0, a / np.maximum(size, 1e-300)).tolist()
        up = [0.0, *(magnitude[t, :-1] * step[t, :-1]).tolist()]
        down = [*(magnitude[t, 1:] * np.conj(step[t, :-1])).tolist(), 0.0]
        al = a.tolist()
        for sweep in range(sweeps):
            for k in range(bins) if sweep % 2 == 0 else range(bins - 1, -1, -1):
                s = al[k]
                if k:
                    s += up[k] * z[k - 1]
                if k < bins - 1:
                    s += down[k] * z[k + 1]
                m = abs(s)
                if m >= 1e-12:
                    z[k] = s / m
        out[t] = z
    return out


def _cross(hz):
    x = np.clip((hz - CROSS_LO_HZ) / (CROSS_HI_HZ - CROSS_LO_HZ), 0, 1) * np.pi / 2
    return np.cos(x), np.sin(x)


def spread():
    """How far each tonal bin's left is turned, -1 to 1: random from node to node, the same at all times. -> (421)"""
    nodes = np.arange(F.TONAL_BINS // SPREAD_NODE + 2)
    turns = (philox([nodes, 0, 0, 0], SPREAD_KEY)[0] & np.uint32(255)) / 127.5 - 1
    return np.interp(np.arange(F.TONAL_BINS) / SPREAD_NODE, nodes, turns)


def tonal(log_mag, z, pan, coherence):
    hz = np.arange(F.TONAL_BINS) * F.SAMPLE_RATE / F.N_FFT
    gain, _ = _cross(hz)
    p, c = (np.stack([np.interp(hz, F.PAN_BANDS_HZ, row) for row in rows]) for rows in (pan, coherence))
    turn = np.exp(1j * SPREAD * np.sqrt(1 - c) * spread())
    u = np.exp(log_mag) * gain * (-1.0) ** np.arange(F.TONAL_BINS)
    norm = (F.GAUSS.astype(np.float64) ** 2).reshape(-1, F.HOP).sum(0)
    out = []
    for side, turned in ((1 + p, turn), (1 - p, turn.conj())):
        spectrum = np.zeros((len(u), F.N_FFT // 2 + 1), complex)
        spectrum[:, : F.TONAL_BINS] = u * side / 2 * z * turned
        frames = np.fft.irfft(spectrum, F.N_FFT, axis=1) * F.GAUSS
        y = np.zeros(len(u) * F.HOP + F.N_FFT)
        for t, frame in enumerate(frames):
            y[t * F.HOP : t * F.HOP + F.N_FFT] += frame
        out.append(y / np.resize(norm, len(y)))
    return np.stack(out)


def _noise(hf, pan, coherence):
    """Frame t's noise is centred at sample 480 t + 1440 of the overlap buffer, like its tonal part."""
    half = F.HF_N_FFT // 2
    hz = np.arange(half + 1) * F.SAMPLE_RATE / F.HF_N_FFT
    _, gain = _cross(hz)
    band = np.full(half + 1, -1)
    for i, (lo, hi) in enumerate(F.HF_BANDS):
        band[(hz >= lo) & (hz < hi)] = i
    before = np.concatenate([hf[:1], hf[:-1]])
    frames = np.stack([(before + hf) / 2, hf], 1).reshape(-1, hf.shape[1])
    j = np.arange(len(frames))
    magnitude = np.where(band >= 0, np.exp(frames[:, np.maximum(band, 0)]) * gain, 0)
    magnitude[:, [0, half]] = 0
    k = np.arange(half + 1)
    words = philox([j[:, None], k[None] // 4, 0, 0], NOISE_KEY)
    shift = (8 * (k % 4)).astype(np.uint32)  # a phase is a byte, a word holds those of four bins
    common, left, right = (np.exp(2j * np.pi * ((w >> shift) & np.uint32(255)) / 256) for w in words[:3])
    p, r = (np.repeat(np.stack([np.interp(hz, F.PAN_BANDS_HZ, row) for row in rows]), 2, 0) for rows in (pan, coherence))
    out = []
    for side, own in ((1 + p, left), (1 - p, right)):
        spectrum = magnitude * side / 2 * (np.sqrt(r) * common + np.sqrt(1 - r) * own)
        y = np.zeros(len(hf) * F.HOP + F.N_FFT)
        for i, frame in enumerate(np.fft.irfft(spectrum, F.HF_N_FFT, axis=1) * F.HANN):
            centre = (i // 2) * F.HOP + F.N_FFT // 2 - (NOISE_HOP if i % 2 == 0 else 0)
            y[centre - half : centre + half] += frame
        out.append(y / 0.75)  # mean of w^2 times its sum over the hops: powers add
    return np.stack(out)


def _envelope(y, env):
    """y (2, samples) shaped to exp(env), one value per 2.5 ms."""
    b, a = F.highpass_coefficients()
    hp = lfilter(b, a, y, axis=1)
    segments = hp.mean(0).reshape(-1, F.ENV_HOP)
    e = np.sqrt((segments**2).mean(1)) + 1e-5
    gain = np.clip(np.exp(env[: len(e)]) / e, GAIN_MIN, GAIN_MAX)
    before = np.concatenate([[1.0], gain[:-1]])
    ramp = (np.arange(F.ENV_HOP) + 1) / F.ENV_HOP
    g = (before[:, None] + (gain - before)[:, None] * ramp).ravel()
    return y + (g - 1) * hp


def synthesise(log_mag, hf, pan, coherence, advance, step, env, z=None):
    """Features of n latent frames -> PCM (2, 3840 n).

    log_mag (8n, 421), hf (8n, 19), pan and coherence (8n, 24), env (32n); advance, step (8n, 421) complex. Frame t
    reaches over hops t .. t + 5, so hop t is complete when frame t has been added; the first five hops
    lack their predecessors. `z` (8n, 421) replaces the integrated phase, to study others; without `env` nothing is shaped.
    """
    if z is None:
        z = lock_phase(log_mag, advance, step)
    samples = len(log_mag) * F.HOP
    flat = (tonal(log_mag, z, pan, coherence) + _noise(hf, pan, coherence))[:, :samples]
    return flat if env is None else _envelope(flat, env)
