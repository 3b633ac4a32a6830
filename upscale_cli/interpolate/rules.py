"""Other libraries' windows and weights, where they differ from this package's own in more than parameters.

Each function of WINDOWS takes an axis and returns indices and final weights, both (n_out, width); each of NEAREST
returns the source sample of each output sample (int64, n_out). All follow the libraries' published sources (Pillow 13,
OpenCV 5.0, torch 2.13, TensorFlow 2.21); `tests/goldens` holds what the libraries themselves return.
"""

import numpy as np

from .axis import Axis, positions
from .filters import FILTERS


def _pillow_box(x: np.ndarray) -> np.ndarray:
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


def _pillow_hamming(x: np.ndarray) -> np.ndarray:
    window = np.float32(0.54).item() + np.float32(0.46).item() * np.cos(np.pi * x)
    return np.where(x == 0, 1.0, np.sinc(x) * window)


def _pillow_bicubic(x: np.ndarray) -> np.ndarray:
    a, x = -0.5, abs(x)
    return np.where(x < 1, ((a + 2) * x - (a + 3)) * x * x + 1, (((x - 5) * x + 8) * x - 4) * a)


def _pillow_magic_2013(x: np.ndarray) -> np.ndarray:
    x = abs(x)
    pieces = 1.0625 - 1.75 * x * x, (1 - x) * (1.75 - x), -0.125 * (x - 2.5) * (x - 2.5)
    return np.select([x < 0.5, x < 1.5], pieces[:2], pieces[2])


def _pillow_magic_2021(x: np.ndarray) -> np.ndarray:
    x = abs(x)
    pieces = (
        577 / 576 - 239 / 144 * x * x,
        35 / 36 * (x - 1) * (x - 239 / 140),
        1 / 6 * (x - 2) * (65 / 24 - x),
        1 / 36 * (x - 3) * (x - 15 / 4),
    )
    return np.select([x < 0.5, x < 1.5, x < 2.5, x < 3.5], pieces, -1 / 288 * (x - 4.5) * (x - 4.5))


# Kernels that are lopsided, of single-precision constants, or differ in the last bit, which modes I and F show.
PILLOW_KERNELS = {
    "box": _pillow_box,
    "hamming": _pillow_hamming,
    "cubic": _pillow_bicubic,
    "magic_kernel_sharp_2013": _pillow_magic_2013,
    "magic_kernel_sharp_2021": _pillow_magic_2021,
}


def _pillow(axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Pillow's arithmetic in its order, since the weights are rounded to 22 bits afterwards."""
    scale = float(axis.step)
    start = float(axis.origin - axis.step / 2)
    kernel, parameters = FILTERS[axis.filter], dict(axis.parameters)
    radius = kernel.support(parameters)
    stretch = max(scale, 1.0)
    centre = start + (np.arange(axis.n_out) + 0.5) * scale
    low = np.maximum((centre - radius * stretch + 0.5).astype(np.int64), 0)
    high = np.minimum((centre + radius * stretch + 0.5).astype(np.int64), axis.n_in)
    tap = np.arange((high - low).max())
    x = (tap + low[:, None] - centre[:, None] + 0.5) * (1 / stretch)
    inside = (tap < (high - low)[:, None]) & (abs(x) <= radius)
    if axis.filter in PILLOW_KERNELS:
        weights = PILLOW_KERNELS[axis.filter](x)
    else:
        weights = kernel.of(np.minimum(abs(x), radius), **parameters)
    weights = np.where(inside, weights, 0.0)
    return tap + low[:, None], weights / np.cumsum(weights, axis=1)[:, -1:]


def _tensorflow_cubic(axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Keys' cubic from a table of 1024 phases; taps outside are dropped."""
    twice, _, denominator = positions(axis)
    centre = (twice / (2 * denominator)).astype(float) - 0.5
    first = np.floor(centre).astype(np.int64)
    phase = np.rint((centre - first) * 1024) / 1024
    distance = abs(phase[:, None] - np.arange(-1, 3))
    index = first[:, None] + np.arange(-1, 3)
    weights = FILTERS["cubic"].of(distance, b=0.0, c=0.5)
    weights[(index < 0) | (index >= axis.n_in)] = 0
    return index, weights / weights.sum(axis=1, keepdims=True)


def _opencv_area(axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """INTER_AREA when enlarging: mostly copies, linear where an output pixel crosses a border of two pixels.

    In doubles, since a product that falls short of a whole number starts one pixel earlier.
    """
    inverse = float(1 / axis.step)
    step, start = 1 / inverse, float(axis.origin - axis.step / 2)
    i = np.arange(axis.n_out)
    first = np.floor(start + i * step)
    t = ((i + 1) - (first + 1 - start) * inverse).astype(np.float32).astype(float)
    t = np.where(t <= 0, 0, t - np.floor(t))
    return first.astype(np.int64)[:, None] + np.arange(2), np.stack([1 - t, t], axis=1)


def _torch_area(axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Adaptive average pooling: the plain mean of every pixel touched."""
    i = np.arange(axis.n_out)
    low = i * axis.n_in // axis.n_out
    high = -(-(i + 1) * axis.n_in // axis.n_out)
    tap = np.arange((high - low).max())
    inside = tap < (high - low)[:, None]
    return low[:, None] + tap, inside / inside.sum(axis=1, keepdims=True)


WINDOWS = {
    "pillow": _pillow,
    "tensorflow-cubic": _tensorflow_cubic,
    "opencv-area": _opencv_area,
    "torch-area": _torch_area,
}


def _accumulated(axis: Axis) -> np.ndarray:
    """Pillow and OpenCV's INTER_NEAREST_EXACT add the step up in doubles."""
    step = float(axis.step)
    start = float(axis.origin - axis.step / 2) + step * 0.5
    return np.cumsum([start] + [step] * (axis.n_out - 1)).astype(np.int64).clip(0, axis.n_in - 1)


def _pillow_deep(axis: Axis) -> np.ndarray:
    """Pillow's mode I;16 multiplies instead."""
    start = float(axis.origin - axis.step / 2)
    return (start + (np.arange(axis.n_out) + 0.5) * float(axis.step)).astype(np.int64).clip(0, axis.n_in - 1)


def _torch_exact(axis: Axis) -> np.ndarray:
    """`nearest-exact`, whose step is single precision."""
    step = np.float32(float(axis.step))
    at = ((np.arange(axis.n_out) + 0.5) * np.float64(step)).astype(np.float32) + np.float32(axis.origin - axis.step / 2)
    return np.floor(at).astype(np.int64).clip(0, axis.n_in - 1)


def _tensorflow_nearest(axis: Axis) -> np.ndarray:
    step = np.float32(axis.n_in) / np.float32(axis.n_out)
    at = (np.arange(axis.n_out).astype(np.float32) + np.float32(0.5)) * step
    return np.floor(at).astype(np.int64).clip(0, axis.n_in - 1)


NEAREST = {
    "pillow": _accumulated,
    "pillow, 16 bits": _pillow_deep,
    "opencv": _accumulated,
    "torch": _torch_exact,
    "tensorflow": _tensorflow_nearest,
}
