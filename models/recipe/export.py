"""Trained weights -> the package that the server loads: four ONNX graphs, a tokenizer, model.json.

Weights are stored in half precision and cast to float32 once, when the session is made; the denoiser's
and decoder's products are of whole numbers (quantise.py).
"""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as f

from . import brightness, labels
from .base.model import Config
from .base.train import Base
from .branches import branch
from .checkpoint import Ema
from .codec import features as F
from .codec import synthesis
from .codec.decoder import Decoder
from .fuse import fuse
from .lean import lean
from .presto import adapters, noise, sample
from .presto.layers import SMALLEST
from .presto.music import Conditions, Music
from .quantise import SCALE, to_bytes, to_int8, white_noise
from .text.student import MAX_TOKENS, Student, log2_bpm

torch.backends.mha.set_fastpath_enabled(False)

PROMPT_TOKENS = Config.prompt_tokens
HALF_MIN_SIZE = 256  # smaller tensors stay float32


class PromptGraph(nn.Module):
    """ids, mask -> prompt tokens (1, 8, 128), log2 bpm (1, 1), nan if the prompt implies no tempo."""

    def __init__(self, student, resampler):
        super().__init__()
        self.student, self.resampler = student, resampler

    def forward(self, ids, mask):
        embedding, tempo = self.student(ids, mask)
        return self.resampler(embedding), log2_bpm(tempo)


class DecoderGraph(nn.Module):
    """latents (1, n, dims), those before (1, c, dims) -> the features of the n in the order of FEATURES, complex ones as pairs."""

    FEATURES = ("log_mag", "hf", "pan", "coherence", "advance", "step", "env")

    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, latents, context):
        out = self.decoder.audible(self.decoder(latents, context))
        return tuple(out[name] for name in self.FEATURES)


class EncoderGraph(nn.Module):
    """features (1, n, F.DIM) -> latents (1, n, dims)."""

    def __init__(self, fitted):
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(fitted["mean"]))
        self.register_buffer("encode", torch.from_numpy(fitted["encode"]))

    def forward(self, features):
        return (features - self.mean) @ self.encode


def to_half(path):
    """Stores large float32 weights as float16 with a Cast, which the runtime folds away when it loads."""
    model = onnx.load(path)
    graph, casts = model.graph, []
    for weight in list(graph.initializer):
        name = weight.name
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < HALF_MIN_SIZE or name.endswith(SCALE):
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{name}_half")
        graph.initializer.remove(weight)
        graph.initializer.append(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT, name=f"{name}_cast"))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]
    for node in graph.node:  # what the exporter tells of our source files is nobody's business
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.save(model, path)


def write_graph(module, args, path, inputs, outputs, dynamic, in_bytes=False):
    """Writes the module's graph to `path` and checks it; -> its entry in model.json."""
    to_onnx(module, args, path, inputs, outputs, dynamic)
    if in_bytes:
        to_bytes(path)
    to_half(path)
    check(module, args, path, inputs, typical if in_bytes else worst)
    return graph_entry(path, {n: n for n in inputs}, {n: n for n in outputs})


def to_onnx(module, args, path, inputs, outputs, dynamic, opset=18):
    torch.onnx.export(
        module.eval(), args, str(path), input_names=inputs, output_names=outputs,
        dynamic_shapes=dynamic, dynamo=True, external_data=False, opset_version=opset, optimize=True, verbose=False,
    )  # fmt: skip


def worst(error):
    return error.abs().max()


def typical(error):
    return error.square().mean().sqrt()


@torch.no_grad()
def check(module, args, path, inputs, measure=worst):
    """Raises ValueError unless the graph does what the module does, on inputs of another length too."""
    session = onnxruntime.InferenceSession(str(path))
    for feed in (args, [torch.cat([a, a.flip(1)], 1) if a.ndim > 1 and a.shape[1] != PROMPT_TOKENS else a for a in args]):
        want = module(*feed)
        want = want if isinstance(want, tuple) else (want,)
        got = session.run(None, dict(zip(inputs, (a.numpy() for a in feed))))
        for a, b in zip(want, got):
            a, b = (x.nan_to_num(0) for x in (a, torch.tensor(b)))  # no tempo is no tempo
            error = float(measure(a - b) / (a.abs().max() + 1e-6))
            if not error < 0.02:  # weights in few bits
                raise ValueError(f'graph "{path}" differs from its module by {error:.3g} of the largest value')


