"""`upscale INPUT...`: turns the words of the command line into values and hands them to the batch."""

import sys

import click

from .. import __version__
from ..errors import InputError, OutputError, UsageError
from ..spec import nearest_name
from .options import options
from .words import Grouped, GroupedCommand

TYPE_CHECKING = False  # as in `typing`, which takes a while to import
if TYPE_CHECKING:
    from ..batch.names import Input
    from ..request import Request

STREAM = "-"  # standard input or output
EPILOG = """
Commands:
  upscale methods     list the methods with their parameters
  upscale cache       look after the store of compiled kernels

Examples:
  upscale in.png -s 4                            four times as large, into in_x4_bicubic.png
  upscale in.png --size 800 -o small.webp        the longer side becomes 800
  upscale *.jpg -s 2 -m lanczos3 -o big/         several files into a folder
  upscale photos/ -r --size '1920x1080>' -o web/ a tree of folders, only what is larger
  upscale icon.png -s 1,2,3 -o 'icon@{scale}x.png'    several sizes at once
  cat in.png | upscale - -s 2 -o - -f webp > out.webp
"""

CONTRADICTIONS = (("overwrite", "skip_existing"), ("only_shrink", "only_enlarge"), ("verbose", "quiet"))
PLACING = ("cover", "contain")  # the fits that leave a choice of place
REQUEST = (
    "scale", "size", "method", "fit", "gravity", "background", "max_pixels", "linear", "sigmoid", "antialias", "edge",
    "antiring", "like", "straight_alpha",
)  # fmt: skip
HANDLING = ("strip", "profile", "depth", "dither", "palette", "frame")


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("words", nargs=-1, metavar="INPUT...")
@options
@click.version_option(__version__, message="upscale %(version)s", cls=Grouped, group="Help")
def resize(words: tuple[str, ...], **said) -> int:
    """Resize images: INPUT is a file, a folder or - for standard input; one of -s and --size says how large."""
    _check(words, said)
    from pathlib import Path

    from ..batch import names, work
    from ..files import Manner
    from ..formats import Settings
    from .report import Report, tell_of_compilation

    requests = _requests(said)
    request = requests[0]
    gravity = click.get_current_context().get_parameter_source("gravity")
    if gravity is click.core.ParameterSource.COMMANDLINE and getattr(request.target, "fit", "") not in PLACING:
        raise UsageError("--gravity acts where something is cropped or framed: use it with --fit cover or contain")
    settings = Settings(said["quality"], said["compression"], said["lossless"], said["subsampling"])
    several = len(words) > 1 or (words[0] != STREAM and names.kind_of(words[0]) == "folder")
    names.check_template(said["output"], several, len(requests))
    if said["output"] == STREAM and not said["dry_run"]:
        _check_standard_output()
    rule = names.Naming(said["output"], said["extension"], request.spec.name, request.target, several)
    inputs = [_standard_input() if word == STREAM else Path(word) for word in words]
    found = names.find(inputs, said["recursive"], said["include"], said["exclude"], rule)
    jobs = work.prepare(found, rule, requests, settings)
    manner = Manner(settings, said["overwrite"], True, said["jobs"], said["dry_run"])
    if not said["quiet"]:
        tell_of_compilation()
    report = Report(len(jobs), said["as_json"], said["verbose"], said["quiet"])
    for outcome in work.work(jobs, manner, said["skip_existing"]):
        report.add(outcome)
    return report.end()


def _requests(said: dict) -> list["Request"]:
    """Return a request for each of the sizes that were asked for."""
    from ..request import make_request
    from ..spec import Handling, parse_dpi

    only = "shrink" if said["only_shrink"] else "enlarge" if said["only_enlarge"] else None
    dpi = said["dpi"] and parse_dpi(said["dpi"])
    handling = Handling(orient=not said["no_orient"], dpi=dpi, **{name: said[name] for name in HANDLING})
    which = "size" if said["scale"] is None else "scale"
    requests = []
    for text in said[which].split(","):
        words = {name: said[name] for name in REQUEST} | {which: text}
        requests.append(make_request(**words, only=only, handling=handling))
    targets = [request.target for request in requests]
    if len(set(targets)) < len(targets):
        raise UsageError(f"--{which} {said[which]}: a {which} is given twice")
    return requests


def _check_standard_output() -> None:
    import os

    if sys.stdout.isatty():
        raise OutputError("standard output is a terminal, and an image is binary: pipe it on, or redirect it to a file")
    if (
        getattr(sys.stdout, "name", "") == os.devnull
    ):  # in whose place it was opened, for other things that are written there
        raise OutputError("standard output is closed: pipe it on, or redirect it to a file")


def _standard_input() -> "Input":
    """Return standard input, read to its end."""
    from pathlib import Path

    from ..batch.names import Input
    from ..files import extension_of

    if sys.stdin is None or sys.stdin.isatty():
        state = "closed" if sys.stdin is None else "a terminal"
        raise InputError(f"standard input is {state}: pipe an image into it, or name a file")
    try:
        data = sys.stdin.buffer.read()
    except MemoryError:
        raise InputError("standard input does not end before memory does: name a file") from None
    extension = extension_of(data)
    return Input(Path(f"stdin.{extension}" if extension else "stdin"), data=data)


def _check_streams(words: tuple[str, ...], said: dict) -> None:
    if words.count(STREAM) > 1:
        raise UsageError("standard input (-) is given twice: it can be read once")
    if STREAM in words and said["output"] is None:
        raise UsageError("standard input (-) needs -o: name the result, or write -o - for standard output")
    if said["output"] == STREAM and said["as_json"]:
        raise UsageError("--json and -o - would both write to standard output: give -o a file's name")


def _slip(words: tuple[str, ...]) -> str:
    """Return a guess at what was meant by a last word that is no file."""
    from pathlib import Path

    from ..geometry import parse_scale

    last = words[-1]
    if Path(last).exists():
        return ""
    try:
        parse_scale(last)
    except UsageError:
        return nearest_name(last, ("upscale methods", "upscale cache")) if len(words) == 1 else ""
    return f"; did you mean -s {last}?"


def _check(words: tuple[str, ...], said: dict) -> None:
    """Raise UsageError for words that contradict each other or leave something out."""
    if not words:
        raise UsageError("there is nothing to resize: give an image, as in `upscale in.png -s 4` (see upscale --help)")
    for word in words:
        if not word or "\0" in word:
            raise UsageError(f"{word!r} is no file's name: name an image or a folder")
    _check_streams(words, said)
    if said["scale"] is None and said["size"] is None:
        raise UsageError(f"how large? give -s or --size, as in -s 4 or --size 800x600{_slip(words)}")
    if said["scale"] is not None and said["size"] is not None:
        raise UsageError("give -s or --size, not both")
    if said["scale"] is not None:
        for name in ("fit", "only_shrink", "only_enlarge"):
            if said[name]:
                raise UsageError(f"--{name.replace('_', '-')} needs --size: with -s there is no box to fit")
    for one, other in CONTRADICTIONS:
        if said[one] and said[other]:
            raise UsageError(f"--{one} and --{other} contradict each other: give one".replace("_", "-"))
    if said["extension"]:
        from ..formats import format_of

        format_of(said["extension"])
