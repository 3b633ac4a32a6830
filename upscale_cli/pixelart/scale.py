"""Scale2x and Scale3x (EPX; A. Mazzoleni 2001): cells of an enlarged pixel are copies of it or of a neighbour.

A B C      Where neither B and H nor D and F are alike, a corner takes the colour of two alike neighbours that meet
D E F      there; 3x: the middle of an edge takes that of the neighbour it touches, if the neighbour continues one
G H I      of the edge's corners and E does not continue into the other one.

Every cell has one neighbour that it may take: cells are selected plane by plane, in sweeps, and put together last.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel
from .planes import differs, exceeds, splitter, strip_of

HALO = 1
UNIT = {"u1": 1, "u2": 257, "f4": 1 / 255}  # a level in samples
# The neighbour that each cell may take, as steps down and right.
TAKEN = {
    2: ((0, -1), (0, 1), (0, -1), (0, 1)),
    3: ((0, -1), (-1, 0), (0, 1), (0, -1), (0, 0), (0, 1), (0, -1), (1, 0), (0, 1)),
}

f4 = np.float32
u1 = np.uint8
u8 = np.uint64


def _chooser(factor: int) -> Callable:
    """Return a helper that fills, for the pixels of a strip, which cells take their neighbour: 1 or 0.

    `falling` and `rising` are 1 where diagonal neighbours are unlike (see `planes.py`), `across` where neither B and H
    nor D and F are alike.
    """
    one = u8(1)

    @helper
    def twice(falling, rising, across, w, first, last, takes):
        for i in range(first, last):
            may = across[i]
            takes[0, i] = may & (rising[i - w - one] ^ u1(1))
            takes[1, i] = may & (falling[i - w] ^ u1(1))
            takes[2, i] = may & (falling[i - one] ^ u1(1))
            takes[3, i] = may & (rising[i] ^ u1(1))

    @helper
    def thrice(falling, rising, across, w, first, last, takes):
        for i in range(first, last):
            may = across[i]
            bd, bf = may & (rising[i - w - one] ^ u1(1)), may & (falling[i - w] ^ u1(1))
            dh, fh = may & (falling[i - one] ^ u1(1)), may & (rising[i] ^ u1(1))
            ea, ec, eg, ei = falling[i - w - one], rising[i - w], rising[i - one], falling[i]
            takes[0, i], takes[2, i], takes[6, i], takes[8, i] = bd, bf, dh, fh
            takes[1, i] = (bd & ec) | (bf & ea)
            takes[3, i] = (bd & eg) | (dh & ea)
            takes[5, i] = (bf & ei) | (fh & ec)
            takes[7, i] = (dh & ei) | (fh & eg)

    return twice if factor == 2 else thrice


@functools.cache
def copier(factor: int, sample: str, channels: int, alpha: bool, exact: bool) -> Kernel:
    """Return the kernel; `exact`: pixels are alike only if they are equal, else if within `limits`."""
    n_channels, n_cells = u8(channels), u8(factor)
    split, compared = splitter(channels, False), splitter(channels, alpha)
    differ, exceed, choose = differs(channels), exceeds(channels), _chooser(factor)
    down = tuple(u8(1 + y) for y, _ in TAKEN[factor])
    right = tuple(u8(1 + x) for _, x in TAKEN[factor])

    @helper
    def unequal(planes, _, i, j):
        return differ(planes, i, j)

    apart = unequal if exact else exceed

    @helper
    def select(plane, takes, row, above, w, cells, out):
        """Fill a row of cells from the pixels after `above`, the one before the pixel that is enlarged first."""
        at, n = above + w + u8(1), u8(cells.shape[1])
        for k in range(n_cells):
            cell = row * n_cells + k
            other = above + down[cell] * w + right[cell]
            for x in range(n):
                own, taken = plane[at + x], plane[other + x]
                cells[k, x] = taken if takes[cell, at + x] else own
        for x in range(n):
            for k in range(n_cells):
                out[x * n_cells + k] = cells[k, x]

    @kernel(
        f"void({sample}[::1],i8,i8,f4[::1],{sample}[:,::1],{sample}[:,::1],u1[:,::1],u1[:,::1],{sample}[:,::1],"
        f"{sample}[:,::1],{sample}[:,::1])"
    )
    def run(src, width, height, limits, planes, likes, flags, takes, cells, line, dst):
        w, one = u8(width), u8(1)
        falling, rising, across = flags[0], flags[1], flags[2]
        inner = w - u8(2)
        rows = u8(planes.shape[1]) // w - u8(2)
        for top in range(u8(0), u8(height), rows):
            n_rows = min(rows, u8(height) - top)
            n = (n_rows + u8(2)) * w
            split(src, top * w, n, planes)
            if alpha:
                compared(src, top * w, n, likes)
            told = likes if alpha else planes
            for i in range(n - w - one):
                falling[i] = apart(told, limits, i, i + w + one)
            for i in range(n - w - one):
                rising[i] = apart(told, limits, i + one, i + w)
            for i in range(w, n - w):
                across[i] = apart(told, limits, i - w, i + w) & apart(told, limits, i - one, i + one)
            choose(falling, rising, across, w, w + one, n - w - one, takes)
            for y in range(n_rows):
                for row in range(n_cells):
                    for c in range(n_channels):
                        select(planes[c], takes, row, y * w, w, cells, line[c])
                    out = dst[(top + y) * n_cells + row]
                    for x in range(inner * n_cells):
                        for c in range(n_channels):
                            out[x * n_channels + c] = line[c, x]

    return run


def copy(factor: int, sample: str, channels: int, alpha: bool, tolerance: float) -> Callable:
    """Return a function (src, dst) as `scalers.scaler` does."""
    run = copier(factor, sample, channels, alpha, tolerance <= 0)
    limits = np.full(channels, tolerance * UNIT[sample], f4)

    def scale(src: np.ndarray, dst: np.ndarray) -> None:
        height, width = src.shape[0] - 2 * HALO, src.shape[1]
        n = (min(strip_of(width, HALO), height) + 2 * HALO) * width
        planes = np.zeros((channels, n), src.dtype)
        likes = np.zeros((channels if alpha else 1, n if alpha else 1), src.dtype)
        flags, takes = np.zeros((3, n), u1), np.zeros((factor * factor, n), u1)
        cells = np.zeros((factor, width - 2 * HALO), src.dtype)
        line = np.zeros((channels, (width - 2 * HALO) * factor), src.dtype)
        run(src.ravel(), width, height, limits, planes, likes, flags, takes, cells, line, dst.reshape(dst.shape[0], -1))

    return scale
