"""Slow, obvious twins of the region-based method. Nobody may optimise this file."""

import itertools
import math

import numpy as np

from . import naive

AROUND = [(j, i) for j in (-1, 0, 1) for i in (-1, 0, 1) if j or i]
LINE_GAINS = {4: 3.0, 5: 2.2, 6: 1.6, 7: 1.3, 8: 1.18}


def weighted(image, alpha):
    """Return levels of the 8-bit scale, colours multiplied by their alpha."""
    levels = image.astype(float) * 255 / naive.TOP[image.dtype.name]
    if alpha:
        levels[..., :-1] *= levels[..., -1:] / 255
    return levels


def segments(image, tolerance, min_area, alpha, exact=False, wrap=False):
    """Fill regions from each pixel that has none yet; then join the small ones, all at a time, to the likest."""
    levels = weighted(image, alpha)
    height, width = levels.shape[:2]
    labels = np.full((height, width), -1)

    def neighbours(y, x):
        for j, i in AROUND:
            row, column = (y + j, x + i) if not wrap else ((y + j) % height, (x + i) % width)
            if 0 <= row < height and 0 <= column < width:
                yield row, column

    def difference(a, b):
        return abs(levels[a] - levels[b]).max()

    pixels = list(np.ndindex(height, width))
    for n, start in enumerate(pixels):
        reached = [start] if labels[start] < 0 else []
        while reached:
            at = reached.pop()
            labels[at] = n
            if exact:
                reached += [p for p in pixels if labels[p] < 0 and difference(at, p) == 0]
            else:
                reached += [p for p in neighbours(*at) if labels[p] < 0 and difference(at, p) <= tolerance]
    while not exact:
        areas = {name: (labels == name).sum() for name in np.unique(labels)}
        if len(areas) == 1 or min(areas.values()) >= min_area:
            break
        likest = {}
        for at in pixels:
            for other in neighbours(*at):
                one, two = labels[at], labels[other]
                if one != two and areas[one] < min_area:
                    key = difference(at, other), -areas[two], levels[other].sum()
                    likest[one] = min(likest.get(one, (key, two)), (key, two), key=lambda pair: pair[0])
        names = {name: name for name in areas}
        for one, (_, two) in likest.items():
            old, new = names[one], names[two]
            names = {name: new if is_now == old else is_now for name, is_now in names.items()}
        labels = np.vectorize(names.get)(labels)
    return renumbered(labels)


def renumbered(labels):
    order = {}
    for at in np.ndindex(labels.shape):
        order.setdefault(labels[at], len(order))
    return np.vectorize(order.get)(labels)


def ramp(p, q):
    """Return how much two differences, one after the other, look like a ramp."""
    product, one, two = p @ q, p @ p, q @ q
    return product * product**2 / (one * two + 16) / (max(one, two) + 16)


def marks(levels, labels, edges):
    """Return each pixel's doubt, gain and thinness."""
    height, width = labels.shape
    out = np.zeros((height, width, 3))
    for y, x in np.ndindex(height, width):
        at = {}
        for j, i in [*AROUND, (0, 0)]:
            at[j, i] = naive.source(y + j, height, edges[1]), naive.source(x + i, width, edges[0])
        away = {k: levels[at[k]] - levels[y, x] for k in AROUND}
        doubt = max(0, *(ramp(-away[-j, -i], away[j, i]) for j, i in AROUND))
        squares = [v @ v for v in away.values()]
        alone = max(min(squares) - 16, 0) / (max(squares) + 16)
        trust = math.floor(255 * max(0, 1 - 4 * max(doubt, 4 * alone * (1 - alone))))
        share = sum((2 - abs(j)) * (2 - abs(i)) for (j, i), other in at.items() if labels[other] == labels[y, x])
        out[y, x] = 1 - trust / 255, LINE_GAINS.get(share, 1), share <= 8
    return out


def wide(x):
    return math.cos(math.pi * x / 4) ** 2 / 2 if x < 2 else 0


def narrow(x):
    return 0.75 - x * x if x < 0.5 else (1.5 - x) ** 2 / 2 if x < 1.5 else 0


def masses(axis, i, kernel):
    if axis.step == 1:
        return {naive.source(math.floor(axis.centre(i)), axis.n_in, axis.edge): 1}
    out = {}
    for j, distance in axis.neighbours(i, 2):
        k = naive.source(j, axis.n_in, axis.edge)
        out[k] = out.get(k, 0) + kernel(abs(float(distance)))
    return {k: m for k, m in out.items() if m > 1e-12}


def product(rows, columns):
    return {(j, i): a * b for (j, a), (i, b) in itertools.product(rows.items(), columns.items())}


def folded(pairs):
    out = {}
    for j, w in pairs:
        out[j] = out.get(j, 0) + w
    return {j: w for j, w in out.items() if abs(w) > 1e-12}


def elect(votes, samples, labels, near):
    """Return the region of most votes; of equal ones that whose pixels nearby have the least mean."""
    best = max(votes.values())
    tied = [name for name, v in votes.items() if v >= best * (1 - 1e-5)]
    return min(tied, key=lambda name: tuple(np.mean([samples[p] for p in near if labels[p] == name], axis=0)))


def enlarge(image, labels, axes, alpha, exact, b=0.0, c=0.5):
    """Enlarge H x W x C samples; `axes` are naive ones."""
    horizontal, vertical = axes
    levels = weighted(image, alpha)
    known = marks(levels, labels, (horizontal.edge, vertical.edge))
    working = image.astype(float) / naive.TOP[image.dtype.name]
    if alpha:
        working[..., :-1] *= working[..., -1:]
    inside = [[folded(row) for row in naive.weights(axis, "cubic", b=b, c=c)] for axis in (vertical, horizontal)]
    out = np.zeros((vertical.n_out, horizontal.n_out, image.shape[2]))
    for y, x in np.ndindex(out.shape[:2]):
        mass, small = (product(masses(vertical, y, k), masses(horizontal, x, k)) for k in (wide, narrow))
        weights = product(inside[0][y], inside[1][x])
        doubt, _, thin = sum(m * known[p] for p, m in mass.items())
        votes = {}
        for p, m in mass.items():
            mixed = m + thin * (small.get(p, 0) - m)
            votes[labels[p]] = votes.get(labels[p], 0) + mixed * known[p][1]
        winner = elect(votes, image.astype(float), labels, list(mass))
        if exact:
            nearest = math.floor(vertical.centre(y)), math.floor(horizontal.centre(x))
            out[y, x] = image[max([p for p in mass if labels[p] == winner], key=lambda p: (p == nearest, mass[p]))]
            continue
        plain = sum(w * working[p] for p, w in weights.items())
        for chosen in (weights, mass):
            own = {p: w for p, w in chosen.items() if labels[p] == winner}
            if sum(own.values()) >= 0.25 - 1e-9:
                break
        crisp = sum(w * working[p] for p, w in own.items()) / sum(own.values())
        out[y, x] = plain + max(0, 1 - 4 * doubt) * (crisp - plain)
        if alpha:
            out[y, x, :-1] /= max(out[y, x, -1], 1e-9)
    return out if exact else naive.to_samples(out, image.dtype.name)