def graph_entry(path, inputs, outputs):
    return {"file": path.name, "sha256": sha256(path), "inputs": inputs, "outputs": outputs}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_models(work):
    """-> Base, Decoder, Student with averaged weights; what is not trained yet is as initialised."""
    work = Path(work)
    fitted = dict(np.load(work / "pca.npz"))
    saved = {
        name: torch.load(work / f"{name}.pt", map_location="cpu", weights_only=False) if (work / f"{name}.pt").exists() else {}
        for name in ("base", "codec", "text")
    }
    config = saved["base"].get("config", {"latents": fitted["decode"].shape[0]})
    models = {"base": Base(Config(**config)), "codec": Decoder(fitted), "text": Student(**saved["text"].get("size", {}))}
    for name, model in models.items():
        if saved[name]:
            ema = Ema(model, 0)
            ema.load_state_dict(saved[name]["ema"])
            model.load_state_dict(ema.model.state_dict())
        model.eval()
    return models["base"], models["codec"], models["text"]


# Ten seconds of the corpus, in the mean: mastered to -16 (`corpus/mix.py`), quiet bars included.
LOUDNESS = {"lufs": -16.5, "tolerance_lu": 0.3}

# What each set of weights in work/ is sampled with: the distilled ones in a few steps, the others as the base.
BASE_SAMPLER = {
    "kind": "dpmpp_2m",
    "schedule": {"kind": "karras", "sigma_min": noise.SIGMA_MIN, "sigma_max": noise.SIGMA_MAX, "rho": 5},
    "steps": 6,
    "min_steps": 4,
    "max_steps": 8,
    "guidance": {"kind": "cfg", "scale": 2.2, "sigma_low": 0.3, "sigma_high": 12, "unasked": {"beat": "kept", "parts": "all"}},
}
DISTILLED_SAMPLER = {
    "kind": "pingpong",
    "schedule": {"kind": "karras", "sigma_min": noise.SIGMA_MIN, "sigma_max": noise.SIGMA_MAX, "rho": noise.RHO, "grid": "n"},
    "steps": 4,
    "min_steps": 2,
    "max_steps": 8,
    "guidance": None,
}
SHIPPED = "presto-ls"  # what is called just "pocket"
# It begins at half the noise that it was trained from, and where parts are muted it is led away from them.
SHIPPED_SAMPLER = DISTILLED_SAMPLER | {"schedule": DISTILLED_SAMPLER["schedule"] | {"sigma_max": 7.0}, "muting": {"scale": 1.5, "sigma_low": 1.0}}
DISTILLED = ("consistency", "dmd-gan", "presto-s", "presto-ls")
DROPPING = ("ase", "layers", "presto-ls")


def manifest(c, graphs, tokenizer, weights, heard=None, dropped=noise.BUDGETS):
    """`dropped`: the budgets of what drops blocks; `heard`: what `brightness.reading` gives, if there are clips to read it off."""
    budgets = {
        "input": "blocks",
        "min": SMALLEST,
        "max": c.blocks,
        "by_sigma": [{"above": above, "blocks": blocks} for above, blocks in dropped],
    }
    understood = ["prompts", "bpm", "meter", "key", "chords", "density", "brightness", "energy", "parts"]
    return {
        "format": 1,
        "id": "pocket" if weights == SHIPPED else f"pocket-{weights}",
        "version": "0.8.5",
        "title": "Pocket" if weights == SHIPPED else f"Pocket, {weights}",
        "licence": "MIT",
        "sample_rate": F.SAMPLE_RATE,
        "channels": 2,
        "latent": {"channels": c.latents, "hop_samples": F.LATENT_HOP, "sigma_data": c.sigma_data},
        "prompt": {
            "tokenizer": {"file": tokenizer.name, "sha256": sha256(tokenizer), "max_tokens": MAX_TOKENS},
            "graph": graphs["prompt"],
            "tokens": c.prompt_tokens,
            "dims": c.prompt_dims,
        },
        "denoiser": {
            "graph": graphs["denoiser"],
            "prediction": "edm",
            "frames": {"min": 2, "max": 128, "multiple": c.patch},
            **({"budgets": budgets} if weights in DROPPING else {}),
        },
        "sampler": SHIPPED_SAMPLER if weights == SHIPPED else DISTILLED_SAMPLER if weights in DISTILLED else BASE_SAMPLER,
        "decoder": {
            "kind": "spectrum",
            "graph": graphs["decoder"],
            "context_frames": Decoder.CONTEXT,
            "preroll_frames": 1,
            "spectrum": synthesis.PARAMETERS,
        },
        "encoder": {
            "kind": "spectrum",
            "graph": graphs["encoder"],
            "lookahead_samples": F.N_FFT - F.HOP,
            "floor": F.FLOOR,
            "env_floor": F.ENV_FLOOR,
        },
        "loudness": LOUDNESS,
        **({"brightness": heard} if heard else {}),
        "blocks": {"lengths": [16, 32, 64], "context": 64},
        "controls": {
            "channels": labels.CHANNELS,
            "layout": [list(group) for group in labels.LAYOUT],
            "understood": understood + ([] if weights in DISTILLED else ["guidance"]),
            # 3 % of music is darker, and its median is the middle. Told that the others do play, it adds parts where one is taken away.
            "spans": {"brightness": [0.42, 1.0], **({"parts": [0.0, 0.7]} if weights == SHIPPED else {})},
        },
    }


