"""Weights: for each output sample of an axis, which source samples it blends and how much of each.

    output i        |  i-1  |   i   |  i+1  |          its centre lies at  origin + i * step
    source   | left | left+1| ...   | left+K-1 |       (source pixel k covers [k, k+1], its centre is k + 0.5)

Positions are exact fractions, so a mirrored request gives mirrored weights, and an enlargement by a whole factor
repeats the same few weights: what stands beyond the border is a matter of which source sample the padded row shows
there, and only `renormalize` changes weights.
"""

import functools
import math
from typing import NamedTuple

import numpy as np

from .axis import Axis, fold, positions
from .filters import FILTERS
from .rules import WINDOWS

GROUP = 4  # source samples that are added to output samples together when shrinking
NEGLIGIBLE = 1e-12  # a weight below this share of its window's largest is noise, as sinc(1) = 4e-17 is


class Taps(NamedTuple):
    """Weights of an axis whose row is padded where windows reach beyond the border.

    `weights` float64 (n_out, K) sum to one a row. `windows` int64 (n_out, 3), all in the padded row: the first sample
    of the K, then [first, last) of the samples within one pixel of the output's centre, for anti-ringing. `source`
    int64 maps the padded row to source samples, -1 standing for none (a constant border, or one left out), and
    `before` is how many samples it has before the first. `phases` is the factor f of an enlargement by a whole number
    whose weights repeat every f samples while the window moves by one, else 1.
    """

    weights: np.ndarray
    windows: np.ndarray
    source: np.ndarray
    before: int
    phases: int


def _candidates(axis: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices (n_out, width) of all samples that the filter may touch, and its values there."""
    twice, step, denominator = positions(axis)
    stretched = axis.stretch and axis.shrinks
    if axis.filter == "area":
        reach = max(float(axis.step) / 2, 0.5)
    else:
        kernel, parameters = FILTERS[axis.filter], dict(axis.parameters)
        radius = kernel.support(parameters)
        reach = radius * (float(axis.step) if stretched else 1)
    first = np.floor((twice / (2 * denominator)).astype(float) - reach - 0.5).astype(np.int64)
    index = (first[:, None] + np.arange(math.ceil(2 * reach) + 3)).astype(twice.dtype)
    if axis.filter == "area":
        low = np.maximum(2 * denominator * index, (twice - step)[:, None])
        high = np.minimum(2 * denominator * (index + 1), (twice + step)[:, None])
        return index.astype(np.int64), np.maximum(high - low, 0).astype(float)
    distance = abs((2 * index + 1) * denominator - twice[:, None])
    x = (distance / (2 * (step if stretched else denominator))).astype(float)
    return index.astype(np.int64), np.where(x <= radius, kernel.of(np.minimum(x, radius), **parameters), 0.0)


@functools.lru_cache(maxsize=64)
def taps_of(axis: Axis) -> Taps:
    """Return the axis' weights.

    The arrays are shared between calls and must not be written to.
    """
    if axis.is_copy:
        return assemble(axis, math.floor(axis.origin) + np.arange(axis.n_out), np.ones((axis.n_out, 1)))
    if axis.rule:
        return assemble(axis, *_trim(*WINDOWS[axis.rule](axis)))
    index, weights = _candidates(axis)
    weights[abs(weights) < NEGLIGIBLE * abs(weights).max(axis=1, keepdims=True)] = 0
    if axis.edge == "renormalize":
        least = 1e-6 * abs(weights).max(axis=1)
        weights[(index < 0) | (index >= axis.n_in)] = 0
        for i in np.flatnonzero(abs(weights.sum(axis=1)) < least):  # what is left cancels out: take the nearest sample
            centre = math.floor(axis.origin + int(i) * axis.step)
            weights[i] = index[i] == min(max(centre, 0), axis.n_in - 1)
    weights /= weights.sum(axis=1, keepdims=True)
    left, weights = _trim(index, weights)
    return assemble(axis, left, weights)


def _trim(index: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut the windows to the fewest taps that hold all weights; return their first samples and the weights.

    Windows never step back, though a weight of zero may end one early: the ring of rows relies on it.
    """
    used = weights != 0
    width = used.shape[1]
    first = index[:, 0] + used.argmax(axis=1)
    last = index[:, 0] + width - used[:, ::-1].argmax(axis=1)
    left = np.minimum.accumulate(first[::-1])[::-1]
    slot = (left - index[:, 0])[:, None] + np.arange((last - left).max())
    inside = (slot >= 0) & (slot < width)
    return left, np.where(inside, np.take_along_axis(weights, np.clip(slot, 0, width - 1), 1), 0.0)


def assemble(axis: Axis, left: np.ndarray, weights: np.ndarray) -> Taps:
    """Return taps for windows that start at `left` (n_out, in source samples) and have `weights` (n_out, K)."""
    twice, _, denominator = positions(axis)
    centre, reach = (twice / (2 * denominator)).astype(float), max(1.0, float(axis.step))
    near = np.floor(centre - reach - 0.5).astype(np.int64) + 1
    far = np.ceil(centre + reach - 0.5).astype(np.int64)
    near = np.clip(near, np.maximum(left, 0), axis.n_in - 1)
    far = np.clip(far, near + 1, np.minimum(left + weights.shape[1], axis.n_in))
    before = max(0, -int(left.min()))
    after = max(0, int(left.max()) + weights.shape[1] - axis.n_in)
    return Taps(
        weights=weights,
        windows=np.stack([left, near, far], axis=1) + before,
        source=fold(np.arange(-before, axis.n_in + after), axis.n_in, axis.edge),
        before=before,
        phases=_phases(left, weights, axis),
    )


def _phases(left: np.ndarray, weights: np.ndarray, axis: Axis) -> int:
    factor = axis.step.denominator
    if axis.step.numerator != 1 or axis.n_out % factor or not 1 < factor <= 16:
        return 1
    moves = left.reshape(-1, factor)
    repeats = weights.reshape(-1, factor, weights.shape[1])
    same = (moves == moves[0] + np.arange(len(moves))[:, None]).all() and (repeats == repeats[0]).all()
    return factor if same else 1


def groups_of(taps: Taps) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights arranged by the source: by how much each GROUP of its samples adds to which output samples.

    `active` int64 (G + 1) is the first output sample that needs source samples from GROUP * g on; the last is n_out.
    `weights` float32 (G, M, GROUP) are those of the output samples active[g] + m.
    """
    left, n_taps = taps.windows[:, 0], taps.weights.shape[1]
    n_groups = int(left[-1] + n_taps - 1) // GROUP + 1
    active = np.searchsorted(left + n_taps, GROUP * np.arange(n_groups + 1), side="right")
    index = left[:, None] + np.arange(n_taps)
    m = np.arange(len(left))[:, None] - active[index // GROUP]
    weights = np.zeros((n_groups, int(m.max()) + 1, GROUP), np.float32)
    weights[index // GROUP, m, index % GROUP] = taps.weights
    return active, weights
