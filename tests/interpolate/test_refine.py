"""Back-projection."""

import itertools

import numpy as np
import pytest

from upscale_cli import jit, resize
from upscale_cli.errors import GeometryError, UsageError
from upscale_cli.interpolate import refine

SIDE = 8 if jit.interpreted() else 40


def picture(sample="float32", channels=3, seed=1):
    values = np.random.default_rng(seed).random((SIDE, SIDE + 3, channels))
    return values.astype(np.float32) if sample == "float32" else np.rint(values * np.iinfo(sample).max).astype(sample)


def shrunk(large, src):
    return resize(large, size=f"{src.shape[1]}x{src.shape[0]}!", method="bicubic", edge="replicate")


def error(large, src):
    return float(np.sqrt(np.mean((shrunk(large, src).astype(float) - src) ** 2)))


@pytest.mark.parametrize("scale", [2, 2.5, (3, 1.5)])
@pytest.mark.parametrize("method", ["bicubic", "area", "dcci"])
def test_every_time_the_result_fits_the_source_better(method, scale):
    src = picture()
    errors = [error(resize(src, scale, method=method, refine=n), src) for n in (0, 1, 3, 8)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 8


def test_is_the_sum_of_its_steps():
    """One pass by hand: shrink, subtract, enlarge, add."""
    src = picture()
    first = resize(src, 3, method="bilinear")
    lacking = src - shrunk(first, src)
    want = first + resize(lacking, 3, method="bicubic", edge="replicate")
    assert np.abs(resize(src, 3, method="bilinear", refine=1) - want).max() < 1e-5


def test_a_constant_stays():
    src = np.full((5, 6, 3), 77, np.uint8)
    assert (resize(src, 2.5, refine=4) == 77).all()


def test_no_colour_leaks_from_under_no_alpha():
    src = picture("uint8", 4) | 1
    src[..., 3] = 255
    src[:, SIDE // 2 :, 3] = 0
    src[:, SIDE // 2 :, :3] = (0, 255, 0)
    src[:, : SIDE // 2, :3] = (200, 0, 0)
    got = resize(src, 3, refine=3)
    seen = got[..., 3] > 0
    assert (got[seen][:, 1] <= 1).all()


def test_a_part_of_the_picture_is_refined_by_that_part():
    src = np.concatenate([picture(), picture()[:, :1]], 1)  # four columns wider than high
    request = {"size": (2 * SIDE, 2 * SIDE), "fit": "cover", "method": "bicubic"}
    errors = [
        np.abs(resize(resize(src, **request, refine=n), 0.5) - src[:, 2:-2])[2:-2, 2:-2].mean() for n in (0, 1, 4)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < errors[0] / 4


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
def test_bands_equal_the_whole(sample, monkeypatch):
    monkeypatch.setattr(refine, "BLOCK", 16)
    src = picture(sample)
    made = resize(src, 2)
    axes = {}
    original = refine.refiner

    def seen(*arguments):
        axes["all"] = arguments
        return original(*arguments)

    monkeypatch.setattr(refine, "refiner", seen)
    whole = resize(src, 2, refine=2, threads=1)
    rows = original(src, made, *axes["all"][2:])
    banded = np.zeros_like(whole)
    ends = [0, 1, 7, 16, 17, 2 * SIDE]
    for y0, y1 in itertools.pairwise(ends):
        if y0 < y1 <= 2 * SIDE:
            rows(banded, y0, y1)
    assert (banded == whole).all()


def test_blocks_do_not_show(monkeypatch):
    src = picture()
    whole = resize(src, 2, refine=3)
    monkeypatch.setattr(refine, "BLOCK", 8)
    assert np.abs(resize(src, 2, refine=3) - whole).max() < 1e-5


def test_what_is_shrunk_is_not_refined():
    with pytest.raises(UsageError, match="what is shrunk cannot be refined"):
        resize(picture(), 0.5, refine=1)
    with pytest.raises(GeometryError, match="what is shrunk cannot be refined"):
        resize(picture(), size="5x", refine=1)
    for method in ("nearest", "region", "xbr", "scale2x", "unpool", "auto"):
        with pytest.raises(UsageError, match=f"{method} takes no refine"):
            resize(picture(), 2, method=method, refine=1)
    with pytest.raises(UsageError, match="nothing like --refine"):
        resize(picture(), 2, refine=1, like="opencv")
    with pytest.raises(UsageError, match="refine -1 is no whole number from 0 to 100"):
        resize(picture(), 2, refine=-1)
    with pytest.raises(UsageError, match=r"refine=1\.5 is no whole number"):
        resize(picture(), 2, method="bicubic:refine=1.5")
