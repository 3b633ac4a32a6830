"""`upscale INPUT...`: turns the words of the command line into values and hands them to the batch."""

import click

from .. import __version__
from ..errors import UsageError
from ..spec import nearest_name
from .options import options
from .words import Grouped, GroupedCommand

EPILOG = """
Commands:
  upscale methods     list the methods with their parameters
  upscale cache       look after the store of compiled kernels

Examples:
  upscale in.png -s 4                            four times as large, into in_x4_bicubic.png
  upscale in.png --size 800 -o small.webp        the longer side becomes 800
  upscale *.jpg -s 2 -m lanczos3 -o big/         several files into a folder
  upscale photos/ -r --size '1920x1080>' -o web/ a tree of folders, only what is larger
"""

CONTRADICTIONS = (("overwrite", "skip_existing"), ("only_shrink", "only_enlarge"), ("verbose", "quiet"))
PLACING = ("cover", "contain")  # the fits that leave a choice of place
REQUEST = (
    "scale", "size", "method", "fit", "gravity", "background", "max_pixels", "linear", "sigmoid", "antialias", "edge",
    "antiring", "like", "straight_alpha",
)  # fmt: skip


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("words", nargs=-1, metavar="INPUT...")
@options
@click.version_option(__version__, message="upscale %(version)s", cls=Grouped, group="Help")
def resize(words: tuple[str, ...], **said) -> int:
    """Resize images: INPUT is a file or a folder, and one of -s and --size says how large the result is."""
    _check(words, said)
    from pathlib import Path

    from ..api import make_request
    from ..batch import names, work
    from ..formats import Settings
    from .report import Report, tell_of_compilation

    only = "shrink" if said["only_shrink"] else "enlarge" if said["only_enlarge"] else None
    request = make_request(**{name: said[name] for name in REQUEST}, only=only)
    gravity = click.get_current_context().get_parameter_source("gravity")
    if gravity is click.core.ParameterSource.COMMANDLINE and getattr(request.target, "fit", "") not in PLACING:
        raise UsageError("--gravity acts where something is cropped or framed: use it with --fit cover or contain")
    settings = Settings(said["quality"], said["compression"], said["lossless"])
    inputs = [Path(word) for word in words]
    several = len(inputs) > 1 or names.kind_of(inputs[0]) == "folder"
    names.check_template(said["output"], several)
    rule = names.Naming(said["output"], said["extension"], request.spec.name, request.target, several)
    found = names.find(inputs, said["recursive"], said["include"], said["exclude"], rule)
    jobs = work.prepare(found, rule, request, settings)
    existing = "overwrite" if said["overwrite"] else "skip" if said["skip_existing"] else "refuse"
    policy = work.Policy(existing, said["dry_run"], said["jobs"])
    if not said["quiet"]:
        tell_of_compilation()
    report = Report(request, len(jobs), said["as_json"], said["verbose"], said["quiet"])
    for outcome in work.work(jobs, request, settings, policy):
        report.add(outcome)
    return report.end()


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
        if word in ("", "-") or "\0" in word:
            raise UsageError(f"{word!r} is no file's name: name an image or a folder")
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
