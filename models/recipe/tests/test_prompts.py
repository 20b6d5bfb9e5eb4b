"""The paraphrases say nothing that captions say, and the measures of the prompt encoder are what they claim."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from recipe.corpus import words
from recipe.evaluate import prompts as P
from recipe.evaluate import tables, vocabulary
from recipe.text import associations, student

POCKET = Path(__file__).parents[2] / "pocket"


def test_paraphrases_share_no_content_word_with_the_captions():
    known = vocabulary.caption_vocabulary()
    assert {"techno", "dreamy", "fiddle", "castle", "chase"} <= known
    asked = P.paraphrases()
    assert len(asked) == 500 == len({a["text"] for a in asked})
    assert Counter(a["style"] for a in asked) == {style: 25 for style in words.STYLE}
    assert {a["mood"] for a in asked} == set(words.MOOD)
    assert {a["text"]: found for a in asked if (found := vocabulary.shared(a["text"], known))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [("Dancers' castles were RUNNING", ["dancers", "castles", "running"]), ("a techno-loving drummer", ["techno", "loving", "drummer"]), ("marmalade with whom", [])],
)
def test_forms_of_a_word_are_that_word(text, found):
    assert vocabulary.shared(text, vocabulary.caption_vocabulary()) == found


def test_what_hears_the_words_finds_every_class_and_what_hears_nothing_finds_chance():
    rng = np.random.default_rng(0)
    styles, moods = P.phrases()
    means = {text: rng.normal(size=64) for table in (styles, moods) for name in table for text in [name]}
    asked = [{"style": s, "mood": m, "text": f"{s}|{m}"} for s in styles for m in moods]
    of = {phrase: means[s] for s, table in styles.items() for phrase in table}
    of |= {phrase: means[m] for m, table in moods.items() for phrase in table if sum(phrase in t for t in moods.values()) == 1}

    def hears(texts):
        both = [sum(means[part] for part in t.split("|")) if "|" in t else of.get(t, np.zeros(64)) for t in texts]
        return np.stack(both) + 1e-6

    found = P.retrieval(hears, asked)
    assert found["style"]["first"] > 0.95 and found["mood"]["first"] > 0.95 and found["both"]["among"] > 0.95
    deaf = P.retrieval(lambda texts: P.unit(rng.normal(size=(len(texts), 64))), asked * 5)
    assert deaf["style"]["first"] == pytest.approx(1 / 20, abs=0.04)
    assert deaf["style"]["among"] == pytest.approx(1 / 16, abs=0.04)
    assert deaf["both"]["among"] == pytest.approx(1 / 16, abs=0.04)


def test_share_among_is_the_mean_over_draws():
    rng = np.random.default_rng(0)
    drawn = [(rng.choice(19, 15, replace=False) < 2).any() for _ in range(4000)]  # two of the other 19 score higher
    assert P.share_among([2], 20) == pytest.approx(1 - np.mean(drawn), abs=0.01)
    assert P.share_among([0], 20) == 1 and P.share_among([19], 20) == 0


def test_mixes_go_evenly():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 8, 128))
    assert np.allclose(P.slerp(a, b, 0), a) and np.allclose(P.slerp(a, b, 1), b)
    assert P.roughness(a, b) < 1.1
    assert P.roughness(a, -0.999 * a + 0.001 * b) < 3


def test_the_shipped_encoder_tells_tempo_and_style():
    encoder = P.Encoder(POCKET)
    tokens, bpm = encoder.encode("dark techno at 128 bpm")
    assert tokens.shape == (8, 128) and bpm == pytest.approx(128, rel=P.NEAR)
    near = P.nearest(encoder.rows, ["techno rave"], ["gentle waltz with harp", "warehouse techno, rave", "blues with harmonica"])
    assert near["techno rave"][0] == "warehouse techno, rave"
    assert encoder.encode("word " * 500)[0].shape == (8, 128)


def test_the_table_says_what_was_found():
    one = {"of": 20, "first": 0.31, "third": 0.5, "among": 0.35}
    found = {
        "retrieval": {"prompt tokens": {"style": one, "mood": one | {"of": 6}, "both": one | {"of": 120}}},
        "roughest": 1.04, "milliseconds": 2.2, "nearest": {"polka": ["musette", 0.7]},
        "tempo": {"right": 0.9, "absent": 0.5, "predicted": [["slow waltz", 72, 110, 114.2]], "untimed": {"water": 92.0, "hello": None}},
    }  # fmt: skip
    text = tables.markdown({"prompts": {"prompts": found}})
    for said in ("| prompt tokens | 31% | 35% | 31% | 35% |", "1.04", "2.2 ms", "90%", "| slow waltz | 72-110 | 114 |", "| polka | musette | 0.70 |"):
        assert said in text


def test_associations_are_of_known_classes_and_share_no_content_word_with_the_paraphrases():
    lines = associations.lines()
    assert len(lines) > 4000
    assert {a["style"] for a in lines} == {*words.STYLE, "-"} and {a["mood"] for a in lines} == {*words.MOOD, "-"}
    asked = set().union(*(vocabulary.lemmas(w) for a in P.paraphrases() for w in set(vocabulary.words(a["text"])) - vocabulary.STOP))
    assert [a["text"] for a in lines if vocabulary.shared(a["text"], asked)] == []


def test_a_caption_in_place_of_an_association_says_its_style_and_its_mood():
    rng = np.random.default_rng(0)
    said = associations.caption("waltz", "dark low", rng)
    assert any(said.startswith(mood) for mood in words.MOOD["dark low"])
    assert any(said.endswith(name) for name in words.STYLE["waltz"] + words.USE_STYLE["waltz"])
    assert associations.caption("-", "bright mid", rng) in words.MOOD["bright mid"]


def test_the_tempo_is_none_where_the_error_to_expect_is_large():
    spread = torch.tensor([0.05, 0.9 * student.UNSURE, 1.1 * student.UNSURE, 1.0])
    tempo = torch.stack([torch.full((4,), -0.75), spread.log()], 1)
    found = student.log2_bpm(tempo)[:, 0]
    assert found[:2].tolist() == [6.0, 6.0] and found[2:].isnan().all()


def test_the_error_to_expect_is_learned():
    torch.manual_seed(0)
    tempo = torch.zeros(2, 2, requires_grad=True)
    optimiser = torch.optim.Adam([tempo], lr=0.05)
    for _ in range(400):
        heard = torch.stack([torch.full((64,), 7.0), 7 + torch.rand(64) - 0.5])  # one that is sure, one of an octave
        loss = student.tempo_loss(tempo.repeat_interleave(64, 0), heard.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert tempo[:, 0].detach().numpy() + student.MIDDLE == pytest.approx([7, 7], abs=0.06)
    spread = tempo[:, 1].detach().exp()
    assert spread[0] < 0.04 and float(spread[1]) == pytest.approx(0.25, abs=0.04)


def test_words_of_pace_alone_and_with_a_style_are_heard_at_tempi_that_they_may_mean():
    known = [("", style, np.log2(bpm)) for style, bpm in (("waltz", 60), ("jazz", 80), ("jazz", 100), ("funk", 120), ("rock", 140), ("metal", 170))]
    rows = student.pace_texts(known, random.Random(0), each=40)
    of = {}
    for text, style, log2 in rows:
        assert style == "-"
        of.setdefault(text, set()).add(round(2**log2))
    assert of["laid-back"] == {80} and of["breakneck"] == {170} and of["prestissimo"] == {170}
    styled = {text: bpm for text, bpm in of.items() if any(name in text for name in words.STYLE["metal"])}
    assert styled and all(170 in bpm for bpm in styled.values())
    assert not any("bebop" in text for text in of), "which says a pace itself"


def test_a_text_that_leaves_the_tempo_open_is_heard_with_those_of_its_style():
    kinds = [student.CAPTION, student.CAPTION, student.PHRASE, student.ASSOCIATION, student.GENERAL]
    data = {"bpm": np.array([6.0, 7.0, np.nan, np.nan, np.nan]), "kind": np.array(kinds), "style": np.array(["waltz", "techno", "-", "techno", "-"])}
    rng, tempi = np.random.default_rng(0), student.Tempi(data)
    assert tempi(0, rng) == 6 and np.isnan(tempi(2, rng)) and tempi(3, rng) == 7
    assert {float(tempi(4, rng)) for _ in range(50)} == {6.0, 7.0}
    unknown = student.Tempi(data | {"bpm": np.full(5, np.nan)})
    assert all(np.isnan(unknown(row, rng)) for row in range(5))
