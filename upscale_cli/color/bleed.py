"""Bleeding: what stands under full transparency next to visible pixels becomes their colour."""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel

DISTANCE = 24  # pixels: as far as methods look around a point in one pass


def bleeder(src: np.ndarray) -> Callable[[np.ndarray, int, int], None]:
    """Return a function (dst, y0, y1) that writes rows y0 to y1 of the picture with its colours bled outward.

    `src` is H x W x C with a straight alpha last. A transparent pixel takes the mean colour of those of its eight
    neighbours that are nearest to a visible pixel, step by step up to DISTANCE; alpha stays.
    """
    height, width, channels = src.shape
    run = _spread(src.dtype.str[1:], channels)

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        top, bottom = max(0, y0 - DISTANCE), min(height, y1 + DISTANCE)
        part = src[top:bottom].copy()
        near = np.zeros((bottom - top, width), np.uint8)
        run(part, near, np.zeros(bottom - top, np.uint8), DISTANCE)
        dst[y0:y1] = part[y0 - top : y1 - top]

    return rows


@functools.cache
def _spread(sample: str, channels: int) -> Kernel:
    """Return the kernel.

    `near` becomes one more than each pixel's distance from a visible one, 0 beyond reach; `latest` a row's largest.
    """
    colours, whole = channels - 1, sample != "f4"
    cast = {"u1": np.uint8, "u2": np.uint16, "f4": np.float32}[sample]

    @helper
    def take(image, near, y, x, n):
        """Give a pixel the mean colour of its neighbours at the distance n; say whether there are any."""
        top, bottom, left, right = max(0, y - 1), min(near.shape[0], y + 2), max(0, x - 1), min(near.shape[1], x + 2)
        count = 0
        for i in range(top, bottom):
            for j in range(left, right):
                count += near[i, j] == n
        for c in range(colours if count else 0):
            total = 0.5 * count if whole else 0.0
            for i in range(top, bottom):
                for j in range(left, right):
                    total += image[i, j, c] if near[i, j] == n else 0.0
            image[y, x, c] = cast(total / count)
        return count > 0

    @kernel(f"void({sample}[:,:,::1],u1[:,::1],u1[::1],i8)")
    def spread(image, near, latest, distance):
        height, width = near.shape
        for y in range(height):
            for x in range(width):
                if image[y, x, colours] > 0:
                    near[y, x] = latest[y] = 1
        for n in range(1, distance + 1):
            for y in range(height):
                if max(latest[max(0, y - 1)], latest[y], latest[min(height - 1, y + 1)]) < n:
                    continue
                for x in range(width):
                    if near[y, x] == 0 and take(image, near, y, x, n):
                        near[y, x] = latest[y] = n + 1

    return spread
