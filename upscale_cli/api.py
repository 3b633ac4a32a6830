"""Resizing images in memory and whole files: what Python programs call, and the command line with them."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from . import emulate
from .codec.atomic import kind_of, replacing
from .codec.decode import Header, Source
from .codec.encode import encode
from .codec.pillow import image_of, raster_of
from .color.fill import BLACK, Colour, fill_of
from .errors import GeometryError, InputError, OutputError, UsageError, naming
from .formats import Format, Settings, format_of
from .geometry import GRAVITIES, Geometry, Scale, Size, resolve, scale_of, size_of
from .methods import DEFAULT_METHOD
from .plan import Plan, make_plan
from .raster import TOP, Raster
from .run import get_ready, processors, run
from .spec import Options, Spec, check_choice, parse_method

MAX_PIXELS = 500_000_000
REDUCTIONS, LEFT_TO_SHRINK = (4, 2), 6  # of decoders, and what they must leave to the method
LONG_TO_DECODE = 1_000_000  # pixels; other work can be done meanwhile
DEFAULTS = Options()


@dataclass(frozen=True, slots=True)
class Request:
    """What to do to an image, whichever it is."""

    spec: Spec
    target: Scale | Size
    options: Options = DEFAULTS
    gravity: str = "center"
    background: Colour | None = None
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        check_choice("gravity", self.gravity, GRAVITIES)
        emulate.check(self.spec, self.spec.merge(self.options), self.target)

    @property
    def copying(self) -> bool:
        """Whether pixels are only copied, so that palettes can stay."""
        needs_colour = isinstance(self.target, Size) and self.target.fit == "contain"
        return self.spec.method.engine == "nearest" and not needs_colour

    def geometry(self, width: int, height: int) -> Geometry:
        """Return the geometry for an image's size; GeometryError where there is none within max_pixels."""
        multiply = emulate.multiplication(self.spec.merge(self.options).like)
        geometry = resolve(self.target, width, height, self.gravity, multiply)
        if geometry.width * geometry.height > self.max_pixels:
            raise GeometryError(
                f"the result would have {geometry.width}x{geometry.height} pixels, more than {self.max_pixels}: "
                "allow them with --max-pixels"
            )
        return geometry

    def reduction(self, geometry: Geometry) -> int:
        """Return by how much a decoder may shrink the picture first, 1 for not at all.

        What is left to shrink is so much that the result is the same within a level on average, and mostly a fifth of
        that; drawings with hard lines differ most. Methods that are told to be exact get the whole picture.
        """
        options = self.spec.merge(self.options)
        exact = options.like or options.linear or options.sigmoid or options.antialias is False
        exact = exact or options.edge == "wrap"  # whose seam may lie within the last pixel
        if exact or self.spec.method.engine != "separable":
            return 1
        shrinks = min(side / size for side, size in zip(geometry.window[2:], geometry.inner[2:], strict=True))
        return next((factor for factor in REDUCTIONS if shrinks >= factor * LEFT_TO_SHRINK), 1)

    def plan(self, raster: Raster, geometry: Geometry) -> tuple[Raster, Plan]:
        """Return the plan, and the raster that it is for: one with an alpha if the background needs it."""
        options = self.spec.merge(self.options)
        filters_border = options.edge == "constant" and self.spec.method.engine != "nearest"
        shows_background = filters_border or geometry.inner[2:] != (geometry.width, geometry.height)
        if self.background and self.background[3] < 255 and shows_background:
            raster = _with_alpha(raster)
        fill = fill_of(raster, self.background) if shows_background else (0,) * raster.samples.shape[2]
        by_factor = isinstance(self.target, Scale)
        return raster, make_plan(raster, self.spec, geometry, options, fill, by_factor)


def _with_alpha(raster: Raster) -> Raster:
    if raster.alpha or raster.space not in ("grey", "rgb"):
        return raster
    alpha = np.full((raster.height, raster.width, 1), TOP[raster.samples.dtype.str[1:]], raster.samples.dtype)
    return Raster(np.concatenate([raster.samples, alpha], axis=2), raster.space, True, raster.info)


def parse_colour(text: str) -> Colour:
    """Return the colour that `#rrggbb[aa]`, a CSS name or function, or `transparent` says; UsageError if none."""
    if not isinstance(text, str):
        raise UsageError(f"a colour is text such as '#ff0000', not {text!r}")
    if text.strip().lower() == "transparent":
        return (0, 0, 0, 0)
    from PIL import ImageColor

    try:
        return ImageColor.getcolor(text.strip(), "RGBA")
    except ValueError:
        raise UsageError(f"{text!r} is not a colour: write #rrggbb, #rrggbbaa, a CSS name or transparent") from None


