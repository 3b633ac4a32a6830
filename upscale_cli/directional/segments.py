"""Segmentation: connected components of similar pixels (union-find), the smallest merged into a neighbour.

Pixels are connected with those of the eight around them that are alike: all channels differ by the tolerance at most,
in levels of the 8-bit scale. Eight, and not four, keep a diagonal line of one pixel's width in one piece.

A region is known by its first pixel in reading order: trees of pixels point upwards to it, and so every parent has been
numbered before its children come. Memory is four int32 a pixel at most: the result, and a region's area, likest
neighbour and the difference to it; the latter three are as many as there are regions.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..interpolate.rows import TOP
from ..jit import Kernel, helper, kernel

LEFT, ABOVE_LEFT, ABOVE, ABOVE_RIGHT = 1, 2, 4, 8  # neighbours that stand before a pixel; it stands before the others

f4 = np.float32
i4 = np.int32
u1 = np.uint8
u8 = np.uint64


@functools.cache
def planar(sample: str, channels: int, alpha: bool) -> Callable:
    """Return a helper that loads a row of samples into planes (C, W), colours multiplied by their alpha."""
    n_channels = u8(channels)
    colours = u8(channels - 1)
    share = f4(1 / TOP[sample])

    @helper
    def load(row, planes):
        for c in range(n_channels):
            for x in range(u8(planes.shape[1])):
                v = f4(row[x * n_channels + c])
                if alpha and c < colours:
                    v *= f4(row[x * n_channels + colours]) * share
                planes[c, x] = v

    return load


@helper
def root_of(parents, i):
    """Return the first pixel of a tree; on the way there each second pixel is hung up higher."""
    while parents[u8(i)] != i:
        parents[u8(i)] = parents[u8(parents[u8(i)])]
        i = parents[u8(i)]
    return i


@helper
def join(parents, i, j):
    i, j = root_of(parents, i), root_of(parents, j)
    if i < j:
        parents[u8(j)] = i
    else:
        parents[u8(i)] = j


@functools.cache
def _linked(channels: int) -> Callable:
    """Return a helper that sets a bit of `links` where pixel x + a of one row and x + b of the other are alike."""
    n_channels = u8(channels)

    @helper
    def linked(one, a, other, b, n, tolerance, bit, links):
        for x in range(u8(n)):
            near = True
            for c in range(n_channels):
                near &= abs(one[c, x + u8(a)] - other[c, x + u8(b)]) <= tolerance
            links[x + u8(a)] |= u1(bit) if near else u1(0)

    return linked


@functools.cache
def _connect(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel that joins pixels into trees."""
    load, linked = planar(sample, channels, alpha), _linked(channels)

    @helper
    def join_row(links, above, at, width, parents):
        """Join linked pixels, save those that a way of two or three other links joins already."""
        for x in range(width):
            link = links[u8(x)]
            for k in range(4):
                if not (link >> u1(k)) & 1:
                    continue
                if k == 1:
                    known = link & ABOVE and above[u8(x)] & LEFT
                elif k == 2:
                    known = link & LEFT and links[u8(x - 1)] & ABOVE and above[u8(x)] & LEFT
                elif k == 3:
                    known = link & ABOVE and above[u8(x + 1)] & LEFT
                else:
                    known = False
                if not known:
                    join(parents, i4(at + x), i4(at + x - 1 if k == 0 else at + x - width + k - 2))

    @kernel(f"void({sample}[:,::1],f4,f4[:,:,::1],u1[:,::1],i4[::1])")
    def connect(src, tolerance, planes, links, parents):
        width = planes.shape[2]
        for i in range(u8(parents.size)):
            parents[i] = i4(i)
        for y in range(src.shape[0]):
            now, before = planes[y % 2], planes[(y + 1) % 2]
            here, above = links[y % 2], links[(y + 1) % 2]
            load(src[y], now)
            here[:] = u1(0)
            linked(now, 1, now, 0, width - 1, tolerance, LEFT, here)
            if y > 0:
                linked(now, 1, before, 0, width - 1, tolerance, ABOVE_LEFT, here)
                linked(now, 0, before, 0, width, tolerance, ABOVE, here)
                linked(now, 0, before, 1, width - 1, tolerance, ABOVE_RIGHT, here)
            join_row(here, above, y * width, width, parents)

    return connect


