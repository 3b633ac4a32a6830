"""What the user asks of the arithmetic: a method's spec such as `lanczos:lobes=4,antiring=1`, and the options."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from .errors import UsageError
from .methods import METHODS, Method

FITS = ("inside", "outside", "fill", "cover", "contain")
GRAVITIES = ("center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
EDGES = ("reflect", "replicate", "wrap", "constant", "renormalize")
LIKES = ("pillow", "opencv", "torch", "matlab", "tensorflow")
DEPTHS = ("keep", "8", "16")
DITHERS = ("diffusion", "ordered", "none")
PROFILES = ("keep", "srgb")
PALETTES = ("full", "keep")
SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
LARGEST_DPI = 65_535  # what JPEG holds
MOST_REFINEMENTS = 100
SMALLEST_MEMORY = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Options:
    """How to resample, beside the method.

    `antialias` None means on and `edge` None what the method's row has, or what the library named by `like` does.
    `refine` is how often what an enlarged picture lacks of the source, once it is shrunk again, is put back.
    """

    linear: bool = False
    sigmoid: bool = False
    antialias: bool | None = None
    edge: str | None = None
    antiring: float = 0.0
    like: str | None = None
    straight_alpha: bool = False
    refine: int = 0

    def __post_init__(self) -> None:
        if self.edge is not None:
            check_choice("edge", self.edge, EDGES)
        if self.like is not None:
            check_choice("like", self.like, LIKES)
        if not 0 <= self.antiring <= 1:
            raise UsageError(f"antiring {self.antiring:g} is outside 0 to 1")
        if self.refine not in range(MOST_REFINEMENTS + 1):
            raise UsageError(f"refine {self.refine} is no whole number from 0 to {MOST_REFINEMENTS}")


@dataclass(frozen=True, slots=True)
class Handling:
    """What becomes of all that a file holds beside its samples.

    `orient` turns the picture upright; `strip` drops all metadata but the profile; `dpi` is "keep", "scale" or dots per
    inch, None to keep what is not stripped; `frame` the only one that is wanted, counted from 0; the others are words
    of PROFILES, DEPTHS, DITHERS and PALETTES.
    """

    orient: bool = True
    strip: bool = False
    dpi: str | float | None = None
    profile: str = "keep"
    depth: str = "keep"
    dither: str = "diffusion"
    palette: str = "full"
    frame: int | None = None

    def __post_init__(self) -> None:
        check_choice("profile", self.profile, PROFILES)
        check_choice("depth", self.depth, DEPTHS)
        check_choice("dither", self.dither, DITHERS)
        check_choice("palette", self.palette, PALETTES)
        if isinstance(self.dpi, str):
            check_choice("dpi", self.dpi, ("keep", "scale"))
        elif self.dpi is not None and not 1 <= self.dpi <= LARGEST_DPI:
            raise UsageError(f"dpi {self.dpi:g} is outside 1 to {LARGEST_DPI}")
        if self.frame is not None and self.frame < 0:
            raise UsageError(f"frame {self.frame} is below 0, the first")
        if self.strip and not self.orient:
            raise UsageError("strip would drop the orientation that no-orient leaves to the tag: give one of the two")


def parse_dpi(text: str) -> str | float:
    """Return what `keep`, `scale` or a number of dots per inch says; UsageError for anything else."""
    if text in ("keep", "scale"):
        return text
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 1 <= number <= LARGEST_DPI:
        raise UsageError(f"{text!r} is neither keep, scale nor a number from 1 to {LARGEST_DPI}")
    return number


def parse_memory(text: str) -> int:
    """Return the bytes that `500M`, `2G` or `1.5GiB` says, in powers of 1024; UsageError for anything else."""
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([KMGT]?)(?:i?B)?", text, re.IGNORECASE | re.ASCII)
    number = int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")) if found else 0
    if number < SMALLEST_MEMORY:
        raise UsageError(f"{text!r} is no amount of memory of 1M or more: write 500M or 2G")
    return number


class Spec(NamedTuple):
    """A method with its parameters: `name` as it was asked for (an alias, perhaps), `text` the whole spec.

    `parameters` holds the arguments of the row's filter; `said` only those that the user gave; `options` the common
    options in the spec.
    """

    method: Method
    name: str
    text: str
    parameters: tuple[tuple[str, float], ...]
    said: tuple[tuple[str, float], ...]
    options: tuple[tuple[str, object], ...]

    def merge(self, options: Options) -> Options:
        """Return the options with those of the spec put over them."""
        return replace(options, **dict(self.options)) if self.options else options

    @property
    def own_scale(self) -> str | None:
        """The factor of a method that has only one."""
        return str(self.method.factors[0]) if len(self.method.factors) == 1 else None

    @property
    def plain(self) -> bool:
        """Whether no parameter was given."""
        return not self.said

    def check(self, options: Options) -> None:
        """Raise UsageError for an option (merged before) that means nothing to the method."""
        if options.refine and not self.method.blends:
            raise UsageError(f"{self.name} takes no refine, which blends what it keeps apart: leave it out")
        if self.method.filters:
            return
        for name in ("linear", "sigmoid", "antiring", "like", "antialias"):
            if getattr(options, name):
                raise UsageError(f"{self.name} takes no {name}: leave it out, or choose a traditional method")
        if options.antialias is False:
            raise UsageError(
                f"{self.name} has no antialiasing to switch off: leave that out, or choose a traditional method"
            )
        if options.edge == "renormalize":
            raise UsageError(f"{self.name} has no weights to renormalize: choose another edge, such as replicate")
        if options.edge is not None and options.edge not in edges_of(self.method):
            raise UsageError(f"{self.name} has no {options.edge} border: choose another edge, such as replicate")


def nearest_name(word: str, names: Iterable[str], likeness: float = 0.5) -> str:
    """Return `; did you mean NAME?` for the likeliest of the names, or an empty string if none is like enough."""
    import difflib

    close = difflib.get_close_matches(word.lower(), list(names), n=1, cutoff=likeness)
    return f"; did you mean {close[0]}?" if close else ""


def check_choice(what: str, word: str, choices: Iterable[str]) -> None:
    """Raise UsageError unless the word is one of the choices."""
    choices = tuple(choices)
    if word not in choices:
        hint = nearest_name(str(word), choices) or f": it is one of {', '.join(choices)}"
        raise UsageError(f"there is no {what} {word!r}{hint}")


def names() -> dict[str, tuple[Method, tuple[tuple[str, float], ...]]]:
    """Return every name and alias with its row and the parameters that the alias stands for."""
    known = {row.name: (row, ()) for row in METHODS.values()}
    known.update((alias, (row, values)) for row in METHODS.values() for alias, values in row.aliases)
    return known


def parse_method(text: str) -> Spec:
    """Return the spec that `name` or `name:key=value,key=value` says.

    Raises UsageError for an unknown name or key, a bad value, or a key given twice, with the nearest name.
    """
    if not isinstance(text, str):
        raise UsageError(f"a method is text such as 'lanczos:lobes=4', not {text!r}")
    name, colon, rest = (part.strip() for part in text.partition(":"))
    known, name = names(), name.lower()
    if not name:
        raise UsageError("a method's name is missing: give one, such as bicubic (`upscale methods` lists them)")
    if "," in name or name == "all" or name.startswith("@"):
        raise UsageError(f"{name!r} is a list of methods, which only `upscale compare` takes: give one")
    if name not in known:
        raise UsageError(f"there is no method {name!r}{nearest_name(name, known)} (`upscale methods` lists them)")
    method, preset = known[name]
    own, common = {}, {}
    for pair in rest.split(",") if colon else ():
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not key or not value:
            raise UsageError(f"method {text!r}: {pair!r} is not key=value")
        if key in own or key in common:
            raise UsageError(f"method {text!r}: {key} is given twice: give it once")
        if key in _COMMON:
            common[key] = _COMMON[key](key, value)
        else:
            own[key] = _parameter(method, key, value)
    said = tuple({**dict(preset), **own}.items())
    return Spec(method, name, text.strip(), _arguments(method, dict(said)), said, tuple(common.items()))


def taken_by(method: Method) -> list[str]:
    """Return the keys that a spec of the method may have: its own parameters, then common options."""
    common = [key for key in _COMMON if method.blends or key != "refine"] if method.filters else ["edge"]
    return [row.name for row in method.parameters] + common + ["refine"] * (method.blends and not method.filters)


def edges_of(method: Method) -> tuple[str, ...]:
    """Return the words of EDGES that mean something to the method."""
    without = () if method.filters else ("renormalize", "constant") if method.engine == "region" else ("renormalize",)
    return tuple(edge for edge in EDGES if edge not in without)


def choices_of(method: Method, key: str) -> tuple[str, ...]:
    """Return the words that a key of the method's spec may have for its value; none for numbers and names."""
    row = next((row for row in method.parameters if row.name == key), None)
    if row is None:
        flags = {name: ("true", "false") for name, parse in _COMMON.items() if parse is _flag}
        return {"edge": edges_of(method), "like": LIKES, **flags}.get(key, ())
    return row.choices or (("true", "false") if isinstance(row.default, bool) else ())


