"""How well a package's prompt encoder understands words that no training caption has.

500 sentences (paraphrases.tsv, written by hand, of no content word of the captions) name a style and a mood
without saying either. The encoder is right if the words that captions use for that style and that mood are the
nearest: the mean direction of those stands for each of the classes. Three rows: the prompt tokens, which is what
the denoiser hears; the student's sentence embedding that they are made of, if its checkpoint is in work/; and, as
the ceiling, the teacher's.
"""

import csv
import json
import time
from math import comb
from pathlib import Path

import numpy as np

from ..text.associations import classes, phrases, unit
from . import tables
from .asks import held_out
from .tables import STEPS

AMONG = 16  # candidates, one of them right
NEAR = 0.1  # a tempo is right within that share
CAPTIONS = 2000  # of the training split, among which the nearest is looked for
HERE = Path(__file__).parent

# What captions have no word for, or a word that means something else there.
FOREIGN = (
    "a cathedral made of jellyfish", "grandmother's secret lasagne recipe", "the colour of jealousy", "quarterly tax report",
    "two chess computers in love", "a dinosaur learns to ice skate", "traffic jam in Bangkok", "the smell of wet concrete",
    "a bureaucrat's revenge", "photosynthesis", "Schrödinger's cat wakes up", "a locksmith falls down the stairs",
    "the last polar bear", "sumo wrestling final", "an apology that comes too late", "Mongolian throat singing",
    "tango in Buenos Aires", "flamenco", "Bollywood wedding", "Gregorian chant", "Indonesian gamelan", "polka", "gospel choir at Easter",
    "dubstep", "mariachi at a taco stand", "sea shanty", "K-pop idol", "Bach fugue", "barbershop quartet", "Tuvan steppe",
    "the birth of a galaxy", "a mosquito at 3 in the morning", "hospital drama, the patient survives", "submarine under attack",
    "toddler discovers bubbles", "bank robbery gone wrong", "first day at a new school", "an old man feeds the pigeons",
    "zeppelin over the Alps", "404 page not found",
)  # fmt: skip

# Prompts that imply a tempo, with the slowest and the fastest that one would call right, and some that imply none.
TEMPI = (
    ("at 128 bpm", 128, 128), ("techno, 140 bpm", 140, 140), ("calm piano at 72 bpm", 72, 72), ("174 bpm drum and bass", 174, 174),
    ("around 95 beats per minute, funky", 95, 95), ("a waltz at 150 bpm", 150, 150), ("reggae 76 BPM", 76, 76), ("tempo 110, strings", 110, 110),
    ("slow waltz", 72, 110), ("Viennese waltz", 140, 185), ("drum and bass", 160, 180), ("house music", 115, 132), ("techno", 120, 145),
    ("very slow ambient drone", 50, 76), ("breakneck thrash metal", 145, 200), ("speed metal, racing", 150, 200), ("lullaby, very slow", 50, 80),
    ("lo-fi beats to study to", 65, 92), ("slow blues", 50, 82), ("Irish jig, lively", 105, 140), ("roots reggae", 64, 90),
    ("punk rock, as fast as it gets", 150, 200), ("funeral march", 45, 75), ("liquid dnb", 165, 178), ("jazz ballad, slow", 55, 82),
    ("bebop at a furious pace", 160, 240), ("trance at 138", 138, 138), ("a slow dance", 55, 85), ("sleepy-paced bossa nova", 60, 110),
    ("frantic chase, very fast", 145, 200),
)  # fmt: skip
UNTIMED = (
    "a cello", "in C minor", "dreams", "something new", "music with a clarinet", "hello", "the colour green", "surprise me",
    "a song about my father", "no drums", "strange", "an instrument I have never heard", "in the style of nobody", "a landscape", "water",
)  # fmt: skip


