"""Alphas that are full or none again, after a blend."""

import numpy as np

from ..raster import TOP

HALF = 127 / 255  # of full; less than a half by less than a level of 8 bits, lest rounding decides


def harden(src: np.ndarray, dst: np.ndarray, y0: int, y1: int) -> None:
    """Write the rows y0 to y1 of src (H x W x C, the last channel an alpha): full from about half on, else none."""
    top = TOP[src.dtype.str[1:]]
    dst[y0:y1, :, :-1] = src[y0:y1, :, :-1]
    dst[y0:y1, :, -1] = np.where(src[y0:y1, :, -1] >= src.dtype.type(HALF * top), dst.dtype.type(top), 0)
