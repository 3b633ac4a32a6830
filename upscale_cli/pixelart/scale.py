"""Scale2x and Scale3x (EPX; A. Mazzoleni 2001): cells of an enlarged pixel are copies of it or of a neighbour.

A B C      Where neither B and H nor D and F are alike, a corner takes the colour of two alike neighbours that meet
D E F      there; 3x: the middle of an edge takes that of the neighbour it touches, if the neighbour continues one
G H I      of the edge's corners and E does not continue into the other one.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, kernel
from .planes import differs, exceeds, repeater, splitter, strip_of

HALO = 1
UNIT = {"u1": 1, "u2": 257, "f4": 1 / 255}  # a level in samples
ALL_UNLIKE = 255  # the pattern of most pixels: nothing changes

f4 = np.float32
u1 = np.uint8
u8 = np.uint64

# Bits of a pattern, 1 where two pixels are unlike; all are 1 where nothing may change.
BITS = ("BD", "BF", "DH", "FH", "EA", "EC", "EG", "EI")


@functools.cache
def choices(factor: int) -> np.ndarray:
    """Return for each pattern (256) and cell (factor * factor) the pixel that is copied: an index into "EBDFH"."""
    unlike = {name: (np.arange(256) >> k & 1).astype(bool) for k, name in enumerate(BITS)}
    bd, bf, dh, fh = (~unlike[name] for name in BITS[:4])
    ea, ec, eg, ei = (unlike[name] for name in BITS[4:])
    top, bottom, left, right = 0, factor - 1, 0, factor - 1
    cells = np.zeros((256, factor, factor), np.int64)
    if factor == 3:
        cells[:, top, 1] = 1 * ((bd & ec) | (bf & ea))
        cells[:, 1, left] = 2 * ((bd & eg) | (dh & ea))
        cells[:, 1, right] = 3 * ((bf & ei) | (fh & ec))
        cells[:, bottom, 1] = 4 * ((dh & ei) | (fh & eg))
    cells[:, top, left] = 2 * bd
    cells[:, top, right] = 3 * bf
    cells[:, bottom, left] = 2 * dh
    cells[:, bottom, right] = 3 * fh
    return cells.reshape(256, -1)


@functools.cache
def copier(sample: str, channels: int, alpha: bool, exact: bool) -> Kernel:
    """Return the kernel; `exact`: pixels are alike only if they are equal, else if within `limits`.

    `offsets` uint64 (256, factor * factor) leads from the first sample of A to that of the pixel copied.
    """
    n_channels = u8(channels)
    split = splitter(channels, alpha)
    differ, exceed, repeat = differs(channels), exceeds(channels), repeater(channels)

    def apart(planes, limits, i, j):
        return differ(planes, i, j) if exact else exceed(planes, limits, i, j)

    apart.is_helper = True

    @kernel(f"void({sample}[::1],i8,i8,i8,f4[::1],u8[:,::1],{sample}[:,::1],u1[:,::1],u1[::1],{sample}[::1])")
    def run(src, width, height, factor, limits, offsets, planes, flags, patterns, dst):
        w, one, n_cells = u8(width), u8(1), u8(factor)
        falling, rising, across = flags[0], flags[1], flags[2]
        inner = w - u8(2)
        rows = u8(planes.shape[1]) // w - u8(2)
        for top in range(u8(0), u8(height), rows):
            n_rows = min(rows, u8(height) - top)
            n = (n_rows + u8(2)) * w
            split(src, top * w, n, planes)
            for i in range(n - w - one):
                falling[i] = apart(planes, limits, i, i + w + one)
                rising[i] = apart(planes, limits, i + one, i + w)
            for i in range(w, n - w):
                across[i] = apart(planes, limits, i - w, i + w) & apart(planes, limits, i - one, i + one)
            for i in range(w + one, n - w - one):
                found = (
                    rising[i - w - one] | falling[i - w] << one | falling[i - one] << u8(2) | rising[i] << u8(3)
                    | falling[i - w - one] << u8(4) | rising[i - w] << u8(5)
                    | rising[i - one] << u8(6) | falling[i] << u8(7)
                )  # fmt: skip
                patterns[i] = found if across[i] else u8(ALL_UNLIKE)
            for y in range(n_rows):
                line = (top + y) * n_cells * inner * n_cells * n_channels
                repeat(src, ((top + y + one) * w + one) * n_channels, inner, n_cells, dst, line)
                for x in range(inner):
                    pattern = patterns[(y + one) * w + x + one]
                    if pattern == ALL_UNLIKE:
                        continue
                    at = ((top + y) * w + x) * n_channels  # of A
                    for row in range(n_cells):
                        to = line + (row * inner + x) * n_cells * n_channels
                        for column in range(n_cells):
                            start = at + offsets[pattern, row * n_cells + column]
                            for c in range(n_channels):
                                dst[to + column * n_channels + c] = src[start + c]

    return run


def copy(factor: int, sample: str, channels: int, alpha: bool, tolerance: float) -> Callable:
    """Return a function (src, dst) as `scalers.scaler` does."""
    run = copier(sample, channels, alpha, tolerance <= 0)
    limits = np.full(channels, tolerance * UNIT[sample], f4)

    def scale(src: np.ndarray, dst: np.ndarray) -> None:
        height, width = src.shape[0] - 2 * HALO, src.shape[1]
        n = (min(strip_of(width, HALO), height) + 2 * HALO) * width
        steps = np.array([width + 1, 1, width, width + 2, 2 * width + 1], u8) * channels
        planes = np.zeros((channels, n), src.dtype)
        flags, patterns = np.zeros((3, n), u1), np.zeros(n, u1)
        offsets = steps[choices(factor)]
        run(src.ravel(), width, height, factor, limits, offsets, planes, flags, patterns, dst.reshape(-1))

    return scale
