"""A training from a folder of pictures to a file of weights, with what is needed to go on after an interruption."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..filesystem.atomic import replacing
from ..network.architectures import Architecture
from ..network.weights import Model, read, write
from .patches import Pair, pairs, pictures
from .trainer import Recipe, Trainer

HELD_OUT = 8  # pictures at most that PSNR is measured on, where no others are named
EVERY = 1000  # steps from one report, and one state kept, to the next


class Progress(NamedTuple):
    """Where training stands; `loss` is a mean since the last report in levels of 255, None at first; PSNR is in dB."""

    step: int
    loss: float | None
    psnr: float


def train(
    folder: Path, output: Path, kind: Architecture, recipe: Recipe, *, start: Path | None = None,
    validate: Path | None = None, resume: bool = False, overwrite: bool = False,
) -> Iterator[Progress]:  # fmt: skip
    """Train on the pictures in a folder, yielding how far it is, and write the weights at the end.

    `start` is a file of weights to begin with. The state is kept in a file beside `output` until then; with `resume`
    it is gone on from. Raises InputError for files that do not fit, OutputError where nothing can be written.
    """
    state = output.with_name(output.name + ".state")
    model = read(start) if start else None
    if model and model.kind.name != kind.name:
        raise InputError(
            f"{start}: it holds weights of {model.kind.name}, and {kind.name} is trained: start with others"
        )
    learnt, held = _sets(folder, validate, kind, recipe.side)
    trainer = Trainer(kind, recipe, learnt, model and model.weights)
    if resume and state.exists():
        trainer.load(state)
    yield Progress(trainer.step, None, trainer.psnr(held))
    for loss in trainer.run(EVERY):
        yield Progress(trainer.step, loss, trainer.psnr(held))
        if trainer.step < recipe.steps:
            trainer.save(state)
    with replacing(output, overwrite=overwrite or resume) as file:
        write(file, Model(kind, trainer.weights(), "jpeg" if recipe.jpeg else "clean"))
    state.unlink(missing_ok=True)


def _sets(folder: Path, validate: Path | None, kind: Architecture, side: int) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs to train on and those to measure PSNR on; no picture is among both."""
    found = pictures(folder)
    held = pictures(validate) if validate else found[:: max(4, len(found) // HELD_OUT)][:HELD_OUT]
    left = [path for path in found if path not in held]
    if not left:
        what = f"it has {len(found)} pictures, and none is left beside those that are measured on"
        raise InputError(f"{folder}: {what}: give more, or name others with --validate")
    return pairs(left, kind.scale, side + 2 * kind.radius), pairs(held, kind.scale, 2 * kind.radius, whole=True)
