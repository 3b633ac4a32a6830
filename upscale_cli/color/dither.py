"""Reducing uint16 and float32 samples to 8 bits: by rounding, by a pattern, or by passing on what rounding leaves.

All count in levels, 0 to 255, as float32: a uint16 sample over 257, a float one held to 0 to 1 (not a number is 0)
times 255. Kernels are strict, so that results do not depend on the machine.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel

f4, u8 = np.float32, np.uint64

SIDE = 16  # of Bayer's matrix: 256 thresholds, about one for each 16-bit value from one level to the next
WIDE = 64  # pixels that the pattern is repeated to, since short loops are slow


def _leveller(sample: str) -> Callable:
    if sample == "u2":

        @helper
        def level(v):
            return f4(v) / f4(257)

    else:

        @helper
        def level(v):
            positive = v if v > f4(0) else f4(0)
            return (positive if positive < f4(1) else f4(1)) * f4(255)

    return level


def rounded(src: np.ndarray, dst: np.ndarray, y0: int, y1: int) -> None:
    """Round rows y0 to y1 to the nearest level, halves up.

    `src` uint16 (0 to 65535) or float32 (nominally 0 to 1) and `dst` uint8 are H x W x C and C-contiguous.
    """
    _add_and_cut(src, np.full((1, 4 * WIDE), 0.5, f4), dst, y0, y1)


def ordered(src: np.ndarray, dst: np.ndarray, y0: int, y1: int, alpha: bool) -> None:
    """Dither rows y0 to y1 with Bayer's 16 x 16 matrix, the same for each channel; round the last one if it is `alpha`.

    `src` uint16 (0 to 65535) or float32 (nominally 0 to 1) and `dst` uint8 are H x W x C and C-contiguous. An exact
    level stays; the mean over 16 x 16 equal samples is within 1/512 of a level of theirs. Source: Bayer 1973.
    """
    _add_and_cut(src, _thresholds(src.shape[2], alpha), dst, y0, y1)


def _add_and_cut(src: np.ndarray, thresholds: np.ndarray, dst: np.ndarray, y0: int, y1: int) -> None:
    height = src.shape[0]
    _adder(src.dtype.str[1:])(src.reshape(height, -1), thresholds, dst.reshape(height, -1), y0, y1)


@functools.lru_cache(maxsize=8)
def _thresholds(channels: int, alpha: bool) -> np.ndarray:
    """Return what is added to samples before their fraction is cut off: float32 (SIDE x WIDE * channels)."""
    order = np.zeros((1, 1))
    while len(order) < SIDE:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    pattern = np.tile((order + 0.5) / SIDE**2, WIDE // SIDE)[..., None].repeat(channels, axis=2)
    if alpha:
        pattern[..., -1] = 0.5
    return pattern.reshape(SIDE, -1).astype(f4)


@functools.cache
def _adder(sample: str) -> Kernel:
    level = _leveller(sample)

    @kernel(f"void({sample}[:,::1],f4[:,::1],u1[:,::1],i8,i8)", strict=True)
    def run(src, thresholds, dst, y0, y1):
        period = u8(thresholds.shape[1])
        for y in range(y0, y1):
            row, added, out = src[y], thresholds[y % thresholds.shape[0]], dst[y]
            for start in range(u8(0), u8(row.size), period):
                for i in range(min(period, u8(row.size) - start)):
                    out[start + i] = np.uint8(np.int32(level(row[start + i]) + added[i]))

    return run


def diffuse(src: np.ndarray, dst: np.ndarray, alpha: bool) -> None:
    """Dither a picture by error diffusion, each channel on its own; round the last one if it is `alpha`.

    `src` uint16 (0 to 65535) or float32 (nominally 0 to 1) and `dst` uint8 are H x W x C and C-contiguous. An exact
    level stays where no error reaches it. Rows depend on those above, so there are no bands. Source: Floyd and
    Steinberg 1976, every second row from right to left.
    """
    height, width, channels = src.shape
    if alpha:
        rounded(src, dst, 0, height)
    colours = channels - alpha
    _diffuser(src.dtype.str[1:], colours)(src, np.zeros((width + 2, colours), f4), np.zeros((3, colours), f4), dst)


@functools.cache
def _diffuser(sample: str, colours: int) -> Kernel:
    """Return the kernel for the first channels, side by side: one after the other takes twice the time."""
    level = _leveller(sample)
    n_colours, one, two = u8(colours), u8(1), u8(2)

    @kernel(f"void({sample}[:,:,::1],f4[:,::1],f4[:,::1],u1[:,:,::1])", strict=True)
    def run(src, errors, carried, dst):
        """Pass on sixteenths of the error, in rows from left to right like this, in others mirrored.

              x 7
            3 5 1

        `errors` are 0, and a pixel wider on both sides, where what leaves the picture goes. `carried` is scratch: what
        waits for the pixel ahead, for the one below that, and for the one below.
        """
        ahead, corner, below = carried[0], carried[1], carried[2]
        last = u8(src.shape[1]) - one
        for y in range(u8(src.shape[0])):
            forward = y % two == 0
            carried[:] = 0
            for i in range(last + one):
                x = i if forward else last - i
                behind = x if forward else x + two
                for c in range(n_colours):
                    wanted = level(src[y, x, c]) + errors[x + one, c] + ahead[c]
                    stored = np.int32(min(max(wanted + f4(0.5), f4(0)), f4(255)))
                    dst[y, x, c] = np.uint8(stored)
                    error = wanted - f4(stored)
                    errors[behind, c] = below[c] + error * f4(3 / 16)
                    below[c] = corner[c] + error * f4(5 / 16)
                    corner[c] = error * f4(1 / 16)
                    ahead[c] = error * f4(7 / 16)
            for c in range(n_colours):
                errors[last + one if forward else one, c] = below[c]

    return run
