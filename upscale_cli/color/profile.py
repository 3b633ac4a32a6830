"""ICC profiles (ICC.1:2022): whether one is sound, and the tone curves of those that are curves and a matrix.

All numbers in a profile are big-endian: a header of 128 bytes, the count of tags, and for each its name, its place and
its size.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

HEADER, TABLE, ENTRY = 128, 132, 12  # bytes before the count of tags, before their table, and for each of them
CURVES = {b"RGB ": (b"rTRC", b"gTRC", b"bTRC"), b"GRAY": (b"kTRC",)}
MATRIX = {b"RGB ": (b"rXYZ", b"gXYZ", b"bXYZ"), b"GRAY": ()}
PARAMETERS = (1, 3, 4, 5, 7)  # of parametricCurveType's functions 0 to 4
DROP = 1e-4  # light that a rounded formula may lose where its parts meet
TAIL = 32  # the last part in so many of a table tells the slope beyond it: a single step of 16 bits is coarse


class Curve(NamedTuple):
    """A tone curve from device values (0 to 1) to light (0 to 1), and back.

    It is odd, and goes on above 1: a formula as it is, a table straight on. There and back is exact to rounding but
    where the curve is flat (tables often are in the dark, for want of bits): black stays 0, any other flat part becomes
    its upper end.
    """

    formula: tuple[float, ...]  # g, a, b, c, d, e, f: (a x + b) ** g + e from d on, c x + f below; never below 0
    table: bytes = b""  # holds in its place if there is one: >u2 at even distances, never decreasing

    def to_light(self, values: np.ndarray) -> np.ndarray:
        """Return the light (float64) of device values, of any shape."""
        return _odd(self._looked_up if self.table else self._computed, values)

    def from_light(self, values: np.ndarray) -> np.ndarray:
        """Return the device values (float64) of light, of any shape."""
        return _odd(self._found if self.table else self._solved, values)

    def _computed(self, x: np.ndarray) -> np.ndarray:
        g, a, b, c, d, e, f = self.formula
        return np.maximum(np.where(x < d, c * x + f, np.maximum(a * x + b, 0) ** g + e), 0)

    def _solved(self, light: np.ndarray) -> np.ndarray:
        g, a, b, c, d, e, f = self.formula
        black, knee = self._computed(np.array([0, d]))
        x = np.where(light < knee, np.minimum((light - f) / c, d), ((light - e) ** (1 / g) - b) / a)
        return np.where(light <= black, 0, x)

    def _nodes(self) -> tuple[np.ndarray, np.ndarray, float]:
        light = np.frombuffer(self.table, ">u2") / 65535
        steps = (len(light) - 1) // TAIL + 1
        slope = (light[-1] - light[-1 - steps]) / steps * (len(light) - 1)
        return np.linspace(0, 1, len(light)), light, slope or light[-1] - light[0]

    def _looked_up(self, x: np.ndarray) -> np.ndarray:
        nodes, light, slope = self._nodes()
        return np.where(x > 1, light[-1] + (x - 1) * slope, np.interp(x, nodes, light))

    def _found(self, light: np.ndarray) -> np.ndarray:
        nodes, known, slope = self._nodes()
        x = np.where(light > known[-1], 1 + (light - known[-1]) / slope, np.interp(light, known, nodes))
        return np.where(light <= known[0], 0, x)


SRGB = Curve((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0))  # IEC 61966-2-1


def _odd(function: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    with np.errstate(all="ignore"):  # values without sense stay in the branches that `where` leaves out
        result = function(np.abs(values))
    return np.where(values < 0, -result, result)


def space_of(profile: bytes) -> bytes:
    """Return the space of the colours that a profile describes: b"RGB ", b"GRAY", b"CMYK", b"Lab " and so on."""
    return bytes(profile[16:20])


def is_sound(profile: bytes) -> bool:
    """Whether the header and the table of tags are whole, and every tag lies within the profile."""
    return _tags(profile) is not None


def curves_of(profile: bytes) -> tuple[Curve, ...] | None:
    """Return the curves of a profile that consists of them: red, green and blue with a matrix, or grey.

    None for all others, where light cannot be had so simply, for curves that do not rise, and for any damage.
    """
    tags, space = _tags(profile), space_of(profile)
    # where the profile's other side is Lab, a grey curve leads to lightness, not to light
    if tags is None or space not in CURVES or profile[20:24] != b"XYZ ":
        return None
    if not tags.keys() >= {*CURVES[space], *MATRIX[space]}:
        return None
    curves = tuple(_curve(profile[tags[name]]) for name in CURVES[space])
    return None if None in curves else curves


def is_srgb(curves: tuple[Curve, ...]) -> bool:
    """Whether every curve is the sRGB curve to within 1e-3 of light."""
    levels = np.arange(256) / 255
    return all(bool((abs(curve.to_light(levels) - SRGB.to_light(levels)) < 1e-3).all()) for curve in curves)


def _tags(profile: bytes) -> dict[bytes, slice] | None:
    """Return each tag's place by its name, None where the profile is damaged."""
    if len(profile) < TABLE or profile[36:40] != b"acsp":
        return None
    (size,), (count,) = struct.unpack_from(">I", profile), struct.unpack_from(">I", profile, HEADER)
    if size > len(profile) or not 1 <= count <= (size - TABLE) // ENTRY:
        return None
    entries = [struct.unpack_from(">4sII", profile, TABLE + ENTRY * i) for i in range(count)]
    if any(start + length > size for _, start, length in entries):
        return None
    return {name: slice(start, start + length) for name, start, length in entries}


def _curve(data: bytes) -> Curve | None:
    """Return the curve of a tag's data, curveType (10.6) or parametricCurveType (10.18), if it is one that rises."""
    if len(data) < 12:
        return None
    (count,), (function,) = struct.unpack_from(">I", data, 8), struct.unpack_from(">H", data, 8)
    curve = None
    if data[:4] == b"curv" and len(data) >= 12 + 2 * count:
        entries = np.frombuffer(data, ">u2", count, 12)
        if count > 1:
            curve = Curve((), np.maximum.accumulate(entries).astype(">u2").tobytes())
            return curve if entries[-1] > entries[0] else None
        curve = _formula([entries[0] / 256 if count else 1])
    elif data[:4] == b"para" and function < len(PARAMETERS) and len(data) >= 12 + 4 * PARAMETERS[function]:
        curve = _formula([n / 65536 for n in struct.unpack_from(f">{PARAMETERS[function]}i", data, 12)])
    return curve if curve and _rises(curve) else None


def _formula(parameters: list[float]) -> Curve | None:
    """Return parametricCurveType's function of so many parameters as the last of them, which has all."""
    g, a, b, *rest = (*parameters, 1.0, 0.0)[: max(3, len(parameters))]
    if g <= 0 or a <= 0:
        return None
    match rest:
        case []:
            rest = [0, -b / a, 0, 0]
        case [c]:
            rest = [0, -b / a, c, c]
        case [c, d]:
            rest = [c, d, 0, 0]
    return Curve(tuple(float(n) for n in (g, a, b, *rest))) if rest[0] >= 0 else None


def _rises(curve: Curve) -> bool:
    light = curve.to_light(np.linspace(0, 1, 1025))
    return bool(np.isfinite(light).all() and np.diff(light).min() > -DROP and light[-1] > light[0])
