"""`upscale compare`: which method is best, in numbers and in pictures."""

import contextlib
import math
import os
import sys
import time
from pathlib import PurePath

import click

from ...errors import FullError, InputError, UpscaleError, UsageError
from ...evaluate.choice import (
    ALL,
    DEFAULT_METRICS,
    MATLAB_BICUBIC,
    METRICS,
    TIMES,
    parse_limits,
    parse_metrics,
    parse_scales,
)
from ..streams import STREAM, standard_input
from ..upkeep.suggest import file_names
from ..words import GroupedCommand, one_line, with_options
from .options import COMPARE

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...evaluate.compare import Comparison
    from ...evaluate.images import Case
    from ...evaluate.rows import Block, Row
    from .outputs import Output

UNMET = 3  # exit code
ALIKE = 1e-4  # how far, relatively, two processors' figures may be apart
EPILOG = """
Examples:
  upscale compare photo.png -s 4                all methods, best first
  upscale compare photo.png -s 2 -m bicubic,lanczos:lobes=4 --report photo.html
  upscale compare set14/ -s 2,3,4 -m @traditional --csv set14.csv
  upscale compare small.png --reference large.png -m bicubic --metrics psnr,gmsd
  upscale compare --between truth.png mine.png  a picture that is there already
  upscale compare photo.png -s 4 --grid eye.png --crop 150,70,48,32 --error
  upscale compare photo.png -s 4 -m bicubic --fail-under psnr=25 || echo worse
"""
SOURCES = ("scale", "reference", "between")
# option: those that mean nothing without it
NEEDED = {"grid": ("crop", "zoom", "error", "segments"), "report": ("report_images",), "csv": ("resume",)}
CONTRADICTIONS = (("overwrite", "resume"), ("resume", "grid"), ("resume", "report"))
# options that say nothing of pictures that are there already, and what they are called
OF_SCALING = {"methods": "-m", "save": "--save", "downsampler": "--downsampler", "segments": "--segments"}
OUTPUTS = ("csv", "json", "grid", "report", "save")
OF_PICTURES = ("psnr", "ssim")  # what these are measured by unless --metrics says


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("words", nargs=-1, metavar="IMAGE...", shell_complete=file_names)
@with_options(COMPARE)
def compare(words: tuple[str, ...], **said) -> int:
    """Say which method is best for IMAGE, a file, a folder or - for standard input.

    Each image is the truth: it is shrunk by --scale, enlarged again by every method, and compared with what it was.
    """
    _check(words, said)
    from ...evaluate.rows import means
    from .outputs import open_outputs

    names = _metrics(said)
    limits = [limit for text in said["limits"] for limit in parse_limits(text)]
    for name, _ in limits:
        if name not in names:
            raise UsageError(f"--fail-under {name}: it is not measured: add it to --metrics")
    comparison = _comparison(said, names)
    found = _cases(words, said)
    with contextlib.ExitStack() as stack:
        outputs, kept = open_outputs(said, comparison, found, stack)
        _check_kept(kept, comparison, found)
        known = {(row.image, row.method, row.scale) for row in kept}
        told = _Told(len(found) * len(comparison.scales or "1"), said["quiet"], bool(limits))
        rows = [*kept]
        for block in _blocks(comparison, found, known, said):
            if told.add(block):
                rows += block.rows
                told.clear()
                _each(outputs, told, lambda output, block=block: output.add(block))
        told.clear()
        _each(outputs, told, lambda output: output.end(rows))
    unmet = _unmet(means(rows), limits)
    return 1 if told.failed else UNMET if unmet else 0


def _check_kept(kept: "list[Row]", comparison: "Comparison", found: "list[Case]") -> None:
    """Measure the first row that is kept again; InputError if it is another now, as by another convention."""
    cases = {case.label: case for case in found}
    for row in kept:
        again = comparison.again(cases[row.image], row) if row.image in cases else None
        for name in row.metrics.keys() - TIMES if again else ():
            was, now = row.metrics[name], again.metrics[name]
            if was != now and (was is None or now is None or not math.isclose(was, now, rel_tol=ALIKE, abs_tol=ALIKE)):
                raise InputError(
                    f"{row.image}: by {row.method} its {name} was {was}, and is {now} now: resume with the options and "
                    "the pictures of before, or use --overwrite"
                )
        if again:
            return


