"""hqx (M. Stepin 2003): each cell of an enlarged pixel is a blend chosen by which of its neighbours look alike."""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel
from .blending import NUMBER, hardener, meaner, mixer
from .hqx_rules import N_PATTERNS, cells
from .planes import WAYS, differs, ends, exceeds, leveller, repeater, splitter, strip_of

HALO = 1
LIMITS = (48, 7, 6)  # of Y, U, V in levels; pixels are apart above them
E = 4  # its place among A to I
UNEQUAL = N_PATTERNS  # beside a pattern's bits: the nine pixels are not one colour

f4 = np.float32
i8 = np.int64
u1 = np.uint8
u8 = np.uint64


@functools.cache
def _blend_of(sample: str, channels: int, alpha: bool) -> Callable:
    """Return a helper that writes one pixel, a blend of three: row `mix` is (place, share) of each.

    Places are samples from the first sample `at` of A on.
    """
    number, n_channels, colours = NUMBER[sample], u8(channels), u8(channels - 1)
    mixed, mean, harden = mixer(sample), meaner(sample), hardener(sample)

    @helper
    def plain(src, at, mix, hard, dst, to):
        i, j, k = at + mix[0], at + mix[2], at + mix[4]
        s, t, u = number(mix[1]), number(mix[3]), number(mix[5])
        for c in range(n_channels):
            dst[to + c] = mixed(s, number(src[i + c]), t, number(src[j + c]), u, number(src[k + c]))

    @helper
    def weighed(src, at, mix, hard, dst, to):
        i, j, k = at + mix[0], at + mix[2], at + mix[4]
        s, t, u = number(mix[1]), number(mix[3]), number(mix[5])
        a, b, d = number(src[i + colours]), number(src[j + colours]), number(src[k + colours])
        if a == b and a == d:
            for c in range(n_channels):
                dst[to + c] = mixed(s, number(src[i + c]), t, number(src[j + c]), u, number(src[k + c]))
        else:
            sa, tb, ud = s * a, t * b, u * d
            for c in range(colours):
                dst[to + c] = mean(sa, number(src[i + c]), tb, number(src[j + c]), ud, number(src[k + c]))
            dst[to + colours] = mixed(s, a, t, b, u, d)
        dst[to + colours] = harden(number(dst[to + colours]), hard)

    return weighed if alpha else plain


@helper
def _patterns(flags, unequal, w, n, patterns):
    """Put the pattern of each pixel together, of `flags` and of `unequal`: what differs right, down, ..."""
    one = u8(1)
    right, down, falling, rising = flags[0], flags[1], flags[2], flags[3]
    beside, below = unequal[0], unequal[1]
    for i in range(w + one, n - w - one):
        patterns[i] = (
            falling[i - w - one] | down[i - w] << one | rising[i - w] << u8(2)
            | right[i - one] << u8(3) | right[i] << u8(4)
            | rising[i - one] << u8(5) | down[i] << u8(6) | falling[i] << u8(7)
            | rising[i - w - one] << u8(8) | falling[i - w] << u8(9) | falling[i - one] << u8(10) | rising[i] << u8(11)
        )  # fmt: skip
    for i in range(w + one, n - w - one):
        found = (
            beside[i - w - one] | beside[i - w] | below[i - w] | beside[i - one] | beside[i]
            | below[i] | beside[i + w - one] | beside[i + w]
        )  # fmt: skip
        patterns[i] |= u8(found) * u8(UNEQUAL)


