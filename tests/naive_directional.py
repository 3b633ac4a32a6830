"""Slow, obvious twins of the edge-directed methods, point by point in the coordinates of the lattice.

Source sample (i, j) stands at the lattice's point (2 i, 2 j). A picture is a list of channels, each a dictionary from
points to values: the source's as far beyond the border as is asked for, then all. Nobody may optimise this file. It
takes nothing from `upscale_cli`.
"""

import math
from fractions import Fraction

import numpy as np

from .naive import source
from .naive_filters import value

CORNERS = ((-1, -1), (1, 1), (-1, 1), (1, -1))
SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))


def luma(channels, point):
    values = [channel[point] for channel in channels]
    if len(values) == 3:
        return 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2]
    return sum(values) / len(values)


def doubled(channels, points):
    """Return the lattice of channels.

    `points(channels, kind, (y, x))` returns the values of a new point, "diagonal" or "axial", of every channel, or
    None beyond what is known; `channels` holds the values of the kinds before.
    """
    lattice = [{(2 * i, 2 * j): v for (i, j), v in channel.items()} for channel in channels]
    rows, columns = [range(min(known), max(known) + 1) for known in zip(*lattice[0], strict=True)]
    for kind in ("diagonal", "axial"):
        new = {}
        for y in rows:
            for x in columns:
                if (y % 2 + x % 2) == (2 if kind == "diagonal" else 1):
                    new[y, x] = points(lattice, kind, (y, x))
        new = {point: values for point, values in new.items() if values is not None}
        if hasattr(points, "settle"):
            new = points.settle(lattice, kind, new)
        for c, channel in enumerate(lattice):
            channel.update({point: values[c] for point, values in new.items()})
    return lattice


def at(point, *steps):
    """Return the point, some steps further."""
    y, x = point
    return y + sum(dy for dy, _ in steps), x + sum(dx for _, dx in steps)


def times(n, step):
    return n * step[0], n * step[1]


def axes_of(kind):
    """Return the steps from a new point to a neighbour along its two directions."""
    return ((1, 1), (1, -1)) if kind == "diagonal" else ((0, 1), (1, 0))


def dcci(channels, kind, point):
    """The differences between known points two steps apart along each direction, and cubics along them."""
    one, two = axes_of(kind)
    if kind == "diagonal":
        around = [(2 * m, 2 * n) for m in (-1, 0, 1) for n in (-1, 0, 1)]
    else:
        around = [(m, n) for m in range(-3, 4) for n in range(-3, 4)]
    sums = []
    for step in (one, two):
        pairs = [(at(point, offset, times(-1, step)), at(point, offset, step)) for offset in around]
        if kind == "axial":  # within two rows and three columns of the point, or two columns and three rows
            far = [abs(m * step[1] + n * step[0]) for m, n in around]
            along = [abs(m * step[0] + n * step[1]) for m, n in around]
            pairs = [
                pair for pair, across, on in zip(pairs, far, along, strict=True)
                if across <= 2 and on <= 2 and sum(pair[0]) % 2 == 0
            ]  # fmt: skip
        if any(p not in channels[0] for pair in pairs for p in pair):
            return None
        sums.append(sum(abs(channel[p] - channel[q]) for channel in channels for p, q in pairs))
    g_one, g_two = sums
    if 1 + g_one > 1.15 * (1 + g_two):
        shares = 0.0, 1.0
    elif 1 + g_two > 1.15 * (1 + g_one):
        shares = 1.0, 0.0
    else:
        w_one, w_two = 1 / (1 + g_one**5), 1 / (1 + g_two**5)
        shares = w_one / (w_one + w_two), w_two / (w_one + w_two)
    values = []
    for channel in channels:
        total = 0.0
        for share, step in zip(shares, (one, two), strict=True):
            a, b, c, d = (channel.get(at(point, times(n, step)), math.nan) for n in (-3, -1, 1, 3))
            total += share * (-a + 9 * b + 9 * c - d) / 16
        values.append(total)
    return None if math.isnan(sum(values)) else values


def nedi(window=6, threshold=8.0):
    def points(channels, kind, point):
        """Weights that best predict the source samples of the window from their neighbours at twice the distance."""
        steps = CORNERS if kind == "diagonal" else SIDES
        y, x = point
        system, right = 50.0 * np.eye(4), np.full(4, 12.5)
        for v in range(y - window + 1, y + window):
            for u in range(x - window + 1, x + window):
                if v % 2 or u % 2:
                    continue
                around = [at((v, u), times(2, step)) for step in steps]
                if any(p not in channels[0] for p in around):
                    return None
                row = np.array([luma(channels, p) for p in around])
                system += np.outer(row, row)
                right += row * luma(channels, (v, u))
        neighbours = [at(point, step) for step in steps]
        if any(p not in channels[0] for p in neighbours):
            return None
        guide = np.array([luma(channels, p) for p in neighbours])
        weights = np.linalg.solve(system, right)
        spread = np.ptp(guide)
        strays = not guide.min() - spread <= weights @ guide <= guide.max() + spread
        if guide.var() < threshold or strays:
            weights = np.full(4, 0.25)
        values = []
        for channel in channels:
            around = [channel[p] for p in neighbours]
            values.append(min(max(float(weights @ np.array(around)), min(around)), max(around)))
        return values

    return points


