"""`upscale train`: networks trained on a folder of pictures."""

import importlib.util
import shutil
import time
from pathlib import Path

import click

from ..errors import InputError, UsageError
from ..filesystem.atomic import check_place
from ..network.architectures import NAMES, SCALES, architecture
from ..network.weights import INPUTS
from .progress import duration
from .words import GroupedCommand, Groups, Number, OneOf, one_line, with_options

EPILOG = """
Examples:
  upscale train photos/ -s 2 -o photos-x2.npz
  upscale train scans/ -s 4 --arch sesr-small --input jpeg -o scans-x4.npz
"""
FILE = click.Path(path_type=Path)
COMPILERS = ("c++", "g++", "clang++")


def _number(name: str, default: float, low: float, high: float, about: str) -> tuple:
    kind = Number(low, high, whole=isinstance(default, int))
    return (name,), {"type": kind, "default": default, "show_default": True, "help": about}


TRAIN: Groups = {
    "The network": (
        (
            ("-s", "--scale"),
            {"type": OneOf("scale", map(str, SCALES)), "required": True, "help": "The factor."},
        ),
        (("-o", "--output"), {"type": FILE, "required": True, "metavar": "FILE.npz", "help": "The weights."}),
        (
            ("--arch",),
            {"type": OneOf("network", NAMES), "default": "sesr-m5", "show_default": True, "help": "What it is."},
        ),
        (
            ("--input", "given"),
            {
                "type": OneOf("input", INPUTS),
                "default": "clean",
                "show_default": True,
                "help": "What it will be given; jpeg: files of quality 40 to 95.",
            },
        ),
        (("--start",), {"type": FILE, "metavar": "FILE.npz", "help": "Weights to begin with, of any factor."}),
    ),
    "How it is trained": (
        _number("--steps", 20_000, 1, 10_000_000, "How long."),
        _number("--batch", 8, 1, 1024, "Patches in a step."),
        _number("--patch", 48, 8, 512, "Side of a patch before it is enlarged, in pixels."),
        _number("--rate", 6e-3, 1e-7, 1, "Learning rate at its highest."),
        _number("--seed", 0, 0, 2**31, "Of all that is random."),
        (
            ("--validate",),
            {
                "type": FILE,
                "metavar": "FOLDER",
                "help": "Other pictures to measure PSNR on.  [default: a quarter of FOLDER, eight at most, which are "
                "not trained on then]",
            },
        ),
    ),
    "The run": (
        (("-t", "--threads"), {"type": Number(1, 1024, whole=True), "help": "Threads.  [default: all processors]"}),
        (
            ("--fast",),
            {
                "is_flag": True,
                "help": "Compiled and in bfloat16: half the time where a processor has AMX; needs a C++ compiler.",
            },
        ),
        (("--resume",), {"is_flag": True, "help": "Go on where a run of the same words was interrupted."}),
        (("--overwrite",), {"is_flag": True, "help": "Replace FILE.npz."}),
    ),
}


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("folder", type=FILE)
@with_options(TRAIN)
def train(folder: Path, output: Path, **said) -> int:
    """Train a network on the pictures in FOLDER and below, with PyTorch (the extra train).

    Every thousand steps the state is kept beside FILE.npz, and the loss and PSNR are told. The same words give the same
    weights on the same machine.
    """
    if output.suffix != ".npz":
        raise UsageError(f"-o {output}: weights are written to a file that ends in .npz")
    if output.exists() and not (said["overwrite"] or said["resume"]):
        raise InputError(f"{output} exists: use --overwrite to replace it")
    check_place(output)
    if importlib.util.find_spec("torch") is None:
        raise InputError("training needs PyTorch: pip install 'upscale-cli[train]'")
    if said["fast"] and not any(map(shutil.which, COMPILERS)):
        raise InputError("--fast needs a C++ compiler: install one, such as g++, or leave it out")
    import torch

    from ..training import session
    from ..training.trainer import Recipe

    if said["threads"]:
        torch.set_num_threads(said["threads"])
    kind = architecture(said["arch"], int(said["scale"]))
    recipe = Recipe(
        said["steps"], said["batch"], said["patch"], said["rate"], said["seed"], said["given"] == "jpeg", said["fast"]
    )
    names = ("start", "validate", "resume", "overwrite")
    first, started = None, 0.0
    for now in session.train(folder, output, kind, recipe, **{name: said[name] for name in names}):
        line = f"step {now.step}/{recipe.steps}  PSNR {now.psnr:.2f} dB"
        if first is None:
            first, started = now.step, time.perf_counter()
        else:
            seconds = (time.perf_counter() - started) / (now.step - first)
            line += f"  loss {now.loss:.3f}  {1000 * seconds:.0f} ms a step  "
            line += f"{duration(seconds * (recipe.steps - now.step))} left"
        click.echo(line, err=True)
    click.echo(one_line(f"{folder} -> {output}"), err=True)
    return 0
