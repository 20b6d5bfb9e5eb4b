"""How well the codec gives held-out clips back, beside Opus on the same clips and beside other ways to a phase."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from .. import listen
from ..codec import calibrate, synthesis
from ..codec import features as F
from ..codec import pca as P
from ..codec.analyse import load_audio
from .asks import held_out
from .warble import chords, warble

SECONDS = 8


def opus(audio, kbps):
    with tempfile.TemporaryDirectory() as folder:
        wav, coded = Path(folder) / "a.wav", Path(folder) / "a.opus"
        soundfile.write(wav, audio.T, F.SAMPLE_RATE)
        subprocess.run(["opusenc", "--quiet", "--bitrate", str(kbps), wav, coded], check=True)
        subprocess.run(["opusdec", "--quiet", "--rate", "48000", "--force-wav", coded, wav], check=True)
        return load_audio(wav)


def phasors(spectrum):
    return spectrum / np.maximum(np.abs(spectrum), 1e-9)


def gradients(log_mag):
    """Advance and step out of the magnitudes alone (PGHI, Prusa et al. 2017, for the Gaussian window)."""
    ahead = np.zeros(log_mag.shape)
    ahead[:, 1:-1] = F.HOP * F.N_FFT / F.GAMMA * (log_mag[:, 2:] - log_mag[:, :-2]) / 2
    up = np.zeros(log_mag.shape)
    up[1:-1] = -F.GAMMA / (F.HOP * F.N_FFT) * (log_mag[2:] - log_mag[:-2]) / 2
    return np.exp(1j * ahead), np.exp(1j * up)


def griffin_lim(log_mag, z, rounds=1):
    """The phase that a signal of these magnitudes and that phase has itself (Griffin and Lim 1984)."""
    middle, same = np.zeros((len(log_mag), len(F.PAN_BANDS_HZ))), np.ones((len(log_mag), len(F.PAN_BANDS_HZ)))
    for _ in range(rounds):
        y = synthesis.tonal(log_mag, z, middle, same)[:, : len(log_mag) * F.HOP]
        z = phasors(F.tonal_stft(y.astype(np.float32)).sum(0))
    return z


def ways(features, audio):
    """-> {name: audio} of one clip by every way to a phase, all from the same decoded features."""
    log_mag, flat = features["log_mag"], features | {"env": None}
    locked = {n: synthesis.lock_phase(log_mag, features["advance"], features["step"], n) for n in (0, 1, 2, 4)}
    rng = np.random.default_rng(0)
    phases = {
        "true phase": phasors(F.tonal_stft(audio).sum(0))[: len(log_mag)],
        "random phase": np.exp(2j * np.pi * rng.random(log_mag.shape)),
        "gradients of the magnitudes (PGHI), 2 sweeps": synthesis.lock_phase(log_mag, *gradients(log_mag)),
        "learned, no sweep": locked[0],
        "learned, 1 sweep": locked[1],
        "learned, 2 sweeps (shipped)": locked[2],
        "learned, 4 sweeps": locked[4],
        "learned, 2 sweeps, then 1 Griffin-Lim": griffin_lim(log_mag, locked[2]),
        "learned, 2 sweeps, then 4 Griffin-Lim": griffin_lim(log_mag, locked[2], 4),
    }
    out = {name: synthesis.synthesise(**features, z=z) for name, z in phases.items()}
    return out | {"shipped without the 2.5 ms envelope": synthesis.synthesise(**flat, z=locked[2])}


def codec(corpus, work, decoder, clips=21):
    """-> {coder: {"log_mel_db", "convergence", "onsets", "warble_db", "warble_cents"}}.

    The first three are means over the first `clips` held-out clips of the test split, warble is over sustained chords.
    """
    fitted = dict(np.load(Path(work) / "pca.npz"))
    rows, wavers = {}, {}

    def candidates(audio):
        z = P.encode(fitted, F.features(audio)).astype(np.float32)
        features, _ = calibrate.decoded(decoder, z)
        return ways(features, audio) | {f"Opus {kbps} kbit/s": opus(audio, kbps) for kbps in (12, 16, 24, 32)}

    for label in list(held_out(corpus, ("test",)))[:clips]:
        audio = load_audio(Path(corpus) / f"{label['id']}.flac")[:, : SECONDS * F.SAMPLE_RATE // F.LATENT_HOP * F.LATENT_HOP]
        skip = F.N_FFT
        for name, got in candidates(audio).items():
            a, b = audio[:, skip:-skip], got[:, skip : audio.shape[1] - skip].astype(np.float32)
            row = (listen.log_mel_error(a, b), listen.spectral_convergence(a, b), listen.onset_correlation(a, b))
            rows.setdefault(name, []).append(row)
    for _, audio, hz in chords():
        for name, got in candidates(audio).items():
            wavers.setdefault(name, []).append(warble(audio, got[:, : audio.shape[1]], hz))
    keys = ("log_mel_db", "convergence", "onsets", "warble_db", "warble_cents")
    return {name: dict(zip(keys, map(float, [*np.mean(v, 0), *np.mean(wavers[name], 0)]))) for name, v in rows.items()}
