"""The decoder network: latents -> features and phase derivatives, causal in latent frames.

The PCA's transpose is the starting point; the network learns what it leaves out. Its width is at
12.5 Hz, where matrices are large and few; a thin stage at 100 Hz adds the detail.
"""

import torch
from torch import nn

from . import features as F


class CausalBlock(nn.Module):
    """ConvNeXt block over time, left context only. (batch, time, dim) -> the same."""

    def __init__(self, dim, kernel, expand=3):
        super().__init__()
        self.kernel = kernel
        self.depthwise = nn.Conv1d(dim, dim, kernel, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.up = nn.Linear(dim, expand * dim)
        self.down = nn.Linear(expand * dim, dim)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x):
        y = nn.functional.pad(x.transpose(1, 2), (self.kernel - 1, 0))
        y = self.norm(self.depthwise(y).transpose(1, 2))
        return x + self.down(nn.functional.gelu(self.up(y)))


class Decoder(nn.Module):
    """(batch, n, dims) latents -> dict of log_mag, hf, pan, coherence, advance, step, env; STFT axes have 8 n frames."""

    SLOW_BLOCKS, SLOW_KERNEL = 4, 3
    FAST_BLOCKS, FAST_KERNEL = 3, 5
    # Latent frames to the left that reach an output: those of the fast convolutions, then of the slow ones too.
    FAST_CONTEXT = -(-FAST_BLOCKS * (FAST_KERNEL - 1) // F.FRAMES)
    CONTEXT = SLOW_BLOCKS * (SLOW_KERNEL - 1) + FAST_CONTEXT

    def __init__(self, pca, slow=384, fast=256):
        super().__init__()
        dims = pca["decode"].shape[0]
        self.register_buffer("mean", torch.tensor(pca["mean"]))
        self.register_buffer("linear", torch.tensor(pca["decode"]))
        self.inp = nn.Linear(dims, slow)
        self.slow = nn.Sequential(*[CausalBlock(slow, self.SLOW_KERNEL) for _ in range(self.SLOW_BLOCKS)])
        self.unfold = nn.Linear(slow, F.FRAMES * fast)
        self.fast = nn.Sequential(*[CausalBlock(fast, self.FAST_KERNEL) for _ in range(self.FAST_BLOCKS)])
        self.norm = nn.LayerNorm(fast)
        self.log_mag = nn.Linear(fast, F.TONAL_BINS)
        self.hf = nn.Linear(fast, len(F.HF_BANDS))
        self.phase = nn.Linear(fast, 4 * F.TONAL_BINS)
        self.env = nn.Linear(slow, F.SIZES["env"])
        self.coherence = nn.Linear(slow, len(F.PAN_BANDS_HZ))
        for head in (self.log_mag, self.hf, self.env):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        # What the synthesis loses where its phases do not agree: `calibrate` measures it.
        self.register_buffer("level", torch.zeros(F.TONAL_BINS))
        self.register_buffer("level_by_doubt", torch.zeros(F.TONAL_BINS))

    def forward(self, z, context=None):
        """`context` (batch, c, dims): latents before, which nothing is given out of; only what they reach is computed."""
        batch, n, _ = z.shape
        base = F.split(z @ self.linear + self.mean)
        h = self.slow(self.inp(z if context is None else torch.cat([context, z], 1)))
        g = self.unfold(h[:, -(n + self.FAST_CONTEXT) :]).unflatten(2, (F.FRAMES, -1)).flatten(1, 2)
        g = self.norm(self.fast(g)[:, -n * F.FRAMES :])
        h = h[:, -n:]
        advance, step = (torch.tanh(part).unflatten(2, (F.TONAL_BINS, 2)) for part in self.phase(g).chunk(2, 2))
        return {
            "log_mag": base["log_mag"].reshape(batch, n * F.FRAMES, -1) + self.log_mag(g),
            "hf": base["hf"].reshape(batch, n * F.FRAMES, -1) + self.hf(g),
            "pan": base["pan"].clamp(-1, 1).repeat_interleave(F.FRAMES, 1),
            "coherence": torch.sigmoid(self.coherence(h)).repeat_interleave(F.FRAMES, 1),
            "advance": advance,
            "step": step,
            "env": (base["env"] + self.env(h)).reshape(batch, -1),
        }

    def audible(self, out):
        """Features as coded -> what the synthesis is given: without the floor under the logarithms, at the level that will be heard."""
        doubt = 1 - out["advance"].square().sum(-1)
        log_mag = without_floor(out["log_mag"], F.FLOOR) + self.level + self.level_by_doubt * doubt
        hf = without_floor(out["hf"], F.FLOOR / 3)
        return out | {"log_mag": log_mag, "hf": hf, "env": without_floor(out["env"], F.ENV_FLOOR)}


def without_floor(log, floor, least=0.02):
    """ln(x + floor) -> ln x, at least ln(least (x + floor))."""
    return log + torch.log((1 - floor * torch.exp(-log)).clamp(min=least))
