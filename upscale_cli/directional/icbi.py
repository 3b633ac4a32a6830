"""Iterative curvature-based interpolation.

A. Giachetti, N. Asuni: "Real-time artifact-free image upscaling", IEEE Transactions on Image Processing 20(10), 2011.
A new point starts as the mean of two opposite neighbours, those along which the picture curves less; across steps
those that differ less. Then all new points are moved up or down, again and again by smaller steps, wherever that
lowers an energy: second derivatives should be as at the neighbours (continuity), be large (enhancement), and contour
lines should be straight (smoothing). Neighbours across an edge do not count.

The points of an iteration move at the same time, not one after the other as in the paper's program: results then do
not depend on an order, rows can be cut anywhere, and mirrored pictures give mirrored results. Points move on the
guide; a channel takes the guide's directions and moves.
"""

import numpy as np

from ..jit import helper, kernel
from .planes import guide_of, weave

STEP = 100.0  # levels: from here on neighbours stand on two sides of an edge for the choice of a direction
EDGE = 50.0  # levels: and here for the energy
FIRST_MOVE, LAST_MOVE = 4.0, 0.5  # levels
TIE = 0.01  # levels: what is nearer than this is as good, lest rounding decides where a picture is symmetric

f4 = np.float32
u8 = np.uint64
ONE = u8(1)


def reach(iterations: int, **_: float) -> int:
    """Return how many source samples a pass looks at around those that it doubles."""
    return 2 * iterations + 4


@helper
def _direction(a, b, c, d, beside_ab, beside_cd, step, tie):
    """Return the share of the mean of a and b in a point between them, the rest being that of c and d.

    `beside_ab` sums the four samples that continue, along a to b, the lines beside the point; `beside_cd` along c to d.
    The paper leaves the choice to the differences also where the two means are a step apart: across a line of one pixel
    both differences are 0, and the line gets beads. On Set14 it is all the same.
    """
    p, q = f4(0.5) * (a + b), f4(0.5) * (c + d)
    one, two = abs(a - b), abs(c - d)
    smooth = one < step and two < step
    one = abs(beside_ab + f4(2) * p - f4(6) * q) if smooth else one
    two = abs(beside_cd + f4(2) * q - f4(6) * p) if smooth else two
    return f4(0.5) if abs(one - two) <= tie else f4(1) if one < two else f4(0)


@helper
def _unlike(counts, along, across, move):
    """Return by how much a neighbour's two second derivatives differ from those of a point that is moved."""
    return abs(along + f4(3) * move) + abs(across + f4(2) * move) if counts else f4(0)


@helper
def _moved(v, a, b, c, d, past_a, past_b, past_c, past_d, ac, cb, bd, da, edge, move, energy):
    """Return the point v, moved up or down if that is better.

    a and b are the neighbours on both sides of one axis, c and d on the other; past_a and so on the new points behind
    them, ac and so on those between two neighbours: all at distances 1, 2 and the square root of 2.
    """
    along_ab, along_cd = a + b - v - v, c + d - v - v
    slope_ab, slope_cd = a - b, c - d
    steepness = slope_ab * slope_ab + slope_cd * slope_cd
    mixed = f4(0.25) * (ac + bd - cb - da)
    bend = slope_ab * slope_ab * along_cd - f4(2) * slope_ab * slope_cd * mixed + slope_cd * slope_cd * along_ab
    bend = bend / (steepness + f4(1e-20))
    near_a, near_b, near_c, near_d = abs(a - v) < edge, abs(b - v) < edge, abs(c - v) < edge, abs(d - v) < edge
    a_along, a_across = past_a + v - a - a - along_ab, ac + da - a - a - along_cd
    b_along, b_across = past_b + v - b - b - along_ab, cb + bd - b - b - along_cd
    c_along, c_across = past_c + v - c - c - along_cd, ac + cb - c - c - along_ab
    d_along, d_across = past_d + v - d - d - along_cd, bd + da - d - d - along_ab
    here = up = down = f4(0)
    for n in range(3):
        by = (f4(0), move, -move)[n]
        total = _unlike(near_a, a_along, a_across, by) + _unlike(near_b, b_along, b_across, by)
        total += _unlike(near_c, c_along, c_across, by) + _unlike(near_d, d_along, d_across, by)
        total = energy[0] * total - energy[1] * (abs(along_ab - by - by) + abs(along_cd - by - by))
        total += energy[2] * abs(bend - by - by)
        here, up, down = up, down, total
    rises, falls = up < min(here, down) - energy[3], down < min(here, up) - energy[3]
    return v + move if rises else v - move if falls else v


