"""What a recording is told apart by, and what it is fed with. Recording itself needs a GPU."""

from dataclasses import dataclass

import pytest
import torch

from recipe.captured import Captured, put_together, taken_apart
from recipe.precision import DEVICE


@dataclass
class Pair:
    a: torch.Tensor
    b: torch.Tensor


def test_tensors_are_taken_out_and_put_back_in_order():
    x, y, z = torch.zeros(2), torch.ones(3), torch.full((1, 4), 2.0)
    value = (x, 11, {"pair": Pair(y, z)}, None)
    tensors, _ = taken_apart(value)
    assert [t.shape for t in tensors] == [(2,), (3,), (1, 4)]
    again = put_together(value, iter([t + 1 for t in tensors]))
    assert torch.equal(again[0], x + 1) and again[1] == 11 and again[3] is None
    assert torch.equal(again[2]["pair"].a, y + 1) and torch.equal(again[2]["pair"].b, z + 1)
    assert torch.equal(value[2]["pair"].a, y), "what was given stays"


def test_shapes_and_what_is_no_tensor_make_the_kind():
    def kind(*args):
        return taken_apart(args)[1]

    x = torch.zeros(2, 3)
    assert kind(x, 10) == kind(x + 1, 10)
    others = [kind(x, 11), kind(x, None), kind(x[:1], 10), kind(x.half(), 10), kind(Pair(x, x), 10), kind((x, x), 10)]
    assert len({kind(x, 10), *others}) == 7


@pytest.mark.skipif(DEVICE.type == "cuda", reason="a GPU records")
def test_without_a_gpu_the_function_is_called():
    twice = Captured(lambda x, by: (x * by, {"by": by}))
    made, told = twice(torch.ones(2), 2)
    assert torch.equal(made, torch.full((2,), 2.0)) and told == {"by": 2}
    assert not twice.recorded
