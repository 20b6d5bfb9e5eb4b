"""The denoiser: an EDM-preconditioned diffusion transformer over latent frames.

Two latent frames make a token. One adaLN projection is shared by all blocks (each adds a bias of its
own), attention has rotary positions and RMS-normalised queries and keys, every second block attends to
the prompt tokens. Context latents with their mask and the controls come in beside the noisy latents.
"""

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as f

from ..precision import DEVICE

# A GPU waits for the processor that feeds it: few large kernels. Processors, and the exporter, like it written out.
FUSED = DEVICE.type == "cuda"


@dataclass
class Config:
    latents: int = 128
    controls: int = 54
    dim: int = 256
    blocks: int = 12
    heads: int = 4
    expand: int = 3
    prompt_tokens: int = 8
    prompt_dims: int = 128
    embedding: int = 384
    patch: int = 2
    sigma_data: float = 0.5

    def as_dict(self):
        return asdict(self)


# What one trains on two cores, and what on a GPU.
SIZES = {"pocket": {}, "studio": {"dim": 768, "blocks": 15, "heads": 12}}


def rms_norm(x):
    if FUSED:
        return f.rms_norm(x, x.shape[-1:], eps=1e-6)
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


def rotate(x, turn):
    """Rotary position embedding: x (..., time, d), turn the cosines and sines of angles (time, d / 2)."""
    a, b = x.chunk(2, -1)
    cos, sin = turn
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def given(prompt):
    """How much of a prompt there is: 1 for tokens on their spheres, 0 for the null prompt, between while one fades. (batch, 1, 1)"""
    return (prompt.square().mean((1, 2), keepdim=True) + 1e-12).sqrt()


