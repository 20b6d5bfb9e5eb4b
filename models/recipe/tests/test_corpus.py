"""Fast tests of the corpus stage; rendering tests are skipped without the soundfont."""
import json
import os
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recipe import labels
from recipe.codec import features as F
from recipe.corpus import COMPOSER, captions, density, held_out, make_clip, melody, meters, render, tunes, words
from recipe.corpus.compose import PARTS, compose
from recipe.corpus.fluid import find_soundfont
from recipe.corpus.instruments import patch
from recipe.corpus.styles import STYLES
from recipe.corpus.theory import chord_from_token, voice

CLIPS = [compose(1, i) for i in range(2 * len(STYLES))]
MANY = CLIPS + [compose(1, i) for i in range(len(CLIPS), 400)]


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
        for names in (style.kits, style.basses, style.keys, style.leads):
            assert set(names) - held_out.SOUNDS, f"{style.name}: training clips would have no sound"
    for style in list(STYLES.values()) + [replace(STYLES[n], **changes) for n, other in meters.OTHER.items() for _, changes in other]:
        for groove in style.drums:
            for grid in groove.values():
                assert grid == "trap" or len(grid) % (style.meter * style.sub) == 0, (style.name, style.meter, grid)


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
    assert captions.captions(CLIPS[0], render.part_spans(CLIPS[0]), 1, 0) == render.labels(CLIPS[0], 1)["captions"]


def test_a_style_whose_name_says_a_pace_is_only_named_at_that_pace():
    named = 0
    for clip in MANY:
        if not any(style in words.PACED for style in words.STYLE[clip.style.name]):
            continue
        texts = [c.lower().replace("for slow dance", "") for c in render.labels(clip, 1)["captions"]]  # what it is for is no tempo
        for style, (slowest, fastest) in words.PACED.items():
            found = [c for c in texts if re.search(rf"\b{style.lower()}\b", c)]
            named += len(found)
            assert slowest <= clip.bpm <= fastest or not found, (clip.bpm, found)
    assert named


def test_about_a_third_of_the_clips_change_inside():
    share = sum(bool(c.contrast) for c in MANY) / len(MANY)
    assert .3 < share < .45
    assert sum(bool(c.drops) for c in MANY) / len(MANY) > .12


def test_a_dropped_part_has_no_note_and_no_label_and_comes_back():
    for clip in (c for c in MANY if c.drops):
        spans, slack = render.part_spans(clip), .012 * clip.bpm / 60 + .01
        for part, begin, end in clip.drops:
            k, bar = PARTS.index(part), clip.style.meter
            assert begin % bar == end % bar == 0 and bar <= end - begin <= 8 * bar and end < clip.beats
            assert not any(n[4] == k and n[0] < end - slack and n[0] + n[1] > begin + slack for n in clip.notes)
            assert not any(a < end and b > begin for a, b in spans[part])
            assert any(a < end and b > begin for other in PARTS for a, b in spans[other])
        for a, b in ((x, y) for n in PARTS for x, y in zip(spans[n], spans[n][1:])):
            assert a[1] < b[0]


def test_density_is_heard_as_onsets():
    """Neighbouring sections that ask for few and for many notes differ threefold and more."""
    ratios = []
    for clip in (c for c in MANY if "jumps" in c.contrast):
        for a, b in zip(clip.sections, clip.sections[1:]):
            low, high = sorted((a, b), key=lambda s: s.density)
            if low.density < density.SPARSE and high.density > density.DENSE and a.parts == b.parts and len(a.parts) == 4:
                ratios.append(2 ** (4 * (render.onset_density(clip, high.beat, high.beat + high.beats) - render.onset_density(clip, low.beat, low.beat + low.beats))))
    assert len(ratios) > 20 and np.median(ratios) > 4 and np.mean(np.array(ratios) > 2) > .9, sorted(ratios)


def test_energy_and_density_can_be_told_apart():
    kinds = Counter()
    for clip in (c for c in MANY if "jumps" in c.contrast):
        wide = [max(getattr(s, k) for s in clip.sections) - min(getattr(s, k) for s in clip.sections) > .45 for k in ("energy", "density")]
        kinds[tuple(wide)] += 1
    assert min(kinds[(True, True)], kinds[(True, False)], kinds[(False, True)]) >= 5, kinds


def test_meters_are_labelled_and_told():
    seen = Counter()
    for clip in MANY:
        data = render.labels(clip, 1)
        seen[data["signature"]] += 1
        assert data["meter"] == {"4/4": 4, "3/4": 3, "6/8": 2, "12/8": 4}[data["signature"]]
        text = " | ".join(data["captions"])
        for other in {"3/4", "6/8", "12/8"} - {data["signature"]}:
            assert not re.search(rf"(?<!\d){other}", text), (clip.style.name, data["signature"], text)
        if data["signature"] != "4/4":
            assert any(any(phrase in t.lower() for phrase in captions.METER[data["signature"]]) for t in data["captions"])
    assert seen["3/4"] > .08 * len(MANY) and seen["6/8"] > .06 * len(MANY)


