"""The filters written again as functions of a distance x >= 0, in the form of the paper or page that each names."""

import math
from collections.abc import Callable

import numpy as np


def sinc(x):
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def jinc(x):
    """2 J1(pi x) / (pi x), from the power series of J1 (Abramowitz, Stegun 1964, 9.1.10)."""
    term = total = 1.0
    for k in range(1, 60):
        term *= -((math.pi * x / 2) ** 2) / (k * (k + 1))
        total += term
    return total


def bessel_i0(z):
    """Power series (Abramowitz, Stegun 1964, 9.6.12)."""
    return sum(((z / 2) ** k / math.factorial(k)) ** 2 for k in range(60))


def blackman(t):
    return 0.42 + 0.5 * math.cos(math.pi * t) + 0.08 * math.cos(2 * math.pi * t)


def kaiser(t, beta):
    return bessel_i0(beta * math.sqrt(1 - t**2)) / bessel_i0(beta)


def keys(x, a):
    """Keys 1981, equation 15, for any a."""
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4)


def cubic_bspline(x):
    """Unser 1999, equation 2."""
    return 2 / 3 - x**2 + x**3 / 2 if x < 1 else (2 - x) ** 3 / 6


def cubic(x, b, c):
    """Mitchell, Netravali 1988: their family is affine in b and c, between three classic kernels."""
    return keys(x, 0) + b * (cubic_bspline(x) - keys(x, 0)) + c * (keys(x, -1) - keys(x, 0))


def natural_spline(x, taps):
    """Weigh a sample at distance x in the natural cubic spline through `taps` samples (Dersch, Panorama Tools).

    Second derivatives m solve m[i-1] + 4 m[i] + m[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1]), zero at both ends.
    """
    middle = taps // 2 - 1  # the interval [0, 1) starts at this sample
    sample = middle - math.floor(x)
    if sample < 0:
        return 0.0
    y = [float(i == sample) for i in range(taps)]
    inner = range(1, taps - 1)
    matrix = [[{0: 4.0, 1: 1.0}.get(abs(i - j), 0.0) for j in inner] for i in inner]
    right = [6 * (y[i - 1] - 2 * y[i] + y[i + 1]) for i in inner]
    m = [0.0, *np.linalg.solve(matrix, right), 0.0]
    t, (y0, y1), (m0, m1) = x - math.floor(x), y[middle : middle + 2], m[middle : middle + 2]
    return (m1 - m0) / 6 * t**3 + m0 / 2 * t**2 + (y1 - y0 - (2 * m0 + m1) / 6) * t + y0


def magic_2013(x):
    """Costella, "The Magic Kernel", Magic Kernel Sharp 2013."""
    if x < 0.5:
        return 17 / 16 - 7 / 4 * x**2
    return (1 - x) * (7 / 4 - x) if x < 1.5 else -1 / 8 * (x - 5 / 2) ** 2


def magic_2021(x):
    """Costella, "Solving the mystery of Magic Kernel Sharp", 2021."""
    if x < 0.5:
        return 577 / 576 - 239 / 144 * x**2
    if x < 1.5:
        return (140 * x**2 - 379 * x + 239) / 144
    if x < 2.5:
        return -(24 * x**2 - 113 * x + 130) / 144
    return (4 * x**2 - 27 * x + 45) / 144 if x < 3.5 else -((2 * x - 9) ** 2) / 1152


# Zeros of jinc, to 16 digits as ImageMagick lists them.
JINC_1, JINC_3 = 1.2196698912665045, 3.2383154841662362

# name: function, radius; the windows as in Harris 1978
FILTERS: dict[str, tuple[Callable, Callable]] = {
    "box": (lambda x: 1.0 if x < 0.5 else 0.5, lambda: 0.5),  # a tie between two pixels is shared
    "triangle": (lambda x: 1 - x, lambda: 1),
    "hermite": (lambda x: 1 - (3 * x**2 - 2 * x**3), lambda: 1),
    "cubic": (cubic, lambda b, c: 2),
    "lanczos": (lambda x, lobes: sinc(x) * sinc(x / lobes), lambda lobes: lobes),
    "hamming": (lambda x: sinc(x) * (0.54 + 0.46 * math.cos(math.pi * x)), lambda: 1),
    "hann": (lambda x, lobes: sinc(x) * math.cos(math.pi * x / lobes / 2) ** 2, lambda lobes: lobes),
    "blackman": (lambda x, lobes: sinc(x) * blackman(x / lobes), lambda lobes: lobes),
    "kaiser": (lambda x, lobes, beta: sinc(x) * kaiser(x / lobes, beta), lambda lobes, beta: lobes),
    "gaussian": (lambda x, sigma: math.exp(-((x / sigma) ** 2) / 2), lambda sigma: max(4 * sigma, 0.5)),
    "spline16": (lambda x: natural_spline(x, 4), lambda: 2),
    "spline36": (lambda x: natural_spline(x, 6), lambda: 3),
    "spline64": (lambda x: natural_spline(x, 8), lambda: 4),
    "magic_kernel_sharp_2013": (magic_2013, lambda: 2.5),
    "magic_kernel_sharp_2021": (magic_2021, lambda: 4.5),
    "jinc_jinc": (lambda x, blur: jinc(x / blur) * jinc(x / blur / JINC_3 * JINC_1), lambda blur: blur * JINC_3),
}


def value(name, x, **parameters):
    """Return the filter's value at the distance x, zero outside its radius."""
    function, radius = FILTERS[name]
    return float(function(x, **parameters)) if x <= radius(**parameters) else 0.0
