"""Decides what will be done to an image, and prints it.

A plan is a tuple of frozen steps that `run.py` obeys. Its text is what `-v` and `--dry-run` show and what tests assert:
`horizontal bicubic 512->2048 taps 4 | vertical bicubic 512->2048 taps 4 | store u8`.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from .errors import GeometryError, InputError
from .geometry import Geometry
from .interpolate.axis import Axis
from .raster import TOP, Raster
from .spec import Options, Spec
from .steps import Curve, Nearest, Place, Promote, Radial, Reduce, Refine, Separable, ToPalette

LIGHT_SPACES = ("grey", "rgb", "any")


class Plan(NamedTuple):
    """Steps to be run one after the other; none when the image is left as it is.

    `chosen` is the method that was chosen for the image, and `why` the reason, where that was asked for.
    """

    steps: tuple
    chosen: str = ""
    why: str = ""

    def __str__(self) -> str:
        words = [f"{self.chosen}: {self.why}"] * bool(self.chosen) + list(map(str, self.steps or ("nothing to do",)))
        return " | ".join(words)


class Storage(NamedTuple):
    """How samples are kept: what they become before and after they are resized.

    `work` and `stored` are sample types; `curves` those of the colour profile, if light is to be taken by them;
    `colours` the palette (N x C bytes) that pixels are brought back to.
    """

    work: str
    stored: str
    dither: str = "diffusion"
    curves: tuple = ()
    colours: bytes = b""


def make_plan(
    raster: Raster, spec: Spec, geometry: Geometry, options: Options, fill: tuple[float, ...],
    by_factor: bool = False, storage: Storage | None = None,
) -> Plan:  # fmt: skip
    """Return the plan for an image; `fill` is the background's sample of each channel.

    `by_factor` says that factors and not sizes were asked for, which some libraries named by `like` treat apart;
    without `storage` samples keep their type. Raises InputError where the options mean nothing to the image's colour
    space.
    """
    options = spec.merge(options)
    sample = raster.samples.dtype.str[1:]
    storage = storage or Storage(sample, sample)
    x, y, width, height = geometry.inner
    left, top, wide, high = geometry.window
    steps = []
    if storage.work != sample:
        steps.append(Promote())
        fill = tuple(257 * value for value in fill)
    if geometry.window != (0, 0, width, height) or (width, height) != (raster.width, raster.height):
        axes = [(raster.width, width, left, wide), (raster.height, height, top, high)]
        if options.like:
            from . import emulate

            factors = geometry.scale if by_factor else (None, None)
            axes = [(*axis, factor) for axis, factor in zip(axes, factors, strict=True)]
            steps += emulate.steps(raster, spec, axes, options)
        else:
            pair = tuple(_axis(spec, options, *axis) for axis in axes)
            made = _resizing(raster, spec, pair, options, fill, storage)
            steps += _refined(made, raster, pair, options.refine) if options.refine else made
    if (x, y, width, height) != (0, 0, geometry.width, geometry.height):
        steps.append(Place(geometry.width, geometry.height, x, y, fill))
    if storage.stored != storage.work:
        steps.append(Reduce(storage.stored, storage.dither, raster.alpha))
    if storage.colours:
        steps.append(ToPalette(storage.colours, raster.samples.shape[2]))
    return Plan(tuple(steps))


def _axis(spec: Spec, options: Options, n_in: int, n_out: int, start: Fraction, length: Fraction) -> Axis:
    step = Fraction(length) / n_out
    name = "area" if spec.method.engine == "area" else spec.method.filter
    antialias = options.antialias is not False
    return Axis(
        name, spec.parameters, n_in, n_out, Fraction(start) + step / 2, step, antialias,
        options.edge or spec.method.edge,
    )  # fmt: skip


def _resizing(
    raster: Raster, spec: Spec, axes: tuple[Axis, Axis], options: Options, fill: tuple[float, ...], storage: Storage
) -> list:
    """Return the step that resizes, between two that change the light if the profile's curves are wanted."""
    horizontal, vertical = axes
    if spec.method.engine == "nearest" or (horizontal.is_copy and vertical.is_copy):
        return [Nearest(horizontal, vertical)]
    if spec.method.family == "network":
        from . import networks

        return networks.steps(raster, spec, axes, options, fill, storage.work)
    if not spec.method.filters:
        from . import enlarging

        return enlarging.steps(raster, spec, axes, options, fill, storage.work)
    kind = Radial if spec.method.engine == "radial" else Separable
    top = TOP[storage.work]
    opaque = raster.opaque and not (options.edge == "constant" and fill[-1] < top)
    alpha = "none" if not raster.alpha else "straight" if options.straight_alpha or opaque else "weighted"
    light = _light(raster, options, horizontal, vertical)
    if light == "encoded" or not storage.curves:
        return [kind(spec.text, horizontal, vertical, storage.work, light, alpha, options.antiring, fill)]
    into = Curve(storage.curves, storage.work, raster.alpha, light == "sigmoid", False)
    fill = _in_light(fill, into)
    light = "encoded" if light == "linear" else light
    step = kind(spec.text, horizontal, vertical, "f4", light, alpha, options.antiring, fill)
    return [into, step, into._replace(back=True)]


def _refined(made: list, raster: Raster, axes: tuple[Axis, Axis], times: int) -> list:
    """Return the steps with their result refined; the axes lead from the source to the output."""
    if any(axis.shrinks for axis in axes):
        raise GeometryError("what is shrunk cannot be refined: leave --refine out")
    up = tuple(axis._replace(filter="cubic", parameters=(("b", 0.0), ("c", 0.5)), edge="replicate") for axis in axes)
    half = Fraction(1, 2)
    down = tuple(
        axis._replace(
            n_in=axis.n_out, n_out=axis.n_in, origin=(half - axis.origin) / axis.step + half, step=1 / axis.step,
            stretch=True,
        )
        for axis in up
    )  # fmt: skip
    return [Refine(tuple(made), times, down, up, raster.alpha)]


def _in_light(fill: tuple[float, ...], curve: Curve) -> tuple[float, ...]:
    """Return a pixel of samples as the light that the step makes of it."""
    from .color.light import to_light

    samples = np.array(fill, curve.sample).reshape(1, 1, -1)
    light = np.empty(samples.shape, np.float32)
    to_light(samples, light, 0, 1, curve.curves, curve.alpha, curve.sigmoid)
    return tuple(light[0, 0].tolist())


def _light(raster: Raster, options: Options, horizontal: Axis, vertical: Axis) -> str:
    """Return the light to filter in; the sigmoid cures ringing of enlargements and is no use when shrinking."""
    if not options.linear and not options.sigmoid:
        return "encoded"
    if raster.space not in LIGHT_SPACES:
        raise InputError(f"linear light needs grey or RGB, not {raster.space}: leave --linear and --sigmoid out")
    shrinks = horizontal.shrinks or vertical.shrinks
    return "sigmoid" if options.sigmoid and not shrinks else "linear"
