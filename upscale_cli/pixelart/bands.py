"""Bands of the source, with what stands around them, for scalers that know no border."""

from collections.abc import Callable

import numpy as np

from ..interpolate.axis import fold
from .scalers import HALO, scaler

BAND = 1 << 18  # source pixels at a time, about


def extended(src: np.ndarray, first: int, last: int, halo: int, edge: str, fill: tuple[float, ...]) -> np.ndarray:
    """Return the rows first to last of src (H x W x C) and `halo` pixels around them, as the edge rule says."""
    height, width, channels = src.shape
    rows, columns = fold(np.arange(first - halo, last + halo), height, edge), np.arange(-halo, width + halo)
    sides = fold(columns[(columns < 0) | (columns >= width)], width, edge)
    out = np.empty((len(rows), len(columns), channels), src.dtype)
    out[:, halo : halo + width] = src[rows]
    out[:, :halo], out[:, halo + width :] = (src[rows[:, None], part] for part in (sides[:halo], sides[halo:]))
    if edge == "constant":
        out[rows < 0] = fill
        out[:, :halo] = out[:, halo + width :] = fill
    return out


def scaled(
    src: np.ndarray, engine: str, factor: int, tolerance: float, alpha: bool, hard: bool, edge: str,
    fill: tuple[float, ...],
) -> Callable[[np.ndarray, int, int], None]:  # fmt: skip
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst.

    `src` is H x W x C of uint8, uint16 or float32; the other arguments are as `scaler`'s and `extended`'s.
    """
    at_once = max(1, BAND // src.shape[1])
    run = scaler(engine, factor, src.dtype.str[1:], src.shape[2], tolerance, alpha, hard)

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        for first in range(y0 // factor, -(-y1 // factor), at_once):
            last = min(first + at_once, -(-y1 // factor))
            band = extended(src, first, last, HALO[engine], edge, fill)
            top, bottom = max(y0, first * factor), min(y1, last * factor)
            if bottom - top == (last - first) * factor:
                run(band, dst[top:bottom])
                continue
            whole = np.empty(((last - first) * factor, *dst.shape[1:]), dst.dtype)
            run(band, whole)
            dst[top:bottom] = whole[top - first * factor : bottom - first * factor]

    return rows
