"""Plans for `--like`: what pillow, opencv, torch, matlab and tensorflow do for a method, in this package's steps."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from .errors import UsageError
from .geometry import Scale, Size, exact_product
from .interpolate.axis import Axis
from .raster import Raster
from .spec import Options, Spec
from .steps import Nearest, OnePass, Separable, Weigh

HALF_A = (("b", 0.0), ("c", 0.5))
THREE_QUARTERS_A = (("b", 0.0), ("c", 0.75))


class Way(NamedTuple):
    """How a library does one method: filter, its arguments, border, and a rule of `interpolate/rules.py`, if any.

    The second set of fields is for antialiasing, where it differs; `stretches` says whether the library can.
    """

    filter: str
    parameters: tuple[tuple[str, float], ...] = ()
    edge: str = "renormalize"
    rule: str = ""
    stretches: bool = True
    with_antialias: "Way | None" = None


def _lobes(lobes: int) -> tuple[tuple[str, float], ...]:
    return (("lobes", lobes),)


def _pillow(filter_name: str, parameters: tuple = ()) -> Way:
    return Way(filter_name, parameters, rule="pillow")


COPY = Way("", stretches=False)

# library -> method (and, for Lanczos, lobes) -> way
WAYS: dict[str, dict[str, Way]] = {
    "pillow": {
        "nearest": COPY,
        "box": _pillow("box"),
        "bilinear": _pillow("triangle"),
        "hamming": _pillow("hamming"),
        "bicubic": _pillow("cubic", HALF_A),
        "lanczos": _pillow("lanczos", _lobes(3)),
        "magic-kernel-sharp-2013": _pillow("magic_kernel_sharp_2013"),
        "magic-kernel-sharp-2021": _pillow("magic_kernel_sharp_2021"),
    },
    "opencv": {
        "nearest": COPY,
        "bilinear": Way("triangle", edge="replicate", stretches=False),
        "bicubic": Way("cubic", THREE_QUARTERS_A, "replicate", stretches=False),
        "lanczos": Way("lanczos", _lobes(4), "replicate", stretches=False),
        "area": Way("area", stretches=False),
    },
    "torch": {
        "nearest": COPY,
        "bilinear": Way("triangle", edge="replicate", with_antialias=Way("triangle", rule="pillow")),
        "bicubic": Way("cubic", THREE_QUARTERS_A, "replicate", with_antialias=Way("cubic", HALF_A, rule="pillow")),
        "area": Way("area", rule="torch-area", stretches=False),
    },
    "matlab": {
        "nearest": COPY,
        "box": Way("box", edge="reflect"),
        "bilinear": Way("triangle", edge="reflect"),
        "bicubic": Way("cubic", HALF_A, "reflect"),
        "lanczos2": Way("lanczos", _lobes(2), "reflect"),
        "lanczos": Way("lanczos", _lobes(3), "reflect"),
    },
    "tensorflow": {
        "nearest": COPY,
        "bilinear": Way("triangle", edge="replicate", with_antialias=Way("triangle")),
        "bicubic": Way("cubic", HALF_A, rule="tensorflow-cubic", with_antialias=Way("cubic", HALF_A)),
        "mitchell": Way("cubic", (("b", 1 / 3), ("c", 1 / 3))),
        "lanczos": Way("lanczos", _lobes(3)),
        "lanczos5": Way("lanczos", _lobes(5)),
        "gaussian": Way("gaussian_to_3_sigma", (("sigma", 0.5),)),
        "area": Way("area", stretches=False),
    },
}

ANTIALIAS = {"pillow": True, "opencv": False, "torch": False, "matlab": True, "tensorflow": False}
ALWAYS_ANTIALIAS = ("pillow",)
# How a side follows from a factor: products of doubles, rounded; the others have no factors.
ROUND = {"opencv": round, "torch": math.floor, "matlab": math.ceil}
STEP_BY_FACTOR = {"opencv": ("nearest",), "torch": ("area",), "matlab": ()}  # but for these methods
EDGE = {"opencv": "replicate", "torch": "replicate", "matlab": "reflect"}


def way_of(spec: Spec, options: Options) -> Way:
    """Return the library's way to do the method; UsageError where it has none or does it otherwise."""
    library = options.like
    ways = WAYS[library]
    own = dict(spec.parameters)
    name = spec.method.name
    if name == "lanczos" and spec.said:
        name = next((key for key, way in ways.items() if way.parameters == _lobes(int(own["lobes"]))), name)
    if name not in ways:
        raise UsageError(f"{library} has no method {name}: it has {', '.join(ways)}")
    way = ways[name]
    if options.antialias and not way.stretches:
        raise UsageError(f"{library} does not antialias {name}: leave --antialias out")
    if options.antialias is False and library in ALWAYS_ANTIALIAS and way.stretches:
        raise UsageError(f"{library} always antialiases: leave --no-antialias out")
    if _antialias(way, options) and way.with_antialias:
        way = way.with_antialias
    theirs = dict(way.parameters)
    if spec.said and any(theirs.get(key, value) != value for key, value in own.items()):
        shown = ", ".join(f"{key}={value:g}" for key, value in way.parameters)
        raise UsageError(f"{library} does {spec.method.name} with {shown}: leave the parameters out")
    return way


