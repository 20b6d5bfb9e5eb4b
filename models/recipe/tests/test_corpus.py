"""Fast tests of the corpus stage; rendering tests are skipped without the soundfont."""
import json

import numpy as np
import pytest

from recipe import labels
from recipe.codec import features as F
from recipe.corpus import captions, render
from recipe.corpus.compose import PARTS, compose
from recipe.corpus.fluid import find_soundfont
from recipe.corpus.instruments import patch
from recipe.corpus.styles import STYLES
from recipe.corpus.theory import chord_from_token, voice

CLIPS = [compose(1, i) for i in range(2 * len(STYLES))]


def has_soundfont():
    try:
        return bool(find_soundfont())
    except FileNotFoundError:
        return False


def test_compose_is_deterministic():
    for i in (0, 5, 17):
        a, b = compose(3, i), compose(3, i)
        assert a.notes == b.notes and a.key == b.key and a.instruments == b.instruments
    assert compose(3, 0).notes != compose(4, 0).notes


def test_every_style_appears_once_in_each_round():
    n = len(STYLES)
    assert n >= 16
    assert {c.style.name for c in CLIPS[:n]} == set(STYLES) == {c.style.name for c in CLIPS[n:]}


def test_style_data_is_playable():
    for style in STYLES.values():
        for name in style.kits + style.basses + style.keys + style.leads:
            patch(name)
        for groove in style.drums:
            for grid in groove.values():
                assert grid == "trap" or len(grid) % (style.meter * style.sub) == 0


@pytest.mark.parametrize("clip", CLIPS, ids=lambda c: f"{c.id}-{c.style.name}")
def test_labels_agree_with_notes(clip):
    data = json.loads(json.dumps(render.labels(clip, 1)))
    spb = 60 / clip.bpm
    assert 20 <= data["seconds"] <= 55 and data["split"] in ("train", "val", "test")
    for start, length, pitch, velocity, part in data["notes"]:
        assert start >= 0 and length > 0 and start + length <= data["seconds"] + .06
        assert 0 <= pitch < 128 and 0 < velocity < 128
        spans = data["parts"][PARTS[part]]
        assert any(a - .1 <= start / spb <= b + .1 for a, b in spans)
    for k, name in enumerate(PARTS):
        assert bool(data["parts"][name]) == any(n[4] == k for n in data["notes"]) == (name in data["instruments"])
    beats = [(c["beat"], c["beats"]) for c in data["chords"]]
    assert beats[0][0] == 0 and beats[-1][0] + beats[-1][1] == clip.beats
    assert all(abs(a + d - b) < 1e-6 for (a, d), (b, _) in zip(beats, beats[1:]))


def test_harmony_notes_are_chord_notes():
    for clip in CLIPS:
        for beat, _, pitch, _, part in clip.notes:
            if part == 2 and clip.comp_mode != "travis" and not clip.swing:
                chords = {p for o in (-.1, 0, .1) for p in clip.chord_at(max(0, beat + o)).pcs}
                assert pitch % 12 in chords | {(clip.chord_at(beat).root + 7) % 12}


def test_captions_are_many_and_different():
    seen = set()
    for clip in CLIPS:
        texts = render.labels(clip, 1)["captions"]
        assert len(texts) >= 12 and len(set(texts)) == len(texts) and all(texts)
        seen.update(texts)
    assert len(seen) > 12 * len(CLIPS)
    assert captions.captions(CLIPS[0], render.part_spans(CLIPS[0]), 1) == render.labels(CLIPS[0], 1)["captions"]


def test_chords_and_voice_leading():
    assert chord_from_token("2", 0, "major", 4).symbol == "Dm7"
    assert chord_from_token("5:7", 9, "minor", 3).symbol == "E7"
    first = voice(chord_from_token("1", 0, "major", 3), None, 60)
    second = voice(chord_from_token("6", 0, "major", 3), first, 60)
    assert sum(min(abs(a - b) for b in first) for a in second) <= 4


@pytest.mark.skipif(not has_soundfont(), reason="FluidR3_GM.sf2 is not installed")
def test_rendering_is_deterministic_and_level():
    clips = [compose(1, i, 6.0) for i in (1, 4, 7)]
    first = [render.audio(c, 1) for c in clips]
    again = [render.audio(c, 1) for c in reversed(clips)][::-1]
    for a, b in zip(first, again):
        assert np.array_equal(a, b)
        assert .05 < np.sqrt((a ** 2).mean()) < .4 and np.abs(a).max() < 10 ** (-1 / 20)


def test_what_a_label_lacks_is_masked():
    rows = np.random.default_rng(1).normal(-4, 1, (50, F.DIM)).astype(np.float32)
    at = labels.slices()
    known = json.loads(json.dumps(render.labels(CLIPS[0], 1)))
    full = labels.controls(known, rows)
    bare = labels.controls({"bpm": known["bpm"], "meter": known["meter"]}, rows)
    for name in ("beat", "brightness"):
        assert (bare[:, at[name]] == full[:, at[name]]).all()
    for name in ("chord", "key", "parts", "density", "energy"):
        assert (full[:, at[name]][:, -1] == 1).any() and not bare[:, at[name]].any()
