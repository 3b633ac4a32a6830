"""Elliptical weighted averaging: the weight of a source pixel is a function of its distance, so no axis is special.

Each output pixel sums the source pixels of a disc around it (an ellipse when shrinking) and divides by the sum of their
weights. Distances are counted in radii: a pixel at (x, y) from the centre is inside where x^2 + y^2 < 1.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel
from .axis import Axis, positions
from .filters import FILTERS
from .rows import loader, padder, pulled, storer
from .separable import working_tables
from .taps import Taps, assemble

CELLS = 4096  # of the weight table over the squared distance; straight lines between them err by 5.1e-6 at most

f4 = np.float32
u8 = np.uint64


@functools.lru_cache(maxsize=64)
def squares_of(axis: Axis) -> Taps:
    """Return an axis' windows with the squared distances of their samples, in radii, in the place of weights."""
    twice, _, denominator = positions(axis)
    stretch = float(axis.step) if axis.stretch and axis.shrinks else 1.0
    radius = FILTERS[axis.filter].support(dict(axis.parameters)) * stretch
    left = np.floor((twice / (2 * denominator)).astype(float) - radius - 0.5).astype(np.int64) + 1
    index = left[:, None] + np.arange(math.ceil(2 * radius))
    distance = ((2 * index.astype(twice.dtype) + 1) * denominator - twice[:, None]).astype(float) / (2 * denominator)
    squares = (distance / radius) ** 2
    if axis.edge == "renormalize":
        squares[(index < 0) | (index >= axis.n_in)] = 2
    return assemble(axis, left, squares)


def weight_table(axis: Axis) -> np.ndarray:
    """Return the filter's values float32 at the squared distances 0, 1 / CELLS, ... 1, and a zero behind them."""
    kernel_function, parameters = FILTERS[axis.filter], dict(axis.parameters)
    x = np.sqrt(np.arange(CELLS + 1) / CELLS) * kernel_function.support(parameters)
    return np.append(kernel_function.of(x, **parameters), 0.0).astype(f4)


@functools.cache
def disc(sample: str, channels: int, light: str, alpha: str, antiring: bool) -> Kernel:
    """Return the kernel; it keeps as many loaded rows in a ring as a disc is high."""
    load = loader(sample, channels, light, alpha)
    pad = padder(channels)
    store = storer(sample, channels, light, alpha)
    n_channels = u8(channels)

    @helper
    def add(line, left, square_y, squares, table, out):
        total = f4(0)
        for i in range(u8(squares.size)):
            where = (squares[i] + square_y) * f4(CELLS)
            if where < f4(CELLS):
                cell = u8(where)
                w = table[cell] + (where - f4(cell)) * (table[cell + u8(1)] - table[cell])
                total += w
                for c in range(n_channels):
                    out[c] += w * line[(u8(left) + i) * n_channels + c]
        return total

    @helper
    def calm(ring, window_x, window_y, strength, out):
        n_ring = ring.shape[0]
        for c in range(channels):
            low, high = f4(np.inf), f4(-np.inf)
            for j in range(window_y[1], window_y[2]):
                for i in range(window_x[1], window_x[2]):
                    v = ring[j % n_ring, i * channels + c]
                    low, high = min(low, v), max(high, v)
            out[c] = pulled(out[c], low, high, strength)

    @kernel(
        f"void({sample}[:,::1],i8[::1],i8[::1],i8,f4[::1],f4[::1],i8[:,::1],f4[:,::1],i8[:,::1],f4[:,::1],f4[::1],f4,"
        f"f4[::1],f4[:,::1],f4[::1],u2[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, rows, cols, before, fill, decode, windows_x, squares_x, windows_y, squares_y, table, strength,
        line, ring, bounds, guess, dst, y0, y1,
    ):  # fmt: skip
        n_ring = squares_y.shape[1]
        standing = windows_y[y0, 0] - 1
        for y in range(y0, y1):
            top = windows_y[y, 0]
            standing = max(standing, top - 1)
            while standing < top + n_ring - 1:
                standing += 1
                load(src, rows[standing], before, fill, decode, ring[standing % n_ring])
                pad(ring[standing % n_ring], cols, before, src.shape[1] // channels, fill)
            line[:] = f4(0)
            for x in range(windows_x.shape[0]):
                out = line[x * channels : (x + 1) * channels]
                total = f4(0)
                for j in range(n_ring):
                    row = ring[(top + j) % n_ring]
                    total += add(row, windows_x[x, 0], squares_y[y, j], squares_x[x], table, out)
                for c in range(channels):
                    out[c] /= total
                if antiring:
                    calm(ring, windows_x[x], windows_y[y], strength, out)
            store(line, bounds, guess, dst[y])

    return run


def averager(
    src: np.ndarray,
    horizontal: Axis,
    vertical: Axis,
    light: str,
    alpha: str,
    antiring: float,
    fill: np.ndarray,
) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst; arguments as `resampler`'s."""
    channels, sample = src.shape[2], src.dtype.str[1:]
    x, y, table = squares_of(horizontal), squares_of(vertical), weight_table(horizontal)
    run = disc(sample, channels, light, alpha, antiring > 0)
    decode, bounds, guess = working_tables(sample, light)
    squares_x, squares_y = x.weights.astype(f4), y.weights.astype(f4)

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        flat = dst.reshape(dst.shape[0], -1)
        line = np.zeros(flat.shape[1], f4)
        ring = np.zeros((squares_y.shape[1], len(x.source) * channels), f4)
        run(
            src.reshape(src.shape[0], -1), y.source, x.source, x.before, fill, decode, x.windows, squares_x,
            y.windows, squares_y, table, f4(antiring), line, ring, bounds, guess, flat, y0, y1,
        )  # fmt: skip

    return rows
