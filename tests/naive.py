"""Slow, obvious twins of the kernels: plain loops over float64, positions in exact fractions.

Nobody may optimise this file. It takes nothing from `upscale_cli`, and NumPy serves as a container only.
"""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .naive_filters import FILTERS, value

HALF = Fraction(1, 2)
TOP = {"uint8": 255, "uint16": 65535, "float32": 1}


@dataclass
class Axis:
    """Pixel j covers [j, j + 1]; `start` and `length` say which part of the n_in pixels the n_out ones show."""

    n_in: int
    n_out: int
    edge: str = "reflect"
    antialias: bool = True
    start: Fraction = Fraction(0)
    length: Fraction | None = None

    @property
    def step(self):
        return Fraction(self.n_in if self.length is None else self.length) / self.n_out

    def centre(self, i):
        return self.start + (i + HALF) * self.step

    def neighbours(self, i, radius):
        """Return (j, distance) of all pixels within a radius, and a few more; shrinking stretches the unit."""
        stretch = max(self.step, 1) if self.antialias else 1
        reach, middle = math.ceil(radius * stretch) + 1, math.floor(self.centre(i))
        return [
            (j, (j + HALF - self.centre(i)) / stretch)
            for j in range(middle - reach, middle + reach + 1)
            if self.edge != "renormalize" or 0 <= j < self.n_in
        ]

    def near(self, i):
        """Return the source pixels whose centres are nearer than a pixel of the larger grid: anti-ringing's range."""
        return [j for j in range(self.n_in) if abs(j + HALF - self.centre(i)) < max(self.step, 1)]


def source(j, n, edge):
    """Return the sample that shows at j; reflect repeats the outermost one: c b a | a b c | c b a."""
    while edge == "reflect" and not 0 <= j < n:
        j = -1 - j if j < 0 else 2 * n - 1 - j
    if edge == "replicate":
        j = min(max(j, 0), n - 1)
    if edge == "wrap":
        j %= n
    return j if 0 <= j < n else None


def weights(axis, name, **parameters):
    """Return for each output sample its pairs (source sample or None, weight), which sum to one."""
    rows = []
    for i in range(axis.n_out):
        if name == "area":
            low, high = axis.centre(i) - axis.step / 2, axis.centre(i) + axis.step / 2
            span = range(math.floor(low), math.ceil(high))
            row = [(j, float(min(high, j + 1) - max(low, j))) for j in span]
        else:
            radius = FILTERS[name][1](**parameters)
            row = [(j, value(name, float(abs(d)), **parameters)) for j, d in axis.neighbours(i, radius)]
        total = sum(w for _, w in row)
        rows.append([(source(j, axis.n_in, axis.edge), w / total) for j, w in row])
    return rows


def calm(v, samples, strength):
    """Pull v towards the range of the samples: anti-ringing."""
    return v + strength * (min(max(v, min(samples)), max(samples)) - v)


def one_axis(image, axis, rows, fill, antiring=0.0):
    """Filter the image's first axis."""
    _, across, channels = image.shape
    out = np.zeros((axis.n_out, across, channels))
    for i, row in enumerate(rows):
        for x in range(across):
            for c in range(channels):
                v = sum(w * (fill[c] if j is None else image[j, x, c]) for j, w in row if w)
                out[i, x, c] = calm(v, [image[j, x, c] for j in axis.near(i)], antiring) if antiring else v
    return out


def separable(image, horizontal, vertical, fill, antiring, name, **parameters):
    """Filter along both axes; a vertical axis that shrinks goes first."""
    passes = [(horizontal, True), (vertical, False)]
    for axis, across in passes[::-1] if vertical.step > 1 else passes:
        rows = weights(axis, name, **parameters)
        image = image.swapaxes(0, 1) if across else image
        image = one_axis(image, axis, rows, fill, antiring)
        image = image.swapaxes(0, 1) if across else image
    return image


