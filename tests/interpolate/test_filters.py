"""Filters: each against its textbook form in `naive_filters.py`, and what the field knows of them."""

import math
import subprocess
import sys

import numpy as np
import pytest

from tests import naive_filters as naive
from upscale_cli.interpolate.filters import FILTERS, JINC_ZEROS
from upscale_cli.methods import METHODS
from upscale_cli.spec import parse_method

# Constants as in methods.md, written again.
TEXTBOOK = {
    "box": ("box", {}),
    "bilinear": ("triangle", {}),
    "hermite": ("hermite", {}),
    "bicubic": ("cubic", {"b": 0, "c": 1 / 2}),
    "bicubic:a=-0.75": ("cubic", {"b": 0, "c": 3 / 4}),
    "bicubic:b=0.2,c=0.7": ("cubic", {"b": 0.2, "c": 0.7}),
    "mitchell": ("cubic", {"b": 1 / 3, "c": 1 / 3}),
    "catmull-rom": ("cubic", {"b": 0, "c": 1 / 2}),
    "bspline": ("cubic", {"b": 1, "c": 0}),
    "robidoux": ("cubic", {"b": 0.37821575509399867, "c": 0.31089212245300067}),
    "robidoux-sharp": ("cubic", {"b": 0.2620145123990142, "c": 0.3689927438004929}),
    "lanczos": ("lanczos", {"lobes": 3}),
    "lanczos5": ("lanczos", {"lobes": 5}),
    "hamming": ("hamming", {}),
    "hann": ("hann", {"lobes": 3}),
    "hann:lobes=5": ("hann", {"lobes": 5}),
    "blackman": ("blackman", {"lobes": 3}),
    "kaiser": ("kaiser", {"lobes": 3, "beta": 6.5}),
    "kaiser:lobes=2,beta=0": ("kaiser", {"lobes": 2, "beta": 0}),
    "gaussian": ("gaussian", {"sigma": 1 / 2}),
    "gaussian:sigma=0.05": ("gaussian", {"sigma": 0.05}),
    "spline16": ("spline16", {}),
    "spline36": ("spline36", {}),
    "spline64": ("spline64", {}),
    "magic-kernel-sharp-2013": ("magic_kernel_sharp_2013", {}),
    "magic-kernel-sharp-2021": ("magic_kernel_sharp_2021", {}),
    "ewa-lanczos": ("jinc_jinc", {"blur": 1}),
    "ewa-lanczos-sharp": ("jinc_jinc", {"blur": 0.9812505644269356}),
    "ewa-robidoux": ("cubic", {"b": 0.37821575509399867, "c": 0.31089212245300067}),
}
# fmt: off
INTERPOLATING = (
    "box", "bilinear", "hermite", "bicubic", "catmull-rom", "lanczos", "lanczos2", "lanczos4", "lanczos5", "hamming",
    "hann", "blackman", "kaiser", "spline16", "spline36", "spline64",
)
PARTITIONS_OF_UNITY = (
    "box", "bilinear", "hermite", "bicubic", "mitchell", "catmull-rom", "bspline", "robidoux", "robidoux-sharp",
    "spline16", "spline36", "spline64", "magic-kernel-sharp-2013", "magic-kernel-sharp-2021",
)
# fmt: on
STEPPING = ("box", "hamming", "gaussian", "kaiser")  # not zero at their radius: 1/2, 0.08 sinc(1), e^-8, 1/I0(beta)


def filter_of(text):
    """Return the filter's function of x, zero beyond its radius, and the radius."""
    spec = parse_method(text)
    row, parameters = FILTERS[spec.method.filter], dict(spec.parameters)
    radius = row.support(parameters)
    return lambda x: np.where(x <= radius, row.of(np.minimum(x, radius), **parameters), 0.0), radius


def test_every_row_has_a_textbook_form():
    filtering = {name for name, row in METHODS.items() if row.filter}
    assert filtering == {parse_method(text).method.name for text in TEXTBOOK}


@pytest.mark.parametrize("text", TEXTBOOK)
def test_equals_the_textbook_form(text):
    name, parameters = TEXTBOOK[text]
    function, radius = filter_of(text)
    assert radius == pytest.approx(naive.FILTERS[name][1](**parameters))
    x = np.linspace(0, radius + 0.5, 1234)
    expected = [naive.value(name, float(v), **parameters) for v in x]
    # The integral of J1 is divided by x, which costs digits near 0.
    np.testing.assert_allclose(function(x), expected, rtol=0, atol=1e-8 if name == "jinc_jinc" else 2e-13)


@pytest.mark.parametrize("text", INTERPOLATING)
def test_interpolating_filters_keep_the_samples(text):
    function, _ = filter_of(text)
    np.testing.assert_allclose(function(np.arange(7.0)), [1, 0, 0, 0, 0, 0, 0], atol=1e-15)


@pytest.mark.parametrize("text", PARTITIONS_OF_UNITY)
def test_shifted_filters_sum_to_a_constant(text):
    """These need no normalising between samples that are one pixel apart."""
    function, _ = filter_of(text)
    sums = sum(function(np.abs(np.linspace(0, 1, 101) - k)) for k in range(-6, 8))
    np.testing.assert_allclose(sums, 1, atol=1e-14)


@pytest.mark.parametrize("text", TEXTBOOK)
def test_is_continuous(text):
    """No jump inside; at the radius only those that are known to end before they reach zero."""
    function, radius = filter_of(text)
    x = np.linspace(0, radius * (1 - 1e-12), 20001)
    steepest = 4 * radius if not text.startswith("gaussian:") else 20 * radius
    assert np.abs(np.diff(function(x))).max() < steepest / 20000 * 1.5
    if not text.startswith(STEPPING):
        assert abs(function(x[-1:])[0]) < 1e-9


def test_where_filters_step():
    assert filter_of("box")[0](np.array([0.4999, 0.5, 0.5001])).tolist() == [1, 0.5, 0]
    assert filter_of("gaussian")[0](np.array([2.0])) == math.exp(-8)


def test_zeros_of_the_jinc():
    """And the first zero of its window falls on the radius: jinc(JINC_ZEROS[2] / JINC_ZEROS[2] * JINC_ZEROS[0])."""
    assert [abs(naive.jinc(x)) < 1e-13 for x in JINC_ZEROS] == [True] * 3
    function, radius = filter_of("ewa-lanczos")
    assert radius == JINC_ZEROS[2]
    np.testing.assert_allclose(function(np.array([0.0, *JINC_ZEROS])), [1, 0, 0, 0], atol=1e-15)


def test_the_cubic_follows_keys():
    """Keys 1981, equation 15, is the cubic with b = 0 and c = -a."""
    x = np.linspace(0, 2, 101)
    for a in (-1, -0.75, -0.5, 0):
        expected = [naive.keys(float(v), a) for v in x]
        np.testing.assert_allclose(filter_of(f"bicubic:a={a}")[0](x), expected, atol=1e-15)


def test_scipy_is_not_imported():
    code = (
        "import sys, numpy as np; from upscale_cli.interpolate.filters import FILTERS; "
        "FILTERS['jinc_jinc'].of(np.zeros(1), blur=1.0); FILTERS['kaiser'].of(np.zeros(1), lobes=3, beta=6.5); "
        "print('scipy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
