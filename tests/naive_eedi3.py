"""A slow, obvious twin of the method eedi3: whole lines, plain loops, float64.

Nobody may optimise this file. It takes nothing from `upscale_cli`.
"""

import math

from .naive import source
from .naive_directional import blended, luma, weights

BEYOND = 10  # source samples known beyond those that are needed; then the outermost is repeated


def held(sequence, i):
    return sequence[min(max(i, 0), len(sequence) - 1)]


def between(lines, unlike, alpha=0.2, beta=0.25, gamma=20.0, nrad=2, mdis=20):
    """Return, for each line and the next, the (share, direction) pairs of every point.

    `unlike(m, i, n, j)` tells how unlike sample i of line m is to sample j of line n, where beyond both ends the
    outermost line and sample are repeated; `lines` holds (number of lines, samples a line, levels).
    """
    count, length, level = lines
    near = max(0.0, 1 - alpha - beta)
    found = []
    for line in range(count):
        costs = []
        for x in range(length):
            costs.append({})
            for u in range(-mdis, mdis + 1):
                likeness = sum(
                    unlike(line + m, x + u + k, line + m + 1, x - u + k)
                    for m in (-1, 0, 1)
                    for k in range(-nrad, nrad + 1)
                )
                mean = (level(line, x + u) + level(line + 1, x - u)) / 2
                far = abs(level(line, x) - mean) + abs(level(line + 1, x) - mean)
                costs[x][u] = alpha * likeness + beta * abs(u) + near * far
        found.append([best(one, two, cost) for one, two, cost in zip(*paths(costs, gamma), costs, strict=True)])
    return found


def paths(costs, gamma):
    """Return what the cheapest way from the first point to each, and from the last to each, costs without its own."""
    from_start = onward(costs, gamma)
    from_end = onward(costs[::-1], gamma)[::-1]
    return from_start, from_end


def onward(costs, gamma):
    totals = [dict.fromkeys(costs[0], 0.0)]
    for cost in costs[:-1]:
        before = {u: totals[-1][u] + cost[u] for u in cost}
        totals.append({u: min(before[v] + gamma * abs(u - v) for v in (u - 1, u, u + 1) if v in before) for u in cost})
    return totals


def best(one, two, cost):
    """Return the straightest direction that is as good as the best, or half of both where two sides are."""
    total = {u: one[u] + two[u] + cost[u] for u in cost}
    least = min(total.values())
    u = min(abs(u) for u in total if total[u] <= least + 0.01)
    if u == 0:
        return [(1.0, 0)]
    if abs(total[u] - total[-u]) <= 0.01:
        return [(0.5, u), (0.5, -u)]
    return [(1.0, u if total[u] < total[-u] else -u)]


def value(level, line, x, pairs):
    return sum(
        share
        * (
            9 * (level(line, x + u) + level(line + 1, x - u))
            - (level(line - 1, x + 3 * u) + level(line + 2, x - 3 * u))
        )
        / 16
        for share, u in pairs
    )


def added(channels, **parameters):
    """Return, for each channel (lists of lines), the lines after each line."""
    guide = luma_of(channels)

    def level(m, i):
        return held(held(guide, m), i)

    def unlike(m, i, n, j):
        return abs(level(m, i) - level(n, j))

    found = between((len(guide), len(guide[0]), level), unlike, **parameters)
    new, straight = (
        [
            [
                [value(lambda m, i: held(held(channel, m), i), m, x, pairs) for x, pairs in enumerate(line)]  # noqa: B023
                for m, line in enumerate(ways)
            ]
            for channel in channels
        ]
        for ways in (found, [[[(1.0, 0)]] * len(line) for line in found])
    )
    doubts = doubted(level, luma_of(new), found)
    return [
        [
            [v + doubt * (across - v) for v, across, doubt in zip(*three, strict=True)]
            for three in zip(one, other, doubts, strict=True)
        ]
        for one, other in zip(new, straight, strict=True)
    ]


