"""The separable engine: both passes fused row by row, so that no image of floats ever stands in memory.

Enlarging, each source row is filtered horizontally once into a ring of as many rows as the vertical filter has taps,
and every output row is a blend of the ring. Shrinking, source rows are blended first, along contiguous memory, and
only the blend is filtered horizontally.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..color.transfer import tables
from ..jit import Kernel, helper, kernel
from .axis import Axis
from .horizontal import calm_of, gather_of, interleave_of, sweep_of
from .rows import TOP, level_of, loader, padder, pulled, storer
from .taps import taps_of

CONSTANT_TAPS = (1, 2, 4, 6, 8)  # windows that the compiler unrolls; others loop
GROUP = 4  # rows that the shrinking kernel blends at a time

f4 = np.float32
u8 = np.uint64


ARGUMENTS = (
    "{0}[:,::1],i8[::1],i8[::1],i8,f4[::1],f4[::1],i8[:,::1],f4[:,::1],i8[:,::1],f4[:,::1],f4,"
    "f4[:,::1],f4[:,::1],f4[::1],u2[::1],{0}[::1],{0}[:,::1],i8,i8"
)


def _blend(taps: int, level: Callable) -> Callable:
    """Return a helper that sums the ring's rows from `top` on, each by its weight, and stores the levels in a row."""
    constant = u8(taps)

    @helper
    def blend(ring, top, weights, bounds, guess, row):
        n_taps = constant if taps else u8(weights.size)
        for i in range(u8(row.size)):
            a = f4(0)
            for k in range(n_taps):
                a += weights[k] * ring[(top + k) % n_taps, i]
            row[i] = level(a, bounds, guess)

    return blend


@helper
def _calm_rows(ring, near, far, strength, line):
    n_ring = ring.shape[0]
    for i in range(line.size):
        low = high = ring[near % n_ring, i]
        for r in range(near + 1, far):
            low = min(low, ring[r % n_ring, i])
            high = max(high, ring[r % n_ring, i])
        line[i] = pulled(line[i], low, high, strength)


