"""The distillation on a toy whose answer is known: eight Gaussians on a ring, in the plane."""

import copy

import pytest
import torch

from recipe.presto import adapters, layers, noise, sample, steps, toy
from recipe.presto.toy import MODES, batches, draw, judged


@pytest.fixture(scope="module")
def teacher():
    torch.manual_seed(0)
    return toy.base()


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
        for budgets in (noise.BUDGETS, noise.budgets_of((9, 9, 11))):
            sigma, blocks = noise.inference(20, budgets=budgets)
            assert all(noise.budget(float(s), budgets) == blocks for s in sigma)
    assert noise.span(9, noise.budgets_of((9, 9, 11))) == (float("inf"), 0.4)


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


class Guided(toy.Plain):
    """Asked for the ring itself; the null asks for nothing, which the toy below answers with half of it."""

    def __init__(self, share=1.0):
        self.share = share

    def null(self):
        return Guided(0.5)


class Asked(toy.Toy):
    def denoise(self, x, sigma, cond, blocks=None):
        return cond.share * super().denoise(x, sigma, cond, blocks)


def test_a_pupil_says_in_one_call_and_fewer_blocks_what_its_guided_teacher_says_in_two(teacher, tmp_path):
    torch.manual_seed(0)
    asked = Asked().requires_grad_(False)
    asked.load_state_dict(teacher.state_dict())
    pupil = copy.deepcopy(asked).requires_grad_(True)

    def asking():
        return batches()[0], Guided()

    x, cond = batches(250)[0], Guided()
    sigma = torch.full((250,), 2.0)
    noisy = x + 2.0 * torch.randn_like(x)
    wanted = sample.guided(asked, noisy, sigma, cond, 1.5)
    budgets = ((1.2, 5), (0.0, 6))
    before = float((pupil.denoise(noisy, sigma, cond, 5) - wanted).square().mean())
    pupil = layers.train(pupil, asking, tmp_path / "l.pt", 0.25, budgets, guided=(asked, 1.5), lr=1e-3, every=1000)
    after = float((pupil.denoise(noisy, sigma, cond, 5) - wanted).square().mean())
    assert after < before / 3


def test_adapters_begin_as_nothing_are_all_that_is_learned_and_can_be_merged():
    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Linear(80, 96), torch.nn.Tanh(), torch.nn.Linear(96, 3))
    adapted = adapters.adapt(copy.deepcopy(plain), 4)
    x = torch.randn(5, 80)
    assert torch.equal(adapted(x), plain(x))
    assert adapters.ranks(adapted.state_dict()) == [4] and adapters.ranks(plain.state_dict()) == []
    learned = {name for name, p in adapted.named_parameters() if p.requires_grad}
    assert learned == {"0.bias", "0.parametrizations.weight.0.down", "0.parametrizations.weight.0.up", "2.weight", "2.bias"}
    torch.nn.init.normal_(adapted[0].parametrizations.weight[0].up)
    w, [(up, down)] = adapters.learned(adapted)[0]
    made = adapted(x)
    further = adapters.adapt(copy.deepcopy(adapted), 2)
    assert torch.equal(further(x), made) and adapters.ranks(further.state_dict()) == [4, 2]
    learned = {name for name, p in further.named_parameters() if p.requires_grad}
    assert learned == {"0.parametrizations.weight.1.down", "0.parametrizations.weight.1.up"}
    merged = adapters.merge(adapted)
    assert torch.allclose(merged(x), made, atol=1e-6) and not torch.allclose(made, plain(x), atol=0.1)
    assert torch.allclose(merged[0].weight, torch.tensor(w + up @ down), atol=1e-6)
