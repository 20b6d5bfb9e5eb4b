"""What the distillation did, as numbers and pictures: hidden variance, quality by steps and budget, training curves.

Quality is the Frechet distance and the level of `measure`, in latents: quick, and the same for every row.
"""

import json
from pathlib import Path

from ..base.data import Examples
from . import measure, noise, sample
from .stage import averaged, real, report, variance

SAMPLED = {"base": None, "ase": noise.BUDGETS, "layers": noise.BUDGETS}
DISTILLED = {"consistency": None, "dmd-gan": None, "presto-s": None, "presto-ls": noise.BUDGETS}
STEPS = (1, 2, 4, 8)
UNIFORM = (8, 9, 10, 12)  # budgets that a server under load may ask for, the same at every level


def rows(corpus, work, seeds=3):
    """Every checkpoint that is there, sampled as it is meant to be. -> {row: {"distance", "rms"} lists over seeds}."""
    work, out = Path(work), {}
    held = Examples(corpus, work, "val", seed=1)
    held.clips += Examples(corpus, work, "test", seed=1).clips
    data = measure.Frechet([z.astype("float32") for z, _, _ in held.clips])
    resampler = averaged(work).base.resampler

    def add(name, draw):
        out[name] = [report(f"{name}, seed {seed}", draw, held, resampler, data, seed=seed) for seed in range(seeds)]

    add("held-out music", lambda shape, cond: real(held, shape))
    for name, budgets in SAMPLED.items():
        if (work / f"{name}.pt").exists():
            model = averaged(work, name)
            denoise = model.denoise_tail_dropped if name == "ase" else model.denoise
            add(f"{name}, 80 evaluations", lambda shape, cond: sample.base(sample.Dropping(denoise, budgets), shape, cond, 80))
    for name, budgets in DISTILLED.items():
        if (work / f"{name}.pt").exists():
            model = averaged(work, name)
            for steps in STEPS:
                add(f"{name}, {steps} steps", lambda shape, cond: sample.pingpong(model, shape, cond, steps, budgets))
            for blocks in UNIFORM if budgets else ():
                add(f"{name}, 4 steps of {blocks} blocks", lambda shape, cond: sample.pingpong(model, shape, cond, 4, ((0.0, blocks),)))
    return out


def hidden_variance(corpus, work):
    """-> {checkpoint: rows of `stage.variance`} of the base, which never dropped, and of both that learned to."""
    held = Examples(corpus, work, "val", seed=1)
    found = {}
    for name in SAMPLED:
        if (Path(work) / f"{name}.pt").exists():
            model = averaged(work, name)
            found[name] = variance(model, held, model.base.resampler)
    return found


def plot(results, work, out):
    """Writes variance.svg and training.svg to the folder `out`."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(results["variance"]), figsize=(4 * len(results["variance"]), 3.2), sharey=True, squeeze=False)
    for axis, (name, found) in zip(axes[0], results["variance"].items()):
        for blocks in sorted({row["blocks"] for row in found}):
            mine = [row for row in found if row["blocks"] == blocks]
            line = axis.plot([row["sigma"] for row in mine], [row["last_kept"] for row in mine], label=f"{blocks} blocks")[0]
            axis.plot([row["sigma"] for row in mine], [row["tail_dropped"] for row in mine], "--", color=line.get_color())
        axis.set(title=name, xscale="log", xlabel="sigma")
    axes[0][0].set_ylabel("RMS at the head's input")
    axes[0][-1].legend(title="last kept; dashed: tail dropped", fontsize=7, title_fontsize=7)
    figure.tight_layout()
    figure.savefig(Path(out) / "variance.svg")

    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3.2))
    for name in DISTILLED:
        history = Path(work) / f"{name}.jsonl"
        if history.exists():
            found = [json.loads(line) for line in history.read_text().splitlines()]
            updates = [row.get("update", i) for i, row in enumerate(found)]
            for axis, key in zip(axes, ("distance", "rms")):
                axis.plot(updates, [row["steps"]["4"][key] for row in found], label=name)
    axes[0].set(xlabel="updates of the generator", ylabel="Frechet distance, 4 steps")
    axes[1].set(xlabel="updates of the generator", ylabel="level relative to music, 4 steps")
    axes[1].legend()
    figure.tight_layout()
    figure.savefig(Path(out) / "training.svg")


def table(results):
    """Markdown of `rows`: mean and half the range over seeds."""
    lines = ["| row | Frechet distance | level relative to music |", "| --- | --- | --- |"]
    for name, found in results["rows"].items():
        cells = []
        for key in ("distance", "rms"):
            values = [row[key] for row in found]
            cells.append(f"{sum(values) / len(values):.3f} ± {(max(values) - min(values)) / 2:.3f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def run(corpus, work, out):
    """Writes out/presto.json, variance.svg and training.svg; prints the table."""
    results = {"variance": hidden_variance(corpus, work), "rows": rows(corpus, work)}
    Path(out).mkdir(parents=True, exist_ok=True)
    (Path(out) / "presto.json").write_text(json.dumps(results, indent=1) + "\n")
    plot(results, work, out)
    print(table(results))
