"""Nearest neighbour: every output pixel is a copy of one source pixel."""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, kernel
from .axis import Axis, positions

u8 = np.uint64


def nearest_index(axis: Axis) -> np.ndarray:
    """Return for each output sample (int64, n_out) the source sample that its centre falls on, in exact integers.

    For a whole image this is (2i + 1) n_in // (2 n_out): a centre on a border of two samples takes the second.
    """
    twice, _, denominator = positions(axis)
    return np.clip((twice // (2 * denominator)).astype(np.int64), 0, axis.n_in - 1)


@functools.cache
def pick(sample: str, channels: int) -> Kernel:
    """Return the copying kernel; a row that repeats the one above it is copied from there."""
    n_channels = u8(channels)

    @kernel(f"void({sample}[:,::1],i8[::1],i8[::1],{sample}[:,::1],i8,i8)")
    def run(src, rows, cols, dst, y0, y1):
        for y in range(y0, y1):
            out = dst[y]
            if y > y0 and rows[y] == rows[y - 1]:
                above = dst[y - 1]
                for i in range(u8(out.size)):
                    out[i] = above[i]
                continue
            row = src[rows[y]]
            for x in range(u8(cols.size)):
                start = u8(cols[x]) * n_channels
                for c in range(n_channels):
                    out[x * n_channels + c] = row[start + c]

    return run


def picker(src: np.ndarray, cols: np.ndarray, rows: np.ndarray) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst.

    `src` and `dst` are H x W x C and C-contiguous; `cols` and `rows` int64 are the source column and row of each
    output column and row.
    """
    run = pick(src.dtype.str[1:], src.shape[2])
    flat = src.reshape(src.shape[0], -1)
    return lambda dst, y0, y1: run(flat, rows, cols, dst.reshape(dst.shape[0], -1), y0, y1)
