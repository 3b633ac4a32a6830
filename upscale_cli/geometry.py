"""From a requested factor or size to the output's size and the part of the source that fills it.

Pure functions in integers, fractions and decimals: 100 x 0.29 is 29, which floats do not say.

         source               output
    +--------------+     +--------------+
    |   [window]   | --> |   [inner]    |
    +--------------+     +--------------+

Only `cover` has a window smaller than the source, only `contain` an inner smaller than the canvas.
"""

import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple

from .errors import GeometryError, UsageError
from .spec import FITS, GRAVITIES

ONLY = ("shrink", "enlarge")
# The share of the free room (contain) or of the overflow (cover) that lies left of and above the picture.
_SHARES = {
    g: (Fraction(1 + ("east" in g) - ("west" in g), 2), Fraction(1 + ("south" in g) - ("north" in g), 2))
    for g in GRAVITIES
}
_SMALLEST, _LARGEST = Fraction(1, 100_000), 100_000
# A float of at least 0.00001 has at most 22 decimals; the limit keeps later arithmetic small.
_DECIMAL = r"(?:[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})"
_SCALE_TEXT = re.compile(rf"({_DECIMAL})(?:x({_DECIMAL})?)?", re.IGNORECASE | re.ASCII)
_SIZE_TEXT = re.compile(
    r"(?:(?P<width>[0-9]*)x(?P<height>[0-9]*)|(?P<longer>[0-9]+)"
    rf"|(?P<percent>{_DECIMAL})%|(?P<area>{_DECIMAL})MP)(?P<marks>[!^<>]*)",
    re.IGNORECASE | re.ASCII,
)
_MARKS = {"!": ("fit", "fill"), "^": ("fit", "cover"), ">": ("only", "shrink"), "<": ("only", "enlarge")}
_SCALE_HINT = "write 2, 2.5 or 2x3"
_SIZE_HINT = "write 800x600, 800x, x600, 800, 50% or 2MP; then ! exact, ^ crop, > only shrink, < only enlarge"

_Multiply = Callable[[int, Fraction], int]
_Rectangle = tuple[Fraction, Fraction, Fraction, Fraction]


class Scale(NamedTuple):
    """Request an output by its factors, one for the width and one for the height."""

    x: Fraction
    y: Fraction

    def __str__(self) -> str:
        """Print as `4`, `2.5` or `2x3`: what `{scale}` reads in names."""
        return f"{float(self.x):g}" if self.x == self.y else f"{float(self.x):g}x{float(self.y):g}"


class Size(NamedTuple):
    """Request an output by its size.

    `kind` is "box" (`width`, `height` or both, in pixels), "longer" (that side in `width`), "percent"
    (`amount` is the factor) or "area" (`amount` in pixels). `fit` is one of FITS, `only` one of ONLY.
    """

    kind: str
    width: int | None
    height: int | None
    amount: Fraction | None
    fit: str = "inside"
    only: str | None = None

    def __str__(self) -> str:
        """Print as it was asked for, without its suffixes: what a folder's name says."""
        if self.kind == "box":
            return f"{self.width or ''}x{self.height or ''}"
        if self.kind == "longer":
            return str(self.width)
        return f"{float(self.amount * 100):g}%" if self.kind == "percent" else f"{float(self.amount / 10**6):g}MP"


class Geometry(NamedTuple):
    """Answer a request for one image.

    `width`, `height`: the output. `window`: left, top, width, height in source pixels of what is shown.
    `inner`: x, y, width, height in the output of where. `scale`: a Scale's own factors, else inner / window.
    """

    width: int
    height: int
    window: _Rectangle
    inner: tuple[int, int, int, int]
    scale: tuple[Fraction, Fraction]

    def reduced(self, factor: int) -> "Geometry":
        """Return the same for a source whose pixels are `factor` times as large."""
        return self._replace(window=tuple(Fraction(side) / factor for side in self.window))


def round_half_up(x: Fraction) -> int:
    """Round to the nearest integer, halves upwards."""
    return math.floor(x + Fraction(1, 2))


def exact_product(side: int, factor: Fraction) -> int:
    """Multiply exactly and round halves upwards."""
    return round_half_up(side * factor)


def parse_scale(text: str) -> Scale:
    """Read `F`, `Fx` or `FxG`, decimals from 0.00001 to 100000; raise UsageError for anything else."""
    found = _SCALE_TEXT.fullmatch(text.strip())
    if not found:
        raise _bad(text, "is not a factor above 0", _SCALE_HINT)
    return Scale(_factor(Fraction(found[1]), text), _factor(Fraction(found[2] or found[1]), text))


