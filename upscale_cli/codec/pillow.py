"""Between Pillow images and rasters: which samples a mode holds, and back again."""

import contextlib
import logging
import os
import struct
import threading
import warnings
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image, ImagePalette

from ..errors import InputError
from ..raster import TOP, Raster
from . import png

# mode: (space, alpha, the mode to take the samples from)
PLAIN = {
    "L": ("grey", False, "L"),
    "LA": ("grey", True, "LA"),
    "La": ("grey", True, "LA"),
    "RGB": ("rgb", False, "RGB"),
    "RGBX": ("rgb", False, "RGB"),
    "RGBA": ("rgb", True, "RGBA"),
    "RGBa": ("rgb", True, "RGBA"),
    "PA": ("rgb", True, "RGBA"),
    "CMYK": ("cmyk", False, "CMYK"),
    "YCbCr": ("ycbcr", False, "YCbCr"),
    "LAB": ("lab", False, "LAB"),
    "HSV": ("rgb", False, "RGB"),  # a hue cannot be averaged
}
DEEP = {"I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I;16N": "=u2"}
LEVELS = {"1": 255, "L;2": 85, "L;4": 17}  # what Pillow multiplies the samples of fewer bits by, but for the clear one
ORIENTATION, PHOTOMETRIC, SAMPLE_FORMAT, WHITE_IS_ZERO = 0x0112, 0x0106, 0x0153, 0  # of TIFF
MODES = {
    ("grey", False): "L",
    ("grey", True): "LA",
    ("rgb", False): "RGB",
    ("rgb", True): "RGBA",
    ("cmyk", False): "CMYK",
    ("ycbcr", False): "YCbCr",
    ("lab", False): "LAB",
    ("palette", False): "P",
    ("bilevel", False): "1",
}
# Pillow's mode: the colour space that a profile must be of
SPACES = dict.fromkeys(MODES.values(), b"RGB ") | dict.fromkeys(("1", "L", "LA", "I", "I;16", "F"), b"GRAY")
SPACES |= {"CMYK": b"CMYK", "LAB": b"Lab "}
CARRIED = ("icc_profile", "exif", "dpi")

# What is logged and has no handler goes to standard error: what is wrong with a file is told by this package.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_ease, _entered, _before = threading.Lock(), 0, []


@contextlib.contextmanager
def at_ease() -> Iterator[None]:
    """Keep Pillow from refusing large images, and from warnings: this package has limits and words of its own.

    Both belong to the whole process; they are as they were when the last thread has left.
    """
    global _entered  # noqa: PLW0603 the process's state
    with _ease:
        if not _entered:
            quiet = warnings.catch_warnings()
            _before[:] = [Image.MAX_IMAGE_PIXELS, quiet]
            quiet.__enter__()
            warnings.simplefilter("ignore")
            Image.MAX_IMAGE_PIXELS = None
        _entered += 1
    try:
        yield
    finally:
        with _ease:
            _entered -= 1
            if not _entered:
                Image.MAX_IMAGE_PIXELS, quiet = _before
                quiet.__exit__(None, None, None)


def load(image: Image.Image) -> Image.Image:
    """Decode an image file, and return it as its format means it, which Pillow does not always see to."""
    raw = image.tile[0][3] if image.tile else ""
    raw = raw if isinstance(raw, str) else str(raw[0]) if raw else ""
    white_is_zero = said(image, PHOTOMETRIC) == WHITE_IS_ZERO
    if image.format == "TIFF" and image.tile and _covered(image) < image.width * image.height:
        raise InputError("it is damaged (strips of it are missing): get a whole copy of it")
    if image.format == "TIFF" and said(image, ORIENTATION) > 4:
        image.filename = ""  # else Pillow maps the file, in rows of the length that the turned picture has
    image.load()
    if image.mode == "P" and image.palette is None:
        raise InputError("it is damaged (its palette is missing): get a whole copy of it")
    signed = said(image, SAMPLE_FORMAT)
    if image.mode == "L" and signed == 2:
        raise InputError("its samples are signed bytes: convert them to unsigned ones first")
    if image.mode == "I" and signed == 1 and image.format == "TIFF" and image.getextrema()[0] < 0:
        raise InputError("its whole numbers go beyond 2147483647: convert them to floats first")
    clear = image.info.get("transparency")
    if image.format == "PNG" and raw in LEVELS and isinstance(clear, int):
        image.info["transparency"] = clear * LEVELS[raw]
    if image.format == "PNG" and raw.startswith("LA"):  # of 16 bits, which Pillow makes RGBA
        return image.convert("LA")
    if image.format == "PPM" and image.mode == "I":
        return image.convert("I;16")  # what the file holds
    if image.mode in DEEP and (raw == "I;12" or white_is_zero):
        samples = np.asarray(image).astype(np.uint32)
        samples = (samples * 65535 + 2047) // 4095 if raw == "I;12" else samples
        return Image.fromarray((65535 - samples if white_is_zero else samples).astype(np.uint16))
    return image


