"""The judge: a contrastive audio-text model in the manner of CLAP, small, to tell how well music fits its words.

It is trained on a corpus of its own (other seeds than the generator's, `corpus --seed`), knows words by the
sentence embeddings of all-MiniLM-L6-v2 (frozen, with a linear map) and sound by log-mel spectra; it never
sees the codec, the prompt encoder or a latent.
"""

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as f

from . import listen
from .checkpoint import Ema, load, save
from .codec.analyse import load_audio
from .precision import fast

BANDS, RATE = 64, 50  # mel bands; spectra a second
SHARED = 128  # dimensions in which audio and words meet
SHORTEST_S, LONGEST_S = 2.4, 10.0


def mel(audio):
    """(2, samples), 48 kHz -> (time, BANDS) float32: dB over 25, 50 spectra a second, 30 Hz to 16 kHz."""
    return listen.log_mel(audio, 2048, BANDS, listen.RATE // RATE) / 25


class Tower(nn.Module):
    """Log-mel (batch, time, BANDS) -> (batch, WIDTH): what is heard, pooled over time."""

    DIM, WIDTH = 160, 320

    def __init__(self):
        super().__init__()
        self.stem = nn.ModuleList([nn.Conv2d(a, b, 3, 2, 1) for a, b in ((1, 20), (20, 40), (40, 80))])
        self.flat = nn.Linear(80 * BANDS // 8, self.DIM)
        layer = nn.TransformerEncoderLayer(self.DIM, 4, 2 * self.DIM, 0.1, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(self.WIDTH)

    def forward(self, x):
        h = x[:, None]
        for i, conv in enumerate(self.stem):
            h = f.gelu(f.group_norm(conv(h), 4 if i else 1))
        h = self.blocks(self.flat(h.transpose(1, 2).flatten(2)))
        return self.norm(torch.cat([h.mean(1), h.std(1)], -1))


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = Tower()
        self.audio_map = nn.Linear(Tower.WIDTH, SHARED)
        self.text_map = nn.Linear(384, SHARED)
        self.scale = nn.Parameter(torch.tensor(math.log(10.0)))

    def sound(self, x):
        """Log-mel (batch, time, BANDS) -> unit vectors (batch, SHARED)."""
        return f.normalize(self.audio_map(f.dropout(self.tower(x), 0.2, self.training)), dim=-1)

    def words(self, e):
        """Sentence embeddings (batch, 384) -> unit vectors (batch, SHARED)."""
        return f.normalize(self.text_map(e), dim=-1)


def disturb(x, rng):
    """What must not matter to the judge, on a batch (batch, time, BANDS): level, tilt, a little pitch, stretches of time and bands."""
    x = x + (torch.randn(len(x), 1, 1) + torch.randn(len(x), 1, 1) * torch.linspace(-1, 1, BANDS)) * (2 / 25)
    x = torch.roll(x, int(rng.integers(-1, 2)), 2)
    at, width = rng.integers(0, BANDS - 8), rng.integers(0, 9)
    x[:, :, at : at + width] = x.mean()
    at, width = rng.integers(0, x.shape[1] * 4 // 5), rng.integers(0, x.shape[1] // 5)
    x[:, at : at + width] = x.mean()
    return x


class Examples:
    """Spectra and caption embeddings of a corpus, kept in `folder`/ID.npz; batches of different clips, all cut to one random length."""

    def __init__(self, corpus, folder, splits):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        labels = [(p, json.loads(p.read_text())) for p in sorted(Path(corpus).glob("?????.json"))]
        fresh = [(p, label) for p, label in labels if not (folder / f"{p.stem}.npz").exists()]
        if fresh:
            from .text.teacher import Teacher

            embeddings = iter(Teacher().embed([c for _, label in fresh for c in label["captions"]]))
            for path, label in fresh:
                rows = np.stack([next(embeddings) for _ in label["captions"]])
                np.savez(folder / f"{path.stem}.npz", mel=mel(load_audio(path.with_suffix(".flac"))).astype(np.float16), words=rows)
        self.rng = np.random.default_rng(0)
        chosen = [(p, label) for p, label in labels if label["split"] in splits]
        self.styles = [label["style"] for _, label in chosen]
        self.clips = [dict(np.load(folder / f"{p.stem}.npz")) for p, _ in chosen]
        if not self.clips:
            raise ValueError(f'no clips of the splits {", ".join(splits)} in "{corpus}"')
        self.shortest = min(len(c["mel"]) for c in self.clips)

    def batch(self, size):
        """-> log-mel (size, time, BANDS), embeddings (size, 384)."""
        time = min(int(RATE * self.rng.uniform(SHORTEST_S, LONGEST_S)), self.shortest)
        rows = self.rng.permutation(len(self.clips))[:size]
        xs, es = [], []
        for i in rows:
            x, e = self.clips[i]["mel"], self.clips[i]["words"]
            at = self.rng.integers(0, len(x) - time + 1)
            xs.append(x[at : at + time])
            es.append(e[self.rng.integers(len(e))])
        return torch.tensor(np.stack(xs).astype(np.float32)), torch.tensor(np.stack(es).astype(np.float32))


def loss_of(judge, x, e):
    """Symmetric InfoNCE: each sound is nearest to its own words among the batch's, and each words to their sound."""
    with fast():
        a, t = judge.sound(x), judge.words(e)
    logits = judge.scale.clamp(max=math.log(50)).exp() * a.float() @ t.float().T
    own = torch.arange(len(x))
    return (f.cross_entropy(logits, own) + f.cross_entropy(logits.T, own)) / 2


@torch.no_grad()
def report(judge, clips, styles, style_words, seconds=LONGEST_S):
    """How good the judge is on clips it has not heard -> dict.

    own_rank     where a caption stands among all clips' captions for its clip's sound, mean, 0 (first) to 1; chance 0.5
    top1, top5   share of the sounds whose own caption is among the first 1, 5
    style        share of the sounds that are nearest to the name of their style; style_words: {name: embedding}
    """
    n = int(RATE * seconds)
    a = torch.cat([judge.sound(torch.tensor(c["mel"][len(c["mel"]) // 4 :][:n].astype(np.float32))[None]) for c in clips])
    ranks = []
    for i in range(8):  # eight captions of each clip
        t = judge.words(torch.tensor(np.stack([c["words"][i % len(c["words"])] for c in clips]).astype(np.float32)))
        s = a @ t.T
        ranks.append((s > s.diag()[:, None]).sum(1))
    ranks = torch.stack(ranks).float()
    names = list(style_words)
    named = judge.words(torch.tensor(np.stack([style_words[n] for n in names]).astype(np.float32)))
    heard = [names[i] for i in (a @ named.T).argmax(1).tolist()]
    return {
        "clips": len(clips),
        "own_rank": float(ranks.mean()) / (len(clips) - 1),
        "top1": float((ranks < 1).float().mean()),
        "top5": float((ranks < 5).float().mean()),
        "style": float(np.mean([h == s for h, s in zip(heard, styles)])),
    }


def trained(path):
    """The judge with averaged weights, from a checkpoint of `run`."""
    judge = Judge()
    judge.load_state_dict(torch.load(path, map_location="cpu", weights_only=False)["ema"]["model"])
    return judge.eval()


def run(corpus, work, minutes, batch=64, lr=1e-3, tiny=False, log=print):
    """Trains work/judge.pt for `minutes` more on the train split of `corpus`; says how good it is on the rest."""
    from .text.teacher import Teacher

    torch.manual_seed(0)
    folder = Path(work) / "judge_examples"
    train, held = Examples(corpus, folder, ("train",)), Examples(corpus, folder, ("train",) if tiny else ("val", "test"))
    names = sorted(set(train.styles))
    style_words = dict(zip(names, Teacher().embed(names)))
    judge = Judge()
    ema = Ema(judge, 0.995)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.05)
    out = Path(work) / "judge.pt"
    state = load(out, judge=judge, ema=ema, optimiser=optimiser)
    step, spent, begin, sums = state.get("step", 0), state.get("seconds", 0.0), time.time(), []

    def checkpoint():
        save(out, judge=judge, ema=ema, optimiser=optimiser, step=step, seconds=spent + time.time() - begin)
        log(
            f"step {step} {spent + time.time() - begin:.0f}s loss {np.mean(sums):.3f} held out "
            + json.dumps(report(ema.model, held.clips, held.styles, style_words)),
            flush=True,
        )

    while time.time() - begin < 60 * minutes:
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 100) * (1.02 - (time.time() - begin) / 60 / minutes)
        x, e = train.batch(batch)
        judge.train()
        loss = loss_of(judge, disturb(x, train.rng), e)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimiser.step()
        ema.update(judge)
        step += 1
        sums.append(float(loss.detach()))
        if step % 100 == 0:
            checkpoint()
            sums = []
    if sums:
        checkpoint()
