"""Music as the base itself would have played it: context that carries the base's own mistakes.

A live stream goes on from what the model made, which drifts where training only ever shows it real music. So a
part of the corpus is made again by the model, block after block as the server makes it, but out of the
noised original (SDEdit, Meng et al. 2022), so that the original stays what comes next.
"""

import numpy as np
import torch

from ..precision import DEVICE
from ..presto import sample
from ..presto.music import Conditions, Music

BLOCK, CONTEXT = 48, 64  # latent frames
TOGETHER, CLIPS = (24, 192) if DEVICE.type == "cpu" else (192, 960)  # clips of one batch, and of one call of the base stage
SIGMA_LOW, SIGMA_HIGH = 0.3, 2.0  # from a touch to a new performance of the same


@torch.no_grad()
def version(model, examples, clips, frames=320, steps=4, scale=3.0):
    """{index of a clip: (first frame, latents (frames, channels) float16)} for `clips` of them, drawn anew."""
    rng = examples.rng
    long = [i for i, (z, _, _) in enumerate(examples.clips) if len(z) >= frames]
    chosen = rng.choice(long, min(clips, len(long)), replace=False)
    music = Music(model)
    out = {}
    for group in np.array_split(chosen, max(1, len(chosen) // TOGETHER)):
        starts = [int(rng.integers(0, len(examples.clips[i][0]) - frames + 1)) for i in group]
        real, controls, words = [], [], []
        for i, at in zip(group, starts):
            z, c, e = examples.clips[i]
            real.append(z[at : at + frames])
            controls.append(examples.drop(c[at : at + frames].astype(np.float32)))
            words.append(e[rng.integers(len(e))].astype(np.float32))
        real = torch.tensor(np.stack(real)).float()
        controls, prompt = torch.tensor(np.stack(controls)), music.base.prompt(torch.tensor(np.stack(words)))
        sigma = float(np.exp(rng.uniform(np.log(SIGMA_LOW), np.log(SIGMA_HIGH))))
        made = real.clone()
        for at in range(0, frames, BLOCK):
            begin, end = max(0, at - CONTEXT), min(frames, at + BLOCK)
            context = torch.zeros(len(group), end - begin, real.shape[-1] + 1)
            context[:, : at - begin] = torch.cat([made[:, begin:at], torch.ones(len(group), at - begin, 1)], -1)
            x = real[:, begin:end] + sigma * torch.randn(len(group), end - begin, real.shape[-1])
            cond = Conditions(prompt, controls[:, begin:end], context)
            made[:, at:end] = sample.base(music, x.shape, cond, steps, scale, begin=(x, sigma))[:, at - begin :]
        for i, at, z in zip(group, starts, made.cpu().numpy()):
            out[int(i)] = (at, z.astype(np.float16))
    return out
