"""What neighbouring pixels of a picture are like, in numbers."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .jit import Kernel, helper, kernel

SIDE, SIDES = 96, 8  # of a large picture 8 x 8 windows of 96 pixels a side are counted
MOST_COLOURS, SLOTS = 256, 1024  # that are counted, and of the table that they are counted with, a power of two
SOFT, HARD = 16.5, 48.5  # levels of 255: steps below the one are soft, above the other hard
ROUNDING = 0.25  # squared levels: less is what rounding of floats may leave between equal levels
FEWEST_CHANGES, FEWEST_BLOCKS = 6, 8  # on either axis, for blocks to be told from chance
PAIRS, EQUAL, SOFT_STEPS, HARD_STEPS, DETAILS, SHARP, THROUGH, SQUARES, CHECKS, COLOURS, AREAS, COUNTS = range(12)

FARTHEST = np.float32(1e12)  # floats beyond are taken for this, so that differences are numbers

f4 = np.float32
i8 = np.int64
u1 = np.uint8
u8 = np.uint64


class Census(NamedTuple):
    """What is known of a picture; shares are 0 to 1.

    `colours` ends at MOST_COLOURS. `flat` is the share of neighbours that are equal. Of the steps between those that
    are not, `soft` and `hard` are the shares of small and of large ones, and `details` tells how many single pixels
    stand between two equal ones, across or down, for each step. `through` is the share of hard edges that lead through
    a pixel halfway: the softness of a lens, or antialiasing. `checks` is the share of 2 x 2 pixels that are a
    checkerboard. `areas` is the share of colours that have a pixel somewhere whose four neighbours are of its colour:
    all labels have, few of the colours that antialiasing makes. `block` is the side of the blocks that a picture
    enlarged by nearest consists of, else 1; such a picture is counted with one pixel for a block.
    """

    pixels: int
    colours: int
    flat: float
    soft: float
    hard: float
    details: float
    through: float
    checks: float
    areas: float
    block: int = 1

    def __str__(self) -> str:
        """Return what a plan says of a picture of few colours."""
        colours = f"{self.colours} colours" + " or more" * (self.colours == MOST_COLOURS)
        blocks = f", in blocks of {self.block}x{self.block}" * (self.block > 1)
        return f"{colours}, flat runs of {1 / max(1 - self.flat, 1 / self.pixels):.1f}{blocks}"


@functools.cache
def _loader(sample: str, channels: int, alpha: bool) -> Callable:
    """Return a helper that makes of a row of pixels their keys, equal for equal pixels, and planes of levels.

    All that is fully transparent is alike. The last plane is the sum of the others.
    """
    n_channels, last = u8(channels), u8(channels - 1)
    share = f4({"u1": 1, "u2": 1 / 257, "f4": 255}[sample])
    bits = u8(16 if sample == "u2" else 8)
    nothing = {"u1": u1, "u2": np.uint16, "f4": f4}[sample](0)

    @helper
    def whole(v):
        """Return an integer that tells samples apart: of floats, steps of 2^-24, up to 2^38."""
        if sample == "f4":
            v = np.float64(v) * 2.0**24
            return u8(0) if np.isnan(v) else u8(i8(min(max(v, -(2.0**62)), 2.0**62)))
        return u8(v)

    @helper
    def load(row, left, width, keys, levels):
        for x in range(u8(width)):
            at = (u8(left) + x) * n_channels
            seen = not alpha or row[at + last] > 0
            key, total = u8(0), f4(0)
            for c in range(n_channels):
                v = row[at + c] if seen else nothing
                if sample == "f4":
                    key = (key ^ (key >> u8(29)) ^ whole(v)) * u8(0x9E3779B97F4A7C15)
                else:
                    key = (key << bits) | whole(v)
                level = f4(v) * share
                level = f4(0) if np.isnan(level) else min(max(level, -FARTHEST), FARTHEST)
                levels[c, x] = level
                total += level
            keys[x] = key
            levels[n_channels, x] = total

    return load


@helper
def _insert(key, table, counts, which):
    """Count a key as `which` if the table does not hold it, and put it there; a search for it ends at its slot."""
    mixed = (key ^ (key >> u8(32))) * u8(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> u8(29))) | u8(1)
    slot = (mixed >> u8(40)) & u8(SLOTS - 1)
    while table[slot] != u8(0) and table[slot] != mixed:
        slot = (slot + u8(1)) & u8(SLOTS - 1)
    if table[slot] == u8(0):
        table[slot] = mixed
        counts[which] += 1


@helper
def _areas(far, up, here, n, table, counts):
    """Count the keys, not in the table, of pixels of the middle row that are like the four around them."""
    before = False  # whether the last pixel was such a one
    for x in range(1, n - 1):
        key = up[x]
        inner = (key == up[x - 1]) & (key == up[x + 1]) & (key == far[x]) & (key == here[x])
        if inner and not before and counts[AREAS] < MOST_COLOURS:
            _insert(key, table, counts, AREAS)
        before = inner


@functools.cache
def _differing(channels: int) -> Callable:
    """Return a helper: the largest difference in any channel of pixel i of one row and pixel j of the other."""

    @helper
    def differing(one, i, other, j):
        most = f4(0)
        for c in range(u8(channels)):
            most = max(most, abs(one[c, i] - other[c, j]))
        return most

    return differing


@functools.cache
def _tally(channels: int) -> tuple[Callable, Callable]:
    """Return the helpers that count pairs and threes of pixels that follow one another, across or down."""
    differing, total = _differing(channels), u8(channels)

    @helper
    def pairs(keys, levels, other_keys, other_levels, shift, n, changed, counts):
        """Compare pixel i + shift of one row with pixel i of the other; `changed` is 1 where they ever differ."""
        equal = soft = hard = i8(0)
        for i in range(u8(n)):
            j = i + u8(shift)
            same = keys[j] == other_keys[i]
            step = differing(levels, j, other_levels, i)
            equal += same
            soft += (not same) & (step < f4(SOFT))
            hard += (not same) & (step > f4(HARD))
            changed[j] |= u1(not same)
        counts[PAIRS] += n
        counts[EQUAL] += equal
        counts[SOFT_STEPS] += soft
        counts[HARD_STEPS] += hard

    @helper
    def threes(a, a_levels, b, b_levels, c, c_levels, shift, n, counts):
        """Look at the pixels a[i], b[i + shift] and c[i + 2 shift]."""
        details = sharp = through = i8(0)
        for i in range(u8(n)):
            j, k = i + u8(shift), i + u8(2 * shift)
            ab, bc, ac = a[i] == b[j], b[j] == c[k], a[i] == c[k]
            edge = differing(a_levels, i, c_levels, k) > f4(HARD)
            middle = b_levels[total, j]
            between = (middle - a_levels[total, i]) * (c_levels[total, k] - middle) > f4(ROUNDING)
            details += ac & (not ab)
            sharp += edge & (ab | bc)
            through += edge & (not ab) & (not bc) & between
        counts[DETAILS] += details
        counts[SHARP] += sharp
        counts[THROUGH] += through

    return pairs, threes


@functools.cache
def _counter(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel that adds what it finds in a window to `counts`, `tables`, `columns` and `rows`.

    The tables (2 x SLOTS) hold the colours and those with areas; columns and rows become 1 where a pixel differs from
    the one left of it, or above it. `keys` (3 x W), `levels` and `changed` (W) are scratch.
    """
    load, (pairs, threes) = _loader(sample, channels, alpha), _tally(channels)
    types = "i8,i8,i8,i8,u8[:,::1],f4[:,:,::1],u1[::1],u8[:,::1],i8[::1],u1[::1],u1[::1]"

    @kernel(f"void({sample}[:,::1],{types})")
    def count(src, top, bottom, left, right, keys, levels, changed, tables, counts, columns, rows):
        width = right - left
        for y in range(top, bottom):
            now, above, far = y % 3, (y + 2) % 3, (y + 1) % 3
            here, up, key, key_up = levels[now], levels[above], keys[now], keys[above]
            load(src[y], left, width, key, here)
            pairs(key, here, key, here, 1, width - 1, columns[left:right], counts)
            threes(key, here, key, here, key, here, 1, max(0, width - 2), counts)
            if y > top:
                for x in range(width):
                    changed[x] = 0
                pairs(key, here, key_up, up, 0, width, changed, counts)
                checks = i8(0)
                for i in range(u8(width - 1)):
                    j = i + u8(1)
                    checks += (key[i] == key_up[j]) & (key[j] == key_up[i]) & (key[i] != key[j])
                    rows[y] |= changed[i]
                rows[y] |= changed[width - 1]
                counts[CHECKS] += checks
                counts[SQUARES] += width - 1
            if y > top + 1:
                threes(keys[far], levels[far], key_up, up, key, here, 0, width, counts)
                _areas(keys[far], key_up, key, width, tables[1], counts)
            for x in range(width):
                if counts[COLOURS] == MOST_COLOURS:
                    break
                if (x == 0 or key[x] != key[x - 1]) and (y == top or key[x] != key_up[x]):
                    _insert(key[x], tables[0], counts, COLOURS)

    return count


