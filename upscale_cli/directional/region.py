"""Region-based interpolation: crisp between regions, an ordinary kernel within (a class of the survey by Fu, Guo 2009).

Each output point belongs to the region that has the largest mass around it, of a positive kernel that cuts a curve
through the pixels. Where the picture is a step between the regions, the point is interpolated among pixels of its own
region; where it is a ramp, as a photograph's edges are, among all. `votes.py` tells the one from the other.

    regions      | 0 | 0 | 0 | 1 | 1 |
    taps of a      w   w   w   -            a point of region 0: the weights of three pixels are made to sum to one
    taps of b                  -   w   w    a point of region 1: of two
"""

import functools
from collections.abc import Callable

import numpy as np

from ..interpolate.axis import Axis
from ..interpolate.nearest import nearest_index
from ..interpolate.rows import loader, storer
from ..interpolate.separable import resampler
from ..jit import Kernel, helper, kernel
from .votes import INSIDE, NARROW, WIDE, blended, dot_of, marked, scan, share_table, voter, windows_of, worth_a_vote

CONSTANT_WIDTHS = (4,)  # windows that the compiler unrolls: those of two and four taps
LEAST = 0.25  # weights of less than this share of all are not divided by: they may cancel
DOUBT = 4.0  # times the share of doubtful pixels around a point is how much of the ordinary kernel is taken there

f4 = np.float32
i4 = np.int32
u1 = np.uint8
u8 = np.uint64


@helper
def _regions_of(tags, top, left, width):
    """Return the first region of a window and the other one, -1 in its place if there are several."""
    n_ring = u8(tags.shape[0])
    one = tags[u8(top) % n_ring, u8(left)]
    other = one
    for j in range(n_ring):
        for i in range(u8(width)):
            name = tags[j, u8(left) + i]
            if name not in (one, other):
                if other != one:
                    return one, i4(-1)
                other = name
    return one, other


@functools.cache
def _columns_of(channels: int, width: int) -> Callable:
    """Return a helper that sums the columns of a window, of `width` if constant, else 0, for one of its regions.

    By the weights of an output row: masses wide and narrow, the inside kernel's weights, and pixels times those. They
    serve all output points of the window; what they lack of the sums over all pixels is another region's, if there are
    but two.
    """
    n_channels = u8(channels)
    constant = u8(width)

    @helper
    def columns_of(ring, tags, gains, one, top, left, kernels, n_columns, sums):
        n = constant if width else u8(n_columns)
        n_ring = u8(tags.shape[0])
        sums[:] = f4(0)
        for j in range(u8(kernels.shape[1])):
            slot = (u8(top) + j) % n_ring
            row, here, gain = ring[slot], tags[slot], gains[slot]
            wide, narrow, w = kernels[WIDE, j], kernels[NARROW, j], kernels[INSIDE, j]
            for i in range(n):
                k = u8(left) + i
                own = f4(1) if here[k] == one else f4(0)
                sums[WIDE, i] += own * wide * gain[k]
                sums[NARROW, i] += own * narrow * gain[k]
                sums[INSIDE, i] += own * w
                for c in range(n_channels):
                    sums[u8(3) + c, i] += own * w * row[k * n_channels + c]

    return columns_of


@functools.cache
def _among(channels: int) -> Callable:
    n_channels = u8(channels)

    @helper
    def among(ring, tags, winner, top, left, kernels_y, kernels_x, pixel):
        """Sum the winner's pixels in `pixel`, by the inside kernel or, where that may cancel, the wide one.

        Return the sum of weights.
        """
        n_ring = u8(tags.shape[0])
        total = f4(0)
        for which in (INSIDE, WIDE):
            pixel[:] = f4(0)
            total = f4(0)
            for j in range(u8(kernels_y.shape[1])):
                slot = (u8(top) + j) % n_ring
                for i in range(u8(kernels_x.shape[1])):
                    if tags[slot, u8(left) + i] == winner:
                        w = kernels_y[which, j] * kernels_x[which, i]
                        total += w
                        for c in range(n_channels):
                            pixel[c] += w * ring[slot, (u8(left) + i) * n_channels + c]
            if total >= f4(LEAST):
                break
        return total

    return among


