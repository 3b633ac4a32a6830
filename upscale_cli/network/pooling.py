"""Max pooling that remembers where each maximum stood, and its undoing (Zeiler, Fergus 2013; SegNet, 2017)."""

import numpy as np

from .convolution import Pair, channels_last, pair, sides


def max_pool2d(
    x: np.ndarray, pool_size: Pair, strides: Pair | None = None, padding: str | Pair = 0, return_indices: bool = False,
    data_format: str = "channels_last",
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return the largest sample of each window, and with `return_indices` where it stood.

    `x` is float32 or float64, B x H x W x C (or channels first). `strides` are the pool's size unless given. `padding`
    is a number or a pair of at most half the pool's size, as in PyTorch, or Keras' "valid" (none) or "same" (ceil(H /
    stride) rows); what it adds is never a maximum. Without it the output has floor((H - pool) / stride) + 1 rows.
    Indices are int64 of the output's shape: positions in the plane of one channel, row * W + column, the first of equal
    samples, NaN above all. ValueError where the window does not fit.
    """
    x = channels_last(x, data_format)
    size = pair("pool_size", pool_size)
    steps = size if strides is None else pair("strides", strides)
    around = [_sides(padding, axis, x.shape[1 + axis], size[axis], steps[axis]) for axis in (0, 1)]
    height, width = x.shape[1:3]
    padded = np.pad(x, ((0, 0), *around, (0, 0)), constant_values=-np.inf)
    if padded.shape[1] < size[0] or padded.shape[2] < size[1]:
        raise ValueError(f"a pool of {size[0]} x {size[1]} does not fit {height} x {width}")
    views = np.lib.stride_tricks.sliding_window_view(padded, size, (1, 2))[:, :: steps[0], :: steps[1]]
    flat = views.reshape(*views.shape[:4], size[0] * size[1])
    place = flat.argmax(-1)  # the first NaN, or the first maximum
    largest = np.take_along_axis(flat, place[..., None], -1)[..., 0]
    y = np.arange(views.shape[1])[:, None, None] * steps[0] - around[0][0] + place // size[1]
    x_ = np.arange(views.shape[2])[:, None] * steps[1] - around[1][0] + place % size[1]
    # Where all of a window is -inf the first one may be padding: torch names the window's first sample.
    indices = np.clip(y, 0, height - 1) * width + np.clip(x_, 0, width - 1)
    if data_format == "channels_first":
        largest, indices = (np.ascontiguousarray(np.moveaxis(found, 3, 1)) for found in (largest, indices))
    return (largest, indices) if return_indices else largest


def max_unpool2d(
    x: np.ndarray, indices: np.ndarray, pool_size: Pair, strides: Pair | None = None, padding: Pair = 0,
    output_size: tuple[int, int] | None = None, data_format: str = "channels_last",
) -> np.ndarray:  # fmt: skip
    """Return an array of zeros in which each sample stands where its index says.

    `x` and `indices` (integers) are what `max_pool2d` returns. The output has (H - 1) * stride - 2 * padding + pool
    rows, or is as large as `output_size`, rows and columns, which must lie less than a stride away from that. Of
    samples with the same index the last one stays. ValueError where shapes differ or an index lies outside.
    """
    x = channels_last(x, data_format)
    size, before = pair("pool_size", pool_size), pair("padding", padding, least=0)
    steps = size if strides is None else pair("strides", strides)
    indices = indices if data_format == "channels_last" else np.moveaxis(indices, 1, 3)
    if indices.shape != x.shape or indices.dtype.kind not in "iu":
        raise ValueError(f"indices must be integers of the shape of x, not {indices.dtype} {indices.shape}")
    usual = [(x.shape[1 + axis] - 1) * steps[axis] - 2 * before[axis] + size[axis] for axis in (0, 1)]
    height, width = usual if output_size is None else pair("output_size", output_size)
    for axis, n in enumerate((height, width)):
        if n < 1 or (abs(n - usual[axis]) >= steps[axis] and output_size is not None):
            raise ValueError(f"output_size must be less than a stride away from {usual[0]} x {usual[1]}")
    if indices.size and not (indices.min() >= 0 and indices.max() < height * width):
        raise ValueError(f"indices must lie from 0 to {height * width - 1}, the positions of {height} x {width}")
    out = np.zeros((x.shape[0], height * width, x.shape[3]), x.dtype)
    flat = (x.shape[0], -1, x.shape[3])
    np.put_along_axis(out, indices.reshape(flat).astype(np.int64), x.reshape(flat), 1)
    out = out.reshape(x.shape[0], height, width, x.shape[3])
    return out if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(out, 3, 1))


def _sides(padding: str | Pair, axis: int, n: int, size: int, step: int) -> tuple[int, int]:
    found = sides(padding, axis, n, size, step)
    if not isinstance(padding, str) and 2 * found[0] > size:
        raise ValueError(f"padding must be at most half of the pool's size {size}, not {found[0]}")
    return found
