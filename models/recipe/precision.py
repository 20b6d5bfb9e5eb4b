"""Where the networks run, and half precision where that has it: on other processors bfloat16 is emulated and eighty times slower."""

import contextlib

import torch


DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast():
    """bf16 autocast on GPUs and on CPUs whose matrix kernels know it, else plain float32."""
    if DEVICE.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return torch.autocast("cpu", torch.bfloat16)
    return contextlib.nullcontext()


def rate(optimiser, lr=None):
    """Sets the learning rate, or leaves it as it is, where what a GPU has recorded reads it."""
    for group in optimiser.param_groups:
        if not isinstance(group["lr"], torch.Tensor):
            group.update(lr=torch.tensor(float(group["lr"])), fused=True, foreach=None, capturable=DEVICE.type == "cuda")
        if lr is not None:
            group["lr"].fill_(lr)
