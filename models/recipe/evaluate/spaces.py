"""Embedding spaces in which sets of clips are compared; the generator has seen none of them.

A space turns ten seconds of audio (2, samples), 48 kHz, into one vector for each of a few windows.

  judge   the audio tower of `recipe.judge`, before it is turned towards words
  mel     statistics of log-mel spectra and onsets (`listen.style_vector`): fixed, nothing learned
  pitch   what Basic Pitch's network (Bittner et al. 2022, Apache-2.0) hears: notes and onsets of 88 pitches
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from scipy.signal import resample_poly

from .. import judge, listen

WINDOW_S = 2.5


def cut(audio, seconds, rate=listen.RATE):
    """-> whole windows (count, channels, samples)."""
    n = round(seconds * rate)
    return audio[:, : audio.shape[1] // n * n].reshape(len(audio), -1, n).transpose(1, 0, 2)


def mel(audio):
    """-> (4, 145)."""
    return np.stack([listen.style_vector(w) for w in cut(audio, WINDOW_S)])


def by_judge(model):
    """-> audio -> (4, 320)."""

    @torch.no_grad()
    def space(audio):
        x = judge.mel(audio)
        n = round(WINDOW_S * judge.RATE)
        windows = x[: len(x) // n * n].reshape(-1, n, judge.BANDS)
        return model.tower(torch.tensor(windows)).numpy()

    return space


BASIC_PITCH = "saved_models/icassp_2022/nmp.onnx"
BASIC_PITCH_RATE, BASIC_PITCH_SAMPLES = 22050, 43844


@cache
def basic_pitch():
    """The network's session; None without the package (`pip install --no-deps basic-pitch`)."""
    found = find_spec("basic_pitch")
    if found is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(Path(found.origin).parent / BASIC_PITCH), options)


def pitch(audio):
    """-> (5, 352): mean and spread over two seconds of the 88 note and the 88 onset probabilities."""
    low = resample_poly(audio.mean(0), 147, 320).astype(np.float32)
    x = cut(low[None], BASIC_PITCH_SAMPLES / BASIC_PITCH_RATE, BASIC_PITCH_RATE).transpose(0, 2, 1)
    session = basic_pitch()
    first, second = [o.name for o in session.get_outputs() if o.shape[-1] == 88]
    notes, onsets = session.run([first, second], {session.get_inputs()[0].name: np.ascontiguousarray(x)})
    return np.concatenate([notes.mean(1), notes.std(1), onsets.mean(1), onsets.std(1)], 1)


def spaces(model):
    """-> {name: space}, all that can be had here."""
    out = {"judge": by_judge(model), "mel": mel}
    return out | ({"pitch": pitch} if basic_pitch() else {})
