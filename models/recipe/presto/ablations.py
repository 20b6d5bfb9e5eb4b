"""The choices of `steps`, one at a time on music: quality in latents after the same updates from the same base.

Rows that are there already are not trained again, so that it goes on where it was cut off.
"""

import copy
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from ..base.data import Examples
from . import adapters, measure, sample, steps
from .music import Batches, Chains, heard_power
from .stage import ADAPTERS_LR, averaged, report

RANK = 16
WARM = 60  # the fake score's own first updates
SEEDS = 3  # of what is drawn to judge a row by
INFERENCE = {"p_dmd": "inference", "p_gan": "inference", "p_dsm": "inference"}
CHANGES = {
    "Presto-S": {},
    "Presto-S, seed 1": {},
    "p_DMD of inference": {"p_dmd": "inference"},
    "p_GAN of inference": {"p_gan": "inference"},
    "p_DSM of inference": {"p_dsm": "inference"},
    "all three of inference": INFERENCE,
    "four discrete levels": {"discrete": 4},
    "fake score not told the level": {"told": False},
    "level not held": {"energy": 0, "spectrum": 0},
    "nothing on its own output": {"own": 0, "unrolled": 0},
    "no GAN": {"gan": 0, "discriminator": 0},
    "GAN weight x 5": {"gan": 0.5},
    "hinge": {"hinge": True},
    "DMD-GAN": None,
}


def options(changes, guidance):
    """Of a row; None is the baseline of the paper whole."""
    made = steps.dmd_gan() if changes is None else steps.presto_s(**changes)
    return replace(made, guidance=guidance, lr=ADAPTERS_LR)


def trained(name, teacher, train, updates, frames, guidance, power):
    """-> the averaged generator of the row `name`."""
    o = options(CHANGES[name], guidance)
    resampler, generator = teacher.base.resampler, copy.deepcopy(teacher)
    adapters.adapt(generator.base.network, RANK)
    chains = Chains(train, resampler, max(12, frames // 128)) if o.own else None
    d = steps.Distiller(teacher, generator, Batches(train, resampler, frames), o, chains, power)
    with tempfile.TemporaryDirectory() as folder:
        steps.train(d, Path(folder) / "row.pt", 60, updates, warm=WARM)
    return d.ema.model


def judged(name, model, held, resampler, data):
    """-> quality by steps, each drawn SEEDS times, and level from block to block of its own output."""

    def draw(count):
        return lambda shape, cond: sample.pingpong(model, shape, cond, count)

    found = {n: [report(f"{name}, {n} steps", draw(n), held, resampler, data, seed) for seed in range(SEEDS)] for n in (1, 2, 4, 8)}
    return {"row": name, "steps": found, "endless": measure.endless(draw(4), held, resampler, 12)}


def run(corpus, work, updates, frames, guidance):
    """work/base.pt -> a line of work/ablations.jsonl for each row; prints the table."""
    out, teacher = Path(work) / "ablations.jsonl", averaged(work)
    done = {json.loads(line)["row"] for line in out.read_text().splitlines()} if out.exists() else set()
    held = Examples(corpus, work, "val", seed=1)
    held.clips += Examples(corpus, work, "test", seed=1).clips
    data = measure.Frechet([z.astype("float32") for z, _, _ in held.clips])
    for name in [name for name in CHANGES if name not in done]:
        seed = int(name.endswith("seed 1"))
        torch.manual_seed(seed)
        train = Examples(corpus, work, "train", seed=seed)
        model = trained(name, teacher, train, updates, frames, guidance, heard_power(work))
        row = judged(name, model, held, teacher.base.resampler, data)
        with open(out, "a") as f:
            f.write(json.dumps(row | {"updates": updates}) + "\n")
    print(table([json.loads(line) for line in out.read_text().splitlines()]))


def table(rows):
    """Markdown: distance of latents and, in brackets, level relative to music, means over what was drawn; level after twelve blocks of its own output."""
    lines = ["| row | 1 step | 2 | 4 | 8 | level over 12 blocks |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        cells = [row["row"]]
        for found in row["steps"].values():
            distance, level = (sum(one[key] for one in found) / len(found) for key in ("distance", "rms"))
            cells.append(f"{distance:.3f} ({level:.2f})")
        lines.append(f"| {' | '.join(cells)} | x {row['endless'][-1]:.2f} |")
    return "\n".join(lines)
