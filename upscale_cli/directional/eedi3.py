"""Enhanced edge-directed interpolation by shortest paths.

K. Stone: "EEDI3, enhanced edge directed interpolation 3", 2010. A line of new points lies between two known lines. Each
new point takes a direction u: it lies between the sample u further on in the line before and the one u further back in
the line after. What speaks against a direction are unlike surroundings of the two samples, a long way, and a mean far
from what stands straight across; what speaks against a change of direction from point to point is a toll, and none may
change by more than one. The directions of a line are those of its cheapest path:

    before   . . . . . a . .        u = 2: the mean of a and b, sharpened by the lines around
    new      . . . x . . . .
    after    . b . . . . . .

A path leads somewhere even where no line of the picture goes on: at ends, crossings and corners. So a direction is held
against what the new points around say, and as far as they gainsay it the point is drawn towards what the cubic through
the samples straight across makes of it (the original's check for reliability, "vcheck").

First come the lines between rows; then, with these among the rows, those between columns. Both run here down an array,
many lines side by side. A path may be followed from either end: the toll from both ends to a point and on to the other
tells the best direction there, with no preference for a side. Columns are cut into blocks at fixed places, each solved
with a margin in which its paths join those of the neighbours, so that results do not depend on how rows are cut. They
do, a little, on where a picture begins: of one that is shifted, a point in a thousand may differ by some levels.
"""

import numpy as np

from ..jit import helper, kernel
from .planes import guide_of

# Lattice rows that are solved at a time, and those around them that are solved with them.
BLOCK, MARGIN = 64, 24
# Source samples known beyond those that are needed at the picture's border, after which the last is repeated; tiles are
# known as far as a pass looks.
BEYOND = 10
# Levels, means of two: what is so far off, or so unevenly between its lines, is not trusted. The original has 32, 64;
# on Set14 at 2x (4x) those give 30.41 (26.08) dB, these 30.45 (26.10), their halves 30.44 (26.08), and no check 30.16
# (25.85). The original's distrust of short ways, max(0, 1 - |u| / 4), makes steps in shallow lines: 30.43 (26.06) dB.
OFF, UNEVEN = 16.0, 32.0
TIE = 0.01  # levels: what is nearer than this is as good, lest rounding decides where a picture is symmetric
LANES = np.uint64(16)  # lines side by side; the outermost two only serve the others

f4 = np.float32
u8 = np.uint64
ONE = u8(1)
FAR = f4(1e30)


