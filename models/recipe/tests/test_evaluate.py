"""The evaluation asks for what the labels say, and its controls bound what they should."""

import numpy as np
import pytest

from recipe import listen, metrics, rhythm
from recipe.codec import features as F
from recipe.evaluate import asks as A
from recipe.evaluate import endurance, makers, score, spaces, tables, tradeoff, warble
from recipe.evaluate.codec import ways

RATE = listen.RATE


def label(bpm=120, meter=4):
    chords = [{"beat": 4 * i, "beats": 4, "pcs": [9, 0, 4] if i % 2 == 0 else [5, 9, 12], "symbol": "Am" if i % 2 == 0 else "F"} for i in range(20)]
    return {
        "id": "00000", "style": "house", "bpm": bpm, "meter": meter, "key": "A minor", "captions": ["one", "two"],
        "chords": chords, "parts": {"drums": [[0, 80]], "bass": [[0, 24]], "harmony": [], "melody": [[20, 40]]},
    }  # fmt: skip


def test_an_excerpt_says_what_sounds_in_it():
    ask = A.excerpt(label(), at=97, row=1)  # from 8 s on: beat 16, a bar's first
    assert ask.caption == "two"
    assert ask.first_beat == pytest.approx(0, abs=1e-9)
    assert [c[3] for c in ask.chords] == ["Am", "F", "Am", "F", "Am"]
    assert ask.chord_spans()[:2] == [(0, pytest.approx(2), (9, 0, 4)), (pytest.approx(2), pytest.approx(4), (5, 9, 0))]
    assert ask.share == (1, pytest.approx(0.4), 0, pytest.approx(0.8))
    assert ask.without("drums").sounds() == {"drums": False, "bass": True, "harmony": False, "melody": True}


def test_a_server_begins_at_the_bar_that_an_excerpt_begins_in():
    ask = A.excerpt(label(), at=100, row=0)  # 0.48 beats later
    assert ask.first_beat == pytest.approx(0.48)
    assert ask.chord_spans()[0][1] == pytest.approx(2 - 0.24)
    assert ask.from_the_bar().chord_spans()[0] == (0, pytest.approx(2), (9, 0, 4))
    start = makers.asked_of_server(ask.without("bass"))
    assert start["chords"][:2] == [{"chord": "Am", "beats": 4}, {"chord": "F", "beats": 4}]
    assert start["bpm"] == 120 and start["meter"] == 4 and start["key"] == "A minor"
    assert start["parts"] == {"drums": True, "bass": False, "harmony": False, "melody": True}


def beats(ask, seed=0):
    """Clicks of an ask's tempo over a low tone."""
    t = np.arange(makers.SAMPLES) / RATE
    phase = (ask.first_beat + t * ask.bpm / 60) % 1
    x = np.random.default_rng(seed).standard_normal(len(t)) * np.exp(-phase * 12) * ("drums" not in ask.off) * 0.2
    x = x + 0.1 * np.sin(2 * np.pi * 60 * t) * ("bass" not in ask.off)
    return np.stack([x, x]).astype(np.float32)


def maker(asks, seed=0):
    for ask in asks:
        yield beats(ask, seed)


def test_shuffled_gives_no_ask_its_own():
    asks = [A.excerpt(label(bpm), 97, 0) for bpm in (70, 90, 110, 130, 150)]
    for ask, audio in zip(asks, makers.shuffled(maker)(asks)):
        assert rhythm.tempo_error(rhythm.tempo(audio), ask.bpm) > 0.01
    for ask, audio in zip(asks, maker(asks)):
        assert rhythm.tempo_error(rhythm.tempo(audio), ask.bpm) < 0.01


def test_noise_keeps_the_spectrum_and_loses_the_beat():
    ask = A.excerpt(label(), 97, 0)
    (audio,), (noise,) = maker([ask]), makers.noise(maker)([ask])
    inner = slice(1, -1)  # a real signal's first and last bin have no phase to turn
    assert np.allclose(np.abs(np.fft.rfft(noise))[:, inner], np.abs(np.fft.rfft(audio))[:, inner], rtol=0.01, atol=0.5)
    assert rhythm.on_beat(audio, 120) > 3
    assert rhythm.on_beat(noise, 120) == pytest.approx(1, abs=0.2)


def test_a_muted_part_is_measured_in_its_band():
    asks = [A.excerpt(label(), 0, 0)]
    assert asks[0].share[:2] == pytest.approx((1, 1))
    found = endurance.muted(maker, asks)
    assert found["drums"] > 60 and found["bass"] > 60
    deaf = endurance.muted(lambda asks, seed=0: (beats(A.excerpt(label(), 0, 0)) for _ in asks), asks)
    assert deaf == {"drums": 0, "bass": 0}


def test_distances_bound_a_set():
    rng = np.random.default_rng(0)
    reference = rng.standard_normal((60, 4, 40))
    project = metrics.Projection(reference.reshape(-1, 40), 32)
    near, far = (score.distances(rng.standard_normal((40, 4, 40)) + shift, reference, project) for shift in (0, 3))
    assert near["frechet"] < 0.3 < 3 < far["frechet"]
    assert near["coverage"] > 0.8 > 0 == far["coverage"]
    assert abs(near["mmd"]) < 0.02 < 0.2 < far["mmd"]


