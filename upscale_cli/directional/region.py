"""Region-based interpolation: crisp between regions, an ordinary kernel within (a class of the survey by Fu, Guo 2009).

Each output point belongs to the region that has the largest mass around it, of a positive kernel that cuts a curve
through the pixels. Where the picture is a step between the regions, the point is interpolated among pixels of its own
region; where it is a ramp, as a photograph's edges are, among all. `votes.py` tells the one from the other.

    regions      | 0 | 0 | 0 | 1 | 1 |
    taps of a      w   w   w   -            a point of region 0: the weights of three pixels are made to sum to one
    taps of b                  -   w   w    a point of region 1: of two

A window's regions are numbered once for all output points that share it, and their columns summed once a row of output;
where several regions meet at each point, as in tiled sprites at 4x, that is three times as fast as counting anew.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..interpolate.axis import Axis
from ..interpolate.nearest import nearest_index
from ..interpolate.rows import loader, storer
from ..interpolate.separable import resampler
from ..jit import Kernel, helper, kernel
from .votes import (
    INSIDE,
    NARROW,
    SAMPLES,
    WIDE,
    asked,
    blended,
    decider,
    dot_of,
    lanes_of,
    marked,
    scan,
    share_table,
    windows_of,
)

CONSTANT_WIDTHS = (4,)  # windows that the compiler unrolls: those of two and four taps
LEAST = 0.25  # weights of less than this share of all are not divided by: they may cancel
DOUBT = 4.0  # times the share of doubtful pixels around a point is how much of the ordinary kernel is taken there

f4 = np.float32
i4 = np.int32
u1 = np.uint8
u8 = np.uint64


@functools.cache
def _fetch(sample: str, channels: int, light: str, alpha: str) -> Callable:
    """Return a helper that loads a padded row of lanes in working light, and what is known of its pixels."""
    load = loader(sample, channels, light, alpha)
    n_channels, lanes = u8(channels), u8(lanes_of(channels))

    @helper
    def fetch(src, labels, trust, shares, table, row, cols, before, line, lane, tags, thins, doubts):
        load(src, row, before, line, line, line)
        for x in range(u8(cols.size)):
            k = u8(cols[x])
            tags[x] = labels[row, k]
            thins[x] = table[1, shares[row, k]]
            doubts[x] = f4(1) - f4(trust[row, k]) * f4(1 / 255)
            lane[x * lanes] = lane[x * lanes + u8(NARROW)] = table[0, shares[row, k]]
            lane[x * lanes + u8(INSIDE)] = f4(1)
            for c in range(n_channels):
                lane[x * lanes + u8(SAMPLES) + c] = line[(u8(before) + k) * n_channels + c]

    return fetch


@functools.cache
def _blend(sample: str, channels: int, alpha: bool, width: int) -> Kernel:
    """Return the kernel that interpolates anew where regions meet; `width` is that of windows if constant, else 0."""
    weighted = "weighted" if alpha else "none"
    fetch, store = _fetch(sample, channels, "encoded", weighted), storer(sample, channels, "encoded", weighted)
    decide, dot = decider(channels, width), dot_of(width)
    n_channels, lanes = u8(channels), u8(lanes_of(channels))

    @helper
    def among(ring, slots, winner, top, left, kernels_y, kernels_x, pixel):
        """Sum the winner's pixels in `pixel` by the wide kernel; return the sum of weights."""
        n_ring, width = u8(ring.shape[0]), u8(kernels_x.shape[0])
        total = f4(0)
        pixel[:] = f4(0)
        for j in range(n_ring):
            row = ring[(u8(top) + j) % n_ring]
            for i in range(width):
                if slots[j * width + i] == winner:
                    w = kernels_y[j, WIDE] * kernels_x[i, WIDE]
                    total += w
                    for c in range(n_channels):
                        pixel[c] += w * row[(u8(left) + i) * lanes + u8(SAMPLES) + c]
        return total

    @helper
    def crisp(ring, slots, n, winner, top, left, kernels_y, kernels_x, around, sure, pixel, plain):
        """Put the mean of the winner's pixels in `plain`, as far as `sure` goes, and for the rest that of all."""
        total = around[winner, INSIDE]
        for c in range(n_channels):
            pixel[c] = around[winner, u8(SAMPLES) + c]
            plain[c] = f4(0)
            for k in range(u8(n)):
                plain[c] += around[k, u8(SAMPLES) + c]
        if total < f4(LEAST):
            total = among(ring, slots, winner, top, left, kernels_y, kernels_x, pixel)
        for c in range(n_channels):
            plain[c] += sure * (pixel[c] / total - plain[c])

    @kernel(
        f"void({sample}[:,::1],i4[:,::1],u1[:,::1],u1[:,::1],f4[:,::1],"
        "i8[::1],i8,i8[::1],f4[:,:,::1],i8[::1],i8[::1],f4[:,:,::1],"
        "f4[::1],f4[:,::1],i4[:,::1],f4[:,:,::1],u1[::1],f4[:,::1],i4[::1],u2[:,::1],i4[::1],f4[:,:,::1],f4[:,::1],"
        f"f4[:,::1],f4[::1],u2[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, labels, trust, shares, table, cols, before_x, left_x, kernels_x, rows, left_y, kernels_y,
        line, ring, tags, known, columns, totals, counts, slots, names, sums, around,
        scratch, bounds, guess, dst, y0, y1,
    ):  # fmt: skip
        n_ring, width = ring.shape[0], kernels_x.shape[1]
        thins, doubts = known[0], known[1]
        votes, pixel, plain = scratch[0], scratch[1, :channels], scratch[2, :channels]
        standing, none = left_y[y0] - 1, u8(counts.size)
        for y in range(y0, y1):
            top = left_y[y]
            standing = max(standing, top - 1)
            while standing < top + n_ring - 1:
                standing += 1
                k = standing % n_ring
                fetch(
                    src, labels, trust, shares, table, rows[standing], cols, before_x, line, ring[k], tags[k],
                    thins[k], doubts[k],
                )  # fmt: skip
            if y == y0 or top != left_y[y - 1]:
                scan(tags, doubts, top, columns)
                asked(columns, width, counts)
            blended(thins, top, kernels_y[y], totals[0])
            blended(doubts, top, kernels_y[y], totals[1])
            last = none
            for x in range(u8(left_x.size)):
                left = u8(left_x[x])
                if counts[left] == 0:
                    continue
                sure = f4(1) - f4(DOUBT) * dot(totals[1], left, kernels_x[x])
                if sure <= f4(0):
                    continue
                narrow = dot(totals[0], left, kernels_x[x])
                winner = decide(
                    ring, tags, top, left, last, kernels_y[y], kernels_x[x], narrow, counts, slots, names, sums,
                    around, votes,
                )  # fmt: skip
                last = left
                crisp(
                    ring, slots[left], counts[left], winner, top, left, kernels_y[y], kernels_x[x], around, sure,
                    pixel, plain,
                )  # fmt: skip
                store(plain, bounds, guess, dst[y, x * n_channels : (x + u8(1)) * n_channels])

    return run