def _each(outputs: "list[Output]", told: "_Told", action: "Callable[[Output], None]") -> None:
    """Have outputs do something; when one cannot, or the reader of standard output has gone, the others go on."""
    for output in [*outputs]:
        try:
            action(output)
        except FullError:
            raise
        except UpscaleError as error:
            told.fail(error)
        except BrokenPipeError:
            outputs.remove(output)
            if not (outputs or told.judged):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _comparison(said: dict, names: tuple[str, ...]) -> "Comparison":
    from ...evaluate.compare import Comparison
    from ...evaluate.protocol import Protocol

    protocol = Protocol(said["convention"], names, said["downsampler"], said["space"], said["shave"])
    scales = parse_scales(said["scale"]) if said["scale"] else []
    pictures = bool(said["grid"] or said["report"] or said["save"])
    return Comparison(
        protocol, said["methods"] or (ALL,), scales, said["jobs"], said["max_pixels"], pictures, said["segments"]
    )


def _cases(words: tuple[str, ...], said: dict) -> "list[Case]":
    """Return the images; of --between the truth comes first."""
    from ...batch.find import Search
    from ...evaluate.images import cases
    from ...filesystem.atomic import kind_of

    search = Search(said["recursive"], said["include"], said["exclude"])
    inputs = [standard_input() if word == STREAM else word for word in words]
    found = cases(inputs, search, said["reference"], said["save"])
    unique: dict[PurePath, Case] = {}
    for case in found:
        unique.setdefault(PurePath(case.label), case)
    found = list(unique.values())
    if not said["between"]:
        return found
    if kind_of(said["between"]) == "folder":
        raise InputError(f"{said['between']} is a folder: --between compares with one picture: name it")
    return cases([said["between"]], Search()) + found


def _blocks(comparison: "Comparison", found: "list[Case]", known: set, said: dict) -> "Iterator[Block | Exception]":
    from ..report import tell_of_compilation

    if not said["quiet"]:
        tell_of_compilation()
    if said["between"]:
        return comparison.run_between(found[0], found[1:], known)
    return comparison.run(found, known)


class _Told:
    """Tells on standard error what becomes of `total` images; `failed` says whether one of them failed.

    `judged` says that the exit code depends on figures, so that these matter even if nobody reads them.
    """

    def __init__(self, total: int, quiet: bool, judged: bool) -> None:
        from ..progress import Progress

        self.quiet, self.judged, self.failed, self.pixels = quiet, judged, False, 0
        self.progress = Progress(total, time.perf_counter(), False) if total > 1 and not quiet else None

    def add(self, block: "Block | Exception") -> bool:
        """Tell of one image; return whether it was compared."""
        compared = not isinstance(block, Exception)
        for failure in block.failures if compared else (block,):
            self.fail(failure)
        for note in block.notes if compared and not self.quiet else ():
            self._say(one_line(note))
        if compared:
            self.pixels += sum(row.width * row.height for row in block.rows)
        if self.progress:
            self.progress.add(True, self.pixels, block.image if compared else "")
        return compared

    def fail(self, error: Exception) -> None:
        """Tell what went wrong."""
        self.failed = True
        self._say(f"upscale: {one_line(str(error))}")

    def _say(self, text: str) -> None:
        self.clear()
        click.echo(text, err=True)

    def clear(self) -> None:
        """Make room on the terminal."""
        if self.progress:
            self.progress.clear()


def _unmet(means: "list[Row]", limits: list[tuple[str, float]]) -> bool:
    """Tell of each mean that is worse than it may be; return whether there is one."""
    from ...evaluate.rows import scale_text

    unmet = False
    for row in means:
        for name, limit in limits:
            value = row.metrics[name]
            if value is None or METRICS[name].badness(value) > METRICS[name].badness(limit):
                what = "could not be measured" if value is None else f"is {value:.10g}, worse than {limit:.10g}"
                where = f"{row.method} {scale_text(row.scale)}x"
                click.echo(f"upscale: {one_line(where)}: {name} {what} (--fail-under)", err=True)
                unmet = True
    return unmet


