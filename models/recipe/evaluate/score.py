"""Scores a set of clips: what each one sounds like beside what was asked, and how near all are to real music."""

from dataclasses import dataclass

import numpy as np
import torch

from .. import judge as J
from .. import listen, metrics, rhythm

BEAT = 0.9  # share of an excerpt that has drums: then its beat can be heard
TEMPO_WITHIN = 0.01
DIMS = 32  # directions in which Frechet distances are taken
LEAST = 2 * (metrics.K + 1)  # clips; half of them must still have neighbours


@dataclass
class Ears:
    """What listens. `words` gives sentence embeddings of texts; `reference` the vectors of real music, {space: (clips, windows, d)}."""

    judge: J.Judge
    words: object
    nearest: listen.NearestClass
    spaces: dict
    reference: dict

    def __post_init__(self):
        self.styles = self.nearest.names
        self.style_words = self.judge.words(torch.tensor(self.words(self.styles))).detach()
        self.near = {name: metrics.Projection(rows.reshape(-1, rows.shape[2]), DIMS) for name, rows in self.reference.items()}


def vectors(audio, spaces):
    """-> {space: (windows, d)}."""
    return {name: space(audio) for name, space in spaces.items()}


def heard(audio, ask, ears):
    """One clip beside its Ask -> dict of numbers; NaN where the Ask says nothing to compare with."""
    with torch.no_grad():
        sound = ears.judge.sound(torch.tensor(J.mel(audio))[None])[0]
        caption = ears.judge.words(torch.tensor(ears.words([ask.caption])))[0]
    order = ears.nearest.ranked(listen.style_vector(audio))
    found = rhythm.tempo(audio)
    beaten = ask.sounds()["drums"] and ask.share[0] >= BEAT
    return {
        "prompt": float(sound @ caption),
        "style_judge": float(ears.styles[int((ears.style_words @ sound).argmax())] == ask.style),
        "style_first": float(order[0] == ask.style),
        "style_third": float(ask.style in order[:3]),
        "tempo": float(rhythm.tempo_error(found, ask.bpm) < TEMPO_WITHIN) if beaten else np.nan,
        "on_beat": rhythm.on_beat(audio, ask.bpm, ask.first_beat) if beaten else np.nan,
        "chord": listen.chord_correlation(audio, ask.chord_spans()),
        "lufs": listen.lufs(audio),
        "silent": listen.silent_share(audio),
        "clipped": listen.clipped_share(audio),
    }


def distances(made, reference, project):
    """made, reference (clips, windows, d) -> dict. Windows make up a Frechet distance; clips, as the mean of their windows, have neighbours."""
    x, y = (project(v.reshape(-1, v.shape[2])) for v in (reference, made))
    real, clips = x.reshape(*reference.shape[:2], -1).mean(1), y.reshape(*made.shape[:2], -1).mean(1)
    return {"frechet": metrics.frechet(x, y), "mmd": metrics.mmd(real, clips), **metrics.neighbourhoods(real, clips)}


def score_once(make, asks, ears, seed):
    """-> (rows of `heard`, {space: (clips, windows, d)})."""
    rows, found = [], {name: [] for name in ears.spaces}
    for ask, audio in zip(asks, make(asks, seed)):
        rows.append(heard(audio, ask, ears))
        for name, v in vectors(audio, ears.spaces).items():
            found[name].append(v)
    return rows, {name: np.stack(v) for name, v in found.items()}


def summary(rows, found, ears):
    """Rows and vectors of one seed -> {measure: (value, standard error over clips)}."""
    out = {}
    for key in rows[0]:
        values = np.array([r[key] for r in rows])
        values = values[~np.isnan(values)]
        if len(values):
            out[key] = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    for name, made in found.items():
        of = lambda chosen, made=made, name=name: distances(made[chosen], ears.reference[name], ears.near[name])  # noqa: E731
        whole = of(np.arange(len(made)))
        halves = [of(rows) for rows in metrics.halves(len(made))]
        for key, value in whole.items():
            out[f"{name}_{key}"] = value, float(np.std([h[key] for h in halves], ddof=1))
    return out


def score(make, asks, ears, seeds=1, log=print):
    """-> {measure: {"value", "error"}}; error: half of a 95 % confidence interval.

    Over clips with one seed; with more over seeds (Student's t), which is what another run would give for
    the same asks.
    """
    from scipy.stats import t

    if len(asks) < LEAST:
        raise ValueError(f"{len(asks)} clips are too few to compare sets, accepted: {LEAST} or more")
    each = []
    for seed in range(seeds):
        each.append(summary(*score_once(make, asks, ears, seed), ears))
        log(f"seed {seed}: " + " ".join(f"{k} {v:.3f}" for k, (v, _) in each[-1].items()), flush=True)
    out = {}
    for key in each[0]:
        values = np.array([e[key][0] for e in each])
        error = 1.96 * each[0][key][1] if seeds == 1 else t.ppf(0.975, seeds - 1) * values.std(ddof=1) / np.sqrt(seeds)
        out[key] = {"value": float(values.mean()), "error": float(error)}
    return out
