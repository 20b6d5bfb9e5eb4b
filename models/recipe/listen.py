"""What can be heard, as numbers: log-mel, onsets, tempo, chroma, loudness. Audio is (2, samples) float, 48 kHz."""

import numpy as np
import pyloudnorm

RATE = 48000
HOP = 480


def _stft(x, size, hop):
    x = np.pad(x, (size // 2, size // 2))
    count = (len(x) - size) // hop + 1
    frames = np.lib.stride_tricks.sliding_window_view(x, size)[::hop][:count]
    return np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)).astype(np.float32)


def _mel_filters(size, bands=80, low=40, high=16000):
    def mel(hz):
        return 2595 * np.log10(1 + hz / 700)

    edges = 700 * (10 ** (np.linspace(mel(low), mel(high), bands + 2) / 2595) - 1)
    hz = np.arange(size // 2 + 1) * RATE / size
    up = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down)).astype(np.float32)


def log_mel(audio, size=2048, bands=80, hop=HOP):
    """-> (frames, bands) in dB, 100 frames a second unless said."""
    power = _stft(audio.mean(0), size, hop) ** 2 @ _mel_filters(size, bands).T
    return 10 * np.log10(power + 1e-3)


def onset_envelope(audio):
    """Rise of the log-mel spectrum, 100 values a second."""
    m = log_mel(audio, 1024, 40)
    return np.maximum(0, np.diff(m, axis=0, prepend=m[:1])).mean(1)


def onset_rate(audio, above=1.0):
    """Peaks of the onset envelope a second that stand out of its median by `above` dB."""
    x = onset_envelope(audio)
    peaks = (x[1:-1] > x[:-2]) & (x[1:-1] >= x[2:]) & (x[1:-1] > np.median(x) + above)
    return float(peaks.sum() / (audio.shape[1] / RATE))


def log_mel_error(a, b):
    """Mean absolute difference in dB, left and right, where either is within 60 dB of the peak."""
    x, y = (np.concatenate([log_mel(side[i : i + 1]) for i in (0, 1)], 1) for side in (a, b))
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    floor = max(x.max(), y.max()) - 60
    x, y = np.maximum(x, floor), np.maximum(y, floor)
    return float(np.abs(x - y)[(x > floor) | (y > floor)].mean())


def spectral_convergence(a, b):
    """|A - B| / |A| over STFT magnitudes, mean of four window lengths."""
    n = min(a.shape[1], b.shape[1])
    out = []
    for size in (256, 1024, 2048, 4096):
        x, y = _stft(a[:, :n].mean(0), size, size // 4), _stft(b[:, :n].mean(0), size, size // 4)
        out.append(np.linalg.norm(x - y) / np.linalg.norm(x))
    return float(np.mean(out))


def onset_correlation(a, b):
    x, y = onset_envelope(a), onset_envelope(b)
    n = min(len(x), len(y))
    return float(np.corrcoef(x[:n], y[:n])[0, 1])


def chroma(audio, start, end, size=8192):
    """Pitch-class profile (12) of a stretch in seconds, 65-2100 Hz, summing to 1."""
    x = audio[:, int(start * RATE) : int(end * RATE)].mean(0)
    if len(x) < size:
        x = np.pad(x, (0, size - len(x)))
    mag = _stft(x, size, 2048).mean(0)
    hz = np.arange(len(mag)) * RATE / size
    keep = (hz > 65) & (hz < 2100)
    # A bin counts for the pitch classes near it: low bins are wider than a semitone.
    midi = 69 + 12 * np.log2(hz[keep] / 440)
    near = np.exp(-0.5 * ((midi[:, None] - np.arange(12) + 6) % 12 - 6) ** 2 / 0.3**2)
    peaks = mag[keep] * (mag[keep] >= np.maximum(np.roll(mag[keep], 1), np.roll(mag[keep], -1)))
    profile = (peaks[:, None] * near).sum(0)
    return profile / max(profile.sum(), 1e-9)


def chord_correlation(audio, spans):
    """Correlation of the chroma with the tones of each chord; spans [(start, end in seconds, pitch classes)] -> mean by length, NaN without spans."""
    found, length = [], []
    for start, end, tones in spans:
        template = np.zeros(12)
        template[list(tones)] = 1
        profile = chroma(audio, start, end)
        found.append(np.corrcoef(profile, template)[0, 1] if profile.std() > 0 else 0.0)
        length.append(end - start)
    return float(np.average(found, weights=length)) if spans else float("nan")


def band_db(audio, low_hz, high_hz):
    """Level of a band, both channels, dB below a full-scale square wave."""
    power = np.abs(np.fft.rfft(audio, axis=1)) ** 2
    hz = np.fft.rfftfreq(audio.shape[1], 1 / RATE)
    inside = power[:, (hz >= low_hz) & (hz < high_hz)].sum()
    return float(10 * np.log10(2 * inside / audio.shape[1] ** 2 / len(audio) + 1e-12))


def lufs(audio):
    """Integrated loudness (ITU-R BS.1770-4); at least -70."""
    return float(max(-70.0, pyloudnorm.Meter(RATE).integrated_loudness(audio.T.astype(np.float64))))


def clipped_share(audio, at=0.999):
    """Share of the samples at full scale."""
    return float((np.abs(audio) >= at).mean())


def loudness_db(audio):
    return float(10 * np.log10((audio**2).mean() + 1e-12))


def centroid_hz(audio):
    """Spectral centroid of magnitudes, mean over time."""
    mag = _stft(audio.mean(0), 2048, 960)
    hz = np.arange(mag.shape[1]) * RATE / 2048
    return float((mag * hz).sum() / max(mag.sum(), 1e-9))


def silent_share(audio, below_db=-50):
    """Share of half-seconds below a level."""
    n = audio.shape[1] // 24000
    power = (audio[:, : n * 24000].reshape(2, n, -1) ** 2).mean((0, 2))
    return float((10 * np.log10(power + 1e-12) < below_db).mean())


def style_vector(audio):
    """What a nearest-class check compares: level-free timbre and its movement, onset rhythm. -> (145)

    Width is left out: a codec whose sides share their phase narrows every clip, and that says nothing of its style.
    """
    m = log_mel(audio, 2048, 40)
    m = m - np.percentile(m, 95)
    m = np.maximum(m, -60)
    e = onset_envelope(audio)
    e = e - e.mean()
    ac = np.correlate(e, e, "full")[len(e) - 1 :]
    ac = ac / max(ac[0], 1e-9)
    rhythm = ac[10:130].reshape(-1, 5).max(1) * 10
    flux = np.maximum(0, np.diff(m, axis=0))
    return np.concatenate([m.mean(0), m.std(0), 5 * flux.mean(0), rhythm, [10 * e.std()]])


class NearestClass:
    """Linear discriminant on style vectors: class means under the shrunk common covariance."""

    def __init__(self, vectors, names):
        x, names = np.stack(vectors), np.array(names)
        self.names = sorted(set(names))
        self.mean, self.std = x.mean(0), x.std(0) + 1e-6
        z = (x - self.mean) / self.std
        self.centres = np.stack([z[names == n].mean(0) for n in self.names])
        within = z - self.centres[[self.names.index(n) for n in names]]
        cov = within.T @ within / len(z)
        self.precision = np.linalg.inv(0.7 * cov + 0.3 * np.eye(len(cov)))

    def ranked(self, vector):
        d = (vector - self.mean) / self.std - self.centres
        return [self.names[i] for i in np.argsort(np.einsum("ci,ij,cj->c", d, self.precision, d))]
