"""The denoiser in whole numbers does what it did, and can be turned back into one to train further."""

import onnx
import torch
from onnx import TensorProto

from recipe.base.model import Config
from recipe.base.train import Base
from recipe.export import denoiser_graph, own_pieces
from recipe.recover import restore_denoiser


def test_a_denoiser_in_whole_numbers_can_be_recovered(tmp_path):
    torch.manual_seed(0)
    base = Base(Config(latents=8, dim=64, blocks=2, heads=2)).eval()
    for p in base.parameters():
        torch.nn.init.normal_(p, std=0.15)
    path = tmp_path / "denoiser.onnx"
    denoiser_graph(base.network, path, feeds=own_pieces(base, frames=16, pieces=2))  # raises where the graph does something else
    kinds = [w.data_type for w in onnx.load(path).graph.initializer]
    assert kinds.count(TensorProto.INT8) > 10
    again = Base(base.c).eval()
    restore_denoiser(again, path)
    for (name, p), q in zip(base.network.named_parameters(), again.network.parameters()):
        if "budget" not in name:  # of which the exporter keeps the row that is used
            assert (p - q).abs().max() < 0.02 * p.abs().max(), name