@kernel("void(f4[:,::1],f4,f4,f4[:,::1])")
def diagonal_shares(a, step, tie, share):
    """Fill the share of the falling diagonal in each point between four samples."""
    two = u8(2)
    for i in range(ONE, u8(a.shape[0]) - two):
        for j in range(ONE, u8(a.shape[1]) - two):
            falling = a[i - ONE, j] + a[i, j - ONE] + a[i + two, j + ONE] + a[i + ONE, j + two]
            rising = a[i - ONE, j + ONE] + a[i, j + two] + a[i + ONE, j - ONE] + a[i + two, j]
            one, other = a[i, j + ONE], a[i + ONE, j]
            share[i, j] = _direction(a[i, j], a[i + ONE, j + ONE], one, other, falling, rising, step, tie)


@kernel("void(f4[:,::1],f4[:,::1],i8,f4,f4,f4[:,::1])")
def axial_shares(h, v, right, step, tie, share):
    """Fill the share of the row in each point between two samples of h in its row and two of v in its column.

    `right` is 1 for the points right of source samples, 0 for those below.
    """
    above, before = u8(right), u8(1 - right)
    two = u8(2)
    for i in range(two, u8(h.shape[0]) - two):
        k = i - above
        for j in range(two, u8(h.shape[1]) - two):
            m = j - before
            across = v[k, j - ONE] + v[k, j + ONE] + v[k + ONE, j - ONE] + v[k + ONE, j + ONE]
            down = h[i - ONE, m] + h[i - ONE, m + ONE] + h[i + ONE, m] + h[i + ONE, m + ONE]
            share[i, j] = _direction(h[i, m], h[i, m + ONE], v[k, j], v[k + ONE, j], across, down, step, tie)


@kernel("void(f4[:,::1],f4[:,::1],i8,f4,f4,f4[::1],f4[:,::1])")
def move_diagonal(a, p, rim, edge, move, energy, out):
    """Move the points p between four samples of a, but for `rim` rows and columns around them."""
    first = u8(rim)
    for i in range(first, u8(a.shape[0]) - first):
        for j in range(first, u8(a.shape[1]) - first):
            out[i, j] = _moved(
                p[i, j], a[i, j], a[i + ONE, j + ONE], a[i, j + ONE], a[i + ONE, j],
                p[i - ONE, j - ONE], p[i + ONE, j + ONE], p[i - ONE, j + ONE], p[i + ONE, j - ONE],
                p[i - ONE, j], p[i, j + ONE], p[i + ONE, j], p[i, j - ONE],
                edge, move, energy,
            )  # fmt: skip


@kernel("void(f4[:,::1],f4[:,::1],f4[:,::1],f4[:,::1],i8,i8,f4,f4,f4[::1],f4[:,::1])")
def move_axial(h, v, p, q, right, rim, edge, move, energy, out):
    """Move the points p between two of h in their row and two of v in their column; q are the other new points."""
    above, before = u8(right), u8(1 - right)
    first = u8(rim)
    for i in range(first, u8(p.shape[0]) - first):
        k = i - above
        for j in range(first, u8(p.shape[1]) - first):
            m = j - before
            out[i, j] = _moved(
                p[i, j], h[i, m], h[i, m + ONE], v[k, j], v[k + ONE, j],
                p[i, j - ONE], p[i, j + ONE], p[i - ONE, j], p[i + ONE, j],
                q[k, m], q[k, m + ONE], q[k + ONE, m + ONE], q[k + ONE, m],
                edge, move, energy,
            )  # fmt: skip