def test_windows_are_cut_without_gaps():
    audio = np.arange(20).reshape(2, 10)
    assert spaces.cut(audio, 4, 1).tolist() == [[[0, 1, 2, 3], [10, 11, 12, 13]], [[4, 5, 6, 7], [14, 15, 16, 17]]]


def test_spaces_give_a_vector_a_window():
    audio = beats(A.excerpt(label(), 97, 0))
    assert spaces.mel(audio).shape == (4, 145)
    assert spaces.by_judge(spaces.judge.Judge().eval())(audio).shape == (4, 320)
    if spaces.basic_pitch() is None:
        pytest.skip("basic-pitch is not installed")
    assert spaces.pitch(audio).shape == (5, 352)


def test_tables_hold_every_row_and_say_what_is_missing(tmp_path):
    tables.save(
        tmp_path, "base", measures={"prompt": {"value": 0.5, "error": 0.04}, "judge_frechet": {"value": 1.234, "error": 0.1}}, muted={"drums": 21.0}
    )
    tables.save(tmp_path, "real", measures={"tempo": {"value": 0.95, "error": 0.05}})
    text = tables.markdown(tables.load(tmp_path))
    lines = text.splitlines()
    assert [x.split(" | ")[0] for x in lines[2:4]] == ["| real", "| base"]  # the controls first
    assert "95% ± 5" in lines[2] and "0.50 ± 0.04" in lines[3]
    assert "1.234 ± 0.100" in text and "| base | 21.00 |" in text
    assert lines[2].count(" - ") == len(tables.COLUMNS) - 1


def test_rows_stand_beside_their_bounds():
    def row(prompt, chord, distance):
        return {"measures": {k: {"value": v, "error": 0} for k, v in (("prompt", prompt), ("chord", chord), ("mel_frechet", distance))}}

    (text,) = tables.relative({"real": row(0.4, 0.8, 0.1), "codec": row(0.3, 0.5, 0.2), "base": row(0.2, 0.4, 0.5)})
    assert text.splitlines()[-1] == "| base | 50% | 80% | 2.5 |"
    assert tables.relative({"base": row(0.2, 0.4, 0.5)}) == []


def test_warble_is_what_wavers_and_was_not_in_the_source():
    name, chord, hz = warble.chords(3)[0]
    t = np.arange(chord.shape[1]) / RATE
    assert name == "organ" and len(warble.alone(hz)) > 8
    assert warble.warble(chord, 0.5 * chord, hz) == pytest.approx((0, 0), abs=1e-3)
    swell = 1 + 0.1 * np.sin(2 * np.pi * 3 * t)
    assert warble.warble(chord, chord * swell, hz)[0] == pytest.approx(20 * 0.1 / np.log(10) / np.sqrt(2), rel=0.05)
    # A vibrato of 10 cents about one partial.
    deviation = 440 * (2 ** (10 / 1200) - 1)
    still, vibrato = (np.stack([np.sin(2 * np.pi * 440 * t + depth * np.sin(2 * np.pi * 3 * t))] * 2) for depth in (0, deviation / 3))
    assert warble.warble(still, vibrato, np.array([440.0]))[1] == pytest.approx(10 / np.sqrt(2), rel=0.1)


def test_every_way_to_a_phase_gives_the_clip_and_the_true_one_gives_it_best():
    t = np.arange(12 * 3840) / RATE
    audio = (0.2 * np.stack([np.sin(2 * np.pi * 220 * t) + np.sin(2 * np.pi * 331 * t)] * 2) * (1 + 0.5 * np.sin(9 * t))).astype(np.float32)
    parts = F.split(F.features(audio))
    n = len(parts["log_mag"])
    told = {"log_mag": parts["log_mag"].reshape(-1, F.TONAL_BINS), "hf": parts["hf"].reshape(n * F.FRAMES, -1), "env": parts["env"].ravel()}
    wide = np.zeros((n * F.FRAMES, len(F.PAN_BANDS_HZ)))
    still = np.ones((n * F.FRAMES, F.TONAL_BINS), complex)
    found = ways({**told, "pan": wide, "coherence": wide + 1, "advance": still, "step": -still}, audio)
    error = {name: listen.spectral_convergence(audio[:, 4800:-4800], got[:, 4800:-4800]) for name, got in found.items()}
    assert min(error, key=error.get) == "true phase" and error["true phase"] < 0.1
    assert error["random phase"] > error["gradients of the magnitudes (PGHI), 2 sweeps"]


def test_the_tradeoff_tells_rows_that_have_both_a_speed_and_a_score(tmp_path, capsys):
    measured = {k: {"value": 0.5, "error": 0.0} for k in ("prompt", "style_judge", "chord", "judge_frechet", "mel_frechet")}
    for name in ("codec", "pocket", "pocket@8", "unheard"):
        tables.save(tmp_path, name, measures=measured)
    (tmp_path / "speed.json").write_text('{"pocket@8": 20.5, "pocket": 30, "untold": 99}')
    tradeoff.run(tmp_path, tmp_path / "speed.json")
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[:2] for row in rows] == [["| pocket", "30.0"], ["| pocket@8", "20.5"]]
    assert "pocket@8" in (tmp_path / "tradeoff.svg").read_text()
