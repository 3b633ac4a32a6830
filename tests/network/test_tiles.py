"""Pictures through networks: planes, tiles and borders."""

import itertools

import numpy as np
import pytest

from upscale_cli import jit, resize
from upscale_cli.network import tiles
from upscale_cli.network.architectures import architecture

from .test_convolve import by_program, weights_of

TOP = {"uint8": 255, "uint16": 65535, "float32": 1}
HEIGHT, WIDTH = (3, 4) if jit.interpreted() else (23, 31)
FILL = (0, 0, 0, 0)


def picture(sample="uint8", channels=3, seed=0):
    values = np.random.default_rng(seed).random((HEIGHT, WIDTH, channels)) * TOP[sample]
    return values.astype(np.float32) if sample == "float32" else np.rint(values).astype(sample)


def enlarged(src, networks, scale, rgb, edge="replicate", fill=FILL, bands=()):
    height, width, channels = src.shape
    out = np.zeros((height * scale, width * scale, channels), src.dtype)
    rows = tiles.enlarger(src, networks, scale, rgb, edge, fill[:channels])
    ends = [0, *bands, height * scale]
    for first, last in itertools.pairwise(ends):
        rows(out, first, last)
    return out


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("edge", ["reflect", "replicate", "wrap"])
@pytest.mark.parametrize(
    ("sample", "channels", "rgb"), [("uint8", 3, True), ("uint16", 1, False), ("float32", 4, True)]
)
def test_bicubic_is_a_network_too(sample, channels, rgb, scale, edge):
    """Luma and chroma are put together again, so that nothing of it shows."""
    src = picture(sample, channels)
    got = enlarged(src, [tiles.cubic(scale)] * channels, scale, rgb, edge)
    want = resize(src, scale, method="bicubic", edge=edge, straight_alpha=True)
    difference = np.abs(got.astype(float) - want)
    assert difference.max() <= (1e-6 if sample == "float32" else 1)
    assert (difference > 0.5).mean() < (0.03 if sample == "uint16" else 0.01)  # float32 has 24 bits


def test_a_constant_border():
    src = picture()
    got = enlarged(src, [tiles.cubic(2)] * 3, 2, True, "constant", (255, 0, 100))
    want = resize(src, 2, method="bicubic", edge="constant", background="#ff0064")
    assert np.abs(got.astype(int) - want).max() <= 1


@pytest.mark.parametrize("scale", [2, 3])
def test_tiles_and_bands_do_not_show(scale, monkeypatch):
    kind = architecture("sesr-small", scale)
    networks = [(kind, weights_of(kind)), tiles.cubic(scale), tiles.cubic(scale)]
    src = picture()[:, :2] if jit.interpreted() else picture()
    src = np.ascontiguousarray(src)
    whole = enlarged(src, networks, scale, True)
    monkeypatch.setattr(tiles, "SCRATCH", 1)  # tiles of one column
    assert (enlarged(src, networks, scale, True) == whole).all()
    assert (enlarged(src, networks, scale, True, bands=(1, 4, 5)) == whole).all()


def test_grey_is_what_the_network_says():
    kind = architecture("sesr-small", 2)
    weights = weights_of(kind)
    src = picture("float32", 1)
    padded = np.pad(src[..., 0], kind.radius, mode="edge")
    assert (enlarged(src, [(kind, weights)], 2, False)[..., 0] == by_program(kind, weights, padded)).all()


def test_grey_in_colour_is_grey():
    kind = architecture("sesr-small", 2)
    networks = [(kind, weights_of(kind)), tiles.cubic(2), tiles.cubic(2)]
    src = picture(channels=1).repeat(3, axis=2)
    got = enlarged(src, networks, 2, True).astype(int)
    assert np.abs(np.diff(got, axis=2)).max() <= 1
    alone = enlarged(src[..., :1].copy(), networks[:1], 2, False).astype(int)
    assert np.abs(got - alone).max() <= 1
