"""The prompt encoder: a small transformer distilled from the teacher's sentence embeddings.

It learns from the corpus' captions, from phrases mixed out of them, and from WordNet's glosses and words
(general English), so that words no caption has still land near their meaning, and from associations of scenes with
styles and moods. It also predicts tempo, and how sure it is of it: from captions whose clip's tempo is known, from
associations with the tempi of their style, and from general English with any tempo at all.
"""

import json
import random
import re
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as f

from ..checkpoint import Ema, load, save
from ..corpus import words
from ..precision import fast
from . import associations
from .teacher import Teacher

WORDNET = Path("/usr/share/wordnet")  # Debian's wordnet-base
MAX_TOKENS = 48
MIDDLE = 6.75  # 2^6.75 = 108 bpm
UNSURE = 0.38  # octaves that a prediction may be expected to be off before it is none; words that say nothing of tempo: 0.4
PACE_ALONE = ("{}", "{}", "{} music", "something {}", "a {} piece", "{}, please", "play it {}")
GENERAL_HEARD = 20000  # texts of general English that the base hears beside captions
PACE_OF = ("{0}, {1}", "{1} {0}", "{0}, played {1}", "{1}: {0}")
KINDS = CAPTION, PHRASE, ASSOCIATION, GENERAL = range(4)


class Student(nn.Module):
    """ids, mask (batch, time) -> embedding (batch, 384) of unit length, tempo (batch, 2): log2(bpm), log of the error to expect."""

    def __init__(self, vocabulary=30522, narrow=128, dim=256, blocks=3, heads=4, out=384):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, narrow)
        self.positions = nn.Parameter(torch.randn(MAX_TOKENS, narrow) * 0.02)
        self.widen = nn.Linear(narrow, dim)
        layer = nn.TransformerEncoderLayer(dim, heads, 3 * dim, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, out)
        self.tempo = nn.Sequential(nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, 2))

    def start_from(self, vocabulary):
        """Sets the token embeddings to the principal components of the teacher's own (vocabulary, 384)."""
        x = vocabulary - vocabulary.mean(0)
        _, _, basis = torch.pca_lowrank(x, self.tokens.embedding_dim, center=False, niter=4)
        y = x @ basis
        self.tokens.weight.data.copy_(y / y.std())

    def forward(self, ids, mask):
        h = self.widen(self.tokens(ids) + self.positions[: ids.shape[1]])
        h = self.norm(self.blocks(h, src_key_padding_mask=mask == 0))
        m = mask[..., None].to(h.dtype)
        pooled = (h * m).sum(1) / m.sum(1)
        return f.normalize(self.out(pooled), dim=-1), self.tempo(pooled)


def log2_bpm(tempo):
    """Tempo (batch, 2) as the student puts it -> log2(bpm) (batch, 1), nan where it is too unsure."""
    guess, spread = tempo.split(1, dim=-1)
    return torch.where(spread > float(np.log(UNSURE)), torch.nan, guess + MIDDLE)


def tempo_loss(tempo, log2):
    """Negative log-likelihood of log2(bpm) (batch) under Laplace distributions, whose scale is the error to expect."""
    guess, spread = tempo.float().clamp(min=-4).unbind(-1)
    return ((guess + MIDDLE - log2).abs() / spread.exp() + spread).mean()


def wordnet_texts(limit, seed=0):
    """Words and glosses of WordNet, shuffled."""
    texts = []
    for kind in ("noun", "verb", "adj", "adv"):
        for line in (WORDNET / f"data.{kind}").read_text(errors="ignore").splitlines():
            if line.startswith("  ") or "|" not in line:
                continue
            head, gloss = line.split("|", 1)
            terms = [w.replace("_", " ") for w in re.findall(r"[A-Za-z_']{3,}", " ".join(head.split()[4:8]))]
            gloss = gloss.strip()
            texts.append(gloss.split(";")[0][:160])
            texts += [f"{terms[0]}: {gloss.split(';')[0][:120]}"] if terms else []
            texts += re.findall(r'"([^"]{8,120})"', gloss)[:1] + terms[:1]
    random.Random(seed).shuffle(texts)
    return texts[:limit]


