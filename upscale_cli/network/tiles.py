"""Pictures through networks: rows of samples go into planes, planes through a program, and its results become samples.

Columns are cut into tiles, so that all planes of one stay in the cache; rows are not, but pass through one after the
other.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..interpolate.axis import fold
from ..jit import Kernel, helper, kernel
from ..raster import LUMA, TOP
from .architectures import Architecture, Layer
from .convolve import MARGIN, Network, convolver, program, shapes
from .upsampling import matrix

SCRATCH = 2**18  # float32 samples that a tile's planes may have, half of a cache of 2 MB

f4 = np.float32
i8 = np.int64
u8 = np.uint64


@functools.cache
def _loader(sample: str, channels: int, rgb: bool) -> Callable:
    """Return a helper that fills a row of each channel's plane, of 0 to 1, with a row and columns of the picture.

    `row` and `cols` are -1 where the fill is; from `before` on, `inner` of the columns follow one another. With `rgb`
    the first three planes are luma, red less luma and blue less luma. `at` is where the row begins in the first plane,
    the others' are `inputs` rows of `pitch` further.
    """
    n_channels = u8(channels)
    unit = f4(1 / TOP[sample])
    r, g, b = (f4(share) for share in LUMA)

    @helper
    def load(src, row, cols, before, inner, fill, at, inputs, pitch, work):
        n = inner if row >= 0 else 0
        for c in range(n_channels):
            to, first = u8(at + inputs[c] * pitch), u8(cols[before]) * n_channels + c
            for x in range(u8(n)):
                work[to + u8(before) + x] = f4(src[row, first + x * n_channels]) * unit
            for i in range(cols.size - n):
                x = i if i < before else i + n
                inside = row >= 0 and cols[x] >= 0
                work[to + u8(x)] = (f4(src[row, u8(cols[x]) * n_channels + c]) if inside else fill[c]) * unit
        if rgb:
            first, second, third = at + inputs[0] * pitch, at + inputs[1] * pitch, at + inputs[2] * pitch
            for x in range(u8(cols.size)):
                red, green, blue = work[u8(first) + x], work[u8(second) + x], work[u8(third) + x]
                luma = r * red + g * green + b * blue
                work[u8(first) + x], work[u8(second) + x], work[u8(third) + x] = luma, red - luma, blue - luma

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
def _painter(sample: str, channels: int, rgb: bool, scale: int) -> Callable:
    """Return a helper that makes a row of samples, from `column` on, of a row of blocks' pixels.

    `at` is where the row's pixels begin in the first plane of the first network, those of the others are `results` rows
    of `pitch` further; `lines` (C * scale, n) is scratch.
    """
    n_channels, n_scale, level = u8(channels), u8(scale), _level(sample)
    r, g, b = (f4(share) for share in LUMA)

    @helper
    def paint(work, at, results, pitch, n, lines, out, column):
        for k in range(n_scale):
            if rgb:
                first, second, third = at + results[0] * pitch, at + results[1] * pitch, at + results[2] * pitch
                for x in range(n):
                    beside = k * u8(pitch) + x
                    luma, red, blue = work[u8(first) + beside], work[u8(second) + beside], work[u8(third) + beside]
                    lines[k, x] = level(luma + red)
                    lines[n_scale + k, x] = level(luma - (r / g) * red - (b / g) * blue)
                    lines[n_scale + n_scale + k, x] = level(luma + blue)
            for c in range(u8(3 if rgb else 0), n_channels):
                first = at + results[c] * pitch
                for x in range(n):
                    lines[c * n_scale + k, x] = level(work[u8(first) + k * u8(pitch) + x])
        for x in range(n):
            for k in range(n_scale):
                for c in range(n_channels):
                    out[u8(column) + (x * n_scale + k) * n_channels + c] = lines[c * n_scale + k, x]

    return paint


@functools.cache
def _kernel(sample: str, channels: int, rgb: bool, scale: int) -> Kernel:
    """Return the kernel that sends rows of a picture through networks.

    The output rows from row `first` of those of the tile on are written into `out`, from `column` on.
    """
    load, convolve = _loader(sample, channels, rgb), convolver()
    paint = _painter(sample, channels, rgb, scale)
    program_types = "i8[:,::1],i8[:,::1],i8[:,::1],f4[::1],f4[::1],i8[::1],i8[::1]"
    scratch = f"i8[::1],f4[::1],f4[::1],{sample}[:,::1]"

    @kernel(
        f"void({sample}[:,::1],i8[::1],i8[::1],f4[::1],{program_types},i8,i8,i8,i8,i8,{scratch},i8,{sample}[:,::1],i8)",
        widest=True,
    )
    def enlarge(
        src, rows, cols, fill, layers, blocks, taps, weights, ends, inputs, results, ring, radius, pitch, before, inner,
        places, sums, work, lines, first, out, column,
    ):  # fmt: skip
        for y in range(rows.size):
            load(src, rows[y], cols, before, inner, fill, MARGIN + (y & (ring - 1)) * pitch, inputs, pitch, work)
            convolve(y, layers, blocks, taps, weights, ends, u8(cols.size), pitch, places, sums, work)
            for phase in range(scale if y >= 2 * radius else 0):
                row = (y - 2 * radius) * scale + phase - first
                if 0 <= row < out.shape[0]:
                    at = MARGIN + phase * scale * pitch + radius
                    paint(work, at, results, pitch, u8(cols.size - 2 * radius), lines, out[row], column)

    return enlarge


def cubic(scale: int) -> Network:
    """Return bicubic interpolation as a network of two layers, columns first."""
    rows = matrix("bicubic", 5, scale)[2 * scale : 3 * scale]
    down, across = np.zeros((scale, 1, 5, 5)), np.zeros((scale, scale, scale, 5, 5))
    down[:, 0, :, 2] = rows
    for phase in range(scale):
        across[phase, :, phase, 2] = rows
    kind = Architecture("cubic", scale, (Layer(5, 1, scale), Layer(5, scale, scale**2)))
    across = across.reshape(scale**2, scale, 5, 5)
    biases = {"bias0": np.zeros(scale), "bias1": np.zeros(scale**2)}
    return kind, {"kernel0": down, "kernel1": across, "slope0": np.ones(scale), **biases}


def one_layer(name: str, scale: int, kernels: np.ndarray) -> Network:
    """Return a network that is nothing but kernels (scale**2, 1, K, K)."""
    kind = Architecture(name, scale, (Layer(kernels.shape[2], 1, scale**2),))
    return kind, {"kernel0": kernels, "bias0": np.zeros(scale**2)}


def enlarger(
    src: np.ndarray, networks: list[Network], scale: int, rgb: bool, edge: str, fill: tuple[float, ...]
) -> Callable[..., None]:
    """Return a function (dst, y0, y1, top=0) that writes the output rows y0 to y1, scale H x scale W x C, to dst.

    Row `top` is dst's first. `src` is H x W x C of uint8, uint16 or float32; each of C planes goes through its network.
    With `rgb` these are not the first three channels but luma and what red and blue have more. `edge` and `fill` say
    what stands beyond.
    """
    height, width, channels = src.shape
    made, enlarge = program(networks), _kernel(src.dtype.str[1:], channels, rgb, scale)
    radius = made.radius
    flat, background = src.reshape(height, -1), np.array(fill, f4)
    block = min(shapes().values())
    columns = min(max(SCRATCH // made.rows // block * block - 2 * radius, 1), width)
    pitch = made.pitch(columns + 2 * radius)

    def rows(dst: np.ndarray, y0: int, y1: int, top: int = 0) -> None:
        first, last = y0 // scale, -(-y1 // scale)
        source = fold(np.arange(first - radius, last + radius), height, edge)
        out = dst[y0 - top : y1 - top].reshape(y1 - y0, -1)
        lines = np.empty((channels * scale, columns), src.dtype)
        scratch = made.scratch(pitch)
        for left in range(0, width, columns):
            right = min(left + columns, width)
            beside = fold(np.arange(left - radius, right + radius), width, edge)
            before, end = max(radius - left, 0), min(right + radius, width) - (left - radius)
            enlarge(
                flat, source, beside, background, *made[:7], made.ring, radius, pitch, before, end - before,
                *scratch, lines, y0 - first * scale, out, left * scale * channels,
            )  # fmt: skip

    return rows
