"""To which region a point of the source belongs, and whether that is worth asking.

A point belongs to the region that has the largest mass of a positive kernel around it. A wide kernel makes boundaries
smooth, but takes from lines of a pixel's width, and from points: the more of those there are around a point, the more
is voted by a narrow one, and their votes count more.
"""

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..interpolate.axis import Axis, fold, positions
from ..interpolate.rows import TOP
from ..interpolate.taps import taps_of
from ..jit import Kernel, helper, kernel
from .segments import planar

WIDE, NARROW, INSIDE = 0, 1, 2  # kernels
RADIUS = 2  # of the wide kernel, in source pixels
THIN = 8  # a pixel is thin that has no more than this share, in sixteenths, of its own region: as a line's pixels have
# How much a pixel's votes count by that share: 4 for a point, 5 and 6 for the ends of lines, 6 to 8 for what is within.
GAINS = (1, 1, 1, 1, 3.0, 2.2, 1.6, 1.3, 1.18) + (1,) * 8
FLOOR = 4.0  # differences, in levels, that may be noise
STEEPNESS = 4.0  # a ramp whose smaller step is this part of its larger one counts as nothing but a ramp
TIE = 1 - 1e-5  # masses that differ by less are equal but for rounding

f4 = np.float32
i4 = np.int32
u1 = np.uint8
u8 = np.uint64


class Windows(NamedTuple):
    """The windows of an axis in one padded row; each holds the taps of the inside kernel and those of the votes.

    `source` int64 maps the padded row to source samples, `before` of which stand before the first. `left` int64 (n_out)
    starts the windows; `kernels` float32 (n_out, 3, K) are the weights there of the kernels WIDE, NARROW and INSIDE.
    """

    source: np.ndarray
    before: int
    left: np.ndarray
    kernels: np.ndarray


