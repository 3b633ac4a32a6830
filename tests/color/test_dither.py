"""Reducing to 8 bits: equal to the naive twins, and true to the mean, to exact levels and to an alpha."""

import numpy as np
import pytest

from tests import naive
from upscale_cli.color.dither import diffuse, ordered, rounded

BANDED = {
    "rounded": lambda src, dst, y0, y1, alpha: rounded(src, dst, y0, y1),
    "ordered": ordered,
}
WAYS = [*BANDED, "diffuse"]
TWINS = {
    "rounded": lambda src, alpha: naive.reduced(src),
    "ordered": lambda src, alpha: naive.reduced(src, alpha, dither=True),
    "diffuse": naive.diffused,
}


def run(way, src, alpha=False):
    dst = np.full(src.shape, 99, np.uint8)
    if way == "diffuse":
        diffuse(src, dst, alpha)
    else:
        BANDED[way](src, dst, 0, len(src), alpha)
    return dst


def picture(sample, shape):
    """Noise, exact levels below it; floats reach beyond 0 and 1, and some are no numbers."""
    v = np.random.default_rng(shape[1]).random(shape)
    v[shape[0] // 2 + 1 :] = np.rint(v[shape[0] // 2 + 1 :] * 255) / 255
    if sample == "uint16":
        return np.rint(v * 65535).astype(sample)
    v = v * 1.5 - 0.25
    v.reshape(-1)[2::31] = np.nan
    v.reshape(-1)[3::41] = -np.inf
    v.reshape(-1)[4::43] = np.inf
    return v.astype(sample)


def flat(level, shape, sample):
    """Return a picture of one value, or one a sample, in levels."""
    v = np.full(shape, level, float)
    return (v / 255).astype(sample) if sample == "float32" else np.rint(v * 257).astype(sample)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sample", ["uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_equals_the_naive_twin(way, sample, channels):
    """To the last bit; 70 columns are more than the pattern is repeated to, 18 rows more than it has."""
    for size in ((1, 1), (1, 9), (9, 1), (18, 70)):
        src = picture(sample, (*size, channels))
        for alpha in {False, channels in (2, 4)}:
            assert (run(way, src, alpha) == TWINS[way](src, alpha)).all()


def test_rounded_is_the_nearest_of_all_16_bits():
    src = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    want = (src.astype(np.int64) * 255 + 32767) // 65535
    assert (run("rounded", src) == want).all()
    assert (run("rounded", (src / 65535).astype(np.float32)) == want).all()


@pytest.mark.parametrize("way", WAYS)
def test_floats_beyond_the_range(way):
    src = np.array([-np.inf, -0.5, np.nan, 1.5, np.inf], np.float32)[None, :, None]
    assert run(way, src).ravel().tolist() == [0, 0, 0, 255, 255]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sample", ["uint16", "float32"])
def test_exact_levels_stay(way, sample):
    levels = np.random.default_rng(1).permutation(256).astype(np.uint8).reshape(8, 16, 2)
    assert (run(way, flat(levels, levels.shape, sample)) == levels).all()


@pytest.mark.parametrize("way", BANDED)
@pytest.mark.parametrize("sample", ["uint16", "float32"])
def test_banded_equals_whole(way, sample):
    src = picture(sample, (40, 21, 4))
    dst = np.zeros(src.shape, np.uint8)
    for y0, y1 in ((17, 40), (0, 5), (5, 17)):
        BANDED[way](src, dst, y0, y1, True)
    assert (dst == run(way, src, True)).all()


@pytest.mark.parametrize("way", ["ordered", "diffuse"])
@pytest.mark.parametrize("sample", ["uint16", "float32"])
@pytest.mark.parametrize("level", [0.2, 17.3, 100.5, 254.9])
def test_the_mean_is_kept(way, sample, level):
    """Ordered within half a threshold; diffused but for what leaves at the borders, of errors of half a level.

    That is 9/16 of them below 48 pixels, 8/16 and 3/16 beside 32: at most 24.5 levels of 1536 samples.
    """
    src = flat(level, (32, 48, 3), sample)
    level = src[0, 0, 0] / (257 if sample == "uint16" else 1 / 255)
    means = run(way, src).mean(axis=(0, 1))
    assert (abs(means - level) < (1 / 256 if way == "ordered" else 1 / 60)).all()


@pytest.mark.parametrize("way", WAYS)
def test_alpha_is_rounded_and_colours_do_not_notice(way):
    src = picture("uint16", (20, 30, 4))
    got = run(way, src, True)
    assert (got[..., 3:] == run("rounded", src)[..., 3:]).all()
    assert (got[..., :3] == run(way, src[..., :3].copy())).all()
    if way != "rounded":
        assert (run(way, src)[..., 3] != got[..., 3]).any()


def test_ordered_starts_with_a_chessboard():
    """Half a level lights half of the pixels; a quarter, every second one of those in every second row."""
    assert run("ordered", flat(0.5, (2, 4, 1), "float32"))[..., 0].tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]]
    assert run("ordered", flat(0.25, (2, 4, 1), "float32"))[..., 0].tolist() == [[0, 0, 0, 0], [1, 0, 1, 0]]


def test_diffusion_by_hand():
    """In sixteenths of a level, on the left as they are, on the right with the errors that reach them.

     8   0     8          0 - 7/16 * 8 = -3.5
    15  10     from the right: 10 - 1/16 * 8 - 5/16 * 3.5 = 8.4; 15 - 5/16 * 8 - 3/16 * 3.5 - 7/16 * 7.6 = 8.5
    """
    src = flat(np.array([[8, 0], [15, 10]])[..., None] / 16, (2, 2, 1), "float32")
    assert run("diffuse", src)[..., 0].tolist() == [[1, 0], [1, 1]]


def test_second_row_is_diffused_from_the_right():
    row = picture("uint16", (1, 40, 3))
    below = run("diffuse", np.concatenate([np.zeros_like(row), row]))[1:]
    assert (below == run("diffuse", row[:, ::-1].copy())[:, ::-1]).all()
    assert (below != run("diffuse", row)).any()
