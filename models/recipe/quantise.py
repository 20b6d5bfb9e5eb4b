"""Matrix products in whole numbers: a quarter of the weights' bytes, and several times the speed on what has VNNI or AMX.

Inputs have eight bits, with a range found once: one found anew for each call would make what is decoded depend on how
it is cut. Weights have seven, one scale a column: with eight, processors without VNNI overflow when they add pairs.
"""

import logging

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

SCALE = "_scale"  # the quantiser's name for a scale is that of its tensor with this


class Feeds(CalibrationDataReader):
    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def white_noise(shapes, sigma, count=16):
    """Inputs of deviation `sigma`, always the same: ranges of the decoder found with it are as good as with latents of the corpus."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield {k: np.float32(sigma * rng.standard_normal(shape)) for k, shape in shapes.items()}


def to_int8(path, feeds, exact, apart=False):
    """Quantises the products with weights of the graph at `path`, in place.

    Ranges are found on `feeds` (name: array); `exact(name of the input, shape of the weights)` says which products stay as they are.
    With `apart`, products that share an input quantise it each for itself: they may come to stand in different branches.
    """
    graph = onnx.load(path).graph
    weights = {w.name: tuple(w.dims) for w in graph.initializer}
    left = [n.name for n in graph.node if n.op_type == "MatMul" and (n.input[1] not in weights or exact(n.input[0], weights[n.input[1]]))]
    logging.disable(logging.WARNING)  # advice to preprocess the graph, which the exporter has done
    quantize_static(
        str(path), str(path), Feeds(feeds), quant_format=QuantFormat.QDQ, op_types_to_quantize=["MatMul"],
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
        nodes_to_exclude=left,
        extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul"], "WeightSymmetric": True, "DedicatedQDQPair": apart},
    )  # fmt: skip
    logging.disable(logging.NOTSET)


def to_bytes(path, least=4096):
    """Stores large float32 matrices of the graph at `path` as bytes, with a scale for each row or column, whichever are more; the runtime turns them back when it loads."""
    model = onnx.load(path)
    graph, before = model.graph, []
    for weight in [w for w in graph.initializer if w.data_type == TensorProto.FLOAT and len(w.dims) == 2 and np.prod(w.dims) >= least]:
        array, name = numpy_helper.to_array(weight), weight.name
        longer = int(array.shape[0] >= array.shape[1])
        scale = np.maximum(np.abs(array).max(longer, keepdims=True), 1e-9) / 127
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(np.round(array / scale).astype(np.int8), f"{name}_bytes"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}{SCALE}"))
        before.append(helper.make_node("Cast", [f"{name}_bytes"], [f"{name}_whole"], to=TensorProto.FLOAT, name=f"{name}_cast"))
        before.append(helper.make_node("Mul", [f"{name}_whole", f"{name}{SCALE}"], [name], name=f"{name}_scaled"))
    nodes = before + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, path)
