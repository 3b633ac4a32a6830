"""Where the samples of a resampled axis lie in the source, in exact fractions."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np


class Axis(NamedTuple):
    """How one axis is resampled: n_out samples, the first centred at `origin`, `step` source pixels apart.

    `filter` is a name in FILTERS or "area"; `stretch` widens the filter by the step when shrinking (antialiasing).
    `rule`, if any, is a key of `rules.WINDOWS`: another library's way to place the weights.
    """

    filter: str
    parameters: tuple[tuple[str, float], ...]
    n_in: int
    n_out: int
    origin: Fraction
    step: Fraction
    stretch: bool
    edge: str
    rule: str = ""

    @property
    def shrinks(self) -> bool:
        return self.step > 1

    @property
    def is_copy(self) -> bool:
        """Whether every output sample is a source sample, in order: the same size, or a crop at whole pixels."""
        return self.step == 1 and (self.origin - Fraction(1, 2)).denominator == 1


def fold(index: np.ndarray, n: int, edge: str) -> np.ndarray:
    """Map indices beyond [0, n) to the samples that stand there; -1 where there is none (constant, renormalize)."""
    if edge == "reflect":
        index = index % (2 * n)
        return np.where(index < n, index, 2 * n - 1 - index)
    if edge == "replicate":
        return np.clip(index, 0, n - 1)
    if edge == "wrap":
        return index % n
    return np.where((index >= 0) & (index < n), index, -1)


def positions(axis: Axis) -> tuple[np.ndarray, int, int]:
    """Return twice the centres' numerators (n_out), the step's numerator and the denominator of both."""
    denominator = math.lcm(axis.origin.denominator, axis.step.denominator)
    start, step = int(axis.origin * denominator), int(axis.step * denominator)
    largest = 2 * denominator * (axis.n_in + axis.n_out * math.ceil(axis.step) + 1)
    whole = np.int64 if largest < 2**62 else object
    return 2 * (start + np.arange(axis.n_out).astype(whole) * step), step, denominator
