"""What is asked of an image: the words of a request turned into values, and a request turned into a plan."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .color.fill import Colour, fill_of
from .errors import GeometryError, OutputError, UsageError
from .formats import Format
from .geometry import GRAVITIES, Geometry, Scale, Size, exact_product, resolve, scale_of, size_of
from .methods import DEFAULT_METHOD
from .plan import Plan, Storage, make_plan
from .raster import TOP, Raster
from .spec import Handling, Options, Spec, check_choice, parse_method

MAX_PIXELS = 500_000_000
REDUCTIONS, LEFT_TO_SHRINK = (4, 2), 6  # of decoders, and what they must leave to the method
DEFAULTS, AS_IT_IS = Options(), Handling()


@dataclass(frozen=True, slots=True)
class Request:
    """What to do to an image, whichever it is."""

    spec: Spec
    target: Scale | Size
    options: Options = DEFAULTS
    gravity: str = "center"
    background: Colour | None = None
    max_pixels: int = MAX_PIXELS
    handling: Handling = AS_IT_IS

    def __post_init__(self) -> None:
        check_choice("gravity", self.gravity, GRAVITIES)
        options = self.spec.merge(self.options)
        self.spec.check(options)
        if options.refine and isinstance(self.target, Scale) and min(self.target) < 1:
            raise UsageError("what is shrunk cannot be refined: leave refine out")
        if isinstance(self.target, Scale) and min(self.target) < 1 and not self.spec.method.shrinks:
            raise UsageError(f"{self.spec.name} only enlarges: shrink with a traditional method, such as lanczos3")
        if options.like:
            from .emulate import check

            check(self.spec, options, self.target)
            if self.handling.depth == "16":
                raise UsageError(f"{options.like} resizes what the file holds: leave --depth 16 out")

    @property
    def copying(self) -> bool:
        """Whether pixels are only copied, so that palettes can stay."""
        needs_colour = isinstance(self.target, Size) and self.target.fit == "contain"
        copies = {"nearest": True, "region": self.spec.plain, "scale": not dict(self.spec.parameters).get("tolerance")}
        return copies.get(self.spec.method.engine, False) and not needs_colour

    def geometry(self, width: int, height: int) -> Geometry:
        """Return the geometry for an image's size; GeometryError where there is none within max_pixels."""
        multiply, like = exact_product, self.spec.merge(self.options).like
        if like:
            from .emulate import multiplication

            multiply = multiplication(like)
        geometry = resolve(self.target, width, height, self.gravity, multiply)
        wide, high = geometry.window[2:]
        if not self.spec.method.shrinks and (geometry.inner[2] < wide or geometry.inner[3] < high):
            raise GeometryError(
                f"{self.spec.name} only enlarges, and {width}x{height} pixels would be shrunk: "
                "choose a traditional method, such as lanczos3"
            )
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

    def scratch(self, pixels: int, geometry: Geometry) -> int:
        """Return about how many bytes the method takes beside source (of so many pixels) and result, in one thread."""
        out = 4 * geometry.width * geometry.height * bool(self.spec.merge(self.options).refine)
        engine, region = self.spec.method.engine, 56 * pixels
        if engine == "lattice":
            return out + self._lattice(self.spec, geometry)
        if engine == "auto":
            return out + self._lattice(parse_method("dcci"), geometry) + region
        if engine == "region":
            return out + region
        floats = 16 * pixels * bool(dict(self.spec.parameters).get("self_ensemble"))
        return out + floats + 4 * self._between(self.spec, pixels, geometry)

    @staticmethod
    def _lattice(spec: Spec, geometry: Geometry) -> int:
        """Return about how many bytes a band of an edge-directed method takes."""
        from .directional.lattice import held
        from .enlarging import doublings

        wide, high = (math.ceil(side) for side in geometry.window[2:])
        passes = doublings(max(Fraction(geometry.inner[2]) / wide, Fraction(geometry.inner[3]) / high))
        return held(spec.method.name, dict(spec.parameters), passes, wide, high)

    @staticmethod
    def _between(spec: Spec, pixels: int, geometry: Geometry) -> int:
        """Return how many pixels the source (of so many) has after passes by the method's own factors."""
        if not spec.method.factors:
            return 0
        from .enlarging import factors_of
        from .networks import own_factors

        sides = zip(geometry.inner[2:], geometry.window[2:], strict=True)
        return math.prod(factors_of(own_factors(spec), max(Fraction(n) / m for n, m in sides))) ** 2 * pixels

    def plan(self, raster: Raster, geometry: Geometry, row: Format | None = None) -> tuple[Raster, Plan]:
        """Return the plan, and the raster that it is for: one with an alpha if the background needs it.

        `row` is the format that the result is to be stored in, if it is.
        """
        spec, *choice = self._chosen(raster, geometry)
        if self._between(spec, raster.width * raster.height, geometry) > self.max_pixels:
            raise GeometryError(
                f"{spec.name} enlarges both sides alike, here by way of more than {self.max_pixels} pixels: choose a "
                "traditional method, such as lanczos3, or allow them with --max-pixels"
            )
        if raster.space == "palette" and spec.method.engine in ("scale", "region"):  # which look for like pixels
            raster = _merged(raster)
        if spec.method.engine == "unpool":
            from .networks import check_indices

            check_indices(raster, spec)
        options = spec.merge(self.options)
        filters_border = options.edge == "constant" and spec.method.engine != "nearest"
        shows_background = filters_border or geometry.inner[2:] != (geometry.width, geometry.height)
        if self.background and self.background[3] < 255 and shows_background:
            raster = _with_alpha(raster)
        fill = fill_of(raster, self.background) if shows_background else (0,) * raster.samples.shape[2]
        by_factor = isinstance(self.target, Scale)
        storage = self._storage(raster, row, options)
        plan = make_plan(raster, spec, geometry, options, fill, by_factor, storage)
        return raster, Plan(plan.steps, *choice)

    def _chosen(self, raster: Raster, geometry: Geometry) -> tuple[Spec, str, str]:
        """Return the method and, where the picture decides, its name and why it is that one."""
        factors = tuple(float(n / m) for n, m in zip(geometry.inner[2:], geometry.window[2:], strict=True))
        if self.spec.method.engine != "auto" or factors == (1, 1):
            return self.spec, "", ""
        from .auto import choose

        edge, tables = self.spec.merge(self.options).edge or "", raster.info.get("jpeg", ({},))[0]
        step = float(np.mean(tables[0])) if 0 in tables else 0.0
        choice = choose(raster.samples, raster.space, raster.alpha, factors, edge, step)
        return parse_method(choice.method)._replace(options=self.spec.options), *choice

    def _storage(self, raster: Raster, row: Format | None, options: Options) -> Storage:
        """Return how samples are kept on the way into a format."""
        sample, depth = raster.samples.dtype.str[1:], self.handling.depth
        curves = _curves(raster) if options.linear or options.sigmoid else ()
        whole = raster.info.get("mode") == "I" or raster.space not in ("grey", "rgb")
        if row is None or whole:  # integers of 32 bits, palettes, and what has 8 bits only
            return Storage(sample, sample, curves=curves)
        work = "u2" if (sample, depth) == ("u1", "16") else sample
        single = raster.samples.shape[2] == 1
        wanted = {"8": "u1", "16": "u2"}.get(depth, work)
        stored = next(kind for kind in (wanted, "u2", "u1") if row.holds(kind, single))
        if work == "u2" and stored == "u1":
            work = sample
        if work == "f4" and stored != "f4":
            _check_range(raster)
        colours = raster.info.get("colours") if stored == "u1" else None
        fits = colours is not None and colours.shape[1] == raster.samples.shape[2]
        return Storage(work, stored, self.handling.dither, curves, colours.tobytes() if fits else b"")


