"""What is asked for: words and numbers to scales and sizes."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest

from upscale_cli.errors import UsageError
from upscale_cli.geometry import (
    FITS,
    ONLY,
    Scale,
    Size,
    parse_scale,
    parse_size,
    scale_of,
    size_of,
)

SCALE_JUNK = "0 0x2 2x0 -2 +2 nan inf x x2 2x3x 2,5 1e2 1/2 50% 2. \uff12 \udce9"
NOT_SCALES = ["", "  ", "2 x3", "2\n3", "1" * 31, "0." + "3" * 31, *SCALE_JUNK.split()]
SIZE_JUNK = "x X! ! 800x600x -800x600 800.5x600 8!x6 % MP 2M junk 800px 1e3 5.% \uff18x6 \udce9"
NOT_SIZES = ["", "  ", "800 x600", "9" * 31 + "%", "." + "9" * 31 + "MP", *SIZE_JUNK.split()]


@pytest.mark.parametrize(
    ("text", "x", "y", "printed"),
    [
        ("2", "2", "2", "2"),
        ("4x", "4", "4", "4"),
        (" 2.5 ", "5/2", "5/2", "2.5"),
        (".5", "1/2", "1/2", "0.5"),
        ("2x3", "2", "3", "2x3"),
        ("0.5X2", "1/2", "2", "0.5x2"),
        ("2x2.0", "2", "2", "2"),
        ("100000x0.00001", "100000", "1/100000", "100000x1e-05"),
    ],
)
def test_scale_text(text, x, y, printed):
    scale = parse_scale(text)
    assert scale == Scale(Fraction(x), Fraction(y))
    assert str(scale) == printed


@pytest.mark.parametrize("text", NOT_SCALES)
def test_scale_text_refused(text):
    with pytest.raises(UsageError, match=r"^'.*' is not a factor above 0: write 2, 2\.5 or 2x3$"):
        parse_scale(text)


@pytest.mark.parametrize("text", ["100000.1", "0.000009", "2x100001", "9" * 30])
def test_scale_text_beyond_limits(text):
    with pytest.raises(UsageError, match=r"is not a factor from 0\.00001 to 100000"):
        parse_scale(text)


def test_message_is_one_short_printable_line():
    with pytest.raises(UsageError) as caught:
        parse_scale("\x1b[31m\n\udce9" + "a" * 1000)
    message = str(caught.value)
    assert message.isprintable()
    assert message.encode()
    assert len(message) < 100


class Float32:
    """Stand in for numpy.float32(0.29): prints short, converts long."""

    def __init__(self, text):
        self.text = text

    def __float__(self):
        return 0.28999999165534973

    def __str__(self):
        return self.text


class Integer:
    def __index__(self):
        return 3


@pytest.mark.parametrize(
    ("value", "x", "y"),
    [
        (2, "2", "2"),
        (0.29, "29/100", "29/100"),
        (1e-05, "1/100000", "1/100000"),
        (Fraction(1, 3), "1/3", "1/3"),
        (Decimal("1.005"), "1.005", "1.005"),
        ("2x3", "2", "3"),
        ((2, 0.5), "2", "1/2"),
        ([Fraction(1, 3), Decimal(2)], "1/3", "2"),
        (Integer(), "3", "3"),
        (Float32("0.29"), "29/100", "29/100"),
        (Float32("tensor(0.29)"), "0.28999999165534973", "0.28999999165534973"),
    ],
)
def test_scale_of(value, x, y):
    assert scale_of(value) == Scale(Fraction(x), Fraction(y))


def test_scale_of_numpy_scalars():
    np = pytest.importorskip("numpy")
    for value in (np.float64(0.29), np.float32(0.29), np.array(0.29)):
        assert scale_of(value).x == Fraction(29, 100)
    assert scale_of(np.uint8(200)).x == 200
    with pytest.raises(UsageError, match="neither a factor"):
        scale_of(np.array([2.0, 3.0]))


@pytest.mark.parametrize("value", [None, True, object(), 2j, (2,), (2, 3, 4), ("2", "3"), b"2", (2, None), ()])
def test_scale_of_refuses_what_is_no_number(value):
    with pytest.raises(UsageError, match="is neither a factor nor a pair of factors: write 2"):
        scale_of(value)


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        0.0,
        -0.5,
        math.nan,
        math.inf,
        -math.inf,
        (2, 0),
        Fraction(-1, 2),
        Decimal("sNaN"),
        Decimal("-inf"),
    ],
)
def test_scale_of_refuses_what_is_not_above_0(value):
    with pytest.raises(UsageError, match="is not a factor above 0"):
        scale_of(value)


@pytest.mark.parametrize("value", [1e300, 5e-324, Fraction(1, 10**9), Decimal("1e999999999"), Decimal("1e-999999999")])
def test_scale_of_refuses_what_is_beyond_the_limits(value):
    with pytest.raises(UsageError, match=r"is not a factor from 0\.00001"):
        scale_of(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("800x600", Size("box", 800, 600, None)),
        (" 800X600 ", Size("box", 800, 600, None)),
        ("800x", Size("box", 800, None, None)),
        ("x600", Size("box", None, 600, None)),
        ("800", Size("longer", 800, None, None)),
        ("50%", Size("percent", None, None, Fraction(1, 2))),
        ("12.5%", Size("percent", None, None, Fraction(1, 8))),
        (
            "33.3333333333333333333333333333%",
            Size("percent", None, None, Fraction(333333333333333333333333333333, 10**30)),
        ),
        ("2MP", Size("area", None, None, Fraction(2_000_000))),
        (".5mp", Size("area", None, None, Fraction(500_000))),
        ("800x600!", Size("box", 800, 600, None, "fill")),
        ("800x600^>", Size("box", 800, 600, None, "cover", "shrink")),
        ("800x600<^", Size("box", 800, 600, None, "cover", "enlarge")),
        ("x600>", Size("box", None, 600, None, "inside", "shrink")),
        ("800<", Size("longer", 800, None, None, "inside", "enlarge")),
        ("2MP>", Size("area", None, None, Fraction(2_000_000), "inside", "shrink")),
        ("9999999x1", Size("box", 9999999, 1, None)),
    ],
)
def test_size_text(text, expected):
    assert parse_size(text) == expected


def test_fit_and_only_say_what_suffixes_say():
    for fit in FITS:
        assert parse_size("8x6", fit) == size_of((8, 6), fit) == Size("box", 8, 6, None, fit)
    for only in ONLY:
        assert parse_size("8x6", only=only) == size_of("8x6", only=only) == Size("box", 8, 6, None, "inside", only)
    assert parse_size("8x6!>", "fill", "shrink") == parse_size("8x6>!")
    assert parse_size("800", "inside") == parse_size("800")


@pytest.mark.parametrize("text", NOT_SIZES)
def test_size_text_refused(text):
    with pytest.raises(UsageError, match=r"^'.*' is not a size: write 800x600, 800x, x600, 800, 50% or 2MP; then !"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "fit", "only", "message"),
    [
        ("0x600", None, None, "'0x600' has a side outside 1 to 9999999: write"),
        ("800x0", None, None, "has a side outside"),
        ("0", None, None, "has a side outside"),
        ("10000000x5", None, None, "has a side outside"),
        ("1" * 50, None, None, "has a side outside"),
        ("0%", None, None, "is not a factor above 0: write 800x600"),
        ("0.0001%", None, None, "is not a factor from 0.00001 to 100000: write 800x600"),
        ("0MP", None, None, "is not an area above 0"),
        ("10000000MP", None, None, "is not an area above 0 of at most 7 digits"),
        ("8x6!!", None, None, "says ! more than once: leave one"),
        ("8x6>^>", None, None, "says > more than once: leave one"),
        ("8x6!^", None, None, "to mean both fill and cover: leave one out"),
        ("8x6><", None, None, "to mean both shrink and enlarge: leave one out"),
        ("8x6!", "cover", None, "to mean both cover and fill"),
        ("8x6^", "inside", None, "to mean both inside and cover"),
        ("8x6>", None, "enlarge", "to mean both enlarge and shrink"),
        ("800x!", None, None, "! and ^ need WIDTHxHEIGHT: write 800x600 for fill"),
        ("50%^", None, None, "! and ^ need WIDTHxHEIGHT"),
        ("800", "fill", None, "--fit, ! and ^ need WIDTHxHEIGHT"),
        ("x600", "cover", None, "--fit, ! and ^ need WIDTHxHEIGHT"),
        ("50%", "contain", None, "--fit, ! and ^ need WIDTHxHEIGHT"),
        ("2MP", "outside", None, "--fit, ! and ^ need WIDTHxHEIGHT"),
        ("8x6", "covr", None, "'covr' is not a fit: choose from inside, outside, fill, cover, contain"),
        ("8x6", None, "grow", "'grow' is not a restriction: choose from shrink, enlarge"),
    ],
)
def test_size_refused(text, fit, only, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_size(text, fit, only)


@pytest.mark.parametrize("value", [None, 800, (800,), (1, 2, 3), (True, 6), ("8", 6), (8, None)])
def test_size_of_refuses_what_is_no_pair_of_integers(value):
    with pytest.raises(UsageError, match="is neither a pair of whole sides nor a text"):
        size_of(value)


@pytest.mark.parametrize("value", [(-8, 6), (8.0, 6), (0, 6), (10**9, 6)])
def test_size_of_refuses_other_numbers(value):
    with pytest.raises(UsageError, match=r"is not a size|has a side outside"):
        size_of(value)


def test_numbers_that_python_cannot_print():
    with pytest.raises(UsageError, match="'a number of thousands of digits' is not a factor from"):
        scale_of(10**5000)
    with pytest.raises(UsageError, match="'a number of thousands of digits' is neither a pair"):
        size_of((10**5000, 1))
    with pytest.raises(UsageError, match="is not a factor above 0"):
        parse_scale("1" * 5000)
    with pytest.raises(UsageError, match="has a side outside"):
        parse_size("1" * 5000)


def test_size_of_takes_integers_of_other_libraries():
    assert size_of([Integer(), 5]) == Size("box", 3, 5, None)
