"""Measures the codec on held-out clips, and the music that a running server makes of prompts.

  python -m recipe evaluate                      the codec, beside Opus on the same clips
  python -m recipe evaluate --url http://HOST    music from the server: tempo, chords, parts, style, level
"""

import io
import json
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import numpy as np
import soundfile
import torch

from . import listen
from .codec import calibrate
from .codec import features as F
from .codec import pca as P
from .codec.analyse import load_audio
from .export import load_models

SECONDS = 8


def held_out(corpus, split="test"):
    for path in sorted(Path(corpus).glob("?????.json")):
        label = json.loads(path.read_text())
        if label["split"] == split:
            yield path.with_suffix(".flac"), label


@torch.no_grad()
def decode(decoder, z):
    """Latents (n, dims) -> (2, 3840 n) through the decoder network and the reference synthesis."""
    return calibrate.render(decoder, z)[0]


def opus(audio, kbps):
    with tempfile.TemporaryDirectory() as folder:
        wav, coded = Path(folder) / "a.wav", Path(folder) / "a.opus"
        soundfile.write(wav, audio.T, F.SAMPLE_RATE)
        subprocess.run(["opusenc", "--quiet", "--bitrate", str(kbps), wav, coded], check=True)
        subprocess.run(["opusdec", "--quiet", "--rate", "48000", "--force-wav", coded, wav], check=True)
        return load_audio(wav)


def codec(corpus, work, clips=21):
    """Table of log-mel error (dB), spectral convergence, onset correlation, against Opus."""
    fitted = dict(np.load(Path(work) / "pca.npz"))
    _, decoder, _ = load_models(work)
    rows = {}
    for path, _ in list(held_out(corpus))[:clips]:
        audio = load_audio(path)[:, : SECONDS * F.SAMPLE_RATE // F.LATENT_HOP * F.LATENT_HOP]
        z = P.encode(fitted, F.features(audio)).astype(np.float32)
        candidates = {"codec": decode(decoder, z)}
        for kbps in (12, 16, 24, 32):
            candidates[f"opus {kbps}k"] = opus(audio, kbps)
        skip = F.N_FFT
        for name, got in candidates.items():
            a, b = audio[:, skip:-skip], got[:, skip : audio.shape[1] - skip].astype(np.float32)
            row = (listen.log_mel_error(a, b), listen.spectral_convergence(a, b), listen.onset_correlation(a, b))
            rows.setdefault(name, []).append(row)
    for name, values in rows.items():
        mel, convergence, onset = np.mean(values, 0)
        print(f"{name:10} log-mel {mel:.2f} dB  convergence {convergence:.3f}  onsets {onset:.2f}", flush=True)
    return rows


def style_vectors(corpus, work, seconds=10):
    """-> list of (split, style, vector), kept in work/style.npz."""
    path = Path(work) / "style.npz"
    if not path.exists():
        rows = []
        for split in ("train", "val", "test"):
            for clip, label in held_out(corpus, split):
                audio = load_audio(clip)
                cut = audio[:, audio.shape[1] // 4 :][:, : seconds * F.SAMPLE_RATE]
                rows.append((split, label["style"], listen.style_vector(cut)))
        splits, styles, vectors = zip(*rows)
        np.savez(path, splits=splits, styles=styles, vectors=np.stack(vectors))
    saved = np.load(path)
    return list(zip(saved["splits"].tolist(), saved["styles"].tolist(), saved["vectors"]))


def style_judge(corpus, work):
    """A nearest-class check trained on the corpus, and how often it is right about clips it has not seen."""
    rows = style_vectors(corpus, work)
    train = [(style, vector) for split, style, vector in rows if split == "train"]
    judge = listen.NearestClass([v for _, v in train], [s for s, _ in train])
    right = [judge.ranked(v)[0] == style for split, style, v in rows if split != "train"]
    return judge, float(np.mean(right))


def generate(url, prompt, seconds, **controls):
    """-> audio (2, samples), bpm, as the server tells it."""
    start = {"prompts": [{"text": prompt}], "duration": {"seconds": seconds}, "format": "wav", **controls}
    request = urllib.request.Request(f"{url}/v1/generate", json.dumps(start).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        audio, _ = soundfile.read(io.BytesIO(response.read()), dtype="float32")
        return audio.T, float(response.headers["x-bpm"])


CHORDS = {"Am F C G": [(9, 0, 4), (5, 9, 0), (0, 4, 7), (7, 11, 2)], "Dm Bb Gm A": [(2, 5, 9), (10, 2, 5), (7, 10, 2), (9, 1, 4)]}


def chord_share(audio, bpm, chords):
    """Share of the chroma on the asked chord's tones, and on the tones of the same chords three semitones up."""
    bar = 240 / bpm
    own, other = [], []
    for i in range(int(audio.shape[1] / F.SAMPLE_RATE / bar)):
        profile = listen.chroma(audio, i * bar, (i + 1) * bar)
        tones = chords[i % len(chords)]
        own.append(profile[list(tones)].sum())
        other.append(profile[[(t + 6) % 12 for t in tones]].sum())
    return np.mean(own), np.mean(other)


def music(corpus, work, url, seeds=2, seconds=12):
    """Asks a running server for every style and writes what was measured, one line each and a summary."""
    judge, accuracy = style_judge(corpus, work)
    out = Path(work) / "listen"
    print(f"nearest class is right about {accuracy:.0%} of held-out clips (chance {1 / len(judge.names):.0%})", flush=True)
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for style in judge.names:
        for seed in range(seeds):
            chords = list(CHORDS)[seed % 2]
            bpm = [96, 124][seed % 2]
            audio, got = generate(url, prompt=style, seconds=seconds, seed=seed, bpm=bpm, chords=chords)
            soundfile.write(out / f"{style.replace(' ', '_')}_{seed}.flac", audio.T, F.SAMPLE_RATE)
            strength, rank = listen.beat_strength(audio, got)
            own, other = chord_share(audio, got, CHORDS[chords])
            order = judge.ranked(listen.style_vector(audio[:, F.SAMPLE_RATE :]))
            row = {
                "style": style, "heard": order[0], "place": order.index(style) + 1, "bpm": got, "beat": strength,
                "beat_rank": rank, "chord": own, "chord_other": other, "db": listen.loudness_db(audio),
                "peak": float(np.abs(audio).max()), "silent": listen.silent_share(audio),
            }  # fmt: skip
            rows.append(row)
            print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}, default=float), flush=True)
    place = np.array([r["place"] for r in rows])
    print(
        f"style first {np.mean(place == 1):.0%}, in first three {np.mean(place <= 3):.0%}; "
        f"beat rank {np.mean([r['beat_rank'] for r in rows]):.2f}; "
        f"chord tones {np.mean([r['chord'] for r in rows]):.3f} against {np.mean([r['chord_other'] for r in rows]):.3f}; "
        f"level {np.mean([r['db'] for r in rows]):.1f} dB +- {np.std([r['db'] for r in rows]):.1f}; "
        f"silent {np.mean([r['silent'] for r in rows]):.1%}",
        flush=True,
    )
    (out / "measured.json").write_text(json.dumps(rows, default=float, indent=1))


