"""The stages `ablations` and `consistency` on a corpus of noise: they run, write what they say, and go on where they were."""

import json

import numpy as np
import pytest
import torch

from recipe import labels
from recipe.base.model import Config
from recipe.base.train import Base
from recipe.checkpoint import Ema, save
from recipe.codec import features as F
from recipe.presto import ablations, adapters, stage

FRAMES, DIMS = 300, 16


@pytest.fixture
def places(tmp_path):
    """-> folders of a corpus of three clips and of what `prepare` and `base` would have made of it."""
    corpus, work = tmp_path / "corpus", tmp_path / "work"
    rng = np.random.default_rng(0)
    for folder in (corpus, *(work / name for name in ("latents", "controls", "embeddings"))):
        folder.mkdir(parents=True)
    for i, split in enumerate(("train", "val", "test")):
        (corpus / f"{i}.json").write_text(json.dumps({"split": split, "style": "techno", "mood": "dark", "captions": ["dark techno"] * 3}))
        np.save(work / "latents" / f"{i}.npy", rng.normal(0, 0.5, (FRAMES, DIMS)).astype(np.float16))
        np.save(work / "controls" / f"{i}.npy", np.zeros((FRAMES, labels.CHANNELS), np.float16))
        np.save(work / "embeddings" / f"{i}.npy", rng.normal(0, 0.05, (3, 384)).astype(np.float16))
    np.savez(work / "pca.npz", decode=rng.normal(0, 0.01, (DIMS, F.DIM)).astype(np.float32), mean=np.zeros(F.DIM, np.float32))
    torch.manual_seed(0)
    base = Base(Config(latents=DIMS, dim=64, blocks=12, heads=2))
    save(work / "base.pt", ema=Ema(base, 0), config=base.c.as_dict())
    return corpus, work


def test_a_row_that_is_there_is_not_trained_again(places, monkeypatch, capsys):
    corpus, work = places
    monkeypatch.setattr(ablations, "WARM", 1)
    monkeypatch.setattr(ablations, "CHANGES", {"Presto-S": {}, "DMD-GAN": None})
    ablations.run(corpus, work, updates=1, frames=128, guidance=2.0)
    first = (work / "ablations.jsonl").read_text()
    assert [json.loads(line)["row"] for line in first.splitlines()] == ["Presto-S", "DMD-GAN"]
    table = capsys.readouterr().out.splitlines()[-2:]
    assert [line.split(" | ")[0] for line in table] == ["| Presto-S", "| DMD-GAN"]
    monkeypatch.setattr(ablations.steps, "train", None)  # would fail
    ablations.run(corpus, work, updates=1, frames=128, guidance=2.0)
    assert (work / "ablations.jsonl").read_text() == first


def test_a_consistency_model_is_adapters_of_its_base(places):
    corpus, work = places
    stage.run_consistency(corpus, work, 0.02, guidance=2.0, rank=4, frames=128)
    weights = torch.load(work / "consistency.pt", weights_only=False)["ema"]["model"]
    assert adapters.ranks(weights) == [4]
    assert any(up.abs().max() > 0 for name, up in weights.items() if name.endswith(".up"))
    stage.averaged(work, "consistency")  # as `report` and `export` take it
