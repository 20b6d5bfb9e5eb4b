"""A graph whose matrices are another's, plus thin ones: only those are new bytes, the runtime adds them up when it loads.

The bytes of the other's matrices are stored once more, as they are: what keeps files by content (git, container layers) keeps them once.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .quantise import SCALE

FULL = 64  # of products in whole numbers: see `quantise`
WIDENED = 32  # steps to twice a unit
FINE, COARSE = 127, 11  # largest whole number of the first thin matrices, and of those that correct them by a little


def in_bytes(path):
    """-> {name: (whole numbers, their scales as a row or a column)} of a graph's matrices that are stored as bytes, before they are put into branches."""
    graph = onnx.load(path).graph
    weights = {w.name: w for w in graph.initializer}
    scales = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in weights and weights[node.input[0]].data_type == TensorProto.INT8:
            scales[node.input[0]] = node.input[1]
        elif node.op_type == "Mul" and node.input[0].endswith("_whole"):
            scales[node.input[0].removesuffix("_whole") + "_bytes"] = node.input[1]
    return {name: (numpy_helper.to_array(weights[name]), np.atleast_2d(numpy_helper.to_array(weights[scale]))) for name, scale in scales.items()}


def _graphs(graph):
    """The graph and what stands in its branches."""
    yield graph
    for node in graph.node:
        for inner in node.attribute:
            if inner.name == "then_branch":
                yield from _graphs(inner.g)


def thin(path):
    """-> [(W, [(first, second), ...])] of a graph that `lean` wrote: its matrices are W + first second + ..., as they are stored, (out, in) or turned."""
    graphs = list(_graphs(onnx.load(path).graph))
    weights = {w.name: numpy_helper.to_array(w) for graph in graphs for w in graph.initializer}
    scales = {node.input[0]: node.input[1] for graph in graphs for node in graph.node if node.op_type == "DequantizeLinear"}
    out = []
    for key in [name.removesuffix("_own") for name in weights if name.endswith("_own")]:
        scale = np.atleast_2d(weights[f"{key}_base{SCALE}" if key in scales else key.removesuffix("_bytes") + SCALE])
        pairs = []
        while f"{key}_{called('in', len(pairs))}" in weights:
            names = [f"{key}_{called(part, len(pairs))}" for part in ("in", "out")]
            first, second = (weights[name] * weights[f"{name}{SCALE}"].reshape(shape) for name, shape in zip(names, ((1, -1), (-1, 1))))
            pairs.append((first, second * scale) if scale.shape[0] == 1 else (first * scale, second))
        out.append((weights[f"{key}_own"] * scale, pairs))
    return out


def stretch(path, shares):
    """Makes what the thin matrices of the graph at `path` add so many times as much, in place: of the first ones, of those that were added later, ..."""
    model = onnx.load(path)
    for graph in _graphs(model.graph):
        for w in graph.initializer:
            for which, share in enumerate(shares):
                if w.name.endswith(f"_{called('in', which)}{SCALE}"):
                    w.raw_data = (numpy_helper.to_array(w) * np.float32(share)).tobytes()
    onnx.save(model, path)


def called(part, which):
    """What the thin matrices are called: "in", then "in1" of those that were added later."""
    return f"{part}{which or ''}"


def as_bytes(a, axis, most):
    """-> whole numbers within `most` and their scales along `axis`."""
    scale = np.maximum(np.abs(a).max(axis, keepdims=True), 1e-12) / most
    return np.round(a / scale).astype(np.int8), scale.astype(np.float32)


def nearest(matrix, found):
    """-> the key of `found` ({key: array}) whose array has the shape of `matrix` and is next to it, and how far it is (mean)."""
    far = {key: float(np.abs(a - matrix).mean()) for key, a in found.items() if a.shape == matrix.shape}
    key = min(far, key=far.get)
    return key, far[key]


def places(learned, ours, theirs):
    """Where a learned (W, pairs) stands. -> the key of W + up down + ... in `ours`, that of W in `theirs`, and the thin ones as they are stored; None if nowhere."""
    w, pairs = learned
    for was, thin_ones in ((w.T, [(down.T, up.T) for up, down in pairs]), (w, pairs)):
        if any(a.shape == was.shape for a in ours.values()):
            key, near = nearest(was + sum(first @ second for first, second in thin_ones), ours)
            other, same = nearest(was, theirs)
            if near < 0.1 * np.abs(was).mean() and same < 1e-3 * np.abs(was).mean():
                return key, other, thin_ones
    return None


