"""Method specs and options: words to records."""

import re

import pytest

from upscale_cli.errors import UsageError
from upscale_cli.methods import DEFAULT_METHOD, FAMILIES, METHODS
from upscale_cli.spec import EDGES, LIKES, Options, names, nearest_name, parse_memory, parse_method


@pytest.mark.parametrize(
    ("text", "method", "parameters"),
    [
        ("bicubic", "bicubic", {"b": 0, "c": 0.5}),
        ("bicubic:a=-0.75", "bicubic", {"b": 0, "c": 0.75}),
        ("bicubic:a=0", "bicubic", {"b": 0, "c": 0}),
        ("bicubic:b=1,c=0", "bicubic", {"b": 1, "c": 0}),
        ("bicubic:c=0.75", "bicubic", {"b": 0, "c": 0.75}),
        ("bicubic:b=0.2", "bicubic", {"b": 0.2, "c": 0.5}),
        ("mitchell", "mitchell", {"b": 1 / 3, "c": 1 / 3}),
        ("mitchell:c=.1", "mitchell", {"b": 1 / 3, "c": 0.1}),
        ("catrom", "catmull-rom", {"b": 0, "c": 0.5}),
        ("catrom:b=0.1", "catmull-rom", {"b": 0.1, "c": 0.5}),
        ("bspline", "bspline", {"b": 1, "c": 0}),
        ("lanczos", "lanczos", {"lobes": 3}),
        ("lanczos2", "lanczos", {"lobes": 2}),
        ("lanczos:lobes=4", "lanczos", {"lobes": 4}),
        ("lanczos5:lobes=2", "lanczos", {"lobes": 2}),
        (" kaiser: lobes = 2 , beta=3.5 ", "kaiser", {"lobes": 2, "beta": 3.5}),
        ("gaussian:sigma=1e0", "gaussian", {"sigma": 1}),
        ("nearest", "nearest", {}),
        ("ewa-lanczos", "ewa-lanczos", {"blur": 1}),
        ("region:inside=lanczos", "region", {"tolerance": 16, "min_area": 4, "inside": "lanczos"}),
        ("region:inside=lanczos4", "region", {"tolerance": 16, "min_area": 4, "inside": "lanczos4"}),
        ("nedi:window=8", "nedi", {"window": 8, "threshold": 8}),
    ],
)
def test_methods_and_parameters(text, method, parameters):
    spec = parse_method(text)
    assert spec.method is METHODS[method]
    assert dict(spec.parameters) == parameters
    assert spec.text == text.strip()


def test_what_was_said():
    """Aliases say something too: `--like` compares it with what a library does."""
    assert parse_method("lanczos").said == ()
    assert parse_method("lanczos4").said == (("lobes", 4),)
    assert parse_method("bicubic:a=-0.75,linear=1").said == (("a", -0.75),)
    assert parse_method("lanczos4").name == "lanczos4"
    assert type(dict(parse_method("lanczos:lobes=4.0").parameters)["lobes"]) is int


