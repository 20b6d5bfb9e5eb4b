"""What is said to be heard, on sounds of which it is known."""

import numpy as np
import pytest

from recipe import listen, rhythm

RATE = listen.RATE


def clicks(bpm, seconds=10, first_beat=0.0, accent=4):
    """Short noises on every beat, an offbeat hat half as loud."""
    rng = np.random.default_rng(0)
    x = np.zeros(round(seconds * RATE) + RATE)
    for half in range(int(2 * seconds * bpm / 60) + 2):
        at = round((half / 2 - first_beat) * 60 / bpm * RATE)
        if at >= 0:
            loud = 1.0 if half % (2 * accent) == 0 else 0.7 if half % 2 == 0 else 0.3
            x[at : at + 2400] += loud * rng.standard_normal(2400)[: len(x[at : at + 2400])] * np.exp(-np.arange(2400) / 400)
    return np.stack([x, x])[:, : round(seconds * RATE)].astype(np.float32) * 0.2


def notes(pitches, seconds=2.0):
    t = np.arange(round(seconds * RATE)) / RATE
    x = sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * k * t) / k for p in pitches for k in (1, 2, 3))
    return np.stack([x, x]).astype(np.float32) * 0.05


@pytest.mark.parametrize("bpm", [63.0, 97.5, 124.0, 171.0])
def test_tempo_is_found_within_a_percent(bpm):
    assert rhythm.tempo_error(rhythm.tempo(clicks(bpm)), bpm) < 0.01


def test_tempo_error_forgives_the_metrical_level_and_nothing_else():
    assert rhythm.tempo_error(60, 120) == pytest.approx(0)
    assert rhythm.tempo_error(123, 120) == pytest.approx(0.025)
    assert rhythm.tempo_error(60, 120, levels=(1,)) == pytest.approx(0.5)


def test_onsets_are_on_the_beat_that_was_asked_for():
    audio = clicks(110, first_beat=0.3)
    assert rhythm.on_beat(audio, 110, 0.3) > 3
    assert rhythm.on_beat(audio, 110, 0.05) < 1.2


def test_chords_correlate_with_their_own_tones():
    c_major, f_sharp_major = (0, 4, 7), (6, 10, 1)
    audio = np.concatenate([notes((48, 64, 67)), notes((54, 58, 61))], 1)
    assert listen.chord_correlation(audio, [(0, 2, c_major), (2, 4, f_sharp_major)]) > 0.8
    assert listen.chord_correlation(audio, [(0, 2, f_sharp_major), (2, 4, c_major)]) < 0
    assert np.isnan(listen.chord_correlation(audio, []))


def test_levels():
    t = np.arange(4 * RATE) / RATE
    sine = np.stack([np.sin(2 * np.pi * 997 * t)] * 2).astype(np.float32)
    assert listen.band_db(sine, 500, 2000) == pytest.approx(-3.01, abs=0.02)
    assert listen.band_db(sine, 2000, 8000) < -60
    assert listen.lufs(sine * 0.1) == pytest.approx(-20, abs=0.1)  # a stereo 997 Hz sine has its peak level (BS.1770)
    assert listen.lufs(sine * 0) == -70
    assert listen.clipped_share(np.clip(sine * 2, -1, 1)) == pytest.approx(2 / 3, abs=0.01)
    assert listen.clipped_share(sine * 0.9) == 0


def test_silence_is_counted_by_the_half_second():
    audio = notes((60,), 4.0)
    audio[:, : 2 * RATE] = 0
    assert listen.silent_share(audio) == pytest.approx(0.5)


def test_onset_rate_counts_clicks():
    audio = np.zeros((2, 4 * listen.RATE), np.float32)
    for i in range(20):
        at = listen.RATE // 10 + i * listen.RATE // 6
        audio[:, at : at + 200] = np.random.default_rng(i).standard_normal(200) * 0.3
    assert abs(listen.onset_rate(audio) - 5) < 0.6
