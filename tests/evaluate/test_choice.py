"""Lists of methods and metrics, told from words."""

import math

import pytest

from upscale_cli.errors import UsageError
from upscale_cli.evaluate import choice
from upscale_cli.evaluate.choice import METRICS, choose_methods, parse_limits, parse_metrics, split_methods
from upscale_cli.geometry import parse_scale
from upscale_cli.methods import FAMILIES, METHODS, Method


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bicubic", ["bicubic"]),
        ("bicubic,lanczos3", ["bicubic", "lanczos3"]),
        ("lanczos:lobes=4,antiring=1,nearest", ["lanczos:lobes=4,antiring=1", "nearest"]),
        ("nearest, bicubic:b=0 , c=0.5 ,lanczos", ["nearest", "bicubic:b=0,c=0.5", "lanczos"]),
        ("bicubic:a=-0.75,bicubic:a=-0.5", ["bicubic:a=-0.75", "bicubic:a=-0.5"]),
        ("@traditional,all", ["@traditional", "all"]),
    ],
)
def test_a_comma_before_a_key_continues_a_method(text, expected):
    assert split_methods(text) == expected


@pytest.mark.parametrize("text", ["a=-0.75", "bicubic,a=-0.75", "a=1,bicubic"])
def test_a_key_without_a_method(text):
    with pytest.raises(UsageError, match="belongs to no method"):
        split_methods(text)


def test_families_and_all_are_the_table_without_aliases():
    """But for `auto`, which is one of the others."""
    assert [spec.text for spec in choose_methods("all")] == [name for name in METHODS if name != "auto"]
    for family in FAMILIES:
        names = [row.name for row in METHODS.values() if row.family == family and row.enlarges]
        assert [spec.text for spec in choose_methods(f"@{family}")] == names


def test_each_method_once_in_the_order_asked():
    chosen = choose_methods(["lanczos3,nearest", "nearest", "@traditional"])
    assert [spec.text for spec in chosen][:2] == ["lanczos3", "nearest"]
    family = [row for row in METHODS.values() if row.family == "traditional"]
    assert len({spec.text for spec in chosen}) == len(chosen) == len(family) + 1  # lanczos3 and lanczos


def test_of_a_family_only_what_reaches_the_factor(monkeypatch):
    rows = {
        "twice": Method("twice", "traditional", "nearest", "", "", factors=(2, 4)),
        "smaller": Method("smaller", "traditional", "nearest", "", "", enlarges=False),
        "any": Method("any", "traditional", "nearest", "", ""),
    }
    monkeypatch.setattr(choice, "METHODS", rows)
    assert choice._members("all", parse_scale("2")) == ["twice", "any"]
    assert choice._members("all", parse_scale("3")) == ["any"]
    assert choice._members("@traditional", parse_scale("2x4")) == ["any"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("@traditoinal", "did you mean @traditional"),
        ("@nothing", "it is one of @traditional"),
        ("bicubik", "did you mean bicubic"),
        ("", "a method's name is missing"),
        ([], "name some with -m"),
        ("bicubic:z=1", "no parameter 'z'"),
    ],
)
def test_wrong_methods(texts, message):
    with pytest.raises(UsageError, match=message):
        choose_methods(texts)


def test_metrics():
    assert parse_metrics(" PSNR, ssim") == ("psnr", "ssim")
    assert parse_metrics(["ms"]) == ("ms",)
    for text, message in (("psnr,psnr", "twice"), ("snr", "did you mean psnr"), ("", "it is one of psnr")):
        with pytest.raises(UsageError, match=message):
            parse_metrics(text)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("psnr", [math.inf, 40.0, 30.0, None]),
        ("gmsd", [0.0, 0.1, 0.2, None]),
        ("sharpness", [1.0, 0.95, 1.1, 0.5, 2.0, None]),
        ("ms", [0.1, 5.0, None]),
        ("mps", [500.0, 5.0, None]),
    ],
)
def test_metrics_know_their_direction(name, values):
    badness = [METRICS[name].badness(value) for value in values]
    assert badness == sorted(badness)


def test_limits():
    assert parse_limits(" psnr = 30.5,ssim=0.9") == [("psnr", 30.5), ("ssim", 0.9)]
    for text, message in (("psnr", "metric=value"), ("pnsr=1", "did you mean psnr"), ("ssim=nan", "not a number")):
        with pytest.raises(UsageError, match=message):
            parse_limits(text)
