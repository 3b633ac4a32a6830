"""Taps: laws that hold for every method, axis and border, and weights that are known by heart."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from tests import naive
from upscale_cli.interpolate.axis import Axis, fold
from upscale_cli.interpolate.taps import GROUP, groups_of, taps_of
from upscale_cli.methods import METHODS
from upscale_cli.spec import EDGES, parse_method

SEPARABLE = [name for name, row in METHODS.items() if row.engine in ("separable", "area")]
SIZES = [(7, 13), (12, 24), (5, 15), (5, 5), (13, 4), (9, 3), (64, 5), (1, 1), (1, 6), (6, 1), (2, 3), (3, 100)]


def axis_of(text, n_in, n_out, edge="reflect", stretch=True, start=0, length=None):
    spec = parse_method(text)
    step = Fraction(n_in if length is None else length) / n_out
    name = spec.method.filter or spec.method.name
    return Axis(name, spec.parameters, n_in, n_out, Fraction(start) + step / 2, step, stretch, edge)


def axes(text):
    sizes = itertools.product(SIZES, EDGES, (True, False))
    yield from (axis_of(text, n_in, n_out, edge, stretch) for (n_in, n_out), edge, stretch in sizes)
    yield from (axis_of(text, 20, 7, edge, True, Fraction(10, 3), Fraction(35, 3)) for edge in EDGES)  # a crop
    yield axis_of(text, 10, 4, start=3, length=4)  # a crop at whole pixels: a copy


def dense(axis):
    """Return weights (n_out, n_in + 1) a source sample, borders folded in; the last column is what -1 stands for."""
    taps = taps_of(axis)
    out = np.zeros((axis.n_out, axis.n_in + 1))
    for i, k in np.ndindex(taps.weights.shape):
        out[i, taps.source[taps.windows[i, 0] + k]] += taps.weights[i, k]
    return out


def obeys_laws(axis):
    taps = taps_of(axis)
    first, near, far = taps.windows.T
    width = taps.weights.shape[1]
    np.testing.assert_allclose(taps.weights.sum(axis=1), 1, atol=1e-12, err_msg=str(axis))
    assert (np.diff(first) >= 0).all(), axis
    assert first.min() >= 0 and first.max() + width <= len(taps.source), axis
    assert (first <= near).all() and (near < far).all() and (far <= first + width).all(), axis
    assert (near >= taps.before).all() and (far <= taps.before + axis.n_in).all(), axis
    assert taps.source.min() >= -1 and taps.source.max() < axis.n_in, axis
    padded = np.arange(len(taps.source)) - taps.before
    assert (taps.source == fold(padded, axis.n_in, axis.edge)).all(), axis


@pytest.mark.parametrize("text", SEPARABLE)
def test_laws(text):
    for axis in axes(text):
        obeys_laws(axis)


@pytest.mark.parametrize("text", SEPARABLE)
def test_mirrored_axis_has_mirrored_weights(text):
    """To the last bit, and a wrapped or cut-out axis too."""
    for axis in axes(text):
        start, length = axis.origin - axis.step / 2, axis.step * axis.n_out
        other = axis_of(text, axis.n_in, axis.n_out, axis.edge, axis.stretch, axis.n_in - start - length, length)
        here, there = dense(axis), dense(other)
        np.testing.assert_allclose(here[:, :-1], there[::-1, -2::-1], atol=1e-15, err_msg=str(axis))
        np.testing.assert_allclose(here[:, -1], there[::-1, -1], atol=1e-15, err_msg=str(axis))


@pytest.mark.parametrize("text", [*SEPARABLE, "lanczos4", "bicubic:a=-0.75", "gaussian:sigma=3", "gaussian:sigma=0.05"])
def test_equals_the_naive_twin(text):
    spec = parse_method(text)
    name, parameters = spec.method.filter or "area", dict(spec.parameters)
    for (n_in, n_out), edge, stretch in itertools.product(SIZES, EDGES, (True, False)):
        expected = np.zeros((n_out, n_in + 1))
        rows = naive.weights(naive.Axis(n_in, n_out, edge, stretch), name, **parameters)
        for i, row in enumerate(rows):
            for j, w in row:
                expected[i, -1 if j is None else j] += w
        got = dense(axis_of(text, n_in, n_out, edge, stretch))
        if n_in == n_out:
            assert (got[:, :-1] == np.eye(n_in)).all()  # copied even by methods that blur
        else:
            np.testing.assert_allclose(got, expected, atol=1e-11, err_msg=f"{n_in} {n_out} {edge} {stretch}")


@pytest.mark.parametrize("text", SEPARABLE)
@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_whole_factors_have_phases(text, factor):
    for edge in set(EDGES) - {"renormalize"}:
        taps = taps_of(axis_of(text, 11, 11 * factor, edge))
        assert taps.phases == factor
        assert (taps.weights[factor:] == taps.weights[:-factor]).all()
        assert (taps.windows[factor:, 0] == taps.windows[:-factor, 0] + 1).all()
    assert taps_of(axis_of(text, 11, 11 * factor + 1)).phases == 1
    if taps_of(axis_of(text, 11, 11 * factor)).before:  # weights differ where some were left out
        assert taps_of(axis_of(text, 11, 11 * factor, "renormalize")).phases == 1


def test_no_phases_but_for_factors_to_16():
    assert [taps_of(axis_of("bicubic", 4, 4 * factor)).phases for factor in (1, 16, 17)] == [1, 16, 1]
    assert taps_of(axis_of("bicubic", 20, 24, start=1, length=12)).phases == 2  # a part of the source


@pytest.mark.parametrize(
    ("text", "n_in", "n_out", "expected"),
    [
        # MATLAB's and TensorFlow's 2x: Keys' cubic, a = -0.5, at 1/4 and 3/4; then OpenCV's and torch's
        ("bicubic", 4, 8, [[-9, 111, 29, -3], [-3, 29, 111, -9]]),
        ("bicubic:a=-0.75", 4, 8, [[-13.5, 112.5, 33.5, -4.5], [-4.5, 33.5, 112.5, -13.5]]),
        ("bicubic", 8, 4, [[-1.5, -4.5, 14.5, 55.5, 55.5, 14.5, -4.5, -1.5]]),
        ("bilinear", 4, 8, [[96, 32], [32, 96]]),
        ("bilinear", 8, 4, [[16, 48, 48, 16]]),
        ("box", 4, 8, [[128], [128]]),
        ("box", 5, 3, [[64, 64], [128, 0], [64, 64]]),
        ("area", 5, 3, [[76.8, 51.2, 0], [25.6, 76.8, 25.6], [51.2, 76.8, 0]]),
    ],
)
def test_weights_known_by_heart(text, n_in, n_out, expected):
    """In 128ths."""
    weights = taps_of(axis_of(text, n_in, n_out)).weights * 128
    for row in expected:
        assert any(np.allclose(row, w[: len(row)], atol=1e-10) for w in weights), weights


def test_positions_of_huge_axes_are_exact():
    n_out = 300_001
    axis = axis_of("bilinear", 1_000_003, n_out, stretch=False)
    taps = taps_of(axis)
    for i in (0, 1, 123_456, n_out // 2, n_out - 1):
        centre = (i + Fraction(1, 2)) * Fraction(1_000_003, n_out) - Fraction(1, 2)
        left = centre.__floor__()
        t = float(centre - left)
        first = taps.windows[i, 0] - taps.before
        weights = dict(enumerate(taps.weights[i], first))
        assert weights.get(left, 0) == pytest.approx(1 - t, abs=1e-12)
        assert weights.get(left + 1, 0) == pytest.approx(t, abs=1e-12)


def test_positions_beyond_64_bits():
    length = Fraction(10**15 + 1, 10**15 + 3) * 7
    taps = taps_of(axis_of("bilinear", 9, 13, start=Fraction(1, 10**15 + 3), length=length))
    np.testing.assert_allclose(taps.weights, taps_of(axis_of("bilinear", 9, 13, length=7)).weights, atol=1e-13)


def test_renormalize_leaves_outside_samples_out():
    inside = dense(axis_of("bicubic", 6, 13, "constant"))
    got = dense(axis_of("bicubic", 6, 13, "renormalize"))
    assert (got[:, -1] == 0).all() and (inside[:, -1] != 0).any()
    np.testing.assert_allclose(got[:, :-1], inside[:, :-1] / inside[:, :-1].sum(axis=1, keepdims=True), atol=1e-15)


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("reflect", [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]),
        ("replicate", [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]),
        ("wrap", [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]),
        ("constant", [-1, -1, -1, -1, 0, 1, 2, -1, -1, -1, -1]),
        ("renormalize", [-1, -1, -1, -1, 0, 1, 2, -1, -1, -1, -1]),
    ],
)
def test_what_stands_beyond_the_border(edge, expected):
    """Source samples of -4 to 6 in a row of three; the borders may repeat several times."""
    assert fold(np.arange(-4, 7), 3, edge).tolist() == expected
    assert [naive.source(j, 3, edge) for j in range(-4, 7)] == [None if j < 0 else j for j in expected]


def test_a_step_of_many_digits_is_as_exact_as_any():
    """Numerators beyond 64 bits are counted in Python's integers."""
    step = 1 / Fraction("1.12345678901234567890123456789")
    near = Fraction(1, Fraction("1.1234567890")).limit_denominator(10**6)
    many, few = (
        taps_of(Axis("cubic", (("b", 0.0), ("c", 0.5)), 6000, 6740, s / 2, s, True, "reflect")) for s in (step, near)
    )
    assert abs(many.weights - few.weights).max() < 1e-2
    assert (abs(many.windows[:, 0] - few.windows[:, 0]) <= 1).all()


