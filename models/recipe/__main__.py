"""`python -m recipe STAGE`, run in models/. Stages: see --help."""

import argparse
import os

# Threads that spin for ever at a barrier ruin every neighbour; threads that never spin are half as fast.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")


ON_DEVICE = {"base": 2048, "layers": 1024, "consistency": 1024, "steps": 1152, "ablations": 1152}  # stages that a GPU runs where there is one, and their batches on two cores


def parser():
    top = argparse.ArgumentParser(prog="python -m recipe", description=__doc__)
    stages = top.add_subparsers(dest="stage", required=True)
    from . import corpus

    corpus.add_arguments(stages.add_parser("corpus", help="compose and render the clips"))
    for name, text in (
        ("prepare", "features, PCA, latents, controls, embeddings"),
        ("codec", "train the decoder network"),
        ("calibrate", "level the decoder with what its synthesis does"),
        ("text", "distil the prompt encoder"),
        ("pack", "all that base, layers and steps read, as one small file for a machine that has no corpus"),
        ("unpack", "the inverse"),
        ("base", "train the denoiser"),
        ("layers", "Presto-L: teach the base to run with fewer blocks at high noise"),
        ("consistency", "the consistency model, a baseline of `steps`"),
        ("steps", "Presto-S, Presto-LS: distil the sampler to a few steps"),
        ("moments", "mean and spread of what `steps` has made, as those of music"),
        ("ablations", "hold the choices of `steps` against each other on music"),
        ("toy", "hold the choices of `steps` against each other where the answer is known"),
        ("report", "what layers and steps did: tables and plots"),
        ("recover", "turn a package back into checkpoints, to train them further"),
        ("export", "write the package that the server loads"),
        ("judge", "train the audio-text judge, on a corpus of its own (other seeds)"),
        ("evaluate", "score real clips, checkpoints or a server: distances, adherence, level"),
    ):
        p = stages.add_parser(name, help=text)
        p.add_argument("--corpus", default="work/corpus")
        p.add_argument("--work", default="work")
        p.add_argument("--minutes", type=float, default=10, help="training time of this run")
        p.add_argument("--decay-minutes", type=float, help="training time in all, over which the rate falls")
        p.add_argument("--lr", type=float, default=1e-3, help="base: highest learning rate")
        if name in ON_DEVICE:
            p.add_argument("--frames", type=int, help="latent frames of a batch (default: what two cores or a GPU can bear)")
        if name in ("pack", "unpack"):
            p.add_argument("--file", default="work/packed.npz")
            p.add_argument("--prefix", default="", help="unpack: what the names of the clips begin with, where several files are unpacked into one folder")
            p.add_argument("--splits", nargs="+", default=("train", "val", "test"), help="pack: of the clips")
        if name == "base":
            p.add_argument("--keep-prompts", action="store_true", help="leave the resampler as it is: the prompt encoder of the package still fits")
            p.add_argument("--size", default="pocket", choices=("pocket", "studio"), help="10 M or 105 M parameters")
        if name == "codec":
            p.add_argument("--clips", type=int, default=120, help="clips held in memory")
        if name in ("layers", "consistency", "steps", "ablations"):
            p.add_argument("--guidance", type=float, help="steps, ablations: of the real score (default: that of the method); layers, consistency: to be learned (default: none)")
        if name in ("layers", "consistency", "steps"):
            p.add_argument("--rank", type=int, default=0, help="learn low-rank adapters of what is there instead of its weights")
        if name in ("consistency", "steps", "moments"):
            p.add_argument("--seed", type=int, default=0)
        if name in ("layers", "export"):
            p.add_argument("--blocks", type=int, nargs=3, help="kept above sigma 1.2, above 0.4 and below (default: 10 11 12)")
        p.add_argument("--dims", type=int, default=128)
        p.add_argument("--workers", type=int, default=2)
        p.add_argument("--package", default="pocket", help="folder that export, report and toy write, and whose prompt encoder is evaluated")
        p.add_argument("--weights", default="base", choices=("base", "ase", "layers", "consistency", "dmd-gan", "presto-s", "presto-ls"), help="export: which denoiser")
        if name == "export":
            p.add_argument("--beside", metavar="PACKAGE", help="of adapters: the package of the base that they add to")
        if name == "evaluate":
            evaluate_arguments(p)
        p.add_argument("--method", default="presto-ls", choices=("presto-ls", "presto-s", "dmd-gan"), help="steps, moments: what to train")
        p.add_argument("--updates", type=int, help="steps, ablations: end at this number of the generator's updates; moments: of calls")
        p.add_argument("--ase", action="store_true", help="layers: the baseline, which drops the tail")
        p.add_argument("--tiny", action="store_true", help="smallest sizes: does the stage run?")
    return top


