"""Folders: photographs beside other programs and beside fewer processes, icons, names, memory."""

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from .measure import OURS, Case, Reach, processors, timed
from .peers import program
from .pictures import SAMPLES, picture
from .processes import SCRIPT, WATCH, run

PHOTOGRAPHS, SMALLEST, LARGEST = 300, 0.5e6, 3e6  # pixels
ICONS, FEW, MANY = 20_000, 100, 10_000
NAMES, NAMES_A_FOLDER = 100_000, 1000
FACTOR = 2

# What decoding the icons and encoding their results takes, in as many processes and with nothing else.
CODEC = """
import io, multiprocessing, os, sys
from PIL import Image

def work(path):
    with Image.open(path) as image:
        image.load()
    result.save(io.BytesIO(), "PNG")

folder = sys.argv[1]
result = Image.open(os.path.join(folder, os.listdir(folder)[0])).resize((64, 64))
paths = [os.path.join(folder, name) for name in os.listdir(folder)]
with multiprocessing.get_context("fork").Pool(int(sys.argv[2])) as pool:
    for _ in pool.imap_unordered(work, paths, 64):
        pass
"""

LISTING = """
from upscale_cli.batch.find import Search
from upscale_cli.batch.names import Naming
from upscale_cli.batch.work import prepare
from upscale_cli.formats import Settings
from upscale_cli.request import make_request
import sys

request = make_request(2, method="nearest")
rule = Naming(sys.argv[1] + "-out", None, "nearest", request.target, True)
assert len(prepare(Search(True).inputs([sys.argv[1]], rule.folder), rule, [request], Settings())) == int(sys.argv[2])
"""


def photographs() -> Iterator[Case]:
    """Yield a folder of JPEG photographs enlarged, beside other programs, one process and a local cluster."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photographs"
        _photographs(folder)
        jobs, what = processors(), f"batch: {PHOTOGRAPHS} photographs of 0.5 to 3 MP, lanczos3, {FACTOR}x, jpg"
        ours = _ours(folder, place, "-j", str(jobs))
        turns = {OURS: ours} | {
            name: _fresh(place, command) for name, command in _commands(folder, place, jobs).items()
        }
        yield Case(f"{what}, {jobs} processes", turns, {name: Reach(0.8) for name in turns if name != OURS}, "s")
        beside = {"upscale -j 1": _ours(folder, place, "-j", "1")}
        yield Case(f"{what}, {jobs} processes", {OURS: ours} | beside, {"upscale -j 1": Reach(1.8, True)}, "s")
        local = _ours(folder, place, "-j", str(jobs), "--cluster", "local")
        turns = {OURS: local, f"upscale -j {jobs}": ours}
        yield Case(f"{what}, --cluster local", turns, {f"upscale -j {jobs}": Reach(round(1 / 0.85, 3))}, "s")


def icons() -> Iterator[Case]:
    """Yield what icons take beyond their codec's own time, and the memory of few and many of them."""
    with tempfile.TemporaryDirectory() as place:
        folders = {count: Path(place) / str(count) for count in (FEW, MANY, ICONS)}
        for count, folder in folders.items():
            _icons(folder, count)
        folder, jobs = folders[ICONS], processors()
        ours = _fresh(place, _words(folder, place, "-m", "bicubic", "-j", str(jobs)))

        def beyond() -> float:
            start = time.perf_counter()
            run([sys.executable, "-c", CODEC, str(folder), str(jobs)])
            codec = time.perf_counter() - start
            return (ours() - codec) * 1e3 / ICONS

        what = f"batch: {ICONS} icons, 32x32 to 64x64, png, {jobs} processes, a file beyond its codec"
        yield Case(what, {OURS: beyond}, {OURS: Reach(1.0)})
        turns = {OURS: _peak(folders[MANY], place, jobs), f"{FEW} icons": _peak(folders[FEW], place, jobs)}
        yield Case(f"batch: peak memory of the largest process, {MANY} icons", turns, {}, "MB")


def names() -> Iterator[Case]:
    """Yield the naming of many files, none of which is opened."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "tree"
        for number in range(NAMES):
            if number % NAMES_A_FOLDER == 0:
                (folder / f"{number:06}").mkdir(parents=True)
            (folder / f"{number - number % NAMES_A_FOLDER:06}" / f"{number:06}.png").touch()
        command = [sys.executable, "-c", LISTING, str(folder), str(NAMES)]
        yield Case(f"batch: names of {NAMES} files", {OURS: timed(lambda: run(command), 1)}, {OURS: Reach(5)}, "s")


def _photographs(folder: Path) -> None:
    """Write photographs, each of another size."""
    folder.mkdir()
    chance = random.Random(1)
    for number in range(PHOTOGRAPHS):
        pixels, ratio = chance.uniform(SMALLEST, LARGEST), chance.choice((3 / 2, 4 / 3, 3 / 4))
        width, height = round((pixels * ratio) ** 0.5), round((pixels / ratio) ** 0.5)
        Image.fromarray(picture("RGB", width, height)).save(folder / f"{number:03}.jpg", quality=90)


def _icons(folder: Path, count: int) -> None:
    folder.mkdir()
    with Image.open(SAMPLES / "sprite.png") as sprite:
        icon = sprite.convert("RGBA").resize((32, 32))
    for number in range(count):
        icon.rotate(number % 360).save(folder / f"{number:05}.png")


def _words(folder: Path, place: str, *more: str) -> list[str]:
    return [SCRIPT, str(folder), "-s", str(FACTOR), "-o", f"{place}/out", "--quiet", *more]


def _ours(folder: Path, place: str, *more: str) -> Callable[[], float]:
    return _fresh(place, _words(folder, place, "-m", "lanczos3", *more))


def _fresh(place: str, command: list[str]) -> Callable[[], float]:
    """Return a turn that runs a command into an empty folder `out` and says how many seconds that took."""

    def turn() -> float:
        shutil.rmtree(f"{place}/out", ignore_errors=True)
        Path(place, "out").mkdir()
        return timed(lambda: run(command), 1)()

    return turn


def _commands(folder: Path, place: str, jobs: int) -> dict[str, list[str]]:
    """Return what other programs are called by, as many processes of each at a time."""
    each = f"cd {folder} && ls | xargs -P{jobs}"
    words = {}
    if vips := program("vips resize"):
        words["vips resize"] = f"{each} -I@ {vips[0]} resize @ '{place}/out/@[Q=90]' {FACTOR} --kernel lanczos3"
    if magick := program("ImageMagick"):
        path = Path(magick[0])
        mogrify = path.with_name("mogrify") if path.name == "convert" else f"{path} mogrify"
        how = f"-filter Lanczos -resize {FACTOR}00% -quality 90"
        words["ImageMagick mogrify"] = f"{each} -n10 {mogrify} -path {place}/out {how}"
    if imgp := shutil.which("imgp", path=os.pathsep.join((str(Path(SCRIPT).parent), os.environ["PATH"]))):
        words["imgp"] = f"cp {folder}/* {place}/out && {imgp} -m -w -n -q 90 -x {FACTOR}00% {place}/out"
    return {name: ["sh", "-c", text] for name, text in words.items()}


def _peak(folder: Path, place: str, jobs: int) -> Callable[[], float]:
    """Return a turn that says how many megabytes the largest of the processes had resident at most."""
    command = _words(folder, place, "-m", "bicubic", "-j", str(jobs))

    def turn() -> float:
        shutil.rmtree(f"{place}/out", ignore_errors=True)
        return int(run([sys.executable, "-c", WATCH, *command])) / 1e6

    return turn
