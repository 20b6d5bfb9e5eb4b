"""What speed costs: how far rows are from music, over how fast they come out of a server.

Rows are those of work/results whose names are keys of a file that `deno task bench:packages --json` wrote: `pocket`,
`pocket@8` (8 steps) and so on.
"""

import json
from pathlib import Path

from . import tables

TOLD = (("prompt", 2), ("style_judge", 2), ("chord", 2), ("judge_frechet", 3), ("mel_frechet", 3))


def points(results, speeds):
    """-> [(name, times real time, {measure: value})], the fastest first."""
    found = [(n, speed, {k: m["value"] for k, m in results[n]["measures"].items()}) for n, speed in speeds.items() if n in results]
    return sorted(found, key=lambda point: -point[1])


def markdown(found):
    head = ["row", "times real time", "prompt score", "style, judge", "chord correlation", "FAD judge", "FAD log-mel"]
    return tables.table(head, [[n, f"{speed:.1f}", *(f"{told[k]:.{digits}f}" for k, digits in TOLD)] for n, speed, told in found])


def plot(found, floor, path):
    """FAD over speed as SVG; `floor` is that of the codec's round trip."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3.6))
    for name, speed, told in found:
        axis.plot(speed, told["judge_frechet"], "o")
        axis.annotate(name, (speed, told["judge_frechet"]), xytext=(4, 4), textcoords="offset points", fontsize=8)
    axis.axhline(floor, linestyle="--", linewidth=1, color="grey")
    axis.annotate("codec", (axis.get_xlim()[0], floor), xytext=(4, 3), textcoords="offset points", fontsize=8)
    axis.set(xlabel="times real time, 32 s of stereo", ylabel="FAD, judge")
    axis.margins(x=0.2, y=0.15)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def run(work, speeds):
    """Prints the table, writes work/tradeoff.svg."""
    results = tables.load(work)
    found = points(results, json.loads(Path(speeds).read_text()))
    print(markdown(found))
    plot(found, results["codec"]["measures"]["judge_frechet"]["value"], Path(work) / "tradeoff.svg")
