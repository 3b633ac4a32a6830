"""Pictures as people see them: results in 8 bits, and maps of their errors."""

import functools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import PurePath

import numpy as np
from PIL import Image

from ..codec.encode import encode
from ..color.fill import BLACK
from ..directional import segments
from ..errors import naming
from ..filesystem.atomic import replacing
from ..filesystem.remote import place_of
from ..formats import Settings, format_of
from ..geometry import Scale
from ..raster import LUMA, Raster
from ..request import Request
from ..run import processors
from ..spec import Spec
from ..steps import Regions

GREY = (128, 128, 128)  # what is transparent is seen on, as in report.css
SHARE = 0.999  # of the pixels, whose errors the scale of a map reaches


def shown(samples: np.ndarray) -> Image.Image:
    """Return a picture (H x W x C of uint8, uint16 or float32) in 8 bits: L, LA, RGB or RGBA."""
    if samples.dtype == np.uint16:
        samples = ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    elif samples.dtype != np.uint8:
        samples = np.rint(np.clip(samples, 0, 1) * 255).astype(np.uint8)
    mode = ("L", "LA", "RGB", "RGBA")[samples.shape[2] - 1]
    return Image.fromarray(np.ascontiguousarray(samples if samples.shape[2] > 1 else samples[..., 0]), mode)


def opaque(picture: Image.Image) -> Image.Image:
    """Return a picture on middle grey, as it is measured, if it has an alpha."""
    if "A" not in picture.mode:
        return picture
    paper = Image.new(picture.mode, picture.size, (*GREY[: len(picture.mode) - 1], 255))
    return Image.alpha_composite(paper.convert("RGBA"), picture.convert("RGBA")).convert(picture.mode[:-1])


def error_of(truth: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Return how far a picture's luma is from the truth's at each pixel (H x W float32), in levels of 255."""
    one, other = (_luma(opaque(shown(samples))) for samples in (truth, result))
    return np.abs(one - other)


def _luma(picture: Image.Image) -> np.ndarray:
    samples = np.asarray(picture, np.float32)
    return samples if samples.ndim == 2 else samples @ np.array(LUMA, np.float32)


def error_top(errors: Iterable[np.ndarray]) -> int:
    """Return the error that a map's last colour stands for, in levels: 999 pixels in a thousand have no larger one."""
    counts = np.zeros(256, np.int64)
    for each in errors:
        levels = np.ceil(each - 1e-3)  # that much is float32's own
        counts += np.bincount(np.clip(levels, 0, 255).astype(np.uint8).ravel(), minlength=256)
    return max(1, int(np.searchsorted(counts.cumsum(), SHARE * counts.sum())))


def segmented(samples: np.ndarray, spec: Spec) -> np.ndarray:
    """Return the regions (H x W x 3 uint8) that a method finds in a picture before it enlarges it.

    Each has the mean of its colours, as they are seen on grey.
    """
    alpha = samples.shape[2] in (2, 4)
    raster = Raster(samples, "grey" if samples.shape[2] < 3 else "rgb", alpha)
    request = Request(spec, Scale(Fraction(2), Fraction(2)), max_pixels=2**62)
    _, plan = request.plan(raster, request.geometry(raster.width, raster.height))
    step = next(step for step in plan.steps if isinstance(step, Regions))
    labels = segments.segments(samples, *step.segmenting)
    if alpha:
        samples = np.atleast_3d(opaque(shown(samples)))
    return segments.shown(samples, labels)


def write_picture(
    path: str, samples: np.ndarray, overwrite: bool, option: str = "-o", folders: bool = False
) -> list[str]:
    """Write samples (H x W x C of uint8, uint16 or float32) as a file, in the format that its name says.

    `option` is what the user named it with.
    Returns notes on what the format does not hold; raises OutputError where it cannot be written.
    """
    channels = samples.shape[2]
    alpha = channels in (2, 4)
    raster = Raster(np.ascontiguousarray(samples), "grey" if channels < 3 else "rgb", alpha)
    place = replacing(place_of(path), overwrite=overwrite, folders=folders, option=option)
    with place as file, naming(path):
        return encode(raster, file, format_of(PurePath(path).suffix), Settings(), BLACK[:3], processors())


# OKLab (Ottosson 2020): from lightness, a and b to the cube roots of cone responses, and from these to linear sRGB.
TO_CONES = ((1, 0.3963377774, 0.2158037573), (1, -0.1055613458, -0.0638541728), (1, -0.0894841775, -1.2914855480))
TO_SRGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
BLUE, YELLOW, CHROMA = 280, 465, 0.16  # degrees between which the hue turns; what sRGB shows on all of the way


@functools.cache
def error_colours() -> np.ndarray:
    """Return the colours (256 x 3 uint8) of errors from none, black, to the largest, a pale yellow.

    They lie at equal distances on a curve in OKLab: lightness rises evenly while the hue turns from blue over purple
    and red to yellow, so that equal steps of error are seen as equal.
    """
    fine = np.linspace(0, 1, 4096)
    curve = _curve(fine)
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    light = (_curve(np.interp(np.linspace(0, way[-1], 256), way, fine)) @ np.transpose(TO_CONES)) ** 3
    light = np.clip(light @ np.transpose(TO_SRGB), 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype(np.uint8)


def _curve(t: np.ndarray) -> np.ndarray:
    """Return lightness, a and b (N x 3) at places from 0 to 1."""
    hue = np.radians(BLUE + (YELLOW - BLUE) * t)
    chroma = CHROMA * np.sin(np.pi * t) ** 0.75
    return np.stack([0.97 * t, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
