"""What is in the repository -> the checkpoints that training starts from: what is shipped can be trained further.

Decoder and prompt encoder come out of the package's graphs, the teacher out of a file of its own, since the
package has the distilled denoiser. The exporter renames and transposes weights, but always alike: exporting
a module whose weights are all different tells which tensor of the graph is which parameter.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .base.model import Config
from .base.train import Base
from .checkpoint import Ema, keep, kept, save
from .codec import pca as P
from .codec.decoder import Decoder
from .export import DecoderGraph, PromptGraph, decoder_graph, load_models, prompt_graph
from .text.student import Student

TEACHER = Path(__file__).parent / "teacher.npz"


def tensors(path):
    """-> {name: array} of a graph's weights, in the names that they had before they were halved."""
    graph = onnx.load(path).graph
    return {w.name.removesuffix("_half"): numpy_helper.to_array(w) for w in graph.initializer}


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
        ours = {name: a.astype(np.float32) for name, a in tensors(fresh).items() if a.ndim}
    theirs = tensors(shipped)
    for name, p in module.named_parameters():
        value = p.numpy()
        near = [
            (key, turned)
            for key, a in ours.items()
            for turned in (False, True)
            if (a.T if turned else a).shape == value.shape and np.abs((a.T if turned else a) - value).max() < 1e-3
        ]
        if not near:
            raise ValueError(f'parameter "{name}" is not in "{shipped}"')
        key, turned = near[0]
        found = theirs[key].astype(np.float32)
        p.copy_(torch.tensor(found.T.copy() if turned else found))


def recover_pca(linear, mean):
    """The decoder's linear path (dims, DIM) and mean -> what `pca.fit` returned, but for `explained`."""
    w = P.weights()
    scaled = linear.astype(np.float64) * w
    r = np.linalg.norm(scaled, axis=1)
    gain = np.sqrt(P.SIGMA_DATA / np.sqrt(np.mean(r**2)))
    basis, scale = (scaled / r[:, None]).T, r * gain
    encode = (w[:, None] * basis / scale * gain).astype(np.float32)
    return {"mean": mean.astype(np.float32), "encode": encode, "decode": linear.astype(np.float32)}


def run(package, work, teacher=TEACHER):
    """Writes work/pca.npz, codec.pt, text.pt out of `package` and base.pt out of `teacher`; leaves those that are there."""
    package, work = Path(package), Path(work)
    work.mkdir(parents=True, exist_ok=True)
    weights = tensors(package / "decoder.onnx")
    linear = next(a for a in weights.values() if a.ndim == 2 and a.shape[1] == len(P.weights()))
    mean = next(a for a in weights.values() if a.ndim == 1 and a.shape[0] == len(P.weights()))
    fitted = recover_pca(linear, mean)
    if not (work / "pca.npz").exists():
        np.savez(work / "pca.npz", **fitted)
    state, size = kept(teacher)
    base, decoder, student = Base(Config(**size)), Decoder(fitted), Student()
    base.load_state_dict(state)
    restore(decoder, lambda m, path: decoder_graph(DecoderGraph(m), path), package / "decoder.onnx")
    restore(PromptGraph(student, base.resampler), prompt_graph, package / "prompt.onnx")
    for name, module, extra in (("base", base, {"config": size}), ("codec", decoder, {}), ("text", student, {})):
        if not (work / f"{name}.pt").exists():
            save(work / f"{name}.pt", model=module, ema=Ema(module, 0), step=0, seconds=0.0, **extra)


def run_keep(work, teacher=TEACHER):
    """Writes the averaged weights of work/base.pt to `teacher`."""
    base, _, _ = load_models(work)
    keep(teacher, base, **base.c.as_dict())