def said(image: Image.Image, tag: int, otherwise: int = 1) -> int:
    """Return the largest whole number that a tag of a TIFF says; `otherwise` where it says none."""
    value = getattr(image, "tag_v2", {}).get(tag)
    numbers = [number for number in (value if isinstance(value, tuple) else (value,)) if isinstance(number, int)]
    return max(numbers, default=otherwise)


def _covered(image: Image.Image) -> int:
    """Return how many pixels the pieces have that an image is to be read from; Pillow takes others for black."""
    return sum((right - left) * (bottom - top) for _, (left, top, right, bottom), *_ in image.tile)


def check_size(width: int, height: int, most: int) -> None:
    """Raise InputError for a picture of more than `most` pixels."""
    if {type(width), type(height)} != {int}:  # a TIFF's tags may be of any kind
        raise InputError("it is damaged (its size is no whole number): get a whole copy of it")
    if width * height > most:
        raise InputError(f"it has {width}x{height} pixels, more than {most}: allow them with --max-pixels")


def check_gif(file: BinaryIO, most: int) -> None:
    """Raise InputError for a GIF of more than `most` pixels; Pillow takes memory for its frames while it opens it."""
    start = file.read(10)
    if not start.startswith(b"GIF8") or len(start) < 10:
        return
    check_size(*struct.unpack("<2H", start[6:]), most)
    file.seek(0)
    for _, (right, bottom) in gif_blocks(file):
        if right * bottom > most:
            raise InputError(f"it is damaged (a frame reaches to {right}x{bottom}): get a whole copy of it")


def check_animated_png(image: Image.Image, file: BinaryIO, most: int) -> None:
    """Raise InputError for a PNG of more than `most` pixels, ValueError for one whose data cannot hold them.

    Pillow takes memory for the picture that is no part of an animation while it goes to the first that is.
    """
    check_size(*image.size, most)
    png.ancillary(file)


def gif_blocks(file: BinaryIO) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the kind of each block of a GIF file, and how far it reaches if it is a frame (GIF89a, 17 to 27).

    The last has the trailer's kind, or none where the file ends without one; other bytes between blocks are yielded.
    """
    _skip_palette(file, file.read(13)[10:11])
    while True:
        kind, right, bottom = file.read(1), 0, 0
        if kind == b",":
            *box, flags = struct.unpack("<4Hc", file.read(9).ljust(9, b"\0"))
            right, bottom = box[0] + box[2], box[1] + box[3]
            _skip_palette(file, flags)
        yield kind, (right, bottom)
        if kind in (b"", b";"):
            return
        if kind in (b",", b"!"):
            file.seek(1, os.SEEK_CUR)  # an extension's label, or the size of the first codes
            while (size := file.read(1)) > b"\0":
                file.seek(size[0], os.SEEK_CUR)


def _skip_palette(file: BinaryIO, flags: bytes) -> None:
    """Skip the palette that a descriptor's flags announce."""
    if flags >= b"\x80":
        file.seek(6 << (flags[0] & 7), os.SEEK_CUR)


def fits(profile: bytes, raster: Raster) -> bool:
    """Whether a colour profile describes samples such as the raster's."""
    from ..color.profile import space_of

    return space_of(profile) == SPACES[MODES[raster.space, raster.alpha]]


def raster_of(image: Image.Image, copying: bool = False, info: dict | None = None, remembering: bool = False) -> Raster:
    """Return the raster of a Pillow image of any mode, with `info` in place of what the image's own has of it.

    Palettes and bilevel images are widened to what they show (grey, RGB or RGBA), except for a method that only
    copies pixels (`copying`), which keeps indices; `remembering` puts the palette of a widened image into info, or of
    a GIF's composed frame the colours that it shows. Mode I becomes float32, exact below 2^24, and `info["mode"]`
    remembers it.
    """
    if info is None:
        info = {key: image.info[key] for key in CARRIED if image.info.get(key)}
    mode = image.mode
    if mode in ("1", "L", "RGB") and "transparency" in image.info:  # a colour key
        return raster_of(image.convert("RGBA" if mode == "RGB" else "LA"), False, info)
    if mode in ("P", "1"):
        if copying:
            return _indexed(image, info)
        wide = raster_of(_widened(image, info), False, info)
        if remembering:
            wide.info.update({"colours": _colours(image, wide)} | ({} if mode == "1" else _palette(image)))
        return wide
    if mode in DEEP:
        samples = np.frombuffer(image.tobytes(), DEEP[mode]).reshape(image.height, image.width, 1).astype(np.uint16)
        if (clear := image.info.get("transparency")) is not None:
            samples = np.concatenate([samples, np.where(samples == clear, 0, TOP["u2"]).astype(np.uint16)], axis=2)
        return Raster(samples, "grey", clear is not None, info)
    if mode in ("I", "F"):
        samples = np.asarray(image)[..., None].astype(np.float32)
        return Raster(samples, "grey", False, info | {"mode": mode})
    if mode not in PLAIN:
        raise InputError(f"images of Pillow's mode {mode} cannot be resized: convert it first")
    space, alpha, wanted = PLAIN[mode]
    samples = np.array(image if mode == wanted else image.convert(wanted))
    samples = samples.reshape(image.height, image.width, -1)
    if space == "lab":
        samples = _centred(samples)
    raster = Raster(samples, space, alpha, dict(info))
    if remembering and image.format == "GIF" and (shown := image.getcolors(256)):
        colours = np.array([colour for _, colour in shown], np.uint8).reshape(len(shown), -1)
        entries = colours if colours.shape[1] > 1 else colours.repeat(3, axis=1)  # palettes of Pillow's are never grey
        palette = ImagePalette.ImagePalette("RGBA" if alpha else "RGB", entries.tobytes())
        raster.info.update({"colours": colours, "palette": palette, "transparency": None})
    return raster


