"""The nearest-class check: which style a clip sounds like, by statistics alone."""

from pathlib import Path

import numpy as np

from .. import listen
from ..codec.analyse import load_audio
from .asks import SECONDS, held_out

CLIPS = 400  # of the training split


def nearest_class(corpus, work):
    """-> listen.NearestClass fitted to training clips; what it has heard is kept in work/style.npz."""
    path = Path(work) / "style.npz"
    if not path.exists():
        labels = list(held_out(corpus, ("train",)))
        labels = labels[:: max(1, len(labels) // CLIPS)]
        vectors = []
        for label in labels:
            audio = load_audio(Path(corpus) / f"{label['id']}.flac")
            vectors.append(listen.style_vector(audio[:, audio.shape[1] // 4 :][:, : round(SECONDS * listen.RATE)]))
        np.savez(path, vectors=np.stack(vectors), styles=[label["style"] for label in labels])
    saved = np.load(path)
    return listen.NearestClass(list(saved["vectors"]), saved["styles"].tolist())
