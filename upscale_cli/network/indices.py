"""Files that say where the maxima of a pooled picture stood, and putting pixels back there.

An `.npz` archive holds `indices` (int64, h x w x C: flat positions in each input plane), `shape` (H, W, C),
`kernel` and `stride` (rows, columns).
"""

import functools
import math
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from ..errors import InputError
from .weights import arrays_of, changed

LARGEST = 500_000_000  # samples of a picture that a file may speak of

AGAIN = "have `upscale pool` write it again"


class Indices(NamedTuple):
    """Where pixels go: `places` int64 h x w x C are flat positions in planes of `shape` (H, W, C)."""

    places: np.ndarray
    shape: tuple[int, int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]


def write(file: BinaryIO, indices: Indices) -> None:
    """Write a file of indices."""
    np.savez_compressed(
        file, indices=indices.places, shape=np.array(indices.shape), kernel=np.array(indices.kernel),
        stride=np.array(indices.stride),
    )  # fmt: skip


def read(path: Path) -> Indices:
    """Return what a file of indices holds; InputError for anything that is not one, whole and within its shape."""
    return _read(path, changed(path))


@functools.lru_cache(4)
def _read(path: Path, changed: int) -> Indices:
    what = "indices, as `upscale pool` writes them"
    found = arrays_of(path, what, 8 * LARGEST + 4096)
    if not {"indices", "shape", "kernel", "stride"} <= set(found):
        raise InputError(f"{path}: it is no whole .npz file of {what}: {AGAIN}")
    places, *numbers = (found[name] for name in ("indices", "shape", "kernel", "stride"))
    if places.dtype != np.int64 or places.ndim != 3 or not places.size:
        raise InputError(f"{path}: indices must be int64 h x w x C, and are {places.dtype} {places.shape}: {AGAIN}")
    for array, n, what in zip(numbers, (3, 2, 2), ("shape", "kernel", "stride"), strict=True):
        if array.shape != (n,) or array.dtype.kind not in "iu" or array.min() < 1:
            raise InputError(f"{path}: {what} must be {n} whole numbers from 1 on: {AGAIN}")
    shape, kernel, stride = (tuple(map(int, array)) for array in numbers)
    if math.prod(shape) > LARGEST or shape[2] != places.shape[2]:
        raise InputError(f"{path}: the shape {shape} does not go with indices of {places.shape}: {AGAIN}")
    if places.min() < 0 or places.max() >= shape[0] * shape[1]:
        last = shape[0] * shape[1] - 1
        raise InputError(f"{path}: indices must lie from 0 to {last}, the pixels of {shape}: {AGAIN}")
    return Indices(places, shape, kernel, stride)


def unpooled(
    src: np.ndarray, width: int, height: int, factors: tuple[int, int], places: np.ndarray | None
) -> np.ndarray:
    """Return H x W x C zeros among which the pixels of src (h x w x C) stand.

    At `places` (int64 h x w x C, flat positions in each plane; of pixels with the same the last one stays), or at the
    first place of blocks of `factors` (across, down).
    """
    out = np.zeros((height, width, src.shape[2]), src.dtype)
    if places is None:
        out[:: factors[1], :: factors[0]] = src
    else:
        for channel in range(src.shape[2]):
            plane = np.zeros(height * width, src.dtype)
            plane[places[..., channel].ravel()] = src[..., channel].ravel()
            out[..., channel] = plane.reshape(height, width)
    return out
