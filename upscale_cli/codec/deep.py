"""Colour of 16 bits and floats, which Pillow has no modes for: PNG is read by imagecodecs, TIFF by tifffile.

Both belong to the extra `deep`. PNG is written in `png.py`.
"""

import contextlib
import importlib.util
import math
import os
import struct
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from ..errors import InputError, OutputError
from ..raster import TOP, Raster

INSTALL = "pip install 'upscale-cli[deep]'"
MODULES = ("imagecodecs", "tifffile")
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2  # TIFF's photometric interpretations
MOST_SAMPLES = 16  # a pixel; more than four are left out, and take memory all the same
ASSOCIATED, UNASSOCIATED = 1, 2  # what TIFF's extra samples are: premultiplied and straight alpha
RESOLUTION = (282, 283, 296)
LARGEST = 2**31 - 1  # of the parts of a ratio
CODES = {1: "B", 3: "H", 4: "I", 5: "I", 6: "b", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d"}  # of TIFF's numbers
RATIOS = (5, 10)
UPRIGHT = {  # orientation: what makes the picture upright, from H x W x C
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
_silence = threading.Lock()  # standard error belongs to the whole process


def available() -> bool:
    """Whether the extra `deep` is installed."""
    return all(importlib.util.find_spec(name) for name in MODULES)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep C libraries from writing to standard error: what is wrong with a file is told by this package."""
    with _silence:
        try:
            kept = os.dup(2)
        except OSError:  # it is closed
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def read_png(data: bytes, orientation: int) -> np.ndarray:
    """Return the samples, upright, H x W x C uint16, of a PNG file of 16 bits; a clear colour has become an alpha."""
    import imagecodecs

    with silenced():  # libpng complains of any file that is interlaced
        return _upright(imagecodecs.png_decode(data), orientation)


def _upright(samples: np.ndarray, orientation: int) -> np.ndarray:
    return np.ascontiguousarray(UPRIGHT[orientation](samples) if orientation in UPRIGHT else samples)


class Tiff:
    """A TIFF file of deep colour, as far as it looks like one of Pillow's images."""

    format = "TIFF"

    def __init__(self, file: BinaryIO) -> None:
        import logging

        import tifffile

        log = logging.getLogger("tifffile")
        if not log.handlers:  # without one, Python writes what is logged to standard error
            log.addHandler(logging.NullHandler())
        self._file = file
        self.tile: list = []
        try:
            with silenced():
                self._tiff = tifffile.TiffFile(file)
                self.n_frames = len(self._tiff.pages)
            self.is_animated = self.n_frames > 1
            self.seek(0)
        except BaseException:
            file.close()
            raise

    def seek(self, number: int) -> None:
        """Go to a page; InputError for one whose samples no raster holds."""
        page = self._page = self._tiff.pages[number]
        self.size = page.imagewidth, page.imagelength
        colours = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3}.get(page.photometric)
        if (
            colours is None
            or page.samplesperpixel > MOST_SAMPLES
            or page.dtype is None
            or page.dtype.kind not in "uf"
            or page.imagedepth != 1
        ):
            what = f"{getattr(page.photometric, 'name', page.photometric)}, {page.dtype}"
            raise InputError(f"its samples are of a kind that is not known ({what}): convert it to RGB first")
        self._alpha = bool(page.extrasamples) and page.extrasamples[0] in (ASSOCIATED, UNASSOCIATED)
        bits = f"{8 * page.dtype.itemsize}{'F' * (page.dtype.kind == 'f')}"
        self.mode = {1: "L", 3: "RGB"}[colours] + "A" * self._alpha + f";{bits}"
        self._channels = colours + self._alpha
        plain, count = page.dtype in (np.uint8, np.uint16, np.float32), page.samplesperpixel
        self.notes = [] if plain else [f"samples of {page.dtype} are read as 32-bit floats"]
        self.notes += [f"of {count} channels {self._channels} are read"] * (count > self._channels)
        tags = page.tags
        info = {"icc_profile": tags.valueof(34675), "xmp": tags.valueof(700), "dpi": self._dpi()}
        info["photoshop"] = {0x0404: tags.valueof(33723)} if 33723 in tags else None
        self.info = {key: value for key, value in info.items() if value}

    def _dpi(self) -> tuple[float, float] | None:
        x, y, unit = (self._page.tags.valueof(tag) for tag in RESOLUTION)
        try:
            scale = {2: 1, 3: 2.54}[unit]
            return x[0] / x[1] * scale, y[0] / y[1] * scale
        except (KeyError, TypeError, IndexError, ZeroDivisionError):  # it is none, or not given as two ratios
            return None

    def getexif(self) -> Image.Exif:
        """Return the tags of the page's directory."""
        exif = Image.Exif()
        exif.bigtiff, exif.endian = self._tiff.is_bigtiff, self._tiff.byteorder
        exif.load_from_fp(self._file, self._page.offset)
        return exif

    def samples(self, orientation: int) -> np.ndarray:
        """Return the page's samples, upright, H x W x C uint8, uint16 or float32, with straight alpha."""
        page = self._page
        if len(page.dataoffsets) < math.prod(page.chunked):  # which tifffile makes up for with zeros
            raise InputError("it is damaged (strips of it are missing): get a whole copy of it")
        with silenced():
            samples = page.asarray()
        if samples.ndim == 3 and page.planarconfig == 2:
            samples = np.moveaxis(samples, 0, -1)
        samples = samples.reshape(*samples.shape[:2], -1)[..., : self._channels]
        kind, top = np.float32, float(2**page.bitspersample - 1)
        if samples.dtype.kind == "u" and samples.itemsize > 2:
            samples = samples / top
        elif samples.dtype.kind == "u":
            kind = samples.dtype.newbyteorder("=").type
            if top != TOP[samples.dtype.str[1:]]:  # 12 bits, for one
                samples = np.floor(samples * (TOP[samples.dtype.str[1:]] / top) + 0.5)
        samples = np.array(samples, kind, order="C")
        if page.photometric == WHITE_IS_ZERO:
            samples[..., :1] = TOP[samples.dtype.str[1:]] - samples[..., :1]
        if self._alpha and page.extrasamples[0] == ASSOCIATED:
            _divide(samples)
        return _upright(samples, orientation)

    def close(self) -> None:
        self._tiff.close()
        self._file.close()


def _divide(samples: np.ndarray) -> None:
    """Make a premultiplied alpha straight, in place; colours under no alpha stay."""
    top = TOP[samples.dtype.str[1:]]
    for row in samples:
        colours, alpha = row[:, :-1], row[:, -1:].astype(np.float64)
        straight = np.divide(colours * float(top), alpha, out=colours.astype(np.float64), where=alpha > 0)
        colours[:] = straight if samples.dtype.kind == "f" else np.floor(straight.clip(0, top) + 0.5)


def write_tiff(file: BinaryIO, pages: Iterable[tuple[Raster, dict]]) -> None:
    """Write rasters, each with what Pillow's encoder would be given of its metadata, as the pages of a TIFF."""
    try:
        import tifffile
    except ImportError:
        raise OutputError(f"16-bit and float colour need the extra deep for TIFF: {INSTALL}, or write PNG") from None

    with tifffile.TiffWriter(file) as tiff:
        for raster, kept in pages:
            dpi, single = kept.get("dpi"), raster.samples.shape[2] == 1
            tiff.write(
                raster.samples[..., 0] if single else raster.samples,
                photometric="rgb" if raster.space == "rgb" else "minisblack",
                planarconfig=None if single else "contig",
                extrasamples=["unassalpha"] if raster.alpha else None,
                compression="adobe_deflate",
                predictor=True,
                contiguous=False,
                software=False,
                metadata=None,
                iccprofile=kept.get("icc_profile"),
                resolution=dpi,
                resolutionunit="inch" if dpi else None,
                extratags=list(_extra(kept["tiffinfo"])),
            )


def _extra(tags: ImageFileDirectory_v2) -> Iterator[tuple]:
    """Yield the tags as tifffile takes them, but for numbers that their kind does not hold."""
    for tag, value in tags.items():
        kind = tags.tagtype[tag]
        if isinstance(value, str | bytes):
            data = value if isinstance(value, bytes) else value.encode("latin-1", "replace")  # as Pillow reads text
            yield tag, kind, len(data), data, True
            continue
        numbers = value if isinstance(value, tuple) else (value,)
        count = len(numbers)
        with contextlib.suppress(ArithmeticError, KeyError, TypeError, ValueError, struct.error):
            if kind in RATIOS:
                numbers = [part for number in numbers for part in IFDRational(number).limit_rational(LARGEST)]
            struct.pack(f"{len(numbers)}{CODES[kind]}", *numbers)
            yield tag, kind, count, tuple(numbers), True
