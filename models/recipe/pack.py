"""What training reads, as one small file: latents, controls and embeddings to be carried to another machine.

Latents are rounded with subtractive dither (Schuchman 1964): what is lost is white noise of STEP / sqrt(12), below
the lowest noise level that is sampled, and no grid is left to be learned. Differences in time are Huffman-coded.
"""

import json
import lzma
import zlib
from pathlib import Path

import numpy as np

STEP = 0.12
CONTROL_STEP = 1 / 63
WORD_STEP = 0.02  # of embeddings of unit length: cosines of .99
CAPTIONS, HEARD = 3, 6  # rows of a clip that are kept, of the teacher's embeddings and of the prompt encoder's own
GENERAL = 6000  # rows of general English
KEPT = ("split", "style", "captions")  # of a clip's labels: what `Examples` asks for


def _dither(clip, shape):
    return np.random.default_rng(clip).random(shape, dtype=np.float32) - 0.5


def _huffman(array):
    """int8 (rows, columns) -> bytes, column by column."""
    coder = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    return coder.compress(np.ascontiguousarray(array.T).tobytes()) + coder.flush()


def _words(rows):
    return np.clip(np.round(rows.astype(np.float32) / WORD_STEP), -127, 127).astype(np.int8)


def _rows(path, count, rng):
    rows = np.load(path)
    return _words(rows[np.sort(rng.permutation(len(rows))[:count])])


def encode(z, clip):
    """Latents (frames, dims) of the clip of that number -> differences (frames, dims) int8. What is beyond 127 steps in a frame is cut."""
    z = np.round(z.astype(np.float32) / STEP + _dither(clip, z.shape)).astype(np.int64)
    out, last = np.empty(z.shape, np.int8), np.zeros(z.shape[1], np.int64)
    for i, row in enumerate(z):  # what was cut is made up for in the next frame
        out[i] = np.clip(row - last, -127, 127)
        last += out[i]
    return out


def decode(differences, clip):
    """The inverse, but for the noise of the rounding. -> (frames, dims) float16"""
    z = np.cumsum(differences.astype(np.float32), 0) - _dither(clip, differences.shape)
    return (z * STEP).astype(np.float16)


def pack(corpus, work, out, splits=("train", "val", "test")):
    """Writes the clips of `splits` that `prepare` left in `work` to the file `out`."""
    work, rng = Path(work), np.random.default_rng(0)
    labels, latents, controls, captions, heard = [], [], [], [], []
    for path in sorted((work / "latents").glob("*.npy")):
        label = json.loads((Path(corpus) / f"{path.stem}.json").read_text())
        if label["split"] not in splits:
            continue
        latents.append(encode(np.load(path), len(latents)))
        controls.append(np.round(np.load(work / "controls" / path.name).astype(np.float32) / CONTROL_STEP).astype(np.int8))
        captions.append(_rows(work / "embeddings" / path.name, CAPTIONS, rng))
        heard.append(_rows(work / "heard" / path.name, HEARD, rng) if (work / "heard" / path.name).exists() else captions[-1][:0])
        labels.append({"id": path.stem, "frames": len(latents[-1]), "captions_kept": len(captions[-1]), "heard_kept": len(heard[-1])} | {k: label[k] for k in KEPT if k in label})
    tables = {"latents": latents, "controls": controls, "embeddings": captions, "heard": heard}
    for name in ("associated", "general"):
        if (work / f"{name}.npy").exists():
            tables[name] = [_rows(work / f"{name}.npy", GENERAL if name == "general" else None, rng)]
    joined = {name: np.concatenate(parts) for name, parts in tables.items()}
    packed = {name: np.frombuffer(_huffman(rows) if name != "controls" else lzma.compress(rows.T.tobytes()), np.uint8) for name, rows in joined.items()}
    head = json.dumps({"clips": labels, "shapes": {name: rows.shape for name, rows in joined.items()}})
    np.savez(out, labels=np.frombuffer(lzma.compress(head.encode()), np.uint8), **packed)


def unpack(packed, corpus, work, prefix=""):
    """Writes what `Examples` reads: CORPUS/ID.json and WORK/latents, controls, embeddings, heard; IDs begin with `prefix`."""
    corpus, work = Path(corpus), Path(work)
    with np.load(packed) as file:
        head = json.loads(lzma.decompress(file["labels"].tobytes()))
        tables = {}
        for name, (rows, columns) in head["shapes"].items():
            raw = (lzma if name == "controls" else zlib).decompress(file[name].tobytes())
            tables[name] = np.frombuffer(raw, np.int8).reshape(columns, rows).T
    for folder in (corpus, *(work / name for name in ("latents", "controls", "embeddings", "heard"))):
        folder.mkdir(parents=True, exist_ok=True)
    at = dict.fromkeys(tables, 0)

    def take(name, count):
        at[name] += count
        return tables[name][at[name] - count : at[name]]

    for clip, label in enumerate(head["clips"]):
        name = f"{prefix}{label['id']}"
        (corpus / f"{name}.json").write_text(json.dumps({k: label[k] for k in KEPT if k in label}))
        np.save(work / "latents" / name, decode(take("latents", label["frames"]), clip))
        np.save(work / "controls" / name, (take("controls", label["frames"]) * np.float32(CONTROL_STEP)).astype(np.float16))
        for table, count in (("embeddings", label["captions_kept"]), ("heard", label["heard_kept"])):
            if count:
                np.save(work / table / name, (take(table, count) * np.float32(WORD_STEP)).astype(np.float16))
    for name in ("associated", "general"):
        if name in tables:
            np.save(work / name, (tables[name] * np.float32(WORD_STEP)).astype(np.float16))
