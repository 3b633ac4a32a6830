"""Writing a raster in a format, in the mode of that format that keeps the most of it."""

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

from ..errors import OutputError
from ..formats import Format, Settings
from ..raster import Raster
from . import png
from .pillow import image_of

PROFILE_SPACES = {"1": b"GRAY", "L": b"GRAY", "LA": b"GRAY", "I;16": b"GRAY", "CMYK": b"CMYK", "LAB": b"Lab "}
CARRIED_NAMES = {"icc_profile": "the colour profile is", "exif": "EXIF is", "dpi": "the resolution is"}
CLEAR_PALETTES = ("PNG", "GIF")  # formats whose palettes hold transparency

# Where a format lacks a mode: the modes to try in its place, and what that costs, if anything.
FLAT = "transparency is flattened onto black, or what --background says"
INSTEAD = {
    "1": (("L", ""), ("RGB", "")),
    "L": (("RGB", ""),),
    "LA": (("RGBA", ""), ("L", FLAT)),
    "P": (("RGB", ""),),
    "RGBA": (("RGB", FLAT),),
    "CMYK": (("RGB", "CMYK becomes RGB"),),
    "YCbCr": (("RGB", ""),),
    "LAB": (("RGB", "L*a*b* becomes sRGB"),),
    "I;16": (("L", "16 bits become 8"), ("RGB", "16 bits become 8")),
    "I": (("I;16", ""),),
    "F": (),
}


def encode(
    raster: Raster, file: BinaryIO, row: Format, settings: Settings, background: tuple[int, int, int],
    threads: int = 1,
) -> list[str]:  # fmt: skip
    """Write the raster; return one note for each thing that the format cannot hold.

    `background` is what transparency is flattened onto where the format has none. Raises OutputError for what no mode
    of the format can hold; OSError and ValueError of the encoder pass through.
    """
    row.check_size(raster.width, raster.height)
    whole = row.name == "PNG" and png.holds(raster)
    image, notes = _fit(image_of(_corner(raster) if whole else raster), row, background)
    info = image.info
    if "icc_profile" in info and info["icc_profile"][16:20] != PROFILE_SPACES.get(image.mode, b"RGB "):
        del info["icc_profile"]  # it describes samples of another kind
        notes.append("the colour profile does not fit and is not kept")
    extra = {key: info[key] for key in row.keeps if key in info}
    notes += [f"{name} not kept" for key, name in CARRIED_NAMES.items() if key in info and key not in row.keeps]
    if "transparency" in info and image.mode == "P":
        extra["transparency"] = info["transparency"]
    target = io.BytesIO() if whole else file
    try:
        image.save(target, format=row.encoder or row.name, **extra, **_parameters(row, settings, image))
    except (OSError, MemoryError):
        raise
    except Exception as error:  # encoders raise whatever they do not foresee
        raise OutputError(f"{row.name} cannot hold it ({error}): choose another format with -f") from error
    if whole:
        png.write(file, target.getvalue(), raster.samples, settings.compression, threads)
    return notes


def _corner(raster: Raster) -> Raster:
    """Return one pixel of the raster, and all that is not pixels."""
    return Raster(raster.samples[:1, :1].copy(), raster.space, raster.alpha, raster.info)


def _fit(image: Image.Image, row: Format, background: tuple[int, int, int]) -> tuple[Image.Image, list[str]]:
    clear = image.info.get("transparency")
    deep_palette = image.mode == "P" and (
        image.palette.mode == "RGBA" or (row.name == "GIF" and clear is not None and not isinstance(clear, int))
    )
    if deep_palette or (image.mode == "P" and clear is not None and row.name not in CLEAR_PALETTES):
        image = _converted(image, "RGBA", background)
    if image.mode in row.modes:
        return image, _told_of_gif(image, row)
    for mode, note in INSTEAD.get(image.mode, ()):
        if mode in row.modes:
            image = _converted(image, mode, background)
            return image, [note] * bool(note) + _told_of_gif(image, row)
    raise OutputError(f"{row.name} cannot hold images of mode {image.mode}: choose tiff with -f")


def _told_of_gif(image: Image.Image, row: Format) -> list[str]:
    """Return the notes on what a GIF's palette does to a picture."""
    if row.name != "GIF" or image.mode not in ("RGB", "RGBA"):
        return []
    notes = ["colours are reduced to 256"]
    if image.mode == "RGBA" and any(image.getchannel("A").histogram()[1:-1]):
        notes.append("half transparency becomes whole or none")
    return notes


def _converted(image: Image.Image, mode: str, background: tuple[int, int, int]) -> Image.Image:
    """Return the image in another mode, its info with it; 16 bits are rounded to 8, alpha laid on the background."""
    info = image.info
    if image.mode == "I;16":
        samples = np.asarray(image).astype(np.uint32)
        image = Image.fromarray(((samples * 255 + 32767) // 65535).astype(np.uint8))
    if image.mode == "I":
        samples = np.asarray(image)
        if samples.min() < 0 or samples.max() > 65535:
            raise OutputError("its values do not fit 16 bits: choose tiff with -f")
        image = Image.fromarray(samples.astype(np.uint16))
    if image.mode in ("P", "LA", "RGBA") and mode in ("L", "RGB"):
        image = image.convert("RGBA")
        flat = Image.new("RGBA", image.size, (*background, 255))
        image = Image.alpha_composite(flat, image)
    if image.mode == "LAB":
        image = _from_lab(image)
    image = image.convert(mode)
    image.info = {key: value for key, value in info.items() if key != "transparency"}
    return image


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    return ImageCms.applyTransform(image, transform)


def _parameters(row: Format, settings: Settings, image: Image.Image) -> dict:
    said = {name: value for name, value in settings.said().items() if name in row.settings}
    match row.name:
        case "PNG":
            return {"compress_level": said.get("compression", 3)}  # where the pixels are not written here
        case "JPEG":
            return {"quality": said.get("quality", 90)}
        case "WEBP":
            return {"quality": said.get("quality", 90), "lossless": said.get("lossless", False), "exact": True}
        case "AVIF":
            return {"quality": said.get("quality", 80)}
        case "TIFF":
            from PIL import features

            return {"compression": "tiff_adobe_deflate"} if features.check("libtiff") else {}
        case "ICO":
            return {"sizes": [image.size]}
    return {}
