"""Presto-S and Presto-LS: distribution matching with a GAN, the noise of each part from its own distribution.

A generator G makes x from noised audio in one step. The real score is the guided teacher; the fake score
follows G by denoising its output, and carries the least-squares discriminator on its hidden states. Of
`Options`, the defaults are Presto's in kind (the rates and weights are for models of our size); `dmd_gan` is the baseline that takes all noise from the inference
levels. `told` (the fake score knows the level that G started from), `own` (part of the batches go on from G's own
output), `unrolled` (part of what G starts from is what it made in the steps before) and `energy` (the level of
what is made is held to that of music) and `spectrum` (so is the level of each band where it goes on from its own) are additions of this recipe.
"""

import copy
import time
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from ..captured import Captured
from ..checkpoint import Ema, load, save
from ..precision import rate
from . import adapters, noise, sample

MOST_STEPS = 8  # that G is used with
UNHEARD = 1e-4  # a band this far below all is as good as silent


@dataclass
class Options:
    guidance: float = 2.25  # of the real score only
    fake_updates: int = 4  # an update of G
    lr: float = 6e-5
    fake_lr: float = 2e-4
    gan: float = 0.1  # weight of the generator's adversarial loss
    discriminator: float = 0.1  # weight of the discriminator's beside the denoising loss
    p_dmd: str = "training"  # "training" or "inference": where noise levels are drawn
    p_gan: str = "training"
    p_dsm: str = "training"
    discrete: int | None = None  # G's levels: those of that many steps (None: continuous)
    budgets: tuple | None = None  # G's layer budgets (Presto-LS)
    told: bool = True
    own: float = 0.4  # share of the updates, of both, on G's own continuations
    unrolled: float = 0.5  # share of the batches in which G goes on from its own steps, as when it is used (the backward simulation of DMD2, Yin et al. 2024)
    energy: float = 0.2  # weight of the squared difference in level, in nepers: multistep samples swell without
    spectrum: float = 0.1  # weight of that of each band in G's own continuations: pieces lose their cymbals without
    hinge: bool = False
    ema: float = 0.995  # over minutes: what the generator circles about is better than where it is
    taps: tuple = (3, 6, 9)
    frozen: list = field(default_factory=lambda: ["resampler"])  # parameters of G that stay: prompts must mean the same


def presto_s(**changes):
    return replace(Options(), **changes)


def presto_ls(**changes):
    return replace(Options(budgets=noise.BUDGETS), **changes)


def dmd_gan(**changes):
    everywhere = {"p_dmd": "inference", "p_gan": "inference", "p_dsm": "inference"}
    return replace(Options(discrete=4, told=False, own=0, unrolled=0, energy=0, spectrum=0, **everywhere), **changes)


class Head(nn.Module):
    """Hidden states (batch, time, width) -> a judgement for every patch of time (batch, patches)."""

    def __init__(self, width, inner=128):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(width, inner, 3, padding=1), nn.GroupNorm(8, inner), nn.SiLU(),
            nn.Conv1d(inner, inner, 3, stride=2, padding=1), nn.GroupNorm(8, inner), nn.SiLU(),
            nn.Conv1d(inner, 1, 1),
        )  # fmt: skip

    def forward(self, h):
        return self.layers(h.transpose(1, 2))[:, 0]


class Fake(nn.Module):
    """The fake score with the discriminator's heads; told the generator's level by an embedding that starts at zero."""

    def __init__(self, teacher, taps, told):
        super().__init__()
        self.model = copy.deepcopy(teacher).requires_grad_(True)
        self.taps, self.told = taps, told
        self.level = nn.Linear(32, teacher.width)
        nn.init.zeros_(self.level.weight)
        nn.init.zeros_(self.level.bias)
        self.heads = nn.ModuleList([Head(teacher.width) for _ in taps])
        self.register_buffer("fourier", torch.exp(torch.linspace(-1, 2, 16)), persistent=False)

    def forward(self, x, sigma, cond, level):
        """-> D, judgements (batch, patches)."""
        extra = None
        if self.told:
            phase = level.log()[:, None] * self.fourier
            extra = self.level(torch.cat([phase.cos(), phase.sin()], -1))
        d, hidden = self.model.features(x, sigma, cond, self.taps, extra)
        return d, torch.cat([head(h) for head, h in zip(self.heads, hidden)], 1)


def over_unknown(values, cond):
    """Mean of (batch, ...) values where x is to be made."""
    unknown = cond.unknown.expand_as(values)
    return (values * unknown).sum() / unknown.sum()


def mean_square(x):
    """The power of (batch, time, channels) where nothing better is known. -> (batch, time, 1)"""
    return x.square().mean(-1, keepdim=True)


