"""The nearest colour of a palette: equal to the naive twin, and blind to colours under zero alpha."""

import numpy as np
import pytest

from tests import naive
from upscale_cli.color.palette import nearest_colour


def run(src, palette):
    dst = np.full((*src.shape[:2], 1), 99, np.uint8)
    nearest_colour(src, palette, dst, 0, len(src))
    return dst


def noise(shape):
    """Noise, a third of it 0 or 255, with runs of equal pixels."""
    rng = np.random.default_rng(shape[0])
    v = np.clip(rng.integers(-128, 384, shape), 0, 255).astype(np.uint8)
    v[:, 1::3] = v[:, ::3][:, : v[:, 1::3].shape[1]]
    return v


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [1, 2, 3, 17, 256])
def test_equals_the_naive_twin(channels, n):
    palette = noise((n, 1, channels))[:, 0]
    palette[n // 2 :: 5] = palette[0]  # ties
    for size in ((1, 1), (1, 9), (9, 1), (5, 11)):
        src = noise((*size, channels))
        assert (run(src, palette) == naive.nearest_colours(src, palette)).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_colour_of_the_palette_is_found_and_the_first_of_two(channels):
    palette = np.random.default_rng(channels).permutation(256).astype(np.uint8)[:, None].repeat(channels, axis=1)
    palette[:, -1] |= 1  # no alpha of 0
    palette[200] = palette[100]
    want = np.arange(256)
    if channels == 1:
        want = np.array([palette[:, 0].tolist().index(v) for v in palette[:, 0]])
    want[200] = want[100]
    assert (run(palette.reshape(16, 16, channels), palette).ravel() == want).all()


def test_halfway_takes_the_lower_index():
    assert run(np.full((1, 1, 1), 15, np.uint8), np.array([[99], [20], [10]], np.uint8)).item() == 1
    assert run(np.full((1, 1, 1), 15, np.uint8), np.array([[99], [10], [20]], np.uint8)).item() == 1


def test_the_farthest_colours():
    """The largest sums: black and white, clear and opaque."""
    for channels in (1, 2, 3, 4):
        palette = np.array([[0] * channels, [255] * channels], np.uint8).repeat([255, 1], axis=0)
        src = np.array([[[0] * channels, [255] * channels, [127] * channels, [128] * channels]], np.uint8)
        assert (run(src, palette) == naive.nearest_colours(src, palette)).all()
        assert run(src, palette).ravel()[:2].tolist() == [0, 255]


def test_all_that_is_transparent_is_alike():
    palette = np.array([[0, 0, 0, 255], [255, 0, 255, 0], [9, 200, 9, 0], [9, 200, 9, 255]], np.uint8)
    src = np.array([[[0, 0, 0, 0], [9, 200, 9, 0], [9, 200, 9, 250]]], np.uint8)
    assert run(src, palette).ravel().tolist() == [1, 1, 3]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_banded_equals_whole(channels):
    src, palette = noise((12, 9, channels)), noise((20, 1, channels))[:, 0]
    dst = np.zeros((12, 9, 1), np.uint8)
    for y0, y1 in ((7, 12), (0, 1), (1, 7)):
        nearest_colour(src, palette, dst, y0, y1)
    assert (dst == run(src, palette)).all()
