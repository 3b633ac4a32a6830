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

WIDE, NARROW, INSIDE = 0, 1, 2  # kernels, and the lanes that they sum: how much a vote counts, twice, and one
SAMPLES = 3  # the first lane of a pixel's samples, which the inside kernel sums
UNKNOWN = -1  # regions of a window that is not numbered yet
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
    starts the windows; `kernels` float32 (n_out, K, lanes) are the weights there of the kernel of each lane.
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


def lanes_of(channels: int) -> int:
    """Return how many numbers a pixel has in a ring, a power of two: the kernels' lanes, its samples, and noughts."""
    return 4 if channels == 1 else 8


def windows_of(axis: Axis, channels: int) -> Windows:
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
    lanes = [WIDE, NARROW] + [INSIDE] * (lanes_of(channels) - INSIDE)
    return Windows(source, before, left[:, 0] + before, np.ascontiguousarray(kernels[:, lanes].swapaxes(1, 2)))


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
def asked(columns, width, counts):
    """Put UNKNOWN for each window that holds pixels of different regions, and any that are to be trusted; else 0."""
    for x in range(u8(columns.size) - u8(width) + u8(1)):
        found = columns[x + u8(width) - u8(1)] & u1(5)
        for i in range(u8(width) - u8(1)):
            found |= columns[x + i]
        counts[x] = i4(UNKNOWN) if found > u1(4) else i4(0)


@helper
def blended(ring, top, kernels, out):
    """Sum a ring's rows from `top` on by the wide kernel."""
    n_ring = ring.shape[0]
    out[:] = f4(0)
    for j in range(n_ring):
        row, w = ring[(top + j) % n_ring], kernels[j, WIDE]
        for x in range(u8(out.size)):
            out[x] += w * row[x]


@functools.cache
def dot_of(width: int) -> Callable:
    """Return a helper that sums a window of a line by the wide kernel; of `width` samples if constant, else 0."""
    constant = u8(width)

    @helper
    def dot(line, left, kernels):
        n = constant if width else u8(kernels.shape[0])
        total = f4(0)
        for i in range(n):
            total += kernels[i, WIDE] * line[u8(left) + i]
        return total

    return dot


@functools.cache
def decider(channels: int, width: int) -> Callable:
    """Return a helper that tells which of a window's regions an output point belongs to.

    All output points of a window share the numbers of its regions, and those of a row the sums of its columns. `width`
    is that of windows if constant, else 0. `ring` are rows of lanes, `tags` the pixels' regions, `slots` (n, height *
    width) their numbers in each window and `counts` how many those are.
    """
    lanes = u8(lanes_of(channels))
    constant = u8(width)

    @helper
    def number(tags, top, left, n_columns, names, slots):
        """Give numbers to the regions, from nought, as they first come; return how many there are."""
        n_ring, n, at = u8(tags.shape[0]), u8(0), u8(0)
        for j in range(n_ring):
            row = tags[(u8(top) + j) % n_ring]
            for i in range(u8(n_columns)):
                name = row[u8(left) + i]
                k = u8(0)
                while k < n and names[k] != name:
                    k += u8(1)
                if k == n:
                    names[k] = name
                    n += u8(1)
                slots[at] = k
                at += u8(1)
        return n

    @helper
    def collect(ring, slots, n, top, left, kernels, sums):
        """Sum each region's lanes in each column by the weights of an output row."""
        n_columns = constant if width else u8(sums.shape[1])
        n_ring = u8(ring.shape[0])
        for k in range(u8(n)):
            sums[k] = f4(0)
        for j in range(n_ring):
            row = ring[(u8(top) + j) % n_ring]
            for i in range(n_columns):
                k, at = u8(slots[j * n_columns + i]), (u8(left) + i) * lanes
                for r in range(lanes):
                    sums[k, i, r] += kernels[j, r] * row[at + r]

    @helper
    def before(ring, slots, top, left, n_columns, one, other):
        """Tell whether a region's mean in the window is the lesser one, in the first channel that differs."""
        n_ring = u8(ring.shape[0])
        for c in range(u8(channels)):
            sum_one, n_one, sum_other, n_other = 0.0, 0.0, 0.0, 0.0
            for j in range(n_ring):
                for i in range(u8(n_columns)):
                    v = float(ring[(u8(top) + j) % n_ring, (u8(left) + i) * lanes + u8(SAMPLES) + c])
                    k = slots[j * u8(n_columns) + i]
                    if k == one:
                        sum_one, n_one = sum_one + v, n_one + 1.0
                    elif k == other:
                        sum_other, n_other = sum_other + v, n_other + 1.0
            if sum_one * n_other != sum_other * n_one:
                return sum_one * n_other < sum_other * n_one
        return False

    @helper
    def elect(ring, slots, n, top, left, kernels, narrow, sums, around, votes):
        """Return the region of the largest mass; of equal ones, that of the least mean."""
        n_columns = constant if width else u8(sums.shape[1])
        largest = f4(0)
        for k in range(u8(n)):
            for r in range(lanes):
                total = f4(0)
                for i in range(n_columns):
                    total += kernels[i, r] * sums[k, i, r]
                around[k, r] = total
            votes[k] = around[k, WIDE] + narrow * (around[k, NARROW] - around[k, WIDE])
            largest = max(largest, votes[k])
        winner = none = u8(n)
        for k in range(u8(n)):
            if votes[k] < largest * f4(TIE):
                continue
            if winner == none or before(ring, slots, top, left, n_columns, k, winner):
                winner = k
        return winner

    @helper
    def decide(
        ring, tags, top, left, last, kernels_y, kernels_x, narrow, counts, slots, names, sums, around, votes
    ):  # fmt: skip
        """Return the winner's number, and each region's lanes in `around`.

        `last` is where the window of the point before starts, in this row, and `narrow` the share of the narrow kernel.
        """
        if counts[left] == UNKNOWN:
            counts[left] = number(tags, top, left, sums.shape[1], names, slots[left])
        if left != last:
            collect(ring, slots[left], counts[left], top, left, kernels_y, sums)
        return elect(ring, slots[left], counts[left], top, left, kernels_x, narrow, sums, around, votes)

    return decide