def test_options_of_a_spec_go_over_others():
    spec = parse_method("lanczos:antiring=0.5,linear=yes,sigmoid=off,antialias=0,edge=wrap,like=pillow")
    expected = Options(linear=True, antialias=False, edge="wrap", antiring=0.5, like="pillow", straight_alpha=True)
    assert spec.merge(Options(edge="reflect", sigmoid=True, straight_alpha=True)) == expected
    assert parse_method("lanczos").merge(expected) == expected
    assert [parse_method(f"box:linear={word}").options[0][1] for word in ("TRUE", "on", "No", "0")] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bicubix", "there is no method 'bicubix'; did you mean bicubic? (`upscale methods` lists them)"),
        ("Lanczo4", "did you mean lanczos4?"),
        ("catmul-rom", "did you mean catmull-rom?"),
        ("zzz", "there is no method 'zzz' (`upscale methods` lists them)"),
        ("", "a method's name is missing"),
        ("lanczos:", "method 'lanczos:': '' is not key=value"),
        ("lanczos:lobes", "'lobes' is not key=value"),
        ("lanczos:lobes=", "'lobes=' is not key=value"),
        ("lanczos:=3", "'=3' is not key=value"),
        ("lanczos:lobes=3,,", "'' is not key=value"),
        ("lanczos:lobes=3,lobes=3", "lobes is given twice"),
        ("lanczos:edge=wrap,edge=wrap", "edge is given twice"),
        ("lanczos:lobs=3", "method lanczos has no parameter 'lobs'; did you mean lobes?"),
        ("lanczos:beta=3", "method lanczos has no parameter 'beta'"),
        ("nearest:zzz=3", "it takes linear, sigmoid, antialias, antiring, edge, like"),
        ("bspline:b=1", "method bspline has no parameter 'b'"),
        ("lanczos:lobes=6", "method lanczos: lobes=6 must be a whole number from 2 to 5"),
        ("lanczos:lobes=2.5", "must be a whole number from 2 to 5"),
        ("nedi:window=5", "method nedi: window=5 must be an even number from 2 to 16"),
        ("region:inside=bicubix", "there is no region inside 'bicubix'; did you mean bicubic?"),
        ("region:min_area=0", "method region: min_area=0 must be a whole number from 1 to 1000000"),
        ("region:insid=bicubic", "method region has no parameter 'insid'; did you mean inside?"),
        ("dcci:zzz=1", "method dcci has no parameter 'zzz': it takes edge"),
        ("gaussian:sigma=0", "method gaussian: sigma=0 must be from 0.05 to 10"),
        ("gaussian:sigma=x", "sigma=x is not a number"),
        ("gaussian:sigma=nan", "sigma=nan is not a number"),
        ("gaussian:sigma=inf", "sigma=inf is not a number"),
        ("bicubic:a=0.5", "method bicubic: a=0.5 must be from -2 to 0"),
        ("bicubic:a=-0.5,c=0.5", "method bicubic: give either a, or b and c"),
        ("bicubic:b=0,a=-0.5", "give either a, or b and c"),
        ("box:linear=maybe", "linear=maybe is neither true nor false"),
        ("box:antiring=2", "antiring=2 is outside 0 to 1"),
        ("box:antiring=x", "antiring=x is not a number"),
        ("box:edge=mirror", "there is no edge 'mirror'"),
        ("box:edge=reflekt", "there is no edge 'reflekt'; did you mean reflect?"),
        ("box:like=gimp", "there is no like 'gimp'"),
    ],
)
def test_refused(text, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_method(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edge": "clamp"}, "there is no edge 'clamp': it is one of reflect"),
        ({"edge": "replikate"}, "there is no edge 'replikate'; did you mean replicate?"),
        ({"like": "Pillow"}, "there is no like 'Pillow'; did you mean pillow?"),
        ({"antiring": -0.1}, "antiring -0.1 is outside 0 to 1"),
        ({"antiring": 1.1}, "antiring 1.1 is outside 0 to 1"),
        ({"antiring": float("nan")}, "antiring nan is outside 0 to 1"),
    ],
)
def test_options_refused(options, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        Options(**options)


def test_every_name_parses_and_no_alias_hides_a_row():
    known = names()
    assert len(known) == len(METHODS) + sum(len(row.aliases) for row in METHODS.values())
    assert all(parse_method(name).method is row for name, (row, _) in known.items())
    assert DEFAULT_METHOD in METHODS


def test_the_table_is_sound():
    for row in METHODS.values():
        assert row.family in FAMILIES
        assert row.about.endswith(".") and row.use
        for parameter in row.parameters:
            ends = parameter.choices or (parameter.low, parameter.high)
            if isinstance(parameter.default, bool):
                ends = (True, False)
            elif parameter.suffix:
                ends = (*parameter.choices, f"name{parameter.suffix}")
            elif not parameter.choices:
                assert parameter.default is None or parameter.low <= parameter.default <= parameter.high
            for end in ends:
                assert parse_method(f"{row.name}:{parameter.name}={end}").said == ((parameter.name, end),)


def test_nearest_name():
    assert nearest_name("Bicubik", ["bicubic", "box"]) == "; did you mean bicubic?"
    assert nearest_name("qqq", ["bicubic", "box"]) == ""


def test_the_lists_that_help_shows():
    assert EDGES == ("reflect", "replicate", "wrap", "constant", "renormalize")
    assert LIKES == ("pillow", "opencv", "torch", "matlab", "tensorflow")


MEMORY = [
    ("1M", 1 << 20),
    ("1048576", 1 << 20),
    ("1048576B", 1 << 20),
    ("1024k", 1 << 20),
    ("500M", 500 << 20),
    ("500MB", 500 << 20),
    ("2G", 2 << 30),
    ("2g", 2 << 30),
    ("1.5GiB", 3 << 29),
    ("0.5G", 1 << 29),
    ("1T", 1 << 40),
]


@pytest.mark.parametrize(("word", "number"), MEMORY)
def test_amounts_of_memory_in_powers_of_1024(word, number):
    assert parse_memory(word) == number
