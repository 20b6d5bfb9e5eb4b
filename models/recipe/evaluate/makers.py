"""Who makes the music that is judged: a maker takes asks and a seed and yields audio (2, 480000), 48 kHz, for each.

`real`, `round_trip`, `shuffled` and `noise` are the controls: they bound what any model can reach.
"""

import io
import json
import urllib.request
from pathlib import Path

import numpy as np
import soundfile
import torch

from ..codec import calibrate
from ..codec import features as F
from ..codec.analyse import load_audio
from .asks import FRAMES, LEAD, SECONDS

SAMPLES = round(SECONDS * F.SAMPLE_RATE)
BATCH = 8


def real(corpus):
    """The clips themselves."""

    def make(asks, seed=0):
        for ask in asks:
            start = (ask.at + LEAD) * F.LATENT_HOP
            audio = load_audio(Path(corpus) / f"{ask.clip}.flac")[:, start : start + SAMPLES]
            yield np.pad(audio, ((0, 0), (0, SAMPLES - audio.shape[1])))

    return make


def round_trip(work, decoder):
    """The clips through the codec: the floor of what is made in its latents."""

    def make(asks, seed=0):
        for ask in asks:
            z = np.load(Path(work) / "latents" / f"{ask.clip}.npy")[ask.at : ask.at + FRAMES]
            yield heard(decoder, z.astype(np.float32))

    return make


def shuffled(make):
    """What was made for one is given to another: the ceiling of everything that is asked for."""

    def other(asks, seed=0):
        turn = len(asks) // 2 + 1
        yield from make(asks[turn:] + asks[:turn], seed)

    return other


def noise(make):
    """The spectrum and level of what was made, without any order in time: the ceiling of distances."""

    def other(asks, seed=0):
        rng = np.random.default_rng(seed)
        for audio in make(asks, seed):
            spectrum = np.fft.rfft(audio, axis=1)
            turned = np.fft.irfft(spectrum * np.exp(2j * np.pi * rng.random(spectrum.shape[1])), audio.shape[1], axis=1)
            yield turned.astype(np.float32)

    return other


def heard(decoder, z):
    """Latents (FRAMES, dims) -> audio, without the LEAD."""
    return calibrate.render(decoder, z)[0][:, LEAD * F.LATENT_HOP :].astype(np.float32)


def rows(draw, resampler, work, decoder, sees=("beat", "chord", "key", "parts")):
    """A checkpoint in PyTorch, asked with the words and the control groups `sees` of each excerpt, without context.

    draw(shape, conditions) -> latents, as the samplers of `presto`.
    """
    from .. import labels
    from ..presto.music import Conditions

    folder = Path(work) / ("heard" if (Path(work) / "heard").exists() else "embeddings")  # words as the server will read them
    at = labels.slices()

    def controls_of(ask):
        full = np.load(Path(work) / "controls" / f"{ask.clip}.npy")[ask.at : ask.at + FRAMES].astype(np.float32)
        out = np.zeros_like(full)
        for name in sees:
            out[:, at[name]] = full[:, at[name]]
        for i, part in enumerate(labels.PARTS):
            if part in ask.off:
                out[:, at["parts"].start + i] = 0
        return out

    @torch.no_grad()
    def make(asks, seed=0):
        torch.manual_seed(seed)
        for start in range(0, len(asks), BATCH):
            group = asks[start : start + BATCH]
            words = np.stack([np.load(folder / f"{a.clip}.npy")[a.row] for a in group]).astype(np.float32)
            prompt = resampler(torch.tensor(words))
            controls = torch.tensor(np.stack([controls_of(a) for a in group]))
            dims = np.load(Path(work) / "latents" / f"{group[0].clip}.npy", mmap_mode="r").shape[1]
            context = torch.zeros(len(group), FRAMES, dims + 1)
            made = draw((len(group), FRAMES, dims), Conditions(prompt, controls, context))
            for z in made.numpy():
                yield heard(decoder, z)

    return make


def generate(url, prompt, seconds, **controls):
    """Music of a running server -> audio (2, samples), bpm as the server tells it."""
    start = {"prompts": [{"text": prompt}], "duration": {"seconds": seconds}, "format": "wav", **controls}
    request = urllib.request.Request(f"{url}/v1/generate", json.dumps(start).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        audio, _ = soundfile.read(io.BytesIO(response.read()), dtype="float32")
        return np.ascontiguousarray(audio.T), float(response.headers["x-bpm"])


def asked_of_server(ask):
    """An Ask as controls of /v1/generate."""
    chords = [{"chord": symbol, "beats": end - start} for start, end, _, symbol in ask.chords]
    return {"bpm": ask.bpm, "meter": ask.meter, "key": ask.key, "chords": chords, "parts": ask.sounds()}


def server(url, **options):
    """A running server, asked from the excerpt's bar on; `options` go along (`steps`, `guidance`)."""

    def make(asks, seed=0):
        for i, ask in enumerate(asks):
            audio, _ = generate(url, ask.caption, SECONDS, seed=1000 * seed + i, **asked_of_server(ask), **options)
            yield audio

    return make
