"""Low-rank adapters (Hu et al. 2021): a pupil that is its teacher's matrices, which stay, plus products of two thin ones.

What is learned is a tenth of the weights: a distilled model can be shipped beside its base for a tenth of the bytes (see `export`).
Adapters can stand on adapters: then only the last ones are learned, and a model that was shipped goes on for a part of its bytes.
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
    """Gives every matrix of the Linear layers in `network` an adapter, in place; the matrices themselves are frozen.

    Of a network that has adapters already, everything is.
    """
    layers = [m for m in network.modules() if isinstance(m, nn.Linear) and min(m.weight.shape) >= LEAST]
    if any(parametrize.is_parametrized(layer) for layer in layers):
        network.requires_grad_(False)
    for layer in layers:
        if not parametrize.is_parametrized(layer):
            layer.weight.requires_grad_(False)
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))
    return network


def merge(network):
    """Puts what was learned into the matrices, in place: an ordinary network again."""
    for layer in [m for m in network.modules() if parametrize.is_parametrized(m)]:
        parametrize.remove_parametrizations(layer, "weight")
    return network


def learned(network):
    """-> (W, [(up, down), ...]) of every adapted matrix, as arrays."""
    out = []
    for layer in [m for m in network.modules() if parametrize.is_parametrized(m)]:
        added = layer.parametrizations.weight
        out.append((_array(added.original), [(_array(one.up), _array(one.down)) for one in added]))
    return out


def _array(p):
    return p.detach().cpu().numpy()


ORIGINAL = "parametrizations.weight.original"


def original(name):
    """What a parameter of an ordinary network is called in an adapted one."""
    return name.removesuffix("weight") + ORIGINAL


def ranks(weights):
    """The ranks of the adapters in a state_dict, first to last."""
    found = {int(name.split(".")[-2]): len(value) for name, value in weights.items() if ".parametrizations.weight." in name and name.endswith(".down")}
    return [found[i] for i in sorted(found)]
