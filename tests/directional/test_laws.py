"""Laws of the methods that double a lattice, beside those that every method of the table obeys."""

import numpy as np
import pytest

from upscale_cli import jit, resize, run
from upscale_cli.directional import lattice
from upscale_cli.raster import Raster
from upscale_cli.request import make_request

from .test_twins import picture

QUICK = ("dcci", "nedi:window=4", "icbi:iterations=3")


@pytest.mark.parametrize("method", QUICK)
def test_transposed_in_transposed_out(method):
    image = picture(9, 7, 3, "float32")
    straight = resize(image, 2, method=method)
    turned = resize(np.ascontiguousarray(image.transpose(1, 0, 2)), 2, method=method).transpose(1, 0, 2)
    np.testing.assert_allclose(turned, straight, atol=1e-4)


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_edge_at_45_degrees_stays_an_edge(method, scale):
    """One step along the edge nothing changes; bicubic makes a staircase of it, of the source's period."""
    y, x = np.mgrid[:16, :16]
    image = np.where(x + y < 16, 220, 30).astype(np.uint8)

    def roughness(name):
        inner = resize(image, scale, method=name)[4 * scale : -4 * scale, 4 * scale : -4 * scale].astype(int)
        return abs(inner[1:, :-1] - inner[:-1, 1:]).max()

    assert roughness(method) <= (8 if scale == 2 else 20)
    assert roughness("bicubic") > 2 * roughness(method)


@pytest.mark.parametrize("method", ["dcci", "icbi:iterations=3"])
def test_a_line_of_one_pixel_has_no_beads(method):
    """Nor if it is drawn with a little noise, though much else differs by as much."""
    image = np.full((11, 24), 255, np.int64)
    image[5] = 0
    for noise in (0, 4):
        drawn = (image + np.random.default_rng(1).integers(-noise, noise + 1, image.shape)).clip(0, 255)
        line = resize(drawn.astype(np.uint8), 4, method=method)[20:24, 8:-8].astype(int)
        assert np.ptp(line, axis=1).max() <= 1 + 4 * noise


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("space", ["lab", "ycbcr"])
def test_chroma_that_is_constant_stays_so(method, space):
    """Though directions, weights and moves are those of luma."""
    image = picture(9, 8, 3, "uint8")
    image[..., 1:] = 30, 200
    request = make_request(scale=2, method=method)
    _, plan = request.plan(Raster(image, space), request.geometry(8, 9))
    got = run.run(plan, image)
    assert (got[..., 1:] == (30, 200)).all()
    assert np.ptp(got[..., 0]) > 50


@pytest.mark.parametrize("method", QUICK)
def test_channels_share_directions(method):
    """What stands in one channel comes out as it would alone, if the other channels agree with it."""
    grey = picture(7, 9, 1, "float32")
    colours = resize(np.repeat(grey, 3, axis=2), 2, method=method)
    for c in range(3):
        np.testing.assert_allclose(colours[..., c], resize(grey, 2, method=method)[..., 0], atol=1e-4)
    if method == "dcci":  # icbi moves all channels as the luma, and nedi's weights do not sum to one
        both = resize(np.concatenate([grey, 1 - grey, grey], axis=2), 2, method=method)
        np.testing.assert_allclose(both[..., 1], 1 - both[..., 0], atol=1e-5)


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("scale", [2, 3.3])
def test_bands_equal_the_whole(method, scale, monkeypatch):
    height, band = (7, 4) if jit.interpreted() else (19, 1)  # each band comes with all that is around it
    method = method.replace("iterations=3", "iterations=1")
    image = picture(height, 5, 4, "uint8")
    whole = resize(image, scale, method=method, threads=1)
    monkeypatch.setattr(lattice, "BAND", band)
    monkeypatch.setattr(lattice, "HALO_SHARE", 0)
    monkeypatch.setattr(run, "SMALLEST_BAND", 16)
    for threads in (1, 3):
        assert (resize(image, scale, method=method, threads=threads) == whole).all()


@pytest.mark.parametrize("method", QUICK)
def test_no_colour_leaks_from_under_transparency(method):
    image = picture(12, 12, 4, "uint8")
    y, x = np.mgrid[:12, :12]
    image[..., 3] = np.where((x - 5) ** 2 + (y - 6) ** 2 < 14, 255, 0)
    hidden = image[..., 3] == 0
    other = image.copy()
    other[hidden] = [0, 255, 0, 0]
    one, two = resize(image, 3, method=method), resize(other, 3, method=method)
    assert (one[..., 3] == two[..., 3]).all() and 0 < (one[..., 3] > 0).mean() < 1
    assert (one == two).all()  # the picture is so small that colours bleed everywhere
    request = make_request(2, method=method)
    plan = str(request.plan(Raster(image, "rgb", True), request.geometry(12, 12))[1])
    assert plan.startswith(f"bleed colours under transparency | {method} 2x | ")
    kept = resize(other, 2, method=method, straight_alpha=True)
    assert (kept[0, 0] == [0, 255, 0, 0]).all()
    other[..., 3] = 0
    assert (resize(other, 2, method=method)[..., 3] == 0).all()


@pytest.mark.parametrize("method", QUICK)
def test_wrap_makes_tiles(method):
    tile = picture(8, 8, 1, "uint8")
    moved = resize(np.roll(tile, (3, 5), (0, 1)), 2, method=method, edge="wrap")
    assert (moved == np.roll(resize(tile, 2, method=method, edge="wrap"), (6, 10), (0, 1))).all()


@pytest.mark.parametrize(
    ("words", "plan"),
    [
        ({"scale": 2}, "dcci 2x | horizontal lanczos 20->20 taps 6 | vertical lanczos 14->14 taps 6 | store u8"),
        (
            {"scale": 3.3},
            "dcci 2x | dcci 2x | horizontal lanczos 40->33 taps 8 | vertical lanczos 28->23 taps 8 | store u8",
        ),
        (
            {"scale": (1, 4)},
            "dcci 2x | dcci 2x | horizontal lanczos 40->10 taps 23 | vertical lanczos 28->28 taps 6 | store u8",
        ),
        (
            {"size": "14x14^"},
            "dcci 2x | horizontal lanczos 3+14 of 20->14 taps 6 | vertical lanczos 14->14 taps 6 | store u8",
        ),
        ({"scale": 1}, "nothing to do"),
    ],
)
def test_plans(words, plan):
    request = make_request(method="dcci", **words)
    _, found = request.plan(Raster(picture(7, 10, 3, "uint8")), request.geometry(10, 7))
    assert str(found) == plan
