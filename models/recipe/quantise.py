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
    """White noise as loud as latents are, always the same: ranges found with it are as good as with those of the corpus."""

    def __init__(self, shapes, sigma, count=16):
        rng = np.random.default_rng(0)
        self.feeds = iter([{k: np.float32(sigma * rng.standard_normal(shape)) for k, shape in shapes.items()} for _ in range(count)])

    def get_next(self):
        return next(self.feeds, None)


def to_int8(path, shapes, sigma, left):
    """Quantises the matrix products of the graph at `path`, in place, but those whose input is one of `left`.

    `shapes` of the graph's inputs, which are of deviation `sigma`.
    """
    model = onnx.load(path)
    exact = [n.name for n in model.graph.node if n.op_type == "MatMul" and n.input[0] in left]
    logging.disable(logging.WARNING)  # advice to preprocess the graph, which the exporter has done
    quantize_static(
        str(path), str(path), Feeds(shapes, sigma), quant_format=QuantFormat.QDQ, op_types_to_quantize=["MatMul"],
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
        nodes_to_exclude=exact,
        extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul"], "WeightSymmetric": True},
    )  # fmt: skip
    logging.disable(logging.NOTSET)
