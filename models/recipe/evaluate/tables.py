"""Results in work/results/NAME.json -> the Markdown tables of the model card."""

import json
from pathlib import Path

CONTROLS = ("real", "codec", "shuffled", "noise")
SPACES = {"judge": "judge", "mel": "log-mel", "pitch": "Basic Pitch"}
PERCENT = ("tempo", "style_first", "style_third", "style_judge", "silent")
COLUMNS = {
    "prompt": "prompt score", "style_judge": "style, judge", "style_first": "style, nearest class", "style_third": "among three",
    "tempo": "tempo within 1 %", "on_beat": "onsets on the beat", "chord": "chord correlation", "lufs": "LUFS", "silent": "silent", "clipped": "clipped",
}  # fmt: skip
STEPS = 20  # of a mix of prompts
DISTANCES = {"frechet": "FAD", "mmd": "MMD", "density": "density", "recall": "recall", "coverage": "coverage"}


def save(work, name, **result):
    path = Path(work) / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = json.loads(json.dumps({"name": name, **result}), parse_float=lambda text: float(f"{float(text):.5g}"))
    path.write_text(json.dumps(rounded, indent=1) + "\n")


def load(work):
    """Every result, the controls first, then as their files are named."""
    found = {p.stem: json.loads(p.read_text()) for p in sorted((Path(work) / "results").glob("*.json"))}
    return {n: found[n] for n in (*CONTROLS, *(n for n in found if n not in CONTROLS)) if n in found}


def cell(measure, key):
    if measure is None:
        return "-"
    value, error = measure["value"], measure["error"]
    if key in PERCENT:
        return f"{value:.0%} ± {100 * error:.0f}"
    digits = 4 if key in ("clipped", "mmd") else 3 if key == "frechet" else 1 if key == "lufs" else 2
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def relative(scored):
    """Rows beside their bounds: shares of what real clips and the codec's round trip reach, distances in multiples of the round trip's."""
    if not {"real", "codec"} <= set(scored):
        return []
    real, floor = scored["real"]["measures"], scored["codec"]["measures"]
    spaces = [s for s in SPACES if f"{s}_frechet" in floor]
    head = ["row", "prompt score / real", "chord correlation / codec", *(f"FAD {SPACES[s]} / codec" for s in spaces)]
    rows = []
    for name, r in scored.items():
        value = {k: v["value"] for k, v in r["measures"].items()}
        shares = [f"{value[k] / bound[k]['value']:.0%}" for k, bound in (("prompt", real), ("chord", floor))]
        rows.append([name, *shares, *(f"{value[f'{s}_frechet'] / floor[f'{s}_frechet']['value']:.1f}" for s in spaces)])
    return [table(head, rows)]


def drift(name, pieces, distance):
    """Minute by minute."""
    rows = [
        [f"{prompt}, {key}", *(f"{v:.{digits}f}" for v in piece[field])]
        for prompt, piece in pieces.items()
        for field, key, digits in (("lufs", "LUFS", 1), ("centroid_hz", "centroid Hz", 0))
    ]
    rows.append(["FAD, log-mel", *(f"{v:.2f}" for v in distance)])
    return table([f"{name}, minute", *(str(i + 1) for i in range(len(distance)))], rows)


def coders(found):
    said = (("log_mel_db", 2), ("convergence", 3), ("onsets", 2), ("warble_db", 1), ("warble_cents", 1))
    rows = [[name, *(f"{r[key]:.{digits}f}" for key, digits in said)] for name, r in found.items()]
    return table(["coder", "log-mel error, dB", "spectral convergence", "onset correlation", "warble, dB", "warble, cents"], rows)


def prompts(found):
    """What the prompt encoder understands."""
    rows = [
        [who, *(f"{r[k][n]:.0%}" for k, n in (("style", "first"), ("style", "among"), ("mood", "first"), ("both", "among")))]
        for who, r in found["retrieval"].items()
    ]
    of = next(iter(found["retrieval"].values()))
    head = ["500 paraphrases", f"style of {of['style']['of']}", "style among 16", f"mood of {of['mood']['of']}", "style and mood among 16"]
    timed = found["tempo"]
    told = lambda bpm: "none" if bpm is None else f"{bpm:.0f}"
    said = [[t, f"{slow:g}" if slow == fast else f"{slow:g}-{fast:g}", told(bpm)] for t, slow, fast, bpm in timed["predicted"]]
    return "\n\n".join([
        table(head, rows),
        f"Longest of {STEPS} steps between prompts over the mean: {found['roughest']:.2f}. "
        f"Time of a prompt on one core: {found['milliseconds']:.1f} ms. "
        f"Tempo right within 10 % where one is implied: {timed['right']:.0%}; none where none is: {timed['absent']:.0%}.",
        table(["implies a tempo", "bpm", "predicted"], said),
        table(["implies none", "predicted"], [[t, told(bpm)] for t, bpm in timed["untimed"].items()]),
        table(["prompt", "nearest caption", "cosine"], [[t, c, f"{x:.2f}"] for t, (c, x) in found["nearest"].items()]),
    ])  # fmt: skip


def markdown(results):
    """-> one table of what was asked for, one of distances for each space, with 95 % confidence; then what else was measured."""
    scored = {name: r for name, r in results.items() if "measures" in r}
    parts = []

    def rows(keys):
        return [[name, *(cell(r["measures"].get(k), k.split("_")[-1] if k not in COLUMNS else k) for k in keys)] for name, r in scored.items()]

    parts.append(table(["row", *COLUMNS.values()], rows(COLUMNS)))
    for space, title in SPACES.items():
        keys = [f"{space}_{k}" for k in DISTANCES]
        if any(keys[0] in r["measures"] for r in scored.values()):
            parts.append(f"{title}:\n\n" + table(["row", *DISTANCES.values()], rows(keys)))
    parts += relative(scored)
    for key, title in (("muted", "dB down when muted"), ("steering", "0.9 over 0.1")):
        some = {name: r[key] for name, r in results.items() if key in r}
        names = sorted({k for r in some.values() for k in r})
        if some:
            parts.append(table([title, *names], [[name, *(f"{r[k]:.2f}" for k in names)] for name, r in some.items()]))
    parts += [drift(name, r["drift"], r["drift_frechet"]) for name, r in results.items() if "drift" in r]
    parts += [coders(r["coders"]) for r in results.values() if "coders" in r]
    parts += [prompts(r["prompts"]) for r in results.values() if "prompts" in r]
    return "\n\n".join(parts)
