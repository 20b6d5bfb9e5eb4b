"""The command-line stages `layers` and `steps`: Presto on this recipe's own base."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import torch

from ..base.data import Examples
from ..base.model import Config
from ..base.train import Base
from ..checkpoint import Ema, save
from . import adapters, consistency, layers, measure, moments, noise, sample, steps
from .music import Batches, Chains, Music, heard_power

WARM = 120  # the fake score's own first updates
ADAPTERS_LR = 3e-4  # a step of a thin matrix moves the wide one less
METHODS = {"presto-ls": steps.presto_ls, "presto-s": steps.presto_s, "dmd-gan": steps.dmd_gan}


def averaged(work, name="base", merged=True):
    """The averaged weights of work/NAME.pt as a Music. `base` was saved as a Base, the others as a Music.

    Adapters are merged into the matrices, if `merged`.
    """
    state = torch.load(Path(work) / "base.pt", map_location="cpu", weights_only=False)
    base = Base(Config(**state["config"]))
    music = Music(base)
    target = base if name == "base" else music
    if name != "base":
        state = torch.load(Path(work) / f"{name}.pt", map_location="cpu", weights_only=False)
        for rank in adapters.ranks(state["ema"]["model"]):
            adapters.adapt(base.network, rank)
    ema = Ema(target, 0)
    ema.load_state_dict(state["ema"])
    target.load_state_dict(ema.model.state_dict())
    if merged:
        adapters.merge(base.network)
    return music


def report(name, draw, held, resampler, data, seed=0, log=print):
    with torch.random.fork_rng():  # training goes on with its own noise
        torch.manual_seed(seed)
        distance, rms = measure.quality(draw, held, resampler, data)
    log(f"{name}: distance {distance:.3f} rms {rms:.2f}", flush=True)
    return {"distance": distance, "rms": rms}


def run_layers(corpus, work, minutes, ase=False, guidance=None, rank=0, frames=1024, budgets=noise.BUDGETS):
    """work/base.pt -> work/layers.pt (or ase.pt), whose blocks are dropped by `budgets`. With `guidance` it learns what the base says when it is guided, with `rank` as adapters of the base."""
    teacher = averaged(work)
    model = copy.deepcopy(teacher)
    model.base.resampler.requires_grad_(False)
    lr = 2e-4
    if rank:
        adapters.adapt(model.base.network, rank)
        lr = 2e-3
    batches = Batches(Examples(corpus, work, "train"), teacher.base.resampler, frames)
    guided = (teacher.requires_grad_(False), guidance) if guidance else None
    layers.train(model, batches, Path(work) / ("ase.pt" if ase else "layers.pt"), minutes, budgets, ase, guided, lr=lr)


def run_consistency(corpus, work, minutes, guidance=None, rank=0, frames=1024, seed=0):
    """work/base.pt -> work/consistency.pt: the consistency model of the guided base, with `rank` as adapters of it."""
    torch.manual_seed(seed)
    teacher = averaged(work)
    model = copy.deepcopy(teacher)
    model.base.resampler.requires_grad_(False)
    if rank:
        adapters.adapt(model.base.network, rank)
    batches = Batches(Examples(corpus, work, "train", seed=seed), teacher.base.resampler, frames)
    lr = ADAPTERS_LR if rank else 6e-5
    consistency.train(model, teacher.requires_grad_(False), batches, Path(work) / "consistency.pt", minutes, guidance or 1.0, lr=lr, every=20)


def run_steps(corpus, work, minutes, method="presto-ls", frames=1152, updates=None, seed=0, rank=0, **changes):
    """work/base.pt (and layers.pt for presto-ls) -> work/METHOD.pt, with a line of quality at each checkpoint.

    If that begins as adapters of the base, adapters are what is trained. With `rank`, only adapters of that rank are,
    which are added to what is there (once: a checkpoint whose last adapters have that rank goes on).
    """
    torch.manual_seed(seed)
    work = Path(work)
    teacher = averaged(work)
    options = METHODS[method](**changes)
    goes_on = (work / f"{method}.pt").exists()
    start = averaged(work, method if goes_on else "layers", merged=False) if goes_on or options.budgets else teacher
    generator = copy.deepcopy(start)
    if rank and adapters.ranks(start.state_dict())[-1:] != [rank]:
        adapters.adapt(generator.base.network, rank)
        if goes_on:
            taken_further(work / f"{method}.pt", generator)
    if adapters.ranks(generator.state_dict()) and "lr" not in changes:
        options = replace(options, lr=ADAPTERS_LR)
    train, held = Examples(corpus, work, "train", seed=seed), Examples(corpus, work, "val", seed=1)
    held.clips += Examples(corpus, work, "test", seed=1).clips
    resampler = teacher.base.resampler
    data = measure.Frechet([z.astype("float32") for z, _, _ in held.clips])
    chains = Chains(train, resampler, max(12, frames // 128), budgets=options.budgets) if options.own else None
    distiller = steps.Distiller(teacher, generator, Batches(train, resampler, frames), options, chains, heard_power(work))
    history = work / f"{method}.jsonl"

    def watch(d):
        row = {}
        for n in (1, 2, 4, 8):
            row[n] = report(f"{n} steps", lambda shape, cond: sample.pingpong(d.ema.model, shape, cond, n, options.budgets), held, resampler, data)
        levels = measure.endless(lambda shape, cond: sample.pingpong(d.ema.model, shape, cond, 4, options.budgets), held, resampler, 12)
        print("endless, level by block " + " ".join(f"{x:.2f}" for x in levels), flush=True)
        with open(history, "a") as f:
            f.write(json.dumps({"update": d.updates, "steps": row, "endless": levels}) + "\n")

    if not goes_on:
        report("data against itself", lambda shape, cond: real(held, shape), held, resampler, data)
        report("base, 12 steps, guidance 3", lambda shape, cond: sample.base(teacher, shape, cond), held, resampler, data)
        watch(distiller)
    steps.train(distiller, work / f"{method}.pt", minutes, updates, watch=watch, warm=WARM)


def run_moments(corpus, work, method="presto-ls", calls=900, seed=0):
    """work/METHOD.pt, in place: mean and spread of what it makes, as those of music (see `moments`)."""
    torch.manual_seed(seed)
    path, model = Path(work) / f"{method}.pt", averaged(work, method)
    chains = Chains(Examples(corpus, work, "train", seed=seed), model.base.resampler, 24, budgets=METHODS[method]().budgets)
    moments.settle(model, chains, calls)
    state = torch.load(path, map_location="cpu", weights_only=False)
    for weights in (state["generator"], state["ema"]["model"]):
        for name in ("head", "gain"):
            weights[f"base.network.{name}.bias"] = getattr(model.base.network, name).bias.detach().cpu()
    save(path, **state)


def taken_further(path, generator):
    """A checkpoint of `steps` whose generator is now another, which begins as the average of the one before."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    state.pop("optimiser", None)
    save(path, **state | {"generator": generator, "ema": Ema(generator, 0)})


def real(examples, shape):
    """Other stretches of the held-out music, as if they had been made: the floor."""
    z, _ = measure.held_out_conditions(examples, lambda e: e, shape[0], shape[1], seed=7)
    return z


def variance(model, examples, resampler, count=32, frames=64):
    """RMS of the hidden state at the head's input, by sigma and budget, last block kept and tail dropped."""
    z, cond = measure.held_out_conditions(examples, resampler, count, frames)
    out = []
    for sigma in (10.0, 3.0, 1.0, 0.3, 0.1):
        noisy, s = z + sigma * torch.randn_like(z), torch.full((count,), sigma)
        for blocks in (4, 6, 9, model.blocks):
            row = [float(model.head_input(noisy, s, cond, blocks, tail).square().mean().sqrt()) for tail in (False, True)]
            out.append({"sigma": sigma, "blocks": blocks, "last_kept": row[0], "tail_dropped": row[1]})
    return out
