"""Conventions: what is the truth, what a method gets, what is looked at."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests import naive
from upscale_cli import jit
from upscale_cli.errors import GeometryError, InputError, UsageError
from upscale_cli.evaluate.choice import DEFAULT_METRICS
from upscale_cli.evaluate.compare import compare
from upscale_cli.evaluate.protocol import Protocol, Trial, alike, planes
from upscale_cli.evaluate.rows import means
from upscale_cli.geometry import parse_scale
from upscale_cli.spec import parse_method

SET14 = Path(__file__).parents[3] / "shared" / "data" / "eval" / "set14"
rng = np.random.default_rng(5)
NOISE = rng.integers(0, 256, (14, 22, 3), np.uint8)
TWICE, BICUBIC = parse_scale("2"), parse_method("bicubic")


@pytest.mark.parametrize(
    ("colour", "luma"),
    [((0, 0, 0), 16), ((255, 255, 255), 235), ((255, 0, 0), 81.481), ((0, 255, 0), 144.553), ((0, 0, 255), 40.966)],
)
def test_luma_is_in_the_studio_range(colour, luma):
    pixel = np.array([[colour]], np.uint8)
    assert planes(pixel, "y")[0, 0, 0] == pytest.approx(luma, abs=1e-9)
    assert planes(pixel.astype(np.uint16) * 257, "y")[0, 0, 0] == pytest.approx(257 * luma, abs=1e-6)
    assert planes(pixel.astype(np.float32) / 255, "y")[0, 0, 0] == pytest.approx(luma / 255, abs=1e-9)


def test_grey_is_its_own_luma():
    assert planes(NOISE[..., :1], "y").tolist() == NOISE[..., :1].tolist()


def test_linear_light():
    levels = np.array([[[0], [10], [188], [255]]], np.uint8)
    # 10/255 = 0.0392 lies on the straight part of the curve
    expected = [0, 10 / 12.92, 255 * ((188 / 255 + 0.055) / 1.055) ** 2.4, 255]
    assert planes(levels, "linear")[0, :, 0].tolist() == pytest.approx(expected, abs=1e-9)
    assert planes(np.float32([[[-0.5], [1.5]]]), "linear")[0, :, 0].tolist() == pytest.approx(
        [-0.5 / 12.92, 2.5372], 1e-4
    )


def test_what_is_transparent_is_seen_on_middle_grey():
    pixels = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8)
    expected = [[200, 100, 0], [127.5] * 3, [0.2 * c + 0.8 * 127.5 for c in (200, 100, 0)]]
    assert planes(pixels, "rgb")[0] == pytest.approx(np.array(expected))
    assert planes(pixels[..., 2:], "y")[0, :, 0].tolist() == pytest.approx([0, 127.5, 102])


@pytest.mark.parametrize(
    ("scale", "truth", "low"),
    [
        ("2", (22, 14), (11, 7)),
        ("3", (21, 12), (7, 4)),
        ("4", (20, 12), (5, 3)),
        ("2.5", (20, 13), (8, 5)),  # 5 x 2.5 = 12.5, half up
        ("1.5", (21, 14), (14, 9)),
        ("2x4", (22, 12), (11, 3)),
    ],
)
def test_the_truth_is_cut_to_a_multiple(scale, truth, low):
    got = Protocol().round_trip(NOISE, parse_scale(scale))
    assert [each.shape[1::-1] for each in got] == [truth, low]
    assert (got[0] == NOISE[: truth[1], : truth[0]]).all()
    result, _ = Trial(Protocol(), parse_scale(scale), *got).enlarge(BICUBIC)
    assert result.shape == got[0].shape


def test_an_image_smaller_than_the_factor():
    with pytest.raises(GeometryError, match="22x14 pixels cannot be shrunk by 15"):
        Protocol().round_trip(NOISE, parse_scale("15"))


def shrunk(image, factor):
    """Shrink by MATLAB's bicubic with the naive twin, in floats."""
    axes = [naive.Axis(side, side // factor) for side in (image.shape[1], image.shape[0])]
    return naive.separable(image.astype(float), *axes, None, 0.0, "cubic", b=0, c=0.5)


def test_sr_rounds_what_methods_get_once():
    _, low = Protocol().round_trip(NOISE, TWICE)
    exact = shrunk(NOISE, 2)
    assert low.dtype == np.uint8
    assert np.abs(low - np.clip(exact, 0, 255)).max() <= 0.5 + 1e-3


def test_sr_luma_takes_luma_first_and_keeps_floats():
    truth, low = Protocol("sr-luma").round_trip(NOISE, TWICE)
    luma = np.rint(16 + NOISE @ np.array([65.481, 128.553, 24.966]) / 255)
    assert truth.dtype == np.uint8
    assert (truth[..., 0] == luma).all()
    assert low.dtype == np.float32
    assert np.abs(low * 255 - shrunk(truth, 2)).max() < 1e-3
    result, _ = Trial(Protocol("sr-luma"), TWICE, truth, low).enlarge(BICUBIC)
    assert result.dtype == np.uint8


def test_depth():
    deep = (NOISE // 2).astype(np.uint16) * 257 + 100
    assert (Protocol("sr").prepared(deep) == NOISE // 2).all()
    assert Protocol("full").prepared(deep) is deep
    assert (Protocol("sr").prepared(np.float32([[[-1.0], [0.5], [7.0]]])) == [[[0], [128], [255]]]).all()
    light = NOISE.astype(np.float32) / 255
    for samples in (deep, light):
        truth, low = Protocol("full").round_trip(samples, TWICE)
        assert truth.dtype == low.dtype == samples.dtype


def figures(protocol, scale, truth, result, low=None):
    trial = Trial(protocol, parse_scale(scale), truth, low)
    found, notes = trial.measure(result)
    assert notes == []
    return found


def frame(width):
    """Return a grey truth, and the same with a border of so many pixels that are off."""
    truth = np.full((24, 30, 1), 100, np.uint8)
    wrong = truth.copy()
    wrong[:width] = wrong[-width:] = wrong[:, :width] = wrong[:, -width:] = 110
    return truth, wrong


@pytest.mark.parametrize(("scale", "border"), [("2", 2), ("3", 3), ("2.5", 3)])
def test_a_border_of_the_factor_is_left_out(scale, border):
    low = np.full((4, 4, 1), 100, np.uint8)
    protocol = Protocol(metrics=("psnr",))
    assert figures(protocol, scale, *frame(border), low)["psnr"] == math.inf
    assert figures(protocol, scale, *frame(border + 1), low)["psnr"] < 50
    assert figures(Protocol("full", ("psnr",)), scale, *frame(border), low)["psnr"] < 50
    assert figures(Protocol("full", ("psnr",), shave=border), scale, *frame(border), low)["psnr"] == math.inf
    assert figures(Protocol("sr", ("psnr",), shave=0), scale, *frame(border), low)["psnr"] < 50
    assert figures(protocol, "1", *frame(1))["psnr"] < 50  # without enlarging there is no border


def test_each_side_has_its_own_border():
    truth, wrong = frame(2)
    low = np.full((4, 4, 1), 100, np.uint8)
    assert figures(Protocol(metrics=("psnr",)), "2x3", truth, wrong, low)["psnr"] == math.inf
    wrong[2] = 110
    assert figures(Protocol(metrics=("psnr",)), "2x3", truth, wrong, low)["psnr"] == math.inf
    wrong[:, 2] = 110
    assert figures(Protocol(metrics=("psnr",)), "2x3", truth, wrong, low)["psnr"] < 50


def test_a_border_that_leaves_nothing():
    truth, low = Protocol().round_trip(NOISE, parse_scale("7"))
    with pytest.raises(InputError, match="nothing is left of 21x14: use --convention full"):
        Trial(Protocol(), parse_scale("7"), truth, low)


def test_spaces_look_at_what_they_say():
    truth = np.zeros((8, 8, 3), np.uint8) + np.uint8([10, 20, 200])
    result = truth + np.uint8([0, 0, 9])
    at = {space: figures(Protocol("full", ("mae",), space=space), "1", truth, result)["mae"] for space in ("rgb", "y")}
    assert at == {"rgb": 3, "y": pytest.approx(9 * 24.966 / 255, abs=1e-6)}
    light = figures(Protocol("full", ("mae",), space="linear"), "1", truth, result)["mae"]
    curve = [((v / 255 + 0.055) / 1.055) ** 2.4 * 255 for v in (209, 200)]
    assert light == pytest.approx((curve[0] - curve[1]) / 3, abs=1e-6)


def test_lr_psnr_shrinks_the_result_again():
    truth, low = Protocol().round_trip(NOISE, TWICE)
    trial = Trial(Protocol(metrics=("lr_psnr",)), TWICE, truth, low)
    assert trial.measure(truth)[0]["lr_psnr"] == math.inf  # shrunk, it is what methods were given
    inner = (slice(1, -1), slice(1, -1))
    result, _ = trial.enlarge(parse_method("nearest"))
    again = np.rint(np.clip(shrunk(result, 2), 0, 255))
    error = planes(again.astype(np.uint8), "y")[inner] - planes(low, "y")[inner]
    expected = 10 * math.log10(255**2 / (error**2).mean())
    assert trial.measure(result)[0]["lr_psnr"] == pytest.approx(expected, abs=0.02)  # a tie may round either way


def test_what_means_nothing_is_said():
    truth = NOISE[:8, :8]
    found, notes = Trial(Protocol("full", ("psnr", "ssim")), parse_scale("1"), truth).measure(truth)
    assert found == {"psnr": math.inf, "ssim": None}
    assert len(notes) == 1
    assert "ssim" in notes[0]
    assert "8x8" in notes[0]


def test_speed_is_of_the_result():
    truth, low = Protocol().round_trip(NOISE, TWICE)
    trial = Trial(Protocol(metrics=("ms", "mps")), TWICE, truth, low)
    assert trial.measure(truth, 0.002)[0] == {"ms": 2, "mps": 0.154}


def test_alike():
    grey, colour = NOISE[..., :1], NOISE
    one, other = alike(grey, colour)
    assert (one == grey).all()
    assert one.shape == colour.shape
    assert other is colour
    with_alpha, _ = alike(NOISE[..., :2], colour.astype(np.uint16) * 257)
    assert with_alpha.shape[2] == 4
    assert (with_alpha == np.concatenate([NOISE[..., :1]] * 3 + [NOISE[..., 1:2]], 2).astype(int) * 257).all()
    floats, _ = alike(colour, np.zeros((1, 1, 1), np.float32))
    assert floats.dtype == np.float32
    assert floats.max() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"convention": "sr-lumaa"}, "did you mean sr-luma"),
        ({"metrics": ("snr",)}, "did you mean psnr"),
        ({"space": "hsv"}, "it is one of rgb, y, linear"),
        ({"shave": -1}, "cannot be left out"),
        ({"downsampler": "areaa"}, "did you mean area"),
        ({"convention": "sr-luma", "space": "rgb"}, "sr-luma has nothing but luma"),
    ],
)
def test_wrong_protocols(words, message):
    with pytest.raises(UsageError, match=message):
        Protocol(**words)


@pytest.mark.skipif(not SET14.is_dir(), reason="Set14 is not there")
@pytest.mark.skipif(jit.interpreted(), reason="photographs take minutes, interpreted")
@pytest.mark.parametrize(
    ("convention", "published"),
    [
        ("sr", {2: (30.2357, 0.8692), 3: (27.5397, 0.7746), 4: (25.9973, 0.7031)}),
        ("sr-luma", {2: (30.2318, 0.8687), 3: (27.5405, 0.7736), 4: (26.0001, 0.7019)}),
    ],
)
def test_bicubic_on_set14(convention, published):
    rows = compare(SET14, [2, 3, 4], "bicubic", convention=convention, metrics=("psnr", "ssim"))
    assert len(rows) == 14 * 3
    for row in means(rows):
        assert (row.metrics["psnr"], row.metrics["ssim"]) == pytest.approx(published[row.scale], abs=0.00006)


def test_defaults():
    assert Protocol().metrics == DEFAULT_METRICS
    assert Protocol("full").measured == "rgb"
    assert Protocol("full", space="y").measured == "y"
    assert Protocol().measured == Protocol("sr-luma").measured == "y"
