"""Geometry: scales and sizes to pixels, exactly."""

import functools
import itertools
import math
import subprocess
import sys
from fractions import Fraction

import pytest

from upscale_cli.errors import GeometryError, UsageError
from upscale_cli.geometry import (
    GRAVITIES,
    Size,
    parse_scale,
    parse_size,
    resolve,
    round_half_up,
    size_of,
)

BOXES = ((1, 1), (7, 3), (16, 16), (9, 40), (64, 5))
LENGTHS = (1, 2, 3, 5, 8, 16, 31, 60)


def product(rounding, side, factor):
    return rounding(side * factor)


def sides(request, width, height, **options):
    answer = resolve(request, width, height, **options)
    return answer.width, answer.height


def small_images(lengths=range(1, 61)):
    return itertools.product(lengths, repeat=2)


def test_halves_round_up():
    halves = [Fraction(n, 2) for n in (-3, -1, 0, 1, 2, 3, 5)]
    assert [round_half_up(x) for x in halves] == [-1, 0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("source", "factor", "expected"),
    [
        ((100, 50), "0.29", (29, 15)),  # 100 * 0.29 is 28.999999999999996 in floats
        ((1000, 200), "1.005", (1005, 201)),  # 1000 * 1.005 is 1004.9999999999999
        ((5, 1), "0.5", (3, 1)),
        ((5, 7), "2x3", (10, 21)),
        ((3, 3), "2.5", (8, 8)),
        ((30000, 1), "100000", (3_000_000_000, 100_000)),
    ],
)
def test_factor_times_side_is_exact(source, factor, expected):
    scale = parse_scale(factor)
    answer = resolve(scale, *source)
    assert (answer.width, answer.height) == expected
    assert answer.window == (0, 0, *source)
    assert answer.inner == (0, 0, *expected)
    assert answer.scale == (scale.x, scale.y)


def test_rounding_of_factors_is_the_callers():
    for request in (parse_scale("1.5"), parse_size("150%")):
        for rounding, expected in ((math.floor, 7), (math.ceil, 8), (round, 8), (round_half_up, 8)):
            multiply = functools.partial(product, rounding)
            assert sides(request, 5, 5, multiply=multiply) == (expected, expected)
    assert sides(parse_size("3"), 7, 6, multiply=functools.partial(product, math.floor)) == (
        3,
        3,
    )  # 2.57: a derived side


@pytest.mark.parametrize("request_", [parse_scale("0.04"), parse_size("4%")])
def test_factor_that_leaves_nothing(request_):
    assert sides(request_, 100, 13) == (4, 1)
    with pytest.raises(GeometryError, match=r"^a factor of 0\.04 makes the 100x12 image 4x0: use a larger factor"):
        resolve(request_, 100, 12)
    with pytest.raises(GeometryError, match="4x0"):
        resolve(request_, 100, 24, multiply=functools.partial(product, math.floor))


def test_guards_of_resolve():
    with pytest.raises(UsageError, match="'middle' is not a gravity: choose from center, north"):
        resolve(parse_scale("2"), 5, 5, gravity="middle")
    with pytest.raises(GeometryError, match="0x5 pixels has nothing to resize"):
        resolve(parse_scale("2"), 0, 5)
    with pytest.raises(GeometryError, match="5x0 pixels has nothing to resize"):
        resolve(parse_size("2MP"), 5, 0)


@pytest.mark.parametrize(
    ("size", "source", "expected"),
    [
        ("800x600", (1000, 1000), (600, 600)),
        ("800x600", (100, 10), (800, 80)),
        ("800x", (1600, 901), (800, 451)),  # 450.5
        ("x600", (1, 1200), (1, 600)),
        ("800x", (100_000, 1), (800, 1)),
        ("800", (100, 200), (400, 800)),
        ("800", (200, 100), (800, 400)),
        ("12.5%", (80, 44), (10, 6)),
        ("2MP", (2000, 1000), (2000, 1000)),
        ("2MP", (1000, 1000), (1414, 1414)),  # 1414.21
        ("0.000001MP", (100, 1), (10, 1)),
        ("0.000001MP", (1, 100), (1, 10)),
        ("800x600!", (10, 10), (800, 600)),
        ("800x600^", (10, 10), (800, 600)),
        ("800x600>", (100, 100), (100, 100)),
        ("800x600<", (1000, 1000), (1000, 1000)),
        ("800x600!>", (1000, 100), (800, 100)),
        ("800x600!<", (1000, 100), (1000, 600)),
        ("800x600^>", (50, 2000), (50, 600)),
        ("800x600^<", (1000, 1000), (800, 600)),
        ("800x>", (100, 100), (100, 100)),
        ("800<", (1000, 10), (1000, 10)),
        ("50%<", (100, 10), (100, 10)),
        ("200%>", (100, 10), (100, 10)),
        ("2MP>", (30, 20), (30, 20)),
        ("2MP<", (3000, 2000), (3000, 2000)),
        ("0.5MP>", (2000, 1000), (1000, 500)),
    ],
)
def test_size_of_output(size, source, expected):
    assert sides(parse_size(size), *source) == expected


def test_outside_rounds_the_loose_side():
    assert sides(parse_size("800x600", "outside"), 1000, 1000) == (800, 800)
    assert sides(parse_size("3x3", "outside"), 2, 3) == (3, 5)  # 4.5


