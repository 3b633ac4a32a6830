"""Resizing images in memory and whole files, as Python programs call it."""

import importlib.util
import os
from pathlib import Path

import numpy as np
from PIL import Image, features

from .codec.pillow import image_of, raster_of
from .errors import InputError, UsageError
from .files import Manner, Result, Task, process
from .formats import FORMATS, READ_ONLY, Settings, format_of
from .methods import DEFAULT_METHOD
from .raster import Raster
from .request import Request, make_request
from .run import run
from .spec import Handling


def resize(
    image: Image.Image | np.ndarray,
    scale: float | str | tuple[float, float] | None = None,
    size: str | tuple[int, int] | None = None,
    method: str = DEFAULT_METHOD,
    *,
    fit: str | None = None,
    gravity: str = "center",
    background: str | None = None,
    linear: bool = False,
    sigmoid: bool = False,
    antialias: bool | None = None,
    edge: str | None = None,
    antiring: float = 0.0,
    like: str | None = None,
    straight_alpha: bool = False,
    refine: int = 0,
    alpha: bool = True,
    threads: int | None = None,
) -> Image.Image | np.ndarray:
    """Return the image resized, of the type that was given: a PIL image or a NumPy array.

    An array is H x W or H x W x C with C from 1 to 4, of uint8, uint16 or float32 (nominally 0 to 1, and not clamped
    but by `sigmoid`, whose curve ends there);
    with 2 or 4 channels the last is a straight alpha unless `alpha=False`. A PIL image comes back in its own mode, but
    palettes and bilevel images (unless the method is `nearest`), PA and HSV come back as what they show: L, RGB or
    RGBA; premultiplied modes come back straight, and big-endian 16-bit ones in the machine's order.

    `scale` is a number or (x, y); `size` is (width, height) in pixels or text such as "800x600^", "50%", "2MP";
    `method` a spec such as "lanczos:lobes=4". `fit` is one of inside, outside, fill, cover, contain; `threads` None
    takes all processors. The other arguments are the command line's options.

    Raises UsageError for a wrong argument, InputError for what is no image, GeometryError for an impossible size.
    """
    request = make_request(
        scale, size, method, fit=fit, gravity=gravity, background=background, linear=linear, sigmoid=sigmoid,
        antialias=antialias, edge=edge, antiring=antiring, like=like, straight_alpha=straight_alpha,
        refine=refine, max_pixels=2**62,
    )  # fmt: skip
    if threads is not None and threads < 1:
        raise UsageError(f"threads must be 1 or more, not {threads}")
    if isinstance(image, Image.Image):
        return image_of(_resize_raster(raster_of(image, request.copying), request, threads))
    raster = _raster_of_array(np.asarray(image), alpha)
    samples = _resize_raster(raster, request, threads).samples
    return samples[..., 0] if np.ndim(image) == 2 and samples.shape[2] == 1 else samples


def _resize_raster(raster: Raster, request: Request, threads: int | None) -> Raster:
    geometry = request.geometry(raster.width, raster.height)
    raster, plan = request.plan(raster, geometry)
    samples = run(plan, raster.samples, threads)
    return Raster(samples if plan.steps else samples.copy(), raster.space, raster.alpha, raster.info)


def _raster_of_array(array: np.ndarray, alpha: bool) -> Raster:
    if array.ndim not in (2, 3):
        raise InputError(f"an image array has 2 or 3 dimensions (H x W or H x W x C), not {array.ndim}")
    if array.dtype not in (np.uint8, np.uint16, np.float32):
        raise InputError(f"arrays of {array.dtype} cannot be resized: convert to uint8, uint16 or float32")
    samples = np.require(array if array.ndim == 3 else array[..., None], requirements=["C", "W"])
    channels = samples.shape[2]
    alpha = alpha and channels in (2, 4)
    return Raster(samples, {1: "grey", 3: "rgb"}.get(channels - alpha, "any"), alpha)


def formats() -> list[dict]:
    """Return a record for each file format that can be read or written here.

    Of some formats not all extensions are written: those have a second record. `modes` are Pillow's that it holds,
    `deep` sample types of colour beside them (NumPy's codes), `frames` is "animation", "pages" or None, `settings` the
    encoder's, `keeps` the metadata.
    """
    Image.init()
    openers: dict[str, list[str]] = {}
    for extension, name in sorted(Image.registered_extensions().items()):
        if extension.removeprefix(".") in READ_ONLY and name in {*Image.OPEN, "MPO"}:
            openers.setdefault(name, []).append(extension.removeprefix("."))
    records = []
    for row in FORMATS:
        name = row.encoder or row.name
        missing = name == "JPEG2000" and not features.check("jpg_2000")  # whose plugin is there all the same
        missing = missing or (row.needs and importlib.util.find_spec(row.needs) is None)
        records.append(
            {
                "name": row.name, "extensions": list(row.extensions),
                "reads": not missing and (bool(row.needs) or name in Image.OPEN),
                "writes": not missing and (bool(row.needs) or name in Image.SAVE),
                "modes": list(row.modes), "deep": list(row.deep), "frames": row.frames or None,
                "settings": list(row.settings), "keeps": list(row.keeps),
            }
        )  # fmt: skip
    nothing = {"modes": [], "deep": [], "frames": None, "settings": [], "keeps": []}
    for name, extensions in openers.items():
        records.append({"name": name, "extensions": extensions, "reads": True, "writes": False} | nothing)
    return records


def resize_file(
    src: str | os.PathLike, dst: str | os.PathLike, scale=None, size=None, method: str = DEFAULT_METHOD, *,
    format: str | None = None, overwrite: bool = False, quality: int | None = None, compression: int | None = None,
    lossless: bool = False, subsampling: str | None = None, orient: bool = True, strip: bool = False,
    dpi: str | float | None = None, profile: str = "keep", depth: str | int = "keep", dither: str = "diffusion",
    palette: str = "full", frame: int | None = None, threads: int | None = None, **options,
) -> Result:  # fmt: skip
    """Resize one image file into another, which appears whole or not at all.

    `format` is an extension and follows that of `dst` unless given; `quality`, `compression`, `lossless` and
    `subsampling` are the encoder's settings; `orient`, `strip`, `dpi` ("keep", "scale" or a number), `profile` ("keep"
    or "srgb"), `depth` ("keep", 8 or 16), `dither`, `palette` ("full" or "keep") and `frame` (from 0) are the command
    line's options of these names; the other arguments are as `resize`'s, and `max_pixels` (500 million) limits input
    and output. Raises UsageError, InputError, GeometryError or OutputError, whose messages name the file.
    """
    src, dst = Path(src), Path(dst)
    row, settings = format_of(format or dst.suffix), Settings(quality, compression, lossless, subsampling)
    settings.check({row})
    handling = Handling(orient, strip, dpi, profile, str(depth), dither, palette, frame)
    request = make_request(scale, size, method, handling=handling, **options)
    manner = Manner(settings, overwrite, threads=threads)
    (done,) = process(src, [Task(dst, row, request)], manner)
    if isinstance(done, Exception):
        raise done
    return done
