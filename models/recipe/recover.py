"""A package's graphs -> the checkpoints that training starts from: what is shipped can be trained further.

The exporter renames and transposes weights, but always alike: exporting a module whose weights are all
different tells which tensor of the graph is which parameter.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from torch.nn.utils import parametrize

from .base.model import Config
from .base.train import Base
from .checkpoint import Ema, save
from .codec import pca as P
from .codec.decoder import Decoder
from .export import DROPPING, SHIPPED, DecoderGraph, PromptGraph, decoder_graph, denoiser_graph, own_pieces, prompt_graph
from .fuse import ONES
from .lean import thin
from .presto import adapters
from .presto.music import Music
from .text.student import Student

NEAR = 4e-3  # what seven bits make of weights as `scramble` draws them


# What the exporter, `quantise` and `lean` leave to the runtime to work out when it loads.
FOLDED = {
    "Cast": lambda a: a.astype(np.float32),
    "DequantizeLinear": lambda a, scale, zero=0: (a.astype(np.float32) - zero) * scale,
    "Mul": np.multiply,
    "Gemm": lambda a, b, c: a @ b + c,
    "QuantizeLinear": lambda a, scale, zero: np.clip(np.round(a / scale) + zero, -128, 127),
    "Clip": np.clip,
    "Identity": lambda a: a,
}


def folded(node, inputs):
    if node.op_type == "Concat":
        return np.concatenate(inputs, node.attribute[0].i)
    return FOLDED[node.op_type](*inputs)


def tensors(path):
    """-> {(shape, n): array} of a graph's weights, as they were before they were halved, quantised or split.

    `n` counts those of one shape in the order in which they are used: names are the exporter's whim.
    """
    known, unused, found = {}, set(), {}

    def walk(graph):
        own = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        known.update(own)
        unused.update(own)
        for node in graph.node:
            if node.op_type in (*FOLDED, "Concat") and all(name in known for name in node.input):
                known[node.output[0]] = folded(node, [known[name] for name in node.input])
                unused.add(node.output[0])
                continue
            for inner in node.attribute:  # blocks that may be left out stand in branches
                if inner.name == "then_branch":
                    walk(inner.g)
            for name in node.input:
                if name in unused and not name.startswith(ONES):
                    unused.remove(name)
                    array = known[name]
                    found[array.shape, sum(shape == array.shape for shape, _ in found)] = array

    walk(onnx.load(path).graph)
    return found


@torch.no_grad()
def scramble(module):
    for p in module.parameters():
        p.copy_(torch.randn_like(p) * 0.05)


@torch.no_grad()
def restore(module, export, shipped):
    """Copies the weights of the graph `shipped` into `module`, whose graph `export(module, path)` writes.

    Raises ValueError where a parameter is not found in the graph.
    """
    scramble(module)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.onnx"
        export(module, fresh)
        ours = {name: a.astype(np.float32) for name, a in tensors(fresh).items() if a.ndim and a.dtype.kind == "f"}
    theirs = tensors(shipped)
    for name, p in module.named_parameters():
        value = p.numpy()
        near = [
            (key, turned)
            for key, a in ours.items()
            for turned in (False, True)
            if (a.T if turned else a).shape == value.shape and np.abs((a.T if turned else a) - value).max() < NEAR
        ]
        if near:
            key, turned = near[0]
            found = theirs[key].astype(np.float32)
            p.copy_(torch.tensor(found.T.copy() if turned else found))
            continue
        # Of an embedding that is always asked for the same row, the exporter keeps that row.
        rows = [(i, key) for key, a in ours.items() for i, row in enumerate(value) if a.size == row.size and np.abs(a.ravel() - row).max() < NEAR]
        if value.ndim != 2 or not rows:
            raise ValueError(f'parameter "{name}" is not in "{shipped}"')
        p.zero_()
        for i, key in rows:
            p[i] = torch.tensor(theirs[key].astype(np.float32).ravel())


def restore_denoiser(base, shipped, weights="base"):
    """`restore` of the network of a Base, or of what was distilled to `weights`, whether its products are of whole numbers or not: that changes the order of a graph."""
    whole = any(w.data_type == TensorProto.INT8 for w in onnx.load(shipped).graph.initializer)
    feeds = own_pieces(base, weights, frames=8, pieces=1) if whole else ()
    restore(base.network, lambda m, path: denoiser_graph(m, path, weights in DROPPING, weights == "ase", feeds), shipped)


def recover_pca(linear, mean):
    """The decoder's linear path (dims, DIM) and mean -> what `pca.fit` returned, but for `explained`."""
    w = P.weights()
    scaled = linear.astype(np.float64) * w
    r = np.linalg.norm(scaled, axis=1)
    gain = np.sqrt(P.SIGMA_DATA / np.sqrt(np.mean(r**2)))
    basis, scale = (scaled / r[:, None]).T, r * gain
    encode = (w[:, None] * basis / scale * gain).astype(np.float32)
    return {"mean": mean.astype(np.float32), "encode": encode, "decode": linear.astype(np.float32)}