def _metrics(said: dict) -> tuple[str, ...]:
    if not said["between"]:
        return parse_metrics(said["metrics"]) if said["metrics"] else DEFAULT_METRICS
    names = parse_metrics(said["metrics"]) if said["metrics"] else OF_PICTURES
    for name in names:
        if METRICS[name].of_scaling:
            raise UsageError(f"{name} says nothing of pictures that are there already: leave it out of --metrics")
    return names


def _check(words: tuple[str, ...], said: dict) -> None:
    """Raise UsageError for what contradicts itself or leaves something out."""
    check_words(words, "compare")
    for name in (*SOURCES, *OUTPUTS):
        if said[name] is not None and (not said[name] or "\0" in said[name]):
            raise UsageError(f"--{name}: {said[name]!r} is no file's name: give one")
        if name in SOURCES and said[name] == STREAM:
            raise UsageError(f"--{name} - : standard input can be an IMAGE, but not the truth: name a file")
    given = [f"--{name}" for name in SOURCES if said[name] is not None]
    if not given:
        raise UsageError("compare how? give -s to shrink and enlarge again, as in -s 4, or --reference, or --between")
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} contradict each other: give one")
    _check_pairs(said)
    _check_outputs(said)


def check_words(words: tuple[str, ...], command: str) -> None:
    """Raise UsageError for what cannot be the images of a command."""
    if not words:
        raise UsageError(f"there is nothing to compare: give an image, as in `upscale {command} in.png -s 4`")
    for word in words:
        if not word or "\0" in word:
            raise UsageError(f"{word!r} is no file's name: name an image or a folder")
    if words.count(STREAM) > 1:
        raise UsageError("standard input (-) is given twice: it can be read once")


def _check_pairs(said: dict) -> None:
    """Raise UsageError for options that exclude each other, and for those that need another one."""
    for one, other in CONTRADICTIONS:
        if said[one] and said[other]:
            raise UsageError(f"--{one} and --{other} contradict each other: give one")
    for needed, names in NEEDED.items():
        for name in names:
            if said[name] and not said[needed]:
                raise UsageError(f"--{name.replace('_', '-')} is about --{needed}: give that, too")
    for name, option in OF_SCALING.items():
        if said["between"] and said[name] not in (None, (), False, MATLAB_BICUBIC):
            raise UsageError(f"{option} is about enlarging, and --between enlarges nothing: leave it out")


def _check_outputs(said: dict) -> None:
    from ...batch.find import is_known
    from ...formats import BY_EXTENSION
    from ...spec import nearest_name

    outputs = [said[name] for name in OUTPUTS if said[name] is not None]
    twice = next((each for number, each in enumerate(outputs) if each in outputs[:number]), None)
    if twice is not None:
        where = "standard output" if twice == STREAM else twice
        raise UsageError(f"two things would be written to {where}: give them two names")
    for name in ("csv", "json", "report"):
        if said[name] is not None and is_known(said[name]):
            form = {"report": "html"}.get(name, name)
            raise UsageError(f"--{name} {said[name]} names an image: give it another name, as in --{name} out.{form}")
    for name in ("grid", "report", "save"):
        if said[name] == STREAM:
            raise UsageError(f"--{name} - : standard output takes figures only: name a file")
    if said["resume"] and said["csv"] == STREAM:
        raise UsageError("--resume needs rows that are kept: give --csv a file's name")
    if said["grid"] is not None:
        form = PurePath(said["grid"]).suffix.lower().removeprefix(".")
        if form not in BY_EXTENSION:
            hint = nearest_name(form, BY_EXTENSION, 0.6) or ": give it one that does, as in --grid out.png"
            raise UsageError(f"--grid {said['grid']}: its extension names no format that can be written{hint}")
