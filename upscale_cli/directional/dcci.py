"""Directional cubic convolution interpolation.

D. Zhou, X. Shen, W. Dong: "Image zooming using directional cubic convolution interpolation", IET Image Processing
6(6), 2012. Around each new point the differences along two directions are summed, over all channels. Along the
direction of much smaller sum the point is interpolated by a cubic; where neither is much smaller both are blended.
"""

import functools

import numpy as np

from ..jit import Kernel, helper, kernel
from .planes import weave

RATIO = np.float32(1.15)  # the paper's threshold
LARGEST = np.float32(1e7)  # sums of differences beyond are taken for this: its fifth power is still a float

f4 = np.float32
u8 = np.uint64


@helper
def _share(one, two):
    """Return the share of the direction whose differences sum up to `two`; the other's sum up to `one`."""
    if f4(1) + one > RATIO * (f4(1) + two):
        return f4(1)
    if f4(1) + two > RATIO * (f4(1) + one):
        return f4(0)
    one, two = min(one, LARGEST), min(two, LARGEST)
    square_one, square_two = one * one, two * two
    w_one = f4(1) + square_one * square_one * one  # weights are 1 / (1 + G^5)
    w_two = f4(1) + square_two * square_two * two
    return w_one / (w_one + w_two)


@helper
def _cubic(a, b, c, d):
    return f4(9 / 16) * (b + c) - f4(1 / 16) * (a + d)


@helper
def _box(plane, i, j, rows, cols):
    total = f4(0)
    for m in range(rows):
        for n in range(cols):
            total += plane[i + m, j + n]
    return total


@functools.cache
def _differences(channels: int) -> Kernel:
    """Return the kernel that sums, over channels, the differences between samples; `unit` is the sum's scale.

    Each is counted at its left or upper sample: that of the next row and column where `right` is 1, of the next row and
    the column before where `left` is 1.
    """
    n_channels = u8(channels)

    @kernel("void(f4[:,:,::1],i8,i8,i8,f4,f4[:,::1])")
    def differences(planes, down, left, right, unit, out):
        one, other = u8(left), u8(right)
        for i in range(planes.shape[1] - down):
            for j in range(u8(planes.shape[2]) - one - other):
                total = f4(0)
                for c in range(n_channels):
                    total += abs(planes[c, i, j + one] - planes[c, i + down, j + other])
                out[i, j] = total * unit

    return differences


@functools.cache
def _diagonal(channels: int) -> Kernel:
    """Return the kernel that fills the points between four source samples."""
    n_channels, one, two, three = u8(channels), u8(1), u8(2), u8(3)

    @kernel("void(f4[:,:,::1],f4[:,::1],f4[:,::1],f4[::1],f4[:,:,::1])")
    def diagonal(a, rising, falling, share, out):
        for i in range(one, u8(a.shape[1]) - two):
            for j in range(one, u8(a.shape[2]) - two):
                up, down = _box(rising, i - one, j - one, three, three), _box(falling, i - one, j - one, three, three)
                share[j] = _share(up, down)
            for c in range(n_channels):
                for j in range(one, u8(a.shape[2]) - two):
                    up = _cubic(a[c, i + two, j - one], a[c, i + one, j], a[c, i, j + one], a[c, i - one, j + two])
                    down = _cubic(a[c, i - one, j - one], a[c, i, j], a[c, i + one, j + one], a[c, i + two, j + two])
                    out[c, i, j] = up + share[j] * (down - up)

    return diagonal


@functools.cache
def _axial(channels: int) -> Kernel:
    """Return the kernel that fills the points between two samples of the plane `h` in their row and two of `v`.

    Of the four samples that the cubic takes, the first stands `left` columns before the point in h, `top` rows before
    it in v. `across_h` are the differences in h's rows, `down_h` those in its columns; of v likewise.
    """
    n_channels, one, two, three = u8(channels), u8(1), u8(2), u8(3)

    @kernel("void(f4[:,:,::1],f4[:,:,::1],f4[:,::1],f4[:,::1],f4[:,::1],f4[:,::1],i8,i8,f4[::1],f4[:,:,::1])")
    def axial(h, v, across_h, across_v, down_h, down_v, left, top, share, out):
        x, y = u8(left), u8(top)
        for i in range(two, u8(h.shape[1]) - two):
            for j in range(two, u8(h.shape[2]) - two):
                across = _box(across_h, i - one, j - x, three, three)
                across += _box(across_v, i - y + one, j - one, two, two)
                down = _box(down_v, i - y, j - one, three, three)
                down += _box(down_h, i - one, j - x + one, two, two)
                share[j] = _share(across, down)
            for c in range(n_channels):
                for j in range(two, u8(h.shape[2]) - two):
                    k = j - x
                    across = _cubic(h[c, i, k], h[c, i, k + one], h[c, i, k + two], h[c, i, k + three])
                    k = i - y
                    down = _cubic(v[c, k, j], v[c, k + one, j], v[c, k + two, j], v[c, k + three, j])
                    out[c, i, j] = across + share[j] * (down - across)

    return axial


def reach() -> int:
    """Return how many source samples a pass looks at around those that it doubles."""
    return 4


def double(planes: np.ndarray, unit: float, shares: tuple[float, ...]) -> np.ndarray:
    """Return the lattice (C, 2 H, 2 W) of planes (C, H, W), both float32, a level of the 8-bit scale being `unit`.

    All channels count the same, whatever their `shares` in other methods' guides. The lattice is right `reach` source
    samples from the rim on.
    """
    channels, height, width = planes.shape
    differences, axial = _differences(channels), _axial(channels)
    unit = f4(1 / unit)
    first, second, third, fourth = np.empty((4, height, width), f4)
    diagonal, horizontal, vertical = np.zeros((3, *planes.shape), f4)
    share = np.empty(width, f4)
    differences(planes, 1, 1, 0, unit, first)
    differences(planes, 1, 0, 1, unit, second)
    _diagonal(channels)(planes, first, second, share, diagonal)
    differences(planes, 0, 0, 1, unit, first)
    differences(diagonal, 0, 0, 1, unit, second)
    differences(planes, 1, 0, 0, unit, third)
    differences(diagonal, 1, 0, 0, unit, fourth)
    axial(planes, diagonal, first, second, third, fourth, 1, 2, share, horizontal)
    axial(diagonal, planes, second, first, fourth, third, 2, 1, share, vertical)
    lattice = np.empty((channels, 2 * height, 2 * width), f4)
    weave(planes, diagonal, horizontal, vertical, lattice)
    return lattice
