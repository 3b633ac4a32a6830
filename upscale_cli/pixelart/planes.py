"""Pixels as planes, and how neighbours are told apart.

A strip of the source, W pixels wide with its halo, lies in flat planes: pixel (y, x) at i = y * W + x, one below at
i + W. Comparisons of neighbours are then single sweeps over a whole strip; what they find across the ends of rows is
never asked for. Four pairs a pixel give every pair within 3x3 pixels:

    i      - right -  i + 1        falling: i and i + W + 1
    |                              rising:  i + 1 and i + W
    down
    |
    i + W             i + W + 1

Where the last channel is an alpha, colours under no alpha count as 0: they are alike whatever they are.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from ..jit import helper

WAYS = ((0, 1), (1, 0), (1, 1), (1, -1))  # right, down, falling, rising: rows and columns from one to the other
FARTHEST = np.float32(8)  # float samples beyond are taken for this when compared, so that integers hold them

f4 = np.float32
f8 = np.float64
u1 = np.uint8
u8 = np.uint64


def ends(ways: Sequence[tuple[int, int]], width: int) -> np.ndarray:
    """Return how far both pixels of a pair are from the place it is kept at: uint64 (ways, 2), the farther one last."""
    return np.array([(max(-x, 0), y * width + max(x, 0)) for y, x in ways], u8)


@functools.cache
def splitter(channels: int, alpha: bool) -> Callable:
    """Return a helper that puts n interleaved pixels from `first` on into `planes` (C, n or more)."""
    n_channels = u8(channels)
    colours = u8(channels - 1)

    @helper
    def split(src, first, n, planes):
        for i in range(n):
            for c in range(n_channels):
                planes[c, i] = src[(first + i) * n_channels + c]
        if alpha:
            for c in range(colours):
                for i in range(n):
                    planes[c, i] = planes[c, i] if planes[colours, i] > 0 else 0

    return split


@functools.cache
def leveller(sample: str, channels: int) -> Callable:
    """Return a helper that makes planes of levels from planes of samples: grey, or Y, U, V; then the last channel.

    Levels are whole numbers on the 8-bit scale, rounded towards 0 from thousandths in integers as hqx's tables have
    it: Y = 0.299 R + 0.587 G + 0.114 B, U = 0.5 (B - G) - 0.169 (R - G), V = 0.5 (R - G) - 0.081 (B - G). Samples of
    16 bits and floats, which are rounded to 16 bits, are first multiplied by 257, exactly.
    """
    number, unit = (f4, f4(1000)) if sample == "u1" else (f8, f8(257000))
    floats = sample == "f4"
    fourth = channels == 4

    @helper
    def whole(v):
        if floats:
            v = min(max(v, -FARTHEST), FARTHEST)
            return np.rint(f8(v) * f8(65535))
        return number(v)

    @helper
    def cut(v):
        return f4(np.int32(v / unit))

    @helper
    def one(plane, n, out):
        for i in range(n):
            out[i] = cut(whole(plane[i]) * number(1000))

    @helper
    def greys(planes, n, levels):
        for c in range(u8(channels)):
            one(planes[c], n, levels[c])

    @helper
    def colours(planes, n, levels):
        red, green, blue = planes[0], planes[1], planes[2]
        for i in range(n):
            r, g, b = whole(red[i]), whole(green[i]), whole(blue[i])
            levels[0, i] = cut(number(299) * r + number(587) * g + number(114) * b)
            levels[1, i] = cut(number(500) * (b - g) - number(169) * (r - g))
            levels[2, i] = cut(number(500) * (r - g) - number(81) * (b - g))
        if fourth:
            one(planes[3], n, levels[3])

    return greys if channels < 3 else colours


@functools.cache
def differs(channels: int) -> Callable:
    """Return a helper that tells whether the pixels i and j of `planes` differ: 1 or 0."""
    n_channels = u8(channels)

    @helper
    def differ(planes, i, j):
        found = planes[0, i] != planes[0, j]
        for c in range(u8(1), n_channels):
            found |= planes[c, i] != planes[c, j]
        return u1(found)

    return differ


@functools.cache
def exceeds(channels: int) -> Callable:
    """Return a helper that tells whether the pixels i and j differ by more than `limits` (C) in any plane: 1 or 0."""
    n_channels = u8(channels)

    @helper
    def exceed(planes, limits, i, j):
        found = abs(f4(planes[0, i]) - f4(planes[0, j])) > limits[0]
        for c in range(u8(1), n_channels):
            found |= abs(f4(planes[c, i]) - f4(planes[c, j])) > limits[c]
        return u1(found)

    return exceed


@functools.cache
def distances(channels: int) -> Callable:
    """Return a helper that sums the differences of the pixels i and j over all planes."""
    n_channels = u8(channels)

    @helper
    def distance(planes, i, j):
        total = f4(0)
        for c in range(n_channels):
            total += abs(planes[c, i] - planes[c, j])
        return total

    return distance


@functools.cache
def repeater(channels: int) -> Callable:
    """Return a helper that writes the rows of `factor` times `factor` copies of each of n pixels.

    The first row goes pixel by pixel, the others are copied from it: both are sweeps, 1 ns a pixel for three channels.
    """
    n_channels = u8(channels)
    two, three, four = (u8(n) for n in (2, 3, 4))

    @helper
    def spread(src, at, n, factor, dst, to):
        for x in range(n):
            for k in range(factor):
                for c in range(n_channels):
                    dst[to + (x * factor + k) * n_channels + c] = src[at + x * n_channels + c]

    @helper
    def repeat(src, at, n, factor, dst, to):
        if factor == two:
            spread(src, at, n, two, dst, to)
        elif factor == three:
            spread(src, at, n, three, dst, to)
        else:
            spread(src, at, n, four, dst, to)
        length = n * factor * n_channels
        for row in range(u8(1), factor):
            for i in range(length):
                dst[to + row * length + i] = dst[to + i]

    return repeat


def strip_of(width: int, halo: int) -> int:
    """Return how many rows a strip has, without its halo: about as many as keep its planes in the second cache."""
    return max(4 * halo, 16384 // width)