def music_texts(corpus, count, seed=0):
    """-> captions (text, style, log2 bpm or nan) and phrases cut and joined from captions (their style and tempo unknown)."""
    rng = random.Random(seed)
    known = []
    for path in sorted(Path(corpus).glob("?????.json")):
        label = json.loads(path.read_text())
        if label["split"] == "train":
            tempo = float(np.log2(label["bpm"])) if "bpm" in label else np.nan
            known += [(c, label.get("style", "-"), tempo) for c in label["captions"]]
    pieces = [p.strip() for c, _, _ in known for p in re.split(r"[,;.]", c) if len(p.strip()) > 2]
    joined = [(", ".join(rng.sample(pieces, rng.randint(1, 3))), "-", np.nan) for _ in range(count)]
    return known, joined + pace_texts([row for row in known if not np.isnan(row[2])], rng)


def pace_texts(known, rng, each=60):
    """Words of pace, alone and with a style that has such tempi, with log2 bpm that they may mean, out of `known` (text, style, log2 bpm)."""
    out, slowest = [], 0
    for (fastest, paces), terms in zip(words.PACE, words.TERMS):
        meant = [(style, t) for _, style, t in known if slowest <= 2**t < fastest]
        slowest = fastest
        for pace in paces + terms if meant else ():
            for _ in range(each):
                style, tempo = rng.choice(meant)
                out.append((rng.choice(PACE_ALONE).format(pace), "-", tempo))
                if style in words.STYLE:
                    named = [name for name in words.STYLE[style] if name not in words.PACED]
                    out.append((rng.choice(PACE_OF).format(rng.choice(named), pace), "-", tempo))
    return out


def prepare(corpus, work, general, phrases):
    """What there is to learn, kept in work/text.npz: texts, targets, log2 bpm (nan: unknown), kind, style.

    Kinds are those of `KINDS`. The targets are the teacher's embeddings; of what no caption says, once it has
    learned the associations.
    """
    path = Path(work) / "text.npz"
    if not path.exists():
        captions, joined = music_texts(corpus, phrases)
        associated = [(a["text"], a["style"], np.nan) for a in associations.lines()]
        glosses = [(t, "-", np.nan) for t in wordnet_texts(general)] if WORDNET.exists() else []
        rows = captions + joined + associated + glosses
        kind = np.repeat(np.arange(len(KINDS)), [len(captions), len(joined), len(associated), len(glosses)])
        texts, style, bpm = (np.array(column) for column in zip(*rows))
        music = texts[kind <= PHRASE].tolist()
        taught = associations.teach(Path(work) / "teacher.pt", music, epochs=1 if general < 1000 else 6)
        targets = np.concatenate([Teacher().embed(music), taught.embed(texts[kind > PHRASE].tolist())])
        np.savez(path, texts=texts, targets=targets, bpm=bpm.astype(np.float32), kind=kind, style=style)
    return np.load(path)


class Tempi:
    """What tempo a text is to be heard with, drawn anew each time where the text leaves it open."""

    def __init__(self, data):
        self.bpm, self.kind, self.style = data["bpm"], data["kind"], data["style"]
        known = ~np.isnan(self.bpm)
        self.of = {s: self.bpm[known & (self.style == s)] for s in np.unique(self.style[known])}
        self.any = self.bpm[known]

    def __call__(self, row, rng):
        """-> log2 bpm, nan where nothing is known: of phrases that may name one, of music whose tempi nobody knows."""
        if self.kind[row] in (CAPTION, PHRASE) or len(self.any) == 0:
            return self.bpm[row]
        return rng.choice(self.of.get(self.style[row], self.any))


