"""The `evaluate` stage: music of any maker, scored on what held-out clips ask for.

  python -m recipe evaluate                               the controls: real, codec round trip, shuffled, noise
  python -m recipe evaluate --rows base presto-ls:4       checkpoints in PyTorch (NAME or NAME:STEPS)
  python -m recipe evaluate --url http://HOST --name pocket   a running server (--drift 10, --steering: more)
  python -m recipe evaluate --url http://HOST --gallery FOLDER   a short piece a style, and a picture of their spectra
  python -m recipe evaluate --coder                       the codec beside Opus
  python -m recipe evaluate --prompts                     what the package's prompt encoder understands
  python -m recipe evaluate --tradeoff SPEEDS             what speed costs: a table, and a plot
  python -m recipe evaluate --table                       prints work/results/*.json as Markdown

Every clip is asked for by one caption, the tempo, chords, key and parts of a held-out excerpt of ten
seconds; distances are to other seconds of the same held-out clips. Needs `judge` to have run.
"""

from pathlib import Path

import numpy as np

from . import asks as A
from . import makers, tables
from .codec import codec

DRIFTING = (
    *("driving techno", "calm ambient pads", "jazz trio", "orchestral film score"),
    *("chiptune boss fight", "heavy metal", "bossa nova in a cafe", "lo-fi hip hop"),
)


def spread_out(items, count):
    """`count` of the items, evenly apart."""
    if count is None or count >= len(items):
        return items
    return [items[i] for i in np.linspace(0, len(items) - 1, count).round().astype(int)]


def ears(corpus, work):
    """-> score.Ears; the vectors of the reference are kept in work/reference.npz, until the judge or the clips change."""
    import torch

    from .. import judge
    from ..text.teacher import Teacher
    from . import spaces, style
    from .score import Ears, vectors

    path = Path(work) / "judge.pt"
    if not path.exists():
        raise FileNotFoundError(f'"{path}" is missing: run the judge stage first')
    model = judge.trained(path)
    listening = spaces.spaces(model)
    kept = Path(work) / "reference.npz"
    reference = dict(np.load(kept)) if kept.exists() and kept.stat().st_mtime > path.stat().st_mtime else {}
    others = [ask for which in A.COMPARED for ask in A.excerpts(corpus, which)]
    if set(reference) != set(listening) or len(reference["mel"]) != len(others):
        each = [vectors(audio, listening) for audio in makers.real(corpus)(others)]
        reference = {name: np.stack([v[name] for v in each]) for name in listening}
        np.savez(kept, **reference)
    teacher, known = Teacher(), {}

    def words(texts):
        fresh = [t for t in texts if t not in known]
        if fresh:
            known.update(zip(fresh, teacher.embed(fresh).astype(np.float32)))
        return np.stack([known[t] for t in texts])

    torch.set_grad_enabled(False)
    return Ears(model, words, style.nearest_class(corpus, work), listening, reference)


def run(args):
    corpus, work = args.corpus, args.work
    if args.table:
        return print(tables.markdown(tables.load(work)))
    if args.tradeoff:
        from . import tradeoff

        return tradeoff.run(work, args.tradeoff)
    if args.prompts:
        from . import prompts

        return prompts.run(args)
    if args.gallery:
        from . import gallery

        return gallery.run(args.url, args.gallery)
    from ..export import load_models

    decoder = None if args.url else load_models(work)[1]
    if args.coder:
        return tables.save(work, "coder", coders=codec(corpus, work, decoder))
    from .draws import draw_of
    from .endurance import drift, muted, steering
    from .score import score

    listening, asks = ears(corpus, work), spread_out(A.excerpts(corpus, A.ASKED), args.clips)
    real = makers.real(corpus)

    def write(name, make, asks=asks, seeds=args.seeds, **more):
        print(name, flush=True)
        tables.save(work, name, clips=len(asks), seeds=seeds, measures=score(make, asks, listening, seeds), **more)

    if args.url:
        own = [a.from_the_bar() for a in asks]
        options = {"steps": args.steps} if args.steps else {}
        make = makers.server(args.url, **options)
        more = {"muted": muted(make, own)}
        if args.steering:
            more["steering"] = steering(args.url)
        if args.drift:
            more["drift"], more["drift_frechet"] = drift(args.url, DRIFTING, listening, args.drift)
        write(args.name, make, own, **more)
    elif args.rows:
        for row in args.rows:
            name, _, steps = row.partition(":")
            draw, resampler = draw_of(work, name, int(steps or 0) or None)
            make = makers.rows(draw, resampler, work, decoder)
            write(row.replace(":", "-"), make, muted=muted(make, asks))
    else:
        round_trip = makers.round_trip(work, decoder)
        for name, make in (("real", real), ("codec", round_trip), ("shuffled", makers.shuffled(real)), ("noise", makers.noise(real))):
            write(name, make, seeds=1)
