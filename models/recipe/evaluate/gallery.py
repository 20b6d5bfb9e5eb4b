"""The gallery: a short piece a style, as a server makes it, with a picture of its spectrum."""

import io
import json
import urllib.request
from pathlib import Path

import numpy as np
import soundfile

from .. import listen

SECONDS = 8
PROMPTS = {
    "ambient": "calm ambient pads, slowly moving", "ballad": "tender piano ballad with strings", "blues": "slow electric blues, shuffled",
    "bossa nova": "bossa nova with nylon guitar", "celtic": "lively celtic dance with flute", "chiptune": "bright chiptune for a boss fight",
    "drum and bass": "fast drum and bass with a rolling bass", "folk": "warm acoustic folk", "funk": "upbeat funk with slap bass",
    "house": "sunny house with piano chords", "jazz": "jazz trio with walking bass", "lo-fi hip hop": "lo-fi hip hop to study to",
    "metal": "heavy metal riffs, double bass drum", "orchestral": "orchestral film score, building", "reggae": "laid-back reggae",
    "rock": "driving rock with distorted guitars", "synthwave": "nostalgic synthwave, 80s night drive", "techno": "driving dark techno",
    "trap": "dark trap with booming bass", "waltz": "elegant waltz for strings",
}  # fmt: skip


def picture(pieces, path):
    """Mel spectrograms of {name: audio (2, samples)}, one below the other in two columns, as JPEG."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    rows = -(-len(pieces) // 2)
    figure, axes = pyplot.subplots(rows, 2, figsize=(12, 1.5 * rows), sharex=True, squeeze=False)
    for axis, (name, audio) in zip(axes.T.flat, pieces.items()):
        mel = listen.log_mel(audio).T
        axis.imshow(mel, origin="lower", aspect="auto", cmap="magma", vmin=mel.max() - 70, vmax=mel.max(), extent=(0, len(audio[0]) / listen.RATE, 0, 80))
        axis.set_title(name, fontsize=8, pad=2)
        axis.set_yticks([])
    for axis in axes[-1]:
        axis.set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=80, pil_kwargs={"quality": 70})


def run(url, folder, seed=1):
    """Writes folder/STYLE.ogg (Opus, 48 kbit/s) for every style and folder/spectrograms.jpg; prints level and tempo of each."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pieces = {}
    for style, prompt in PROMPTS.items():
        start = {"prompts": [{"text": prompt}], "duration": {"seconds": SECONDS}, "seed": seed, "format": {"codec": "opus", "bitrate": 48000}}
        request = urllib.request.Request(f"{url}/v1/generate", json.dumps(start).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            data, bpm = response.read(), response.headers["x-bpm"]
        (folder / f"{style.replace(' ', '-')}.ogg").write_bytes(data)
        audio, _ = soundfile.read(io.BytesIO(data), dtype="float32")
        pieces[style] = np.ascontiguousarray(audio.T)
        print(f"{style}: {prompt}: {bpm} bpm, {listen.lufs(pieces[style]):.1f} LUFS", flush=True)
    picture(pieces, folder / "spectrograms.jpg")
