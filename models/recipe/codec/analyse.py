"""Corpus clips -> features, PCA, latents. Resumable: features of a clip are computed once."""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

from . import features, pca


def load_audio(path):
    """-> (2, samples) float32."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != features.SAMPLE_RATE:
        raise ValueError(f'sample rate of "{path}" is {rate}, wanted {features.SAMPLE_RATE}')
    return np.ascontiguousarray(audio.T[:2] if audio.shape[1] > 1 else np.repeat(audio.T, 2, 0))


def _features_of(job):
    source, target = job
    if not target.exists():
        x = features.features(load_audio(source)).astype(np.float16)
        np.save(target.with_suffix(".tmp.npy"), x)
        target.with_suffix(".tmp.npy").rename(target)
    return target


def extract(corpus, work, workers=2):
    """Writes work/features/ID.npy (latent frames, DIM) float16 for each clip that has its labels."""
    folder = Path(work) / "features"
    folder.mkdir(parents=True, exist_ok=True)
    clips = sorted(p for p in Path(corpus).glob("*.flac") if p.with_suffix(".json").exists())
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_features_of, [(c, folder / f"{c.stem}.npy") for c in clips], chunksize=4))


def is_train(corpus, clip_id):
    return json.loads((Path(corpus) / f"{clip_id}.json").read_text())["split"] == "train"


def fit(corpus, work, dims, sample_frames=40000, seed=0):
    """Fits the PCA on random training frames and writes work/pca.npz."""
    rng = np.random.default_rng(seed)
    paths = [p for p in sorted((Path(work) / "features").glob("?????.npy")) if is_train(corpus, p.stem)]
    each = max(1, sample_frames // len(paths))
    rows = []
    for path in paths:
        x = np.load(path, mmap_mode="r")
        rows.append(np.array(x[np.sort(rng.permutation(len(x))[:each])], np.float32))
    fitted = pca.fit(np.concatenate(rows), dims)
    np.savez(Path(work) / "pca.npz", **fitted)
    return fitted


def encode_all(work):
    """Writes work/latents/ID.npy (latent frames, dims) float16."""
    fitted = dict(np.load(Path(work) / "pca.npz"))
    folder = Path(work) / "latents"
    folder.mkdir(exist_ok=True)
    for path in sorted((Path(work) / "features").glob("?????.npy")):
        z = pca.encode(fitted, np.load(path).astype(np.float32))
        np.save(folder / path.name, z.astype(np.float16))
