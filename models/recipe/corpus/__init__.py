"""The `corpus` stage: composes and renders the labelled training corpus.

Each clip is a pair OUT/00000.flac (48 kHz stereo 16 bit) and OUT/00000.json.
Clip i of a seed is always the same, whatever the number of workers.
"""
import json
import multiprocessing
import os
import time

COMPOSER = 3                            # raised when a seed gives other clips than before
CLIP_SECONDS = 37.5                     # mean length, used to turn hours into a count


def add_arguments(parser):
    parser.add_argument("--out", required=True, help="folder for the clips")
    parser.add_argument("--hours", type=float, default=6.0, help="hours of audio (approximate)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--tiny", action="store_true", help="8 clips of about 24 s, for smoke tests")
    parser.add_argument("--relabel", action="store_true", help="rewrite the labels of clips already rendered, and render nothing")
    parser.add_argument("--audio-folder", metavar="DIR", help="cut these recordings into clips instead, captioned by NAME.txt beside each")


def _write_labels(stem, data):
    with open(stem + ".tmp.json", "w") as f:
        json.dump(data, f, separators=(",", ":"))
    os.replace(stem + ".tmp.json", stem + ".json")


def make_clip(out, seed, index, seconds=None, relabel=False):
    """Compose, render and write clip `index` unless it is there; returns its length in seconds.

    With `relabel`, only the labels of a clip that is there are written anew.
    """
    import soundfile
    from . import render
    from .compose import compose
    stem = os.path.join(out, f"{index:05d}")
    if os.path.exists(stem + ".json"):
        with open(stem + ".json") as f:
            made_by = json.load(f).get("composer", 1)
        if made_by != COMPOSER:
            raise ValueError(f"{stem}.json is of composer {made_by}, not {COMPOSER}: its sound is another; choose another folder")
    if os.path.exists(stem + ".json") != relabel:
        return 0.0
    clip = compose(seed, index, seconds)
    if not relabel:
        audio = render.audio(clip, seed)
        soundfile.write(stem + ".tmp", audio.T, 48000, subtype="PCM_16", format="FLAC")
        os.replace(stem + ".tmp", stem + ".flac")
    _write_labels(stem, {**render.labels(clip, seed), "composer": COMPOSER})
    return clip.seconds


def _job(job):
    return make_clip(*job)


def run(args):
    """Write the corpus described by the parsed arguments."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.makedirs(args.out, exist_ok=True)
    count = 8 if args.tiny else max(1, round(args.hours * 3600 / CLIP_SECONDS))
    jobs = [(args.out, args.seed, i, 24.0 if args.tiny else None, args.relabel) for i in range(count)]
    began, total = time.time(), 0.0
    with multiprocessing.get_context("spawn").Pool(max(1, args.workers)) as pool:
        for done, seconds in enumerate(pool.imap_unordered(_job, jobs), 1):
            total += seconds
            if done % 20 == 0 or done == count:
                rate = total / max(1e-6, time.time() - began)
                print(f"corpus {done}/{count} clips, {total / 3600:.2f} h, {rate:.1f}x real time", flush=True)