def _parameter(method: Method, key: str, value: str) -> float | str:
    row = next((row for row in method.parameters if row.name == key), None)
    if row is None:
        takes = taken_by(method)
        hint = nearest_name(key, takes) or f": it takes {', '.join(takes)}"
        raise UsageError(f"method {method.name} has no parameter {key!r}{hint}")
    if row.suffix and value.lower().endswith(row.suffix):
        return value
    if row.choices:
        check_choice(f"{method.name} {key}", value, row.choices)
        return value
    if row.suffix:
        raise UsageError(f"method {method.name}: {key}={value} must be a file's name that ends in {row.suffix}")
    if isinstance(row.default, bool):
        return _flag(key, value)
    number = _number(key, value)
    if not row.low <= number <= row.high or (row.whole and number != int(number)) or (row.even and number % 2):
        kind = "an even number from" if row.even else "a whole number from" if row.whole else "from"
        raise UsageError(f"method {method.name}: {key}={value} must be {kind} {row.low:.10g} to {row.high:.10g}")
    return int(number) if row.whole else number


def _arguments(method: Method, said: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Return the filter's arguments: constants, defaults, then what was said; `a` of a cubic stands for c = -a."""
    if "a" in said and ("b" in said or "c" in said):
        raise UsageError(f"method {method.name}: give either a, or b and c")
    if "weights" in said and {"size", "input"} & said.keys():
        raise UsageError(f"method {method.name}: weights={said['weights']} tells size and input: leave these out")
    values = dict(method.constants) | {row.name: row.default for row in method.parameters} | said
    if "a" in values:
        a = values.pop("a")
        values["c"] = -a if values["c"] is None else values["c"]
    return tuple(values.items())


def _number(key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{key}={value} is not a number")
    return number


def _flag(key: str, value: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if value.lower() not in words:
        raise UsageError(f"{key}={value} is neither true nor false")
    return words[value.lower()]


def _strength(key: str, value: str) -> float:
    number = _number(key, value)
    if not 0 <= number <= 1:
        raise UsageError(f"{key}={value} is outside 0 to 1")
    return number


def _count(key: str, value: str) -> int:
    number = _number(key, value)
    if number != int(number):
        raise UsageError(f"{key}={value} is no whole number")
    return int(number)


def _choice(choices: tuple[str, ...]):
    def parse(key: str, value: str) -> str:
        check_choice(key, value, choices)
        return value

    return parse


_COMMON = {
    "linear": _flag,
    "sigmoid": _flag,
    "antialias": _flag,
    "antiring": _strength,
    "edge": _choice(EDGES),
    "refine": _count,
    "like": _choice(LIKES),
}