def evaluate_arguments(p):
    p.add_argument("--clips", type=int, default=40, help="clips that are asked for")
    p.add_argument("--seeds", type=int, default=1, help="times that each is made; from 3 on the intervals are over seeds")
    p.add_argument("--url", help="a running server to listen to")
    p.add_argument("--name", default="server", help="what its results are called")
    p.add_argument("--steps", type=int, help="steps that the server is asked to take")
    p.add_argument("--drift", type=int, default=0, metavar="MINUTES", help="length of the long pieces (0: none)")
    p.add_argument("--steering", action="store_true", help="what density, brightness and energy of the server move")
    p.add_argument("--rows", nargs="+", metavar="NAME[:STEPS]", help="checkpoints in work/ to sample in PyTorch")
    p.add_argument("--gallery", metavar="FOLDER", help="instead: a short piece of the server a style, and a picture of their spectra")
    p.add_argument("--coder", action="store_true", help="the codec beside Opus instead")
    p.add_argument("--prompts", action="store_true", help="what the package's prompt encoder understands instead")
    p.add_argument("--tradeoff", metavar="FILE", help="print and plot what speed costs instead, by speeds of `deno task bench:packages --json`")
    p.add_argument("--table", action="store_true", help="print the results so far as Markdown instead")


def main():
    args = parser().parse_args()
    if args.stage in ON_DEVICE:
        import torch

        from .precision import DEVICE

        torch.set_default_device(DEVICE)
        args.frames = args.frames or (128 if args.tiny else 32768 if DEVICE.type == "cuda" else ON_DEVICE[args.stage])
    if args.stage == "corpus":
        from . import audio_folder, corpus

        if args.audio_folder:
            audio_folder.run(args.audio_folder, args.out, args.workers)
        else:
            corpus.run(args)
    elif args.stage == "prepare":
        from . import prepare

        prepare.run(args.corpus, args.work, 16 if args.tiny else args.dims, args.workers)
    elif args.stage == "codec":
        from .codec import train

        size = {"clips": 2, "batch": 2} if args.tiny else {"clips": args.clips}
        train.run(args.corpus, args.work, f"{args.work}/codec.pt", args.minutes, decay_minutes=args.decay_minutes, **size)
    elif args.stage == "calibrate":
        from .codec import calibrate

        calibrate.run(args.corpus, args.work, f"{args.work}/codec.pt")
    elif args.stage == "pack":
        from . import pack

        pack.pack(args.corpus, args.work, args.file, args.splits)
    elif args.stage == "unpack":
        from . import pack

        pack.unpack(args.file, args.corpus, args.work, args.prefix)
    elif args.stage == "base":
        from .base import own, train
        from .base.model import SIZES, Config

        config = Config(latents=16, dim=32, heads=2) if args.tiny else Config(latents=args.dims, **SIZES[args.size])
        clips = 2 if args.tiny else own.CLIPS

        def play(model, examples):
            return own.version(model, examples, clips)

        train.run(args.corpus, args.work, f"{args.work}/base.pt", args.minutes, args.decay_minutes, args.frames, args.lr, config, play, args.keep_prompts)
    elif args.stage == "text":
        from .text import student

        student.run(args.corpus, args.work, f"{args.work}/text.pt", args.minutes, tiny=args.tiny)
    elif args.stage == "layers":
        from .presto import noise, stage

        budgets = noise.budgets_of(args.blocks) if args.blocks else noise.BUDGETS
        stage.run_layers(args.corpus, args.work, args.minutes, args.ase, args.guidance, args.rank, args.frames, budgets)
    elif args.stage == "consistency":
        from .presto import stage

        stage.run_consistency(args.corpus, args.work, args.minutes, args.guidance, args.rank, args.frames, args.seed)
    elif args.stage == "steps":
        from .presto import stage

        changes = {} if args.guidance is None else {"guidance": args.guidance}
        stage.run_steps(args.corpus, args.work, args.minutes, args.method, args.frames, args.updates, args.seed, args.rank, **changes)
    elif args.stage == "moments":
        from .presto import stage

        stage.run_moments(args.corpus, args.work, args.method, args.updates or 900, args.seed)
    elif args.stage == "ablations":
        from .presto import ablations

        ablations.run(args.corpus, args.work, args.updates or 80, args.frames, 2.25 if args.guidance is None else args.guidance)
    elif args.stage == "toy":
        from .presto import toy

        toy.run(args.package, 1 if args.tiny else 3)
    elif args.stage == "report":
        from .presto import report

        report.run(args.corpus, args.work, args.package)
    elif args.stage == "recover":
        from . import recover

        recover.run(args.package, args.work)
    elif args.stage == "export":
        from . import export
        from .presto import noise

        export.run(args.work, args.package, args.weights, args.beside, noise.budgets_of(args.blocks) if args.blocks else noise.BUDGETS)
    elif args.stage == "judge":
        from . import judge

        judge.run(args.corpus, args.work, args.minutes, **({"batch": 4, "tiny": True} if args.tiny else {}))
    elif args.stage == "evaluate":
        from . import evaluate

        evaluate.run(args)


if __name__ == "__main__":
    main()