def _antialias(way: Way, options: Options) -> bool:
    return way.stretches and (ANTIALIAS[options.like] if options.antialias is None else options.antialias)


def check(spec: Spec, options: Options, target: Scale | Size) -> None:
    """Raise UsageError for options that contradict the library named by `like`."""
    library = options.like
    way_of(spec, options)
    for name in ("linear", "sigmoid", "antiring", "refine"):
        if getattr(options, name):
            raise UsageError(f"{library} has nothing like --{name}: leave it out")
    if options.edge not in (None, EDGE.get(library)):
        raise UsageError(f"--edge {options.edge} is not what {library} does: leave it out")
    if options.straight_alpha and library == "pillow":
        raise UsageError("pillow premultiplies: leave --straight-alpha out")


def multiplication(library: str) -> Callable[[int, Fraction], int]:
    """Return how the library makes an output's side of a side and a factor."""
    if library not in ROUND:
        return exact_product
    return lambda side, factor: ROUND[library](side * float(factor))


def steps(raster: Raster, spec: Spec, axes: list, options: Options) -> list:
    """Return the steps; `axes` holds (n_in, n_out, start, length, factor or None) for width and height."""
    library = options.like
    way = way_of(spec, options)
    horizontal, vertical = (_axis(spec, way, options, *axis) for axis in axes)
    sample = raster.samples.dtype.str[1:]
    if way is COPY:
        rule = {"matlab": "", "pillow": "pillow, 16 bits" if sample == "u2" else "pillow"}.get(library, library)
        return [Nearest(horizontal, vertical, rule)]
    if library == "opencv" and spec.method.name == "area" and min(horizontal.step, vertical.step) < 1:
        horizontal, vertical = (_opencv_enlarging_area(axis) for axis in (horizontal, vertical))
    if library == "pillow":
        return _pillow_steps(raster, spec, sample, horizontal, vertical)
    if library == "matlab":
        return _passes(spec, sample, horizontal, vertical, vertical.step >= horizontal.step, "double")
    if library == "torch" and sample == "u1" and spec.method.name != "area":
        return _passes(spec, sample, horizontal, vertical, False, "fixed")
    alpha = "straight" if raster.alpha else "none"
    fill = (0,) * raster.samples.shape[2]
    return [Separable(spec.text, horizontal, vertical, sample, "encoded", alpha, 0.0, fill)]


def _axis(
    spec: Spec, way: Way, options: Options, n_in: int, n_out: int, start: Fraction, length: Fraction, factor
) -> Axis:
    by_factor = factor is not None and spec.method.name not in STEP_BY_FACTOR.get(options.like, (spec.method.name,))
    step = 1 / Fraction(factor) if by_factor else Fraction(length) / n_out
    origin = Fraction(start) + step / 2
    return Axis(way.filter, way.parameters, n_in, n_out, origin, step, _antialias(way, options), way.edge, way.rule)


def _opencv_enlarging_area(axis: Axis) -> Axis:
    return Axis("area", (), axis.n_in, axis.n_out, axis.origin, axis.step, False, "replicate", "opencv-area")


def _pillow_steps(raster: Raster, spec: Spec, sample: str, horizontal: Axis, vertical: Axis) -> list:
    """Pillow filters vertically first when that saves enough rows, and 8-bit images in integers."""
    saved = vertical.n_in - vertical.n_out
    vertical_first = saved > 0 and saved > 2 * (horizontal.n_in - horizontal.n_out)
    if sample == "u1":
        passes = _passes(spec, sample, horizontal, vertical, vertical_first, "fixed", 22)
    else:
        whole = raster.info.get("mode") == "I"
        passes = _passes(spec, sample, horizontal, vertical, vertical_first, "whole" if whole else "double")
    return [Weigh(False), *passes, Weigh(True)] if raster.alpha and sample == "u1" else passes


def _passes(
    spec: Spec, sample: str, horizontal: Axis, vertical: Axis, vertical_first: bool, arithmetic: str, bits: int = 0
) -> list:
    passes = [(horizontal, False), (vertical, True)]
    if vertical_first:
        passes.reverse()
    return [
        OnePass(spec.text, axis, is_vertical, sample, arithmetic, bits)
        for axis, is_vertical in passes
        if not (axis.is_copy and axis.n_in == axis.n_out)
    ]
