"""Slow, obvious twins of the pixel-art kernels: whole pictures, borders replicated, one pixel at a time.

Nobody may optimise these. hqx's rules are not the product's but a table measured from FFmpeg (`pixelart/goldens`).
"""

from pathlib import Path

import numpy as np

GOLDENS = Path(__file__).parent / "pixelart" / "goldens"
TOP = {"uint8": 255, "uint16": 65535, "float32": 1}
LETTERS = "ABCDEFGHI"


class Picture:
    """A picture whose pixels are asked for by row and column, inside or outside."""

    def __init__(self, image, alpha):
        self.image, self.alpha = image, alpha
        self.top = TOP[image.dtype.name]
        self.floats = image.dtype == np.float32

    def at(self, y, x):
        """Return a pixel as Python numbers."""
        height, width, _ = self.image.shape
        return self.image[min(max(y, 0), height - 1), min(max(x, 0), width - 1)].tolist()

    def seen(self, y, x):
        """Return a pixel for comparing: without alpha, colours are nothing."""
        pixel = self.at(y, x)
        if self.alpha and pixel[-1] <= 0:
            return [0] * len(pixel)
        return pixel

    def levels(self, y, x):
        """Return (Y, U, V, then the last channel) of a pixel in whole levels of 255; greys have no U and V."""
        pixel = self.seen(y, x)
        if self.floats:
            pixel = [round(min(max(v, -8), 8) * 65535) for v in pixel]
        if self.top == 255:
            pixel = [v * 257 for v in pixel]
        if len(pixel) < 3:
            return [cut(v, 257) for v in pixel]
        r, g, b = pixel[:3]
        luma = cut(299 * r + 587 * g + 114 * b, 257000)
        blue = cut(500 * (b - g) - 169 * (r - g), 257000)
        red = cut(500 * (r - g) - 81 * (b - g), 257000)
        return [luma, blue, red, *(cut(v, 257) for v in pixel[3:])]

    def blend(self, pixels, shares, total):
        """Return the mean of pixels; integers are cut, different alphas weigh."""
        if not self.alpha or len({pixel[-1] for pixel in pixels}) == 1:
            return [self.mean(values, shares, total) for values in zip(*pixels, strict=True)]
        alphas = [pixel[-1] for pixel in pixels]
        weights = [share * alpha for share, alpha in zip(shares, alphas, strict=True)]
        colours = [values[0] for values in zip(*pixels, strict=True)]
        if sum(weights):
            colours = [self.mean(values, weights, sum(weights)) for values in zip(*pixels, strict=True)]
        return [*colours[:-1], self.mean(alphas, shares, total)]

    def mean(self, values, shares, total):
        value = sum(v * share for v, share in zip(values, shares, strict=True))
        return value / total if self.floats else value // total

    def harden(self, pixel):
        """Make a pixel's alpha full or none."""
        return [*pixel[:-1], self.top if 2 * pixel[-1] + (not self.floats) >= self.top else 0]


def cut(v, unit):
    """Divide, rounding towards 0."""
    return v // unit if v >= 0 else -(-v // unit)


def enlarge(picture, factor, cells_of):
    height, width, channels = picture.image.shape
    out = np.zeros((height * factor, width * factor, channels), picture.image.dtype)
    for y, x in np.ndindex(height, width):
        for (row, column), pixel in cells_of(y, x).items():
            out[y * factor + row, x * factor + column] = pixel
    return out