def _masses(axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Return the first source samples (n_out, 1) and the masses (n_out, 2, M) of both voting kernels."""
    if axis.is_copy:
        return math.floor(axis.origin) + np.arange(axis.n_out)[:, None], np.ones((axis.n_out, 2, 1))
    twice, _, denominator = positions(axis)
    left = np.floor((twice / (2 * denominator)).astype(float) - RADIUS + 0.5).astype(np.int64)[:, None]
    index = (left + np.arange(math.ceil(2 * RADIUS))).astype(twice.dtype)
    x = (abs((2 * index + 1) * denominator - twice[:, None]) / (2 * denominator)).astype(float)
    wide = np.where(x < RADIUS, np.cos(np.pi / (2 * RADIUS) * x) ** 2 / RADIUS, 0)
    narrow = np.where(x < 0.5, 0.75 - x**2, np.maximum(1.5 - x, 0) ** 2 / 2)  # the quadratic B-spline
    return left, np.stack([wide, narrow], axis=1)


def windows_of(axis: Axis) -> Windows:
    """Return the windows of an axis."""
    taps = taps_of(axis)
    inside = taps.windows[:, :1] - taps.before
    votes, masses = _masses(axis)
    left = np.minimum(inside, votes)
    width = int(np.maximum(inside + taps.weights.shape[1] - left, votes + masses.shape[2] - left).max())
    kernels = np.zeros((axis.n_out, 3, width), f4)
    i = np.arange(axis.n_out)
    for k in range(masses.shape[2]):
        kernels[i, :INSIDE, (votes - left)[:, 0] + k] = masses[:, :, k]
    for k in range(taps.weights.shape[1]):
        kernels[i, INSIDE, (inside - left)[:, 0] + k] = taps.weights[:, k]
    before = max(0, -int(left.min()))
    source = fold(np.arange(-before, max(axis.n_in, int(left.max()) + width)), axis.n_in, axis.edge)
    return Windows(source, before, left[:, 0] + before, kernels)


@functools.cache
def _marks(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel that looks at each pixel and the eight around it.

    `shares` is the mass of a pixel's own region at its centre, in sixteenths. `trust` tells, from 0 to 255, how little
    the pixel is part of a ramp: of the differences to two opposite neighbours one is nought, or they differ in sense;
    and that some neighbour is equal, or all are equally far. Photographs and antialiased lines have neither.
    """
    load = planar(sample, channels, alpha)
    n_channels = u8(channels)
    noise = f4(FLOOR * FLOOR)

    @helper
    def compare(left, here, right, a, b, scale, ramps, nearest, farthest):
        """Look at two opposite neighbours, in lines of planes, that stand a and b columns from the line's first."""
        for x in range(u8(ramps.size)):
            product, one, two = f4(0), f4(0), f4(0)
            for c in range(n_channels):
                v = here[c, x + u8(1)]
                p = (v - left[c, x + u8(a)]) * scale
                q = (right[c, x + u8(b)] - v) * scale
                product += p * q
                one += p * p
                two += q * q
            larger = max(one, two) + noise
            cosine = product * product / (one * two + noise)
            ramps[x] = max(ramps[x], product * cosine / larger)
            nearest[x] = min(nearest[x], one, two)
            farthest[x] = max(farthest[x], larger)

    @kernel(f"void({sample}[:,::1],i4[:,::1],i8[::1],i8[::1],f4,f4[:,:,::1],i4[:,::1],f4[:,::1],u1[:,::1],u1[:,::1])")
    def run(src, labels, rows, cols, scale, planes, names, found, trust, shares):
        width = labels.shape[1]
        for y in range(-2, labels.shape[0]):
            below = (y + 3) % 3
            load(src[rows[y + 2]], planes[below, :, 1 : width + 1])
            for c in range(channels):
                planes[below, c, 0] = planes[below, c, cols[0] + 1]
                planes[below, c, width + 1] = planes[below, c, cols[width + 1] + 1]
            for x in range(width + 2):
                names[below, x] = labels[rows[y + 2], cols[x]]
            if y < 0:
                continue
            top, here, low = (y + 1) % 3, (y + 2) % 3, below
            ramps, nearest, farthest = found[0], found[1], found[2]
            ramps[:] = f4(0)
            nearest[:] = f4(np.inf)
            farthest[:] = f4(0)
            compare(planes[here], planes[here], planes[here], 0, 2, scale, ramps, nearest, farthest)
            compare(planes[top], planes[here], planes[low], 1, 1, scale, ramps, nearest, farthest)
            compare(planes[top], planes[here], planes[low], 0, 2, scale, ramps, nearest, farthest)
            compare(planes[top], planes[here], planes[low], 2, 0, scale, ramps, nearest, farthest)
            up, at, down = names[top], names[here], names[low]
            for x in range(u8(width)):
                one, two = x + u8(1), x + u8(2)
                own = at[one]
                share = u1(4)
                share += u1(2) * (u1(up[one] == own) + u1(down[one] == own) + u1(at[x] == own) + u1(at[two] == own))
                share += u1(up[x] == own) + u1(up[two] == own) + u1(down[x] == own) + u1(down[two] == own)
                shares[y, x] = share
                alone = max(nearest[x] - noise, f4(0)) / farthest[x]
                alone *= f4(1) - alone
                trust[y, x] = u1(f4(255) * max(f4(0), f4(1) - f4(STEEPNESS) * max(ramps[x], f4(4) * alone)))

    return run


def marked(
    src: np.ndarray, labels: np.ndarray, horizontal: Axis, vertical: Axis, alpha: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return `trust` and `shares` (uint8, H x W each) of all pixels; the axes say what stands beyond the borders."""
    height, width, channels = src.shape
    sample = src.dtype.str[1:]
    rows, cols = (fold(np.arange(-1, axis.n_in + 1), axis.n_in, axis.edge) for axis in (vertical, horizontal))
    trust, shares = np.empty((2, height, width), u1)
    _marks(sample, channels, alpha)(
        src.reshape(height, -1), labels, rows, cols, 255 / TOP[sample], np.zeros((3, channels, width + 2), f4),
        np.zeros((3, width + 2), i4), np.zeros((3, width), f4), trust, shares,
    )  # fmt: skip
    return trust, shares


def share_table() -> np.ndarray:
    """Return what a pixel's share tells of it, float32 (2, 17): how much its votes count, and whether it is thin."""
    return np.stack([GAINS, np.arange(17) <= THIN]).astype(f4)


@helper
def scan(tags, doubts, top, columns):
    """Set bits for each column of a ring of rows, the first of which is `top`.

    1: its regions differ, 2: they differ from the next column's, 4: a pixel is to be trusted.
    """
    n_ring = tags.shape[0]
    columns[:] = u1(0)
    for j in range(n_ring):
        row, doubt = tags[(top + j) % n_ring], doubts[(top + j) % n_ring]
        below = tags[(top + min(j + 1, n_ring - 1)) % n_ring]
        for x in range(u8(columns.size) - u8(1)):
            bits = u1(row[x] != below[x]) | (u1(row[x] != row[x + u8(1)]) << u1(1)) | (u1(doubt[x] < f4(1)) << u1(2))
            columns[x] |= bits
        x = u8(columns.size) - u8(1)
        columns[x] |= u1(row[x] != below[x]) | (u1(doubt[x] < f4(1)) << u1(2))


@helper
def worth_a_vote(columns, left, width):
    """Tell whether a window holds pixels of different regions, and any that are to be trusted."""
    found = columns[u8(left) + u8(width) - u8(1)] & u1(5)
    for i in range(u8(width) - u8(1)):
        found |= columns[u8(left) + i]
    return found > u1(4)


@helper
def blended(ring, top, weights, out):
    """Sum a ring's rows from `top` on, each by its weight."""
    n_ring = ring.shape[0]
    out[:] = f4(0)
    for j in range(n_ring):
        row, w = ring[(top + j) % n_ring], weights[j]
        for x in range(u8(out.size)):
            out[x] += w * row[x]


@functools.cache
def dot_of(width: int) -> Callable:
    """Return a helper that sums a window of a line by weights; of `width` samples if constant, else 0."""
    constant = u8(width)

    @helper
    def dot(line, left, weights):
        n = constant if width else u8(weights.size)
        total = f4(0)
        for i in range(n):
            total += weights[i] * line[u8(left) + i]
        return total

    return dot


@functools.cache
def voter(channels: int) -> tuple[Callable, Callable]:
    """Return helpers that sum the votes around a point, and that tell the winner.

    `ring` are rows of pixels, `tags` their regions and `gains` how much their votes count; `narrow` is the share of the
    narrow kernel. The regions are `names`, their masses `totals`.
    """

    @helper
    def before(ring, tags, left, n_cols, one, other):
        """Tell whether a region's mean in the window is the lesser one, in the first channel that differs."""
        n_ring = tags.shape[0]
        for c in range(channels):
            sum_one, n_one, sum_other, n_other = 0.0, 0.0, 0.0, 0.0
            for j in range(n_ring):
                for i in range(left, left + n_cols):
                    v = float(ring[j, i * channels + c])
                    if tags[j, i] == one:
                        sum_one, n_one = sum_one + v, n_one + 1.0
                    elif tags[j, i] == other:
                        sum_other, n_other = sum_other + v, n_other + 1.0
            if sum_one * n_other != sum_other * n_one:
                return sum_one * n_other < sum_other * n_one
        return False

    @helper
    def vote(tags, gains, top, left, kernels_y, kernels_x, narrow, names, totals):
        """Return how many regions there are."""
        n_ring, n = u8(tags.shape[0]), u8(0)
        for j in range(u8(kernels_y.shape[1])):
            slot = (u8(top) + j) % n_ring
            for i in range(u8(kernels_x.shape[1])):
                name = tags[slot, u8(left) + i]
                k = u8(0)
                while k < n and names[k] != name:
                    k += u8(1)
                if k == n:
                    names[k], totals[k] = name, f4(0)
                    n += u8(1)
                mass = kernels_y[WIDE, j] * kernels_x[WIDE, i]
                mass += narrow * (kernels_y[NARROW, j] * kernels_x[NARROW, i] - mass)
                totals[k] += mass * gains[slot, u8(left) + i]
        return n

    @helper
    def winner_of(ring, tags, left, n_columns, n, names, totals):
        """Return the region of the largest mass; of equal ones, that of the least mean."""
        largest = f4(0)
        for k in range(n):
            largest = max(largest, totals[k])
        winner = i4(-1)
        for k in range(n):
            if totals[k] >= largest * f4(TIE) and (winner < 0 or before(ring, tags, left, n_columns, names[k], winner)):
                winner = names[k]
        return winner

    return vote, winner_of
