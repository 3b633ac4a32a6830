"""One pass at a time in another library's arithmetic, an image of samples between the passes.

`arithmetic` is "fixed" (integer weights, rounded shift: Pillow and torch on 8 bits), "double" (sums in float64, stored
as the sample type, integers rounded half away from zero and held to range: MATLAB and Pillow's deep modes) or "whole"
(likewise, and floats rounded to whole numbers: Pillow's mode I).
"""

import functools
import math
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel
from .axis import Axis
from .rows import TOP
from .taps import Taps, taps_of

f4 = np.float32


def _finisher(sample: str, arithmetic: str) -> Callable:
    top = TOP[sample]
    if arithmetic == "fixed":

        @helper
        def finish(total, bits):
            return np.uint8(min(max((total + (1 << (bits - 1))) >> bits, 0), top))

    elif sample == "f4":
        whole = arithmetic == "whole"

        @helper
        def finish(total, bits):
            return f4(math.floor(total + 0.5) if total >= 0 else math.ceil(total - 0.5)) if whole else f4(total)

    else:
        integer = np.uint8 if sample == "u1" else np.uint16

        @helper
        def finish(total, bits):
            return integer(math.floor(min(max(total, 0.0), float(top)) + 0.5))

    return finish


@functools.cache
def one_pass(sample: str, arithmetic: str, vertical: bool) -> Kernel:
    """Return the kernel of one pass; a source of -1 stands for no sample."""
    finish = _finisher(sample, arithmetic)
    zero = 0 if arithmetic == "fixed" else 0.0
    number = "i8" if arithmetic == "fixed" else "f8"

    @kernel(f"void({sample}[:,:,::1],i8[::1],i8[:,::1],{number}[:,::1],i8,{sample}[:,:,::1],i8,i8)", strict=True)
    def run(src, source, windows, weights, bits, dst, y0, y1):
        for y in range(y0, y1):
            for x in range(dst.shape[1]):
                at = y if vertical else x
                for c in range(dst.shape[2]):
                    total = zero
                    for k in range(weights.shape[1]):
                        i = source[windows[at, 0] + k]
                        if i >= 0:
                            total += weights[at, k] * (src[i, x, c] if vertical else src[y, i, c])
                    dst[y, x, c] = finish(total, bits)

    return run


def passer(
    src: np.ndarray, axis: Axis, vertical: bool, arithmetic: str, bits: int
) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes rows of the pass along one axis.

    `bits` is the precision of integer weights: 0 for the largest that fits 16-bit weights, as torch chooses it.
    """
    taps = taps_of(axis)
    source, windows, weights = taps.source, taps.windows, taps.weights
    if arithmetic == "fixed":
        if not bits:
            source, windows, weights = _folded(taps, axis.n_in)
            bits = max(bits for bits in range(1, 23) if int(0.5 + weights.max() * (1 << bits)) < 1 << 15)
        weights = np.trunc(weights * (1 << bits) + np.copysign(0.5, weights)).astype(np.int64)
    run = one_pass(src.dtype.str[1:], arithmetic, vertical)
    return lambda dst, y0, y1: run(src, source, windows, weights, bits, dst, y0, y1)


def _folded(taps: Taps, n_in: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return source, windows and weights in which a repeated border sample has one weight, the sum of its own.

    Torch rounds that sum to 16 bits, where rounding each part would differ by a level.
    """
    n_out, n_taps = taps.weights.shape
    index = taps.source[taps.windows[:, :1] + np.arange(n_taps)]
    used = taps.weights != 0
    left = np.where(used, index, n_in).min(axis=1)
    slot = np.arange(n_out)[:, None] * n_taps + np.where(used, index - left[:, None], 0)
    weights = np.bincount(slot.ravel(), taps.weights.ravel(), n_out * n_taps).reshape(n_out, n_taps)
    source = np.append(np.arange(n_in), np.full(n_taps, -1))
    return source, np.stack([left] * 3, axis=1), weights


@functools.cache
def weigh(channels: int, back: bool) -> Kernel:
    """Return the kernel that multiplies the colours by the alpha in Pillow's 8-bit arithmetic, or divides them."""
    colours = channels - 1

    @kernel("void(u1[:,:,::1],u1[:,:,::1],i8,i8)")
    def run(src, dst, y0, y1):
        for y in range(y0, y1):
            for x in range(src.shape[1]):
                alpha = np.int64(src[y, x, colours])
                dst[y, x, colours] = alpha
                for c in range(colours):
                    v = np.int64(src[y, x, c])
                    if not back:
                        t = v * alpha + 128
                        v = ((t >> 8) + t) >> 8
                    elif 0 < alpha < 255:
                        v = min(255 * v // alpha, 255)
                    dst[y, x, c] = v

    return run