def make_request(
    scale=None, size=None, method: str = DEFAULT_METHOD, *, fit: str | None = None, only: str | None = None,
    gravity: str = "center", background: str | None = None, max_pixels: int = MAX_PIXELS, **options,
) -> Request:  # fmt: skip
    """Return the request that these words make; arguments as `resize`'s. Raises UsageError for a wrong one."""
    spec = parse_method(method)
    if (scale is None) == (size is None):
        raise UsageError("give exactly one of scale and size" if scale is None else "give scale or size, not both")
    if size is None and (fit or only):
        raise UsageError(f"{'fit' if fit else 'only'} needs a size to act on, and a scale was given")
    target = scale_of(scale) if size is None else size_of(size, fit, only)
    colour = None if background is None else parse_colour(background)
    return Request(spec, target, Options(**options), gravity, colour, max_pixels)


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
        max_pixels=2**62,
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


@dataclass(slots=True)
class Result:
    """What was done to one file: sizes in pixels, times in milliseconds, notes on what the format could not hold."""

    input: Path
    output: Path
    format: str
    mode: str
    size: tuple[int, int]
    out_size: tuple[int, int]
    plan: str
    ms: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def probe(src: Path, request: Request) -> tuple[Header, Geometry]:
    """Return what a file's header says and the geometry of its result, without decoding."""
    with naming(src), Source(src, request.max_pixels) as source:
        return source.header, request.geometry(source.header.width, source.header.height)


def process(
    src: Path, dst: Path, row: Format, request: Request, settings: Settings, *, overwrite: bool = False,
    folders: bool = False, threads: int | None = None, dry: bool = False,
) -> Result:  # fmt: skip
    """Resize one file, making the output's folders with `folders`; with `dry`, only plan it.

    Raises UpscaleError, its message naming the input.
    """
    clock, threads = [time.perf_counter()], threads or processors()
    with naming(src), Source(src, request.max_pixels) as source:
        header = source.header
        geometry = request.geometry(header.width, header.height)
        check_output(src, dst, overwrite)
        row.check_size(geometry.width, geometry.height)
        if header.width * header.height >= LONG_TO_DECODE:
            get_ready()
        reduction = source.reduce(request.reduction(geometry))
        raster, plan = request.plan(source.decode(request.copying), geometry.reduced(reduction))
        sizes = (header.width, header.height), (geometry.width, geometry.height)
        steps = f"decode at 1/{reduction} | {plan}" if reduction > 1 else str(plan)
        result = Result(src, dst, row.name, header.mode, *sizes, steps)
        result.notes += header.losses
        if dry:
            return result
        clock.append(time.perf_counter())
        raster = Raster(run(plan, raster.samples, threads), raster.space, raster.alpha, raster.info)
        clock.append(time.perf_counter())
        with replacing(dst, overwrite=overwrite, folders=folders) as file:
            result.notes += encode(raster, file, row, settings, (request.background or BLACK)[:3], threads)
    clock.append(time.perf_counter())
    spans = {"decode": (0, 1), "resize": (1, 2), "encode": (2, 3), "total": (0, 3)}
    result.ms = {name: round((clock[end] - clock[start]) * 1000, 3) for name, (start, end) in spans.items()}
    return result


def check_output(src: Path, dst: Path, overwrite: bool) -> None:
    """Raise OutputError where the output is the input, a folder, or exists and may not be replaced."""
    kind = kind_of(dst)
    if kind == "special":
        return
    if kind == "folder":
        raise OutputError(f"{dst} is a folder: end it in / to write inside")
    if kind and dst.samefile(src):
        raise OutputError("the output would be the input itself: choose another name with -o")
    if not overwrite and os.path.lexists(dst):
        raise OutputError(f"{dst} exists: use --overwrite to replace it, or --skip-existing")


def resize_file(
    src: str | os.PathLike, dst: str | os.PathLike, scale=None, size=None, method: str = DEFAULT_METHOD, *,
    format: str | None = None, overwrite: bool = False, quality: int | None = None, compression: int | None = None,
    lossless: bool = False, threads: int | None = None, **options,
) -> Result:  # fmt: skip
    """Resize one image file into another, which appears whole or not at all.

    `format` is an extension and follows that of `dst` unless given; `quality`, `compression` and `lossless` are the
    encoder's settings; the other arguments are as `resize`'s, and `max_pixels` (500 million) limits input and output.
    Raises UsageError, InputError, GeometryError or OutputError, whose messages name the file.
    """
    src, dst = Path(src), Path(dst)
    row, settings = format_of(format or dst.suffix), Settings(quality, compression, lossless)
    settings.check({row})
    request = make_request(scale, size, method, **options)
    return process(src, dst, row, request, settings, overwrite=overwrite, threads=threads)
