"""Checkpoints that survive being cut off, and the averaged weights."""

import copy
from pathlib import Path

import torch


class Ema:
    """Exponential moving average of a module's weights, with a warm-up."""

    def __init__(self, model, decay):
        self.decay, self.steps = decay, 0
        self.model = copy.deepcopy(model).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        ours, theirs = list(self.model.parameters()), list(model.parameters())
        torch._foreach_mul_(ours, decay)
        torch._foreach_add_(ours, theirs, alpha=1 - decay)

    def state_dict(self):
        return {"steps": self.steps, "model": self.model.state_dict()}

    def load_state_dict(self, state):
        self.steps = state["steps"]
        self.model.load_state_dict(state["model"])


def save(path, **parts):
    """Writes modules, optimisers and numbers to `path`: first beside it, then renamed over it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {k: v.state_dict() if hasattr(v, "state_dict") else v for k, v in parts.items()}
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").rename(path)


def load(path, **parts):
    """Loads what `save` wrote into `parts`; returns the plain values, or {} if there is no checkpoint yet.

    Weights recovered from a package come without an optimiser: parts that were not saved stay as they are.
    """
    if not Path(path).exists():
        return {}
    state = torch.load(path, map_location="cpu", weights_only=False)
    for name, part in parts.items():
        if name in state:
            part.load_state_dict(state.pop(name))
    return state