@kernel("void(f4[:,:,::1],f4[:,::1],f4[:,:,::1])")
def mean_diagonal(a, share, out):
    """Fill the points between four samples with the means that the shares of the falling diagonal ask for."""
    half = f4(0.5)
    for c in range(a.shape[0]):
        for i in range(u8(a.shape[1]) - ONE):
            for j in range(u8(a.shape[2]) - ONE):
                rising = half * (a[c, i, j + ONE] + a[c, i + ONE, j])
                out[c, i, j] = rising + share[i, j] * (half * (a[c, i, j] + a[c, i + ONE, j + ONE]) - rising)


@kernel("void(f4[:,:,::1],f4[:,:,::1],i8,f4[:,::1],f4[:,:,::1])")
def mean_axial(h, v, right, share, out):
    """Fill the points between two samples of h in their row and two of v in their column likewise."""
    above, before, half = u8(right), u8(1 - right), f4(0.5)
    for c in range(h.shape[0]):
        for i in range(ONE, u8(h.shape[1]) - ONE):
            k = i - above
            for j in range(ONE, u8(h.shape[2]) - ONE):
                m = j - before
                down = half * (v[c, k, j] + v[c, k + ONE, j])
                out[c, i, j] = down + share[i, j] * (half * (h[c, i, m] + h[c, i, m + ONE]) - down)


def double(
    planes: np.ndarray,
    unit: float,
    shares: tuple[float, ...],
    iterations: int,
    continuity: float,
    enhancement: float,
    smoothing: float,
) -> np.ndarray:
    """Return the lattice (C, 2 H, 2 W) of planes (C, H, W), both float32, a level of the 8-bit scale being `unit`.

    `shares` are those of the channels in the guide; the weights are those of the energy's three parts. The lattice is
    right `reach` source samples from the rim on.
    """
    channels, height, width = planes.shape
    tie = f4(TIE * unit)
    energy = np.array([continuity, enhancement, smoothing, tie], f4)
    moves = (np.geomspace(FIRST_MOVE, LAST_MOVE, iterations) * unit).astype(f4)
    step, edge = f4(STEP * unit), f4(EDGE * unit)
    diagonal, horizontal, vertical = np.zeros((3, *planes.shape), f4)
    share = np.zeros((height, width), f4)

    diagonal_shares(guide := guide_of(planes, shares), step, tie, share)
    mean_diagonal(planes, share, diagonal)
    start = between = guide_of(diagonal, shares)
    for n, move in enumerate(moves):
        between, old = np.zeros_like(start), between
        move_diagonal(guide, old, 2 + n, edge, move, energy, between)
    moving = np.array(shares, bool) if channels > 1 else slice(None)  # not chroma, which is no part of the guide
    diagonal[moving] += between - start

    axial_shares(guide, between, 1, step, tie, share)
    mean_axial(planes, diagonal, 1, share, horizontal)
    axial_shares(between, guide, 0, step, tie, share)
    mean_axial(diagonal, planes, 0, share, vertical)
    right, below = first_right, first_below = guide_of(horizontal, shares), guide_of(vertical, shares)
    for n, move in enumerate(moves):
        old_right, right, old_below, below = right, np.zeros_like(start), below, np.zeros_like(start)
        move_axial(guide, between, old_right, old_below, 1, 2 + iterations + n, edge, move, energy, right)
        move_axial(between, guide, old_below, old_right, 0, 2 + iterations + n, edge, move, energy, below)
    horizontal[moving] += right - first_right
    vertical[moving] += below - first_below
    lattice = np.empty((channels, 2 * height, 2 * width), f4)
    weave(planes, diagonal, horizontal, vertical, lattice)
    return lattice
