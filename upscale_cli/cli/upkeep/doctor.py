"""`upscale doctor`: what is installed and what this machine is, and a test of a few seconds that all of it works."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from ... import __version__
from ...errors import UpscaleError
from ..words import GroupedCommand, one_line
from .cache import holdings

PACKAGE = "upscale-cli"
EXTRAS = ("cluster", "deep", "heif", "train")  # what users install; the others are for developers
UNKNOWN = f"unknown: {PACKAGE} is not installed, but run from its source"
VECTORS = re.compile(r"sse4\.2|avx2?|fma|avx512(f|vl|bw|bf16|vnni)|amx-(bf16|int8)|neon|sve2?")
SIDE = 64  # of the ramp that is enlarged
LARGE = 1024  # of the picture whose enlarging is timed


@click.command(cls=GroupedCommand, context_settings={"help_option_names": ["-h", "--help"]})
def doctor() -> int:
    """Say what is installed and what this machine is, and test in a few seconds that it works.

    The exit code is 1 when something is broken. Send what is printed along when you report a defect.
    """
    broken = []
    for title, check in CHECKS.items():
        click.echo(f"{title:11}", nl=False)
        sys.stdout.flush()  # what ends the whole process is known by its title
        started = time.perf_counter()
        try:
            said = check()
        except Exception as error:  # whatever it is: the other things are still to be looked at
            broken.append(title)
            said = f"BROKEN: {str(error) or type(error).__name__}"
        seconds = time.perf_counter() - started
        click.echo(one_line(said) + f" ({seconds:.2f} s)" * (check in TIMED))
    click.echo(f"\nbroken: {', '.join(broken)}" if broken else "\nnothing is broken")
    return int(bool(broken))


def _upscale() -> str:
    import platform

    version = f"Python {platform.python_version()}, {platform.system()} {platform.release()} {platform.machine()}"
    return f"{__version__} in {Path(__file__).parents[2]}; {version}"


def _needed() -> str:
    return ", ".join(_versions("")) or UNKNOWN


def _extras() -> str:
    if not _versions(""):
        return UNKNOWN
    told = []
    for extra in EXTRAS:
        found = _versions(extra)
        told.append(f"{extra} ({', '.join(found)})" if found else f"not {extra} (pip install '{PACKAGE}[{extra}]')")
    return ", ".join(told)


def _versions(extra: str) -> list[str]:
    """Return the names and versions of what the package needs, by itself or for an extra.

    Nothing for an extra of which a part is not there: others' packages bring parts, too. Raises UpscaleError for
    versions that are too old, and for a needed package that is missing.
    """
    from importlib import metadata

    found, faults = [], []
    try:
        lines = metadata.requires(PACKAGE) or ()
    except metadata.PackageNotFoundError:
        return []
    for name, least in (asked.groups() for asked in map(_asked(extra).fullmatch, lines) if asked):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            if extra:
                return []
            faults.append(f"{name} is missing")
            continue
        found.append(f"{name} {version}")
        if _numbers(version) < _numbers(least):
            faults.append(f"{name} {version} is older than {least}")
    if faults:
        raise UpscaleError(f"{', '.join(faults)}: pip install --upgrade '{PACKAGE}{f'[{extra}]' * bool(extra)}'")
    return found


def _asked(extra: str) -> re.Pattern:
    """Return what a line of metadata that asks for a package, by itself or for an extra, looks like."""
    condition = rf"; *extra == ['\"]{extra}['\"]" if extra else ""
    return re.compile(rf"([\w.-]+)>=([\d.]+){condition}")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.match(r"[\d.]*", version)[0].split(".") if number]


def _processor() -> str:
    from ...batch.memory import budget
    from ...jit.linker import processor
    from ...run import processors

    name, features = processor()
    vectors = " ".join(sorted(each for each in features if VECTORS.fullmatch(each)))
    return f"{name} ({vectors}), {processors()} in use, {budget() / 1e9:.1f} GB for files at work"


def _store() -> str:
    from ...jit import store

    return holdings(store.safe_folder())


def _packed() -> str:
    """Read the files of the package that are no code, and the font that comes with Pillow."""
    from ...evaluate import grid, report
    from ...network import models

    grid.font()
    for name in report.PARTS:
        report.part(name)

    for name in models.cards():
        models.shipped(name)
    return f"networks {', '.join(models.cards())}; the page of reports; a font"


def _compiler() -> str:
    from ... import jit

    if jit.interpreted():
        return "NUMBA_DISABLE_JIT is set: kernels are interpreted, which takes far longer"
    from ...jit.compiler import probe_agrees

    if not probe_agrees():
        raise UpscaleError("what numba compiles does not give what Python gives: install numba and llvmlite again")
    return "a kernel was compiled, linked and called"


def _ramp() -> str:
    """Enlarge a ramp, which cubic interpolation leaves a ramp."""
    from ...api import resize

    ramp = memoryview(bytes(3 * x for _ in range(SIDE) for x in range(SIDE) for _ in "RGB")).cast("B", (SIDE, SIDE, 3))
    large = resize(ramp, 2, method="bicubic")
    row = [int(large[SIDE, x, 1]) for x in range(4, 2 * SIDE - 4)]
    if any(abs(level - 3 * ((x + 4.5) / 2 - 0.5)) > 1 for x, level in enumerate(row)):
        raise UpscaleError("a ramp of grey does not stay one: `upscale cache clear` deletes the kernels that did this")
    return f"{SIDE}x{SIDE} by 2"


def _speed() -> str:
    """Enlarge a picture of a megapixel, as the ramp was, and tell how long that took without what a first run does."""
    from ... import jit
    from ...api import resize

    side = SIDE if jit.interpreted() else LARGE
    picture = memoryview(bytes(3 * side * side)).cast("B", (side, side, 3))
    started = time.perf_counter()
    resize(picture, 2, method="bicubic")
    return f"{4 * side * side / 1e6 / (time.perf_counter() - started):.2g} megapixels of the result a second"


def _formats() -> str:
    """Write a picture in every format that can be written here, and read it again."""
    import tempfile

    from ...api import formats, resize_file

    good, faults = [], []
    records = [record for record in formats() if {"L", "RGB"} & {*record["modes"]}]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source.ppm")
        source.write_bytes(b"P6 16 12 255\n" + bytes(range(192)) * 3)
        for record in (each for each in records if each["writes"]):
            written = Path(folder, f"written.{record['extensions'][0]}")
            again = written.with_suffix(f".{record['extensions'][0]}.ppm")
            try:
                resize_file(source, written, scale=1)
                resize_file(written, again, scale=1)
                if b"16 12" not in again.read_bytes()[:16]:
                    raise UpscaleError("its picture has another size when it is read again: do not write it")
                good.append(record["name"])
            except Exception as error:  # of one format, or of all
                faults.append(f"{record['name']}: {error}")
    if faults:
        raise UpscaleError("; ".join(faults).replace(f"{folder}/", ""))
    absent = [f"not {record['name']}" for record in records if not record["writes"]]
    return ", ".join(good + absent) + ": written, and read again"


CHECKS: dict[str, Callable[[], str]] = {
    "upscale": _upscale,
    "needed": _needed,
    "extras": _extras,
    "processor": _processor,
    "store": _store,
    "packed": _packed,
    "compiler": _compiler,
    "enlarging": _ramp,
    "speed": _speed,
    "formats": _formats,
}
TIMED = {_packed, _compiler, _ramp, _speed, _formats}
