"""What scenes, places, dances and moods are heard as, where captions have no word for them.

Each line of associations.tsv files a short text under a style and a mood of the corpus ("-": any). From them
the teacher learns to put such a text where captions of that style and mood lie, while captions stay where they
are. What it makes of words that are in no line is its own guess, out of what it knew before.
"""

import csv
import re
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as f

from ..corpus import words
from .teacher import Teacher

SHARPNESS = 20.0  # of the softmax over cosines
HELD_OUT = 10  # one of so many lines


def lines():
    """-> [{"style", "mood", "text"}]."""
    with (Path(__file__).parent / "associations.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def phrases():
    """-> {style: phrases}, {mood: phrases}: what captions call each."""
    return {s: names + words.USE_STYLE[s] for s, names in words.STYLE.items()}, words.MOOD


def mood_of(captions):
    """The mood whose words a clip's captions say most often, "-" where they say none."""
    said = " ".join(captions).lower()
    times = {mood: sum(len(re.findall(rf"\b{re.escape(word.lower())}\b", said)) for word in table) for mood, table in words.MOOD.items()}
    best = max(times, key=times.get)
    return best if times[best] else "-"


def fitting(lines, style, mood):
    """Indices of the lines that name this style or, naming none, this mood, and nothing else than these."""
    return [
        i
        for i, line in enumerate(lines)
        if line["style"] in (style, "-") and line["mood"] in (mood, "-") and (line["style"], line["mood"]) != ("-", "-")
    ]


def caption(style, mood, rng):
    """What a caption might say of a style and a mood, "-" for either left out."""
    styles, moods = phrases()
    told = [table[name] for table, name in ((moods, mood), (styles, style)) if name != "-"]
    return " ".join(str(rng.choice(table)) for table in told)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def classes(rows, told):
    """-> names, their mean directions (classes, dims), as unlike as they can be: without what they share."""
    means = unit(np.stack([rows(texts).mean(0) for texts in told.values()]))
    return list(told), unit(means - means.mean(0))


def indices(names, wanted):
    """-> the place of each wanted name (n), -100 (none, to cross_entropy) for "-"."""
    return torch.tensor([-100 if name == "-" else names.index(name) for name in wanted])


@torch.no_grad()
def right(embed, held, tables):
    """-> share of lines whose style, and whose mood, is the nearest."""
    e = embed([a["text"] for a in held])
    out = {}
    for kind, (names, centres) in tables.items():
        wanted = indices(names, [a[kind] for a in held]).numpy()
        known = wanted >= 0
        out[kind] = float(((e @ centres.T).argmax(1)[known] == wanted[known]).mean())
    return out


def teach(out, kept, epochs=6, batch=64, lr=1e-4, log=print):
    """The teacher with the associations learned -> Teacher; its weights are kept in `out`, or read from there.

    `kept`: texts whose embeddings are to stay as they are.
    """
    teacher = Teacher()
    if Path(out).exists():
        teacher.model.load_state_dict(torch.load(out, map_location="cpu"))
        return teacher
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    before = lambda texts: teacher.embed(texts).astype(np.float32)
    tables = {kind: classes(before, told) for kind, told in zip(("style", "mood"), phrases())}
    centres = {kind: (names, torch.tensor(c)) for kind, (names, c) in tables.items()}
    told = [a for a in lines() if a["style"] != "-" or a["mood"] != "-"]
    held, train = told[::HELD_OUT], [a for i, a in enumerate(told) if i % HELD_OUT]
    said = [caption(a["style"], a["mood"], rng) for a in train]
    kept = [str(t) for t in rng.permutation(kept)[: len(train) * epochs]]
    targets, stay = torch.tensor(before(said)), torch.tensor(before(kept))
    log(f"{len(train)} associations; of {len(held)} held out, right before: {right(before, held, tables)}", flush=True)
    teacher.model.embeddings.requires_grad_(False)  # words that are in no line move with those that are
    trained = [p for p in teacher.model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=lr, weight_decay=0.01)
    steps, begin = epochs * len(train) // batch, time.time()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 20) * (1 - step / steps)
        if step % (len(train) // batch) == 0:
            order = rng.permutation(len(train))
        rows = order[step % (len(train) // batch) * batch :][:batch]
        others = np.arange(step * batch, (step + 1) * batch) % len(kept)
        e = teacher.grasp([train[i]["text"] for i in rows])
        loss = 2 * (1 - (e * targets[rows]).sum(1)).mean()
        for kind, (names, c) in centres.items():
            wanted = indices(names, [train[i][kind] for i in rows])
            if (wanted >= 0).any():
                loss = loss + f.cross_entropy(SHARPNESS * e @ c.T, wanted)
        loss = loss + 8 * (1 - (teacher.grasp([kept[i] for i in others]) * stay[others]).sum(1)).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        if step % 50 == 49:
            log(f"step {step + 1} of {steps} {time.time() - begin:.0f}s loss {loss.item():.3f}", flush=True)
    teacher.model.eval()
    log(f"right after: {right(before, held, tables)}", flush=True)
    torch.save(teacher.model.state_dict(), out)
    return teacher
