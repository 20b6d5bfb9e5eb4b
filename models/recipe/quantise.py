"""Matrix products in whole numbers: a quarter of the weights' bytes, and several times the speed on what has VNNI or AMX.

Inputs have eight bits, with a range found once: one found anew for each call would make what is decoded depend on how
it is cut. Weights have seven, one scale a column: with eight, processors without VNNI overflow when they add pairs.
"""

import logging

import numpy as np
import onnx
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
