"""Segmentation, against its naive twin and in pictures that a person can read."""

import numpy as np
import pytest

from tests import naive_region as naive
from upscale_cli.directional.segments import segments, shown

SCALE = {"uint8": 1, "uint16": 257, "float32": 1 / 255}


def picture(sample, channels, height=9, width=8, seed=0):
    """Return blocks of a few levels with a little noise; the last channel is 0 in places."""
    rng = np.random.default_rng(seed)
    levels = rng.choice([0, 60, 90, 200], (3, 3, channels)).repeat(3, 0).repeat(3, 1)[:height, :width]
    levels = np.clip(levels + rng.integers(-9, 10, levels.shape), 0, 255)
    return (levels * SCALE[sample]).astype(sample)


def drawn(text):
    return np.array([[int(c) for c in row] for row in text.split()], np.uint8)[..., None]


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("wrap", [False, True])
def test_equals_the_naive_twin(sample, channels, wrap):
    for seed in range(4):
        image = picture(sample, channels, seed=seed)
        alpha = channels in (2, 4)
        got = segments(image, 12.5, 1, alpha, wrap=wrap)
        assert got.dtype == np.int32
        assert (got == naive.segments(image, 12.5, 1, alpha, wrap=wrap)).all()


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_small_regions_are_merged_as_by_the_twin(channels, wrap):
    for seed in range(4):
        image = np.random.default_rng(seed).permutation(63 * channels).reshape(7, 9, channels).astype(np.float32) ** 2
        image /= image.max()
        for least in (2, 4, 100):
            got = segments(image, 6.0, least, False, wrap=wrap)
            assert np.bincount(got.reshape(-1)).min() >= min(least, got.size)
            assert (got == naive.segments(image, 6.0, least, False, wrap=wrap)).all()


def regions_of(labels):
    """Return the sets of pixels, whatever the regions' numbers."""
    return {tuple(np.flatnonzero(labels == name)) for name in np.unique(labels)}


def test_a_mirrored_picture_has_mirrored_regions():
    """Also where two neighbours are equally like and equally large."""
    image = np.tile(np.array([0] * 5 + [100] + [200] * 5, np.uint8), (3, 1))[..., None]
    got = segments(image, 12, 4, False)
    assert len(np.unique(got)) == 2
    mirrored = segments(np.ascontiguousarray(image[:, ::-1]), 12, 4, False)
    assert regions_of(mirrored[:, ::-1]) == regions_of(got)


def test_a_tile_that_is_rolled_has_the_same_regions():
    for seed in range(6):
        image = np.random.default_rng(seed).permutation(48).reshape(6, 8, 1).astype(np.uint8) * 5
        got = segments(image, 20, 4, False, wrap=True)
        rolled = segments(np.roll(image, (2, 3), (0, 1)), 20, 4, False, wrap=True)
        assert regions_of(np.roll(rolled, (-2, -3), (0, 1))) == regions_of(got)


def test_a_diagonal_line_is_one_region_and_so_is_what_it_crosses():
    image = drawn("9000 0900 0090 0009")
    assert (segments(image, 1, 1, False) == (image[..., 0] == 0)).all()


def test_a_gradient_is_one_region():
    assert segments(np.arange(0, 250, 5, dtype=np.uint8).reshape(1, -1, 1), 5, 1, False).max() == 0
    assert segments(np.arange(0, 250, 5, dtype=np.uint8).reshape(1, -1, 1), 4, 1, False).max() == 49


def test_exact_regions_are_values_wherever_they_stand():
    image = drawn("1131 2213 1112")
    want = [[0, 0, 1, 0], [2, 2, 0, 1], [0, 0, 0, 2]]
    assert (segments(image, 99, 9, False, exact=True) == want).all()
    for sample, channels in (("uint16", 3), ("float32", 1), ("uint8", 2)):
        image = picture(sample, channels) // 2 * 2 if sample != "float32" else np.round(picture(sample, channels), 1)
        alpha = channels == 2
        assert (segments(image, 0, 1, alpha, exact=True) == naive.segments(image, 0, 1, alpha, exact=True)).all()


def test_what_is_transparent_is_alike_whatever_its_colour():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 4)).astype(np.uint8)
    image[..., 3] = 0
    for exact in (False, True):
        assert segments(image, 0, 1, True, exact).max() == 0
    image[2, 3, 3] = 255
    assert segments(image, 0, 1, True).max() == 1


def test_not_a_number_is_a_region_of_its_own():
    image = np.zeros((3, 4, 1), np.float32)
    image[1, 2] = np.nan
    assert (segments(image, 5, 1, False) == np.isnan(image[..., 0])).all()
    assert segments(image, 5, 2, False).max() == 0
    assert segments(np.full((2, 2, 1), np.nan, np.float32), 5, 9, False).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (2, 2)])
def test_tiny_pictures(size):
    for wrap in (False, True):
        assert segments(np.zeros((*size, 3), np.uint8), 0, 100, False, wrap=wrap).shape == size


def test_shown_in_mean_colours():
    image = np.array([[[0, 10, 20], [2, 12, 22], [200, 0, 0]]], np.uint8)
    labels = segments(image, 4, 1, False)
    assert shown(image, labels).tolist() == [[[1, 11, 21], [1, 11, 21], [200, 0, 0]]]
    grey = np.array([[[0, 65535], [65535, 0]]], np.uint16)
    assert shown(grey, segments(grey, 4, 1, False)).tolist() == [[[0, 0, 0], [255, 255, 255]]]
