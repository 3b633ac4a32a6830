"""Colours to sRGB through a profile: LittleCMS for pixels of 8 bits, imagecodecs for deeper ones."""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImagePalette

from ..color.light import grey_to_srgb
from ..color.profile import curves_of, space_of
from ..errors import InputError
from ..raster import Raster
from . import deep
from .pillow import MODES, SPACES, image_of, raster_of

DATE = slice(24, 36)  # of a profile's making, in its header
PERCEPTUAL = 0
BLACK_POINT, EXACT = 0x2000, 0x0100  # LittleCMS' flags: black point compensation; no grid, which 16 bits get otherwise


@functools.cache
def srgb_profile() -> bytes:
    """Return a profile of sRGB, the same on every day."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[: DATE.start] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[DATE.stop :]


def to_srgb(raster: Raster) -> Raster:
    """Return the raster in sRGB, with black point compensation and the perceptual intent, and tagged.

    Grey stays grey, by the sRGB curve and without a profile; of palettes the colours change. What has no profile is
    sRGB already, but for CMYK and L*a*b*, whose own definition serves. Raises InputError where the profile leads
    nowhere.
    """
    profile = raster.info.get("icc_profile")
    if profile and space_of(profile) != SPACES[MODES.get((raster.space, raster.alpha), "RGB")]:
        profile = None
    rest = {key: value for key, value in raster.info.items() if key not in ("icc_profile", "colour")}
    if raster.space in ("grey", "bilevel"):
        curves = curves_of(profile) if profile and raster.space == "grey" else None
        if not curves:
            return Raster(raster.samples, raster.space, raster.alpha, rest)
        samples = raster.samples.copy()
        samples[..., :1] = grey_to_srgb(samples[..., :1], curves[0])
        return Raster(samples, "grey", raster.alpha, rest)
    tagged = rest | {"icc_profile": srgb_profile(), "srgb": True}
    if raster.samples.dtype != np.uint8:
        return Raster(_deep(raster, profile), "rgb", raster.alpha, tagged)
    if profile:
        tagged |= _palette(raster.info, profile)
    if raster.space == "palette":
        return Raster(raster.samples, "palette", False, tagged)
    image = image_of(raster)
    if profile:
        image = _transformed(image, profile)
    elif raster.space == "lab":
        image = _from_lab(image)
    image = image if image.mode == "RGBA" else image.convert("RGB")
    image.info = {}
    converted = raster_of(image)
    return Raster(converted.samples, converted.space, converted.alpha, tagged)


def _palette(info: dict, profile: bytes) -> dict:
    """Return what the info holds of a palette, its colours in sRGB."""
    found = {}
    if "palette" in info:
        colours, mode = bytes(info["palette"].palette), info["palette"].mode
        strip = Image.frombytes(mode, (len(colours) // len(mode), 1), colours)
        found["palette"] = ImagePalette.ImagePalette(mode, _transformed(strip, profile).tobytes())
    if "colours" in info:
        found["colours"] = np.array(_transformed(Image.fromarray(info["colours"][None]), profile))[0]
    return found


def _transformed(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    files = io.BytesIO(profile), io.BytesIO(srgb_profile())
    try:
        transform = ImageCms.buildTransform(*files, image.mode, mode, PERCEPTUAL, ImageCms.Flags(BLACK_POINT))
        return ImageCms.applyTransform(image, transform)
    except (OSError, ValueError, ImageCms.PyCMSError) as error:
        raise InputError(f"its colour profile cannot be applied ({error}): use --profile keep") from error


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    return ImageCms.applyTransform(image, transform)


def _deep(raster: Raster, profile: bytes | None) -> np.ndarray:
    """Return samples of 16 bits or floats in sRGB."""
    if not profile:
        return raster.samples
    if not deep.available():
        raise InputError(f"more than 8 bits of colour are converted by the extra deep: {deep.INSTALL}")
    import imagecodecs

    samples = raster.samples.copy()
    colours = np.ascontiguousarray(samples[..., :3])
    try:
        samples[..., :3] = imagecodecs.cms_transform(
            colours, profile, srgb_profile(), colorspace="rgb", outcolorspace="rgb",
            intent=PERCEPTUAL, flags=BLACK_POINT | EXACT,
        )  # fmt: skip
    except (RuntimeError, ValueError) as error:
        raise InputError(f"its colour profile cannot be applied ({error}): use --profile keep") from error
    return samples