@functools.cache
def _connect_borders(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel that joins the pixels of a border with those of the opposite one.

    `src` has a row for each pixel; the borders have n, the first are `one` and `other`, and `step` leads along both.
    """
    load = planar(sample, channels, alpha)
    n_channels = u8(channels)

    @kernel(f"void({sample}[:,::1],i8,i8,i8,i8,f4,f4[:,:,::1],i4[::1])")
    def connect(src, one, other, step, n, tolerance, pixels, parents):
        for k in range(3 * n):
            i = one + k // 3 * step
            j = other + (k // 3 + k % 3 - 1) % n * step
            load(src[i], pixels[0])
            load(src[j], pixels[1])
            near = True
            for c in range(n_channels):
                near &= abs(pixels[0, c, 0] - pixels[1, c, 0]) <= tolerance
            if near:
                join(parents, i4(i), i4(j))

    return connect


@kernel("void(i4[::1],i4[::1])")
def _number(parents, areas):
    """Put the numbers of the trees in the place of the parents, and count each one's pixels."""
    n = i4(0)
    for i in range(u8(parents.size)):
        if parents[i] == i4(i):
            parents[i] = n
            areas[u8(n)] = i4(0)
            n += i4(1)
        else:
            parents[i] = parents[u8(parents[i])]
        areas[u8(parents[i])] += i4(1)


@functools.cache
def _choose(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel that finds the likest neighbour of each region of less than `least` pixels.

    That is the region of the pixel that differs least from one of its own; of several the largest, and of these that of
    the least pixel, so that a mirrored picture is segmented alike.
    """
    load = planar(sample, channels, alpha)
    n_channels = u8(channels)

    @helper
    def consider(one, other, difference, value, least, areas, best, likest):
        k = u8(one)
        if areas[k] >= least or difference > best[0, k]:
            return
        better = likest[k] == one or difference < best[0, k]
        if not better:
            size, largest = areas[u8(other)], areas[u8(likest[k])]
            better = size > largest or (size == largest and value < best[1, k])
        if better:
            best[0, k], best[1, k] = difference, value
            likest[k] = other

    @kernel(f"void({sample}[:,::1],i4[:,::1],i8,i8,i4[::1],f4[:,:,::1],f4[:,::1],i4[::1])")
    def choose(src, labels, wrap, least, areas, planes, best, likest):
        height, width = labels.shape
        for i in range(likest.size):
            likest[i] = i4(i)
            best[0, i] = f4(np.inf)
        if wrap:
            load(src[height - 1], planes[1])
        for y in range(height):
            now, before = planes[y % 2], planes[(y + 1) % 2]
            load(src[y], now)
            for x in range(width):
                one = labels[y, x]
                for k in range(4):  # left, above left, above, above right
                    row, column = (y, x - 1) if k == 0 else (y - 1, x + k - 2)
                    if wrap:
                        row, column = (row + height) % height, (column + width) % width
                    elif row < 0 or column < 0 or column >= width:
                        continue
                    other = labels[row, column]
                    if one == other or (areas[u8(one)] >= least and areas[u8(other)] >= least):
                        continue
                    line = now if k == 0 else before
                    difference, value, its_value = f4(0), f4(0), f4(0)
                    for c in range(n_channels):
                        v, w = now[c, u8(x)], line[c, u8(column)]
                        difference = max(difference, abs(v - w))
                        value += v
                        its_value += w
                    consider(one, other, difference, its_value, least, areas, best, likest)
                    consider(other, one, difference, value, least, areas, best, likest)

    return choose


@kernel("void(i4[::1],i4[::1],i4[::1])")
def _merge(likest, parents, areas):
    """Join each region with its likest, and number what comes out of it: `parents` by region, and its areas."""
    for i in range(parents.size):
        parents[i] = i4(i)
    for i in range(parents.size):
        if likest[i] != i4(i):
            join(parents, i4(i), likest[i])
    n = i4(0)
    for i in range(parents.size):  # areas are gathered in the place of likest, which is not needed any more
        likest[i] = i4(0)
    for i in range(u8(parents.size)):
        if parents[i] == i4(i):
            parents[i] = n
            n += i4(1)
        else:
            parents[i] = parents[u8(parents[i])]
        likest[u8(parents[i])] += areas[i]
    for i in range(parents.size):
        areas[i] = likest[i]


@kernel("void(i4[::1],i4[::1])")
def _renumber(numbers, labels):
    for i in range(u8(labels.size)):
        labels[i] = numbers[u8(labels[i])]


def segments(
    samples: np.ndarray, tolerance: float, min_area: int, alpha: bool, exact: bool = False, wrap: bool = False
) -> np.ndarray:
    """Return the region of each pixel: int32 H x W, numbered from 0 in order of first appearance.

    `samples` H x W x C are uint8, uint16 or float32, C-contiguous. Neighbours whose channels all differ by `tolerance`
    at most, in levels of the 8-bit scale, are of one region; regions of fewer than `min_area` pixels are merged into
    the neighbour they are likest to. With `alpha` the last channel is a straight alpha: colours count by their alpha,
    so that all that is transparent is alike. `exact`: regions are of equal samples, wherever they stand, whatever the
    tolerance. `wrap`: opposite borders are neighbours.
    """
    height, width, channels = samples.shape
    sample, flat = samples.dtype.str[1:], samples.reshape(height, -1)
    planes, links = np.zeros((2, channels, width), f4), np.zeros((2, width), u1)
    labels = np.empty(height * width, i4)
    unit = TOP[sample] / 255
    tolerance = 0 if exact else tolerance * unit
    _connect(sample, channels, alpha)(flat, tolerance, planes, links, labels)
    if wrap:
        pixels, connect = samples.reshape(-1, channels), _connect_borders(sample, channels, alpha)
        two = np.zeros((2, channels, 1), f4)
        connect(pixels, 0, width - 1, width, height, tolerance, two, labels)
        connect(pixels, 0, (height - 1) * width, 1, width, tolerance, two, labels)
    areas = np.empty(labels.size, i4)
    _number(labels, areas)
    labels = labels.reshape(height, width)
    n = int(labels.max()) + 1
    if exact:
        _renumber(_pooled(samples, labels, alpha), labels.reshape(-1))
        return labels
    areas, likest = areas[:n].copy(), np.empty(n, i4)
    parents = np.empty(n, i4)
    while n > 1 and areas[:n].min() < min_area:
        best = np.empty((2, n), f4)
        _choose(sample, channels, alpha)(flat, labels, int(wrap), min_area, areas[:n], planes, best, likest[:n])
        _merge(likest[:n], parents[:n], areas[:n])
        _renumber(parents[:n], labels.reshape(-1))
        n = int(parents[:n].max()) + 1
    return labels


def _first_pixels(labels: np.ndarray) -> np.ndarray:
    """Return where each region's first pixel stands in reading order."""
    return np.flatnonzero(np.diff(np.maximum.accumulate(labels.reshape(-1)), prepend=-1))


def _pooled(samples: np.ndarray, labels: np.ndarray, alpha: bool) -> np.ndarray:
    """Return a number for each region, the same for those of equal samples."""
    values = samples.reshape(-1, samples.shape[2])[_first_pixels(labels)]
    if alpha:
        values = values * (values[:, -1:] != 0)
    values = values + values.dtype.type(0)  # -0 becomes 0
    _, first, which = np.unique(values, axis=0, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first)).astype(i4)[which.reshape(-1)]


def shown(samples: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return a picture of a segmentation, H x W x 3 uint8: each region in its mean colour.

    `samples` as in `segments`; an alpha (of 2 or 4 channels) is left out.
    """
    which, channels = labels.reshape(-1), samples.shape[2]
    areas = np.bincount(which)
    levels = samples.reshape(-1, channels) * np.float32(255 / TOP[samples.dtype.str[1:]])
    means = [np.bincount(which, levels[:, c]) / areas for c in range(channels - (channels in (2, 4)))]
    colours = np.stack(means if len(means) == 3 else means * 3, axis=1)
    return np.clip(np.nan_to_num(colours) + 0.5, 0, 255).astype(u1)[labels]
