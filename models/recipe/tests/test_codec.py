"""The codec: features invert, the PCA is a projection, the synthesis is causal and keeps levels."""

import numpy as np
import pytest

from recipe.codec import features as F
from recipe.codec import fixture, pca, synthesis

SECONDS = 2


def tone(hz, seconds=SECONDS):
    t = np.arange(int(seconds * F.SAMPLE_RATE)) / F.SAMPLE_RATE
    return np.stack([np.sin(2 * np.pi * hz * t), 0.5 * np.sin(2 * np.pi * hz * t)]).astype(np.float32) * 0.3


def rebuilt(audio, true_phase=True):
    parts = {k: v.reshape(-1, v.shape[-1]) for k, v in F.split(F.features(audio)).items()}
    spectrum = F.tonal_stft(audio).sum(0)
    angle = np.angle(spectrum)
    k = np.arange(F.TONAL_BINS) * 2 * np.pi * F.HOP / F.N_FFT
    advance, step = np.zeros_like(spectrum), np.zeros_like(spectrum)
    advance[1:] = np.exp(1j * (angle[1:] - angle[:-1] - k))
    step[:, :-1] = np.exp(1j * (angle[:, 1:] - angle[:, :-1]))
    z = np.exp(1j * angle) if true_phase else None
    pan, coherence = (np.repeat(x, F.FRAMES, 0) for x in (parts["pan"], F.coherence(audio)))
    return synthesis.synthesise(parts["log_mag"], parts["hf"], pan, coherence, advance, step, parts["env"].ravel(), z=z)


def test_true_phase_gives_the_waveform_back():
    audio = tone(440)
    inside = slice(F.N_FFT, audio.shape[1] - 2 * F.N_FFT)
    error = rebuilt(audio)[:, inside] - audio[:, inside]
    assert 20 * np.log10(error.std() / audio[:, inside].std()) < -20


@pytest.mark.parametrize("hz", [110.0, 443.0, 1870.0])
def test_locked_phase_keeps_pitch_and_level(hz):
    audio = tone(hz)
    got = rebuilt(audio, true_phase=False)[0, F.N_FFT : F.N_FFT + 65536]
    spectrum = np.abs(np.fft.rfft(got * np.hanning(65536)))
    at = int(spectrum.argmax())
    a, b, c = np.log(spectrum[at - 1 : at + 2])
    peak = (at + 0.5 * (a - c) / (a - 2 * b + c)) * F.SAMPLE_RATE / 65536
    assert abs(1200 * np.log2(peak / hz)) < 3
    assert abs(20 * np.log10(got.std() / audio[0].std())) < 1


def test_coherence_tells_wide_from_narrow():
    rng = np.random.default_rng(0)
    common, left, right = rng.standard_normal((3, 2 * F.SAMPLE_RATE)).astype(np.float32) * 0.1
    assert F.coherence(np.stack([common, 0.5 * common])).min() > 0.99
    assert F.coherence(np.stack([left, right])).mean() < 0.25
    mixed = F.coherence(np.stack([common + left, common + right])).mean()
    assert 0.4 < mixed < 0.6


def test_width_is_heard_as_asked():
    rng = np.random.default_rng(1)
    t = 16 * F.FRAMES
    flat = [np.full((t, n), v) for n, v in ((F.TONAL_BINS, 1.0), (len(F.HF_BANDS), 1.0), (len(F.PAN_BANDS_HZ), 0.0))]
    z = np.exp(2j * np.pi * rng.random((t, F.TONAL_BINS)))
    got = []
    for asked in (1.0, 0.6, 0.2):
        coherence = np.full((t, len(F.PAN_BANDS_HZ)), asked)
        audio = synthesis.synthesise(*flat, coherence, None, None, np.full(4 * t, -2.0), z=z)
        got.append(F.coherence(audio.astype(np.float32))[2:-2].mean())
    assert got[0] > 0.97 and got[0] > got[1] + 0.15 and got[1] > got[2] + 0.15


def test_synthesis_is_causal():
    parts = [np.array(p) for p in fixture.vectors()]
    whole = synthesis.synthesise(*parts)
    for i, rate in enumerate((8, 8, 8, 8, 8, 8, 32)):
        parts[i][2 * rate :] = 0  # the third latent frame
    changed = synthesis.synthesise(*parts)
    assert np.abs(whole - changed)[:, : 2 * F.LATENT_HOP].max() < 1e-9
    assert np.abs(whole - changed)[:, 2 * F.LATENT_HOP :].max() > 1e-3


def test_philox_known_answers():
    words = synthesis.philox([np.uint64(x) for x in (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)], (0xA4093822, 0x299F31D0))
    assert [int(w) for w in words] == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_pca_projects():
    rng = np.random.default_rng(0)
    sample = rng.standard_normal((400, 12)).astype(np.float32) @ rng.standard_normal((12, F.DIM)).astype(np.float32)
    fitted = pca.fit(sample, 12)
    z = pca.encode(fitted, sample)
    assert abs(np.sqrt((z**2).mean()) - pca.SIGMA_DATA) < 0.01
    assert np.abs(pca.decode(fitted, z) - sample).max() < 0.05
