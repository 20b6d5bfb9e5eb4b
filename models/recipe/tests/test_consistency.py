"""The consistency model where its answer is known: Gaussian data, whose path is x(sigma) ~ sqrt(s^2 + sigma^2), and the toy."""

import copy

import torch

from recipe.presto import consistency, noise, toy
from recipe.presto.toy import MODES, batches, draw, judged

SPREAD = 0.5


class Gaussian:
    """What the best denoiser of Gaussian data says; with `whole`, what their consistency function does."""

    def __init__(self, whole=False):
        self.power = 0.5 if whole else 1

    def denoise(self, x, sigma, cond, blocks=None):
        s = sigma.reshape(-1, 1, 1)
        return x * (SPREAD**2 / (SPREAD**2 + s**2)) ** self.power


def test_a_step_of_the_teacher_stays_on_its_path():
    levels = torch.tensor(noise.levels(consistency.LEVELS))
    x = torch.randn(len(levels) - 1, 4, 2)
    sigma, lower = levels[:-1], levels[1:]
    below = consistency.step_down(Gaussian(), x, sigma, lower, toy.Plain(), 1.0)
    wanted = x * ((SPREAD**2 + lower**2) / (SPREAD**2 + sigma**2)).sqrt().reshape(-1, 1, 1)
    assert (below - wanted).abs().max() < 2e-3 * x.abs().max()
    end = consistency.step_down(Gaussian(), x[:1], sigma[-1:], torch.zeros(1), toy.Plain(), 1.0)
    assert torch.allclose(end, Gaussian().denoise(x[:1], sigma[-1:], None), atol=1e-6)


def test_only_the_consistency_function_has_no_loss():
    torch.manual_seed(0)
    x = SPREAD * torch.randn(4000, 4, 2)
    right, wrong = (float(consistency.consistency_loss(Gaussian(whole), Gaussian(), x, toy.Plain(), 1.0)) for whole in (True, False))
    assert right < 0.05 * wrong


def test_it_draws_the_mixture_in_a_few_steps(tmp_path):
    torch.manual_seed(0)
    teacher = toy.base().requires_grad_(False)
    assert judged(draw(teacher, 1))[0] < 0.2  # one step of the teacher is nowhere
    pupil = consistency.train(copy.deepcopy(teacher).requires_grad_(True), teacher, batches, tmp_path / "c.pt", 0.5, lr=1e-3, every=1000)
    for count in (2, 4, 8):
        near, modes = judged(draw(pupil, count))
        assert near > 0.7, f"{count} steps: {near:.2f} of the points are near a mode"
        assert modes == MODES, f"{count} steps: {modes} of {MODES} modes"
