"""What a stream does over time and under its controls: drift over ten minutes, parts that are muted, controls that are turned."""

import numpy as np

from .. import listen, metrics
from .makers import generate

MINUTE = 60 * listen.RATE
BANDS_HZ = {"drums": (8000, 16000), "bass": (30, 120)}
PLAYED = 0.9  # share of the excerpt in which a part must sound, to be missed when it is muted


def drift(url, prompts, ears, minutes=10, seed=0, **controls):
    """Long pieces of a server -> {prompt: {"lufs", "centroid_hz": minute by minute}}, and the Frechet distance of each minute to real music (log-mel space).

    A minute of one piece is too little for a distance: it is taken over all pieces.
    """
    space, reference, project = ears.spaces["mel"], ears.reference["mel"], ears.near["mel"]
    real = project(reference.reshape(-1, reference.shape[2]))
    pieces, found = {}, []
    for i, prompt in enumerate(prompts):
        audio, _ = generate(url, prompt, 60 * minutes, seed=seed + i, **controls)
        each = [audio[:, m * MINUTE : (m + 1) * MINUTE] for m in range(minutes)]
        pieces[prompt] = {"lufs": [listen.lufs(x) for x in each], "centroid_hz": [listen.centroid_hz(x) for x in each]}
        found.append([project(space(x)) for x in each])
    return pieces, [metrics.frechet(real, np.concatenate(minute)) for minute in zip(*found)]


def muted(make, asks, most=24, seed=0):
    """-> {part: by how many dB its band falls when it is asked to be silent}, median over excerpts in which it plays.

    The bass is muted where drums are muted too: a kick sounds in its band.
    """
    out = {}
    for part, (low, high) in BANDS_HZ.items():
        place = {"drums": 0, "bass": 1}[part]
        chosen = [a for a in asks if a.share[place] >= PLAYED][:most]
        if not chosen:
            continue
        others = ("drums",) if part == "bass" else ()
        with_it, without = ([*make([a.without(*off) for a in chosen], seed)] for off in (others, (*others, part)))
        falls = [listen.band_db(a, low, high) - listen.band_db(b, low, high) for a, b in zip(with_it, without)]
        out[part] = float(np.median(falls))
    return out


STEERED = ("house", "funk", "jazz", "folk", "synthwave", "rock")


def steering(url, seconds=10):
    """What a control moves, at 0.9 against 0.1, median over styles -> {"density": ratio of onsets a second, "brightness": ratio of centroids, "energy": dB}."""

    def moved(name, ear):
        for i, style in enumerate(STEERED):
            yield [ear(generate(url, style, seconds, seed=i, bpm=112, **{name: v})[0]) for v in (0.1, 0.9)]

    return {
        "density": float(np.median([high / max(low, 0.1) for low, high in moved("density", listen.onset_rate)])),
        "brightness": float(np.median([high / low for low, high in moved("brightness", listen.centroid_hz)])),
        "energy": float(np.median([high - low for low, high in moved("energy", listen.lufs)])),
    }
