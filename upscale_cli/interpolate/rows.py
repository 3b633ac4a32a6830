"""How a row of samples becomes working light, and how a row of working light becomes samples.

Both are made to measure: `sample` is "u1", "u2" or "f4" (uint8, uint16, float32), `channels` 1 to 4, `light` as in
`color/transfer.py`, and `alpha` says what the last channel is: "none" (a colour), "straight" (an alpha filtered like a
colour, though never through a curve) or "weighted" (an alpha by which the colours are multiplied).

A working row is float32, pixels interleaved. Encoded light keeps the samples' own scale (0 to 255 for uint8), linear
light runs from 0 to 1. A weighted alpha runs from 0 to 1 plus EPSILON: where it is 0 on all pixels of a window the
colours are blended by EPSILON alike, that is unweighted, and the colour under full transparency is kept.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..color.transfer import CELLS, CURVES
from ..jit import helper

TOP = {"u1": 255, "u2": 65535, "f4": 1}
EPSILON = np.float32(2**-34)  # below half a level's share of 16 bits: 1 / (2 * 65535**2)

f4 = np.float32
u8 = np.uint64


@helper
def pulled(v, low, high, strength):
    """Return v drawn into [low, high]; wholly, and to the last bit, where the strength is 1."""
    return (f4(1) - strength) * v + strength * min(max(v, low), high)


@functools.cache
def value_of(sample: str, light: str) -> Callable:
    """Return a helper (sample, decode) -> working light."""
    if light == "encoded":

        @helper
        def value(v, decode):
            return f4(v)

    elif sample == "f4":
        to_light = CURVES[light][0]

        @helper
        def value(v, decode):
            return f4(to_light(v))

    else:

        @helper
        def value(v, decode):
            return decode[v]

    return value


@functools.cache
def loader(sample: str, channels: int, light: str, alpha: str) -> Callable:
    """Return a helper that puts row y of `src` into `line`, after room for `before` pixels; `fill` where y is -1.

    `src` has rows of interleaved samples, `fill` is float32 (channels) in working light.
    """
    value = value_of(sample, light)
    weighted = alpha == "weighted"
    pixelwise = weighted or (alpha == "straight" and light != "encoded")
    colours = u8(channels - 1)
    share = f4(1 / TOP[sample])
    n_channels = u8(channels)

    @helper
    def load_pixels(row, decode, at, line):
        if pixelwise:
            for x in range(u8(row.size) // n_channels):
                i = x * n_channels
                cover = f4(row[i + colours]) * share
                weight = f4(1)
                if weighted:
                    cover += EPSILON
                    weight = cover
                for c in range(colours):
                    line[at + i + c] = value(row[i + c], decode) * weight
                line[at + i + colours] = cover
        else:
            for i in range(u8(row.size)):
                line[at + i] = value(row[i], decode)

    @helper
    def load(src, y, before, fill, decode, line):
        if y >= 0:
            load_pixels(src[y], decode, u8(before) * n_channels, line)
        else:
            for x in range(before, before + src.shape[1] // channels):
                for c in range(channels):
                    line[x * channels + c] = fill[c]

    return load


@functools.cache
def padder(channels: int) -> Callable:
    """Return a helper that fills what stands before and after the n pixels of a working row.

    `cols` int64 is the source column of each padded pixel (-1: `fill`).
    """

    @helper
    def pad(line, cols, before, n, fill):
        for i in range(cols.size - n):
            x = i if i < before else i + n
            for c in range(channels):
                line[x * channels + c] = fill[c] if cols[x] < 0 else line[(before + cols[x]) * channels + c]

    return pad


@functools.cache
def level_of(sample: str, light: str) -> Callable:
    """Return a helper (working light, bounds, guess) -> sample, rounded half up and held to the sample's range.

    Encoded light is held as an integer: that narrows in one instruction, and takes a third less time than as a float.
    """
    top = np.int32(TOP[sample])
    whole = np.uint8 if sample == "u1" else np.uint16
    if sample == "f4" and light == "encoded":

        @helper
        def level(v, bounds, guess):
            return v

    elif sample == "f4":
        to_samples = CURVES[light][1]

        @helper
        def level(v, bounds, guess):
            return f4(to_samples(v))

    elif light == "encoded":

        @helper
        def level(v, bounds, guess):
            return whole(min(max(np.int32(v + f4(0.5)), np.int32(0)), top))

    else:

        @helper
        def level(v, bounds, guess):
            v = min(max(v, f4(0)), f4(1))
            k = int(guess[int(v * f4(CELLS))])
            while v >= bounds[k + 1]:
                k += 1
            return whole(k)

    return level


@functools.cache
def storer(sample: str, channels: int, light: str, alpha: str) -> Callable:
    """Return a helper that turns the working row `line` into the samples `row`."""
    level = level_of(sample, light)
    plain = level_of(sample, "encoded")
    weighted = alpha == "weighted"
    pixelwise = weighted or (alpha == "straight" and light != "encoded")
    colours = u8(channels - 1)
    top = f4(TOP[sample])
    highest = top if light == "encoded" and sample != "f4" else f4(np.inf)  # what is divided may be beyond an int32
    n_channels = u8(channels)

    @helper
    def store(line, bounds, guess, row):
        if pixelwise:
            for x in range(u8(row.size) // n_channels):
                i = x * n_channels
                cover = line[i + colours]
                over = f4(1)
                if weighted:
                    over = f4(1) / cover if cover != f4(0) else f4(0)
                for c in range(colours):
                    row[i + c] = level(min(line[i + c] * over, highest), bounds, guess)
                if weighted and abs(cover) < f4(2) * EPSILON:
                    cover = f4(0)
                row[i + colours] = plain(cover * top, bounds, guess)
        else:
            for i in range(u8(row.size)):
                row[i] = level(line[i], bounds, guess)

    return store


def working(pixel: tuple[float, ...], sample: str, light: str, alpha: str) -> np.ndarray:
    """Return the working row's values float32 (C) of one pixel of samples."""
    *colours, last = pixel
    top = TOP[sample]

    def value(v: float) -> float:
        return v if light == "encoded" else CURVES[light][0](v / top)

    if alpha == "none":
        return np.array([value(v) for v in pixel], dtype=f4)
    if alpha == "straight":
        return np.array([*map(value, colours), last if light == "encoded" else last / top], dtype=f4)
    cover = last / top + float(EPSILON)
    return np.array([*(value(v) * cover for v in colours), cover], dtype=f4)