def test_area_rounds_the_exact_root():
    for pixels in range(1, 3000):
        root = resolve(Size("area", None, None, Fraction(pixels)), 7, 7).width
        assert (2 * root - 1) ** 2 <= 4 * pixels < (2 * root + 1) ** 2
    below_half = Size("area", None, None, Fraction(9, 4) - Fraction(1, 10**9))
    assert sides(below_half, 1, 1) == (1, 1)
    huge = Size("area", None, None, Fraction(10**30 + 10**15))  # sqrt is 10^15 + 0.5 - 1.25e-16
    assert sides(huge, 1, 1) == (10**15, 10**15)


def test_inside_and_outside_laws():
    for box in BOXES:
        inside, outside = size_of(box), size_of(box, "outside")
        for w, h in small_images():
            small, large = sides(inside, w, h), sides(outside, w, h)
            tight, loose = (0, 1) if box[0] * h <= box[1] * w else (1, 0)
            assert small[tight] == box[tight]
            assert (
                small[loose] == max(1, round_half_up(Fraction((w, h)[loose] * box[tight], (w, h)[tight]))) <= box[loose]
            )
            assert large[loose] == box[loose]
            assert large[tight] == round_half_up(Fraction((w, h)[tight] * box[loose], (w, h)[loose])) >= box[tight]


@pytest.mark.parametrize("only", [None, "shrink", "enlarge"])
@pytest.mark.parametrize("gravity", GRAVITIES)
def test_cover_law(only, gravity):
    for box in BOXES:
        request = size_of(box, "cover", only)
        for w, h in small_images(LENGTHS):
            answer = resolve(request, w, h, gravity)
            left, top, shown_w, shown_h = answer.window
            assert 0 <= left <= left + shown_w <= w and 0 <= top <= top + shown_h <= h
            assert shown_w * answer.height == shown_h * answer.width  # the aspect, exactly
            assert answer.scale == (answer.width / shown_w, answer.height / shown_h)
            factor = answer.scale[0]
            if only is None:
                assert (answer.width, answer.height) == box
                assert shown_w == w or shown_h == h
            elif only == "shrink":
                assert factor <= 1 and answer.width <= min(w, box[0]) and answer.height <= min(h, box[1])
            else:
                assert factor >= 1 and (answer.width, answer.height) == box


@pytest.mark.parametrize("only", [None, "shrink", "enlarge"])
@pytest.mark.parametrize("gravity", GRAVITIES)
def test_contain_law(only, gravity):
    for box in BOXES:
        request, inside = size_of(box, "contain", only), size_of(box, "inside", only)
        for w, h in small_images(LENGTHS):
            answer = resolve(request, w, h, gravity)
            x, y, inner_w, inner_h = answer.inner
            assert (inner_w, inner_h) == sides(inside, w, h)
            assert (answer.width, answer.height) == (max(box[0], inner_w), max(box[1], inner_h))
            assert 0 <= x <= x + inner_w <= answer.width and 0 <= y <= y + inner_h <= answer.height
            assert answer.window == (0, 0, w, h)
            assert answer.scale == (Fraction(inner_w, w), Fraction(inner_h, h))


@pytest.mark.parametrize("text", ["7x3", "7x3!", "9x", "x5", "12", "70%", "130%", "0.0002MP"])
def test_only_shrink_and_only_enlarge_laws(text):
    free, shrink, enlarge = (parse_size(text + suffix) for suffix in ("", ">", "<"))
    for w, h in small_images(LENGTHS):
        plain, smaller, larger = sides(free, w, h), sides(shrink, w, h), sides(enlarge, w, h)
        assert smaller[0] <= w and smaller[1] <= h
        assert larger[0] >= w and larger[1] >= h
        if text.endswith("!"):
            assert smaller == (min(plain[0], w), min(plain[1], h))
            assert larger == (max(plain[0], w), max(plain[1], h))
        else:
            assert (w, h) in (smaller, larger)
            assert plain in (smaller, larger)


@pytest.mark.parametrize(
    ("gravity", "kept", "placed"),
    [
        ("center", (Fraction(5, 2), 0), (0, 2)),
        ("north", (Fraction(5, 2), 0), (0, 0)),
        ("northeast", (5, 0), (0, 0)),
        ("east", (5, 0), (0, 2)),
        ("southeast", (5, 0), (0, 5)),
        ("south", (Fraction(5, 2), 0), (0, 5)),
        ("southwest", (0, 0), (0, 5)),
        ("west", (0, 0), (0, 2)),
        ("northwest", (0, 0), (0, 0)),
    ],
)
def test_gravity(gravity, kept, placed):
    """10x5 to 10x10: cover keeps a 5x5 part of the source, contain leaves five rows free."""
    assert resolve(size_of((10, 10), "cover"), 10, 5, gravity).window == (*kept, 5, 5)
    assert resolve(size_of((10, 10), "contain"), 10, 5, gravity).inner == (*placed, 10, 5)
    turned = resolve(size_of((10, 10), "cover"), 5, 10, gravity).window
    assert turned[1] == (0 if "north" in gravity else 5 if "south" in gravity else Fraction(5, 2))


def test_cover_of_the_same_aspect_shows_everything():
    for w, h in small_images():
        assert resolve(size_of((3 * w, 3 * h), "cover"), w, h).window == (0, 0, w, h)


def test_imports_nothing_heavy():
    code = "import sys, upscale_cli.geometry; print({'numpy', 'numba', 'PIL', 'click'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