def scale_of(value: Any) -> Scale:
    """Make a Scale of text, a number or a pair; a float means its shortest decimal: 0.29 is 29/100."""
    if isinstance(value, str):
        return parse_scale(value)
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    try:
        x, y = (_exact(side) for side in pair)
    except (TypeError, ValueError):
        raise _bad(value, "is neither a factor nor a pair of factors", _SCALE_HINT) from None
    return Scale(_factor(x, value), _factor(y, value))


def parse_size(text: str, fit: str | None = None, only: str | None = None) -> Size:
    """Read `800x600`, `800x`, `x600`, `800`, `50%` or `2MP` with the suffixes `!`, `^`, `>`, `<`.

    `fit` (of FITS) and `only` (of ONLY) say the same in words. Raise UsageError for any other text, for a
    contradiction, and for a fit other than inside without two sides.
    """
    if fit not in (None, *FITS):
        raise _bad(fit, "is not a fit", f"choose from {', '.join(FITS)}")
    if only not in (None, *ONLY):
        raise _bad(only, "is not a restriction", f"choose from {', '.join(ONLY)}")
    found = _SIZE_TEXT.fullmatch(text.strip())
    if not found or not any(found.groups()[:-1]):  # "x" has no number
        raise _bad(text, "is not a size")
    fit, only = _meanings(text, found["marks"], fit, only)
    if fit != "inside" and not (found["width"] and found["height"]):
        raise _bad(text, "has one number, but --fit, ! and ^ need WIDTHxHEIGHT", f"write 800x600 for {fit}")
    if found["percent"]:
        factor = _factor(Fraction(found["percent"]) / 100, text, _SIZE_HINT)
        return Size("percent", None, None, factor, fit, only)
    if found["area"]:
        return Size("area", None, None, _area(found["area"], text), fit, only)
    if found["longer"]:
        return Size("longer", _side(found["longer"], text), None, None, fit, only)
    return Size("box", _side(found["width"], text), _side(found["height"], text), None, fit, only)


def size_of(value: Any, fit: str | None = None, only: str | None = None) -> Size:
    """Make a Size of text or a (width, height) pair of integers, as parse_size does of text."""
    if isinstance(value, str):
        return parse_size(value, fit, only)
    try:
        width, height = value
        text = f"{_exact(width)}x{_exact(height)}"
    except (TypeError, ValueError):
        raise _bad(value, "is neither a pair of whole sides nor a text") from None
    return parse_size(text, fit, only)


def resolve(
    request: Scale | Size,
    width: int,
    height: int,
    gravity: str = "center",
    multiply: _Multiply = exact_product,
) -> Geometry:
    """Answer a request for an image of `width` x `height` pixels.

    `gravity` (of GRAVITIES) says which part `cover` keeps and where `contain` puts the picture.
    `multiply` gives side x factor, rounded, for a Scale and a percentage; sides that follow from a box or an
    area are rounded half up and at least 1. Raise GeometryError when a side would be 0.
    """
    if gravity not in _SHARES:
        raise _bad(gravity, "is not a gravity", f"choose from {', '.join(GRAVITIES)}")
    if width < 1 or height < 1:
        raise GeometryError(f"an image of {width}x{height} pixels has nothing to resize: give one of 1x1 or more")
    whole = (Fraction(0), Fraction(0), Fraction(width), Fraction(height))
    if isinstance(request, Scale):
        sides = _multiplied(width, height, request, multiply)
        return Geometry(*sides, whole, (0, 0, *sides), (request.x, request.y))
    if request.fit == "cover":
        canvas, window = _cover(request, width, height, gravity)
        inner = (0, 0, *canvas)
    else:
        canvas = sides = _picture(request, width, height, multiply)
        if request.fit == "contain":  # a picture that may only be enlarged can exceed the box
            canvas = max(request.width, sides[0]), max(request.height, sides[1])
        x, y = (math.floor((canvas[i] - sides[i]) * _SHARES[gravity][i]) for i in (0, 1))
        window, inner = whole, (x, y, *sides)
    return Geometry(*canvas, window, inner, (inner[2] / window[2], inner[3] / window[3]))


def _picture(size: Size, width: int, height: int, multiply: _Multiply) -> tuple[int, int]:
    """Give the sides of the whole source, resized; for every fit but `cover`."""
    if size.kind == "area":
        area = _clamped(size.amount / (width * height), size.only) * width * height
        return max(1, _rounded_root(area * width / height)), max(1, _rounded_root(area * height / width))
    if size.kind == "percent":
        factor = _clamped(size.amount, size.only)
        return _multiplied(width, height, Scale(factor, factor), multiply)
    if size.fit == "fill":
        fx, fy = _box_factors(size, width, height)
    else:
        fx = fy = (max if size.fit == "outside" else min)(_box_factors(size, width, height))
    return max(1, round_half_up(width * fx)), max(1, round_half_up(height * fy))


