"""Audio <-> the magnitude features that the codec codes.

One latent frame is 3840 samples (80 ms at 48 kHz) and holds 8 STFT frames, hop 480. STFT frame t
analyses samples [480 t, 480 t + 2880): the encoder looks ahead, so that the decoder need not. It
overlaps and adds strictly causally, and latent frame n is all it needs for samples
[3840 n, 3840 (n + 1)).

Features of a latent frame, in this order (``SIZES``):
  log_mag  8 x 421  ln(U + FLOOR), U = |L| + |R| of a 2880-sample Gaussian window, 16.7 Hz bins to 7 kHz
  hf       8 x 19   ln of U in bands above 5 kHz, Hann window of 960 samples
  pan      24       (sum |L| - sum |R|) / (sum |L| + sum |R|) about 24 centre frequencies
  env      32       ln of the RMS above 3 kHz of (L + R) / 2 in each 2.5 ms
"""

import numpy as np
from scipy.signal import lfilter

SAMPLE_RATE = 48000
LATENT_HOP = 3840
N_FFT = 2880
HOP = 480
FRAMES = LATENT_HOP // HOP  # STFT frames in a latent frame
TONAL_BINS = 421
FLOOR = 0.2  # about -74 dB below a full-scale sine in U
GAMMA = 0.1137 * N_FFT**2

HF_N_FFT = 960
HF_BANDS = [(5000 + 500 * i, 5500 + 500 * i) for i in range(10)]
HF_BANDS += [(10000 + 1000 * i, 11000 + 1000 * i) for i in range(8)] + [(18000, 20000)]
PAN_BANDS_HZ = np.round(np.geomspace(60, 16000, 24)).astype(int).tolist()

ENV_CUT_HZ = 3000
ENV_HOP = 120
ENV_FLOOR = 1e-4

SIZES = {"log_mag": FRAMES * TONAL_BINS, "hf": FRAMES * len(HF_BANDS), "pan": len(PAN_BANDS_HZ), "env": LATENT_HOP // ENV_HOP}
DIM = sum(SIZES.values())

_u = np.arange(N_FFT) - N_FFT / 2
GAUSS = np.exp(-np.pi * _u**2 / GAMMA).astype(np.float32)
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(HF_N_FFT) / HF_N_FFT)).astype(np.float32)


def highpass_coefficients(cut_hz=ENV_CUT_HZ):
    """Second-order Butterworth high-pass (RBJ cookbook, Q = 1/sqrt 2): (b, a)."""
    w0 = 2 * np.pi * cut_hz / SAMPLE_RATE
    cos, alpha = np.cos(w0), np.sin(w0) / np.sqrt(2)
    b = np.array([(1 + cos) / 2, -(1 + cos), (1 + cos) / 2])
    a = np.array([1 + alpha, -2 * cos, 1 - alpha])
    return b / a[0], a / a[0]


def _frames(x, start, length, count):
    """View of `count` windows of x (channels, samples), hop HOP, the first at `start`."""
    windows = np.lib.stride_tricks.sliding_window_view(x, length, axis=1)
    return windows[:, start : start + HOP * count : HOP]


def tonal_stft(stereo):
    """(2, samples), float32 -> complex64 (2, STFT frames, 421) of window-centred phase; the end is padded with zeros."""
    count = stereo.shape[1] // LATENT_HOP * FRAMES
    x = np.pad(stereo, ((0, 0), (0, N_FFT)))
    spectrum = np.fft.rfft(_frames(x, 0, N_FFT, count) * GAUSS, axis=2)[:, :, :TONAL_BINS]
    return (spectrum * (-1.0) ** np.arange(TONAL_BINS)).astype(np.complex64)


def _hf_magnitudes(stereo, count):
    x = np.pad(stereo, ((0, 0), (0, N_FFT)))
    start = (N_FFT - HF_N_FFT) // 2  # the same centre as the long window
    return np.abs(np.fft.rfft(_frames(x, start, HF_N_FFT, count) * HANN, axis=2)).astype(np.float32)