STEERED = ("house", "funk", "jazz", "folk", "synthwave", "rock")


def steering(url, seconds=10):
    """What each control moves, as ratios of high (0.9) to low (0.1), and of drums to no drums: median over styles."""
    ears = {
        "density": lambda a: listen.onset_envelope(a).mean(),
        "brightness": listen.centroid_hz,
        "energy": lambda a: listen.onset_envelope(a).mean(),
    }
    for name, ear in ears.items():
        pairs = [[generate(url, style, seconds, seed=i, bpm=112, **{name: v})[0] for v in (0.1, 0.9)] for i, style in enumerate(STEERED)]
        print(f"{name} 0.9 / 0.1: {np.median([ear(high) / ear(low) for low, high in pairs]):.2f}", flush=True)
    pairs = [[generate(url, style, seconds, seed=i, bpm=112, parts={"drums": on})[0] for on in (False, True)] for i, style in enumerate(STEERED)]
    ratio = np.median([ears["density"](on) / ears["density"](off) for off, on in pairs])
    print(f"onsets with drums / without: {ratio:.2f}", flush=True)


def drift(url, seconds=180):
    """Level of a long piece, ten seconds at a time, made of its own output all the way."""
    for seed, style in enumerate(("house", "ambient", "jazz")):
        audio, _ = generate(url, style, seconds, seed=seed)
        tens = audio[:, : audio.shape[1] // 480000 * 480000].reshape(2, -1, 480000)
        level = 10 * np.log10((tens**2).mean((0, 2)) + 1e-12)
        print(f"{style}: level every 10 s {' '.join(f'{x:.1f}' for x in level)} dB", flush=True)


def run(corpus, work, url=None):
    if url:
        music(corpus, work, url)
        steering(url)
        drift(url)
    else:
        codec(corpus, work)
