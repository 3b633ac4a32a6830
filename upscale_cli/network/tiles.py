"""Pictures through networks, tile by tile: samples become planes, planes go through programs and become samples."""

import functools
from collections.abc import Callable

import numpy as np

from ..interpolate.axis import fold
from ..jit import Kernel, helper, kernel
from ..raster import LUMA, TOP
from .architectures import Architecture, Layer
from .convolve import program
from .upsampling import matrix

ROWS, COLUMNS = 64, 256  # of the input that a tile has, without what is around it

Network = tuple[Architecture, dict[str, np.ndarray]]

f4 = np.float32
i8 = np.int64
u8 = np.uint64


@functools.cache
def _loader(sample: str, channels: int, rgb: bool) -> Kernel:
    """Return the kernel that fills planes (C, h, w), of 0 to 1, with rows and columns of the picture, -1 for the fill.

    With `rgb` the first three planes are luma, red less luma and blue less luma.
    """
    n_channels = u8(channels)
    unit = f4(1 / TOP[sample])
    r, g, b = (f4(share) for share in LUMA)

    @kernel(f"void({sample}[:,::1],i8[::1],i8[::1],f4[::1],f4[:,:,::1])")
    def load(src, rows, cols, fill, planes):
        for i in range(planes.shape[1]):
            for j in range(u8(planes.shape[2])):
                inside = rows[i] >= 0 and cols[j] >= 0
                for c in range(n_channels):
                    planes[c, i, j] = (f4(src[rows[i], u8(cols[j]) * n_channels + c]) if inside else fill[c]) * unit
            if rgb:
                for j in range(u8(planes.shape[2])):
                    red, green, blue = planes[0, i, j], planes[1, i, j], planes[2, i, j]
                    luma = r * red + g * green + b * blue
                    planes[0, i, j], planes[1, i, j], planes[2, i, j] = luma, red - luma, blue - luma

    return load


@functools.cache
def _level(sample: str) -> Callable:
    """Return a helper float32 of 0 to 1 -> sample, rounded half up and held to the range; floats stay what they are."""
    top = f4(TOP[sample])
    whole = {"u1": np.uint8, "u2": np.uint16, "f4": np.float32}[sample]
    if sample == "f4":
        return helper(lambda v: v)

    @helper
    def level(v):
        return whole(min(max(v * top + f4(0.5), f4(0)), top))

    return level


@functools.cache
def _painter(sample: str, channels: int, rgb: bool) -> Kernel:
    """Return the kernel that makes rows of samples of planes of phases.

    Of `planes` (C, scale**2, h, w) the pixels from `top` and `left` on are painted into `out` (h' * scale, w' * scale
    * C) from the output row `first` of theirs on.
    """
    n_channels, level = u8(channels), _level(sample)
    r, g, b = (f4(share) for share in LUMA)

    @kernel(f"void(f4[:,:,:,::1],i8,i8,i8,i8,i8,f4[:,::1],{sample}[:,::1],i8)")
    def paint(planes, scale, first, top, left, n, pixels, out, column):
        n_scale = u8(scale)
        for row in range(out.shape[0]):
            y, phase = top + (first + row) // scale, (first + row) % scale
            for c in range(n_channels):
                for k in range(n_scale):
                    plane = planes[c, phase * scale + i8(k), y]
                    for x in range(u8(n)):
                        pixels[c, x * n_scale + k] = plane[u8(left) + x]
            for x in range(u8(n) * n_scale):
                if rgb:
                    luma, red, blue = pixels[0, x], pixels[1, x], pixels[2, x]
                    pixels[0, x] = luma + red
                    pixels[1, x] = luma - (r / g) * red - (b / g) * blue
                    pixels[2, x] = luma + blue
                at = (u8(column) + x) * n_channels
                for c in range(n_channels):
                    out[row, at + c] = level(pixels[c, x])

    return paint


def cubic(scale: int) -> Network:
    """Return bicubic interpolation as a network of one layer."""
    rows = matrix("bicubic", 5, scale)[2 * scale : 3 * scale]
    return one_layer("cubic", scale, np.einsum("pi,qj->pqij", rows, rows).reshape(scale**2, 1, 5, 5))


def one_layer(name: str, scale: int, kernels: np.ndarray) -> Network:
    """Return a network that is nothing but kernels (scale**2, 1, K, K)."""
    kind = Architecture(name, scale, (Layer(kernels.shape[2], 1, scale**2),))
    return kind, {"kernel0": kernels, "bias0": np.zeros(scale**2)}


def enlarger(
    src: np.ndarray, networks: list[Network], scale: int, rgb: bool, edge: str, fill: tuple[float, ...]
) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst, scale H x scale W x C.

    `src` is H x W x C of uint8, uint16 or float32; each of C planes goes through its network. With `rgb` these are not
    the first three channels but luma and what red and blue have more. `edge` and `fill` say what stands beyond.
    """
    height, width, channels = src.shape
    sample, radius = src.dtype.str[1:], max(kind.radius for kind, _ in networks)
    load, paint = _loader(sample, channels, rgb), _painter(sample, channels, rgb)
    flat, background = src.reshape(height, -1), np.array(fill, f4)

    def phases(top: int, bottom: int, left: int, right: int, programs: dict) -> np.ndarray:
        """Return what the networks make of a tile and what is around it, float32 (C, scale**2, h, w)."""
        rows = fold(np.arange(top - radius, bottom + radius), height, edge)
        columns = fold(np.arange(left - radius, right + radius), width, edge)
        size = len(rows), len(columns)
        planes, out = np.empty((channels, *size), f4), np.empty((channels, scale**2, *size), f4)
        load(flat, rows, columns, background, planes)
        for c, (kind, weights) in enumerate(networks):
            key = id(weights), size
            if key not in programs:
                made = program(kind, weights, *size)
                programs[key] = made, np.empty((made.planes, *size), f4)
            made, work = programs[key]
            work[0] = planes[c]
            made.run(work)
            out[c] = work[made.result : made.result + scale**2]
        return out

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        programs = {}
        for first in range(y0, y1, ROWS * scale):
            last = min(first + ROWS * scale, y1)
            top, bottom = first // scale, -(-last // scale)
            out = dst[first:last].reshape(last - first, -1)
            for left in range(0, width, COLUMNS):
                right = min(left + COLUMNS, width)
                made = phases(top, bottom, left, right, programs)
                pixels = np.empty((channels, (right - left) * scale), f4)
                paint(made, scale, first - top * scale, radius, radius, right - left, pixels, out, left * scale)

    return rows
