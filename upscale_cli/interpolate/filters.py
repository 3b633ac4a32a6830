"""The kernels of resampling: each a function of the distance x in [0, radius], elementwise on float64 arrays.

A filter is symmetric, so the distance carries no sign; outside its radius it is zero and not called. Weights are
normalised where they are used (`taps.py`), so a filter need not integrate to one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Filter(NamedTuple):
    """A kernel function `of(x, **parameters)` and its radius, a number or a function of the same parameters."""

    of: Callable
    radius: float | Callable

    def support(self, parameters: dict[str, float]) -> float:
        """Return the radius in source pixels for these parameters, before any stretching."""
        return self.radius(**parameters) if callable(self.radius) else self.radius


FILTERS: dict[str, Filter] = {}


def _radius(radius: float | Callable) -> Callable:
    def register(of: Callable) -> Callable:
        FILTERS[of.__name__] = Filter(of, radius)
        return of

    return register


@_radius(0.5)
def box(x):
    """Half at the very edge, so that a tie between two pixels is shared and mirrors stay mirrors."""
    return np.where(x < 0.5, 1.0, 0.5)


@_radius(1)
def triangle(x):
    return 1 - x


@_radius(1)
def hermite(x):
    return (2 * x - 3) * x**2 + 1


@_radius(2)
def cubic(x, b, c):
    """Mitchell, Netravali 1988, equation 8; Keys 1981 is b = 0, c = -a."""
    inner = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b
    outer = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c
    return np.where(x < 1, inner, outer) / 6


@_radius(lambda lobes: lobes)
def lanczos(x, lobes):
    return np.sinc(x) * np.sinc(x / lobes)


@_radius(1)
def hamming(x):
    return np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x))


@_radius(lambda lobes: lobes)
def hann(x, lobes):
    return np.sinc(x) * (0.5 + 0.5 * np.cos(np.pi * x / lobes))


@_radius(lambda lobes: lobes)
def blackman(x, lobes):
    t = np.pi * x / lobes
    return np.sinc(x) * (0.42 + 0.5 * np.cos(t) + 0.08 * np.cos(2 * t))


@_radius(lambda lobes, beta: lobes)
def kaiser(x, lobes, beta):
    return np.sinc(x) * np.i0(beta * np.sqrt(1 - (x / lobes) ** 2)) / np.i0(beta)


@_radius(lambda sigma: max(4 * sigma, 0.5))
def gaussian(x, sigma):
    return np.exp(-(x**2) / (2 * sigma**2))


@_radius(lambda sigma: 3 * sigma)
def gaussian_to_3_sigma(x, sigma):
    """The same, cut off where TensorFlow does."""
    return np.where(x < 3 * sigma, gaussian(x, sigma), 0.0)


def _pieces(x, *pieces):
    """Evaluate cubic pieces, one a unit interval, each (cubic, square, linear, constant) in x - floor(x)."""
    t = x - np.floor(x)
    p3, p2, p1, p0 = np.array([*pieces, (0, 0, 0, 0)]).T[:, np.minimum(x.astype(int), len(pieces))]
    return ((p3 * t + p2) * t + p1) * t + p0


@_radius(2)
def spline16(x):
    """Natural cubic spline through 4 samples (Panorama Tools)."""
    return _pieces(x, (1, -9 / 5, -1 / 5, 1), (-1 / 3, 4 / 5, -7 / 15, 0))


@_radius(3)
def spline36(x):
    """Natural cubic spline through 6 samples (Panorama Tools)."""
    return _pieces(
        x,
        (13 / 11, -453 / 209, -3 / 209, 1),
        (-6 / 11, 270 / 209, -156 / 209, 0),
        (1 / 11, -45 / 209, 26 / 209, 0),
    )


@_radius(4)
def spline64(x):
    """Natural cubic spline through 8 samples (Panorama Tools)."""
    return _pieces(
        x,
        (49 / 41, -6387 / 2911, -3 / 2911, 1),
        (-24 / 41, 4032 / 2911, -2328 / 2911, 0),
        (6 / 41, -1008 / 2911, 582 / 2911, 0),
        (-1 / 41, 168 / 2911, -97 / 2911, 0),
    )


def _magic(x):
    """Costella's Magic Kernel, the quadratic B-spline, for any signed x."""
    x = np.abs(x)
    return np.where(x < 0.5, 0.75 - x**2, np.where(x < 1.5, 0.5 * (1.5 - x) ** 2, 0.0))


@_radius(2.5)
def magic_kernel_sharp_2013(x):
    """The Magic Kernel convolved with (-1, 6, -1) / 4 (Costella 2013)."""
    return 1.5 * _magic(x) - 0.25 * (_magic(x - 1) + _magic(x + 1))


@_radius(4.5)
def magic_kernel_sharp_2021(x):
    """The 2013 kernel convolved with (1, 0, 34, 0, 1) / 36 (Costella 2021)."""
    sharp = magic_kernel_sharp_2013
    return (34 * sharp(x) + sharp(x - 2) + sharp(x + 2)) / 36


JINC_ZEROS = (1.2196698912665045, 2.2331305943815286, 3.2383154841662362)


def _jinc(x):
    """2 J1(pi x) / (pi x); J1 by its integral, a sum of 48 points being exact to about 1e-9."""
    angle = (np.arange(48) + 0.5) * np.pi / 48
    z = np.pi * np.maximum(x, 1e-8)
    return 2 * np.cos(angle - z[..., None] * np.sin(angle)).mean(axis=-1) / z


@_radius(lambda blur: blur * JINC_ZEROS[2])
def jinc_jinc(x, blur):
    return _jinc(x / blur) * _jinc(x / blur * JINC_ZEROS[0] / JINC_ZEROS[2])
