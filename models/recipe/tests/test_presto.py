"""The distillation on a toy whose answer is known: eight Gaussians on a ring, in the plane."""

import copy
import math

import pytest
import torch
from torch import nn

from recipe.presto import layers, noise, sample, steps

MODES, SPREAD = 8, 0.1
CENTRES = torch.stack([torch.tensor([math.cos(a), math.sin(a)]) for a in torch.arange(MODES) * 2 * math.pi / MODES]) * 0.7


class Plain:
    """Nothing is given and nothing is asked."""

    unknown = torch.ones(1, 1, 1)

    def null(self):
        return self


class Toy(nn.Module):
    """A residual network on rows of independent points (batch, time, 2) behind the interface of the distillation."""

    sigma_data, blocks, width = 0.5, 6, 64

    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(2, self.width)
        self.noise = nn.Linear(32, self.width)
        self.budget = nn.Embedding(self.blocks + 1, self.width)
        nn.init.zeros_(self.budget.weight)
        self.layers = nn.ModuleList([
            nn.Sequential(nn.LayerNorm(self.width), nn.Linear(self.width, 128), nn.SiLU(), nn.Linear(128, self.width)) for _ in range(self.blocks)
        ])
        self.out = nn.Linear(self.width, 2)
        self.register_buffer("fourier", torch.exp(torch.linspace(-1, 2, 16)))

    def _run(self, x, sigma, kept, blocks=None, taps=(), extra=None):
        s, sd = sigma.reshape(-1, 1, 1), self.sigma_data
        phase = sigma.log()[:, None] * self.fourier
        emb = self.noise(torch.cat([phase.cos(), phase.sin()], -1)) + self.budget.weight[self.blocks if blocks is None else blocks]
        if extra is not None:
            emb = emb + extra
        h, tapped = self.inp(x / (s**2 + sd**2).sqrt()), []
        for i in kept:
            h = h + self.layers[i](h + emb[:, None])
            if i in taps:
                tapped.append(h)
        return sd**2 / (s**2 + sd**2) * x + s * sd / (s**2 + sd**2).sqrt() * self.out(h), tapped

    def denoise(self, x, sigma, cond, blocks=None):
        k = self.blocks if blocks is None else blocks
        return self._run(x, sigma, [i for i in range(self.blocks) if i < k - 1 or i == self.blocks - 1], blocks)[0]

    def denoise_tail_dropped(self, x, sigma, cond, blocks):
        return self._run(x, sigma, range(blocks))[0]

    def features(self, x, sigma, cond, taps, extra=None):
        return self._run(x, sigma, range(self.blocks), None, taps, extra)


def batches(rows=16, time=16):
    return CENTRES[torch.randint(MODES, (rows, time))] + SPREAD * torch.randn(rows, time, 2), Plain()


@pytest.fixture(scope="module")
def teacher():
    torch.manual_seed(0)
    model = Toy()
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for i in range(1500):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * (1 - i / 1500)
        x, cond = batches(64, 4)
        sigma = noise.training(len(x))
        loss = layers.loss_of(model, x, cond, sigma, model.blocks)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def judged(points):
    """-> share of points within three spreads of a mode, modes that have at least a third of their share."""
    points = points.reshape(-1, 2)
    distance = torch.cdist(points, CENTRES)
    near, which = distance.min(1)
    share = torch.bincount(which[near < 3 * SPREAD], minlength=MODES) / len(points)
    return float((near < 3 * SPREAD).float().mean()), int((share > 1 / MODES / 3).sum())


def draw(model, steps, rows=128):
    torch.manual_seed(1)
    return sample.pingpong(model, (rows, 16, 2), Plain(), steps)


def test_presto_s_draws_the_mixture_in_a_few_steps(teacher, tmp_path):
    torch.manual_seed(0)
    options = steps.presto_s(guidance=1.0, lr=1e-3, fake_lr=2e-3, gan=0.05, discriminator=0.1, own=0, taps=(1, 3, 5), fake_updates=2)
    d = steps.Distiller(teacher, copy.deepcopy(teacher).requires_grad_(True), batches, options)
    steps.train(d, tmp_path / "toy.pt", 10, updates=300, every=100)
    assert judged(draw(teacher, 1))[0] < 0.2  # one step of the teacher is nowhere
    for count in (1, 2, 4, 8):
        near, modes = judged(draw(d.ema.model, count))
        assert near > 0.8, f"{count} steps: {near:.2f} of the points are near a mode"
        assert modes == MODES, f"{count} steps: {modes} of {MODES} modes"


def test_presto_l_keeps_the_density_with_blocks_left_out(teacher, tmp_path):
    torch.manual_seed(0)
    budgets = ((1.2, 3), (0.4, 4), (0.0, 6))
    model = layers.train(copy.deepcopy(teacher).requires_grad_(True), batches, tmp_path / "l.pt", 0.25, budgets, lr=1e-3, every=1000)
    sigma = torch.full((250,), 2.0)
    torch.manual_seed(2)
    x, cond = batches(250)
    noisy = x + 2.0 * torch.randn_like(x)
    full = teacher.denoise(noisy, sigma, cond)
    before = float((teacher.denoise(noisy, sigma, cond, 3) - full).square().mean())
    after = float((model.denoise(noisy, sigma, cond, 3) - full).square().mean())
    assert after < before / 2


def test_the_discrete_generator_sees_only_its_levels():
    sigma, blocks = noise.inference(200, discrete=4)
    assert blocks is None
    assert {round(float(s), 4) for s in sigma} == {round(s, 4) for s in noise.levels(4)}


def test_a_batch_shares_a_budget_and_its_levels_are_where_it_is_used():
    torch.manual_seed(0)
    for _ in range(50):
        sigma, blocks = noise.inference(20, budgets=noise.BUDGETS)
        assert all(noise.budget(float(s)) == blocks for s in sigma)


def test_pupils_follow_a_teacher_that_was_trained_further(teacher, tmp_path):
    d = steps.Distiller(teacher, copy.deepcopy(teacher).requires_grad_(True), batches, steps.presto_s(own=0, taps=(1, 3, 5)))
    steps.train(d, tmp_path / "toy.pt", 10, updates=1)
    better = copy.deepcopy(teacher)
    with torch.no_grad():
        better.out.bias += 1
    again = steps.Distiller(better, copy.deepcopy(teacher).requires_grad_(True), batches, steps.presto_s(own=0, taps=(1, 3, 5)))
    steps.train(again, tmp_path / "toy.pt", 10, updates=1)
    for before, after in ((d.generator, again.generator), (d.ema.model, again.ema.model), (d.fake.model, again.fake.model)):
        assert torch.allclose(after.out.bias, before.out.bias + 1, atol=1e-6)
        assert torch.allclose(after.inp.weight, before.inp.weight, atol=1e-6)