def run(corpus, work, out, minutes, tiny=False, batch=128, lr=1e-3, log=print):
    """Trains for `minutes` more; the last 2 % of the texts are held out."""
    torch.manual_seed(0)
    data = prepare(corpus, work, 200 if tiny else 90000, 50 if tiny else 25000)
    teacher = Teacher()
    teacher.tokenizer.enable_truncation(MAX_TOKENS)
    teacher.tokenizer.no_padding()
    ids = [e.ids for e in teacher.tokenizer.encode_batch([t.lower() for t in data["texts"].tolist()])]
    lengths = np.array([len(row) for row in ids])
    targets, tempi = data["targets"].astype(np.float32), Tempi(data)
    order = np.random.default_rng(0).permutation(len(ids))
    held, train = order[: len(ids) // 50], order[len(ids) // 50 :]
    kind = data["kind"][train]
    music, associated = train[kind <= PHRASE], train[kind == ASSOCIATION]
    size = {"dim": 32, "blocks": 1} if tiny else {}
    model = Student(**size)
    if not tiny and not Path(out).exists():
        model.start_from(teacher.embed_vocabulary())
    ema = Ema(model, 0.995)
    optimiser = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    state = load(out, model=model, ema=ema, optimiser=optimiser)
    rng, step, spent = np.random.default_rng(), state.get("step", 0), state.get("seconds", 0.0)

    def padded(rows):
        width = max(len(ids[i]) for i in rows)
        x = torch.zeros(len(rows), width, dtype=torch.long)
        for r, i in enumerate(rows):
            x[r, : len(ids[i])] = torch.tensor(ids[i])
        return x, (x > 0).long(), torch.tensor(targets[rows]), torch.tensor([tempi(i, rng) for i in rows])

    begin = time.time()
    while time.time() - begin < 60 * minutes:
        done = (time.time() - begin) / 60 / minutes
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 300) * (0.02 + 0.98 * (1 - done))
        rows = np.concatenate([rng.choice(pool, n * batch) for pool, n in ((music, 3), (train, 4), (associated, 1))])
        at = rng.integers(0, 7 * batch)  # neighbours in length, so that little is padding
        rows = rows[np.argsort(lengths[rows], kind="stable")][at : at + batch]
        x, mask, y, tempo = padded(rows)
        with fast():
            e, guess = model(x, mask)
        e = e.float()
        logits = 20 * e @ y.T  # each text must be nearest to its own target as well
        loss = 4 * (1 - (e * y).sum(1)).mean() + 0.2 * f.cross_entropy(logits, torch.arange(len(rows)))
        known = ~tempo.isnan()
        if known.any():
            loss = loss + 0.3 * tempo_loss(guess[known], tempo[known])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        ema.update(model)
        step += 1
        if step % 100 == 0:
            with torch.no_grad():
                x, mask, y, tempo = padded(held[:512])
                e, guess = ema.model(x, mask)
                error = (guess[:, 0] + MIDDLE - tempo).abs()[torch.tensor(data["kind"][held[:512]] == CAPTION) & ~tempo.isnan()]
                log(f"step {step} {spent + time.time() - begin:.0f}s loss {float(loss):.3f} held-out cosine {float((e * y).sum(1).mean()):.3f} tempo error {float(error.median()):.3f} octaves", flush=True)
                save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=spent + time.time() - begin, size=size)
    save(out, model=model, ema=ema, optimiser=optimiser, step=step, seconds=spent + time.time() - begin, size=size)
    embed_corpus(corpus, work, ema.model, teacher.tokenizer)


@torch.no_grad()
def embed_corpus(corpus, work, model, tokenizer):
    """Writes what the server will understand, not what the teacher does, all rows (n, 384) float16.

    work/heard/ID.npy has the captions of a clip, work/associated.npy the associations (associations.py),
    work/general.npy some of WordNet, if it is there.
    """
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()

    def write(path, texts):
        rows = []
        for at in range(0, len(texts), 64):
            encoded = tokenizer.encode_batch([t.lower() for t in texts[at : at + 64]])
            ids, mask = (torch.tensor([getattr(e, kind) for e in encoded]) for kind in ("ids", "attention_mask"))
            rows.append(model(ids, mask)[0])
        np.save(path, torch.cat(rows).numpy().astype(np.float16))

    folder = Path(work) / "heard"
    folder.mkdir(exist_ok=True)
    for path in sorted(Path(corpus).glob("?????.json")):
        write(folder / f"{path.stem}.npy", json.loads(path.read_text())["captions"])
    write(Path(work) / "associated.npy", [a["text"] for a in associations.lines()])
    if WORDNET.exists():
        write(Path(work) / "general.npy", wordnet_texts(GENERAL_HEARD, seed=1))
