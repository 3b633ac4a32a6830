"""Properties that hold for whatever is asked: sizes, weights, words, and every method on pictures of every mode.

A few examples of each, always the same; `pytest --hypothesis-profile=long tests/torture` tries thousands of others.
"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.interpolate.test_taps import axis_of, dense, obeys_laws
from tests.test_laws import QUICK
from upscale_cli import METHODS, jit, resize
from upscale_cli.cli.door import main
from upscale_cli.cli.options import GROUPS
from upscale_cli.errors import GeometryError, UsageError
from upscale_cli.geometry import FITS, GRAVITIES, ONLY, parse_scale, parse_size, resolve, round_half_up
from upscale_cli.spec import EDGES, Options, names, parse_method

LONG = settings.default.max_examples > 100
SEPARABLE = [row for row in METHODS.values() if row.engine in ("separable", "area")]
SIDES = st.integers(1, 6 if jit.interpreted() else 40)
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F")
ARRAYS = tuple((sample, channels) for sample in ("uint8", "uint16", "float32") for channels in (1, 2, 3, 4))
KINDS = (*MODES, *ARRAYS)
# Whatever writes beside the output, reads a list or starts processes of its own.
LEFT_OUT = {"--output", "--log", "--from-file", "--from-stdin", "--null", "--cluster", "--help", "--version"}

lengths = st.integers(1, 5000)
decimals = st.decimals("0.00001", "100000", places=5).map(lambda number: f"{number:f}")


@given(decimals, decimals, lengths, lengths)
def test_factors_are_exact(x, y, width, height):
    wanted = round_half_up(width * Fraction(x)), round_half_up(height * Fraction(y))
    try:
        answer = resolve(parse_scale(f"{x}x{y}"), width, height)
    except GeometryError:
        assert 0 in wanted
    else:
        assert (answer.width, answer.height) == wanted and answer.inner == (0, 0, *wanted)
        assert answer.window == (0, 0, width, height)


@given(lengths, lengths, st.sampled_from(FITS), st.sampled_from((None, *ONLY)), st.sampled_from(GRAVITIES), lengths,
       lengths)  # fmt: skip
def test_boxes_are_kept(wide, high, fit, only, gravity, width, height):
    answer = resolve(parse_size(f"{wide}x{high}", fit, only), width, height, gravity)
    left, top, shown_w, shown_h = answer.window
    x, y, inner_w, inner_h = answer.inner
    assert 0 <= left <= left + shown_w <= width and 0 <= top <= top + shown_h <= height
    assert 0 <= x <= x + inner_w <= answer.width and 0 <= y <= y + inner_h <= answer.height
    if only is None:
        assert (answer.width <= wide and answer.height <= high) or fit == "outside"
        assert answer.width == wide or answer.height == high
        if fit in ("fill", "cover", "contain"):
            assert (answer.width, answer.height) == (wide, high)
    if only == "shrink" and fit != "contain":
        assert answer.width <= width and answer.height <= height
    if fit != "fill":  # both sides have the same factor, but for what rounding takes, and the least of one pixel
        factors = sorted(Fraction(inner) / shown for inner, shown in ((inner_w, shown_w), (inner_h, shown_h)))
        assert factors[1] - factors[0] <= 1 / min(shown_w, shown_h)


@given(st.sampled_from(("{}%", "{}MP", "{}")), st.sampled_from(("", ">", "<")), st.integers(1, 10**4), lengths, lengths)
def test_other_sizes_only_do_what_they_may(form, mark, number, width, height):
    try:
        answer = resolve(parse_size(form.format(number) + mark), width, height)
    except GeometryError:
        assert form == "{}%"
        return
    assert min(answer.width, answer.height) >= 1
    assert mark != ">" or (answer.width <= width and answer.height <= height)
    assert mark != "<" or (answer.width >= width and answer.height >= height)


def a_value(parameter):
    """Return a strategy for the words that a parameter takes."""
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.suffix:
        return st.just(f"name{parameter.suffix}")
    if isinstance(parameter.default, bool):
        return st.sampled_from(("true", "no", "1"))
    if parameter.whole:
        return st.integers(int(parameter.low), int(parameter.high)).map(lambda n: str(n - n % 2 * parameter.even))
    return st.floats(parameter.low, parameter.high).map(repr)


def a_spec(row, common=True):
    """Return a strategy for specs of a method with some of its parameters, and some that are common."""
    own = {parameter.name: a_value(parameter) for parameter in row.parameters}
    if "b" in own:
        own.pop("a", None)  # which stands for both
    more = {"linear": st.sampled_from(("yes", "off")), "edge": st.sampled_from(EDGES), "refine": st.integers(0, 100)}
    more |= {"antiring": st.floats(0, 1).map(repr)}
    pairs = st.fixed_dictionaries({}, optional=own | (more if common else {}))
    return pairs.map(lambda said: row.name + ":" * bool(said) + ",".join(f"{key}={said[key]}" for key in said))


@given(st.sampled_from(SEPARABLE).flatmap(lambda row: a_spec(row, common=False)), SIDES, SIDES, st.sampled_from(EDGES),
       st.booleans())  # fmt: skip
def test_weights_obey_their_laws(text, n_in, n_out, edge, stretch):
    axis = axis_of(text, n_in, n_out, edge, stretch)
    obeys_laws(axis)
    here = dense(axis)
    assert np.isfinite(here).all()
    np.testing.assert_allclose(here[:, :-1], here[::-1, -2::-1], atol=1e-12, err_msg=str(axis))  # mirrored


@given(st.sampled_from([*METHODS.values()]).flatmap(a_spec))
def test_specs_read_as_they_are_written(text):
    spec = parse_method(text)
    assert parse_method(f" {spec.text} ") == spec
    written = {pair.partition("=")[0] for pair in text.partition(":")[2].split(",") if pair}
    assert {key for key, _ in (*spec.said, *spec.options)} == written
    assert spec.merge(spec.merge(Options())) == spec.merge(Options())


@given(
    st.lists(st.sampled_from([*names(), *":,=-.x5%!^<>", "lobes", "edge", "wrap", "nan", "1e3", "\n", "\udce9", "é"]))
    | st.text()
)
def test_no_other_words_are_a_surprise(parts):
    text = "".join(parts)
    for parse in (parse_method, parse_scale, parse_size):
        try:
            parse(text)
        except UsageError as error:
            assert error.exit_code == 2 and str(error)


def words_of(names, row):
    """Return a strategy for an option with words that it may be given, right and wrong."""
    if row.get("is_flag") or "/" in names[-1]:
        return st.sampled_from(names[-1].split("/")).map(lambda name: [name])
    right = getattr(row.get("type"), "words", ())
    more = (
        "1",
        "2",
        "0.5",
        "8x6",
        "8x8^",
        "-1",
        "nan",
        "",
        "bicubic",
        "lanczos:lobes=4",
        "red",
        "png",
        "keep",
        "x" * 99,
    )
    return st.sampled_from([*right, *more]).map(lambda word: [names[0], word])


OPTIONS = [
    words_of([name for name in names if name.startswith("-")], row)
    for group in GROUPS.values()
    for names, row in group
    if not LEFT_OUT & {*names}
]


@given(st.lists(st.one_of(OPTIONS), max_size=6), st.sampled_from(("-s", "--size", "")))
def test_no_command_ends_in_a_surprise(capfd, tmp_path_factory, options, way):
    said = [word for option in options for word in option]
    path = tmp_path_factory.getbasetemp() / "a.png"
    Image.new("RGB", (8, 6), "red").save(path)
    code = main([str(path), *([way, "2"] if way else []), *said, "--dry-run"])
    out, err = capfd.readouterr()
    assert code in (0, 1, 2), said
    assert "defect" not in err and "Traceback" not in err, said
    assert err.count("\n") == (code > 0) and bool(out) == (code == 0 and "--quiet" not in said), (said, err)


def picture(kind, width, height, seed):
    """Return noise as a PIL image of a mode, or as an array."""
    chance = np.random.default_rng(seed)
    if isinstance(kind, tuple):
        sample, channels = kind
        levels = chance.random((height, width, channels), np.float32)
        return levels if sample == "float32" else (levels * np.iinfo(sample).max).astype(sample)
    if kind in ("I;16", "I", "F"):
        levels = chance.random((height, width)) * 65535
        return Image.fromarray(levels.astype({"I;16": "u2", "I": "i4", "F": "f4"}[kind]))
    bands = len(Image.new(kind, (1, 1)).getbands())
    levels = chance.integers(0, 256, (height, width, bands), np.uint8)
    if kind in ("1", "P"):
        return Image.fromarray(levels[..., 0]).convert(kind)
    return Image.merge(kind, [Image.fromarray(band.copy()) for band in np.moveaxis(levels, 2, 0)])


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=500 if LONG else 3)  # the first is the simplest
@given(st.data())
def test_every_method_takes_every_picture(method, data):
    """The result has the size that was asked for, threads change nothing, numbers stay numbers."""
    row, sides = METHODS[method], SIDES if LONG or not jit.interpreted() else st.integers(1, 3)
    kind, width, height = data.draw(st.sampled_from(KINDS)), data.draw(sides), data.draw(sides)
    image = picture(kind, width, height, data.draw(st.integers(0, 9)))
    before = np.array(image)
    size = (width * 2, height * 2)
    if LONG or row.engine in ("nearest", "separable", "area", "radial"):
        size = tuple(data.draw(st.integers(1 if row.shrinks else side, 2 * side)) for side in (width, height))
    one, two = (
        resize(image, size=size, fit="fill", method=QUICK.get(method, method), threads=threads) for threads in (1, 3)
    )
    first, second = np.asarray(one), np.asarray(two)
    assert first.shape[:2] == size[::-1]
    assert first.tobytes() == second.tobytes()
    assert np.isfinite(first).all()
    assert (np.asarray(image) == before).all()
    if isinstance(kind, tuple):
        assert first.dtype == before.dtype and first.shape[2] == kind[1]
    else:
        assert one.mode == kind or kind in ("1", "P", "HSV")
