"""The separable engine: both passes fused row by row, so that no image of floats ever stands in memory.

Enlarging, each source row is filtered horizontally once into a ring of as many rows as the vertical filter has taps,
and every output row is a blend of the ring. Shrinking, source rows are blended first, along contiguous memory: each
GROUP of them is read once and added, by its weights, to all the output rows that it is part of.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..color.transfer import tables
from ..jit import Kernel, helper, kernel
from .axis import Axis
from .horizontal import STRETCH, block_of, calm_of, gather_of, narrow_of, sweep_of
from .rows import TOP, level_of, loader, padder, pulled, storer
from .taps import GROUP, groups_of, taps_of

CONSTANT_TAPS = (1, 2, 4, 6, 8)  # windows that the compiler unrolls; others loop
WIDEST = 4  # output rows that it adds to at a time; five took longer than two and three

f4 = np.float32
u8 = np.uint64


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
    gather, sweep = gather_of(channels, taps), sweep_of(channels, taps, factor)
    calm = calm_of(channels)
    blend = _blend(taps, level_of("f4", "encoded"))
    blend_and_store = _blend(taps, level_of(sample, light))
    in_one = alpha == "none" and not antiring  # then no row of floats stands between the two

    @kernel(
        f"void({sample}[:,::1],i8[::1],i8[::1],i8,f4[::1],f4[::1],i8[:,::1],f4[:,::1],i8[:,::1],f4[:,::1],f4,"
        f"f4[:,::1],f4[::1],f4[:,::1],f4[::1],u2[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, rows, cols, before, fill, decode, windows_x, weights_x, windows_y, weights_y, strength,
        lines, phases, ring, bounds, guess, dst, y0, y1,
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
                if factor > 1:
                    sweep(line, windows_x, weights_x, phases, row)
                else:
                    gather(line, windows_x, weights_x, row)
                if antiring:
                    calm(line, windows_x, strength, row)
            if in_one:
                blend_and_store(ring, u8(top), weights_y[y], bounds, guess, dst[y])
                continue
            blend(ring, u8(top), weights_y[y], bounds, guess, blended)
            if antiring:
                _calm_rows(ring, windows_y[y, 1], windows_y[y, 2], strength, blended)
            store(blended, bounds, guess, dst[y])

    return run


def _spread(sample: str, width: int) -> Callable:
    """Return a helper that adds four rows, by their weights (M, 4), to `width` rows of sums from `top` + m on.

    A float sample of no weight is left out: it may not be finite, and 0 * NaN is NaN.
    """
    n_sums = u8(width)
    floats = sample == "f4"

    @helper
    def spread(a, b, c, d, weights, m, sums, top, at):
        n_slots = u8(sums.shape[0])
        for i in range(u8(a.size)):
            va, vb, vc, vd = f4(a[i]), f4(b[i]), f4(c[i]), f4(d[i])
            for j in range(n_sums):
                slot = (u8(top + m) + j) % n_slots
                w = weights[u8(m) + j]
                wa, wb, wc, wd = w[0], w[1], w[2], w[3]
                total = sums[slot, u8(at) + i]
                if floats:
                    total += wa * va if wa != f4(0) else f4(0)
                    total += wb * vb if wb != f4(0) else f4(0)
                    total += wc * vc if wc != f4(0) else f4(0)
                    total += wd * vd if wd != f4(0) else f4(0)
                else:
                    total = total + wa * va + wb * vb + wc * vc + wd * vd
                sums[slot, u8(at) + i] = total

    return spread


def _calmer(load: Callable) -> Callable:
    """Return a helper that pulls a row of sums towards the range of the source rows near to it."""

    @helper
    def calm(src, rows, window, fill, decode, strength, lines, sums):
        line, low, high = lines[0], lines[1], lines[2]
        low[:] = f4(np.inf)
        high[:] = f4(-np.inf)
        for r in range(window[1], window[2]):
            load(src, rows[r], 0, fill, decode, line)
            for i in range(u8(sums.size)):
                low[i] = min(low[i], line[i])
                high[i] = max(high[i], line[i])
        for i in range(u8(sums.size)):
            sums[i] = pulled(sums[i], low[i], high[i], strength)

    return calm


@functools.cache
def vertical_first(
    sample: str, channels: int, light: str, alpha: str, width: int, antiring: bool, as_read: bool
) -> Kernel:
    """Return the shrinking kernel, which adds to `width` output rows at a time.

    Samples that need no table and no weighting may be blended `as_read`, if no row is missing.
    """
    load = loader(sample, channels, light, alpha)
    pad = padder(channels)
    store = storer(sample, channels, light, alpha)
    spread = _spread(sample, width)
    narrow = narrow_of(channels)
    calm, calm_rows = calm_of(channels), _calmer(load)
    block = block_of(channels)

    @helper
    def spread_group(src, rows, r, fill, decode, lines, weights, sums, top, at):
        n = src.shape[1]
        if not as_read:
            for j in range(GROUP):
                load(src, rows[r + j], 0, fill, decode, lines[j])
        for m in range(0, weights.shape[0], width):
            if as_read:
                a, b, c, d = src[rows[r]], src[rows[r + 1]], src[rows[r + 2]], src[rows[r + 3]]
            else:
                a, b, c, d = lines[0, :n], lines[1, :n], lines[2, :n], lines[3, :n]
            spread(a, b, c, d, weights, m, sums, top, at)

    @kernel(
        f"void({sample}[:,::1],i8[::1],i8[::1],i8,f4[::1],f4[::1],i8[:,::1],f4[:,::1],i8[:,::1],i8[::1],f4[:,:,::1],f4,"
        f"f4[:,::1],f4[:,::1],f4[::1],f4[::1],i8[::1],f4[:,::1],f4[::1],u2[::1],{sample}[:,::1],i8,i8)"
    )
    def run(
        src, rows, cols, before, fill, decode, windows_x, weights_x, windows_y, active, weights_y, strength,
        lines, sums, samples, lanes, slots, out, bounds, guess, dst, y0, y1,
    ):  # fmt: skip
        n, at, n_slots = src.shape[1], before * channels, sums.shape[0]
        group = windows_y[y0, 0] // GROUP
        done, cleared = y0, active[group]
        while done < y1:
            top = active[group]
            group = max(group, windows_y[top, 0] // GROUP)
            r = group * GROUP
            for y in range(cleared, top + weights_y.shape[1]):
                sums[y % n_slots] = f4(0)
            cleared = top + weights_y.shape[1]
            spread_group(src, rows, r, fill, decode, lines, weights_y[group], sums, top, before * channels)
            group += 1
            while done < y1 and min(done + block, y1) <= active[group]:
                for j in range(block):
                    slots[j] = min(done + j, y1 - 1) % n_slots
                for y in range(done, min(done + block, y1)):
                    total = sums[y % n_slots]
                    if antiring:
                        calm_rows(src, rows, windows_y[y], fill, decode, strength, lines, total[at : at + n])
                    pad(total, cols, before, n // channels, fill)
                narrow(sums, slots, windows_x, weights_x, samples, lanes, out)
                for y in range(done, min(done + block, y1)):
                    if antiring:
                        calm(sums[y % n_slots], windows_x, strength, out[y - done])
                    store(out[y - done], bounds, guess, dst[y])
                done = min(done + block, y1)

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
    decode, bounds, guess = working_tables(sample, light)
    width = max(len(x.source), horizontal.n_out) * channels + 4  # four lanes may read and write one pixel beyond
    flat_src = src.reshape(src.shape[0], -1)
    common = x.source, x.before, fill, decode, x.windows, x.weights.astype(f4), y.windows

    if not vertical.shrinks:
        n_taps = x.weights.shape[1] if x.weights.shape[1] == y.weights.shape[1] else 0
        n_taps = n_taps if n_taps in CONSTANT_TAPS else 0
        enlarge = horizontal_first(sample, channels, light, alpha, n_taps, x.phases, antiring > 0)
        weights_y = y.weights.astype(f4)

        def rows(dst: np.ndarray, y0: int, y1: int) -> None:
            lines, phases = np.zeros((2, width), f4), np.zeros(width, f4)
            ring = np.zeros((weights_y.shape[1], width), f4)
            flat = dst.reshape(dst.shape[0], -1)
            enlarge(
                flat_src, y.source, *common, weights_y, f4(antiring), lines, phases, ring, bounds, guess, flat, y0, y1
            )

        return rows

    active, weights = groups_of(y)
    block = block_of(channels)
    passes = -(-weights.shape[1] // WIDEST)
    at_once = max(2, -(-weights.shape[1] // passes))
    weights = np.pad(weights, ((0, 0), (0, passes * at_once - weights.shape[1]), (0, 0)))
    source_y = np.pad(y.source, (0, max(0, len(weights) * GROUP - len(y.source))), mode="edge")
    n_slots = weights.shape[1] + block + int(np.diff(active).max())
    ends = np.minimum(np.arange(STRETCH, horizontal.n_out + STRETCH, STRETCH), horizontal.n_out) - 1
    span = int((x.windows[ends, 0] - x.windows[::STRETCH, 0]).max()) + x.weights.shape[1]
    as_read = light == "encoded" and alpha != "weighted" and bool((source_y >= 0).all())
    shrink = vertical_first(sample, channels, light, alpha, at_once, antiring > 0, as_read)

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        lines, sums = np.zeros((GROUP, width), f4), np.zeros((n_slots, width), f4)
        samples, lanes = np.zeros(span * channels * block, f4), np.zeros(STRETCH * channels * block, f4)
        out = np.zeros((block, horizontal.n_out * channels), f4)
        flat = dst.reshape(dst.shape[0], -1)
        shrink(
            flat_src, source_y, *common, active, weights, f4(antiring), lines, sums, samples, lanes,
            np.zeros(block, np.int64), out, bounds, guess, flat, y0, y1,
        )  # fmt: skip

    return rows
