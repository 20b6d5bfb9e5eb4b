"""A clip's labels -> control channels per latent frame, the layout that the server sends.

Each group ends with its mask (1 = given), except the beat, whose tempo is never 0 when it is given:
  beat 5        sin, cos of the beat's phase; sin, cos of the bar's (0, 0 where bars are unknown); log2(bpm / 120),
                at the frame's first sample
  chord 25      12 pitch classes, 12 of the root, mask, at the frame's middle
  key 13        12 pitch classes of the scale, mask
  parts 5       drums, bass, harmony, melody, mask
  density, brightness, energy   2 each: value 0-1, mask
"""

import numpy as np

from .codec import features as F

LAYOUT = [("beat", 5), ("chord", 25), ("key", 13), ("parts", 5), ("density", 2), ("brightness", 2), ("energy", 2)]
CHANNELS = sum(size for _, size in LAYOUT)
PARTS = ("drums", "bass", "harmony", "melody")
LOUD_FROM_DB, LOUD_RANGE_DB = 44.0, 16.0
DULL_HZ, OCTAVES = 400, 4  # of brightness


def slices():
    out, at = {}, 0
    for name, size in LAYOUT:
        out[name] = slice(at, at + size)
        at += size
    return out


def unasked(controls):
    """What is left of (..., CHANNELS) where nothing is asked: the beat, which all music has, and parts if any are told."""
    at, out = slices(), controls * 0
    for name in ("beat", "parts"):
        out[..., at[name]] = controls[..., at[name]]
    return out


def spectrum(feature_rows):
    """(n, DIM) -> magnitudes (n, bins), and the frequency of each bin."""
    parts = F.split(feature_rows.astype(np.float32))
    low = np.exp(parts["log_mag"]).mean(1)
    high = np.exp(parts["hf"]).mean(1)
    hz = np.concatenate([np.arange(F.TONAL_BINS) * F.SAMPLE_RATE / F.N_FFT, [(a + b) / 2 for a, b in F.HF_BANDS[4:]]])
    # A band's 50 Hz bins against 16.7 Hz bins, and the short window's lower gain.
    width = np.array([(b - a) / 16.7 for a, b in F.HF_BANDS[4:]])
    return np.concatenate([low, high[:, 4:] * width], 1), hz


def brightness(feature_rows, smooth_frames=25):
    """Spectral centroid over two seconds, DULL_HZ -> 0, OCTAVES above it -> 1 on a log scale. (n, DIM) -> (n)."""
    u, hz = spectrum(feature_rows)
    kernel = np.ones(smooth_frames) / smooth_frames
    top = np.convolve((u * hz).sum(1), kernel, "same")
    bottom = np.convolve(u.sum(1), kernel, "same")
    return np.clip(np.log2(top / np.maximum(bottom, 1e-6) / DULL_HZ) / OCTAVES, 0, 1)


def loudness(feature_rows, smooth_frames=25):
    """Level over two seconds, quiet clips 0, loud ones 1. (n, DIM) -> (n)."""
    parts = F.split(feature_rows.astype(np.float32))
    power = np.exp(2 * parts["log_mag"]).sum((1, 2)) + np.exp(2 * parts["hf"]).sum((1, 2))
    kernel = np.ones(smooth_frames) / smooth_frames
    db = 10 * np.log10(np.convolve(power, kernel, "same") + 1)
    return np.clip((db - LOUD_FROM_DB) / LOUD_RANGE_DB, 0, 1)


def density(notes, n, window_s=3.0, together_s=0.03):
    """Note onsets a second around each of n frames (notes begin with their time in seconds), 1 -> 0, 16 -> 1 on a log scale; what sounds at once counts once."""
    times = np.unique(np.round(np.array([note[0] for note in notes]) / together_s)) * together_s
    middle = (np.arange(n) + 0.5) * F.LATENT_HOP / F.SAMPLE_RATE
    count = np.searchsorted(times, middle + window_s / 2) - np.searchsorted(times, middle - window_s / 2)
    inside = np.minimum(middle + window_s / 2, n * F.LATENT_HOP / F.SAMPLE_RATE) - np.maximum(middle - window_s / 2, 0)
    return np.clip(np.log2(np.maximum(count, 1) / inside) / 4, 0, 1)


def _spans(spans, beat):
    """Value of each (beat, beats, value) span that holds `beat`."""
    out = np.zeros((len(beat), len(spans[0][2])))
    for start, length, value in spans:
        out[(beat >= start - 1e-6) & (beat < start + length - 1e-6)] = value
    return out


def _chord(chord):
    row = np.zeros(25)
    row[[p % 12 for p in chord["pcs"]]] = 1
    row[12 + chord["root"] % 12] = 1
    row[24] = 1
    return row


def controls(label, feature_rows):
    """Labels of a clip (dict) and its features (n, DIM) -> (n, CHANNELS) float32.

    What a label lacks is masked, never guessed: music that nobody has annotated needs no label at all.
    Chords, parts, notes and energy are told in beats, and need `bpm`.
    """
    n = len(feature_rows)
    at = slices()
    out = np.zeros((n, CHANNELS), np.float32)
    heard = {"brightness": brightness(feature_rows)}
    if "bpm" in label:
        beat = np.arange(n) * F.LATENT_HOP / F.SAMPLE_RATE * label["bpm"] / 60
        middle = beat + 0.5 * F.LATENT_HOP / F.SAMPLE_RATE * label["bpm"] / 60
        turn, tempo = 2 * np.pi * beat, np.full(n, np.log2(label["bpm"] / 120))
        bars = np.zeros((2, n))
        if "meter" in label:
            bars = np.stack([np.sin(turn / label["meter"]), np.cos(turn / label["meter"])])
        out[:, at["beat"]] = np.stack([np.sin(turn), np.cos(turn), *bars, tempo], 1)
    if "chords" in label:
        out[:, at["chord"]] = _spans([(c["beat"], c["beats"], _chord(c)) for c in label["chords"]], middle)
    if "scale_pcs" in label:
        key = np.zeros(13)
        key[[p % 12 for p in label["scale_pcs"]]] = 1
        key[12] = 1
        out[:, at["key"]] = key
    if "parts" in label:
        for i, part in enumerate(PARTS):
            for start, end in label["parts"].get(part, []):
                out[(middle >= start) & (middle < end), at["parts"].start + i] = 1
        out[:, at["parts"].stop - 1] = 1
    if "notes" in label:
        heard["density"] = density(label["notes"], n)
    if "energy" in label and "notes" in label:
        intent = _spans([(s["beat"], s["beats"], (s["energy"],)) for s in label["energy"]], middle)[:, 0]
        # What the composer meant alone is hardly heard: half of a clip's energy is its level and its movement.
        heard["energy"] = (intent + loudness(feature_rows) + heard["density"]) / 3
    for name, value in heard.items():
        out[:, at[name]] = np.stack([value, np.ones(n)], 1)
    return out
