"""Filtering one working row along itself, as helpers for the separable kernels.

Any factor: a window of samples is gathered for each output pixel. A whole factor f, whose weights repeat every f
pixels: f contiguous sweeps, one a phase, whose pixels are then put in order.

    phase 0 of row |0 2 4 6 ...|      phase 1 |1 3 5 7 ...|      row |0 1 2 3 4 5 6 7 ...|

Shrinking, a block of rows is filtered together: their samples are interleaved, so that a lane is a row.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import helper
from .rows import pulled

STRETCH = 32  # output pixels at a time

f4 = np.float32
u8 = np.uint64


@functools.cache
def gather_of(channels: int, taps: int) -> Callable:
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
def sweep_of(channels: int, taps: int, factor: int) -> Callable:
    """Return a helper that filters a row for a whole factor; `phases` holds the phases before they are interleaved."""
    constant = u8(taps)
    n_channels = u8(channels)
    interleave = interleave_of(channels, factor)

    @helper
    def sweep(line, windows, weights, phases, out):
        n_taps = constant if taps else u8(weights.shape[1])
        n = u8(windows.shape[0] // factor) * n_channels
        for phase in range(factor):
            start = u8(windows[phase, 0]) * n_channels
            at = u8(phase) * n
            for i in range(n):
                a = f4(0)
                for k in range(n_taps):
                    a += weights[phase, k] * line[start + i + k * n_channels]
                phases[at + i] = a
        interleave(phases, n // n_channels, out)

    return sweep


@functools.cache
def interleave_of(channels: int, factor: int) -> Callable:
    """Return a helper that puts n pixels of each phase in order.

    Three channels are moved as four, the fourth being overwritten by the next pixel; it needs room after the last.
    Samples are interleaved here, before the vertical pass, and not as bytes after it: 2.0 ms against 3.3 for
    1920x1080 to 3840x2160, and 0.4 against 1.5 for 512x512 to 2048x2048.
    """
    n_channels = u8(channels)
    n_moved = u8(4 if channels == 3 else channels)
    n_phases = u8(factor)

    @helper
    def interleave(phases, n, out):
        for x in range(n):
            for phase in range(n_phases):
                for c in range(n_moved):
                    out[(x * n_phases + phase) * n_channels + c] = phases[(phase * n + x) * n_channels + c]

    return interleave


@functools.cache
def calm_of(channels: int) -> Callable:
    """Return a helper that pulls filtered pixels towards the range of the samples within one pixel (anti-ringing)."""

    @helper
    def calm(line, windows, strength, out):
        for x in range(windows.shape[0]):
            for c in range(channels):
                low = high = line[windows[x, 1] * channels + c]
                for k in range(windows[x, 1] + 1, windows[x, 2]):
                    low = min(low, line[k * channels + c])
                    high = max(high, line[k * channels + c])
                out[x * channels + c] = pulled(out[x * channels + c], low, high, strength)

    return calm


def block_of(channels: int) -> int:
    """Return how many rows are filtered together when shrinking: as many as stay in the second cache."""
    return 8 if channels < 3 else 4


@functools.cache
def narrow_of(channels: int) -> Callable:
    """Return a helper that filters a block of rows at once: the rows `slots` of `lines` into the rows of `out`.

    STRETCH output pixels at a time, so that the interleaved samples stay in the first cache.

        rows   |a0 a1 a2 ...|  |b0 b1 b2 ...|  ...      samples |a0 b0 c0 d0 a1 b1 c1 d1 ...|
    """
    n_rows = u8(block_of(channels))
    n_lanes = u8(channels) * n_rows
    n_channels = u8(channels)

    @helper
    def narrow(lines, slots, windows, weights, samples, sums, out):
        n_taps = u8(weights.shape[1])
        for x0 in range(0, windows.shape[0], STRETCH):
            x1 = min(x0 + STRETCH, windows.shape[0])
            first = u8(windows[x0, 0])
            for i in range((u8(windows[x1 - 1, 0]) - first + n_taps) * n_channels):
                for row in range(n_rows):
                    samples[i * n_rows + row] = lines[slots[row], first * n_channels + i]
            for x in range(u8(x0), u8(x1)):
                start, at = (u8(windows[x, 0]) - first) * n_lanes, (x - u8(x0)) * n_lanes
                for lane in range(n_lanes):
                    sums[at + lane] = weights[x, 0] * samples[start + lane]
                for k in range(u8(1), n_taps):
                    for lane in range(n_lanes):
                        sums[at + lane] += weights[x, k] * samples[start + k * n_lanes + lane]
            for i in range(u8(x1 - x0) * n_channels):
                at = u8(x0) * n_channels + i
                for row in range(n_rows):
                    out[row, at] = sums[i * n_rows + row]

    return narrow
