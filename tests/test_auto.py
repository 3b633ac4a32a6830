"""What `-m auto` chooses, and by which numbers."""

import io
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests import naive_auto
from upscale_cli import auto, census, resize
from upscale_cli.cli.door import main
from upscale_cli.codec.pillow import raster_of
from upscale_cli.methods import TRADITIONAL
from upscale_cli.raster import COLOURS
from upscale_cli.spec import parse_method

INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
SHARED = Path(__file__).parents[2] / "shared/data"
SETS = ("train/t91", "train/bsd200", "train/luma_crops", "train/photos", "eval/set14")
PIXEL_ART = {"xbr", "hqx", "scale2x", "scale3x", "scale4x"}
NAMES = {row.name for row in TRADITIONAL}
LABELS, SPRITE, DRAWING, PHOTO = "labels.png", "sprite.png", "drawing.png", "photo.png"

shared = pytest.mark.skipif(
    INTERPRETED or not SHARED.is_dir(), reason="the photographs are not part of the project, and slow interpreted"
)


def chosen(image, factors=(2.0, 2.0)):
    raster = raster_of(image)
    return auto.choose(raster.samples, raster.space, raster.alpha, factors)


def opened(path, side=None):
    """Return a picture; interpreted, a window of it from its middle."""
    image = Image.open(path)
    image.load()
    left, top = ((size - (side or 0)) // 2 for size in image.size)
    return image.crop((left, top, left + side, top + side)) if side and INTERPRETED else image


def compressed(image, quality):
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return Image.open(file)


def thumbnail(image, side):
    image = image.convert("RGB")
    image.thumbnail((side, side))
    return image


def on_white(image):
    """Return the picture, as large as a quarter of the ground, with a soft outline."""
    width, height = image.size
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((0, 0, width - 1, height - 1), fill=255)
    ground = Image.new("RGB", (2 * width, 2 * height), "white")
    ground.paste(image.convert("RGB"), (width // 2, height // 2), mask.filter(ImageFilter.GaussianBlur(1)))
    return ground


def with_bars(image):
    width, height = image.size
    ground = Image.new("RGB", (width, 2 * height))
    ground.paste(image.convert("RGB"), (0, height // 2))
    return ground


def squares(image):
    image = thumbnail(image, 30)
    return image.resize((3 * image.width, 3 * image.height), Image.Resampling.NEAREST)


FORMS = {
    "as it is": lambda image: image,
    "grey": lambda image: image.convert("L"),
    "256 colours": lambda image: image.convert("RGB").quantize(256),
    "dithered": lambda image: image.convert("RGB").quantize(
        32, palette=image.convert("RGB").quantize(32), dither=Image.Dither.FLOYDSTEINBERG
    ),
    "64 colours": lambda image: image.convert("RGB").quantize(64, dither=Image.Dither.NONE),
    "JPEG 30": lambda image: compressed(image, 30),
    "JPEG 10": lambda image: compressed(image, 10),
    "posterised": lambda image: compressed(image.convert("RGB").point(lambda v: v & 0xE0), 75),
    "with bars": with_bars,
    "on white": on_white,
    "on white, JPEG 30": lambda image: compressed(on_white(image), 30),
    "32 pixels": lambda image: thumbnail(image, 32),
    "16 pixels": lambda image: thumbnail(image, 16),
    "16 pixels, grey": lambda image: thumbnail(image, 16).convert("L"),
    "32 pixels, 256 colours": lambda image: thumbnail(image, 32).quantize(256),
    "32 pixels, JPEG 30": lambda image: compressed(thumbnail(image, 32), 30),
    "in blocks": squares,
}


# ------------------------------------------------------------------------------------------------------------- counting


def patches():
    """Return squares, of which those of three pixels and more have an area."""
    picture = few_colours(14, 15, 3)
    for i, side in enumerate((1, 2, 3, 3, 4, 2, 3)):
        picture[2 * i :, 2 * i :][:side, :side] = 30 * (i % 4)
    return picture


def few_colours(height, width, channels, seed=1):
    rng = np.random.default_rng(seed)
    palette = rng.choice(np.array([0, 10, 26, 60, 200, 255], np.uint8), (5, channels))
    return palette[rng.integers(0, 5, (height, width))]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (2, 1), (1, 9), (9, 1), (2, 2), (3, 7), (12, 11)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pixels_are_counted_as_the_twin_counts_them(height, width, channels):
    picture = few_colours(height, width, channels)
    expected, (columns, rows) = naive_auto.count(picture), naive_auto.changes(picture)
    kinds = [picture, picture.astype(np.uint16) * 257, picture.astype(np.float32) / 255]
    for samples in kinds[: 1 if INTERPRETED and channels == 2 else 3]:
        counts, across, down = census.count(samples, False)
        assert dict(zip(expected, counts.tolist(), strict=True)) == expected
        assert (np.flatnonzero(across).tolist(), np.flatnonzero(down).tolist()) == (columns, rows)


def test_areas_are_counted_as_the_twin_counts_them():
    for picture in (patches(), np.ascontiguousarray(patches()[::-1]), np.zeros((3, 3, 1), np.uint8)):
        expected = naive_auto.count(picture)
        assert census.count(picture, False)[0].tolist() == list(expected.values())
        assert expected["areas"] > 0


def test_what_is_transparent_is_alike():
    picture = few_colours(9, 9, 4)
    picture[..., 3] = np.where(picture[..., 0] > picture[..., 1], 255, 0)
    picture[0, :2, 3] = 255, 0
    seen = np.where(picture[..., 3:] > 0, picture, 0)
    assert census.count(picture, True)[0].tolist() == census.count(seen, False)[0].tolist()
    assert census.count(picture, False)[0].tolist() != census.count(seen, False)[0].tolist()


def test_colours_are_counted_up_to_a_limit():
    picture = np.arange(20 * 20, dtype=np.uint16).reshape(20, 20, 1)
    assert census.count(picture, False)[0][census.COLOURS] == census.MOST_COLOURS
    assert census.count(picture[:15, :17].copy(), False)[0][census.COLOURS] == 15 * 17
    large = np.kron(picture, np.ones((3, 3, 1), np.uint16))
    assert census.count(large, False)[0][census.AREAS] == census.MOST_COLOURS
    assert census.count(large[: 15 * 3, : 17 * 3].copy(), False)[0][census.AREAS] == 15 * 17


def test_floats_that_are_no_numbers_are_counted_too():
    picture = np.full((6, 6, 1), 0.5, np.float32)
    picture[2, 2:5, 0] = np.nan, np.inf, -np.inf
    assert census.count(picture, False)[0][census.COLOURS] == 4


def test_windows_lie_alike_from_either_end():
    for size in (census.SIDE * census.SIDES + 1, 1000, 1001, 4003):
        found = census.windows(size)
        assert found == [(size - end, size - start) for start, end in reversed(found)]
        assert {end - start for start, end in found} == {census.SIDE}
        assert (found[0][0], found[-1][1]) == (0, size)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))


@pytest.mark.skipif(INTERPRETED, reason="large pictures are slow interpreted")
def test_large_pictures_are_looked_at_in_windows():
    picture = np.kron(few_colours(260, 190, 3), np.ones((5, 5, 1), np.uint8))
    counts, *_ = census.count(picture, False)
    assert counts[census.PAIRS] < 2 * (census.SIDE * census.SIDES) ** 2 < picture.size
    assert census.census(picture, False).block == 5
    long = np.zeros((100, 100_000, 1), np.uint8)  # more than windows hold, on one axis only
    assert census.count(long, False)[0][census.SQUARES] == census.SIDES * (census.SIDE - 1) * 99


def test_blocks_are_seen_wherever_they_start():
    picture = few_colours(14, 13, 3)
    large = picture.repeat(3, axis=0).repeat(3, axis=1)
    for top, left in ((0, 0), (1, 0), (2, 1)):
        found = census.census(np.ascontiguousarray(large[top:, left:]), False)
        assert found.block == 3
    assert census.census(large, False)._replace(block=1) == census.census(picture, False)
    assert census.census(large[:, :-4].copy(), False).block == 3
    large[20, 20] ^= 255
    assert census.census(large, False).block == 1


# ------------------------------------------------------------------------------------------------------------- choosing


@pytest.mark.parametrize(
    ("name", "method", "why"),
    [
        (PHOTO, "sesr", "photograph"),
        ("portrait.png", "sesr", "photograph"),
        ("grey.png", "sesr", "photograph"),
        ("zoneplate.png", "sesr", "photograph"),
        (SPRITE, "xbr", "pixel art: 21 colours, flat runs of 2.5"),
        (LABELS, "region", "label image: 6 colours, flat runs of 11.9"),
        (DRAWING, "dcci", "flat art, antialiased: 256 colours or more, flat runs of 3.5"),
    ],
)
def test_sample_images(samples, name, method, why):
    whole = name in (SPRITE, LABELS, DRAWING)
    assert chosen(opened(samples / name, None if whole else 48)) == (method, why)


def dithered(levels):
    y, x = np.mgrid[:40, :48]
    return Image.fromarray(((y * levels // 20 + (x + y) % 2) // 2 * 255 // levels).astype(np.uint8))


def hard_shapes(side=150):
    """Return circles of many colours without antialiasing."""
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    for i in range(70):
        x, y = 37 * i % side, 71 * i % side
        draw.ellipse((x, y, x + 20, y + 15), fill=(3 * i, 251 - 3 * i, 97 * i % 256))
    return image


@pytest.mark.parametrize(
    ("image", "method", "why"),
    [
        (lambda folder: Image.new("RGB", (4, 90)), "bicubic", "too small to tell"),
        (lambda folder: Image.new("RGB", (90, 1)), "bicubic", "too small to tell"),
        (lambda folder: Image.new("RGBA", (20, 20), (9, 9, 9, 0)), "nearest", "one colour"),
        (lambda folder: Image.new("L", (5, 5), 7), "nearest", "one colour"),
        (lambda folder: dithered(2), "nearest", "dithered: 3 colours"),
        (lambda folder: opened(folder / SPRITE).resize((144, 96), 0), "nearest", "pixel art in blocks: 21 colours"),
        (lambda folder: hard_shapes(), "region", "flat art: 71 colours"),
        (lambda folder: squares(opened(folder / PHOTO)), "sesr", "photograph"),
        (lambda folder: Image.linear_gradient("L").crop((0, 0, 16, 256)), "sesr", "photograph"),
    ],
)
def test_made_pictures(samples, image, method, why):
    found = chosen(image(samples))
    assert found.method == method
    assert found.why.startswith(why)


def test_every_rule_is_for_known_methods():
    for rule in auto.RULES.values():
        assert all(parse_method(text) for text in rule)
        assert rule.shrinking in NAMES


@pytest.mark.parametrize(
    ("name", "method", "factors"),
    [
        (PHOTO, "lanczos", (0.5, 0.5)),
        (LABELS, "nearest", (2.0, 0.9)),
        (SPRITE, "area", (0.1, 3.0)),
        (DRAWING, "area", (0.9, 0.9)),
    ],
)
def test_shrinking_is_for_traditional_methods(samples, name, method, factors):
    found = chosen(opened(samples / name, 48 if name == PHOTO else None), factors)
    assert found.method == method
    assert found.why.endswith(", to be shrunk")


@pytest.mark.parametrize("space", COLOURS)
@pytest.mark.parametrize("factors", [(2, 2), (0.5, 2)])
def test_spaces_other_than_grey_and_rgb_get_no_pixel_art(space, factors):
    for seed, many in enumerate((2, 4, 250)):
        channels = COLOURS[space] or 2
        picture = np.random.default_rng(seed).integers(0, many, (24, 24, channels)).astype(np.uint8) * (250 // many)
        for samples_of in (picture, np.kron(picture[::4, ::4], np.ones((3, 5, 1), np.uint8))):
            found = auto.choose(np.ascontiguousarray(samples_of), space, False, factors)
            if space not in ("grey", "rgb"):
                assert found.method not in PIXEL_ART


def test_pixel_art_of_a_space_unknown_is_copied(samples):
    raster = raster_of(opened(samples / SPRITE))
    found = auto.choose(raster.samples, "any", True, (2, 2))
    assert found == ("nearest", "pixel art: 21 colours, flat runs of 2.5, in any")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("method", ["auto", "region"])
def test_label_images_get_no_new_value(method, channels):
    labels = np.zeros((40, 40, channels), np.uint8)
    labels[10:30, 5:20], labels[20:, 15:], labels[:8, 25:] = 3, 7, 200
    labels[5:12, 30:36] = 9
    got = resize(labels, 3, method=method)
    assert set(np.unique(got)) == set(np.unique(labels))
    assert (got != resize(labels, 3, method="nearest")).any()


def test_region_is_not_chosen_for_a_constant_border(samples):
    labels = np.asarray(opened(samples / LABELS).convert("RGB"))
    assert auto.choose(labels, "rgb", False, (2, 2), "constant").method == "nearest"
    assert auto.choose(labels, "rgb", False, (2, 2), "wrap").method == "region"


def test_screens_of_few_colours_are_not_given_to_a_network():
    """Sixteen colours scattered over a ramp, as of a photograph or a dithered screen."""
    y, x = np.mgrid[:60, :80]
    noise = np.random.default_rng(4).normal(0, 24, (60, 80))
    levels = np.clip((x * 3 + y + noise) // 20 * 17, 0, 255).astype(np.uint8)
    found = auto.choose(levels[..., None], "grey", False, (2, 2))
    assert found.method == "bicubic"
    assert found.why.startswith("few colours: 16 colours")


def test_a_faded_photograph_is_one_though_its_colours_are_few(samples):
    grey = np.asarray(opened(samples / PHOTO).convert("L")).astype(float)
    faded = np.rint(100 + 0.12 * grey).astype(np.uint8)[..., None]
    assert len(np.unique(faded)) < 40
    assert auto.choose(faded, "grey", False, (2, 2)).method == "sesr"


@pytest.mark.parametrize(
    ("quality", "method"), [(30, "sesr:input=jpeg"), (80, "sesr:input=jpeg"), (98, "sesr"), (None, "sesr")]
)
def test_jpeg_files_get_the_network_that_was_trained_on_such(quality, method, samples, tmp_path, capsys):
    name = str(tmp_path / ("a.jpg" if quality else "a.png"))
    opened(samples / PHOTO, 64).save(name, **{"quality": quality} if quality else {})
    assert main([name, "-s", "2", "-m", "auto", "--json", "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out)["chosen"] == method


# ----------------------------------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("name", [PHOTO, "portrait.png", SPRITE, LABELS, DRAWING])
def test_neither_mirrors_nor_sample_types_change_the_choice(samples, name):
    raster = raster_of(opened(samples / name, 40 if INTERPRETED else None))
    picture, space, alpha = raster.samples, raster.space, raster.alpha
    expected = auto.choose(picture, space, alpha, (2, 2))
    forms = [picture[::-1], picture[:, ::-1], picture.swapaxes(0, 1)]
    forms += [picture.astype(np.uint16) * 257, picture.astype(np.float32) / 255]
    for form in forms:
        assert auto.choose(np.ascontiguousarray(form), space, alpha, (2, 2)) == expected


@pytest.mark.parametrize(("height", "width"), [(5, 5), (5, 6), (6, 5), (5, 40), (31, 5)])
@pytest.mark.parametrize("many", [2, 5, 256])
def test_small_pictures_get_a_choice(height, width, many):
    picture = np.random.default_rng(many).integers(0, many, (height, width, 3)).astype(np.uint8)
    assert parse_method(auto.choose(picture, "rgb", False, (2, 2)).method)


@pytest.mark.parametrize("form", FORMS)
def test_photographs_in_any_form_are_no_pixel_art(samples, form):
    small = form.startswith(("16", "32", "in"))
    for name in (PHOTO, "grey.png"):
        found = chosen(FORMS[form](opened(samples / name, None if small else 48)))
        assert found.method not in PIXEL_ART, (name, found)


# ------------------------------------------------------------------------------------------------------- many pictures


@shared
@pytest.mark.parametrize("form", FORMS)
def test_none_of_many_photographs_is_pixel_art(form):
    every = 1 if form == "as it is" else 12
    paths = [path for folder in SETS for path in sorted((SHARED / folder).iterdir())][::every]
    seen = 0
    for path in paths:
        image = opened(path)
        if image.width > 600 and form != "as it is":
            image.thumbnail((600, 600))
        found = chosen(FORMS[form](image))
        assert found.method not in PIXEL_ART, (path.name, found)
        assert form != "as it is" or found.method == "sesr", (path.name, found)
        seen += 1
    assert seen > 40


@shared
@pytest.mark.parametrize("name", ["pengo.png", "pixelscalers.bmp"])
def test_known_pixel_art_is_seen(name):
    image = opened(SHARED / "pixelart" / name)
    assert chosen(image).method == "xbr"
    large = image.resize((4 * image.width, 4 * image.height), Image.Resampling.NEAREST)
    found = chosen(large)
    assert found.method == "nearest"
    assert found.why.endswith("in blocks of 4x4")
