"""What is packed for another machine comes out as it went in, but for noise that is told."""

import json

import numpy as np

from recipe import pack
from recipe.base.data import Examples


def test_rounding_is_white_noise_and_leaves_no_grid():
    z = np.random.default_rng(1).normal(0, 0.5, (4000, 4)).cumsum(0).astype(np.float32) * 0.05
    lost = pack.decode(pack.encode(z, 7), 7).astype(np.float32) - z
    assert np.abs(lost).max() < 0.51 * pack.STEP + 0.01
    assert abs(lost.std() - pack.STEP / 12**0.5) < 0.003
    apart = np.corrcoef(lost[1:].ravel(), lost[:-1].ravel())[0, 1]
    assert abs(apart) < 0.05
    phase = (pack.decode(pack.encode(np.zeros((4000, 4), np.float32), 7), 7).astype(np.float32) / pack.STEP) % 1
    assert phase.std() > 0.25, "what is decoded does not stand on a grid"


def test_a_jump_too_far_for_a_byte_is_made_up_for():
    z = np.zeros((6, 1), np.float32)
    z[1:] = 30
    assert np.abs(pack.decode(pack.encode(z, 0), 0)[3:] - 30).max() < pack.STEP


def test_examples_read_what_was_unpacked(tmp_path):
    work, corpus, rng = tmp_path / "work", tmp_path / "corpus", np.random.default_rng(0)
    corpus.mkdir()
    for name, width in (("latents", 8), ("controls", 54), ("embeddings", 384), ("heard", 384)):
        (work / name).mkdir(parents=True)
        for clip in range(3):
            rows = rng.normal(0, 0.3, (200, width)) if width < 384 else np.eye(384)[: 5 + clip]
            np.save(work / name / f"0000{clip}", np.clip(rows, -1, 1).astype(np.float16))
    for clip, split in enumerate(("train", "test", "train")):
        label = {"split": split, **({"style": "waltz"} if clip else {}), "captions": [f"a waltz, {clip}"], "notes": [1]}
        (corpus / f"0000{clip}.json").write_text(json.dumps(label))
    pack.pack(corpus, work, tmp_path / "packed.npz", ("train",))
    there = tmp_path / "there"
    pack.unpack(tmp_path / "packed.npz", there / "corpus", there, "b")
    pack.unpack(tmp_path / "packed.npz", there / "corpus", there, "c")
    found = Examples(there / "corpus", there, "train")
    assert [p.name for p in sorted((there / "latents").iterdir())] == ["b00000.npy", "b00002.npy", "c00000.npy", "c00002.npy"]
    for clip, (z, controls, captions) in zip((0, 2, 0, 2), found.clips):
        assert np.abs(z - np.load(work / "latents" / f"0000{clip}.npy")).max() < 0.07
        assert np.abs(controls - np.load(work / "controls" / f"0000{clip}.npy")).max() < 0.009
        assert captions.shape == (pack.CAPTIONS + 2 * (5 + clip if 5 + clip < pack.HEARD else pack.HEARD), 384)
    assert "notes" not in json.loads((there / "corpus" / "b00000.json").read_text())
