"""Tempo and beat of a recording, from the rise of its log-mel spectrum. Audio is (2, samples), 48 kHz."""

import numpy as np

from .listen import onset_envelope

FRAMES_A_SECOND = 100
LAGS_S = 4.0  # the onsets are compared with themselves up to that much later
USUAL_BPM, SPREAD_OCTAVES = 110, 0.9  # of two metrical levels that fit alike, the usual one is taken
LEVELS = (1, 2, 1 / 2, 3, 1 / 3, 3 / 2, 2 / 3)


def autocorrelation(envelope):
    """-> (n), 1 at lag 0, each lag by the number of its pairs."""
    e = envelope - envelope.mean()
    n = len(e)
    power = np.abs(np.fft.rfft(e, 2 * n)) ** 2
    ac = np.fft.irfft(power)[:n] / np.arange(n, 0, -1)
    return ac / max(ac[0], 1e-12)


def tempo(audio, lowest=50.0, highest=220.0):
    """-> beats a minute: the period at whose multiples the onsets repeat best."""
    ac = autocorrelation(onset_envelope(audio))
    lags = np.arange(len(ac))
    bpm = np.exp(np.arange(np.log(lowest), np.log(highest), 0.001))
    score = []
    for b in bpm:
        period = 60 * FRAMES_A_SECOND / b
        score.append(np.interp(np.arange(1, int(LAGS_S * FRAMES_A_SECOND / period) + 1) * period, lags, ac).mean())
    return float(bpm[np.argmax(score * np.exp(-0.5 * (np.log2(bpm / USUAL_BPM) / SPREAD_OCTAVES) ** 2))])


def tempo_error(found, asked, levels=LEVELS):
    """Relative error of a tempo, at the metrical level that fits best (a listener may tap the halves, or the bars)."""
    return min(abs(found * level / asked - 1) for level in levels)


def on_beat(audio, bpm, first_beat=0.0, near_s=0.03):
    """How much stronger onsets are within `near_s` of a beat than on average: 1 where beats mean nothing. first_beat: the beat that the audio begins at."""
    e = onset_envelope(audio)
    beat = first_beat + np.arange(len(e)) / FRAMES_A_SECOND * bpm / 60
    near = np.abs(beat - np.round(beat)) * 60 / bpm <= near_s
    return float(e[near].mean() / max(e.mean(), 1e-9))