def radial(image, horizontal, vertical, fill, antiring, name, **parameters):
    """Elliptical weighted averaging (Heckbert 1989) with axes along the rows: weights by distance, on a disc."""
    radius = FILTERS[name][1](**parameters)
    out = np.zeros((vertical.n_out, horizontal.n_out, image.shape[2]))
    for y, x in np.ndindex(out.shape[:2]):
        disc = []
        for (j, dy), (i, dx) in itertools.product(vertical.neighbours(y, radius), horizontal.neighbours(x, radius)):
            row, column = source(j, vertical.n_in, vertical.edge), source(i, horizontal.n_in, horizontal.edge)
            pixel = fill if row is None or column is None else image[row, column]
            disc.append((pixel, value(name, math.hypot(dx, dy), **parameters)))
        for c in range(image.shape[2]):
            v = sum(w * pixel[c] for pixel, w in disc) / sum(w for _, w in disc)
            near = [image[j, i, c] for j in vertical.near(y) for i in horizontal.near(x)] if antiring else []
            out[y, x, c] = calm(v, near, antiring) if antiring else v
    return out


def srgb_to_linear(v):
    """IEC 61966-2-1."""
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def linear_to_srgb(v):
    return v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055


LOW, HIGH = (1 / (1 + math.exp(6.5 * (0.75 - end))) for end in (0, 1))  # contrast 6.5, centre 0.75: see methods.md


def linear_to_sigmoid(v):
    return 0.75 - math.log(1 / (v * (HIGH - LOW) + LOW) - 1) / 6.5


def sigmoid_to_linear(v):
    return (1 / (1 + math.exp(6.5 * (0.75 - v))) - LOW) / (HIGH - LOW)


CURVES = {
    "encoded": (lambda v: v, lambda v: v),
    "linear": (srgb_to_linear, linear_to_srgb),
    "sigmoid": (
        lambda v: linear_to_sigmoid(srgb_to_linear(min(max(v, 0.0), 1.0))),
        lambda v: linear_to_srgb(sigmoid_to_linear(v)),
    ),
}


def curved(image, curve, alpha):
    """Return a copy whose colours, all channels but an alpha, went through the curve."""
    out = image.copy()
    for y, x, c in np.ndindex(out.shape):
        if alpha == "none" or c < out.shape[2] - 1:
            out[y, x, c] = curve(float(image[y, x, c]))
    return out


def to_samples(v, dtype):
    """Round integers half up and hold them to their range."""
    return v.astype(dtype) if dtype == "float32" else np.clip(np.floor(v * TOP[dtype] + 0.5), 0, TOP[dtype])


def resize(image, axes, engine, *, light="encoded", alpha="none", antiring=0.0, fill=None, **filter_):
    """Resize H x W x C samples; `engine` is `separable` or `radial`, `alpha` "none", "straight" or "weighted".

    A weighted alpha multiplies the colours before filtering and divides them afterwards (Porter, Duff 1984); where it
    is 0 the colours are those of unweighted filtering.
    """
    dtype = image.dtype.name
    fill = np.zeros((1, 1, image.shape[2])) if fill is None else fill
    image, border = (curved(v / TOP[dtype], CURVES[light][0], alpha) for v in (image.astype(float), fill))
    out = engine(image, *axes, border[0, 0], antiring, **filter_)
    if alpha == "weighted":
        for pixels in (image, border):
            pixels[..., :-1] *= pixels[..., -1:]
        heavy = engine(image, *axes, border[0, 0], antiring, **filter_)
        for y, x in np.ndindex(out.shape[:2]):
            if out[y, x, -1]:
                out[y, x, :-1] = heavy[y, x, :-1] / out[y, x, -1]
    return to_samples(curved(out, CURVES[light][1], alpha), dtype)


def nearest(image, size):
    """Copy the pixel that each new centre falls on, the second of two where it falls between them."""
    out = np.zeros((size[1], size[0], image.shape[2]), image.dtype)
    axes = Axis(image.shape[1], size[0]), Axis(image.shape[0], size[1])
    for y, x in np.ndindex(out.shape[:2]):
        out[y, x] = image[math.floor(axes[1].centre(y)), math.floor(axes[0].centre(x))]
    return out


