"""What a model must offer to be distilled, and what it is conditioned on.

Any EDM denoiser fits; one that predicts velocity fits after v -> D: with x_t = (1 - t) x + t n, scale
x_t by 1 / (1 - t), sigma = t / (1 - t), and D = x_t - t v.
"""

from typing import Protocol

import torch


class Conditions(Protocol):
    """Everything beside x and sigma that a batch is denoised under; opaque to the stages."""

    unknown: torch.Tensor  # broadcasts to x: 1 where x is to be made, 0 where it is given

    def null(self) -> "Conditions":
        """The same with what guidance strengthens left out."""


class Model(Protocol):
    """An nn.Module that denoises. x is (batch, time, channels), sigma (batch)."""

    sigma_data: float
    blocks: int  # blocks in all: the largest budget
    width: int  # of the embedding and of the hidden states

    def denoise(self, x, sigma, cond, blocks=None):
        """D(x; sigma) run with the first blocks - 1 blocks and the last (None: all). -> like x."""

    def denoise_tail_dropped(self, x, sigma, cond, blocks):
        """The same with the first `blocks` blocks: what ASE does."""

    def features(self, x, sigma, cond, taps, extra=None):
        """-> D, and the hidden states (batch, time, width) after the blocks `taps`; `extra` (batch, width) joins the embedding."""
