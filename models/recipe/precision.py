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
