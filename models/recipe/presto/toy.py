"""The distillation on a toy whose answer is known, eight Gaussians on a ring in the plane, and its ablations there.

A run takes seconds, so that every choice of `steps.Options` can be held against the others over several seeds.
"""

import copy
import json
import math
import tempfile
from pathlib import Path

import torch
from torch import nn

from . import layers, noise, sample, steps

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


def base(updates=1500):
    """A teacher of the toy, from scratch."""
    model = Toy()
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for i in range(updates):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * (1 - i / updates)
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


def energy_distance(points, count=2048):
    """Between points and fresh ones of the mixture (Szekely and Rizzo 2013): 0 if they are alike, in units of the plane."""
    a = points.reshape(-1, 2)[:count]
    b, c = batches(count, 1)[0].reshape(-1, 2), batches(count, 1)[0].reshape(-1, 2)
    among = torch.cdist(a, a).sum() / (len(a) * (len(a) - 1))
    return float(2 * torch.cdist(a, b).mean() - among - torch.cdist(b, c).mean())


OPTIONS = {
    **{"guidance": 1.0, "lr": 1e-3, "fake_lr": 2e-3, "gan": 0.05, "discriminator": 0.1, "own": 0, "unrolled": 0, "energy": 0.05},
    **{"taps": (1, 3, 5), "fake_updates": 2, "ema": 0.97},
}
ABLATIONS = {
    "Presto-S": {},
    "p_DMD of inference": {"p_dmd": "inference"},
    "p_GAN of inference": {"p_gan": "inference"},
    "p_DSM of inference": {"p_dsm": "inference"},
    "all three of inference": {"p_dmd": "inference", "p_gan": "inference", "p_dsm": "inference"},
    "four discrete levels": {"discrete": 4},
    "DMD-GAN: both of the above": {"p_dmd": "inference", "p_gan": "inference", "p_dsm": "inference", "discrete": 4, "told": False, "energy": 0},
    "hinge": {"hinge": True},
    "no GAN": {"gan": 0, "discriminator": 0},
    "GAN weight / 5": {"gan": 0.01},
    "GAN weight x 5": {"gan": 0.25},
    "fake score not told the level": {"told": False},
    "level not held": {"energy": 0},
}


def distilled(teacher, changes, updates=300, seed=0):
    """-> the averaged generator."""
    torch.manual_seed(seed)
    d = steps.Distiller(teacher, copy.deepcopy(teacher).requires_grad_(True), batches, steps.presto_s(**OPTIONS | changes))
    with tempfile.TemporaryDirectory() as folder:
        steps.train(d, Path(folder) / "toy.pt", 60, updates, every=updates, log=lambda *_, **__: None)
    return d.ema.model


def ablate(seeds=3, log=print):
    """-> {row: [{steps: {"energy", "near", "modes", "rms"}} of each seed]}."""
    torch.manual_seed(0)
    teacher = base()
    true = float(batches(4096, 1)[0].square().mean().sqrt())
    out = {}
    for name, changes in {"teacher": None, **ABLATIONS}.items():
        out[name] = []
        for seed in range(1 if changes is None else seeds):
            model = teacher if changes is None else distilled(teacher, changes, seed=seed)
            row = {}
            for count in (1, 2, 4, 8):
                x = draw(model, count)
                near, modes = judged(x)
                row[count] = {"energy": energy_distance(x), "near": near, "modes": modes, "rms": float(x.square().mean().sqrt()) / true}
            out[name].append(row)
            log(f"{name}, seed {seed}: " + ", ".join(f"{n} steps {r['energy']:.4f} ({r['modes']} modes, level {r['rms']:.2f})" for n, r in row.items()), flush=True)
    return out


def table(found):
    """Markdown: the mean over seeds and half their range, in thousandths."""
    lines = ["| row | 1 step | 2 | 4 | 8 | fewest modes | level at 8 steps |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, seeds in found.items():
        cells = [name]
        for count in (1, 2, 4, 8):
            values = [1000 * row[count]["energy"] for row in seeds]
            cells.append(f"{sum(values) / len(values):.1f}" + (f" ± {(max(values) - min(values)) / 2:.1f}" if len(values) > 1 else ""))
        cells.append(str(min(row[count]["modes"] for row in seeds for count in row)))
        cells.append(f"{sum(row[8]['rms'] for row in seeds) / len(seeds):.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def run(out, seeds):
    """Writes out/toy.json; prints the table."""
    found = ablate(seeds)
    Path(out).mkdir(parents=True, exist_ok=True)
    (Path(out) / "toy.json").write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))