def test_renormalised_weights_that_cancel_out_leave_the_nearest_sample():
    axis = Axis("cubic", (("b", 3.0), ("c", 0.0)), 1, 5, Fraction(1, 10), Fraction(1, 5), True, "renormalize")
    weights = taps_of(axis).weights
    assert np.isfinite(weights).all()
    assert np.allclose(weights.sum(axis=1), 1)


@pytest.mark.parametrize("stretch", [True, False])
@pytest.mark.parametrize(("n_in", "n_out"), [(40, 10), (41, 10), (300, 7), (23, 22), (9, 1)])
def test_groups_hold_every_weight_once(n_in, n_out, stretch):
    taps = taps_of(axis_of("lanczos", n_in, n_out, stretch=stretch))
    active, weights = groups_of(taps)
    want = np.zeros((n_out, GROUP * len(weights)))
    for y, (left, row) in enumerate(zip(taps.windows[:, 0], taps.weights, strict=True)):
        want[y, left : left + row.size] = row
    found = np.zeros((n_out + weights.shape[1], GROUP * len(weights)))
    for g, (first, rows) in enumerate(zip(active, weights, strict=False)):
        found[first : first + len(rows), GROUP * g : GROUP * (g + 1)] += rows
    assert abs(found[:n_out] - want).max() < 1e-7
    assert active[-1] == n_out