def prompt_graph(module, path):
    ids, mask = torch.randint(1000, 20000, (1, 7)), torch.ones(1, 7, dtype=torch.long)
    names = ["ids", "mask"], ["tokens", "tempo"]
    auto = torch.export.Dim.AUTO
    return write_graph(module, (ids, mask), path, *names, ({1: auto}, {1: auto}), in_bytes=True)


class BudgetGraph(nn.Module):
    """A Network whose layer budget is an input. Each block is run and what it makes is taken or not: `branch` makes an If of that.

    With `tail`, the budget leaves out the last blocks and the network is not told, as in ASE.
    """

    def __init__(self, network, tail=False):
        super().__init__()
        self.network, self.tail = network, tail

    def forward(self, x, c_noise, prompt, controls, context, blocks):
        n = self.network
        last = len(n.blocks) - 1
        emb = n.told(c_noise, prompt) + n.budget(blocks * 0 + last + 1 if self.tail else blocks)
        h, shared, turn = n.enter(x, emb, controls, context)
        for i, block in enumerate(n.blocks):
            made = block(h, shared, prompt, turn)
            if SMALLEST - 1 <= i < last or (self.tail and i == last):
                made = torch.where(blocks > i if self.tail else blocks - 1 > i, made, h)
            h = made
        return n.read(h, x, emb)


LEVELS = (0.05, 0.15, 0.5, 1.5, 5.0, 15.0)