class Attention(nn.Module):
    """Self-attention, or cross-attention to prompt tokens where their number and width are given as `memory`."""

    def __init__(self, dim, heads, memory=None):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(dim, dim, bias=False)
        self.kv = nn.Linear(memory[1] if memory else dim, 2 * dim, bias=False)
        # What any prompt says by being there; its tokens say only what tells it apart.
        self.usual = nn.Parameter(torch.zeros(memory[0], 2 * dim)) if memory else None
        self.out = nn.Linear(dim, dim)

    def forward(self, x, memory=None, turn=None):
        batch, time, dim = x.shape
        source = x if memory is None else memory
        q = self.q(x).reshape(batch, time, self.heads, -1).transpose(1, 2)
        kv = self.kv(source)
        if memory is not None:
            kv = kv + given(memory) * self.usual
        k, v = kv.reshape(batch, source.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rms_norm(q), rms_norm(k)
        if turn is not None:
            q, k = rotate(q, turn), rotate(k, turn)
        if FUSED:
            y = f.scaled_dot_product_attention(q, k, v)
        else:  # with so few tokens the fused kernel is several times slower to differentiate
            y = torch.softmax(q @ k.mT * q.shape[-1] ** -0.5, -1) @ v
        return self.out(y.transpose(1, 2).reshape(batch, time, dim))


class Block(nn.Module):
    def __init__(self, c, cross):
        super().__init__()
        self.modulation = nn.Parameter(torch.zeros(6 * c.dim))
        self.attention = Attention(c.dim, c.heads)
        self.cross = Attention(c.dim, c.heads, (c.prompt_tokens, c.prompt_dims)) if cross else None
        self.up = nn.Linear(c.dim, c.expand * c.dim)
        self.down = nn.Linear(c.expand * c.dim, c.dim)
        if cross:
            nn.init.zeros_(self.cross.out.weight)

    def forward(self, x, shared, prompt, turn):
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = (shared + self.modulation).unsqueeze(1).chunk(6, -1)
        x = x + gate_a * self.attention(rms_norm(x) * (1 + scale_a) + shift_a, turn=turn)
        if self.cross is not None:
            x = x + self.cross(rms_norm(x), memory=prompt)
        return x + gate_m * self.down(f.gelu(self.up(rms_norm(x) * (1 + scale_m) + shift_m), approximate="tanh"))


class Resampler(nn.Module):
    """Sentence embedding (batch, 384) -> prompt tokens (batch, 8, 128), each of RMS 1: points on spheres."""

    def __init__(self, c):
        super().__init__()
        self.shape = (c.prompt_tokens, c.prompt_dims)
        self.hidden = nn.Linear(c.embedding, 512)
        self.out = nn.Linear(512, c.prompt_tokens * c.prompt_dims)
        self.usual = nn.Parameter(torch.zeros(self.shape))  # what all prompts share: left in, it would hide what tells them apart

    def forward(self, e):
        h = f.gelu(self.hidden(e * e.shape[-1] ** 0.5))
        return rms_norm(rms_norm(self.out(h).reshape(-1, *self.shape)) - self.usual)


class Network(nn.Module):
    """F of EDM eq. 7. All (batch, frames, channels); a prompt of zeros is the null prompt."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.inp = nn.Linear(c.patch * (2 * c.latents + 1 + c.controls), c.dim)
        self.sigma = nn.Sequential(nn.Linear(128, c.dim), nn.SiLU(), nn.Linear(c.dim, c.dim))
        self.pooled = nn.Linear(c.prompt_tokens * c.prompt_dims, c.dim)
        self.prompted = nn.Parameter(torch.zeros(c.dim))
        self.shared = nn.Linear(c.dim, 6 * c.dim)
        self.blocks = nn.ModuleList([Block(c, i % 2 == 1) for i in range(c.blocks)])
        self.budget = nn.Embedding(c.blocks + 1, c.dim)
        self.head_modulation = nn.Linear(c.dim, 2 * c.dim)
        self.head = nn.Linear(c.dim, c.patch * c.latents)
        # Latent channels differ in spread, which sigma_data cannot say: each has a gain of its own, by sigma.
        self.gain = nn.Linear(c.dim, c.latents)
        for layer in (self.shared, self.head_modulation, self.head, self.gain):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.budget.weight)
        half = c.dim // c.heads // 2
        self.register_buffer("rotary", 100 ** (-torch.arange(half) / half), persistent=False)
        self.register_buffer("fourier", torch.exp(torch.linspace(-1.5, 4.0, 64)), persistent=False)

    def kept(self, blocks=None):
        """Indices of the blocks that a budget of `blocks` runs: the first ones and always the last."""
        every = range(self.c.blocks)
        return every if blocks is None else [i for i in every if i < blocks - 1 or i == self.c.blocks - 1]

    def noise_features(self, c_noise):
        phase = c_noise[:, None] * self.fourier
        return torch.cat([phase.cos(), phase.sin()], -1)

    def told(self, c_noise, prompt):
        """Noise level and pooled prompt. -> (batch, dim)."""
        return self.sigma(self.noise_features(c_noise)) + self.pooled(prompt.flatten(1)) + given(prompt)[:, 0] * self.prompted

    def embed(self, c_noise, prompt, blocks=None):
        """What modulates every block: noise level, pooled prompt, budget. -> (batch, dim)."""
        return self.told(c_noise, prompt) + self.budget.weight[self.c.blocks if blocks is None else blocks]

    def enter(self, x, emb, controls, context):
        """-> tokens, the modulation that all blocks share, what `rotate` turns them by."""
        batch, frames, _ = x.shape
        tokens = frames // self.c.patch
        h = self.inp(torch.cat([x, context, controls], -1).reshape(batch, tokens, -1))
        angles = torch.arange(tokens, device=x.device)[:, None] * self.rotary
        return h, self.shared(f.silu(emb)), (angles.cos(), angles.sin())

    def trunk(self, x, emb, prompt, controls, context, kept, taps=()):
        """-> the hidden state after the `kept` blocks, and those after the blocks in `taps`."""
        h, shared, turn = self.enter(x, emb, controls, context)
        tapped = []
        for i in kept:
            h = self.blocks[i](h, shared, prompt, turn)
            if i in taps:
                tapped.append(h)
        return h, tapped

    def read(self, h, x, emb):
        """The head: hidden state -> F (batch, frames, latents)."""
        shift, scale = self.head_modulation(f.silu(emb)).unsqueeze(1).chunk(2, -1)
        out = self.head(rms_norm(h) * (1 + scale) + shift).reshape(x.shape)
        return out + self.gain(f.silu(emb)).unsqueeze(1) * x

    def forward(self, x, c_noise, prompt, controls, context, blocks=None):
        emb = self.embed(c_noise, prompt, blocks)
        h, _ = self.trunk(x, emb, prompt, controls, context, self.kept(blocks))
        return self.read(h, x, emb)


def precondition(network, x, sigma, context, sigma_data=0.5):
    """D(x; sigma) of EDM (eq. 7, table 1) around `network(c_in x, c_noise)`. The network sees no noisy latent where the context's mask is 1."""
    s = sigma.reshape(-1, 1, 1)
    c_skip = sigma_data**2 / (s**2 + sigma_data**2)
    c_out = s * sigma_data / (s**2 + sigma_data**2).sqrt()
    c_in = 1 / (s**2 + sigma_data**2).sqrt()
    out = network(c_in * x * (1 - context[..., -1:]), sigma.log() / 4)
    return c_skip * x + c_out * out.float()


def denoise(network, x, sigma, prompt, controls, context, sigma_data=0.5, blocks=None):
    """The denoiser D of a Network, run with a budget of `blocks` (None: all)."""
    return precondition(lambda y, c_noise: network(y, c_noise, prompt, controls, context, blocks), x, sigma, context, sigma_data)
