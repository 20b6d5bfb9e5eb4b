"""Many small operators of an exported graph -> the few large ones that ONNX Runtime has for them (its contributed operators).

A small network spends as much time between its operators as in them. Nothing but rounding changes.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

MICROSOFT = "com.microsoft"
ONES = "ones_"  # what the names of weights begin with that nobody has learned: `recover` passes them over


class Rewriter:
    """A graph in hand: who makes a tensor, who reads it, and what is to stand in place of what."""

    def __init__(self, model):
        self.model, self.graph = model, model.graph
        self.weights = {w.name: w for w in self.graph.initializer}
        inferred = onnx.shape_inference.infer_shapes(model).graph
        self.shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*inferred.value_info, *inferred.input]}
        self.look()

    def look(self):
        """Finds makers and readers anew."""
        self.maker = {name: node for node in self.graph.node for name in node.output}
        self.readers = {}
        for node in self.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)

    def constant(self, name):
        return numpy_helper.to_array(self.weights[name]) if name in self.weights else None

    def made_by(self, name, *kinds):
        """-> the nodes that a tensor comes out of, one behind the other by their first inputs, if they are of these kinds; else None."""
        found = []
        for kind in kinds:
            node = self.maker.get(name)
            if node is None or node.op_type != kind:
                return None
            found.append(node)
            name = node.input[0]
        return found

    def keep(self, name, array):
        """-> the name of a constant, stored once."""
        if name not in self.weights:
            self.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
            self.weights[name] = self.graph.initializer[-1]
        return name

    def replace(self, last, nodes):
        """Puts `nodes` where the node `last` stands, whose output the last of them makes; what nobody reads any more goes."""
        at = list(self.graph.node).index(last)
        self.graph.node.remove(last)
        for node in reversed(nodes):
            self.graph.node.insert(at, node)
        self.sweep()

    def sweep(self):
        wanted = {output.name for output in self.graph.output}
        self.look()
        while dead := [n for n in self.graph.node if not any(name in wanted or name in self.readers for name in n.output)]:
            for node in dead:
                self.graph.node.remove(node)
            self.look()

    def save(self, path):
        read = {name for node in self.graph.node for name in node.input}
        for weight in [w for w in self.graph.initializer if w.name not in read]:
            self.graph.initializer.remove(weight)
        if MICROSOFT not in {opset.domain for opset in self.model.opset_import}:
            self.model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
        onnx.save(self.model, path)


def norms(r):
    """x / sqrt(mean(x^2) + eps) -> SimplifiedLayerNormalization."""
    for node in [n for n in r.graph.node if n.op_type == "Mul"]:
        chain = r.made_by(node.input[1], "Reciprocal", "Sqrt", "Add", "ReduceMean", "Pow")
        if chain is None or chain[-1].input[0] != node.input[0]:
            continue
        width = r.shapes[node.input[0]][-1]
        ones = r.keep(f"{ONES}{width}", np.ones(width, np.float32))
        eps = float(r.constant(chain[2].input[1]))
        fused = helper.make_node("SimplifiedLayerNormalization", [node.input[0], ones], list(node.output), name=f"{node.output[0]}_norm", axis=-1, epsilon=eps, stash_type=1)
        r.replace(node, [fused])


def rotations(r):
    """The two halves of x turned by cosines and sines -> RotaryEmbedding."""
    for node in [n for n in r.graph.node if n.op_type == "Concat" and len(n.input) == 2]:
        first, second = (r.made_by(name, kind, "Mul", "Split") for name, kind in zip(node.input, ("Sub", "Add")))
        if first is None or second is None or first[2] is not second[2]:
            continue
        source, cos, sin = first[2].input[0], first[1].input[1], second[1].input[1]
        start = r.keep("from_the_start", np.zeros(1, np.int64))
        fused = helper.make_node("RotaryEmbedding", [source, start, cos, sin], list(node.output), name=f"{node.output[0]}_rotated", domain=MICROSOFT)
        r.replace(node, [fused])


def attention(r):
    """Queries, keys and values by head -> MultiHeadAttention, which takes them apart by itself."""
    for node in [n for n in r.graph.node if n.op_type == "Reshape"]:
        if (chain := r.made_by(node.input[0], "Transpose", "MatMul", "Softmax", "Mul", "MatMul")) is None:
            continue
        query, keys = chain[-1].input
        (turned,) = r.made_by(keys, "Transpose")
        heads, width = r.shapes[query][1], r.shapes[query][-1]
        q, before_q = flat(r, query, heads * width)
        k, before_k = flat(r, turned.input[0], heads * width)
        v, before_v = flat(r, chain[1].input[1], heads * width)
        fused = helper.make_node("MultiHeadAttention", [q, k, v], list(node.output), name=f"{node.output[0]}_attended", domain=MICROSOFT, num_heads=heads)
        r.replace(node, [*before_q, *before_k, *before_v, fused])


def flat(r, name, width):
    """The tensor (batch, heads, time, width of one) as (batch, time, width), before it is taken apart. -> its name, the nodes that make it."""
    node = r.maker[name]
    if node.op_type == "RotaryEmbedding":
        source, nodes = flat(r, node.input[0], width)
        heads = r.shapes[name][1]
        made = helper.make_node("RotaryEmbedding", [source, *node.input[1:]], [f"{name}_flat"], name=f"{name}_flat", domain=MICROSOFT, num_heads=heads, rotary_embedding_dim=0)
        return f"{name}_flat", [*nodes, made]
    if node.op_type == "SimplifiedLayerNormalization":
        source, nodes = flat(r, node.input[0], width)
        apart = r.keep(f"heads_{width}", np.array([0, 0, width // r.shapes[name][-1], r.shapes[name][-1]]))
        together = r.keep(f"together_{width}", np.array([0, 0, width]))
        norm = helper.make_node("SimplifiedLayerNormalization", [f"{name}_heads", node.input[1]], [f"{name}_even"], name=f"{name}_even")
        norm.attribute.extend(node.attribute)
        return f"{name}_flat", [
            *nodes,
            helper.make_node("Reshape", [source, apart], [f"{name}_heads"], name=f"{name}_heads"),
            norm,
            helper.make_node("Reshape", [f"{name}_even", together], [f"{name}_flat"], name=f"{name}_flat"),
        ]
    if node.op_type == "Transpose":
        (view,) = r.made_by(node.input[0], "Reshape")
        return view.input[0], []
    _, cut, turned, view = r.made_by(name, "Squeeze", "Slice", "Transpose", "Reshape")
    both, which = view.input[0], int(r.constant(cut.input[1])[0])
    parts = [f"{both}_keys", f"{both}_values"]
    made = [helper.make_node("Split", [both], parts, name=f"{both}_parts", axis=2, num_outputs=2)] if which == 0 else []
    return parts[which], made


def fuse(path):
    """Rewrites the graph at `path` in place. It needs the shapes that the exporter tells."""
    rewriter = Rewriter(onnx.load(path))
    norms(rewriter)
    rotations(rewriter)
    attention(rewriter)
    rewriter.save(path)
