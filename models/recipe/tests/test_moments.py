"""Mean and spread of latents are brought to those of music."""

import numpy as np
import torch

from recipe import labels
from recipe.base.data import Examples
from recipe.base.model import Config
from recipe.base.train import Base
from recipe.presto import moments
from recipe.presto.music import Chains, Music

DIMS = 16


def test_what_is_made_comes_to_have_the_mean_and_spread_of_music():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    mean, spread = rng.uniform(-0.5, 0.5, DIMS), rng.uniform(0.3, 0.7, DIMS)
    clip = (mean + spread * rng.normal(size=(400, DIMS))).astype(np.float16)
    examples = object.__new__(Examples)
    examples.rng, examples.drop = rng, lambda c: c.copy()
    examples.clips = [(clip, np.zeros((400, labels.CHANNELS), np.float16), np.ones((1, 384), np.float16))]
    model = Music(Base(Config(latents=DIMS, dim=32, blocks=2, heads=2)))
    chains = Chains(examples, model.base.resampler, count=8)

    def told():
        made = torch.cat([chains(model)[0][:, chains.context :] for _ in range(4)]).reshape(-1, DIMS).numpy()
        return np.abs(made.mean(0) - mean).mean(), np.abs(made.std(0) / spread - 1).mean()

    before = told()
    moments.settle(model, chains, 150, log=lambda *a, **k: None)
    after = told()
    assert before[0] > 0.2 and after[0] < 0.05, (before, after)
    assert before[1] > 0.2 and after[1] < 0.1, (before, after)