class Distiller:
    """One generator, its fake score, and what trains them.

    `batches()` gives (x, conditions), `chains(generator)` those that go on from its own output, `power(x)`
    what is heard of x as (batch, time, bands).
    """

    def __init__(self, teacher, generator, batches, options, chains=None, power=mean_square):
        self.o, self.teacher, self.batches, self.chains = options, teacher.requires_grad_(False), batches, chains
        self.power = power
        self.updates = 0  # of G
        self.last_own = None  # what the chains made last: for the fake score, which has to know all that G makes
        self.generator = generator
        for name, p in generator.named_parameters():
            if any(part in name for part in options.frozen):
                p.requires_grad_(False)
        self.ema = Ema(generator, options.ema)
        self.fake = Fake(teacher, options.taps, options.told)
        trained = [p for p in generator.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, lr=options.lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
        self.fake_optimiser = torch.optim.AdamW(self.fake.parameters(), lr=options.fake_lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
        self.playing, self.averaged = sample.Replayed(generator), sample.Replayed(self.ema.model)
        self.learn, self.learn_fake = Captured(self._learn), Captured(self._learn_fake)

    @torch.no_grad()
    def follow(self, before):
        """What the teacher has learned since it was `before` (a state_dict) is added to its pupils (task arithmetic, Ilharco et al. 2023)."""
        for pupil in (self.generator, self.ema.model, self.fake.model):
            weights = pupil.state_dict()
            for name, now in self.teacher.state_dict().items():
                weights[name if name in weights else adapters.original(name)] += now - before[name]

    def level(self, kind, count):
        return noise.training(count) if kind == "training" else noise.inference(count, self.o.discrete)[0]

    def loudness(self, x, cond):
        """Level of what is to be made, of each example, in nepers, and that of each band. -> (batch), (batch, bands)"""
        power = self.power(x)
        unknown = cond.unknown[..., :1].expand(*power.shape[:2], 1)
        power = (power * unknown).sum(1) / unknown.sum(1).clamp(min=1)
        total = power.sum(1) + 1e-6
        return 0.5 * total.log(), 0.5 * (power + UNHEARD * total[:, None]).log()

    def noised(self, x, sigma):
        return x + sigma.reshape(-1, *[1] * (x.ndim - 1)) * torch.randn_like(x)

    def start(self, x, cond):
        """What G starts from: x, or what it has made in some steps, at a level of the inference grid. -> start, sigma (batch), blocks."""
        if float(torch.rand(())) < self.o.unrolled:
            count = int(torch.randint(2, MOST_STEPS + 1, ()))
            done = int(torch.randint(1, count, ()))
            start = sample.pingpong(self.playing, x.shape, cond, count, self.o.budgets, first=done)
            level = noise.levels(count)[done]
            return start, torch.full((len(x),), level), noise.budget(level, self.o.budgets) if self.o.budgets else None
        return x, *noise.inference(len(x), self.o.discrete, self.o.budgets)

    def generate(self, start, x, cond, level, blocks):
        """G's x from a noised start; what is known stays."""
        made = self.generator.denoise(self.noised(start, level), level, cond, blocks)
        return cond.unknown * made + (1 - cond.unknown) * x

    def matching_loss(self, made, cond, level, t):
        """Distribution matching at noise of the levels t (Yin et al. 2024, eq. 7-8): its gradient is fake minus real, at unit size."""
        with torch.no_grad():
            noisy = self.noised(made, t)
            real = sample.guided(self.teacher, noisy, t, cond, self.o.guidance)
            fake, _ = self.fake(noisy, t, cond, level)
            unknown = cond.unknown.expand_as(made)
            axes = tuple(range(1, made.ndim))
            size = ((made - real).abs() * unknown).sum(axes, keepdim=True) / unknown.sum(axes, keepdim=True).clamp(min=1)
            target = made - (fake - real) / size.clamp(min=1e-3)
        return 0.5 * over_unknown((made - target) ** 2, cond)

    def wanted(self, judged):
        """The generator's adversarial loss."""
        return -judged.mean() if self.o.hinge else ((judged - 1) ** 2).mean()

    def told_apart(self, real, fake):
        """The discriminator's loss."""
        if self.o.hinge:
            return (torch.relu(1 - real) + torch.relu(1 + fake)).mean()
        return ((real - 1) ** 2).mean() + (fake**2).mean()

    def update_generator(self):
        own = self.chains is not None and float(torch.rand(())) < self.o.own
        if own:
            x, cond, music = self.chains(self.averaged)
            self.last_own = x, cond
        else:
            x, cond = self.batches()
            music = x
        rate(self.optimiser)
        parts = self.learn(*self.start(x, cond), self.level(self.o.p_dmd, len(x)), self.level(self.o.p_gan, len(x)), x, cond, music, own)
        self.ema.update(self.generator)
        return parts

    def _learn(self, start, level, blocks, t_dmd, t_gan, x, cond, music, own):
        """One step of G's optimiser. -> the parts of its loss."""
        made = self.generate(start, x, cond, level, blocks)
        loss = self.matching_loss(made, cond, level, t_dmd)
        parts = {"matching": loss.detach()}
        if self.o.energy or self.o.spectrum:
            (level_made, bands_made), (level_music, bands_music) = self.loudness(made, cond), self.loudness(music, cond)
            energy = (level_made - level_music).square().mean()
            parts["energy"] = energy.detach()
            loss = loss + self.o.energy * energy
            if own:
                spectrum = (bands_made - bands_music).square().mean()
                parts["spectrum"] = spectrum.detach()
                loss = loss + self.o.spectrum * spectrum
        if self.o.gan and not own:  # a continuation of G's own output has no real counterpart
            adversarial = self.wanted(self.fake(self.noised(made, t_gan), t_gan, cond, level)[1])
            parts["gan"] = adversarial.detach()
            loss = loss + self.o.gan * adversarial
        parts["gradient"] = descend(loss, self.optimiser)
        parts["rms"] = (over_unknown(made.detach() ** 2, cond) / over_unknown(music**2, cond)).sqrt()
        return parts

    def update_fake(self):
        own = self.last_own is not None and float(torch.rand(())) < self.o.own
        x, cond = self.last_own if own else self.batches()
        rate(self.fake_optimiser)
        t = self.level(self.o.p_dsm, len(x))
        t_gan = t if self.o.p_gan == self.o.p_dsm else self.level(self.o.p_gan, len(x))
        return self.learn_fake(*self.start(x, cond), t, t_gan, x, cond, own)

    def _learn_fake(self, start, level, blocks, t, t_gan, x, cond, own):
        """One step of the fake score's optimiser. -> the parts of its loss."""
        with torch.no_grad():
            made = self.generate(start, x, cond, level, blocks)
        sd = self.teacher.sigma_data
        d, judged = self.fake(self.noised(made, t), t, cond, level)
        weight = ((t**2 + sd**2) / (t * sd) ** 2).reshape(-1, *[1] * (x.ndim - 1))
        loss = over_unknown(weight * (d - made) ** 2, cond)
        parts = {"dsm": loss.detach()}
        if self.o.discriminator and not own:
            if self.o.p_gan != self.o.p_dsm:
                judged = self.fake(self.noised(made, t_gan), t_gan, cond, level)[1]
            real = self.fake(self.noised(x, t_gan), t_gan, cond, level)[1]
            loss = loss + self.o.discriminator * self.told_apart(real, judged)
            middle = 0.0 if self.o.hinge else 0.5
            parts["accuracy"] = ((real > middle).float().mean() + (judged < middle).float().mean()) / 2
        descend(loss, self.fake_optimiser)
        return parts


def descend(loss, optimiser):
    """One step against the gradient, whose norm, held to 1, it returns."""
    learned = [p for group in optimiser.param_groups for p in group["params"]]
    for p, gradient in zip(learned, torch.autograd.grad(loss, learned, allow_unused=True)):
        p.grad = gradient
    norm = nn.utils.clip_grad_norm_(learned, 1.0)
    optimiser.step()
    return norm


def train(distiller, out, minutes, updates=None, every=20, log=print, watch=None, warm=30):
    """Runs until `minutes` more or `updates` of G in all have passed; resumes from `out`. `watch(distiller)` is called with each checkpoint.
    G's rate falls to zero over the last quarter.

    A fake score that is still the teacher has `warm` updates of its own before G's next: it has nothing to say yet, and what
    it says drives a generator that is good already away from music (one that was recovered from a package, within minutes).
    """
    d, o = distiller, distiller.o
    parts = {"generator": d.generator, "ema": d.ema, "fake": d.fake, "optimiser": d.optimiser, "fake_optimiser": d.fake_optimiser}
    state = load(out, **parts)
    if "teacher" in state:
        d.follow(state["teacher"])
    step, seconds = state.get("step", 0), state.get("seconds", 0.0)
    d.updates = step
    start, first, saved, sums = seconds, step, time.time(), {}
    end = start + 60 * minutes

    def checkpoint():
        save(out, **parts, teacher=d.teacher, step=step, seconds=seconds)

    if not d.fake_optimiser.state:
        for _ in range(warm):
            d.update_fake()
    while seconds < end and (updates is None or step < updates):
        begin = time.time()
        done = (seconds - start) / (end - start)
        if updates is not None:
            done = max(done, (step - first) / (updates - first))
        rate(d.optimiser, o.lr * min(1, (step + 1) / 20, 4 * (1 - done)))
        found = {}
        for _ in range(o.fake_updates):
            found.update(d.update_fake())
        found.update(d.update_generator())
        d.updates = step = step + 1
        for k, v in found.items():
            sums.setdefault(k, []).append(v)
        seconds += min(60.0, time.time() - begin)
        if step % every == 0:
            log(f"update {step} {seconds:.0f}s " + " ".join(f"{k} {float(torch.stack(v).mean()):.4f}" for k, v in sums.items()), flush=True)
            sums = {}
        if time.time() - saved > 240:
            checkpoint()
            saved = time.time()
            if watch:
                watch(d)
    checkpoint()
    if watch:
        watch(d)
