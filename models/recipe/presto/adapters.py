"""Low-rank adapters (Hu et al. 2021): a pupil that is its teacher's matrices, which stay, plus products of two thin ones.

What is learned is a tenth of the weights: a distilled model can be shipped beside its base for a tenth of the bytes (see `export`).
"""

import torch
from torch import nn
from torch.nn.utils import parametrize

LEAST = 64  # smaller matrices are learned whole


class LowRank(nn.Module):
    """W (out, in) -> W + up down, which begins as W. Always in float32: what is added is a hundredth of W."""

    def __init__(self, weight, rank):
        super().__init__()
        out, inside = weight.shape
        self.down = nn.Parameter(torch.randn(rank, inside) * inside**-0.5)
        self.up = nn.Parameter(torch.zeros(out, rank))

    def forward(self, weight):
        with torch.autocast(weight.device.type, enabled=False):
            return weight + self.up @ self.down


def adapt(network, rank):
    """Gives every matrix of the Linear layers in `network` an adapter, in place; the matrices themselves are frozen."""
    for layer in [m for m in network.modules() if isinstance(m, nn.Linear) and min(m.weight.shape) >= LEAST]:
        layer.weight.requires_grad_(False)
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))
    return network


def merge(network):
    """Puts what was learned into the matrices, in place: an ordinary network again."""
    for layer in [m for m in network.modules() if parametrize.is_parametrized(m)]:
        parametrize.remove_parametrizations(layer, "weight")
    return network


def learned(network):
    """-> (W, up, down) of every adapted matrix, as arrays."""
    out = []
    for layer in [m for m in network.modules() if parametrize.is_parametrized(m)]:
        matrix, added = layer.parametrizations.weight.original, layer.parametrizations.weight[0]
        out.append(tuple(p.detach().cpu().numpy() for p in (matrix, added.up, added.down)))
    return out


ORIGINAL = "parametrizations.weight.original"


def original(name):
    """What a parameter of an ordinary network is called in an adapted one."""
    return name.removesuffix("weight") + ORIGINAL


def rank_of(weights):
    """The rank of the adapters in a state_dict, 0 if it has none."""
    return next((len(value) for name, value in weights.items() if name.endswith("parametrizations.weight.0.down")), 0)