def doubted(level, new, found):
    """Return how far each new point's direction is gainsaid by the new points that lie in it, from 0 to 1."""

    def known(m, i):
        return held(held(new, m), i)

    def doubt(m, x, u):
        before, after = level(m, x), level(m + 1, x)
        # the known samples that lie between two new points each, a way of u off, and how far they lie off their mean
        off = abs(before - (known(m - 1, x + u) + known(m, x - u)) / 2)
        off += abs(after - (known(m, x + u) + known(m + 1, x - u)) / 2)
        # how far a point lies off its neighbours in the lines around: as far as those in its direction off theirs
        steep = abs(known(m, x) - before) + abs(known(m, x) - after)
        ahead = abs(known(m - 1, x + u) - level(m, x + u)) + abs(known(m, x + u) - level(m, x + u))
        back = abs(known(m, x - u) - level(m + 1, x - u)) + abs(known(m + 1, x - u) - level(m + 1, x - u))
        uneven = abs(steep - ahead) + abs(steep - back)
        return min(1.0, max(off / 2 / 16, uneven / 2 / 32))

    return [
        [sum(share * doubt(m, x, u) for share, u in pairs if u) for x, pairs in enumerate(line)]
        for m, line in enumerate(found)
    ]


def luma_of(channels):
    return [
        [luma([{0: channel[m][i]} for channel in channels], 0) for i in range(len(channels[0][0]))]
        for m in range(len(channels[0]))
    ]


def woven(lines, new):
    return [line for pair in zip(lines, new, strict=True) for line in pair][:-1]


def turned(lines):
    return [list(line) for line in zip(*lines, strict=True)]


def doubled(channels, **parameters):
    """Return the lattice: first come the rows between rows, then the columns between columns."""
    rows = [woven(old, new) for old, new in zip(channels, added(channels, **parameters), strict=True)]
    columns = [turned(channel) for channel in rows]
    lattice = [woven(old, new) for old, new in zip(columns, added(columns, **parameters), strict=True)]
    return [turned(channel) for channel in lattice]


def extents(n_in, n_out, passes):
    """Return the first and last index known of the source, of the first pass's lattice and so on."""
    taps = max(len(weights(i, n_in, n_out, passes)) for i in range(n_out))
    step = n_in / n_out
    first, last = (((i + 0.5) * step - 0.5) * 2**passes for i in (0, n_out - 1))
    found = [(math.floor(first) - taps, math.ceil(last) + taps)]
    for _ in range(passes):
        first, last = found[0]
        found.insert(0, (first // 2 - BEYOND, math.ceil(last / 2) + BEYOND))
    return found


def enlarge(image, width, height, passes=1, edge="reflect", own_alpha=False, **parameters):
    """Return the image (H x W x C, levels of the 8-bit scale) at the size, in float64 lists as an array's rows."""
    n_rows, n_columns, n_channels = image.shape
    down, across = extents(n_rows, height, passes), extents(n_columns, width, passes)
    groups = [range(n_channels - own_alpha)] + [[n_channels - 1]] * own_alpha
    out = [[[0.0] * n_channels for _ in range(width)] for _ in range(height)]
    for group in groups:
        channels = [
            [
                [float(image[source(i, n_rows, edge), source(j, n_columns, edge), c]) for j in numbers(across[0])]
                for i in numbers(down[0])
            ]
            for c in group
        ]
        for n in range(passes):
            top, left = down[n + 1][0] - 2 * down[n][0], across[n + 1][0] - 2 * across[n][0]
            n_down, n_across = len(numbers(down[n + 1])), len(numbers(across[n + 1]))
            channels = [
                [line[left : left + n_across] for line in channel[top : top + n_down]]
                for channel in doubled(channels, **parameters)
            ]
        for c, channel in zip(group, channels, strict=True):
            known = dict(enumerated(channel, down[-1][0], across[-1][0]))
            for y in range(height):
                for x in range(width):
                    out[y][x][c] = blended(
                        known, weights(y, n_rows, height, passes), weights(x, n_columns, width, passes)
                    )
    return out


def numbers(extent):
    return range(extent[0], extent[1] + 1)


def enumerated(lines, top, left):
    return (((top + i, left + j), v) for i, line in enumerate(lines) for j, v in enumerate(line))
