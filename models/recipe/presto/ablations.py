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


def run(corpus, work, updates, frames, guidance):
    """work/base.pt -> a line of work/ablations.jsonl for each row; prints the table."""
    out = Path(work) / "ablations.jsonl"
    done = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    teacher = averaged(work)
    resampler, power = teacher.base.resampler, heard_power(work)
    held = Examples(corpus, work, "val", seed=1)
    held.clips += Examples(corpus, work, "test", seed=1).clips
    data = measure.Frechet([z.astype("float32") for z, _, _ in held.clips])
    for name, changes in CHANGES.items():
        if name in {row["row"] for row in done}:
            continue
        seed = int(name.endswith("seed 1"))
        torch.manual_seed(seed)
        train, o = Examples(corpus, work, "train", seed=seed), options(changes, guidance)
        generator = copy.deepcopy(teacher)
        adapters.adapt(generator.base.network, RANK)
        chains = Chains(train, resampler, max(12, frames // 128)) if o.own else None
        d = steps.Distiller(teacher, generator, Batches(train, resampler, frames), o, chains, power)
        with tempfile.TemporaryDirectory() as folder:
            steps.train(d, Path(folder) / "row.pt", 60, updates, warm=WARM)
        row = {"row": name, "updates": updates, "steps": {}}
        for count in (1, 2, 4, 8):

            def draw(shape, cond):
                return sample.pingpong(d.ema.model, shape, cond, count)

            row["steps"][count] = [report(f"{name}, {count} steps", draw, held, resampler, data, seed) for seed in range(SEEDS)]
        row["endless"] = measure.endless(lambda shape, cond: sample.pingpong(d.ema.model, shape, cond, 4), held, resampler, 12)
        with open(out, "a") as f:
            f.write(json.dumps(row) + "\n")
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
