"""Kernels that a GPU was told once and repeats (CUDA graphs): asking for those of a small network one by one takes Python several times as long as running them."""

import dataclasses
import gc

import torch

from .precision import DEVICE

if DEVICE.type == "cuda":
    torch.cuda.set_stream(torch.cuda.Stream())  # what runs on the default one cannot be recorded
    POOL, KEEPER = torch.cuda.graph_pool_handle(), torch.cuda.CUDAGraph()  # memory that one recording after the other uses: without any it would be gone
    KEEPER.capture_begin(pool=POOL, capture_error_mode="thread_local")
    torch.zeros(1, device=DEVICE)
    KEEPER.capture_end()


def members(value):
    """What a dataclass, a dict or a tuple holds, by name; None of anything else."""
    if dataclasses.is_dataclass(value):
        return vars(value)
    return value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, tuple) else None


def taken_apart(value):
    """-> the tensors in `value`, and all else there is to it."""
    if isinstance(value, torch.Tensor):
        return [value], (value.shape, value.dtype)
    if (inner := members(value)) is None:
        return [], value
    found = {name: taken_apart(one) for name, one in inner.items()}
    return [t for tensors, _ in found.values() for t in tensors], (type(value), *((name, kind) for name, (_, kind) in found.items()))


def put_together(like, tensors):
    """`like` with other tensors, out of an iterator."""
    if isinstance(like, torch.Tensor):
        return next(tensors)
    if (inner := members(like)) is None:
        return like
    made = {name: put_together(one, tensors) for name, one in inner.items()}
    return dataclasses.replace(like, **made) if dataclasses.is_dataclass(like) else made if isinstance(like, dict) else tuple(made.values())


class Captured:
    """A function that is recorded on a GPU when it is called the second time with the same kind of arguments, and repeated from then on.

    Arguments and results are tensors, dataclasses, dicts and tuples of them; anything else (a budget, None) is of the
    kind. It may not look at what is in a tensor, and what else it reads or writes (weights, an optimiser) stays where it is.
    """

    def __init__(self, function):
        self.function, self.recorded = function, {}

    def __call__(self, *args):
        if DEVICE.type != "cuda":
            return self.function(*args)
        tensors, kind = taken_apart(args)
        if kind not in self.recorded:  # the first time makes what stays: the optimiser's state, plans of the libraries
            self.recorded[kind] = None
            return self.function(*args)
        if self.recorded[kind] is None:
            self.recorded[kind] = self._record(args, tensors)
        graph, inputs, out = self.recorded[kind]
        torch._foreach_copy_(inputs, tensors)
        graph.replay()
        return put_together(out, iter([t.clone() for t in taken_apart(out)[0]]))  # the next one recorded overwrites it

    def _record(self, args, tensors):
        graph, inputs = torch.cuda.CUDAGraph(), [t.detach().clone() for t in tensors]
        torch.cuda.synchronize()
        gc.disable()
        graph.capture_begin(pool=POOL, capture_error_mode="thread_local")  # the thread that pins batches goes on
        out = self.function(*put_together(args, iter(inputs)))
        graph.capture_end()
        gc.enable()
        return graph, inputs, out