@functools.cache
def _copy(sample: str, channels: int, width: int) -> Kernel:
    """Return the kernel that copies a pixel of the winning region, the nearest one if it is of that."""
    fetch = _fetch(sample, channels, "encoded", "none")
    decide, dot = decider(channels, width), dot_of(width)
    n_channels = u8(channels)

    @kernel(
        f"void({sample}[:,::1],i4[:,::1],u1[:,::1],u1[:,::1],f4[:,::1],i8[::1],i8,i8[::1],f4[:,:,::1],"
        "i8[::1],i8[::1],f4[:,:,::1],f4[::1],f4[:,::1],i4[:,::1],f4[:,:,::1],u1[::1],f4[:,::1],i4[::1],u2[:,::1],"
        f"i4[::1],f4[:,:,::1],f4[:,::1],f4[::1],i8[::1],i8[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, labels, trust, shares, table, cols, before_x, left_x, kernels_x, rows, left_y, kernels_y,
        line, ring, tags, known, columns, totals, counts, slots, names, sums, around,
        votes, nearest_x, nearest_y, dst, y0, y1,
    ):  # fmt: skip
        n_ring, width = ring.shape[0], kernels_x.shape[1]
        thins, doubts, thin = known[0], known[1], totals[0]
        standing, none = left_y[y0] - 1, u8(counts.size)
        for y in range(y0, y1):
            top = left_y[y]
            standing = max(standing, top - 1)
            while standing < top + n_ring - 1:
                standing += 1
                k = standing % n_ring
                fetch(
                    src, labels, trust, shares, table, rows[standing], cols, before_x, line, ring[k], tags[k],
                    thins[k], doubts[k],
                )  # fmt: skip
            if y == y0 or top != left_y[y - 1]:
                scan(tags, doubts, top, columns)
                asked(columns, width, counts)
            blended(thins, top, kernels_y[y], thin)
            last = none
            for x in range(u8(nearest_x.size)):
                left = u8(left_x[x])
                row, column = nearest_y[y], nearest_x[x]
                if counts[left] != 0:
                    narrow = dot(thin, left, kernels_x[x])
                    winner = decide(
                        ring, tags, top, left, last, kernels_y[y], kernels_x[x], narrow, counts, slots, names, sums,
                        around, votes,
                    )  # fmt: skip
                    last = left
                    i = 0
                    while slots[left, i] != winner:
                        i += 1
                    one, other = rows[top + i // width], cols[left_x[x] + i % width]
                    if labels[row, column] != labels[one, other]:
                        row, column = one, other
                for c in range(n_channels):
                    dst[y, x * n_channels + c] = src[row, u8(column) * n_channels + c]

    return run


def regioner(
    src: np.ndarray, labels: np.ndarray, horizontal: Axis, vertical: Axis, inside: str, alpha: bool, exact: bool
) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst.

    `src` and `dst` are H x W x C, uint8, uint16 or float32, C-contiguous; `labels` int32 H x W are the regions of src
    (`segments.py`). `inside` names the kernel that interpolates within a region, with the axes' parameters; the axes
    enlarge, and their edge is reflect, replicate or wrap. With `alpha` the last channel is a straight alpha, and
    colours are weighted by it. `exact`: pixels of src are copied, none are blended. The function may run on several
    threads at once, on rows apart.
    """
    channels, sample = src.shape[2], src.dtype.str[1:]
    horizontal, vertical = (axis._replace(filter=inside) for axis in (horizontal, vertical))
    x, y = windows_of(horizontal, channels), windows_of(vertical, channels)
    n, height, width = len(x.source), y.kernels.shape[1], x.kernels.shape[1]
    sources = src.reshape(src.shape[0], -1), labels, *marked(src, labels, horizontal, vertical, alpha), share_table()
    constant = width if width in CONSTANT_WIDTHS else 0
    lanes, most = lanes_of(channels), height * width
    plain = resampler(
        src, horizontal, vertical, "encoded", "weighted" if alpha else "none", 0.0, np.zeros(channels, f4)
    )

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        common = (
            *sources, *x, *y[:1], *y[2:], np.zeros(n * channels, f4), np.zeros((height, n * lanes), f4),
            np.zeros((height, n), i4), np.zeros((2, height, n), f4), np.zeros(n, u1), np.zeros((2, n), f4),
            np.zeros(n, i4), np.zeros((n, most), np.uint16), np.zeros(most, i4), np.zeros((most, width, lanes), f4),
            np.zeros((most, lanes), f4),
        )  # fmt: skip
        scratch = np.zeros((3, max(most, channels)), f4)
        flat = dst.reshape(dst.shape[0], -1)
        if exact:
            places = nearest_index(horizontal), nearest_index(vertical)
            _copy(sample, channels, constant)(*common, scratch[0], *places, flat, y0, y1)
            return
        plain(dst, y0, y1)
        nothing = np.zeros(1, f4), np.zeros(1, np.uint16)
        _blend(sample, channels, alpha, constant)(*common, scratch, *nothing, flat, y0, y1)

    return rows