def run(package, work):
    """Writes work/pca.npz, base.pt, codec.pt and text.pt out of `package`; leaves those that are there.

    Of a package that was distilled to some METHOD it writes METHOD.pt, which `steps` goes on from with a fresh fake score;
    its base is that of another package, to be recovered first (FileNotFoundError without it).
    """
    package, work = Path(package), Path(work)
    manifest = json.loads((package / "model.json").read_text())
    if manifest["sampler"]["guidance"] is None:
        return distilled(package, work, manifest["id"].partition("-")[2] or SHIPPED)
    work.mkdir(parents=True, exist_ok=True)
    weights = tensors(package / "decoder.onnx")
    linear = next(a for a in weights.values() if a.ndim == 2 and a.shape[1] == len(P.weights()))
    mean = next(a for a in weights.values() if a.ndim == 1 and a.shape[0] == len(P.weights()))
    fitted = recover_pca(linear, mean)
    if not (work / "pca.npz").exists():
        np.savez(work / "pca.npz", **fitted)
    c = Config(latents=len(linear))
    base, decoder, student = Base(c), Decoder(fitted), Student()
    restore_denoiser(base, package / "denoiser.onnx")
    restore(decoder, lambda m, path: decoder_graph(DecoderGraph(m), path), package / "decoder.onnx")
    restore(PromptGraph(student, base.resampler), prompt_graph, package / "prompt.onnx")
    for name, module, extra in (("base", base, {"config": c.as_dict()}), ("codec", decoder, {}), ("text", student, {})):
        if not (work / f"{name}.pt").exists():
            save(work / f"{name}.pt", model=module, ema=Ema(module, 0), step=0, seconds=0.0, **extra)


@torch.no_grad()
def readapt(network, base, parts):
    """Splits the matrices of `network` into those of `base` and what was added to them, `parts` of `lean.thin`: adapters can be trained further."""
    for first, _ in parts[0][1]:
        adapters.adapt(network, first.shape[1])
    for name, layer in network.named_modules():
        if not parametrize.is_parametrized(layer):
            continue
        added = layer.parametrizations.weight
        added.original.copy_(base.get_submodule(name).weight)
        w = added.original.numpy()
        found = [(far(w, a), pairs) for a, pairs in parts] + [(far(w, a.T), [(c.T, b.T) for b, c in pairs]) for a, pairs in parts]
        near, pairs = min(found, key=lambda one: one[0])
        if near > 1e-3 * np.abs(w).mean():
            raise ValueError(f'"{name}" of the base is not what the package adds to')
        for one, (up, down) in zip(added, pairs):
            one.up.copy_(torch.tensor(up.copy()))
            one.down.copy_(torch.tensor(down.copy()))


def far(a, b):
    return float(np.abs(a - b).mean()) if a.shape == b.shape else np.inf


def distilled(package, work, method):
    """Writes work/METHOD.pt, if it is not there, out of the denoiser of `package`: as adapters of work/base.pt, if that is what it has."""
    state = torch.load(work / "base.pt", map_location="cpu", weights_only=False)
    music = Music(Base(Config(**state["config"])))
    restore_denoiser(music.base, package / "denoiser.onnx", method)
    if parts := thin(package / "denoiser.onnx"):
        base = Base(music.base.c)
        base.load_state_dict(state["ema"]["model"])
        readapt(music.base.network, base.network, parts)
    restore(PromptGraph(Student(), music.base.resampler), prompt_graph, package / "prompt.onnx")
    if not (work / f"{method}.pt").exists():
        save(work / f"{method}.pt", generator=music, ema=Ema(music, 0), step=0, seconds=0.0)
