"""`--palette keep`: results in the source's own colours, each the nearest, under the same numbers."""

import itertools

import numpy as np
import pytest
from PIL import Image

from tests import naive
from tests.codec.test_deep import noise, png
from upscale_cli import resize, resize_file

from .test_profiles import GAMMA

PIXELS = (noise(3) >> 8).astype(np.uint8)
INDEX = PIXELS[..., 0] % 8
COLOURS = [
    (0, 0, 0),
    (255, 0, 0),
    (0, 255, 0),
    (20, 30, 250),
    (255, 255, 255),
    (128, 128, 0),
    (90, 90, 90),
    (9, 200, 200),
]
CLEAR = {"opaque": None, "one": 3, "the first": 0, "some": bytes([255, 0, 128]), "all": bytes([0, 40, 80, 255] * 2)}


def indexed(colours=COLOURS, clear=None, index=INDEX):
    image = Image.frombytes("P", index.shape[::-1], index.tobytes())
    image.putpalette([value for colour in colours for value in colour])
    image.info |= {} if clear is None else {"transparency": clear}
    return image


def saved(path, image, **more):
    clear = image.info.get("transparency")
    image.save(path, **({} if clear is None else {"transparency": clear}), **more)
    return path


def shown(image):
    """Return what an image with a palette shows, and its palette likewise."""
    mode = "RGB" if image.info.get("transparency") is None else "RGBA"
    count = len(image.getpalette()) // 3
    ramp = indexed([(0, 0, 0)], image.info.get("transparency"), np.arange(count, dtype=np.uint8)[None])
    ramp.putpalette(image.getpalette())
    return np.asarray(image.convert(mode)), np.asarray(ramp.convert(mode))[0]


def nearest(image, method="bicubic"):
    """Return the numbers that an image's pixels should have, two times as large."""
    pixels, colours = shown(image)
    return naive.nearest_colours(resize(pixels, 2, method=method), colours)[..., 0]


@pytest.mark.parametrize("method", ["bicubic", "area", "nearest"])
@pytest.mark.parametrize("clear", CLEAR)
def test_pixels_are_the_nearest_of_the_palettes_colours(clear, method, tmp_path):
    source = saved(tmp_path / "in.png", indexed(clear=CLEAR[clear]))
    done = resize_file(source, tmp_path / "out.png", 2, method=method, palette="keep")
    before, after = Image.open(source), Image.open(tmp_path / "out.png")
    assert done.notes == []
    assert ("nearest of 8 colours" in done.plan) == (method != "nearest")
    assert (after.mode, after.getpalette()[:24]) == ("P", before.getpalette()[:24])
    assert after.info.get("transparency") == before.info.get("transparency")
    if method == "nearest":
        assert (np.asarray(after) == INDEX.repeat(2, axis=0).repeat(2, axis=1)).all()
    else:
        assert (np.asarray(after) == nearest(before, method)).all()


def test_the_filter_is_at_work(tmp_path):
    source = saved(tmp_path / "in.png", indexed())
    resize_file(source, tmp_path / "out.png", 2, palette="keep")
    copied = INDEX.repeat(2, axis=0).repeat(2, axis=1)
    assert (np.asarray(Image.open(tmp_path / "out.png")) != copied).any()


@pytest.mark.parametrize("extension", ["gif", "png", "bmp", "tif", "pcx", "tga"])
@pytest.mark.parametrize("source", ["gif", "png", "bmp", "tif"])
def test_formats_with_palettes(source, extension, tmp_path):
    path = saved(tmp_path / f"in.{source}", indexed())
    resize_file(path, tmp_path / f"out.{extension}", 2, palette="keep")
    before, after = Image.open(path), Image.open(tmp_path / f"out.{extension}")
    before.load()
    assert after.mode == "P"
    expected = np.array(COLOURS)[nearest(before)]
    assert (np.asarray(after.convert("RGB")) == expected).all()


@pytest.mark.parametrize("extension", ["gif", "png"])
def test_a_clear_colour_of_a_gif_stays_clear(extension, tmp_path):
    path = saved(tmp_path / "in.gif", indexed(clear=2))
    resize_file(path, tmp_path / f"out.{extension}", 2, palette="keep")
    after = Image.open(tmp_path / f"out.{extension}")
    expected = nearest(indexed(clear=2)) == 2
    assert after.mode == "P"
    assert ((np.asarray(after.convert("RGBA"))[..., 3] == 0) == expected).all()
    assert 0 < expected.mean() < 1


