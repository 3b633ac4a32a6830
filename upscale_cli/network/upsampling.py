"""Layers that enlarge without weights of their own, and activations."""

from fractions import Fraction

import numpy as np

from ..interpolate.axis import Axis
from ..interpolate.taps import taps_of
from .convolution import Pair, channels_last, pair

# Keras' names: the filter here, and its parameters.
INTERPOLATIONS = {
    "bilinear": ("triangle", ()),
    "bicubic": ("cubic", (("b", 0.0), ("c", 0.5))),
    "lanczos3": ("lanczos", (("lobes", 3),)),
    "lanczos5": ("lanczos", (("lobes", 5),)),
}


def upsampling2d(
    x: np.ndarray, size: Pair = (2, 2), interpolation: str = "nearest", data_format: str = "channels_last"
) -> np.ndarray:
    """Return x enlarged by whole factors for rows and columns, as Keras' `UpSampling2D` does.

    `x` is float32 or float64, B x H x W x C (or channels first). `interpolation` is "nearest", "bilinear", "bicubic",
    "lanczos3" or "lanczos5"; pixels are centred at halves, and weights that fall outside are dealt to the others.
    ValueError for others.
    """
    x, factors = channels_last(x, data_format), pair("size", size)
    if interpolation != "nearest" and interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be nearest or one of {', '.join(INTERPOLATIONS)}, not {interpolation!r}")
    for axis, factor in ((1, factors[0]), (2, factors[1])):
        if interpolation == "nearest":
            x = np.repeat(x, factor, axis)
        elif factor > 1:
            weights = matrix(interpolation, x.shape[axis], factor).astype(x.dtype)
            x = np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)
    return np.ascontiguousarray(x if data_format == "channels_last" else np.moveaxis(x, 3, 1))


def matrix(interpolation: str, n: int, factor: int) -> np.ndarray:
    """Return the weights of n samples in each of factor * n, float64."""
    kernel, parameters = INTERPOLATIONS[interpolation]
    step = Fraction(1, factor)
    taps = taps_of(Axis(kernel, parameters, n, factor * n, step / 2, step, False, "renormalize"))
    matrix = np.zeros((factor * n, n))
    for row, (weights, window) in enumerate(zip(taps.weights, taps.windows, strict=True)):
        for k, weight in enumerate(weights):
            source = taps.source[window[0] + k]
            if source >= 0:
                matrix[row, source] += weight
    return matrix


def pixel_shuffle(x: np.ndarray, scale: int, data_format: str = "channels_last") -> np.ndarray:
    """Return scale H x scale W pixels of C channels from H x W of C * scale**2: torch's `PixelShuffle`.

    `x` is float32 or float64, B x H x W x C * scale**2 (or channels first); those of one output channel follow one
    another, block row by block row. ValueError where the channels are no multiple.
    """
    x = channels_last(x, data_format)
    b, h, w, channels = x.shape
    if scale < 1 or channels % scale**2:
        raise ValueError(f"{channels} channels are no multiple of the square of {scale}")
    blocks = x.reshape(b, h, w, channels // scale**2, scale, scale).transpose(0, 1, 4, 2, 5, 3)
    out = blocks.reshape(b, h * scale, w * scale, channels // scale**2)
    return out if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(out, 3, 1))


def prelu(x: np.ndarray, slope: np.ndarray, data_format: str = "channels_last") -> np.ndarray:
    """Return x where it is positive, else x times the slope of its channel (float, C, or one for all)."""
    slopes = np.broadcast_to(np.asarray(slope, x.dtype), channels_last(x, data_format).shape[3:])
    return np.where(x > 0, x, x * (slopes if data_format == "channels_last" else slopes[:, None, None]))