def test_captions_tell_of_drops_only_where_there_are_some():
    told = re.compile(r"(drops?|cuts?) out|dropping out")
    for clip in MANY:
        for text in render.labels(clip, 1)["captions"]:
            assert clip.drops or not told.search(text), text
        absent = [p for p in PARTS if not render.part_spans(clip)[p]]
        if "drums" not in absent:
            assert not any(re.search(r"no drums|without drums|drumless|beatless", t) for t in render.labels(clip, 1)["captions"])


def test_held_out_sounds_and_moods_are_met_in_the_test_split_alone():
    by_split = {"train": set(), "val": set(), "test": set()}
    sounds, moods = Counter(), Counter()
    for i in range(1200):
        split = held_out.split_of(f"1-{i:05d}")
        if split != "test" and i >= len(MANY):
            continue
        clip = MANY[i] if i < len(MANY) else compose(1, i)
        assert clip.split == split
        by_split[split] |= set(clip.instruments.values())
        sounds.update({n for n in clip.instruments.values() if n in held_out.SOUNDS})
        pattern = held_out.mood_words(clip.style.name)
        told = bool(pattern) and any(pattern.search(t) for t in render.labels(clip, 1)["captions"])
        assert split == "test" or not told
        moods[clip.style.name] += told
    assert not (by_split["train"] | by_split["val"]) & held_out.SOUNDS
    named = {n for s in STYLES.values() for n in s.kits + s.basses + s.keys + s.leads}
    assert .06 < len(held_out.SOUNDS) / len(named) < .11 and held_out.SOUNDS <= named
    assert len(sounds) >= len(held_out.SOUNDS) - 2 and all(moods[s] for s in held_out.MOODS), (sounds, moods)


def test_a_folder_of_an_older_composer_is_refused(tmp_path):
    (tmp_path / "00000.json").write_text('{"id": "00000"}')
    for relabel in (False, True):
        with pytest.raises(ValueError, match=f"composer 1, not {COMPOSER}"):
            make_clip(str(tmp_path), 1, 0, relabel=relabel)


def test_tunes_are_whole_and_used():
    assert os.path.getsize(tunes.PATH) < 300_000
    with open(tunes.PATH) as f:
        data = json.load(f)
    assert "public domain" in data["licence"] and len(data["tunes"]) >= 200
    for tune in data["tunes"]:
        bar = {"4/4": 4, "3/4": 3, "6/8": 2}[tune["meter"]] * tunes.TICKS
        assert len(tune["chords"]) == tunes.BARS and tune["chords"][-1] == 1 and tune["source"] in tunes.BOOKS.values()
        assert all(0 <= t < tunes.BARS * bar and d > 0 and -24 <= p <= 36 for t, d, p in tune["notes"]), tune["title"]
    with_tune = [c for c in MANY if c.tune]
    suited = [c for c in MANY if c.style.name in tunes.SHARE]
    assert .1 < len(with_tune) / len(suited) < .35
    for clip in with_tune:
        assert clip.tune["meter"] == meters.signature(clip.style) and clip.mode == clip.tune["mode"]
        if any(n[4] == 3 for n in clip.notes):
            assert clip.tune["title"] in render.labels(clip, 1)["tune"]


def test_motifs_develop_and_clips_end():
    assert len({c.form for c in MANY}) == len(melody.FORMS)
    ended = [c for c in MANY if c.ending]
    assert ended and all(c.chords[-1].root == c.tonic for c in ended)
    for clip in ended:
        last = clip.beats - clip.style.meter
        assert not any(n[0] > last + .5 for n in clip.notes)


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


@pytest.mark.skipif(not has_soundfont(), reason="FluidR3_GM.sf2 is not installed")
def test_a_dropped_part_is_silent_in_the_sound():
    clip = next(c for c in MANY if any(d[0] == "bass" for d in c.drops))
    clip = replace(clip, notes=[n for n in clip.notes if n[4] == PARTS.index("bass")])
    audio = render.audio(clip, 1)
    def db(begin, end):
        return 10 * np.log10((audio[:, int(begin * 48000):int(end * 48000)] ** 2).mean() + 1e-12)
    _, begin, end = next(d for d in clip.drops if d[0] == "bass")
    spb = 60 / clip.bpm
    before = db((begin - 2 * clip.style.meter) * spb, begin * spb)
    assert db(begin * spb + .3, end * spb - .05) < before - 30


@pytest.mark.skipif(not has_soundfont(), reason="FluidR3_GM.sf2 is not installed")
def test_energy_is_heard_as_level():
    steps = []
    for clip in [c for c in MANY if "jumps" in c.contrast][:6]:
        audio, spb = render.audio(clip, 1), 60 / clip.bpm
        level = [10 * np.log10((audio[:, int(s.beat * spb * 48000):int((s.beat + s.beats) * spb * 48000)] ** 2).mean() + 1e-9) for s in clip.sections]
        steps += [(b - a) * np.sign(t.energy - s.energy) for a, b, s, t in zip(level, level[1:], clip.sections, clip.sections[1:]) if abs(t.energy - s.energy) > .5]
    assert len(steps) >= 4 and min(steps) > 2 and np.mean(steps) > 6, steps


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