@pytest.mark.parametrize("extension", ["jpg", "webp", "ppm"])
def test_formats_without_palettes_show_their_colours(extension, tmp_path):
    path = saved(tmp_path / "in.png", indexed())
    more = {"lossless": True} if extension == "webp" else {"quality": 100} if extension == "jpg" else {}
    resize_file(path, tmp_path / f"out.{extension}", 2, palette="keep", **more)
    after = np.asarray(Image.open(tmp_path / f"out.{extension}").convert("RGB")).astype(int)
    assert np.abs(after - np.array(COLOURS)[nearest(indexed())]).mean() <= (25 if extension == "jpg" else 0)


@pytest.mark.parametrize("extension", ["png", "tif", "gif", "bmp", "pbm"])
def test_black_and_white_stays_black_and_white(extension, tmp_path):
    image = Image.fromarray(PIXELS[..., 0]).convert("1")
    image.save(tmp_path / "in.png")
    resize_file(tmp_path / "in.png", tmp_path / f"out.{extension}", 2, palette="keep")
    after = Image.open(tmp_path / f"out.{extension}")
    filtered = resize(np.asarray(image.convert("L")), 2)
    assert after.mode == ("P" if extension == "gif" else "1") or (extension, after.mode) == ("gif", "L")
    assert (np.asarray(after.convert("L")) == np.where(filtered > 127, 255, 0)).all()
    resize_file(tmp_path / "in.png", tmp_path / "full.png", 2)
    assert Image.open(tmp_path / "full.png").mode == "L"


def test_of_equal_colours_the_first_is_taken(tmp_path):
    path = saved(tmp_path / "in.png", indexed([(9, 9, 9), (200, 0, 0), (9, 9, 9), (200, 0, 0)], index=INDEX % 4))
    resize_file(path, tmp_path / "out.png", 2, palette="keep")
    assert {*np.asarray(Image.open(tmp_path / "out.png")).ravel()} == {0, 1}


def test_256_colours(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (256, 3)).tolist()
    index = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = saved(tmp_path / "in.png", indexed(colours, bytes(range(256)), index))
    resize_file(path, tmp_path / "out.png", 2, palette="keep")
    after = Image.open(tmp_path / "out.png")
    assert (after.getpalette(), after.info["transparency"]) == (
        [*itertools.chain(*colours)],
        bytes(range(255)) + b"\xff",
    )
    assert (np.asarray(after) == nearest(Image.open(path))).all()


def test_greys_profiles_and_other_options_leave_the_palette(tmp_path):
    greys = [(v, v, v) for v in range(0, 256, 32)]
    path = saved(tmp_path / "in.png", indexed(greys), icc_profile=GAMMA)
    for options in ({}, {"linear": True}, {"depth": 8}, {"background": "red", "size": "30x10", "fit": "contain"}):
        size = {} if "size" in options else {"scale": 2}
        resize_file(path, tmp_path / "out.png", palette="keep", overwrite=True, **size, **options)
        after = Image.open(tmp_path / "out.png")
        assert (after.mode, after.getpalette()[:24]) == ("P", [*itertools.chain(*greys)])
        assert after.info["icc_profile"] == GAMMA


@pytest.mark.parametrize("options", [{}, {"palette": "full"}, {"palette": "keep", "depth": 16}])
def test_full_colour_otherwise(options, tmp_path):
    path = saved(tmp_path / "in.png", indexed())
    done = resize_file(path, tmp_path / "out.png", 2, **options)
    assert Image.open(tmp_path / "out.png").mode == "RGB"
    assert "nearest" not in done.plan


def test_what_has_no_palette_gets_none(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "in.png")
    resize_file(tmp_path / "in.png", tmp_path / "out.png", 2, palette="keep")
    assert (np.asarray(Image.open(tmp_path / "out.png")) == resize(PIXELS, 2)).all()
    resize_file(png(tmp_path / "deep.png", noise(3)), tmp_path / "eight.png", 2, palette="keep", depth=8, dither="none")
    assert Image.open(tmp_path / "eight.png").mode == "RGB"
