"""A user's own recordings instead of the composed corpus: `python -m recipe corpus --audio-folder DIR --out OUT`.

Each recording is cut into clips of 30-45 s (shorter ones stay whole) in the corpus' format. Captions are the lines
of the text file beside it, NAME.txt; without one, the words of its file's and folders' names. Tempo, bars and
chords are estimated, and left out of the labels where that is unsure (annotate.py): what a label lacks is masked.
The clips of one recording are all in the same split.
"""

import hashlib
import json
import multiprocessing
import os
import re
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from . import annotate, listen
from .corpus.mix import finish

RATE = listen.RATE
SHORTEST, LONGEST = 30.0, 45.0  # seconds of a clip
ENOUGH = 12.0  # seconds: what is shorter is no example to learn from
BAR = 4.0  # seconds that are kept in hand, so that a clip can begin with a bar
SILENT_LUFS = -55.0
SPLIT_SHARE = 0.05  # of the recordings, for validation and for the test each
LIBSNDFILE = {".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff"}
FFMPEG = {".m4a", ".aac", ".opus", ".wma", ".webm"}


def recordings(folder):
    """-> paths of the audio files under a folder, in the order of their names."""
    found = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in LIBSNDFILE | FFMPEG and p.is_file())
    if len(found) < 3:
        raise ValueError(f'"{folder}" has {len(found)} audio files: at least 3 are needed, for training, validation and test')
    return found


def splits(names):
    """-> {name: split}, drawn by the hash of the names: at least one recording for validation and one for the test."""
    order = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    each = max(1, round(SPLIT_SHARE * len(order)))
    return {name: "val" if i < each else "test" if i < 2 * each else "train" for i, name in enumerate(order)}


def captions(path, folder):
    """-> the lines of the text file beside a recording, or else the words of its name and its folders' names."""
    beside = path.with_suffix(".txt")
    if beside.exists():
        lines = [line.strip() for line in beside.read_text(encoding="utf-8").splitlines() if line.strip()]
        if not lines:
            raise ValueError(f'"{beside}" is empty: wanted a caption on each line')
        return list(dict.fromkeys(lines))
    parts = path.relative_to(folder).with_suffix("").parts
    words = [" ".join(re.findall(r"[^\W\d_]{2,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part))).lower() for part in reversed(parts)]
    named = ", ".join(w for w in words if w)
    if not named:
        raise ValueError(f'the name of "{path}" has no words: wanted captions in "{beside}"')
    return [named]


def cuts(seconds):
    """-> [(start, length)] of the clips of a recording, evenly, or [] if it is too short."""
    if seconds < ENOUGH:
        return []
    count = max(1, int(seconds // (SHORTEST + BAR)))
    length = min(LONGEST, seconds / count)
    return [(i * length, length) for i in range(count)]


def readable(path, folder):
    """-> a path that libsndfile reads: of other formats, a copy in `folder`."""
    if path.suffix.lower() in LIBSNDFILE:
        return path
    copy = Path(folder) / "decoded.wav"
    command = ["ffmpeg", "-v", "error", "-y", "-i", path, "-ac", "2", "-ar", str(RATE), copy]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f'cannot read "{path}": {done.stderr.strip()}')
    return copy


def stretch(file, start, length):
    """-> (2, samples) float32, 48 kHz: seconds of an open SoundFile; mono is heard on both sides."""
    rate = file.samplerate
    file.seek(round(start * rate))
    x = file.read(round(length * rate), dtype="float32", always_2d=True).T
    x = x[:2] if len(x) > 1 else np.repeat(x, 2, 0)
    if rate != RATE:
        common = np.gcd(rate, RATE)
        x = resample_poly(x, RATE // common, rate // common, axis=1).astype(np.float32)
    return np.ascontiguousarray(x)


def heard(audio):
    """-> audio from its first beat (or bar) on, and the labels that are sure."""
    found = annotate.beat(audio)
    if not found:
        return audio, {}
    bpm, first = found
    label = {"bpm": round(bpm, 3)}
    bar = annotate.bar(audio, bpm, first)
    if bar:
        label["meter"], offset = bar
        first += offset * 60 / bpm
    audio = audio[:, round(first * RATE) :]
    chords = annotate.chords(audio, bpm)
    return audio, label | ({"chords": chords} if chords else {})


def write(out, index, audio, label):
    stem = Path(out) / f"{index:05d}"
    soundfile.write(f"{stem}.tmp", audio.T, RATE, subtype="PCM_16", format="FLAC")
    os.replace(f"{stem}.tmp", f"{stem}.flac")
    Path(f"{stem}.tmp").write_text(json.dumps({"id": stem.name, **label}, separators=(",", ":")))
    os.replace(f"{stem}.tmp", f"{stem}.json")


def make(out, job):
    """Writes the clips of one recording that are not there yet; -> what became of each."""
    path, name, split, words, index = job
    done = []
    with tempfile.TemporaryDirectory() as folder, soundfile.SoundFile(readable(path, folder)) as file:
        for i, (start, length) in enumerate(cuts(file.frames / file.samplerate)):
            source = {"file": name, "start": round(start, 3)}
            ready = Path(out) / f"{index + i:05d}.json"
            if ready.exists():
                done.append(json.loads(ready.read_text()))
                continue
            audio = stretch(file, start, length)
            if listen.lufs(audio) < SILENT_LUFS:
                continue
            audio, label = heard(audio)
            label |= {"split": split, "seconds": round(audio.shape[1] / RATE, 4), "captions": words, "source": source}
            write(out, index + i, finish(audio), label)
            done.append(label)
    return done


def jobs(folder, out):
    """-> (path, name, split, captions, index of the first clip) of each recording; raises ValueError if `out` holds others."""
    paths = recordings(folder)
    names = [p.relative_to(folder).as_posix() for p in paths]
    split, index, found = splits(names), 0, []
    for path, name in zip(paths, names):
        try:
            seconds = length_of(path)
        except (soundfile.LibsndfileError, subprocess.CalledProcessError) as error:
            raise ValueError(f'cannot read "{path}": {error}') from error
        count = len(cuts(seconds))
        for i in range(count):
            ready = Path(out) / f"{index + i:05d}.json"
            if ready.exists() and json.loads(ready.read_text()).get("source", {}).get("file") != name:
                raise ValueError(f'"{ready}" is no clip of "{name}": wanted an empty folder, or one of the same recordings')
        if count:
            found.append((path, name, split[name], captions(path, Path(folder)), index))
        else:
            print(f'"{name}" is left out: {seconds:.1f} s, wanted at least {ENOUGH:.0f} s', flush=True)
        index += count
    return found


def length_of(path):
    """-> seconds."""
    if path.suffix.lower() in LIBSNDFILE:
        return soundfile.info(path).duration
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def run(folder, out, workers=1):
    """Writes OUT/00000.flac and .json and so on; the same recordings give the same clips, whatever the number of workers."""
    Path(out).mkdir(parents=True, exist_ok=True)
    todo, clips = jobs(folder, out), []
    with multiprocessing.get_context("spawn").Pool(max(1, workers)) as pool:
        for (_, name, *_), labels in zip(todo, pool.imap(partial(make, out), todo)):
            clips += labels
            told = [sum(key in label for label in labels) for key in ("bpm", "meter", "chords")]
            print(f"{name}: {len(labels)} clips, of which tempo {told[0]}, bars {told[1]}, chords {told[2]}", flush=True)
    print(f"{len(clips)} clips, {sum(c['seconds'] for c in clips) / 3600:.2f} h", flush=True)
