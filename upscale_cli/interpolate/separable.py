"""The separable engine: both passes fused row by row, so that no image of floats ever stands in memory.

Enlarging, each source row is filtered horizontally once into a ring of as many rows as the vertical filter has taps,
and every output row is a blend of the ring. Shrinking, source rows are blended first, along contiguous memory, and
only the blend is filtered horizontally.

For a whole factor f the horizontal filter's weights repeat: it runs as f contiguous sweeps, one a phase, and the
pixels of the phases are interleaved when they are samples again.

    phase 0 of row |0 2 4 6 ...|      phase 1 |1 3 5 7 ...|      stored row |0 1 2 3 4 5 6 7 ...|
"""

import functools
from collections.abc import Callable

import numpy as np

from ..color.transfer import tables
from ..jit import Kernel, helper, kernel
from .axis import Axis
from .rows import TOP, level_of, loader, padder, storer
from .taps import taps_of

CONSTANT_TAPS = (1, 2, 4, 6, 8)  # windows that the compiler unrolls; others loop
GROUP = 4  # rows that the shrinking kernel blends at a time

f4 = np.float32
u8 = np.uint64


@functools.cache
def _gather(channels: int, taps: int) -> Callable:
    """Return a helper that filters a row, one window an output pixel; lanes are spelled out for the vectoriser.

    Three channels go as four lanes: the fourth lands on the next pixel, which is written afterwards.
    """
    n_channels = u8(channels)
    constant = u8(taps)

    @helper
    def one(line, windows, weights, out):
        n_taps = constant if taps else u8(weights.shape[1])
        for x in range(u8(windows.shape[0])):
            start = u8(windows[x, 0])
            a = f4(0)
            for k in range(n_taps):
                a += weights[x, k] * line[start + k]
            out[x] = a

    @helper
    def two(line, windows, weights, out):
        n_taps = constant if taps else u8(weights.shape[1])
        for x in range(u8(windows.shape[0])):
            start = u8(windows[x, 0]) * u8(2)
            a = b = f4(0)
            for k in range(n_taps):
                w, i = weights[x, k], start + k * u8(2)
                a += w * line[i]
                b += w * line[i + u8(1)]
            out[x * u8(2)] = a
            out[x * u8(2) + u8(1)] = b

    @helper
    def four(line, windows, weights, out):
        n_taps = constant if taps else u8(weights.shape[1])
        for x in range(u8(windows.shape[0])):
            start = u8(windows[x, 0]) * n_channels
            a = b = c = d = f4(0)
            for k in range(n_taps):
                w, i = weights[x, k], start + k * n_channels
                a += w * line[i]
                b += w * line[i + u8(1)]
                c += w * line[i + u8(2)]
                d += w * line[i + u8(3)]
            i = x * n_channels
            out[i] = a
            out[i + u8(1)] = b
            out[i + u8(2)] = c
            out[i + u8(3)] = d

    return {1: one, 2: two}.get(channels, four)


