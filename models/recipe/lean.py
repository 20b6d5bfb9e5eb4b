"""A graph whose matrices are another's, plus thin ones: only those are new bytes, the runtime adds them up when it loads.

The bytes of the other's matrices are stored once more, as they are: what keeps files by content (git, container layers) keeps them once.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .quantise import SCALE

FULL = 64  # of products in whole numbers: see `quantise`


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
    """-> [(W, first, second)] of a graph that `lean` wrote: its matrices are W + first second, as they are stored, (out, in) or turned."""
    graphs = list(_graphs(onnx.load(path).graph))
    weights = {w.name: numpy_helper.to_array(w) for graph in graphs for w in graph.initializer}
    scales = {node.input[0]: node.input[1] for graph in graphs for node in graph.node if node.op_type == "DequantizeLinear"}
    out = []
    for key in [name.removesuffix("_own") for name in weights if name.endswith("_own")]:
        scale = np.atleast_2d(weights[f"{key}_base{SCALE}" if key in scales else key.removesuffix("_bytes") + SCALE])
        first, second = (weights[f"{key}_{part}"] * weights[f"{key}_{part}{SCALE}"] for part in ("in", "out"))
        first, second = (first, second * scale) if scale.shape[0] == 1 else (first * scale, second)
        out.append((weights[f"{key}_own"] * scale, first, second))
    return out


def as_bytes(a, axis):
    """-> whole numbers within 127 and their scales along `axis`."""
    scale = np.maximum(np.abs(a).max(axis, keepdims=True), 1e-12) / 127
    return np.round(a / scale).astype(np.int8), scale.astype(np.float32)


def nearest(matrix, found):
    """-> the key of `found` ({key: array}) whose array has the shape of `matrix` and is next to it, and how far it is (mean)."""
    far = {key: float(np.abs(a - matrix).mean()) for key, a in found.items() if a.shape == matrix.shape}
    key = min(far, key=far.get)
    return key, far[key]


def places(learned, ours, theirs):
    """Where a learned (W, up, down) stands. -> the key of W + up down in `ours`, that of W in `theirs`, and the thin ones as they are stored; None if nowhere."""
    w, up, down = learned
    for was, first, second in ((w.T, down.T, up.T), (w, up, down)):
        if any(a.shape == was.shape for a in ours.values()):
            key, near = nearest(was + first @ second, ours)
            other, same = nearest(was, theirs)
            if near < 0.1 * np.abs(was).mean() and same < 1e-3 * np.abs(was).mean():
                return key, other, first, second
    return None


def lean(path, beside, learned):
    """Rewrites the graph at `path` in place: each matrix that was learned is now one of the graph `beside` and what was added.

    `learned` are (W, up, down) of which the graph at `path` has W + up down, (out, in), and `beside` has W.
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
        key, other, first, second = place
        whole, scale = theirs[other]
        in_row = scale.shape[0] == 1  # what is added is told in the units of W
        rows, row_scale = as_bytes(first if in_row else first / scale, 0)
        columns, column_scale = as_bytes(second / scale if in_row else second, 1)

        def keep(part, array):
            graph.initializer.append(numpy_helper.from_array(np.asarray(array, order="C"), f"{key}_{part}"))

        def node(kind, inputs, output, **more):
            before.append(helper.make_node(kind, [f"{key}_{i}" for i in inputs], [output], name=f"{output}_made", **more))

        graph.initializer.remove(weights.pop(key))
        for part, array in (("own", whole), ("in", rows), (f"in{SCALE}", row_scale), ("out", columns), (f"out{SCALE}", column_scale)):
            keep(part, array)
        for part in ("own", "in", "out"):
            node("Cast", [part], f"{key}_{part}_cast", to=TensorProto.FLOAT)
        for part in ("in", "out"):
            node("Mul", [f"{part}_cast", f"{part}{SCALE}"], f"{key}_{part}_scaled")
        node("Gemm", ["in_scaled", "out_scaled", "own_cast"], f"{key}_sum")
        if key in scales:
            # As few numbers of four bytes as can be: the runtime holds all that it makes until it has loaded.
            # Columns that have grown beyond what seven bits hold are told in larger units.
            sums = whole + (rows * row_scale) @ (columns * column_scale)
            wider = np.maximum(np.abs(sums).max(0) / FULL, 1).astype(np.float16).astype(np.float32)
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
