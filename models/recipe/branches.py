"""A Where that chooses between what a block makes and what it was given -> an If that runs the block or does not.

Everything before sees one plain graph: the exporter, and the quantiser, which does not look into branches.
"""

import onnx
from onnx import TensorProto, helper


def _needs(name, producers):
    """-> names of the nodes, and of the graph inputs and weights, that a tensor needs."""
    nodes, sources, todo = set(), set(), [name]
    while todo:
        name = todo.pop()
        node = producers.get(name)
        if node is None:
            sources.add(name)
        elif node.name not in nodes:
            nodes.add(node.name)
            todo += node.input
    return nodes, sources


def _only_for(choice, nodes, producers):
    """-> names of the nodes that only the first alternative of a Where needs."""
    condition, made, given = choice.input
    wanted = _needs(made, producers)[0] - _needs(given, producers)[0] - _needs(condition, producers)[0]
    while True:
        elsewhere = {name for node in nodes if node.name not in wanted | {choice.name} for name in node.input}
        shared = {node.name for node in nodes if node.name in wanted and elsewhere & set(node.output)}
        if not shared:
            return wanted
        wanted -= shared


def _value(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def branch(path, asked):
    """Turns every Where whose condition depends on nothing but the input `asked` and weights into an If, in place. -> how many."""
    model = onnx.load(path)
    graph = model.graph
    nodes, weights, count = list(graph.node), {w.name: w for w in graph.initializer}, 0
    for choice in [node for node in nodes if node.op_type == "Where"]:
        producers = {name: node for node in nodes for name in node.output}
        condition, made, given = choice.input
        sources = _needs(condition, producers)[1]
        if asked not in sources or not sources - {asked} <= weights.keys():
            continue
        inside = _only_for(choice, nodes, producers)
        block, others = ([node for node in nodes if (node.name in inside) == side] for side in (True, False))
        elsewhere = {name for node in others for name in node.input}
        own = [name for name in dict.fromkeys(name for node in block for name in node.input) if name in weights and name not in elsewhere]
        run = helper.make_graph(block, f"{choice.name}_run", [], [_value(made)], [weights.pop(name) for name in own])
        skip = helper.make_graph([helper.make_node("Identity", [given], [f"{made}_skipped"])], f"{choice.name}_skip", [], [_value(f"{made}_skipped")])
        node = helper.make_node("If", [condition], [choice.output[0]], name=f"{choice.name}_if", then_branch=run, else_branch=skip)
        nodes = [node if other.name == choice.name else other for other in others]
        count += 1
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(weights.values())
    onnx.save(model, path)
    return count
