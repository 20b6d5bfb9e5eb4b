"""How each checkpoint in work/ is sampled when it is scored: the distilled in a few steps, the others as their teacher."""

from ..presto import noise, sample, stage

BUDGETED = ("ase", "layers")  # trained to run with the budget of their noise level


def draw_of(work, name, steps=None):
    """-> draw(shape, conditions) of work/NAME.pt, and its resampler.

    Raises FileNotFoundError without the checkpoint.
    """
    model = stage.averaged(work, name)
    if name in stage.METHODS:
        budgets = stage.METHODS[name]().budgets
        return (lambda shape, cond: sample.pingpong(model, shape, cond, steps or 4, budgets)), model.base.resampler
    denoiser = model
    if name in BUDGETED:
        denoiser = sample.Dropping(model.denoise_tail_dropped if name == "ase" else model.denoise, noise.BUDGETS)
    return (lambda shape, cond: sample.base(denoiser, shape, cond, steps or 12)), model.base.resampler
