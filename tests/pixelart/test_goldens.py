"""Equality with FFmpeg's `epx`, `hqx` and `xbr`, at every pixel."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.naive_pixelart import GOLDENS
from upscale_cli.pixelart import hqx_rules

from .pictures import ENGINES, INTERPRETED, enlarged

SHARED = Path(__file__).parents[3] / "shared" / "data" / "pixelart"
NAMES = {"scale": "epx", "hqx": "hqx", "xbr": "xbr"}


@pytest.mark.parametrize(("engine", "factor"), ENGINES)
def test_equals_ffmpeg_on_noise(engine, factor):
    """A fifth of the picture when interpreted."""
    goldens = np.load(GOLDENS / "pictures.npz")
    rows = 5 if INTERPRETED else 24
    image, want = goldens["image"], goldens[f"{NAMES[engine]}{factor}"]
    got = enlarged(image[: rows + 2], engine, factor)
    if not INTERPRETED:
        got = enlarged(image, engine, factor)
    assert (got[: rows * factor] == want[: rows * factor]).all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the pixel-art pictures are not part of the project")
@pytest.mark.skipif(INTERPRETED, reason="these pictures take minutes when interpreted")
@pytest.mark.parametrize("name", ["pengo.png", "pixelscalers.bmp"])
@pytest.mark.parametrize(("engine", "factor"), ENGINES)
def test_equals_ffmpeg_on_pixel_art(engine, factor, name):
    image = np.array(Image.open(SHARED / name).convert("RGB"))
    want = np.array(Image.open(SHARED / f"{name[:-4]}.{NAMES[engine]}n{factor}.png").convert("RGB"))
    assert (enlarged(image, engine, factor, band=50) == want).all()


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_rules_of_hqx_are_those_measured(factor):
    """All 4096 patterns; other corners are mirrored, and the twins check how."""
    kinds, mixes = hqx_rules.cells(factor)
    measured = np.load(GOLDENS / "hqx_patterns.npz")
    for y, x in np.ndindex((factor + 1) // 2, (factor + 1) // 2):
        shares = mixes[kinds[:, y * factor + x]]
        want = np.zeros_like(shares)
        want[:, [4, 0, 1, 3]] = measured[f"{factor}_{y}{x}"]
        assert (shares == want).all()


def test_the_noise_meets_every_rule():
    """Of hqx every kind of corner in all four corners, and every share of an edge."""
    image = np.load(GOLDENS / "pictures.npz")["image"].astype(int)
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    red, green, blue = np.moveaxis(padded, -1, 0)
    y = (299 * red + 587 * green + 114 * blue) // 1000
    u = np.fix((500 * (blue - green) - 169 * (red - green)) / 1000)
    v = np.fix((500 * (red - green) - 81 * (blue - green)) / 1000)
    height, width, _ = image.shape
    seen = {
        name: np.stack([y, u, v], -1)[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        for name, (down, right) in hqx_rules.PLACES.items()
    }
    pattern = np.zeros((height, width), int)
    for k, name in enumerate(hqx_rules.BITS):
        one, other = name if len(name) == 2 else ("E", name)
        pattern |= (abs(seen[one] - seen[other]) > (48, 7, 6)).any(axis=2).astype(int) << k
    for turn in ("ABCDEFGHI", "CBAFEDIHG", "GHIDEFABC", "IHGFEDCBA"):
        turned = hqx_rules.seen(turn)[pattern]
        assert set(np.unique(hqx_rules.corners()[turned])) == set(range(len(hqx_rules.KINDS)))
        assert set(np.unique(hqx_rules.edges()[turned])) == {0, 2, 4, 12}
