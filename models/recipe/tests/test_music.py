"""What the distillation hears of latents, and pieces that go on for longer than their clip."""

import numpy as np
import torch

from recipe import labels
from recipe.base.data import Examples
from recipe.base.model import Config
from recipe.base.train import Base
from recipe.codec import features as F
from recipe.presto.music import BANDS_HZ, Chains, Music, heard_power

FRAMES, DIMS, BEAT = 400, 16, 7  # frames of a beat


def test_what_is_louder_in_a_band_is_heard_there_and_nowhere_else(tmp_path):
    band = {"bass": 0, "lead": 2, "hat": 5}
    decode = np.zeros((3, F.DIM), np.float32)
    low = np.tile(np.arange(F.TONAL_BINS) * F.SAMPLE_RATE / F.N_FFT, F.FRAMES)
    high = np.tile([lo for lo, _ in F.HF_BANDS], F.FRAMES)
    decode[0, : len(low)] = low < 250
    decode[1, : len(low)] = (low >= 1000) & (low < 2500)
    decode[2, len(low) : len(low) + len(high)] = high >= 12000
    np.savez(tmp_path / "pca.npz", decode=decode, mean=np.zeros(F.DIM, np.float32))
    power = heard_power(tmp_path)
    silent = power(torch.zeros(1, 1, 3))[0, 0]
    assert len(silent) == len(BANDS_HZ) - 1
    for latent, place in enumerate(band.values()):
        z = torch.zeros(1, 1, 3)
        z[..., latent] = 1
        louder = power(z)[0, 0] / silent
        assert torch.isclose(louder[place], torch.tensor(np.e**2).float(), rtol=1e-3)
        louder[place] = 1
        assert torch.allclose(louder, torch.ones_like(louder), rtol=1e-3)


def test_a_chain_goes_on_beyond_its_clip_where_the_beat_is_the_same():
    rng = np.random.default_rng(0)
    controls = np.zeros((FRAMES, labels.CHANNELS), np.float16)
    turn = 2 * np.pi * np.arange(FRAMES) / BEAT
    controls[:, :2] = np.stack([np.sin(turn), np.cos(turn)], 1)
    examples = object.__new__(Examples)
    examples.rng, examples.clips = rng, [(rng.normal(0, 0.5, (FRAMES, DIMS)).astype(np.float16), controls, np.ones((1, 384), np.float16))]
    examples.drop = lambda c: c.copy()
    model = Music(Base(Config(latents=DIMS, dim=32, blocks=2, heads=2)))
    chains = Chains(examples, model.base.resampler, count=1)
    before = last = None
    back = 0
    for _ in range(40):
        made, cond, music = chains(model)
        assert made.shape == music.shape == (1, chains.frames, DIMS)
        if before is not None and chains.chains[0]["known"] is not None and torch.equal(made[:, : chains.context], before[:, -chains.context :]):
            back += 1  # goes on from what it has made itself
            phase = torch.atan2(cond.controls[0, 0, 0], cond.controls[0, 0, 1])
            due = torch.atan2(last.controls[0, -chains.context, 0], last.controls[0, -chains.context, 1])
            assert torch.cos(phase - due) > 0.7
        before, last = made, cond
    assert back > 25, "most chains outlive their clip"
