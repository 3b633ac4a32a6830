"""Rows: means, ranks, CSV that can be read again, JSON."""

import json
import math

import pytest

from upscale_cli.errors import InputError
from upscale_cli.evaluate.rows import MEAN, Row, best_first, csv_text, document, factor_of, means, read_csv, scale_text
from upscale_cli.geometry import Scale, parse_scale

NAMES = ("psnr", "ssim")
ROWS = [
    Row("a.png", "bicubic", 2, 10, 8, {"psnr": 30.25, "ssim": 0.9}),
    Row("a.png", "lanczos:lobes=4,antiring=1", 2, 10, 8, {"psnr": math.inf, "ssim": 1.0}),
    Row('b "\n,.png', "bicubic", 2, 4, 4, {"psnr": 20.0, "ssim": None}),
    Row("caf\udce9.png", "bicubic", (2, 2.5), 4, 5, {"psnr": 0.000001, "ssim": -0.5}),
]


def test_means_by_method_and_scale():
    found = means(ROWS)
    assert [(row.image, row.method, row.scale, row.width) for row in found] == [
        (MEAN, "bicubic", 2, None),
        (MEAN, "lanczos:lobes=4,antiring=1", 2, None),
        (MEAN, "bicubic", (2, 2.5), None),
    ]
    assert found[0].metrics == {"psnr": 25.125, "ssim": 0.9}  # of what was left out there is no mean
    assert found[1].metrics["psnr"] == math.inf
    assert means([Row("a", "m", 2, 1, 1, {"ssim": None})])[0].metrics == {"ssim": None}


def test_an_image_that_is_exact_by_all_methods_does_not_hide_the_others():
    figures = {"flat": (math.inf, math.inf), "photo": (30, 31), "easy": (math.inf, 50)}
    rows = [
        Row(image, method, 2, 9, 9, {"psnr": value})
        for image, both in figures.items()
        for method, value in zip("ab", both, strict=True)
    ]
    assert [row.metrics["psnr"] for row in means(rows[:4])] == [30, 31]
    assert [row.metrics["psnr"] for row in means(rows)] == [math.inf, 40.5]
    assert [row.metrics["psnr"] for row in means(rows[:2])] == [math.inf, math.inf]
    assert means([*rows[:4], Row("flat", "c", 3, 9, 9, {"psnr": math.inf})])[2].metrics["psnr"] == math.inf


def test_best_first_and_nothing_last():
    assert [row.metrics["ssim"] for row in best_first(ROWS, "ssim")] == [1.0, 0.9, -0.5, None]


def test_csv_is_read_as_it_was_written():
    text = csv_text(ROWS, NAMES) + csv_text(means(ROWS))
    assert text.splitlines()[:3] == [
        "image,method,scale,width,height,psnr,ssim",
        "a.png,bicubic,2,10,8,30.25,0.9",
        'a.png,"lanczos:lobes=4,antiring=1",2,10,8,inf,1',
    ]
    assert text.endswith("(mean),bicubic,2x2.5,,,0.000001,-0.5\n")
    assert read_csv(text, NAMES) == ROWS


def test_what_a_killed_run_has_left():
    text = csv_text(ROWS[:2], NAMES)
    for cut in range(len(text.splitlines(keepends=True)[0]), len(text)):
        found = read_csv(text[:cut], NAMES)
        assert found == ROWS[: text[:cut].count("\n") - 1]
    assert read_csv(text + "a.png,bicubic,2,x,8,1,1\na.png,bicubic\n", NAMES) == ROWS[:2]


@pytest.mark.parametrize("text", ["", "image,method\n", csv_text([], ("ssim", "psnr")), csv_text([], ("psnr",))])
def test_other_columns_are_refused(text):
    with pytest.raises(InputError, match="same metrics"):
        read_csv(text, NAMES)


def test_an_image_that_is_called_mean():
    row = Row(MEAN, "bicubic", 2, 4, 4, {"psnr": 1.0, "ssim": 1.0})
    assert read_csv(csv_text([row, *means([row])], NAMES), NAMES) == [row]
    assert document([row], "1", "sr", None)["rows"][0]["image"] == MEAN


def test_json_knows_no_infinity():
    found = document(ROWS, "0.1.0", "sr", "area")
    assert list(found) == ["schema", "version", "convention", "downsampler", "rows", "means"]
    assert (found["schema"], found["version"], found["downsampler"]) == (1, "0.1.0", "area")
    assert found["rows"][1] == {
        "image": "a.png", "method": "lanczos:lobes=4,antiring=1", "scale": 2, "width": 10, "height": 8,
        "metrics": {"psnr": None, "ssim": 1.0}, "infinite": ["psnr"],
    }  # fmt: skip
    assert list(found["rows"][0]) == ["image", "method", "scale", "width", "height", "metrics", "infinite"]
    assert found["means"][0] == {
        "method": "bicubic", "scale": 2, "metrics": {"psnr": 25.125, "ssim": 0.9}, "infinite": [],
    }  # fmt: skip
    assert found["rows"][3]["scale"] == (2, 2.5)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("scale", "number", "text"), [("4", 4, "4"), ("2.5", 2.5, "2.5"), ("2x3", (2, 3), "2x3"), ("1.50", 1.5, "1.5")]
)
def test_scales(scale, number, text):
    assert factor_of(parse_scale(scale)) == number
    assert scale_text(number) == text


def test_a_scale_of_two_sizes_is_the_same_read_again():
    odd = factor_of(Scale(parse_scale("341").x / 85, parse_scale("341").y / 85))
    assert odd == 4.01176
    assert factor_of(parse_scale(scale_text(odd))) == odd
