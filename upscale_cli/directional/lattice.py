"""Passes over a lattice, then one resampling of it: how edge-directed methods come to any size, band by band.

After n passes source sample i stands at lattice index i * 2**n, whereas output pixels follow centres, half a lattice
step off. The separable resampling that goes to the output's size takes that into account, and so costs nothing more
where the size is the lattice's own. Beyond the border the picture goes on as the edge rule says, for as far as the
passes look, or want to know; a band is computed from its own rows and those around it, and equals that part of the
whole.
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from ..interpolate.axis import Axis, fold
from ..interpolate.taps import taps_of
from . import dcci, eedi3, icbi, nedi
from .planes import loader, storer

METHODS = {"dcci": dcci, "nedi": nedi, "icbi": icbi, "eedi3": eedi3}
PLACED = {"eedi3"}  # those that cut the picture at fixed places, and so are told which of its rows they are given
UNITS = {"u1": 1, "u2": 257, "f4": 1 / 255}  # of a level on the 8-bit scale
BAND, HALO_SHARE = 64, 4  # rows that a pass doubles at a time: at least, and as a multiple of those around them

HELD = 40  # floats at most that doubling three colours holds for each sample, its own and those of the lattice included

f4 = np.float32


def held(method: str, arguments: dict, passes: int, width: int, height: int) -> int:
    """Return about how many bytes a band takes of a picture of that width and height: in the last pass, the largest."""
    reach = METHODS[method].reach(**arguments)
    rows = min(_at_once(reach), height << passes - 1) + 2 * reach
    return 4 * HELD * rows * ((width << passes - 1) + 2 * reach)


def _at_once(reach: int) -> int:
    """Return how many rows a pass doubles at a time."""
    return max(BAND, HALO_SHARE * reach)


class _Side:
    """One axis: which lattice samples each output sample blends, and which source samples the passes need for them."""

    def __init__(self, axis: Axis, passes: int, reach: int, beyond: int) -> None:
        taps = taps_of(axis)
        self.lefts, self.weights = taps.windows[:, 0] - taps.before, taps.weights.astype(f4)
        self.n_in, self.edge, self.passes = axis.n_in >> passes, axis.edge, passes
        repeats = (self.weights == self.weights[0]).all() and (np.diff(self.lefts) == 1).all()
        self.shift = self.weights.shape[1] if repeats else 0  # the taps of a shift
        # Mirrored pictures have mirrored ranges: centres are exact, windows of taps may be one longer on a side.
        around, first = self.weights.shape[1], axis.origin - Fraction(1, 2)
        last = first + (axis.n_out - 1) * axis.step
        self.all = self._ranges(math.floor(first) - around, math.ceil(last) + around + 1, beyond)
        self.reach = reach

    def needs(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return what the output samples first to last need: the lattice's range, that of each pass, the source's."""
        ranges = self._ranges(int(self.lefts[first]), int(self.lefts[last - 1]) + self.weights.shape[1], self.reach)
        return [(max(one[0], most[0]), min(one[1], most[1])) for one, most in zip(ranges, self.all, strict=True)]

    def _ranges(self, low: int, high: int, around: int) -> list[tuple[int, int]]:
        ranges = [(low, high)]
        for _ in range(self.passes):
            low, high = low // 2 - around, high // 2 + 1 + around
            ranges.append((low, high))
        return ranges

    def source(self, low: int, high: int) -> np.ndarray:
        """Return the source samples that stand from low to high, -1 for none."""
        return fold(np.arange(low, high), self.n_in, self.edge)


def doubler(
    src: np.ndarray, method: str, arguments: dict, passes: int, horizontal: Axis, vertical: Axis,
    shares: tuple[float, ...], fill: tuple[float, ...],
) -> Callable[[np.ndarray, int, int], None]:  # fmt: skip
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst.

    `src` is H x W x C of uint8, uint16 or float32; the axes count the samples of the lattice after `passes`. Colours
    share their directions, which a guide decides, the sum of as many channels by `shares` (dcci sums up differences of
    all channels alike); an alpha that is left has its own. `fill` is the sample of each channel beyond a constant
    border.
    """
    engine, sample, channels = METHODS[method], src.dtype.str[1:], src.shape[2]
    placed, reach = method in PLACED, engine.reach(**arguments)
    wraps = horizontal.edge == "wrap"  # so that what is found at a tile's border is what is found inside
    beyond = engine.BEYOND if placed and not wraps else reach
    x, y = _Side(horizontal, passes, reach, beyond), _Side(vertical, passes, reach, beyond)
    needs_x = x.all
    columns = x.source(*needs_x[-1])
    lefts_x = x.lefts - 2 * needs_x[1][0]
    colours = len(shares)
    groups = [(0, colours)] + [(colours, 1)] * (channels - colours)
    flat_src, background = src.reshape(src.shape[0], -1), np.array(fill, f4)
    load = loader(sample, channels)
    stores = [storer(sample, channels, count, x.shift, y.shift) for _, count in groups]
    at_once = max(1, int(2 * _at_once(reach) / vertical.step))

    def band(dst: np.ndarray, y0: int, y1: int) -> None:
        needs_y = y.needs(y0, y1)
        rows = y.source(*needs_y[-1])
        lefts_y, weights_y = y.lefts[y0:y1] - 2 * needs_y[1][0], y.weights[y0:y1]
        flat = dst.reshape(dst.shape[0], -1)
        for (first, count), store in zip(groups, stores, strict=True):
            planes = np.empty((count, len(rows), len(columns)), f4)
            load(flat_src, rows, columns, background, first, planes)
            for n in range(passes, 0, -1):
                top, wanted = needs_y[n][0], needs_y[n - 1]
                place = {"top": top - y.all[n][0], "rows": (wanted[0] - 2 * top, wanted[1] - 2 * top)} if placed else {}
                planes = engine.double(planes, UNITS[sample], shares, **place, **arguments)
                if n > 1:
                    planes = _cut(planes, needs_y[n], needs_y[n - 1], needs_x[n], needs_x[n - 1])
            line, out = np.empty(planes.shape[2], f4), np.empty((count, horizontal.n_out), f4)
            store(planes, lefts_y, weights_y, lefts_x, x.weights, first, line, out, flat, y0, y1)

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        count = -(-(y1 - y0) // at_once)  # of bands alike in height: a small one costs what stands around it, too
        for n in range(count):
            band(dst, y0 + (y1 - y0) * n // count, y0 + (y1 - y0) * (n + 1) // count)

    return rows


def _cut(lattice: np.ndarray, rows: tuple, inner_rows: tuple, columns: tuple, inner_columns: tuple) -> np.ndarray:
    """Return what the next stage needs of a lattice that stands for these rows and columns of its source."""
    top, left = inner_rows[0] - 2 * rows[0], inner_columns[0] - 2 * columns[0]
    bottom, right = inner_rows[1] - 2 * rows[0], inner_columns[1] - 2 * columns[0]
    return np.ascontiguousarray(lattice[:, top:bottom, left:right])