class Icbi:
    """Means along the direction that curves less, then moves of all points at once that lower their energies."""

    def __init__(self, iterations=10, continuity=1.0, enhancement=1.0, smoothing=0.5):
        self.moves = [4.0 * 0.125 ** (n / max(1, iterations - 1)) for n in range(iterations)]
        self.weights = continuity, enhancement, smoothing

    def __call__(self, channels, kind, point):
        one, two = axes_of(kind)
        curves, means, slopes = [], [], []
        for step, across in ((one, two), (two, one)):
            line = [at(point, times(-1, step)), at(point, step)]
            beside = [[at(point, times(side, across), times(n, step)) for n in (-2, 0, 2)] for side in (-1, 1)]
            flat = [p for three in beside for p in three]
            if any(p not in channels[0] for p in [*line, *flat]):
                return None
            a, b = (luma(channels, p) for p in line)
            means.append((a + b) / 2)
            slopes.append(abs(a - b))
            curves.append([[luma(channels, p) for p in three] for three in beside])
        if max(slopes) < 100:
            # second derivatives along each direction, of the lines beside and of the point's own with the other's mean
            bends = [
                abs(sum(p - 2 * q + r for p, q, r in lines) + 2 * (own - other))
                for lines, own, other in zip(curves, means, means[::-1], strict=True)
            ]
        else:
            bends = slopes
        share = 0.5 if abs(bends[0] - bends[1]) <= 0.01 else float(bends[0] < bends[1])
        values = []
        for channel in channels:
            a, b = ((channel[at(point, times(-1, step))] + channel[at(point, step)]) / 2 for step in (one, two))
            values.append(share * a + (1 - share) * b)
        return values

    def settle(self, channels, kind, new):
        start = {point: luma([{point: v} for v in values], point) for point, values in new.items()}
        guide = {point: luma(channels, point) for point in channels[0]} | start
        for move in self.moves:
            moved = {point: self.moved(guide, kind, point, move) for point in start}
            guide |= {point: v for point, v in moved.items() if v is not None}
            for point, v in moved.items():
                if v is None:  # nothing is known of what depends on it
                    del guide[point], start[point]
        return {point: [v + guide[point] - start[point] for v in new[point]] for point in start}

    def moved(self, guide, kind, point, move):
        try:
            here, up, down = (
                self.energy({**self.patch(guide, kind, point), point: guide[point] + by}, kind, point, guide)
                for by in (0.0, move, -move)
            )
        except KeyError:
            return None
        if up < min(here, down) - 0.01:
            return guide[point] + move
        return guide[point] - move if down < min(here, up) - 0.01 else guide[point]

    def patch(self, guide, kind, point):
        one, two = axes_of(kind)
        steps = [(m, n) for m in range(-2, 3) for n in range(-2, 3) if abs(m) + abs(n) <= 2]
        return {p: guide[p] for p in (at(point, times(m, one), times(n, two)) for m, n in steps)}

    def energy(self, values, kind, point, before):
        one, two = axes_of(kind)

        def bend(p, step):
            return values[at(p, step)] + values[at(p, times(-1, step))] - 2 * values[p]

        continuity = 0.0
        for step in (one, two, times(-1, one), times(-1, two)):
            near = at(point, step)
            if abs(before[near] - before[point]) < 50:
                continuity += sum(abs(bend(near, each) - bend(point, each)) for each in (one, two))
        large = sum(abs(bend(point, each)) for each in (one, two))
        slope_one, slope_two = ((values[at(point, s)] - values[at(point, times(-1, s))]) / 2 for s in (one, two))
        mixed = sum(m * n * values[at(point, times(m, one), times(n, two))] for m in (-1, 1) for n in (-1, 1)) / 4
        steepness = slope_one**2 + slope_two**2
        contour = 0.0
        if steepness:
            contour = slope_one**2 * bend(point, two) - 2 * slope_one * slope_two * mixed
            contour = (contour + slope_two**2 * bend(point, one)) / steepness
        else:
            contour = values[point] * -2 + before[point] * 2
        w_continuity, w_large, w_straight = self.weights
        return w_continuity * continuity - w_large * large + w_straight * abs(contour)


def enlarge(image, width, height, points, passes, reach, edge="reflect", fill=None, alpha=False):
    """Return the image (H x W x C, levels of the 8-bit scale) at the size, through as many passes, in float64.

    `reach` is as far beyond the border as has to be known; Lanczos' kernel resamples the lattice.
    """
    n_rows, n_columns, n_channels = image.shape
    rows, columns = range(-reach, n_rows + reach), range(-reach, n_columns + reach)
    groups = [range(n_channels - alpha)] + [[n_channels - 1]] * alpha
    out = np.empty((height, width, n_channels))
    for group in groups:
        channels = []
        for c in group:
            known = {}
            for i in rows:
                for j in columns:
                    y, x = source(i, n_rows, edge), source(j, n_columns, edge)
                    known[i, j] = fill[c] if y is None or x is None else float(image[y, x, c])
            channels.append(known)
        for _ in range(passes):
            channels = doubled(channels, points)
        for c, channel in zip(group, channels, strict=True):
            for y in range(height):
                for x in range(width):
                    out[y, x, c] = blended(
                        channel, weights(y, n_rows, height, passes), weights(x, n_columns, width, passes)
                    )
    return out


def weights(i, n_in, n_out, passes):
    """Return (lattice index, weight) for output i of n_out: its centre lies at (i + 1/2) n_in / n_out - 1/2."""
    step = Fraction(n_in, n_out)
    centre = ((i + Fraction(1, 2)) * step - Fraction(1, 2)) * 2**passes
    stretch = max(1, step * 2**passes)
    near = range(math.floor(centre - 3 * stretch), math.ceil(centre + 3 * stretch) + 1)
    found = [(k, value("lanczos", float(abs(k - centre) / stretch), lobes=3)) for k in near]
    total = sum(w for _, w in found)
    return [(k, w / total) for k, w in found if w]


def blended(channel, down, across):
    return sum(v * w * channel[y, x] for y, v in down for x, w in across)