def lean(path, beside, learned):
    """Rewrites the graph at `path` in place: each matrix that was learned is now one of the graph `beside` and what was added.

    `learned` are (W, [(up, down), ...]) of which the graph at `path` has W + up down + ..., (out, in), and `beside` has W.
    Raises ValueError where one of them is in either graph not to be found.
    """
    model = onnx.load(path)
    graph, before = model.graph, []
    theirs = in_bytes(beside)
    ours, known = ({name: whole * scale for name, (whole, scale) in found.items()} for found in (in_bytes(path), theirs))
    weights = {w.name: w for w in graph.initializer}
    scales = {n.input[0]: n.input[1] for n in graph.node if n.op_type == "DequantizeLinear"}
    for one in learned:
        place = places(one, ours, known)
        if place is None:
            raise ValueError(f'a matrix {one[0].shape} that was learned is not in "{path}" or not in "{beside}"')
        key, other, pairs = place
        whole, scale = theirs[other]
        in_row = scale.shape[0] == 1  # what is added is told in the units of W

        def keep(part, array):
            graph.initializer.append(numpy_helper.from_array(np.asarray(array, order="C"), f"{key}_{part}"))

        def node(kind, inputs, output, **more):
            before.append(helper.make_node(kind, [f"{key}_{i}" for i in inputs], [output], name=f"{output}_made", **more))

        graph.initializer.remove(weights.pop(key))
        keep("own", whole)
        node("Cast", ["own"], f"{key}_own_cast", to=TensorProto.FLOAT)
        sums = whole.astype(np.float32)
        for i, (first, second) in enumerate(pairs):
            most, parts = COARSE if i else FINE, (called("in", i), called("out", i))
            rows, row_scale = as_bytes(first if in_row else first / scale, 0, most)
            columns, column_scale = as_bytes(second / scale if in_row else second, 1, most)
            sums += (rows * row_scale) @ (columns * column_scale)
            for part, array, its_scale in zip(parts, (rows, columns), (row_scale, column_scale)):
                keep(part, array)
                keep(f"{part}{SCALE}", its_scale.reshape(-1, 1))
            node("Mul", [f"{part}{SCALE}" for part in parts], f"{key}_{called('both', i)}{SCALE}")
        # One sum, and one side that is scaled: the runtime holds all that it makes until it has loaded.
        for part, axis in (("in", 1), ("out", 0)):
            node("Concat", [called(part, i) for i in range(len(pairs))], f"{key}_{part}_all", axis=axis)
            node("Cast", [f"{part}_all"], f"{key}_{part}_cast", to=TensorProto.FLOAT)
        node("Concat", [f"{called('both', i)}{SCALE}" for i in range(len(pairs))], f"{key}_all{SCALE}", axis=0)
        node("Mul", ["out_cast", f"all{SCALE}"], f"{key}_out_scaled")
        node("Gemm", ["in_cast", "out_scaled", "own_cast"], f"{key}_sum")
        if key in scales:
            # As few numbers of four bytes as can be, likewise.
            # Columns that have grown beyond what seven bits hold are told in larger units, few of them: those are stored.
            wider = np.maximum(np.ceil(np.abs(sums).max(0) / FULL * WIDENED) / WIDENED, 1).astype(np.float32)
            for part, array in (("wider", wider), ("zero", np.zeros(len(wider), np.int8)), ("least", np.int8(-FULL)), ("most", np.int8(FULL))):
                keep(part, array)
            node("QuantizeLinear", ["sum", "wider", "zero"], f"{key}_round", axis=1)
            node("Clip", ["round", "least", "most"], key)
            graph.initializer.remove(weights.pop(scales[key]))
            keep(f"base{SCALE}", scale.ravel())
            node("Mul", [f"base{SCALE}", "wider"], scales[key])
        else:
            own_scale = key.removesuffix("_bytes") + SCALE
            weights[own_scale].CopyFrom(numpy_helper.from_array(scale, own_scale))
            cast = next(n for n in graph.node if n.op_type == "Cast" and n.input[0] == key)
            cast.op_type, cast.input[0] = "Identity", f"{key}_sum"
            del cast.attribute[:]
    nodes = before + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, path)