@torch.no_grad()
def own_pieces(base, weights="base", frames=64, pieces=6, dropped=noise.BUDGETS):
    """What the network reads while it makes music for random prompts and controls, noise level by noise level, with and without a beginning."""
    c, music, out = base.c, Music(base), []
    budgets = dropped if weights in DROPPING else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        z = None
        for _ in range(pieces):
            prompt = base.resampler(f.normalize(torch.randn(1, c.embedding), dim=-1))
            context = torch.zeros(1, frames, c.latents + 1)
            if z is not None:
                context[:, : frames // 2] = torch.cat([z[:, frames // 2 :], torch.ones(1, frames // 2, 1)], -1)
            cond = Conditions(prompt, 2 * torch.rand(1, frames, c.controls) - 1, context)
            shape = (1, frames, c.latents)
            z = sample.pingpong(music, shape, cond, 4, budgets) if weights in DISTILLED else sample.base(music, shape, cond, 6)
            for sigma in LEVELS:
                x = (z + sigma * torch.randn_like(z)) / (sigma**2 + c.sigma_data**2) ** 0.5 * cond.unknown
                for given in (cond,) if weights in DISTILLED else (cond, cond.null()):
                    feed = {"x": x, "c_noise": torch.tensor([sigma]).log() / 4, "prompt": given.prompt, "controls": given.controls, "context": given.context}
                    feed = {k: v.numpy() for k, v in feed.items()}
                    if budgets is None:
                        out.append(feed)
                    else:
                        out += [feed | {"blocks": np.array(blocks)} for blocks in (SMALLEST, noise.budget(sigma, budgets), c.blocks)]
    return out


def denoiser_graph(network, path, budgets=False, tail=False, feeds=(), beside=None):
    """Writes the denoiser; with `budgets` it takes the number of blocks to run, which `tail` leaves out at the end.

    With `feeds`, which show the ranges of its inputs, its products are of whole numbers. A network with adapters is then written
    as what it adds to the graph `beside` (ValueError without).
    """
    added = adapters.learned(network)
    if added and not (feeds and beside):
        raise ValueError("a network with adapters is written in whole numbers, beside the package that it adds to")
    network = adapters.merge(network)
    c, b, n = network.c, 2, 24
    names = ["x", "c_noise", "prompt", "controls", "context"], ["f"]
    args = [
        torch.randn(b, n, c.latents), torch.randn(b), torch.randn(b, c.prompt_tokens, c.prompt_dims),
        torch.randn(b, n, c.controls), torch.randn(b, n, c.latents + 1),
    ]  # fmt: skip
    auto = torch.export.Dim.AUTO
    both = {0: auto, 1: auto}
    dynamic, module = [both, {0: auto}, {0: auto}, both, both], network
    if budgets:
        module = BudgetGraph(network, tail)
        names[0].append("blocks")
        args.append(torch.tensor(c.blocks - 1))
        dynamic.append(None)
    to_onnx(module, tuple(args), path, *names, tuple(dynamic), opset=20)
    if feeds:
        # Latents and controls come in as they are.
        to_int8(path, feeds, lambda name, shape: shape[0] == c.patch * (2 * c.latents + 1 + c.controls), apart=budgets)
        to_bytes(path)
        if added:
            lean(path, beside, added)
    fuse(path)
    to_half(path)
    if budgets and branch(path, "blocks") != c.blocks - SMALLEST + tail:
        raise ValueError(f'graph "{path}" has not a branch for every block that may be left out')
    if feeds:
        for feed in feeds[-3:]:
            check(module, [torch.tensor(a) for a in feed.values()], path, names[0], typical)
    else:
        check(module, args, path, names[0])
    entry = graph_entry(path, {n: n for n in names[0]}, {n: n for n in names[1]})
    entry["inputs"].pop("blocks", None)  # the manifest names it in `budgets`
    return entry


def decoder_graph(module, path):
    """Writes the decoder. Its first window has no context: that is tried too."""
    dims = module.decoder.linear.shape[0]
    sigma = Config(latents=dims).sigma_data
    inputs, outputs = ["latents", "context"], list(DecoderGraph.FEATURES)
    latents, context = (sigma * torch.randn(1, n, dims) for n in (24, Decoder.CONTEXT))
    auto = torch.export.Dim.AUTO
    # From opset 20 on GELU is one operator.
    to_onnx(module, (latents, context), path, inputs, outputs, ({1: auto}, {1: auto}), opset=20)
    # What reads the latents themselves stays as it is: the sound hangs on every digit of them.
    feeds = white_noise({"latents": latents.shape, "context": context.shape}, sigma)
    to_int8(path, feeds, lambda name, shape: name in ("latents", "cat"))
    to_half(path)
    for before in (context, context[:, :0]):
        check(module, (latents, before), path, inputs, typical)
    return graph_entry(path, {n: n for n in inputs}, {n: n for n in outputs})


def encoder_graph(fitted, path):
    features = torch.from_numpy(fitted["mean"]) + torch.randn(1, 12, F.DIM)
    auto = torch.export.Dim.AUTO
    return write_graph(EncoderGraph(fitted), (features,), path, ["features"], ["latents"], ({1: auto},))


def run(work, package, weights="base", beside=None, dropped=noise.BUDGETS):
    """Writes the folder `package` out of the checkpoints in `work`; `weights` says which denoiser, `dropped` its budgets, if it drops blocks.

    Adapters are written as what they add to the denoiser of the package `beside`, whose other graphs are taken as they are.
    """
    out = Path(package)
    out.mkdir(parents=True, exist_ok=True)
    base, decoder, student = load_models(work)
    if weights != "base":
        from .presto.stage import averaged

        base.network = averaged(work, weights, merged=False).base.network.eval()  # the resampler is the base's: prompts mean the same in all rows
    under = Path(beside) / "denoiser.onnx" if beside else None
    denoiser = denoiser_graph(base.network, out / "denoiser.onnx", weights in DROPPING, weights == "ase", own_pieces(base, weights, dropped=dropped), under)
    tokenizer = out / "tokenizer.json"
    if beside:  # all but the denoiser is its base's, to the byte
        theirs = json.loads((Path(beside) / "model.json").read_text())
        graphs = {"prompt": theirs["prompt"]["graph"], "decoder": theirs["decoder"]["graph"], "encoder": theirs["encoder"]["graph"]}
        for name in ("tokenizer.json", *(graph["file"] for graph in graphs.values())):
            shutil.copy(Path(beside) / name, out / name)
    else:
        from .text.teacher import folder

        graphs = {
            "prompt": prompt_graph(PromptGraph(student, base.resampler), out / "prompt.onnx"),
            "decoder": decoder_graph(DecoderGraph(decoder), out / "decoder.onnx"),
            "encoder": encoder_graph(dict(np.load(Path(work) / "pca.npz")), out / "encoder.onnx"),
        }
        shutil.copy(folder() / "tokenizer.json", tokenizer)
    heard = brightness.reading(work) if (Path(work) / "features").exists() else None
    text = json.dumps(manifest(base.c, {"denoiser": denoiser, **graphs}, tokenizer, weights, heard, dropped), indent=1)
    (out / "model.json").write_text(text + "\n")