@functools.cache
def blender(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel; `kinds` and `mixes` are tables of `tables`, for any factor."""
    n_channels = u8(channels)
    split, level = splitter(channels, alpha), leveller(sample, channels)
    differ, exceed, repeat = differs(channels), exceeds(channels), repeater(channels)
    blend = _blend_of(sample, channels, alpha)

    @kernel(
        f"void({sample}[::1],i8,i8,i8,f4[::1],u1[:,::1],u8[:,::1],u8[:,::1],i8,"
        f"{sample}[:,::1],f4[:,::1],u1[:,::1],u1[:,::1],u2[::1],{sample}[::1])",
        strict=sample == "f4",  # the same digits, compiled or not
    )
    def run(
        src, width, height, factor, limits, kinds, mixes, far, hard, planes, levels, flags, unequal, patterns, dst
    ):  # fmt: skip
        w, one, n_cells = u8(width), u8(1), u8(factor)
        inner = w - u8(2)
        rows = u8(planes.shape[1]) // w - u8(2)
        for top in range(u8(0), u8(height), rows):
            n_rows = min(rows, u8(height) - top)
            n = (n_rows + u8(2)) * w
            split(src, top * w, n, planes)
            level(planes, n, levels)
            for k in range(u8(flags.shape[0])):  # a plane at a time: a loop that fills several is not vectorised
                first, second = far[k, 0], far[k, 1]
                for i in range(n - second):
                    flags[k, i] = exceed(levels, limits, i + first, i + second)
            for k in range(u8(unequal.shape[0])):
                first, second = far[k, 0], far[k, 1]
                for i in range(n - second):
                    unequal[k, i] = differ(planes, i + first, i + second)
            _patterns(flags, unequal, w, n, patterns)
            for y in range(n_rows):
                line = (top + y) * n_cells * inner * n_cells * n_channels
                repeat(src, ((top + y + one) * w + one) * n_channels, inner, n_cells, dst, line)
                for x in range(inner):
                    pattern = u8(patterns[(y + one) * w + x + one])
                    if pattern < u8(UNEQUAL):
                        continue
                    at = ((top + y) * w + x) * n_channels  # of A
                    for row in range(n_cells):
                        to = line + (row * inner + x) * n_cells * n_channels
                        for column in range(n_cells):
                            kind = kinds[pattern - u8(UNEQUAL), row * n_cells + column]
                            blend(src, at, mixes[kind], hard, dst, to + column * n_channels)

    return run


@functools.cache
def tables(factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (kinds, mixes) of `cells`; a row of mixes uint64 (M, 3, 2) is a place among A to I and a share, thrice."""
    kinds, shares = cells(factor)
    mixes = np.zeros((len(shares), 3, 2), u8)
    for mix, row in zip(mixes, shares, strict=True):
        used = sorted(np.flatnonzero(row), key=lambda place: place != E)
        mix[:, 0] = used[0]  # where there are fewer than three
        for k, place in enumerate(used):
            mix[k] = place, row[place]
    return kinds, mixes


def blend(factor: int, sample: str, channels: int, alpha: bool, tolerance: float, hard: bool) -> Callable:
    """Return a function (src, dst) as `scalers.scaler` does; a fourth channel and an alpha have the limit of Y."""
    run = blender(sample, channels, alpha)
    luma, others = tolerance, [tolerance * limit / LIMITS[0] for limit in LIMITS[1:]]
    limits = np.array([luma, luma] if channels < 3 else [luma, *others, luma], f4)
    kinds, mixes = tables(factor)

    def hqx(src: np.ndarray, dst: np.ndarray) -> None:
        height, width = src.shape[0] - 2 * HALO, src.shape[1]
        n = (min(strip_of(width, HALO), height) + 2 * HALO) * width
        places = mixes.copy()
        places[:, :, 0] = (mixes[:, :, 0] // 3 * width + mixes[:, :, 0] % 3) * channels
        planes, levels = np.zeros((channels, n), src.dtype), np.zeros((channels, n), f4)
        flags, unequal, patterns = np.zeros((4, n), u1), np.zeros((2, n), u1), np.zeros(n, np.uint16)
        run(
            src.reshape(-1), width, height, factor, limits, kinds, places.reshape(-1, 6), ends(WAYS, width), int(hard),
            planes, levels, flags, unequal, patterns, dst.reshape(-1),
        )  # fmt: skip

    return hqx
