"""Iterative back-projection: what an enlarged picture lacks of its source, once it is shrunk again, is put back.

M. Irani, S. Peleg: "Improving resolution by image registration", CVGIP 1991, for a single picture. Both ways go by
bicubic. Rows are refined in blocks at fixed places, each with what its result depends on around it, so that results do
not depend on how rows are cut.
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from .axis import Axis
from .rows import TOP
from .separable import resampler

BLOCK = 256  # output rows
REACH = 5  # source rows that an iteration looks at beyond those it changes: 2 to shrink, 2 to enlarge, and a part

f4 = np.float32


def refiner(
    src: np.ndarray, made: np.ndarray, times: int, shrinking: tuple[Axis, Axis], enlarging: tuple[Axis, Axis],
    alpha: bool,
) -> Callable[[np.ndarray, int, int], None]:  # fmt: skip
    """Return a function (dst, y0, y1) that writes the rows y0 to y1 of `made`, refined `times` times, to dst.

    `src` H x W x C, `made` and `dst` are of one type; the axes (horizontal, vertical) lead from `made` to `src` and
    back. With `alpha` the last channel is a straight alpha by which colours are weighted when shrunk; where the
    source's is 0, colours stay, and where that of `made` is, so does it.
    """
    (x_down, y_down), (x_up, y_up) = shrinking, enlarging
    height, n_out = src.shape[0], made.shape[0]
    unit = f4(1 / TOP[src.dtype.str[1:]])
    weighing, nothing = "weighted" if alpha else "none", np.zeros(src.shape[2], f4)
    across = _inside(x_down)[:, None]

    def source_row(y: int) -> Fraction:
        return y_up.origin + y * y_up.step

    def refined(first: int, last: int) -> tuple[int, np.ndarray]:
        """Return the first row that was worked out, and the rows: first to last, and more around them."""
        top = max(0, math.floor(source_row(first)) - REACH * times)
        bottom = min(height, math.ceil(source_row(last)) + REACH * times)
        a = 0 if top == 0 else max(0, math.floor((top - y_up.origin) / y_up.step))
        b = n_out if bottom == height else min(n_out, math.ceil((bottom - y_up.origin) / y_up.step) + 1)
        up = y_up._replace(n_in=bottom - top, n_out=b - a, origin=source_row(a) - top)
        origin = y_down.origin + top * y_down.step - a
        down = y_down._replace(n_in=b - a, n_out=bottom - top, origin=origin)
        wanted, rows = src[top:bottom] * unit, made[a:b] * unit
        shown = across & _inside(y_down)[top:bottom, None, None]
        low, more = np.empty_like(wanted), np.empty_like(rows)
        for _ in range(times):
            resampler(rows, x_down, down, "encoded", weighing, 0.0, nothing)(low, 0, bottom - top)
            np.subtract(wanted, low, out=low)
            low *= shown
            if alpha:
                low[..., :-1] *= wanted[..., -1:] > 0
            resampler(low, x_up, up, "encoded", "none", 0.0, nothing)(more, 0, b - a)
            if alpha:
                more[..., -1] *= made[a:b, :, -1] > 0
            rows += more
        return a, rows

    def fill(dst: np.ndarray, y0: int, y1: int) -> None:
        for block in range(y0 // BLOCK, (y1 - 1) // BLOCK + 1):
            a, rows = refined(block * BLOCK, min((block + 1) * BLOCK, n_out))
            first, last = max(y0, block * BLOCK), min(y1, (block + 1) * BLOCK)
            rows = rows[first - a : last - a]
            if dst.dtype != f4:
                rows = np.floor(rows.clip(0, 1) * f4(TOP[dst.dtype.str[1:]]) + f4(0.5))
            dst[first:last] = rows

    return fill


def _inside(axis: Axis) -> np.ndarray:
    """Return which samples of the source lie within the enlarged picture, bool: others are not shown in it."""
    centres = [axis.origin + i * axis.step for i in (0, axis.n_out - 1)]
    if centres[0] >= 0 and centres[1] <= axis.n_in:
        return np.ones(axis.n_out, bool)
    return np.array([0 <= axis.origin + i * axis.step <= axis.n_in for i in range(axis.n_out)])