def one_pass(image, rows, arithmetic, bits=0):
    """Filter the first axis with (sample or None, weight) pairs and store samples again (see `literal.py`)."""
    top = TOP[image.dtype.name]
    out = np.zeros((len(rows), *image.shape[1:]), image.dtype)
    for y, x, c in np.ndindex(out.shape):
        pairs = [(image[j, x, c].item(), w) for j, w in rows[y] if j is not None]
        if arithmetic == "fixed":
            whole = [(v, int(abs(w) * 2**bits + 0.5) * (1 if w > 0 else -1)) for v, w in pairs]
            v = math.floor(Fraction(sum(v * w for v, w in whole), 2**bits) + HALF)
        else:
            v = sum(w * v for v, w in pairs)
            if arithmetic == "whole" or image.dtype.kind == "u":  # half away from zero
                v = math.copysign(math.floor(abs(v) + 0.5), v)
        out[y, x, c] = min(max(v, 0), top) if image.dtype.kind == "u" else v
    return out


def weigh(v, a):
    """Return a colour's 8 bits times an alpha's, rounded to the nearest, as Pillow does."""
    return round(Fraction(v * a, 255))


def unweigh(v, a):
    """Divide them again; Pillow cuts off."""
    return min(255 * v // a, 255) if 0 < a < 255 else v


f4 = np.float32  # so that what is reduced to 8 bits is reduced in the same arithmetic


def level(v):
    """Return a sample of 16 bits or a float in units of 8 bits; not a number is 0."""
    if v.dtype == "uint16":
        return f4(v) / f4(257)
    return f4(0 if math.isnan(v) else min(max(v, 0), 1)) * f4(255)


def bayer(y, x):
    """Return the place of a pixel in the order of Bayer's 16 x 16 matrix."""
    return sum([[0, 2], [3, 1]][y >> k & 1][x >> k & 1] * 4 ** (3 - k) for k in range(4))


def reduced(image, alpha=False, dither=False):
    """Round to 8 bits, or dither all but an alpha with Bayer's matrix."""
    out = np.zeros(image.shape, np.uint8)
    for y, x, c in np.ndindex(out.shape):
        dithered = dither and not (alpha and c == out.shape[2] - 1)
        threshold = (bayer(y, x) + 0.5) / 256 if dithered else 0.5
        out[y, x, c] = math.floor(level(image[y, x, c]) + f4(threshold))
    return out


def diffused(image, alpha):
    """Diffuse the errors (Floyd, Steinberg 1976) of all but an alpha, in odd rows from right to left."""
    out = reduced(image)
    height, width, channels = out.shape
    below = np.zeros((height + 1, width + 2, channels - alpha), f4)  # column 0 is left of the picture
    for y, c in itertools.product(range(height), range(channels - alpha)):
        ahead, step = f4(0), -1 if y % 2 else 1
        for x in range(width)[::step]:
            v = level(image[y, x, c]) + below[y, x + 1, c] + ahead
            out[y, x, c] = min(max(math.floor(v + f4(0.5)), 0), 255)
            error = v - f4(out[y, x, c])
            ahead = error * f4(7 / 16)
            for shift, weight in ((-step, 3), (0, 5), (step, 1)):
                below[y + 1, x + 1 + shift, c] += error * f4(weight / 16)
    return out


def nearest_colours(image, palette):
    """Return the index of the nearest colour, the first of several; colours weigh what their alpha does."""

    def point(colour):
        *colours, last = map(int, colour)
        return [v * last for v in colours] + [255 * last] if len(colour) in (2, 4) else [*colours, last]

    out = np.zeros((*image.shape[:2], 1), np.uint8)
    for y, x in np.ndindex(image.shape[:2]):
        here = point(image[y, x])
        distances = [sum((p - q) ** 2 for p, q in zip(here, point(colour), strict=True)) for colour in palette]
        out[y, x] = distances.index(min(distances))
    return out
