"""The denoiser in whole numbers does what it did, and can be turned back into one to train further."""

import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto

from recipe.base.model import Config
from recipe.base.train import Base
from recipe.export import BudgetGraph, denoiser_graph, own_pieces
from recipe.lean import stretch, thin
from recipe.presto import adapters
from recipe.presto.layers import SMALLEST
from recipe.recover import readapt, restore_denoiser


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


def test_what_was_distilled_can_be_recovered_with_its_branches(tmp_path):
    torch.manual_seed(0)
    base = Base(Config(latents=8, dim=32, blocks=12, heads=2)).eval()
    for p in base.parameters():
        torch.nn.init.normal_(p, std=0.15)
    path = tmp_path / "denoiser.onnx"
    denoiser_graph(base.network, path, budgets=True, feeds=own_pieces(base, "presto-ls", frames=16, pieces=2))
    again = Base(base.c).eval()
    restore_denoiser(again, path, "presto-ls")
    for (name, p), q in zip(base.network.named_parameters(), again.network.parameters()):
        assert (p - q).abs().max() < 0.02 * p.abs().max(), name


@pytest.mark.parametrize("whole", [False, True])
def test_blocks_that_may_be_left_out_stand_in_branches_and_are_left_out(tmp_path, whole):
    torch.manual_seed(0)
    base = Base(Config(latents=8, dim=32, blocks=12, heads=2)).eval()
    for p in base.parameters():
        torch.nn.init.normal_(p, std=0.15)
    path = tmp_path / "denoiser.onnx"
    pieces = own_pieces(base, "presto-ls", frames=16, pieces=2)
    denoiser_graph(base.network, path, budgets=True, feeds=pieces if whole else ())
    graph = onnx.load(path).graph
    branches = [a.g for node in graph.node if node.op_type == "If" for a in node.attribute if a.name == "then_branch"]
    assert len(branches) == 12 - SMALLEST
    assert all(sum(node.op_type == "MatMul" for node in g.node) >= 5 for g in branches)
    # Outside are the blocks that are always run: every second of them hears the prompt.
    assert sum(node.op_type == "MultiHeadAttention" for node in graph.node) == SMALLEST + SMALLEST // 2
    for g in (graph, *branches):  # what `fuse` is there for
        assert not {node.op_type for node in g.node} & {"Softmax", "Reciprocal", "Slice"}
    session = onnxruntime.InferenceSession(path)
    feed = pieces[-1]
    for blocks in (SMALLEST, 10, 12):
        got = session.run(None, feed | {"blocks": np.array(blocks)})[0]
        given = {k: torch.tensor(v) for k, v in feed.items() if k != "blocks"}
        with torch.no_grad():
            want = BudgetGraph(base.network)(**given, blocks=torch.tensor(blocks)).numpy()
            own = base.network(*given.values(), blocks).numpy() if blocks < 12 else want
        assert np.sqrt(((got - want) ** 2).mean()) < (0.03 if whole else 2e-3) * np.abs(want).max()
        assert np.abs(own - want).max() < 1e-5 * np.abs(want).max()


@pytest.mark.parametrize("ranks", [(4,), (4, 2)])
def test_adapters_are_written_as_what_they_add_to_another_graph(tmp_path, ranks):
    torch.manual_seed(0)
    base = Base(Config(latents=32, dim=64, blocks=12, heads=2)).eval()
    for p in base.parameters():
        torch.nn.init.normal_(p, std=0.15)
    beside, path = tmp_path / "base.onnx", tmp_path / "denoiser.onnx"
    denoiser_graph(base.network, beside, feeds=own_pieces(base, frames=16, pieces=2))
    restore_denoiser(base, beside)  # what is stored, to the last digit
    plain = copy.deepcopy(base.network)
    for rank in ranks:
        adapters.adapt(base.network, rank)
    for name, p in base.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(p, std=0.01)
    pieces = own_pieces(base, "presto-ls", frames=16, pieces=2)
    with pytest.raises(ValueError, match="beside"):
        denoiser_graph(base.network, path, budgets=True, feeds=pieces)
    denoiser_graph(base.network, path, budgets=True, feeds=pieces, beside=beside)  # raises where the graph does something else
    stored, graph = path.read_bytes(), onnx.load(beside).graph
    large = [w.raw_data for w in graph.initializer if w.data_type == TensorProto.INT8 and min(w.dims) >= 64]
    assert len(large) > 40 and all(raw in stored for raw in large)
    again = Base(base.c).eval()
    restore_denoiser(again, path, "presto-ls")
    wanted = dict(base.network.named_parameters())  # merged by the exporter
    for name, p in again.network.named_parameters():
        assert (p - wanted[name]).abs().max() < 0.02 * wanted[name].abs().max(), name
    before = thin(path)
    stretch(path, [0.5, 2.0][: len(ranks)])
    for (_, was), (_, pairs) in zip(before, thin(path), strict=True):
        for share, (first, second), (wide, long) in zip((0.5, 2.0), was, pairs):
            assert np.allclose(wide @ long, share * (first @ second), rtol=1e-5)
    readapt(again.network, plain, before)
    assert adapters.ranks(again.network.state_dict()) == list(ranks)
    adapters.merge(again.network)
    wanted = dict(base.network.named_parameters())  # merged by the exporter
    for name, p in again.network.named_parameters():
        assert (p - wanted[name]).abs().max() < 0.02 * wanted[name].abs().max(), name
