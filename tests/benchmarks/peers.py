"""The libraries and programs that are measured beside this one; those that are not installed are left out.

A library's `prepare` takes an array, (width, height), the library's own name of a kernel and a number of threads, and
returns the call to be timed. What a caller would do once is done before: converting the picture to the library's type
and, for fast_image_resize, allocating the result, which all others allocate in each call.
"""

import functools
import importlib
import importlib.metadata
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from .measure import OURS

absent: set[str] = set()  # peers that were looked for in vain, for the table's note


def upscale(module, samples, size, kernel, threads):
    return lambda: module.resize(samples, size=size, fit="fill", method=kernel, threads=threads)


def opencv(cv2, samples, size, kernel, threads):
    cv2.setNumThreads(threads)
    return lambda: cv2.resize(samples, size, interpolation=getattr(cv2, kernel))


def fast_image_resize(cykooz, samples, size, kernel, threads):
    channels = samples.shape[2] if samples.ndim == 3 else 1
    letter = {"u": "U", "f": "F"}[samples.dtype.kind]
    sample = f"{letter}{samples.dtype.itemsize * 8}"
    kind = cykooz.PixelType[sample if channels == 1 else f"{sample}x{channels}"]
    src, dst = cykooz.ImageData(*samples.shape[1::-1], kind, samples.tobytes()), cykooz.ImageData(*size, kind)
    convolution = cykooz.ResizeAlg.convolution(cykooz.FilterType[kernel])
    options = cykooz.ResizeOptions(resize_alg=convolution, use_alpha=channels == 4)
    resizer = cykooz.Resizer()
    return lambda: resizer.resize(src, dst, options)


def pillow(_, samples, size, kernel, threads):
    from PIL import Image

    image = Image.fromarray(samples)
    return lambda: image.resize(size, Image.Resampling[kernel])


def torch(module, samples, size, kernel, threads):
    module.set_num_threads(threads)
    image = module.from_numpy(samples).permute(2, 0, 1)[None]
    shrinks = size[0] < samples.shape[1]
    interpolate = module.nn.functional.interpolate
    return lambda: interpolate(image, size=size[::-1], mode=kernel, antialias=shrinks)


def libvips(pyvips, samples, size, kernel, threads):
    pyvips.concurrency_set(threads)
    pyvips.cache_set_max(0)  # or a repeated operation is looked up, not done
    image = pyvips.Image.new_from_array(samples)
    factors = image.width / size[0], image.height / size[1]
    # Its `resize` averages blocks of pixels first: not the kernel asked for, and two to four times as long.
    return lambda: image.reduce(*factors, kernel=kernel).write_to_memory()


@dataclass(frozen=True, slots=True)
class Library:
    module: str
    prepare: Callable
    version: Callable[[ModuleType], str] = lambda module: module.__version__


LIBRARIES = {
    OURS: Library("upscale_cli", upscale),
    "OpenCV": Library("cv2", opencv),
    "fast_image_resize": Library(
        "cykooz_resizer",
        fast_image_resize,
        lambda _: f"(cykooz-resizer {importlib.metadata.version('cykooz-resizer')})",
    ),
    "Pillow": Library("PIL", pillow),
    "torch": Library("torch", torch),
    "libvips": Library("pyvips", libvips, lambda module: ".".join(str(module.version(part)) for part in range(3))),
}


@functools.cache
def library(name: str) -> ModuleType | None:
    """Return a library's module; None, and a note, where it cannot be imported."""
    try:
        return importlib.import_module(LIBRARIES[name].module)
    except (ImportError, OSError):  # OSError: a binding without its shared library
        absent.add(name)
        return None


@dataclass(frozen=True, slots=True)
class Program:
    names: tuple[str, ...]
    asked: str  # the option that prints the version
    answer: str  # what the program then says, with the version as the group


PROGRAMS = {
    "vips resize": Program(("vips",), "--version", r"vips-([\d.]+)"),
    "ImageMagick": Program(("magick", "convert"), "-version", r"ImageMagick ([\d.-]+)"),
    "ffmpeg": Program(("ffmpeg",), "-version", r"ffmpeg version ([\d.]+)"),
}


@functools.cache
def program(name: str) -> tuple[str, str] | None:
    """Return a program's path and version; None, and a note, where it is not installed."""
    row = PROGRAMS[name]
    for path in (Path(folder) / each for each in row.names for folder in os.get_exec_path()):
        if not _is_native(path):
            continue
        said = subprocess.run([path, row.asked], capture_output=True, text=True, check=False).stdout
        if found := re.search(row.answer, said):
            return str(path), found[1]
    absent.add(name)
    return None


def _is_native(path: Path) -> bool:
    """Whether this is a program and no script that starts one, whose own start would be timed with it."""
    if not (path.is_file() and os.access(path, os.X_OK)):
        return False
    with path.open("rb") as file:
        return file.read(2) != b"#!"


def versions() -> list[str]:
    """Return the peers that were found, each with its version."""
    libraries = {name: library(name) for name in LIBRARIES if name != OURS}
    found = [f"{name} {LIBRARIES[name].version(module)}" for name, module in libraries.items() if module]
    return found + [f"{name} {program(name)[1]}" for name in PROGRAMS if program(name)]