def own_size(spec: Spec) -> dict[str, str]:
    """Return the scale or the size that is asked for where neither is said, if the method has only one, by name.

    Raises InputError where a file that tells it cannot be read.
    """
    if spec.method.family == "network":
        from . import networks

        return networks.own_size(spec)
    return {"scale": spec.own_scale} if spec.own_scale else {}


def check_files(spec: Spec) -> None:
    """Raise InputError where a file that a method's parameters name cannot serve: no picture is to blame for it."""
    if spec.method.family == "network":
        from . import networks

        networks.check_files(spec)


def _curves(raster: Raster) -> tuple:
    """Return the curves of the raster's profile if it has some that are not sRGB's."""
    profile = raster.info.get("icc_profile")
    if not profile or raster.space not in ("grey", "rgb"):
        return ()
    from .color.profile import curves_of, is_srgb

    curves = curves_of(profile) or ()
    fits = len(curves) == (1 if raster.space == "grey" else 3)
    return curves if fits and not is_srgb(curves) else ()


def _check_range(raster: Raster) -> None:
    """Raise OutputError for floats that integers cannot stand for."""
    low, high = np.nanmin(raster.samples), np.nanmax(raster.samples)
    if low < 0 or high > 1:
        raise OutputError(
            f"its floats run from {low:g} to {high:g}, and only 0 to 1 can be stored in whole numbers: "
            "choose tiff with -f, without --depth"
        )


def _merged(raster: Raster) -> Raster:
    """Return a raster of indices that are alike where their colours are."""
    from .color.palette import merged

    palette = raster.info["palette"]
    samples = merged(raster.samples, bytes(palette.palette), palette.mode, raster.info["transparency"])
    return Raster(samples, raster.space, raster.alpha, raster.info)


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
    gravity: str = "center", background: str | None = None, max_pixels: int = MAX_PIXELS,
    handling: Handling = AS_IT_IS, **options,
) -> Request:  # fmt: skip
    """Return the request that these words make; arguments as `resize`'s. Raises UsageError for a wrong one."""
    spec = parse_method(method)
    check_files(spec)
    if scale is None and size is None:
        own = own_size(spec)
        scale, size = own.get("scale"), own.get("size")
    if (scale is None) == (size is None):
        raise UsageError("give exactly one of scale and size" if scale is None else "give scale or size, not both")
    if size is None and (fit or only):
        raise UsageError(f"{'fit' if fit else 'only'} needs a size to act on, and a scale was given")
    target = scale_of(scale) if size is None else size_of(size, fit, only)
    colour = None if background is None else parse_colour(background)
    return Request(spec, target, Options(**options), gravity, colour, max_pixels, handling)
