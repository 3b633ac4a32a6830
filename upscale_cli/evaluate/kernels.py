"""Kernels of the metrics that look at every pixel's surroundings.

`sample` is "u1", "u2", "f4" or "f8" (uint8, uint16, float32, float64); all arithmetic is float64. Pictures are
H x W x C and C-contiguous, and one channel `c` of them is read.
"""

import functools

import numpy as np

from ..jit import Kernel, helper, kernel

TAPS = 11  # a side of SSIM's window (Wang et al. 2004)

f8 = np.float64
u8 = np.uint64


@helper
def _load(truth, image, y, c, offset, ring):
    """Put the sums, less the offset, and the differences of row y of both pictures into the ring."""
    row = y % u8(TAPS)
    for x in range(u8(truth.shape[1])):
        a, b = f8(truth[y, x, c]), f8(image[y, x, c])
        ring[0, row, x] = a + b - offset
        ring[1, row, x] = a - b


@helper
def _blur_down(ring, top, window, x, out):
    """Write the window's sums down column x of the sums s and the differences d: of s, d, s * s and d * d."""
    n_taps = u8(TAPS)
    s_mean = d_mean = s_power = d_power = f8(0)
    for k in range(n_taps):
        row = (top + k) % n_taps
        s, d = ring[0, row, x], ring[1, row, x]
        ws, wd = window[k] * s, window[k] * d
        s_mean += ws
        d_mean += wd
        s_power += ws * s
        d_power += wd * d
    out[0, x], out[1, x], out[2, x], out[3, x] = s_mean, d_mean, s_power, d_power


@helper
def _compare(blurred, window, x, offset, c1, c2, out):
    """Write the contrast-structure term and SSIM of one pixel, from the sums down the columns around it."""
    s_mean = d_mean = s_power = d_power = f8(0)
    for k in range(u8(TAPS)):
        w = window[k]
        s_mean += w * blurred[0, x + k]
        d_mean += w * blurred[1, x + k]
        s_power += w * blurred[2, x + k]
        d_power += w * blurred[3, x + k]
    s_variance, d_variance = s_power - s_mean * s_mean, d_power - d_mean * d_mean
    s_mean += offset
    half = f8(0.5)
    structure = (half * (s_variance - d_variance) + c2) / (half * (s_variance + d_variance) + c2)
    s_square, d_square = s_mean * s_mean, d_mean * d_mean
    out[0, x] = structure
    out[1, x] = structure * ((half * (s_square - d_square) + c1) / (half * (s_square + d_square) + c1))


@functools.cache
def similarity(sample: str) -> Kernel:
    """Return the kernel that writes, of each output row y0 to y1, the sums of the contrast-structure term and of SSIM.

    Where a and b are the samples of two pictures, s = a + b and d = a - b take the place of a, b, and their products:

        2 E[a] E[b] = (E[s]^2 - E[d]^2) / 2        E[a]^2 + E[b]^2 = (E[s]^2 + E[d]^2) / 2
        2 cov(a, b) = (var s - var d) / 2          var a + var b   = (var s + var d) / 2

    so that equal pictures have d = 0 and exactly 1, and two that change places the same value to the last bit. From s
    an `offset` near its mean is taken while variances are computed: E[s^2] - E[s]^2 cancels less the nearer 0 s is.
    """

    @kernel(
        f"void({sample}[:,:,::1],{sample}[:,:,::1],i8,f8,f8,f8,f8[::1],f8[:,:,::1],f8[:,::1],f8[:,::1],f8[:,::1],i8,i8)"
    )
    def run(truth, image, c, offset, c1, c2, window, ring, blurred, values, sums, y0, y1):
        """Work with scratch rows of W columns or more: `ring` 2 x TAPS, `blurred` 4, `values` 2.

        `window` is the Gaussian, of sum 1; `sums` is 2 x output rows.
        """
        n_taps, width = u8(TAPS), u8(truth.shape[1])
        n_out = width - n_taps + u8(1)
        standing = u8(y0)
        for y in range(u8(y0), u8(y1)):
            while standing < y + n_taps:
                _load(truth, image, standing, u8(c), offset, ring)
                standing += u8(1)
            for x in range(width):
                _blur_down(ring, y, window, x, blurred)
            for x in range(n_out):
                _compare(blurred, window, x, offset, c1, c2, values)
            structure = total = f8(0)
            for x in range(n_out):
                structure += values[0, x]
                total += values[1, x]
            sums[0, y] = structure
            sums[1, y] = total

    return run


@functools.cache
def halver(sample: str) -> Kernel:
    """Return the kernel that writes means of 2 x 2 samples: rows y0 to y1 of the halved channel."""

    @kernel(f"void({sample}[:,:,::1],i8,i8,f8[:,:,::1],i8,i8)")
    def run(src, c, before, dst, y0, y1):
        """Begin with the first row and column, or 1 `before` them.

            before = 1:  (a a) (b c)        before = 0:  (a b) (c 0)

        What is before the first repeats it; what is beyond the last is 0.
        """
        height, width = src.shape[0], src.shape[1]
        for y in range(y0, y1):
            top = 2 * y - before
            for x in range(dst.shape[1]):
                left = 2 * x - before
                total = f8(0)
                for row in range(top, min(top + 2, height)):
                    for column in range(left, min(left + 2, width)):
                        total += f8(src[max(row, 0), max(column, 0), c])
                dst[y, x, 0] = total / 4

    return run
