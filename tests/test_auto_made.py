"""Label maps and drawings, made here, as `-m auto` and `-m region` tell them apart."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from tests.test_auto import INTERPRETED, chosen
from upscale_cli import auto, resize
from upscale_cli.codec.pillow import raster_of
from upscale_cli.request import make_request


def cells(seed, form, size=(100, 120)):
    """Return a map of labels: cells around points, in six levels or colours of any order."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    points = rng.random((18, 2)) * size
    labels = np.argmin((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2, axis=2) % 6
    palette = {
        "in order": lambda: np.arange(0, 201, 40)[:, None].astype(np.uint8),
        "grey": lambda: rng.choice(256, (6, 1), replace=False).astype(np.uint8),
        "16 bits": lambda: rng.choice(65536, (6, 1), replace=False).astype(np.uint16),
        "colour": lambda: rng.integers(0, 256, (6, 3)).astype(np.uint8),
    }[form]()
    return np.ascontiguousarray(palette[labels])


def heights(levels=(0, 40, 80, 120, 160, 200)):
    """Return a bowl: values lie side by side in their order, near the rim so densely that an edge leads through one."""
    y, x = np.mgrid[:90, :110]
    depth = np.minimum(np.hypot(x - 50, y - 41) / 39, 0.999) ** 5
    return np.array(levels, np.uint8)[(depth * len(levels)).astype(int)][..., None]


@pytest.mark.parametrize("form", ["in order", "grey", "16 bits", "colour"])
def test_label_maps_are_seen_whatever_their_values(form):
    for seed in range(1 if INTERPRETED else 30):
        labels = cells(seed, form, (30, 40) if INTERPRETED else (100, 120))
        found = auto.choose(labels, "rgb" if form == "colour" else "grey", False, (2, 2))
        assert (found.method, found.why[:11]) == ("region", "label image")


@pytest.mark.skipif(INTERPRETED, reason="many pictures are slow interpreted")
def test_maps_of_heights_are_label_maps():
    rng = np.random.default_rng(4)
    sets = [np.arange(0, 201, 40), *(np.sort(rng.choice(256, 6, replace=False)) for _ in range(60))]
    found = [chosen(Image.fromarray(heights(levels)[..., 0])) for levels in sets]
    assert {(each.method, each.why[:11]) for each in found} == {("region", "label image")}


@pytest.mark.skipif(INTERPRETED, reason="regions are slow interpreted")
@pytest.mark.parametrize("form", ["in order", "grey", "16 bits", "colour", "heights"])
def test_label_maps_keep_their_values(form):
    labels = heights() if form == "heights" else cells(3, form)
    values = {tuple(value) for value in labels.reshape(-1, labels.shape[2]).tolist()}
    for method in ("region", "auto"):
        got = resize(labels, 2, method=method)
        assert {tuple(value) for value in got.reshape(-1, labels.shape[2]).tolist()} == values
        assert (got != resize(labels, 2, method="nearest")).any()


def drawn(kind, hard, ink=(0, 0, 0), size=(140, 110), ground=(255, 255, 255)):
    """Return lines, text or discs, drawn at once where they are hard, else four times as large and averaged."""
    many = 1 if hard else 4
    image = Image.new("RGB", (size[0] * many, size[1] * many), ground)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1" if hard else "L"
    rng = np.random.default_rng(7)
    for i in range({"dense lines": 32, "lines": 12, "text": 8, "discs": 9}[kind]):
        x, y = rng.random(2) * size * many
        if kind == "text":
            font = ImageFont.load_default(13 * many)
            draw.text((2 * many, 14 * many * i), "Sphinx of black quartz", ink, font)
        elif kind == "discs":
            draw.circle((x, y), (5 + 2 * i) * many, ink if i % 2 else ground)
        else:
            draw.line([(x, y), tuple(rng.random(2) * size * many)], ink, many)
    return image.reduce(many) if many > 1 else image


@pytest.mark.skipif(INTERPRETED, reason="these are slow interpreted")
@pytest.mark.parametrize("kind", ["lines", "dense lines", "text", "discs"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_black_on_white_is_a_drawing(kind, mode):
    for image in (drawn(kind, False), drawn(kind, False, size=(400, 350))):
        found = chosen(image.convert(mode))
        assert (found.method, found.why[:8]) == ("dcci", "flat art")
        assert chosen(ImageOps.invert(image).convert(mode)).method == "dcci"
    for size in ((140, 110), (400, 350)):
        found = chosen(drawn(kind, True, size=size).convert(mode))
        assert found.method in ("region", "xbr")


@pytest.mark.skipif(INTERPRETED, reason="these are slow interpreted")
@pytest.mark.parametrize("kind", ["lines", "text", "discs"])
@pytest.mark.parametrize("ink", [(0, 0, 0), (90, 90, 90), (200, 30, 60), (225, 225, 225)])
def test_antialiased_drawings_are_no_label_images(kind, ink):
    image = drawn(kind, False, ink)
    assert "label" not in chosen(image).why
    assert "labels" not in plan_of_region(image)
    few = image.quantize(8).convert("RGB")  # eight levels from ink to paper
    assert "label" not in chosen(few).why


def plan_of_region(image):
    raster = raster_of(image)
    request = make_request(2, method="region")
    return str(request.plan(raster, request.geometry(raster.width, raster.height))[1])
