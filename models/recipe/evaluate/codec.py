"""How well the codec gives held-out clips back, beside Opus on the same clips."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from .. import listen
from ..codec import calibrate
from ..codec import features as F
from ..codec import pca as P
from ..codec.analyse import load_audio
from .asks import held_out

SECONDS = 8


def opus(audio, kbps):
    with tempfile.TemporaryDirectory() as folder:
        wav, coded = Path(folder) / "a.wav", Path(folder) / "a.opus"
        soundfile.write(wav, audio.T, F.SAMPLE_RATE)
        subprocess.run(["opusenc", "--quiet", "--bitrate", str(kbps), wav, coded], check=True)
        subprocess.run(["opusdec", "--quiet", "--rate", "48000", "--force-wav", coded, wav], check=True)
        return load_audio(wav)


def codec(corpus, work, decoder, clips=21):
    """-> {coder: {"log_mel_db", "convergence", "onsets"}}, means over the first `clips` held-out clips of the test split."""
    fitted = dict(np.load(Path(work) / "pca.npz"))
    rows = {}
    for label in list(held_out(corpus, ("test",)))[:clips]:
        audio = load_audio(Path(corpus) / f"{label['id']}.flac")[:, : SECONDS * F.SAMPLE_RATE // F.LATENT_HOP * F.LATENT_HOP]
        z = P.encode(fitted, F.features(audio)).astype(np.float32)
        candidates = {"codec": calibrate.render(decoder, z)[0]}
        for kbps in (12, 16, 24, 32):
            candidates[f"opus {kbps}k"] = opus(audio, kbps)
        skip = F.N_FFT
        for name, got in candidates.items():
            a, b = audio[:, skip:-skip], got[:, skip : audio.shape[1] - skip].astype(np.float32)
            row = (listen.log_mel_error(a, b), listen.spectral_convergence(a, b), listen.onset_correlation(a, b))
            rows.setdefault(name, []).append(row)
    return {name: dict(zip(("log_mel_db", "convergence", "onsets"), map(float, np.mean(v, 0)))) for name, v in rows.items()}