def scale(image, factor, alpha=False, tolerance=0):
    """Scale2x and Scale3x."""
    picture = Picture(image, alpha)
    limit = {255: tolerance, 65535: 257 * tolerance, 1: np.float32(tolerance / 255)}[picture.top]

    def cells_of(y, x):
        a, b, c, d, e, f, g, h, i = ((y + k // 3 - 1, x + k % 3 - 1) for k in range(9))

        def like(p, q):
            return all(
                bool(abs(np.float32(v) - np.float32(w)) <= limit)
                for v, w in zip(picture.seen(*p), picture.seen(*q), strict=True)
            )

        made = dict.fromkeys(np.ndindex(factor, factor), e)
        last = factor - 1
        if not like(b, h) and not like(d, f):
            if like(d, b):
                made[0, 0] = d
            if like(b, f):
                made[0, last] = f
            if like(d, h):
                made[last, 0] = d
            if like(h, f):
                made[last, last] = f
            if factor == 3:
                if (like(d, b) and not like(e, c)) or (like(b, f) and not like(e, a)):
                    made[0, 1] = b
                if (like(d, b) and not like(e, g)) or (like(d, h) and not like(e, a)):
                    made[1, 0] = d
                if (like(b, f) and not like(e, i)) or (like(h, f) and not like(e, c)):
                    made[1, 2] = f
                if (like(d, h) and not like(e, i)) or (like(h, f) and not like(e, g)):
                    made[2, 1] = h
        return {cell: picture.at(*place) for cell, place in made.items()}

    return enlarge(picture, factor, cells_of)


def hqx(image, factor, alpha=False, tolerance=48, hard=False):
    """Blend by the measured rules of hqx, each cell looked at as if it were in the upper left quarter."""
    picture = Picture(image, alpha)
    rules = np.load(GOLDENS / "hqx_patterns.npz")
    rules = {name: rules[name].tolist() for name in rules.files if name.startswith(str(factor))}
    limits = [tolerance, tolerance * 7 / 48, tolerance * 6 / 48, tolerance]
    limits = limits if image.shape[2] > 2 else [tolerance, tolerance]
    pairs = ("EA", "EB", "EC", "ED", "EF", "EG", "EH", "EI", "BD", "BF", "DH", "FH")

    def cells_of(y, x):
        made = {}
        for row, column in np.ndindex(factor, factor):
            down, right = (
                (-1 if row > factor // 2 - (factor % 2 == 0) else 1),
                (-1 if 2 * column >= factor + factor % 2 else 1),
            )
            place = {name: (y + down * (k // 3 - 1), x + right * (k % 3 - 1)) for k, name in enumerate(LETTERS)}
            pattern = 0
            for k, (one, other) in enumerate(pairs):
                gaps = [
                    abs(v - w) for v, w in zip(picture.levels(*place[one]), picture.levels(*place[other]), strict=True)
                ]
                pattern |= any(gap > np.float32(limit) for gap, limit in zip(gaps, limits, strict=False)) << k
            cell = min(row, factor - 1 - row), min(column, factor - 1 - column)
            shares = dict(zip("EABD", rules["{}_{}{}".format(factor, *cell)][pattern], strict=True))
            used = [name for name in "EABD" if shares[name]]
            pixel = picture.blend([picture.at(*place[name]) for name in used], [shares[name] for name in used], 16)
            made[row, column] = picture.harden(pixel) if hard else pixel
        return made

    return enlarge(picture, factor, cells_of)


# What xBR blends into cells (row, column) around the lower right corner, in eighths, and which cells are then copied,
# by (factor, flat, steep); "half" where the edge is uncertain.
CUT = {
    2: {
        (False, False): {(1, 1): 4},
        (True, False): {(1, 1): 6, (1, 0): 2},
        (False, True): {(1, 1): 6, (0, 1): 2},
        (True, True): {(1, 1): 7, (1, 0): 2, (0, 1): (1, 0)},
    },
    3: {
        (False, False): {(2, 2): 7, (1, 2): 1, (2, 1): 1},
        (True, False): {(2, 2): 8, (2, 1): 6, (1, 2): 2, (2, 0): 2},
        (False, True): {(2, 2): 8, (1, 2): 6, (2, 1): 2, (0, 2): 2},
        (True, True): {(2, 2): 8, (2, 1): 6, (2, 0): 2, (1, 2): (2, 1), (0, 2): (2, 0)},
    },
    4: {
        (False, False): {(3, 3): 8, (2, 3): 4, (3, 2): 4},
        (True, False): {(3, 3): 8, (3, 2): 8, (2, 3): 6, (3, 1): 6, (2, 2): 2, (3, 0): 2},
        (False, True): {(3, 3): 8, (2, 3): 8, (3, 2): 6, (1, 3): 6, (2, 2): 2, (0, 3): 2},
        (True, True): {
            (3, 3): 8, (3, 2): 8, (2, 3): 8, (3, 1): 6, (3, 0): 2, (2, 2): (3, 0), (0, 3): (3, 0), (1, 3): (3, 1),
        },
    },
}  # fmt: skip


def xbr(image, factor, alpha=False, tolerance=155, hard=False):
    """xBR, one corner after another, in a frame turned so that the corner is at the lower right."""
    picture = Picture(image, alpha)

    def mix(one, other, eighths):
        alphas_meet = not alpha or one[-1] == other[-1]
        if eighths == 4 and not picture.floats:  # each is halved by itself
            halves = [v // 2 + w // 2 for v, w in zip(one, other, strict=True)]
            if not alpha:
                return halves
            if alphas_meet:
                return [*halves[:-1], one[-1]]
        return picture.blend([one, other], [8 - eighths, eighths], 8)

    def cut_corner(made, y, x, turns):
        def turned(down, right):
            for _ in range(turns):
                down, right = -right, down
            return down, right

        def place(down, right):
            down, right = turned(down, right)
            return y + down, x + right

        def cell(row, column):
            for _ in range(turns):
                row, column = factor - 1 - column, row
            return row, column

        def far(p, q):
            return sum(abs(v - w) for v, w in zip(picture.levels(*p), picture.levels(*q), strict=True))

        def eq(p, q):
            return far(p, q) < tolerance

        def same(p, q):
            return picture.seen(*p) == picture.seen(*q)

        _, b, c, d, e, f, g, h, i = (place(k // 3 - 1, k % 3 - 1) for k in range(9))
        f4, i4, h5, i5 = place(0, 2), place(1, 2), place(2, 0), place(2, 1)
        if same(e, h) or same(e, f):
            return
        along = far(e, c) + far(e, g) + far(i, h5) + far(i, f4) + 4 * far(h, f)
        across = far(h, d) + far(h, i5) + far(f, i4) + far(f, b) + 4 * far(e, i)
        if along > across:
            return
        neighbour = picture.at(*(f if far(e, f) <= far(e, h) else h))
        if factor == 3:
            near = (not eq(f, b) and not eq(f, c)) or (not eq(h, d) and not eq(h, g))
            ahead = (not eq(f, f4) and not eq(f, i4)) or (not eq(h, h5) and not eq(h, i5))
        else:
            near = not eq(f, b) and not eq(h, d)
            ahead = not eq(f, i4) and not eq(h, i5)
        if along == across or not (near or (eq(e, i) and ahead) or eq(e, g) or eq(e, c)):
            last = cell(factor - 1, factor - 1)
            made[last] = mix(made[last], neighbour, 4)
            return
        flat = 2 * far(f, g) <= far(h, c) and not same(e, g) and not same(d, g)
        steep = far(f, g) >= 2 * far(h, c) and not same(e, c) and not same(b, c)
        for target, what in CUT[factor][flat, steep].items():
            if isinstance(what, tuple):
                made[cell(*target)] = made[cell(*what)]
            else:
                made[cell(*target)] = mix(made[cell(*target)], neighbour, what)

    def cells_of(y, x):
        made = {cell: picture.at(y, x) for cell in np.ndindex(factor, factor)}
        for turns in range(4):
            cut_corner(made, y, x, turns)
        return {cell: picture.harden(pixel) if hard else pixel for cell, pixel in made.items()}

    return enlarge(picture, factor, cells_of)
