"""The judge learns which words belong to which sound, and its report says so."""

import numpy as np
import torch

from recipe import judge as J

SOUNDS = 6


def spectra(rows, time=120):
    """Sound i has its energy in its own bands."""
    x = torch.randn(len(rows), time, J.BANDS) * 0.2
    for n, i in enumerate(rows):
        x[n, :, 10 * i : 10 * i + 10] += 2
    return x


def embeddings():
    return torch.nn.functional.normalize(torch.randn(SOUNDS, 384, generator=torch.Generator().manual_seed(0)), dim=-1)


def clips(words):
    return [{"mel": spectra([i], 700)[0].numpy(), "words": words[i : i + 1].numpy()} for i in range(SOUNDS)]


def test_it_learns_pairs_and_reports_them():
    torch.manual_seed(0)
    judge, words, rng = J.Judge(), embeddings(), np.random.default_rng(0)
    styles = [f"style {i}" for i in range(SOUNDS)]
    names = dict(zip(styles, words.numpy()))
    before = J.report(judge.eval(), clips(words), styles, names)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=1e-3)
    judge.train()
    for _ in range(40):
        loss = J.loss_of(judge, J.disturb(spectra(range(SOUNDS)), rng), words)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    after = J.report(judge.eval(), clips(words), styles, names)
    assert after["top1"] == after["style"] == 1 and after["own_rank"] == 0 < before["own_rank"]


def test_a_judge_that_cannot_tell_ranks_by_chance():
    class Same(J.Judge):
        def sound(self, x):
            return torch.ones(len(x), J.SHARED) / J.SHARED**0.5

    words = embeddings()
    found = J.report(Same().eval(), clips(words), ["a"] * SOUNDS, dict(zip("bc", words.numpy())))
    assert abs(found["own_rank"] - 0.5) < 1e-6  # every rank once
    assert found["style"] == 0


def test_spectra_are_fifty_a_second_whatever_the_length():
    assert J.mel(np.zeros((2, 48000), np.float32)).shape == (51, J.BANDS)
    assert J.Judge().eval().sound(torch.zeros(2, 121, J.BANDS)).shape == (2, J.SHARED)