def reach(mdis: int, nrad: int, **_: float) -> int:
    """Return how many source samples a pass looks at around those that it doubles."""
    return -(-(mdis + max(BLOCK - 1 + MARGIN + mdis + nrad, 3 * mdis)) // 2) + 2


@helper
def _load(guide, places, lines, first, ahead, back):
    """Lay lines side by side from `first` on; in `back` the ones after them, backwards."""
    rows = u8(places.size)
    for t in range(rows):
        row, a, b = guide[places[t]], t * LANES, (rows - ONE - t) * LANES
        for lane in range(LANES):
            ahead[a + lane] = row[lines[first + lane]]
            back[b + lane] = row[lines[first + lane + ONE]]


@helper
def _unlike(ahead, back, t, length, gaps, out):
    """Fill for every direction the differences, of one step along the lines, in three gaps between lines."""
    a, b = t * LANES, (length - ONE - t) * LANES
    for i in range(u8(out.size)):
        gaps[i + ONE] = abs(ahead[a + i] - back[b + i])
    for i in range(u8(out.size)):
        out[i] = gaps[i] + gaps[i + u8(2)] + gaps[i + ONE]


@helper
def _cost(ahead, back, t, length, middle, near, weights, ways, out):
    """Fill what speaks against every direction in step t; `near` are the differences of the steps around in turn."""
    turns = u8(near.shape[0])
    centre = near[t % turns]
    for i in range(u8(out.size)):
        out[i] = centre[i]
    for k in range(ONE, turns // u8(2) + ONE):
        one, two = near[(t + k) % turns], near[(t + turns - k) % turns]
        for i in range(u8(out.size)):
            out[i] += one[i] + two[i]
    a, b = t * LANES, (length - ONE - t) * LANES
    for d in range(u8(ways.size)):
        for lane in range(LANES):
            i = d * LANES + lane
            before, after = ahead[a + middle + lane], back[b + middle + lane]
            mean = f4(0.5) * (ahead[a + i] + back[b + i])
            far = abs(before - mean) + abs(after - mean)
            out[i] = weights[0] * out[i] + ways[d] + weights[1] * far


@helper
def _onward(path, cost, middle, toll, line, out):
    """Fill the cheapest paths to the next step from those to this one, which costs `cost`; straight ahead is 0."""
    for d in range(u8(path.size) // LANES):
        for lane in range(LANES):
            i = d * LANES + lane
            line[i + LANES] = (path[i] + cost[i]) - (path[middle + lane] + cost[middle + lane])
    for i in range(u8(out.size)):
        turn = min(line[i], line[i + u8(2) * LANES]) + toll
        out[i] = min(line[i + LANES], turn)


@helper
def _choose(one, two, cost, middle, tie, lows, best, angles, shares):
    """Write the best direction of each lane but the outermost: its absolute value, and the share of the positive one.

    `one` and `two` are the cheapest paths from both ends. As good is what lies within the tie; straighter is better.
    """
    for lane in range(LANES):
        best[lane] = FAR
    for d in range(middle // LANES + ONE):
        for lane in range(LANES):
            i, j = middle + d * LANES + lane, middle - d * LANES + lane
            low = min((one[i] + two[i]) + cost[i], (one[j] + two[j]) + cost[j])
            lows[d * LANES + lane] = low
            best[lane] = min(best[lane], low)
    for lane in range(angles.size):
        at = u8(lane) + ONE
        d = u8(0)
        while d < middle // LANES and lows[d * LANES + at] > best[at] + tie:
            d += ONE
        i, j = middle + d * LANES + at, middle - d * LANES + at
        more = ((one[i] + two[i]) + cost[i]) - ((one[j] + two[j]) + cost[j])
        angles[lane] = np.int32(d)
        shares[lane] = f4(1) if d == u8(0) else f4(0.5) if abs(more) <= tie else f4(1) if more < f4(0) else f4(0)


@kernel(
    "void(f4[:,::1],i8[::1],i8[::1],i8,f4[::1],f4[::1],i4[:,::1],f4[:,::1],f4[:,::1],f4[:,::1],f4[::1],f4[:,::1],"
    "f4[:,::1],f4[::1])"
)
def directions(guide, places, lines, start, weights, ways, angles, shares, sides, near, gaps, costs, paths, line):
    """Fill the directions of the points between each line and the next: absolute values, and the positive one's share.

    `places` are the rows of the guide that stand along the lines: those that costs are for, and as many more as
    directions lead to; `lines` are its columns, from the one before the first on. Row `start` of costs is the first of
    angles and shares. `weights` are those of likeness and of nearness, the toll and the tie; `ways` the costs of each
    direction's length. From `sides` on all is scratch.
    """
    ahead, back, toll, tie = sides[0], sides[1], weights[2], weights[3]
    turns, n_ways, columns = u8(near.shape[0]), u8(ways.size), u8(guide.shape[1])
    middle, steps = n_ways // u8(2) * LANES, u8(places.size) - n_ways + ONE
    solved = steps + ONE - turns
    first, last = u8(start), u8(start + angles.shape[0])
    for q in range(u8(0), columns, LANES - u8(2)):
        _load(guide, places, lines, q, ahead, back)
        for t in range(steps):
            _unlike(ahead, back, t, steps, gaps, near[t % turns])
            if t + ONE >= turns:
                _cost(ahead, back, t - turns // u8(2), steps, middle, near, weights, ways, costs[t + ONE - turns])
        paths[0] = f4(0)
        for t in range(last - ONE):
            _onward(paths[t], costs[t], middle, toll, line, paths[t + ONE])
        paths[solved] = f4(0)  # from here on row t + 1 holds the paths from the other end to step t
        end = min(q + LANES - u8(2), columns)
        for n in range(solved - first):
            t = solved - ONE - n
            if t < last:
                angle, share = angles[t - first, q:end], shares[t - first, q:end]
                _choose(paths[t], paths[t + ONE], costs[t], middle, tie, gaps, near[0], angle, share)
            _onward(paths[t + ONE], costs[t], middle, toll, line, paths[t])


@helper
def _along(planes, c, places, at, u, x, lines):
    """Return the point between the lines x and x + 1, in the direction u; the next lines sharpen it."""
    near = planes[c, places[at + u], lines[x + 1]] + planes[c, places[at - u], lines[x + 2]]
    far = planes[c, places[at + 3 * u], lines[x]] + planes[c, places[at - 3 * u], lines[x + 3]]
    return f4(9 / 16) * near - f4(1 / 16) * far


@kernel("void(f4[:,:,::1],i8[::1],i8[::1],i8,i8,i8,i4[:,::1],f4[:,::1],f4[:,:,::1])")
def points(planes, places, lines, start, first, last, angles, shares, out):
    """Fill the points between each line and the next, in their directions, in the rows first to last of the planes.

    `places` are the rows that stand along the lines, row 0 at `start`; `lines` as in `directions`.
    """
    for y in range(first, last):
        at = start + y
        for x in range(planes.shape[2]):
            u, share = np.int64(angles[y, x]), shares[y, x]
            if share == f4(0):
                u, share = -u, f4(1)
            for c in range(planes.shape[0]):
                value = share * _along(planes, c, places, at, u, x, lines)
                if share < f4(1):
                    value += (f4(1) - share) * _along(planes, c, places, at, -u, x, lines)
                out[c, y, x] = value


@helper
def _doubt(guide, new, here, ahead, back, x, before, after, limits):
    """Return how little the direction of a new point is borne out: 0 for fully, 1 for not at all.

    `guide` has the samples, `new` the points between the lines, of which x - 1 stands in column `before`, x + 1 in
    `after`; `here`, `ahead` and `back` are the rows of the point and of the two samples that it is the mean of:

        before    . . . . . . . e . .      a (here) should be the mean of e and d, b that of f and g;
                  . . . . a . . A . .
        x         . d . . p . . f . .      p should lie between a and b as e and f beside A, as d and g beside B
                  . B . . b . . . . .
        after     . g . . . . . . . .
    """
    a, b, p = guide[here, x], guide[here, after], new[here, x]
    d, e, f, g = new[back, x], new[ahead, before], new[ahead, x], new[back, after]
    off = abs(f4(0.5) * (e + d) - a) + abs(f4(0.5) * (f + g) - b)
    steep = abs(a - p) + abs(b - p)
    steep_ahead = abs(e - guide[ahead, x]) + abs(f - guide[ahead, x])
    steep_back = abs(d - guide[back, after]) + abs(g - guide[back, after])
    uneven = abs(steep - steep_ahead) + abs(steep - steep_back)
    return min(max(off * limits[0], uneven * limits[1]), f4(1))


@kernel("void(f4[:,:,::1],f4[:,::1],f4[:,::1],i8[::1],i8[::1],i8,i8,i8,i4[:,::1],f4[:,::1],f4[::1],f4[:,:,::1])")
def check(planes, guide, new_guide, places, lines, start, first, last, angles, shares, limits, out):
    """Draw the points that `points` has filled to those straight across by the doubt in their directions.

    `new_guide` is the points' guide; `limits` are what the parts of the doubt are multiplied by.
    """
    for y in range(first, last):
        at = start + y
        for x in range(planes.shape[2]):
            u, share = np.int64(angles[y, x]), shares[y, x]
            if u == 0:
                continue
            before, after, ahead, back = lines[x], lines[x + 2], places[at + u], places[at - u]
            doubt = f4(0)
            if share > f4(0):
                doubt += share * _doubt(guide, new_guide, y, ahead, back, x, before, after, limits)
            if share < f4(1):
                doubt += (f4(1) - share) * _doubt(guide, new_guide, y, back, ahead, x, before, after, limits)
            for c in range(planes.shape[0]):
                out[c, y, x] += doubt * (_along(planes, c, places, at, 0, x, lines) - out[c, y, x])


class _Paths:
    """What the directions of a method's parameters take: their costs, and scratch."""

    def __init__(self, unit: float, alpha: float, beta: float, gamma: float, nrad: int, mdis: int) -> None:
        self.unit, self.nrad, self.mdis = unit, nrad, mdis
        self.weights = np.array([alpha, max(0.0, 1 - alpha - beta), gamma, TIE], f4)
        self.limits = np.array([0.5 / OFF, 0.5 / UNEVEN], f4)
        self.ways = (beta * abs(np.arange(-mdis, mdis + 1))).astype(f4)
        self.width = self.ways.size * int(LANES)

    def between(self, planes: np.ndarray, shares: tuple[float, ...], first: int, last: int, blocks: list) -> np.ndarray:
        """Return the points (C, H, W) between each column of planes and the next, in the rows first to last.

        Blocks are (top, bottom, from, to): the rows that are solved, and those of them that are taken from it; together
        these are the rows `around` the wanted ones.
        """
        height, width = planes.shape[1:]
        guide = guide_of(planes, shares) * f4(1 / self.unit)
        lines = np.clip(np.arange(-1, width + 2 * int(LANES)), 0, width - 1)
        angles, parts = np.zeros((height, width), np.int32), np.zeros((height, width), f4)
        most, span = max(bottom - top for top, bottom, *_ in blocks), self.mdis + self.nrad
        near, gaps = np.empty((2 * self.nrad + 1, self.width), f4), np.zeros(self.width + 2, f4)
        line = np.full(self.width + 2 * int(LANES), FAR)
        sides = np.empty((2, (most + 2 * span) * int(LANES)), f4)
        costs, paths = np.empty((most, self.width), f4), np.empty((most + 1, self.width), f4)
        for top, bottom, begin, end in blocks:
            places = np.clip(np.arange(top - span, bottom + span), 0, height - 1)
            directions(
                guide, places, lines, begin - top, self.weights, self.ways, angles[begin:end], parts[begin:end],
                sides, near, gaps, costs, paths, line,
            )  # fmt: skip
        out, far = np.zeros_like(planes), 3 * self.mdis
        places = np.clip(np.arange(-far, height + far), 0, height - 1)
        points(planes, places, lines, far, *self.around(first, last, height), angles, parts, out)
        new_guide = guide_of(out, shares) * f4(1 / self.unit)
        check(planes, guide, new_guide, places, lines, far, first, last, angles, parts, self.limits, out)
        return out

    def around(self, first: int, last: int, height: int) -> tuple[int, int]:
        """Return the rows, of `height`, whose new points the check of the rows first to last looks at."""
        return max(first - self.mdis, 0), min(last + self.mdis, height)


def _blocks(top: int, height: int, first: int, last: int) -> list[tuple[int, int, int, int]]:
    """Return the blocks that the rows first to last, of `height`, lie in; row 0 is `top` of the whole picture."""
    found = []
    for start in range((top + first) // BLOCK * BLOCK - top, last, BLOCK):
        end = start + BLOCK
        found.append((max(start - MARGIN, 0), min(end + MARGIN, height), max(start, first), min(end, last)))
    return found


def double(
    planes: np.ndarray, unit: float, shares: tuple[float, ...], top: int, rows: tuple[int, int],
    alpha: float, beta: float, gamma: float, nrad: int, mdis: int,
) -> np.ndarray:  # fmt: skip
    """Return the lattice (C, 2 H, 2 W) of planes (C, H, W), both float32, a level of the 8-bit scale being `unit`.

    `shares` are those of the channels in the guide; `top` is the row of the whole picture's planes that these begin
    with; `rows` are the lattice's rows, first to last, that are wanted: no other is filled.
    """
    channels, height, width = planes.shape
    first, last = rows
    paths = _Paths(unit, alpha, beta, gamma, nrad, mdis)
    woven = np.empty((channels, 2 * height - 1, width), f4)
    woven[:, ::2] = planes
    turned = np.ascontiguousarray(planes.transpose(0, 2, 1))
    woven[:, 1::2] = paths.between(turned, shares, 0, width, [(0, width, 0, width)])[..., :-1].transpose(0, 2, 1)
    lattice = np.zeros((channels, 2 * height, 2 * width), f4)
    lattice[:, first:last, ::2] = woven[:, first:last]
    blocks = _blocks(2 * top, 2 * height - 1, *paths.around(first, last, 2 * height - 1))
    columns = paths.between(woven, shares, first, last, blocks)
    lattice[:, first:last, 1::2] = columns[:, first:last]
    return lattice
