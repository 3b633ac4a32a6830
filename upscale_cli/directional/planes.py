"""Planes: a band of the source as float32 planes, one a channel, and how a lattice of planes becomes rows of samples.

Edge-directed methods double a picture by filling a lattice. The source's samples stand at its even points; a pass
finds the others, first those between four source samples, then the rest:

    s . s . s          s: source          d: diagonal, between four s
    . d . d .          h: horizontal, between two s in a row and two d in a column
    s h s h s          v: vertical, between two d in a row and two s in a column
    . d v d .

Each kind is a plane of its own, of the source's height and width (point [i, j] of d lies right of and below s[i, j],
h[i, j] right of it, v[i, j] below it), so that neighbours are contiguous. Bands are loaded with as much of the picture,
or of what stands beyond its border, as the passes look at; kernels know no border, and what they leave unfilled at a
band's rim is never read.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel

f4 = np.float32
u8 = np.uint64


@functools.cache
def loader(sample: str, channels: int) -> Kernel:
    """Return the kernel that fills planes with the picture's rows and columns named; -1 stands for the fill."""
    n_channels = u8(channels)

    @kernel(f"void({sample}[:,::1],i8[::1],i8[::1],f4[::1],i8,f4[:,:,::1])")
    def load(src, rows, cols, fill, first, planes):
        for c in range(planes.shape[0]):
            at = u8(first + c)
            for i in range(planes.shape[1]):
                for j in range(planes.shape[2]):
                    inside = rows[i] >= 0 and cols[j] >= 0
                    planes[c, i, j] = src[rows[i], u8(cols[j]) * n_channels + at] if inside else fill[at]

    return load


def guide_of(planes: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Return the plane (H x W) that decides for all (C x H x W): their sum by shares."""
    if len(planes) == 1:
        return planes[0]
    guide = planes[0] * f4(shares[0])
    for plane, share in zip(planes[1:], shares[1:], strict=True):
        guide += plane * f4(share)
    return guide


@kernel("void(f4[:,:,::1],f4[:,:,::1],f4[:,:,::1],f4[:,:,::1],f4[:,:,::1])")
def weave(source, diagonal, horizontal, vertical, lattice):
    """Put the four planes of every channel together."""
    for c in range(source.shape[0]):
        for i in range(source.shape[1]):
            even, odd = lattice[c, 2 * i], lattice[c, 2 * i + 1]
            for j in range(u8(source.shape[2])):
                even[u8(2) * j] = source[c, i, j]
                even[u8(2) * j + u8(1)] = horizontal[c, i, j]
                odd[u8(2) * j] = vertical[c, i, j]
                odd[u8(2) * j + u8(1)] = diagonal[c, i, j]


def _level(sample: str) -> Callable:
    """Return a helper float32 -> sample, rounded half up and held to the range."""
    top = np.int32(65535 if sample == "u2" else 255)
    whole = np.uint16 if sample == "u2" else np.uint8
    if sample == "f4":
        return helper(lambda v: v)

    @helper
    def level(v):
        return whole(min(max(np.int32(v + f4(0.5)), np.int32(0)), top))

    return level


@functools.cache
def storer(sample: str, channels: int, colours: int, across: int, down: int) -> Kernel:
    """Return the kernel that resamples the lattice of `colours` channels into rows of samples of `channels`.

    Row y sums the lattice's rows from lefts_y[y] on by weights_y[y]; columns likewise. `across` is not 0 where that
    many taps have the same weights in all columns, one after the other; `down` is the taps of rows, if constant.
    """
    level = _level(sample)
    n_channels, n_colours, constant_x, constant_y = u8(channels), u8(colours), u8(across), u8(down)

    @kernel(f"void(f4[:,:,::1],i8[::1],f4[:,::1],i8[::1],f4[:,::1],i8,f4[::1],f4[:,::1],{sample}[:,::1],i8,i8)")
    def store(lattice, lefts_y, weights_y, lefts_x, weights_x, first, line, rows, dst, y0, y1):
        width = u8(lefts_x.size)
        taps_x = constant_x if across else u8(weights_x.shape[1])
        taps_y = constant_y if down else u8(weights_y.shape[1])
        for y in range(y0, y1):
            top, weights = u8(lefts_y[y - y0]), weights_y[y - y0]
            for c in range(n_colours):
                for j in range(u8(line.size)):
                    total = f4(0)
                    for k in range(taps_y):
                        total += weights[k] * lattice[c, top + k, j]
                    line[j] = total
                out, left = rows[c], u8(lefts_x[0])
                for x in range(width):
                    at = left + x if across else u8(lefts_x[x])
                    total = f4(0)
                    for k in range(taps_x):
                        total += (weights_x[0, k] if across else weights_x[x, k]) * line[at + k]
                    out[x] = total
            row_out = dst[y]
            for x in range(width):
                for c in range(n_colours):
                    row_out[x * n_channels + u8(first) + c] = level(rows[c, x])

    return store
