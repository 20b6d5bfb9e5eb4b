"""The decoder network: context apart is context before, and whole numbers do as well however latents are cut."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from recipe.codec import features as F
from recipe.codec.decoder import Decoder
from recipe.quantise import to_int8, white_noise

DIMS = 8


@pytest.fixture
def decoder():
    torch.manual_seed(0)
    pca = {"mean": np.zeros(F.DIM, np.float32), "decode": 0.1 * np.random.default_rng(0).standard_normal((DIMS, F.DIM)).astype(np.float32)}
    decoder = Decoder(pca, slow=32, fast=16).eval()
    for p in decoder.parameters():
        torch.nn.init.normal_(p, std=0.2)
    return decoder


@pytest.mark.parametrize("context", [0, 1, 2, 5, Decoder.CONTEXT])
@torch.no_grad()
def test_context_apart_is_context_before(decoder, context):
    z = torch.randn(1, context + 3, DIMS)
    whole, apart = decoder.audible(decoder(z)), decoder.audible(decoder(z[:, context:], z[:, :context]))
    for name, value in apart.items():
        torch.testing.assert_close(value, whole[name][:, -value.shape[1] :], atol=1e-4, rtol=1e-4)


def test_products_in_whole_numbers_do_not_depend_on_the_cut(tmp_path):
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal((32, 32)).astype(np.float32) / 6 for _ in range(2)]
    shape = [1, "n", 32]
    nodes = [
        helper.make_node("MatMul", ["latents", "w0"], ["h"], "first"),
        helper.make_node("Tanh", ["h"], ["t"]),
        helper.make_node("MatMul", ["t", "w1"], ["y"], "second"),
    ]
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("latents", TensorProto.FLOAT, shape)], [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(w, f"w{i}") for i, w in enumerate(weights)],
    )  # fmt: skip
    path = tmp_path / "graph.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    x = rng.standard_normal((1, 24, 32)).astype(np.float32)
    to_int8(path, white_noise({"latents": x.shape}, 1), lambda name, shape: name == "latents")
    stored = {w.name: w.data_type for w in onnx.load(path).graph.initializer}
    assert stored["w0"] == TensorProto.FLOAT and stored["w1_quantized"] == TensorProto.INT8
    session = onnxruntime.InferenceSession(str(path))
    whole = session.run(None, {"latents": x})[0]
    parts = [session.run(None, {"latents": x[:, a:b]})[0] for a, b in ((0, 5), (5, 24))]
    np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-5)
    exact = np.tanh(x @ weights[0]) @ weights[1]
    assert 0 < np.sqrt(np.mean((whole - exact) ** 2)) < 0.02 * np.abs(exact).max()
