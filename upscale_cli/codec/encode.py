"""Writing a raster in a format, in the mode of that format that keeps the most of it."""

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

from ..errors import InputError, OutputError, UpscaleError
from ..formats import Format, Settings
from ..raster import Raster
from . import metadata, png
from .pillow import SPACES, image_of

CLEAR_PALETTES = ("PNG", "GIF")  # formats whose palettes hold transparency
GIF_COLOURS = 256
HALF = 128  # of alpha: what GIF shows from here on
ENDLESS = ("JPEG2000",)  # formats whose encoder goes on for ever where it cannot write

# Where a format lacks a mode: the modes to try in its place, and what that costs, if anything.
FLAT = "transparency is flattened onto black, or what --background says"
INSTEAD = {
    "1": (("L", ""), ("RGB", "")),
    "L": (("RGB", ""), ("1", "grey becomes black and white")),
    "LA": (("RGBA", ""), ("L", FLAT)),
    "P": (("RGB", ""),),
    "RGB": (("1", "colours become black and white"),),
    "RGBA": (("RGB", FLAT),),
    "CMYK": (("RGB", "CMYK becomes RGB"),),
    "YCbCr": (("RGB", ""),),
    "LAB": (("RGB", "L*a*b* becomes sRGB"),),
    "I": (("I;16", ""),),
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
    if row.name == "TIFF" and is_deep(raster):
        from . import deep

        kept, notes = metadata.keywords(raster.info, row)
        deep.write_tiff(file, [(raster, kept)])
        metadata.insert(file, [kept["directories"]])
        return notes
    whole = row.name == "PNG" and png.holds(raster)
    image, info, notes = fit(_corner(raster) if whole else raster, row, background)
    kept, lost = metadata.keywords(info, row)
    target = io.BytesIO() if whole or row.name in ENDLESS else file
    directories = kept.pop("directories", None)
    save(image, target, row, kept | parameters(row, settings, image, info))
    if directories:
        metadata.insert(file, [directories])
    if whole:
        png.write(file, target.getvalue(), raster.samples, settings.compression, threads)
    elif target is not file:
        file.write(target.getbuffer())
    return notes + lost


def is_deep(raster: Raster) -> bool:
    """Whether Pillow has no mode for the raster."""
    return raster.samples.dtype != np.uint8 and raster.samples.shape[2] > 1


def save(image: Image.Image, file: BinaryIO, row: Format, keywords: dict) -> None:
    """Have Pillow write the image; OutputError for what it complains of."""
    if row.needs:
        _register(row)
    try:
        image.save(file, format=row.encoder or row.name, **keywords)
    except (OSError, MemoryError, UpscaleError):
        raise
    except Exception as error:  # encoders raise whatever they do not foresee
        raise OutputError(f"{row.name} cannot hold it ({error}): choose another format with -f") from error


def _register(row: Format) -> None:
    try:
        import pillow_heif
    except ImportError:
        raise OutputError(f"{row.name} is written by pillow-heif: pip install 'upscale-cli[heif]'") from None
    pillow_heif.register_heif_opener()


def _corner(raster: Raster) -> Raster:
    """Return one pixel of the raster in 8 bits, and all that is not pixels."""
    return Raster(raster.samples[:1, :1].astype(np.uint8), raster.space, raster.alpha, raster.info)


def fit(raster: Raster, row: Format, background: tuple[int, int, int]) -> tuple[Image.Image, dict, list[str]]:
    """Return the raster as an image of a mode that the format holds, what is left of its info, and notes.

    A profile that describes other samples than the image will have is applied: the image is sRGB then.
    """
    image, info, notes = image_of(raster), dict(raster.info), []
    mode, note = _mode_for(image, row)
    notes += [note] * bool(note)
    if profile := info.get("icc_profile"):
        from ..color.profile import space_of

        if space_of(profile) != SPACES[mode]:
            image, info = _in_srgb(raster, row, notes)
    if image.mode == "LAB" and mode == "RGB":
        image, info = _in_srgb(raster, row, notes)
    if image.mode != mode:
        image = _converted(image, mode, background)
    image.info = {key: image.info[key] for key in ("transparency",) if image.info.get(key) is not None}
    if row.name == "GIF" and mode in ("RGB", "RGBA"):
        image, told = _indexed(image)
        notes += told
    return image, info, notes


def _in_srgb(raster: Raster, row: Format, notes: list[str]) -> tuple[Image.Image, dict]:
    """Return the raster's image and info in sRGB, tagged where that can be; where the profile fails, without it."""
    from .cms import to_srgb

    try:
        raster = to_srgb(raster)
        keeps = "icc_profile" in row.keeps
        notes += ["the colour profile is applied, and not kept"] * (not notes)
    except InputError:
        notes.append("the colour profile cannot be applied and is not kept")
        keeps = False
    return image_of(raster), {key: value for key, value in raster.info.items() if key != "icc_profile" or keeps}


def _mode_for(image: Image.Image, row: Format) -> tuple[str, str]:
    """Return the mode to write an image in, and what that costs, if anything."""
    mode, clear = image.mode, image.info.get("transparency")
    if mode == "P":
        by_colour = image.palette.mode == "RGBA" or (
            row.name == "GIF" and clear is not None and not isinstance(clear, int)
        )
        if by_colour or (clear is not None and row.name not in CLEAR_PALETTES):
            mode = "RGBA"
    if mode in row.modes:
        return mode, ""
    for other, note in INSTEAD.get(mode, ()):
        if other in row.modes:
            return other, note
    raise OutputError(f"{row.name} cannot hold images of mode {mode}: choose tiff with -f")


def _converted(image: Image.Image, mode: str, background: tuple[int, int, int]) -> Image.Image:
    """Return the image in another mode; alpha is laid on the background."""
    if image.mode == "I":
        samples = np.asarray(image)
        if samples.min() < 0 or samples.max() > 65535:
            raise OutputError("its values do not fit 16 bits: choose tiff with -f")
        return Image.fromarray(samples.astype(np.uint16))
    if image.mode in ("P", "LA", "RGBA") and mode in ("L", "RGB"):
        image = image.convert("RGBA")
        flat = Image.new("RGBA", image.size, (*background, 255))
        image = Image.alpha_composite(flat, image)
    image = image.convert(mode)
    image.info.pop("transparency", None)
    return image


def _indexed(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Return an RGB or RGBA image with a palette, the exact one if its colours are few enough, and notes."""
    notes, clear, most = [], None, GIF_COLOURS
    colours = image.convert("RGB")
    if image.mode == "RGBA":
        alpha = image.getchannel("A")
        counts = alpha.histogram()
        notes += ["half transparency becomes whole or none"] * any(counts[1:-1])
        if any(counts[:HALF]):
            clear, most = alpha.point([255] * HALF + [0] * HALF), GIF_COLOURS - 1
            seen = np.argmax(np.asarray(alpha) >= HALF)  # what is clear takes up no colour of its own
            colours.paste(colours.getpixel((int(seen) % image.width, int(seen) // image.width)), mask=clear)
    if found := colours.getcolors(most):
        from ..color.palette import nearest_colour

        palette = np.array([colour for _, colour in found], np.uint8)
        samples = np.asarray(colours)
        index = np.empty((*samples.shape[:2], 1), np.uint8)
        nearest_colour(samples, palette, index, 0, len(samples))
        result = Image.frombytes("P", image.size, index.tobytes())
        result.putpalette(palette.tobytes())
    else:
        notes.append("colours are reduced to 256")
        result = colours.quantize(most, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    if clear:
        number = len(result.getpalette()) // 3
        result.putpalette([*result.getpalette(), 0, 0, 0])
        result.paste(number, mask=clear)
        result.info["transparency"] = number
    return result, notes


def parameters(row: Format, settings: Settings, image: Image.Image, info: dict) -> dict:
    """Return the settings of Pillow's encoder."""
    said = {name: value for name, value in settings.said().items() if name in row.settings}
    clear = {"transparency": image.info["transparency"]} if "transparency" in image.info and image.mode == "P" else {}
    match row.name:
        case "PNG":
            return clear | {"compress_level": said.get("compression", 3)}  # where pixels are not written here
        case "GIF":
            return clear
        case "JPEG":
            return _jpeg_parameters(said, image, info)
        case "WEBP":
            lossless = "quality" not in said and ("lossless" in said or "lossless" in info)
            return {"quality": said.get("quality", 90), "lossless": lossless, "exact": True}
        case "AVIF" | "HEIF":
            return {"quality": 80} | said
        case "TIFF":
            from PIL import features

            return {"compression": "tiff_adobe_deflate"} if features.check("libtiff") else {}
        case "ICO":
            return {"sizes": [image.size]}
    return {}


def _jpeg_parameters(said: dict, image: Image.Image, info: dict) -> dict:
    """Return the quality and subsampling that were said, else those of the source if it was a JPEG of this kind."""
    tables, sampling, bands = info.get("jpeg", (None, -1, 0))
    if bands != len(image.getbands()):
        tables, sampling = None, -1
    found = {"subsampling": sampling} if sampling >= 0 else {}
    if "quality" not in said:
        found |= {"qtables": tables} if tables else {"quality": 90}
    return found | said
