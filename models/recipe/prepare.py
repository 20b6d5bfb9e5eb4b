"""Corpus -> what training reads: features, PCA, latents, controls, caption embeddings. Each part resumes."""

import json
from pathlib import Path

import numpy as np

from . import labels
from .codec import analyse


def controls(corpus, work):
    """Writes work/controls/ID.npy (latent frames, CHANNELS) float16."""
    folder = Path(work) / "controls"
    folder.mkdir(exist_ok=True)
    for path in sorted((Path(work) / "features").glob("?????.npy")):
        if not (folder / path.name).exists():
            label = json.loads((Path(corpus) / f"{path.stem}.json").read_text())
            np.save(folder / path.name, labels.controls(label, np.load(path)).astype(np.float16))


def embeddings(corpus, work):
    """Writes work/embeddings/ID.npy (captions, 384) float16."""
    from .text.teacher import Teacher

    folder = Path(work) / "embeddings"
    folder.mkdir(exist_ok=True)
    todo = [p for p in sorted(Path(corpus).glob("?????.json")) if not (folder / f"{p.stem}.npy").exists()]
    if not todo:
        return
    teacher = Teacher()
    captions = [json.loads(p.read_text())["captions"] for p in todo]
    rows = teacher.embed([c for clip in captions for c in clip])
    at = 0
    for path, clip in zip(todo, captions):
        np.save(folder / f"{path.stem}.npy", rows[at : at + len(clip)])
        at += len(clip)


def run(corpus, work, dims=128, workers=2):
    analyse.extract(corpus, work, workers)
    if not (Path(work) / "pca.npz").exists():
        fitted = analyse.fit(corpus, work, dims)
        print(f"{dims} components hold {fitted['explained']:.3f} of the weighted variance", flush=True)
    analyse.encode_all(work)
    controls(corpus, work)
    embeddings(corpus, work)