@functools.cache
def _fetch(sample: str, channels: int, light: str, alpha: str) -> Callable:
    """Return a helper that loads a padded row of working light, and what is known of its pixels."""
    load = loader(sample, channels, light, alpha)
    n_channels = u8(channels)

    @helper
    def fetch(src, labels, trust, shares, table, row, cols, before, line, tags, thins, doubts, gains):
        load(src, row, before, line, line, line)
        n = u8(labels.shape[1])
        for x in range(u8(cols.size)):
            k = u8(cols[x])
            tags[x] = labels[row, k]
            gains[x] = table[0, shares[row, k]]
            thins[x] = table[1, shares[row, k]]
            doubts[x] = f4(1) - f4(trust[row, k]) * f4(1 / 255)
            if x < u8(before) or x >= u8(before) + n:
                for c in range(n_channels):
                    line[x * n_channels + c] = line[(u8(before) + k) * n_channels + c]

    return fetch


@functools.cache
def _blend(sample: str, channels: int, alpha: bool, width: int) -> Kernel:
    """Return the kernel that interpolates anew where regions meet; `width` is that of windows if constant, else 0."""
    weighted = "weighted" if alpha else "none"
    fetch, store = _fetch(sample, channels, "encoded", weighted), storer(sample, channels, "encoded", weighted)
    vote, winner_of = voter(channels)
    among, columns_of, dot = _among(channels), _columns_of(channels, width), dot_of(width)
    n_channels = u8(channels)

    @helper
    def crisp(ring, tags, gains, top, left, pair, kernels_y, kernels_x, around, sums, names, votes, plain, pixel):
        """Put the pixel of the winning region in `pixel`; `plain` is that of all."""
        several, n = pair[1] < 0, u8(2)
        narrow = around[0]
        names[0], names[1] = pair
        for r in range(u8(3) + n_channels):
            around[u8(4) + r] = dot(sums[r], 0, kernels_x[min(r, u8(INSIDE))])
        own, total = around[4:6], around[6]
        votes[0] = own[WIDE] + narrow * (own[NARROW] - own[WIDE])
        votes[1] = around[2] + narrow * (around[3] - around[2]) - votes[0]
        if several:
            n = vote(tags, gains, top, left, kernels_y, kernels_x, narrow, names, votes)
        winner = winner_of(ring, tags, left, kernels_x.shape[1], n, names, votes)
        for c in range(n_channels):
            pixel[c] = around[u8(7) + c]
        if winner != pair[0]:
            total = f4(1) - total
            for c in range(n_channels):
                pixel[c] = plain[c] - pixel[c]
        if several or total < f4(LEAST):
            total = among(ring, tags, winner, top, left, kernels_y, kernels_x, pixel)
        for c in range(n_channels):
            pixel[c] /= total

    @kernel(
        f"void({sample}[:,::1],i4[:,::1],u1[:,::1],u1[:,::1],f4[:,::1],"
        "i8[::1],i8,i8[::1],f4[:,:,::1],i8[::1],i8[::1],f4[:,:,::1],"
        "f4[:,::1],i4[:,::1],f4[:,:,::1],f4[::1],f4[:,::1],u1[::1],f4[:,::1],i4[::1],f4[:,::1],"
        f"f4[::1],u2[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, labels, trust, shares, table, cols, before_x, left_x, kernels_x, rows, left_y, kernels_y,
        ring, tags, known, line, totals, columns, sums, names, scratch, bounds, guess, dst, y0, y1,
    ):  # fmt: skip
        n_ring = ring.shape[0]
        thins, doubts, gains = known[0], known[1], known[2]
        votes, pixel, plain, around = scratch[0], scratch[1, :channels], scratch[2, :channels], scratch[3]
        standing = left_y[y0] - 1
        for y in range(y0, y1):
            top = left_y[y]
            standing = max(standing, top - 1)
            while standing < top + n_ring - 1:
                standing += 1
                k = standing % n_ring
                fetch(
                    src, labels, trust, shares, table, rows[standing], cols, before_x, ring[k], tags[k], thins[k],
                    doubts[k], gains[k],
                )  # fmt: skip
            if y == y0 or top != left_y[y - 1]:
                scan(tags, doubts, top, columns)
            blended(ring, top, kernels_y[y, INSIDE], line)
            for r in range(4):  # thins, doubts and gains by the wide kernel, and gains by the narrow one
                blended(known[min(r, 2)], top, kernels_y[y, r // 3], totals[r])
            last, pair = -1, (i4(0), i4(0))
            for x in range(u8(left_x.size)):
                left = left_x[x]
                if not worth_a_vote(columns, left, kernels_x.shape[2]):
                    continue
                for r in range(u8(4)):
                    around[r] = dot(totals[r], left, kernels_x[x, r // u8(3)])
                sure = f4(1) - f4(DOUBT) * around[1]
                if sure <= f4(0):
                    continue
                if left != last:
                    last, pair = left, _regions_of(tags, top, left, kernels_x.shape[2])
                    columns_of(ring, tags, gains, pair[0], top, left, kernels_y[y], kernels_x.shape[2], sums)
                for c in range(n_channels):
                    plain[c] = f4(0)
                    for i in range(u8(kernels_x.shape[2])):
                        plain[c] += kernels_x[x, INSIDE, i] * line[(u8(left) + i) * n_channels + c]
                crisp(
                    ring, tags, gains, top, left, pair, kernels_y[y], kernels_x[x], around, sums, names, votes, plain,
                    pixel,
                )  # fmt: skip
                for c in range(n_channels):
                    plain[c] += sure * (pixel[c] - plain[c])
                store(plain, bounds, guess, dst[y, x * n_channels : (x + u8(1)) * n_channels])

    return run


@functools.cache
def _copy(sample: str, channels: int) -> Kernel:
    """Return the kernel that copies a pixel of the winning region, the nearest one if it is of that."""
    fetch = _fetch(sample, channels, "encoded", "none")
    vote, winner_of = voter(channels)
    dot = dot_of(0)
    n_channels = u8(channels)

    @kernel(
        f"void({sample}[:,::1],i4[:,::1],u1[:,::1],u1[:,::1],f4[:,::1],i8[::1],i8,i8[::1],f4[:,:,::1],"
        "i8[::1],i8[::1],f4[:,:,::1],f4[:,::1],i4[:,::1],f4[:,:,::1],f4[::1],u1[::1],i4[::1],f4[:,::1],"
        f"i8[::1],i8[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, labels, trust, shares, table, cols, before_x, left_x, kernels_x, rows, left_y, kernels_y,
        ring, tags, known, thin, columns, names, scratch, nearest_x, nearest_y, dst, y0, y1,
    ):  # fmt: skip
        n_ring, width = ring.shape[0], kernels_x.shape[2]
        thins, doubts, gains = known[0], known[1], known[2]
        standing = left_y[y0] - 1
        for y in range(y0, y1):
            top = left_y[y]
            standing = max(standing, top - 1)
            while standing < top + n_ring - 1:
                standing += 1
                k = standing % n_ring
                fetch(
                    src, labels, trust, shares, table, rows[standing], cols, before_x, ring[k], tags[k], thins[k],
                    doubts[k], gains[k],
                )  # fmt: skip
            if y == y0 or top != left_y[y - 1]:
                scan(tags, doubts, top, columns)
            blended(thins, top, kernels_y[y, WIDE], thin)
            for x in range(u8(nearest_x.size)):
                left = left_x[x]
                row, column = nearest_y[y], nearest_x[x]
                if worth_a_vote(columns, left, width):
                    narrow = dot(thin, left, kernels_x[x, WIDE])
                    n = vote(tags, gains, top, left, kernels_y[y], kernels_x[x], narrow, names, scratch[0])
                    winner = winner_of(ring, tags, left, width, n, names, scratch[0])
                    i = 0
                    while labels[row, column] != winner:
                        row, column = rows[top + i // width], cols[left + i % width]
                        i += 1
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
    x, y = windows_of(horizontal), windows_of(vertical)
    n, height, width = len(x.source), y.kernels.shape[2], x.kernels.shape[2]
    sources = src.reshape(src.shape[0], -1), labels, *marked(src, labels, horizontal, vertical, alpha), share_table()
    constant = width if width in CONSTANT_WIDTHS else 0
    plain = resampler(
        src, horizontal, vertical, "encoded", "weighted" if alpha else "none", 0.0, np.zeros(channels, f4)
    )

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        ring, line = np.zeros((height, n * channels), f4), np.zeros(n * channels, f4)
        tags, known, columns = np.zeros((height, n), i4), np.zeros((3, height, n), f4), np.zeros(n, u1)
        names, scratch = np.zeros(height * width, i4), np.zeros((4, max(height * width, 11)), f4)
        common = *sources, *x, *y[:1], *y[2:], ring, tags, known
        flat = dst.reshape(dst.shape[0], -1)
        if exact:
            places = nearest_index(horizontal), nearest_index(vertical)
            _copy(sample, channels)(*common, line[:n], columns, names, scratch, *places, flat, y0, y1)
            return
        plain(dst, y0, y1)
        totals, sums = np.zeros((4, n), f4), np.zeros((3 + channels, width), f4)
        nothing = np.zeros(1, f4), np.zeros(1, np.uint16)
        _blend(sample, channels, alpha, constant)(
            *common, line, totals, columns, sums, names, scratch, *nothing, flat, y0, y1
        )

    return rows
