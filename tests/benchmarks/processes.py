"""Whole processes, from the start to the exit: files resized, the mere start, peak memory, an empty store."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .measure import OURS, Case, Reach, timed
from .peers import PROGRAMS, program
from .pictures import picture_file

SCRIPT = str(Path(sys.executable).with_name("upscale"))

# A picture's width and height, the format, the factor; bounds on time (ours in ms, of the peers' as a ratio) and on the
# file's size.
FILES = (
    (128, 128, "png", 4, {OURS: 200, "ImageMagick": 1.3}, {}),
    (512, 512, "png", 4, {"vips resize": 1.0}, {"vips resize": 1.0}),
    (1920, 1080, "jpg", 2, {"vips resize": 1.0}, {"vips resize": 1.0}),
)

START_MS = 60
COLD_MS = 3000
MEMORY = (4000, 3000, "jpg", 3)
BYTES_A_PIXEL, BYTES_AT_ALL = 9, 120e6

# As for whoever has installed it, whose Python has kept what it compiled.
INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

# Starts a command from a process that is itself small: Linux counts towards the peak of a child that of the process
# that starts it, which here has libraries and pictures in memory.
WATCH = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(command: list[str], **environment: str) -> str:
    """Run a command and return what it prints; RuntimeError with its own words where it fails."""
    done = subprocess.run(
        command, env=INSTALLED | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def commands(src: Path, factor: int) -> dict[str, list[str]]:
    """Return the command of each contestant that resizes a file by a factor, into `NAME.EXTENSION` beside it.

    All write JPEG at quality 90 with halved chroma, as ours does unless told otherwise, and PNG as they do by default.
    ffmpeg's scale of quality is its own; 2 is the best on it.
    """
    jpeg = src.suffix == ".jpg"
    halved = ["-quality", "90", "-sampling-factor", "4:2:0"] if jpeg else []
    chroma = "[Q=90,subsample_mode=on]" if jpeg else ""
    quality = ["-qscale:v", "2"] if jpeg else []
    out = {name: str(_output(src, name)) for name in (OURS, *PROGRAMS)}
    arguments = {
        "vips resize": ["resize", str(src), out["vips resize"] + chroma, str(factor), "--kernel", "cubic"],
        "ImageMagick": [str(src), "-filter", "Catrom", "-resize", f"{factor}00%", *halved, out["ImageMagick"]],
        "ffmpeg": ["-loglevel", "error", "-y", "-i", str(src), "-vf", f"scale=iw*{factor}:-1:flags=bicubic", *quality,
                   out["ffmpeg"]],
    }  # fmt: skip
    ours = [SCRIPT, str(src), "-s", str(factor), "-o", out[OURS], "--overwrite", "--quiet"]
    return {OURS: ours} | {name: [program(name)[0], *words] for name, words in arguments.items() if program(name)}


def _output(src: Path, name: str) -> Path:
    return src.with_name(f"{name.partition(' ')[0]}{src.suffix}")


def files() -> Iterator[Case]:
    """Yield, for each file, the comparison of times and that of the sizes of what was then written."""
    for width, height, extension, factor, times, sizes in FILES:
        with tempfile.TemporaryDirectory() as folder:
            src = picture_file(Path(folder) / f"small.{extension}", width, height)
            what = f"{width}x{height} to {width * factor}x{height * factor}, {extension}"
            turns = {name: timed(_runner(command)) for name, command in commands(src, factor).items()}
            yield Case(f"process: {what}", turns, _reaches(times))
            if sizes:
                turns = {name: _sizer(_output(src, name)) for name in turns}
                yield Case(f"file size: {what}", turns, _reaches(sizes), "kB")


def start() -> Iterator[Case]:
    """Yield the commands that resize nothing, beside what Python and its command line library take."""
    beside = {f"python -c '{code}'": [sys.executable, "-c", code] for code in ("pass", "import click")}
    for word in ("--version", "--help", "methods"):
        turns = {name: timed(_runner(command)) for name, command in ({OURS: [SCRIPT, word]} | beside).items()}
        yield Case(f"start: upscale {word}", turns, _reaches({OURS: START_MS}))


def memory() -> Iterator[Case]:
    """Yield the peak resident memory of a process that enlarges 12 megapixels to 108."""
    width, height, extension, factor = MEMORY
    pixels = width * height * factor**2
    with tempfile.TemporaryDirectory() as folder:
        src = picture_file(Path(folder) / f"small.{extension}", width, height)
        chosen = (OURS, "vips resize")
        turns = {name: _peak(command) for name, command in commands(src, factor).items() if name in chosen}
        what = f"peak memory: {width}x{height} to {width * factor}x{height * factor}, {extension}"
        yield Case(what, turns, _reaches({OURS: (BYTES_A_PIXEL * pixels + BYTES_AT_ALL) / 1e6}), "MB")


def cold() -> Iterator[Case]:
    """Yield the first enlargement of all, which compiles."""
    with tempfile.TemporaryDirectory() as folder:
        src = picture_file(Path(folder) / "small.png", 512, 512)
        command = commands(src, 4)[OURS]

        def first():
            with tempfile.TemporaryDirectory() as store:
                run(command, UPSCALE_CACHE_DIR=store)

        yield Case("empty store: 512x512 to 2048x2048, png", {OURS: timed(first)}, _reaches({OURS: COLD_MS}))


def _reaches(limits: dict[str, float]) -> dict[str, Reach]:
    return {name: Reach(limit) for name, limit in limits.items()}


def _runner(command: list[str]) -> Callable[[], str]:
    return lambda: run(command)


def _sizer(path: Path) -> Callable[[], float]:
    return lambda: path.stat().st_size / 1e3


def _peak(command: list[str]) -> Callable[[], float]:
    """Return a turn that says how many megabytes the command had resident at most."""
    return lambda: int(run([sys.executable, "-c", WATCH, *command])) / 1e6