def windows(size: int) -> list[tuple[int, int]]:
    """Return SIDES windows of an axis (the first pixel, and the one past the last), placed alike from either end."""
    half = [i * (size - SIDE) // (SIDES - 1) for i in range(SIDES // 2)]
    return [(start, start + SIDE) for start in half + [size - SIDE - start for start in reversed(half)]]


def count(samples: np.ndarray, alpha: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is counted in a picture, H x W x C: by PAIRS and so on, and where columns and rows ever change.

    Large pictures are looked at in windows.
    """
    height, width, channels = samples.shape
    counts, tables, changed = np.zeros(COUNTS, i8), np.zeros((2, SLOTS), u8), np.zeros(width, u1)
    columns, rows = np.zeros(width, u1), np.zeros(height, u1)
    keys, levels = np.zeros((3, width), u8), np.zeros((3, channels + 1, width), f4)
    run, flat = _counter(samples.dtype.str[1:], channels, alpha), samples.reshape(height, -1)
    whole = height * width <= (SIDE * SIDES) ** 2
    across, down = ([(0, n)] if whole or n <= SIDE * SIDES else windows(n) for n in (width, height))
    with np.errstate(over="ignore"):  # of keys, where kernels are interpreted
        for top, bottom in down:
            for left, right in across:
                run(flat, top, bottom, left, right, keys, levels, changed, tables, counts, columns, rows)
    return counts, columns, rows


def block_of(columns: np.ndarray, rows: np.ndarray) -> tuple[int, int, int]:
    """Return the side of the blocks that a picture consists of, 1 for none, and its first whole row and column."""
    changes = [np.flatnonzero(marks) for marks in (rows, columns)]
    if min(map(len, changes)) < FEWEST_CHANGES:
        return 1, 0, 0
    side = int(np.gcd.reduce(np.concatenate([np.diff(places) for places in changes])))
    if min(len(rows), len(columns)) < FEWEST_BLOCKS * side:
        return 1, 0, 0
    top, left = (int(places[0]) % side for places in changes)
    return side, top, left


def census(samples: np.ndarray, alpha: bool) -> Census:
    """Count a picture, or of one in blocks a pixel each."""
    counts, columns, rows = count(samples, alpha)
    block, top, left = block_of(columns, rows)
    if block > 1:
        samples = np.ascontiguousarray(samples[top::block, left::block])
        counts = count(samples, alpha)[0]
    pairs, equal, soft, hard, details, sharp, through, squares, checks, colours, areas = counts.tolist()
    steps = max(1, pairs - equal)
    return Census(
        samples.shape[0] * samples.shape[1], colours, equal / max(1, pairs), soft / steps, hard / steps,
        details / steps, through / max(1, sharp + through), checks / max(1, squares),
        areas / max(1, colours), block,
    )  # fmt: skip
