"""Transfer curves between encoded values and the light that they stand for, as scalar functions for kernels and tables.

`light` is "encoded" (filter the values as they are), "linear" (the sRGB curve, IEC 61966-2-1) or "sigmoid" (linear
light seen through an inverse logistic curve, which keeps negative lobes from overshooting visibly).
"""

import functools
import math

import numpy as np

from ..jit import helper

SLOPE, CENTRE = 6.5, 0.75  # the customary contrast and midpoint of sigmoidal upscaling
OFFSET = 1 / (1 + math.exp(SLOPE * CENTRE))
RANGE = 1 / (1 + math.exp(SLOPE * (CENTRE - 1))) - OFFSET


@helper
def srgb_to_linear(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


@helper
def linear_to_srgb(v):
    return v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055


@helper
def srgb_to_sigmoid(v):
    """Values are held to 0 to 1, where the curve is defined."""
    return CENTRE - math.log(1 / (srgb_to_linear(min(max(v, 0.0), 1.0)) * RANGE + OFFSET) - 1) / SLOPE


@helper
def sigmoid_to_srgb(v):
    return linear_to_srgb((1 / (1 + math.exp(SLOPE * (CENTRE - v))) - OFFSET) / RANGE)


CURVES = {"linear": (srgb_to_linear, linear_to_srgb), "sigmoid": (srgb_to_sigmoid, sigmoid_to_srgb)}

CELLS = 4096  # cells of the first guess; for 8 bits and linear light each holds at most one bound


@functools.lru_cache(maxsize=4)
def tables(light: str, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the tables that take integer samples to working light and back without error.

    `decode` float32 (levels) is the light of each level. `bounds` float32 (levels + 1): level k is stored for light
    from bounds[k] up to bounds[k + 1]. `guess` uint16 (CELLS + 1) is the level at light j / CELLS, from which the right
    one is few steps up.
    """
    to_light, _ = CURVES[light]
    top = levels - 1
    decode = np.array([to_light(k / top) for k in range(levels)], dtype=np.float32)
    halves = [to_light((k - 0.5) / top) for k in range(1, levels)]
    bounds = np.array([-np.inf, *halves, np.inf], dtype=np.float32)
    guess = np.searchsorted(bounds, np.arange(CELLS + 1, dtype=np.float32) / CELLS, side="right") - 1
    return decode, bounds, np.clip(guess, 0, top).astype(np.uint16)