class Encoder:
    """The prompt graph of a package, on one core."""

    def __init__(self, package):
        import onnxruntime
        from tokenizers import Tokenizer

        folder = Path(package)
        told = json.loads((folder / "model.json").read_text())["prompt"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(folder / told["graph"]["file"], options)
        self.inputs = told["graph"]["inputs"]
        self.tokenizer = Tokenizer.from_file(str(folder / told["tokenizer"]["file"]))
        self.tokenizer.enable_truncation(told["tokenizer"]["max_tokens"])
        self.tokenizer.no_padding()

    def encode(self, text):
        """-> prompt tokens (tokens, dims), beats a minute or None."""
        ids = np.array([self.tokenizer.encode(text.lower()).ids], np.int64)
        tokens, log2_bpm = self.session.run(["tokens", "tempo"], {self.inputs["ids"]: ids, self.inputs["mask"]: np.ones_like(ids)})
        bpm = float(2 ** log2_bpm.reshape(-1)[0])
        return tokens[0], None if np.isnan(bpm) else bpm

    def rows(self, texts):
        """-> (n, tokens x dims), unit length."""
        return unit(np.stack([self.encode(t)[0].reshape(-1) for t in texts]))


def student(work):
    """-> the rows of the student's checkpoint in work/, or None if there is none."""
    import torch

    from ..checkpoint import Ema
    from ..text.student import MAX_TOKENS, Student
    from ..text.teacher import Teacher

    path = Path(work) / "text.pt"
    if not path.exists():
        return None
    saved = torch.load(path, map_location="cpu", weights_only=False)
    ema = Ema(Student(**saved.get("size", {})), 0)
    ema.load_state_dict(saved["ema"])
    tokenizer = Teacher().tokenizer
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()

    @torch.no_grad()
    def rows(texts):
        ids = [torch.tensor([tokenizer.encode(t.lower()).ids]) for t in texts]
        return torch.cat([ema.model(i, torch.ones_like(i))[0] for i in ids]).numpy()

    return rows


def paraphrases():
    """-> [{"style", "mood", "text"}]."""
    with (HERE / "paraphrases.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def ranks(scores, right):
    """Scores (n, classes), indices of the right ones (n) -> how many others score higher (n)."""
    return (scores > np.take_along_axis(scores, right[:, None], 1)).sum(1)


def share_among(rank, classes, among=AMONG):
    """Share of queries whose right class is the first of itself and `among` - 1 others drawn: the mean over every draw."""
    others = among - 1
    return float(np.mean([comb(int(classes - 1 - r), others) / comb(classes - 1, others) for r in rank]))


def retrieval(rows, asked):
    """-> shares of the sentences whose style, mood, and both at once, come first.

    Both: of the pairs of a style and a mood, by the sum of their cosines.
    """
    seen = rows([a["text"] for a in asked])
    found, scores, at = {}, {}, {}
    for kind, told in zip(("style", "mood"), phrases()):
        names, centres = classes(rows, told)
        scores[kind] = seen @ centres.T
        at[kind] = np.array([names.index(a[kind]) for a in asked])
        rank = ranks(scores[kind], at[kind])
        found[kind] = {"of": len(names), "first": float((rank == 0).mean()), "third": float((rank < 3).mean())}
    found["style"]["among"] = share_among(ranks(scores["style"], at["style"]), found["style"]["of"])
    count = found["mood"]["of"]
    pairs = (scores["style"][:, :, None] + scores["mood"][:, None]).reshape(len(asked), -1)
    rank = ranks(pairs, at["style"] * count + at["mood"])
    found["both"] = {"of": pairs.shape[1], "first": float((rank == 0).mean()), "third": float((rank < 3).mean())}
    found["both"]["among"] = share_among(rank, pairs.shape[1])
    return found


def nearest(rows, texts, captions):
    """-> {text: [the nearest caption, its cosine without what all captions share]}."""
    known = rows(captions)
    middle = known.mean(0)
    cosines = unit(rows(texts) - middle) @ unit(known - middle).T
    return {t: [captions[i], round(float(c[i]), 3)] for t, c, i in zip(texts, cosines, cosines.argmax(1))}


def slerp(a, b, u):
    """Token by token as the server mixes: the direction on the great circle, the length on the line. (tokens, dims)"""
    long_a, long_b = (np.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b))
    angle = np.arccos(np.clip((a / long_a * b / long_b).sum(-1, keepdims=True), -1, 1))
    mix = (np.sin((1 - u) * angle) * a / long_a + np.sin(u * angle) * b / long_b) / np.maximum(np.sin(angle), 1e-9)
    return mix * ((1 - u) * long_a + u * long_b)


def roughness(a, b, steps=STEPS):
    """The longest of the steps from prompt a to prompt b, over their mean."""
    path = np.stack([slerp(a, b, u) for u in np.linspace(0, 1, steps + 1)]).reshape(steps + 1, -1)
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return float(lengths.max() / lengths.mean())


def tempo(encoder):
    """-> shares of the prompts that imply a tempo whose prediction is right, and of the others that get none, and what was predicted."""

    def bpm(text):
        said = encoder.encode(text)[1]
        return said and round(said, 1)

    implied = [(text, slow, fast, bpm(text)) for text, slow, fast in TEMPI]
    untimed = {text: bpm(text) for text in UNTIMED}
    return {
        "right": float(np.mean([said is not None and slow * (1 - NEAR) <= said <= fast * (1 + NEAR) for _, slow, fast, said in implied])),
        "absent": float(np.mean([said is None for said in untimed.values()])),
        "predicted": implied,
        "untimed": untimed,
    }


def milliseconds(encoder, texts):
    """Median time of a prompt, its tokenisation included."""
    times = []
    for text in texts:
        began = time.perf_counter()
        encoder.encode(text)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times))


def training_captions(corpus, count=CAPTIONS):
    """-> `count` different captions of the training split, evenly apart; fewer if it has fewer."""
    every = list(dict.fromkeys(c for label in held_out(corpus, ("train",)) for c in label["captions"]))
    return every[:: max(1, len(every) // count)][:count]


def measure(package, corpus, work):
    """-> everything of the above for the encoder of a package."""
    from ..text.teacher import Teacher

    encoder, teacher, asked = Encoder(package), Teacher(), paraphrases()
    there = [encoder.encode(t)[0] for t in FOREIGN]
    captions = training_captions(corpus)
    spaces = {"prompt tokens": encoder.rows, "student": student(work), "teacher": lambda t: teacher.embed(t).astype(np.float32)}
    return {
        "retrieval": {name: retrieval(rows, asked) for name, rows in spaces.items() if rows},
        "roughest": max(roughness(a, b) for a, b in zip(there, there[1:])),
        "milliseconds": milliseconds(encoder, [a["text"] for a in asked]),
        "tempo": tempo(encoder),
        "nearest": nearest(encoder.rows, FOREIGN, captions) if captions else {},
    }


def run(args):
    found = measure(args.package, args.corpus, args.work)
    tables.save(args.work, "prompts", prompts=found)
    print(tables.prompts(found))