def _pan(low, high):
    """Pan per latent frame about each centre: low (2, t, 421), high (2, t, 481) magnitudes."""
    edges, out = band_edges_hz(), []
    for lo, hi in zip(edges[:-1], edges[1:]):
        mag, step = (low, SAMPLE_RATE / N_FFT) if hi < 6500 else (high, SAMPLE_RATE / HF_N_FFT)
        a, b = int(np.ceil(lo / step)), int(np.ceil(hi / step))
        left, right = mag[:, :, a : max(b, a + 1)].sum(2).reshape(2, -1, FRAMES).sum(2)
        out.append((left - right) / (left + right + 1.0))
    return np.stack(out, 1)


def band_edges_hz():
    """Edges between the bands about PAN_BANDS_HZ: one more than there are bands."""
    return np.concatenate([[0], np.sqrt(np.array(PAN_BANDS_HZ[1:]) * np.array(PAN_BANDS_HZ[:-1])), [24000]])


def coherence(stereo):
    """(2, samples) -> (latent frames, 24): how far left and right share their phase about each centre, 1 wholly, 0 not at all.

    It is no feature: latents do not hold it, the decoder guesses it from what it hears.
    """
    count = stereo.shape[1] // LATENT_HOP * FRAMES
    low, out = tonal_stft(stereo), []
    x = np.pad(stereo, ((0, 0), (0, N_FFT)))
    high = np.fft.rfft(_frames(x, (N_FFT - HF_N_FFT) // 2, HF_N_FFT, count) * HANN, axis=2)
    edges = band_edges_hz()
    for lo, hi in zip(edges[:-1], edges[1:]):
        z, step = (low, SAMPLE_RATE / N_FFT) if hi < 6500 else (high, SAMPLE_RATE / HF_N_FFT)
        a, b = int(np.ceil(lo / step)), int(np.ceil(hi / step))
        left, right = z[:, :, a : max(b, a + 1)].reshape(2, -1, FRAMES * (max(b, a + 1) - a))
        power = np.sqrt((np.abs(left) ** 2).sum(1) * (np.abs(right) ** 2).sum(1))
        out.append(np.clip((left * right.conj()).real.sum(1) / (power + FLOOR**2), 0, 1))
    return np.stack(out, 1).astype(np.float32)


def _envelope(stereo, count):
    b, a = highpass_coefficients()
    hp = lfilter(b, a, stereo.mean(0).astype(np.float64))[: count * HOP]
    return np.log(np.sqrt((hp.reshape(-1, ENV_HOP) ** 2).mean(1)) + ENV_FLOOR)


def features(stereo):
    """(2, samples) float32 -> (latent frames, DIM) float32; what is left of a latent frame at the end is dropped."""
    spectrum = np.abs(tonal_stft(stereo))
    count = spectrum.shape[1]
    high = _hf_magnitudes(stereo, count)
    freqs = np.arange(high.shape[2]) * SAMPLE_RATE / HF_N_FFT
    u = high.sum(0)
    hf = [np.sqrt((u[:, (freqs >= lo) & (freqs < hi)] ** 2).mean(1)) for lo, hi in HF_BANDS]
    n = count // FRAMES
    parts = [
        np.log(spectrum.sum(0) + FLOOR).reshape(n, -1),
        np.log(np.stack(hf, 1) + FLOOR / 3).reshape(n, -1),
        _pan(spectrum, high),
        _envelope(stereo, count).reshape(n, -1),
    ]
    return np.concatenate(parts, 1).astype(np.float32)


def split(x):
    """(..., DIM) -> dict of the parts, frames unfolded: log_mag (..., 8, 421), hf (..., 8, 19), pan (..., 24), env (..., 32)."""
    out, at = {}, 0
    for name, size in SIZES.items():
        part = x[..., at : at + size]
        out[name] = part.reshape(*part.shape[:-1], FRAMES, -1) if name in ("log_mag", "hf") else part
        at += size
    return out