@functools.cache
def _sweep(channels: int, taps: int, factor: int) -> Callable:
    """Return a helper that filters a row for a whole factor: `out` holds the phases one after the other."""
    constant = u8(taps)
    n_channels = u8(channels)

    @helper
    def sweep(line, windows, weights, out):
        n_taps = constant if taps else u8(weights.shape[1])
        n = u8(windows.shape[0] // factor) * n_channels
        for phase in range(factor):
            start = u8(windows[phase, 0]) * n_channels
            at = u8(phase) * n
            for i in range(n):
                a = f4(0)
                for k in range(n_taps):
                    a += weights[phase, k] * line[start + i + k * n_channels]
                out[at + i] = a

    return sweep


@functools.cache
def _calm(channels: int, factor: int) -> Callable:
    """Return a helper that pulls filtered pixels towards the range of the samples within one pixel (anti-ringing)."""

    @helper
    def calm(line, windows, strength, out):
        n = windows.shape[0]
        for x in range(n):
            at = (x % factor) * (n // factor) + x // factor
            for c in range(channels):
                low = high = line[windows[x, 1] * channels + c]
                for k in range(windows[x, 1] + 1, windows[x, 2]):
                    low = min(low, line[k * channels + c])
                    high = max(high, line[k * channels + c])
                v = out[at * channels + c]
                out[at * channels + c] = v + strength * (min(max(v, low), high) - v)

    return calm


@functools.cache
def _interleave(channels: int, factor: int) -> Callable:
    """Return a helper that puts the phases' pixels in order.

    Three channels and factor 2 vectorise as they stand. Elsewhere four samples are moved at a time, the fourth of three-channel pixels
    being overwritten by the next: 1.7 ms against 4.7 for 12 MB and factor 4.
    """
    n_channels = u8(channels)
    n_phases = u8(factor)

    @helper
    def one_by_one(phases, row, start):
        n = u8(row.size) // (n_channels * n_phases)
        for x in range(u8(start), n):
            for phase in range(n_phases):
                for c in range(n_channels):
                    row[(x * n_phases + phase) * n_channels + c] = phases[(phase * n + x) * n_channels + c]

    @helper
    def four_by_four(phases, row):
        n = u8(row.size) // (n_channels * n_phases)
        for x in range(n - u8(1)):
            for phase in range(n_phases):
                i, at = (phase * n + x) * n_channels, (x * n_phases + phase) * n_channels
                a, b, c, d = phases[i], phases[i + u8(1)], phases[i + u8(2)], phases[i + u8(3)]
                row[at] = a
                row[at + u8(1)] = b
                row[at + u8(2)] = c
                row[at + u8(3)] = d
        one_by_one(phases, row, n - u8(1))

    @helper
    def in_order(phases, row):
        one_by_one(phases, row, 0)

    return four_by_four if channels == 4 or (channels == 3 and factor > 2) else in_order


ARGUMENTS = (
    "{0}[:,::1],i8[::1],i8[::1],i8,f4[::1],f4[::1],i8[:,::1],f4[:,::1],i8[:,::1],f4[:,::1],f4,"
    "f4[:,::1],f4[:,::1],f4[::1],u2[::1],{0}[::1],{0}[:,::1],i8,i8"
)


@functools.cache
def horizontal_first(
    sample: str, channels: int, light: str, alpha: str, taps: int, factor: int, antiring: bool
) -> Kernel:
    """Return the enlarging kernel; `taps` is the count of both axes if constant, else 0."""
    load = loader(sample, channels, light, alpha)
    pad = padder(channels)
    store = storer(sample, channels, light, alpha)
    filter_row = _sweep(channels, taps, factor) if factor > 1 else _gather(channels, taps)
    calm = _calm(channels, factor)
    interleave = _interleave(channels, factor)
    level = level_of(sample, light)
    in_one = alpha == "none" and not antiring  # blending and storing need no row between them
    constant = u8(taps)

    @helper
    def blend(ring, top, weights, line):
        n_taps = constant if taps else u8(weights.size)
        for i in range(u8(line.size)):
            a = f4(0)
            for k in range(n_taps):
                a += weights[k] * ring[(top + k) % n_taps, i]
            line[i] = a

    @helper
    def blend_and_store(ring, top, weights, bounds, guess, row):
        n_taps = constant if taps else u8(weights.size)
        for i in range(u8(row.size)):
            a = f4(0)
            for k in range(n_taps):
                a += weights[k] * ring[(top + k) % n_taps, i]
            row[i] = level(a, bounds, guess)

    @helper
    def calm_rows(ring, near, far, strength, line):
        n_ring = ring.shape[0]
        for i in range(line.size):
            low = high = ring[near % n_ring, i]
            for r in range(near + 1, far):
                low = min(low, ring[r % n_ring, i])
                high = max(high, ring[r % n_ring, i])
            line[i] += strength * (min(max(line[i], low), high) - line[i])

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
            blend(ring, u8(top), weights_y[y], blended)
            if antiring:
                calm_rows(ring, windows_y[y, 1], windows_y[y, 2], strength, blended)
            if factor > 1:
                store(blended, bounds, guess, phases)
                interleave(phases, dst[y])
            else:
                store(blended, bounds, guess, dst[y])

    return run


@functools.cache
def vertical_first(sample: str, channels: int, light: str, alpha: str, antiring: bool) -> Kernel:
    """Return the shrinking kernel; the count of vertical taps is a multiple of GROUP, the last weights zero.

    Samples that need no table and no weighting are blended as they are read, GROUP rows at a time.
    """
    load = loader(sample, channels, light, alpha)
    pad = padder(channels)
    store = storer(sample, channels, light, alpha)
    filter_row = _gather(channels, 0)
    calm = _calm(channels, 1)
    direct = light == "encoded" and alpha != "weighted"

    @helper
    def add(a, b, c, d, weights, k, total):
        wa, wb, wc, wd = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        for i in range(u8(a.size)):
            total[i] += (wa * f4(a[i]) + wb * f4(b[i])) + (wc * f4(c[i]) + wd * f4(d[i]))

    @helper
    def calm_columns(low, high, strength, total):
        for i in range(u8(total.size)):
            total[i] += strength * (min(max(total[i], low[i]), high[i]) - total[i])

    @helper
    def widen(line, low, high):
        for i in range(u8(line.size)):
            low[i] = min(low[i], line[i])
            high[i] = max(high[i], line[i])

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
                    add(src[rows[at]], src[rows[at + 1]], src[rows[at + 2]], src[rows[at + 3]], weights_y[y], k, sums)
                    continue
                load(src, rows[at], before, fill, decode, a)
                load(src, rows[at + 1], before, fill, decode, b)
                load(src, rows[at + 2], before, fill, decode, c)
                load(src, rows[at + 3], before, fill, decode, d)
                add(a, b, c, d, weights_y[y], k, total)
            if antiring:
                low[:] = f4(np.inf)
                high[:] = f4(-np.inf)
                for r in range(windows_y[y, 1], windows_y[y, 2]):
                    load(src, rows[r], before, fill, decode, a)
                    widen(a, low, high)
                calm_columns(low, high, strength, total)
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