@functools.cache
def horizontal_first(
    sample: str, channels: int, light: str, alpha: str, taps: int, factor: int, antiring: bool
) -> Kernel:
    """Return the enlarging kernel; `taps` is the count of both axes if constant, else 0."""
    load = loader(sample, channels, light, alpha)
    pad = padder(channels)
    store = storer(sample, channels, light, alpha)
    filter_row = sweep_of(channels, taps, factor) if factor > 1 else gather_of(channels, taps)
    calm = calm_of(channels, factor)
    interleave = interleave_of(channels, factor)
    blend = _blend(taps, level_of("f4", "encoded"))
    blend_and_store = _blend(taps, level_of(sample, light))
    in_one = alpha == "none" and not antiring  # then no row of floats stands between the two

    @kernel(f"void({ARGUMENTS.format(sample)})")
    def run(
        src, rows, cols, before, fill, decode, windows_x, weights_x, windows_y, weights_y, strength,
        lines, ring, bounds, guess, phases, dst, y0, y1,
    ):  # fmt: skip
        n_ring = weights_y.shape[1]
        line, blended = lines[0], lines[1, : dst.shape[1]]
        standing = windows_y[y0, 0] - 1
        for y in range(y0, y1):
            top = windows_y[y, 0]
            standing = max(standing, top - 1)
            while standing < top + n_ring - 1:
                standing += 1
                row = ring[standing % n_ring]
                load(src, rows[standing], before, fill, decode, line)
                pad(line, cols, before, src.shape[1] // channels, fill)
                filter_row(line, windows_x, weights_x, row)
                if antiring:
                    calm(line, windows_x, strength, row)
            if in_one:
                blend_and_store(ring, u8(top), weights_y[y], bounds, guess, phases if factor > 1 else dst[y])
                if factor > 1:
                    interleave(phases, dst[y])
                continue
            blend(ring, u8(top), weights_y[y], bounds, guess, blended)
            if antiring:
                _calm_rows(ring, windows_y[y, 1], windows_y[y, 2], strength, blended)
            if factor > 1:
                store(blended, bounds, guess, phases)
                interleave(phases, dst[y])
            else:
                store(blended, bounds, guess, dst[y])

    return run


@helper
def _add(a, b, c, d, weights, k, total):
    wa, wb, wc, wd = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
    for i in range(u8(a.size)):
        total[i] += (wa * f4(a[i]) + wb * f4(b[i])) + (wc * f4(c[i]) + wd * f4(d[i]))


@helper
def _calm_columns(low, high, strength, total):
    for i in range(u8(total.size)):
        total[i] = pulled(total[i], low[i], high[i], strength)


@helper
def _widen(line, low, high):
    for i in range(u8(line.size)):
        low[i] = min(low[i], line[i])
        high[i] = max(high[i], line[i])


@functools.cache
def vertical_first(sample: str, channels: int, light: str, alpha: str, antiring: bool) -> Kernel:
    """Return the shrinking kernel; the count of vertical taps is a multiple of GROUP, the last weights zero.

    Samples that need no table and no weighting are blended as they are read, GROUP rows at a time.
    """
    load = loader(sample, channels, light, alpha)
    pad = padder(channels)
    store = storer(sample, channels, light, alpha)
    filter_row = gather_of(channels, 0)
    calm = calm_of(channels, 1)
    direct = light == "encoded" and alpha != "weighted"

    @kernel(f"void({ARGUMENTS.format(sample)})")
    def run(
        src, rows, cols, before, fill, decode, windows_x, weights_x, windows_y, weights_y, strength,
        lines, ring, bounds, guess, phases, dst, y0, y1,
    ):  # fmt: skip
        a, b, c, d, total, low, high = lines[0], lines[1], lines[2], lines[3], lines[4], lines[5], lines[6]
        out = ring[0]
        sums = total[before * channels : before * channels + src.shape[1]]
        for y in range(y0, y1):
            total[:] = f4(0)
            for k in range(0, weights_y.shape[1], GROUP):
                at = windows_y[y, 0] + k
                if direct and min(rows[at], rows[at + 1], rows[at + 2], rows[at + 3]) >= 0:
                    _add(src[rows[at]], src[rows[at + 1]], src[rows[at + 2]], src[rows[at + 3]], weights_y[y], k, sums)
                    continue
                load(src, rows[at], before, fill, decode, a)
                load(src, rows[at + 1], before, fill, decode, b)
                load(src, rows[at + 2], before, fill, decode, c)
                load(src, rows[at + 3], before, fill, decode, d)
                _add(a, b, c, d, weights_y[y], k, total)
            if antiring:
                low[:] = f4(np.inf)
                high[:] = f4(-np.inf)
                for r in range(windows_y[y, 1], windows_y[y, 2]):
                    load(src, rows[r], before, fill, decode, a)
                    _widen(a, low, high)
                _calm_columns(low, high, strength, total)
            pad(total, cols, before, src.shape[1] // channels, fill)
            filter_row(total, windows_x, weights_x, out)
            if antiring:
                calm(total, windows_x, strength, out)
            store(out[: dst.shape[1]], bounds, guess, dst[y])

    return run


def working_tables(sample: str, light: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the tables (decode, bounds, guess) of a sample type and light; empty where kernels need none."""
    if light == "encoded" or sample == "f4":
        return np.zeros(1, f4), np.zeros(1, f4), np.zeros(1, np.uint16)
    return tables(light, TOP[sample] + 1)


def resampler(
    src: np.ndarray,
    horizontal: Axis,
    vertical: Axis,
    light: str,
    alpha: str,
    antiring: float,
    fill: np.ndarray,
) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst.

    `src` and `dst` are H x W x C, uint8, uint16 or float32, C-contiguous; `fill` float32 (C) is what a constant border
    shows, in working light. The function may run on several threads at once, on rows apart.
    """
    channels, sample = src.shape[2], src.dtype.str[1:]
    x, y = taps_of(horizontal), taps_of(vertical)
    n_taps = x.weights.shape[1] if x.weights.shape[1] == y.weights.shape[1] else 0
    n_taps = n_taps if n_taps in CONSTANT_TAPS else 0
    if vertical.shrinks:
        run = vertical_first(sample, channels, light, alpha, antiring > 0)
    else:
        run = horizontal_first(sample, channels, light, alpha, n_taps, x.phases, antiring > 0)
    decode, bounds, guess = working_tables(sample, light)
    weights_x, weights_y, source_y = x.weights.astype(f4), y.weights.astype(f4), y.source
    if vertical.shrinks:  # the last group of rows is filled up with rows of no weight
        spare = -weights_y.shape[1] % GROUP
        weights_y = np.pad(weights_y, ((0, 0), (0, spare)))
        source_y = np.pad(source_y, (0, spare), mode="edge")
    width = max(len(x.source), horizontal.n_out) * channels + 4  # four lanes may read and write one pixel beyond

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        flat = dst.reshape(dst.shape[0], -1)
        lines = np.zeros((7, width), f4)
        ring = np.zeros((weights_y.shape[1], width), f4)
        phases = np.zeros(flat.shape[1], dst.dtype)
        run(
            src.reshape(src.shape[0], -1), source_y, x.source, x.before, fill, decode, x.windows, weights_x,
            y.windows, weights_y, f4(antiring), lines, ring, bounds, guess, phases, flat, y0, y1,
        )  # fmt: skip

    return rows
