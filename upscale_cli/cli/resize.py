"""`upscale INPUT...`: turns the words of the command line into values and hands them to the batch."""

import contextlib
import sys

import click

from .. import __version__
from ..errors import InputError, OutputError, UpscaleError, UsageError, naming
from ..spec import nearest_name, parse_memory, parse_method
from .options import options
from .streams import STREAM, read_standard_input, standard_input
from .upkeep.suggest import file_names
from .words import Grouped, GroupedCommand

TYPE_CHECKING = False  # as in `typing`, which takes a while to import
if TYPE_CHECKING:
    from ..batch.cluster import Cluster
    from ..batch.pool import Pool
    from ..batch.work import InTurn, Job
    from ..files import Manner
    from ..request import Request

EPILOG = """
Commands:
  upscale compare     say which method is best for an image, in numbers and pictures
  upscale best        print the name of that method
  upscale methods     list the methods with their parameters
  upscale pool        shrink by max pooling, and record where each maximum stood
  upscale train       train a network on pictures of your own
  upscale cache       look after the store of compiled kernels
  upscale doctor      say what is installed, and test that it works

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
    "antiring", "like", "straight_alpha", "refine",
)  # fmt: skip
HANDLING = ("strip", "profile", "depth", "dither", "palette", "frame")


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("words", nargs=-1, metavar="INPUT...", shell_complete=file_names)
@options
@click.version_option(__version__, message="upscale %(version)s", cls=Grouped, group="Help")
def resize(words: tuple[str, ...], **said) -> int:
    """Resize images: INPUT is a file, a folder or - for standard input; one of -s and --size says how large."""
    words = _check(words, said)
    from ..batch import find, names, work
    from ..files import Manner
    from ..formats import Settings
    from .report import Report, opened_log, tell_of_compilation

    requests = _requests(said)
    request = requests[0]
    gravity = click.get_current_context().get_parameter_source("gravity")
    if gravity is click.core.ParameterSource.COMMANDLINE and getattr(request.target, "fit", "") not in PLACING:
        raise UsageError("--gravity acts where something is cropped or framed: use it with --fit cover or contain")
    settings = Settings(said["quality"], said["compression"], said["lossless"], said["subsampling"])
    several = _lists(said) or len(words) > 1 or (words[0] != STREAM and find.kind_of(words[0]) == "folder")
    names.check_template(said["output"], several, len(requests))
    if said["output"] == STREAM and not said["dry_run"]:
        _check_standard_output()
    rule = names.Naming(said["output"], said["extension"], request.spec.name, request.target, several)
    words = [standard_input() if word == STREAM else names.cleaned(word) for word in words]
    words += map(names.cleaned, _listed(said))
    if not words:
        raise InputError("the list is empty: there is nothing to resize")
    search = find.Search(said["recursive"], said["include"], said["exclude"])
    jobs = work.prepare(search.inputs(words, rule.folder), rule, requests, settings)
    manner = Manner(settings, said["overwrite"], said["skip_existing"], True, said["jobs"], said["dry_run"])
    if not said["quiet"]:
        tell_of_compilation()
    with opened_log(said["log"]) as log:
        report = Report(len(jobs), said["as_json"], said["verbose"], said["quiet"], log)
        runner = _runner(jobs, len(requests), manner, said)
        try:
            with contextlib.closing(runner.run()) as outcomes:
                for outcome in outcomes:
                    report.add(outcome, runner.current)
                    if outcome.full or (said["fail_fast"] and outcome.status == "failed"):
                        break
        except BaseException as error:
            if any(report.counts.values()) or not isinstance(error, UpscaleError):
                report.end(search.passed_over)
            raise
        return report.end(search.passed_over)


def _runner(jobs: list["Job"], several: int, manner: "Manner", said: dict) -> "InTurn | Pool | Cluster":
    """Return what does the jobs: processes side by side, where there is more than one input and nothing against it."""
    from ..batch.work import InTurn, sweep_folders
    from ..run import processors

    inputs, workers = len(jobs) // several, said["jobs"] or processors()
    if manner.dry or (inputs == 1 and not said["cluster"]):
        return InTurn(jobs, several, manner)
    from ..batch.memory import budget, keep

    sweep_folders(jobs)
    keep()
    memory = parse_memory(said["memory"]) if said["memory"] else None
    if said["cluster"]:
        from ..batch.cluster import LOCAL, Cluster

        memory = memory or (budget() if said["cluster"] == LOCAL else None)
        return Cluster(jobs, several, manner, said["cluster"], workers, memory)
    if workers == 1 or any(job.is_here for job in jobs):
        return InTurn(jobs, several, manner)
    from ..batch.pool import Pool

    return Pool(jobs, several, manner, workers, memory or budget())


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
        raise UsageError(f"--{which} {said[which]}: a {which} is given twice: give it once")
    return requests


def _own_size(method: str) -> dict[str, str]:
    """Return the scale or size of a method that has only one, by name; others are told apart without imports."""
    spec = parse_method(method)
    if not spec.own_scale and spec.method.family != "network":
        return {}
    from ..request import own_size

    return own_size(spec)


def _check_standard_output() -> None:
    import os

    if sys.stdout.isatty():
        raise OutputError("standard output is a terminal, and an image is binary: pipe it on, or redirect it to a file")
    if (
        getattr(sys.stdout, "name", "") == os.devnull
    ):  # in whose place it was opened, for other things that are written there
        raise OutputError("standard output is closed: pipe it on, or redirect it to a file")


def _lists(said: dict) -> bool:
    """Whether inputs are listed elsewhere than on the command line."""
    return said["from_stdin"] or said["from_file"] is not None


def _listed(said: dict) -> list[str]:
    """Return the inputs that lists name."""
    from pathlib import Path

    from ..batch.find import listed

    names = []
    if said["from_file"] is not None:
        with naming(said["from_file"]):
            names += listed(Path(said["from_file"]).read_bytes(), said["null"])
    if said["from_stdin"]:
        with naming("standard input"):
            names += listed(read_standard_input("a list of images"), said["null"])
    return names


def _check_streams(words: tuple[str, ...], said: dict) -> None:
    if words.count(STREAM) > 1:
        raise UsageError("standard input (-) is given twice: it can be read once")
    if STREAM in words and said["output"] is None:
        raise UsageError("standard input (-) needs -o: name the result, or write -o - for standard output")
    if said["output"] == STREAM and said["cluster"]:
        raise UsageError("-o - is this process's standard output, which a cluster does not write to: give -o a name")
    if said["output"] == STREAM and said["as_json"]:
        raise UsageError("--json and -o - would both write to standard output: give -o a file's name")


def _slip(words: tuple[str, ...]) -> str:
    """Return a guess at what was meant by a word that is no file: a method, a scale or a command."""
    from pathlib import Path

    from ..geometry import parse_scale
    from ..methods import METHODS
    from .door import COMMANDS

    for word in words:
        if word in METHODS and not Path(word).exists():
            return f"; did you mean -m {word}?"
    last = words[-1] if words else STREAM
    if Path(last).exists():
        return ""
    try:
        parse_scale(last)
    except UsageError:
        return nearest_name(last, [f"upscale {name}" for name in COMMANDS]) if len(words) == 1 else ""
    return f"; did you mean -s {last}?"


def _check_list(words: tuple[str, ...], said: dict) -> tuple[str, ...]:
    """Return the words but for a - that stands for the list; raise UsageError for -0 without a list."""
    if said["from_file"] == STREAM:
        said |= {"from_file": None, "from_stdin": True}
    if said["null"] and not _lists(said):
        raise UsageError("-0 is about a list of images: give --from-file or --from-stdin")
    return tuple(word for word in words if word != STREAM) if said["from_stdin"] else words


def _check_log(name: str | None) -> None:
    """Raise UsageError for the name of an image, which is perhaps an input and would be damaged."""
    if name is not None:
        from ..batch.find import is_known

        if is_known(name):
            raise UsageError(f"--log {name} names an image: add lines to another file, as in --log run.log")


def _check(words: tuple[str, ...], said: dict) -> tuple[str, ...]:
    """Return the words that name images; raise UsageError for what contradicts itself or leaves something out."""
    words = _check_list(words, said)
    if not words and not _lists(said):
        raise UsageError("there is nothing to resize: give an image, as in `upscale in.png -s 4` (see upscale --help)")
    for word in words:
        if not word or "\0" in word:
            raise UsageError(f"{word!r} is no file's name: name an image or a folder")
    _check_streams(words, said)
    if said["scale"] is None and said["size"] is None:
        said.update(_own_size(said["method"]))
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
    _check_log(said["log"])
    if said["extension"]:
        from ..formats import format_of

        format_of(said["extension"])
    return words