def _cover(size: Size, width: int, height: int, gravity: str) -> tuple[tuple[int, int], _Rectangle]:
    """Give the output's sides and the window of their aspect that gravity keeps."""
    factor = max(_box_factors(size, width, height))
    # A scaled side below the box's is one that `only` kept at the source's: a whole number already.
    sides = min(size.width, math.ceil(width * factor)), min(size.height, math.ceil(height * factor))
    shown = sides[0] / factor, sides[1] / factor
    left, top = (
        (side - part) * share for side, part, share in zip((width, height), shown, _SHARES[gravity], strict=True)
    )
    if factor == 1:  # a plain crop stays on whole pixels, which need no filtering
        left, top = Fraction(math.floor(left)), Fraction(math.floor(top))
    return sides, (left, top, *shown)


def _box_factors(size: Size, width: int, height: int) -> list[Fraction]:
    """Give the factor that each side of the box asks for; "longer" is a square box to fit inside."""
    box = (size.width, size.width if size.kind == "longer" else size.height)
    return [_clamped(Fraction(b, side), size.only) for b, side in zip(box, (width, height), strict=True) if b]


def _clamped(factor: Fraction, only: str | None) -> Fraction:
    return Fraction(1) if (only == "shrink" and factor > 1) or (only == "enlarge" and factor < 1) else factor


def _multiplied(width: int, height: int, scale: Scale, multiply: _Multiply) -> tuple[int, int]:
    """Multiply and round both sides; raise GeometryError when one becomes 0."""
    sides = multiply(width, scale.x), multiply(height, scale.y)
    if min(sides) < 1:
        raise GeometryError(
            f"a factor of {scale} makes the {width}x{height} image {sides[0]}x{sides[1]}: "
            "use a larger factor, or a size such as 64, which keeps every side at least 1"
        )
    return sides


def _rounded_root(x: Fraction) -> int:
    """Round sqrt(x) half up, exactly: floor(sqrt(x) + 1/2) = floor((floor(sqrt(4x)) + 1) / 2)."""
    return (math.isqrt(math.floor(4 * x)) + 1) // 2


def _exact(value: Any) -> int | Fraction | Decimal:
    """Read a number, a float by its shortest decimal; raise TypeError or ValueError otherwise."""
    if isinstance(value, (Fraction, Decimal)):
        return value
    if isinstance(value, (bool, str, bytes)):
        raise TypeError
    try:
        return operator.index(value)
    except TypeError:
        number = float(value)
    try:  # numpy.float32(0.29) prints as 0.29, but float() of it is 0.28999999165534973
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(repr(number))


def _factor(value: int | Fraction | Decimal, shown: Any, hint: str = _SCALE_HINT) -> Fraction:
    """Check that a factor is a number above 0 and within the limits; `shown` stands in the message."""
    if (isinstance(value, Decimal) and not value.is_finite()) or value <= 0:
        raise _bad(shown, "is not a factor above 0", hint)
    if not _SMALLEST <= value <= _LARGEST:
        raise _bad(shown, f"is not a factor from 0.00001 to {_LARGEST}", hint)
    return Fraction(value)


def _side(digits: str, text: str) -> int | None:
    """Read a side of 1 to 9999999 pixels; no digits are no side."""
    if digits and (len(digits) > 7 or not int(digits)):
        raise _bad(text, "has a side outside 1 to 9999999")
    return int(digits) if digits else None


def _area(number: str, text: str) -> Fraction:
    """Read millions of pixels, up to 7 digits before the point; give pixels."""
    pixels = Fraction(number) * 10**6
    if not 0 < pixels < 10**13:
        raise _bad(text, "is not an area above 0 of at most 7 digits")
    return pixels


def _meanings(text: str, marks: str, fit: str | None, only: str | None) -> tuple[str, str | None]:
    """Join suffixes with fit and only; raise UsageError for a repeated suffix and for a contradiction."""
    meant = {"fit": fit, "only": only}
    for mark in marks:
        what, meaning = _MARKS[mark]
        if marks.count(mark) > 1:
            raise _bad(text, f"says {mark} more than once", "leave one")
        if meant[what] not in (None, meaning):
            raise _bad(text, f"is asked to mean both {meant[what]} and {meaning}", "leave one out")
        meant[what] = meaning
    return meant["fit"] or "inside", meant["only"]


def _bad(value: Any, what: str, advice: str = _SIZE_HINT) -> UsageError:
    """Make the error for user input, which is quoted on one short printable line."""
    try:
        text = str(value)
    except ValueError:  # an int beyond Python's limit of 4300 digits
        text = "a number of thousands of digits"
    text = "".join(c if c.isprintable() else "?" for c in text)
    return UsageError(f"'{text if len(text) <= 40 else text[:39] + '…'}' {what}: {advice}")