def _centred(samples: np.ndarray) -> np.ndarray:
    """Return L*a*b* samples with a and b, signed bytes in Pillow, counted from 128; and back again."""
    return samples ^ np.array([0, 128, 128], np.uint8)


def _indexed(image: Image.Image, info: dict) -> Raster:
    """Return the raster of a palette's indices, or of a bilevel image's 0 and 255."""
    if image.mode == "1":
        return Raster(np.array(image.convert("L"))[..., None], "bilevel", False, info)
    return Raster(np.array(image)[..., None], "palette", False, info | _palette(image))


def _palette(image: Image.Image) -> dict:
    return {"palette": image.palette, "transparency": image.info.get("transparency")}


def _colours(image: Image.Image, wide: Raster) -> np.ndarray:
    """Return the colours of an image's palette (N x C uint8) as the channels of the raster that shows it."""
    if image.mode == "1":
        return np.array([[0], [255]], np.uint8)
    count = len(image.getpalette() or ()) // 3
    ramp = Image.fromarray(np.arange(count, dtype=np.uint8)[None]).convert("L")
    ramp = Image.frombytes("P", ramp.size, ramp.tobytes())
    ramp.putpalette(bytes(image.palette.palette), image.palette.mode)
    if image.info.get("transparency") is not None:
        ramp.info["transparency"] = image.info["transparency"]
    return np.array(ramp.convert(MODES[wide.space, wide.alpha])).reshape(count, -1)


def _widened(image: Image.Image, info: dict) -> Image.Image:
    """Return what a palette or bilevel image shows: grey if all its colours are, with alpha if it has any.

    A profile of colours keeps grey in RGB.
    """
    if image.mode == "1":
        return image.convert("L")
    if "A" in image.palette.mode or "transparency" in image.info:
        return image.convert("RGBA")
    colours = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    used = np.flatnonzero(image.histogram()[: len(colours)])
    grey = (np.ptp(colours[used], axis=1) == 0).all() and "icc_profile" not in info
    return image.convert("L" if grey else "RGB")


def image_of(raster: Raster) -> Image.Image:
    """Return the raster as a Pillow image of the mode that holds it: 8 bits; 16-bit and float images of one channel.

    Raises InputError for 16-bit and float images of more channels, which Pillow has no mode for.
    """
    samples, height, width = raster.samples, raster.height, raster.width
    if samples.dtype != np.uint8:
        if samples.shape[2] != 1:
            raise InputError(
                f"there is no Pillow mode for {samples.shape[2]} channels of {samples.dtype}: "
                "choose an opaque background, or use arrays"
            )
        return _deep_image(raster)
    mode = MODES[raster.space, raster.alpha]
    if mode == "LAB":
        samples = _centred(samples)
    source = "L" if mode == "1" else mode
    image = Image.frombuffer(source, (width, height), samples, "raw", source, 0, 1)
    if mode == "P":
        palette = raster.info["palette"]
        image.putpalette(bytes(palette.palette), palette.mode)
        if raster.info["transparency"] is not None:
            image.info["transparency"] = raster.info["transparency"]
    elif mode == "1":
        image = image.convert("1", dither=Image.Dither.NONE)
    image.info.update({key: raster.info[key] for key in CARRIED if key in raster.info})
    return image


def _deep_image(raster: Raster) -> Image.Image:
    samples = raster.samples[..., 0]
    if raster.info.get("mode") == "I":
        limits = np.iinfo(np.int32)
        image = Image.fromarray(np.rint(samples.astype(np.float64)).clip(limits.min, limits.max).astype(np.int32))
    else:
        image = Image.fromarray(np.ascontiguousarray(samples))
    image.info.update({key: raster.info[key] for key in CARRIED if key in raster.info})
    return image
