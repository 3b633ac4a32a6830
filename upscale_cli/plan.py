"""Decides what will be done to an image, and prints it.

A plan is a tuple of frozen steps that `run.py` obeys. Its text is what `-v` and `--dry-run` show and what tests assert:
`horizontal bicubic 512->2048 taps 4 | vertical bicubic 512->2048 taps 4 | store u8`.
"""

from fractions import Fraction
from typing import NamedTuple

from . import emulate
from .errors import InputError
from .geometry import Geometry
from .interpolate.axis import Axis
from .raster import TOP, Raster
from .spec import Options, Spec
from .steps import Nearest, Place, Radial, Separable

LIGHT_SPACES = ("grey", "rgb", "any")


class Plan(NamedTuple):
    """Steps to be run one after the other; none when the image is left as it is."""

    steps: tuple

    def __str__(self) -> str:
        return " | ".join(map(str, self.steps)) or "nothing to do"


def make_plan(
    raster: Raster, spec: Spec, geometry: Geometry, options: Options, fill: tuple[float, ...], by_factor: bool = False
) -> Plan:
    """Return the plan for an image; `fill` is the background's sample of each channel.

    `by_factor` says that factors and not sizes were asked for, which some libraries named by `like` treat apart.
    Raises InputError where the options mean nothing to the image's colour space.
    """
    options = spec.merge(options)
    x, y, width, height = geometry.inner
    left, top, wide, high = geometry.window
    steps = []
    if geometry.window != (0, 0, width, height) or (width, height) != (raster.width, raster.height):
        axes = [(raster.width, width, left, wide), (raster.height, height, top, high)]
        if options.like:
            factors = geometry.scale if by_factor else (None, None)
            axes = [(*axis, factor) for axis, factor in zip(axes, factors, strict=True)]
            steps += emulate.steps(raster, spec, axes, options)
        else:
            steps.append(_step(raster, spec, axes, options, fill))
    if (x, y, width, height) != (0, 0, geometry.width, geometry.height):
        steps.append(Place(geometry.width, geometry.height, x, y, fill))
    return Plan(tuple(steps))


def _axis(spec: Spec, options: Options, n_in: int, n_out: int, start: Fraction, length: Fraction) -> Axis:
    step = Fraction(length) / n_out
    name = "area" if spec.method.engine == "area" else spec.method.filter
    antialias = options.antialias is not False
    return Axis(
        name, spec.parameters, n_in, n_out, Fraction(start) + step / 2, step, antialias, options.edge or "reflect"
    )


def _step(raster: Raster, spec: Spec, axes: list, options: Options, fill: tuple[float, ...]):
    """Return the one step that resizes."""
    horizontal, vertical = (_axis(spec, options, *axis) for axis in axes)
    if spec.method.engine == "nearest" or (horizontal.is_copy and vertical.is_copy):
        return Nearest(horizontal, vertical)
    kind = Radial if spec.method.engine == "radial" else Separable
    opaque = raster.opaque and not (options.edge == "constant" and fill[-1] < TOP[raster.samples.dtype.str[1:]])
    alpha = "none" if not raster.alpha else "straight" if options.straight_alpha or opaque else "weighted"
    sample = raster.samples.dtype.str[1:]
    light = _light(raster, options, horizontal, vertical)
    return kind(spec.text, horizontal, vertical, sample, light, alpha, options.antiring, fill)


def _light(raster: Raster, options: Options, horizontal: Axis, vertical: Axis) -> str:
    """Return the light to filter in; the sigmoid cures ringing of enlargements and is no use when shrinking."""
    if not options.linear and not options.sigmoid:
        return "encoded"
    if raster.space not in LIGHT_SPACES:
        raise InputError(f"linear light needs grey or RGB, not {raster.space}: leave --linear and --sigmoid out")
    shrinks = horizontal.shrinks or vertical.shrinks
    return "sigmoid" if options.sigmoid and not shrinks else "linear"
