"""Blends of pixels, weighed by their alphas.

Integers are cut, as hqx and xBR do, and floats are not rounded. Pixels of one alpha blend as opaque ones do; others
count by share and alpha, so that what is clear adds no colour.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import helper

f8 = np.float64
i8 = np.int64
u8 = np.uint64

NUMBER = {"u1": i8, "u2": i8, "f4": f8}  # what samples are blended in
HALF = {"u1": 127, "u2": 32767, "f4": 0.5}  # an alpha from here on is full where alphas are hard
TOP = {"u1": 255, "u2": 65535, "f4": 1}


@functools.cache
def mixer(sample: str) -> Callable:
    """Return a helper (shares and values of three samples) -> their mean by shares that add up to 16."""
    sixteenth = f8(1 / 16)

    @helper
    def floats(s, v, s1, v1, s2, v2):
        return (s * v + s1 * v1 + s2 * v2) * sixteenth

    @helper
    def integers(s, v, s1, v1, s2, v2):
        return (s * v + s1 * v1 + s2 * v2) >> 4

    return floats if sample == "f4" else integers


@functools.cache
def meaner(sample: str) -> Callable:
    """Return a helper (shares and values of three samples) -> their mean; the first where all shares are 0."""

    @helper
    def floats(s, v, s1, v1, s2, v2):
        total = s + s1 + s2
        return (s * v + s1 * v1 + s2 * v2) / total if total > 0 else v

    @helper
    def integers(s, v, s1, v1, s2, v2):
        total = s + s1 + s2
        return (s * v + s1 * v1 + s2 * v2) // total if total > 0 else v

    return floats if sample == "f4" else integers


@functools.cache
def hardener(sample: str) -> Callable:
    """Return a helper that makes an alpha full or none where `hard` is not 0."""
    half, top = NUMBER[sample](HALF[sample]), NUMBER[sample](TOP[sample])
    none = NUMBER[sample](0)

    @helper
    def harden(alpha, hard):
        if hard:
            return top if alpha >= half else none
        return alpha

    return harden
