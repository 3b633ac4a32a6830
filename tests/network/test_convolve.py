"""Networks of random weights against the layers, and tiles of a picture against the whole."""

import numpy as np
import pytest

from upscale_cli import jit, layers
from upscale_cli.network import tiles
from upscale_cli.network.architectures import NAMES, SCALES, architecture, phases

NETWORKS = [(name, scale) for name in NAMES for scale in SCALES]
SIZE = (3, 5) if jit.interpreted() else (19, 37)
if jit.interpreted():
    NETWORKS = [("sesr-small", 3)]

each_network = pytest.mark.parametrize(("name", "scale"), NETWORKS)


def weights_of(kind, seed=0):
    rng = np.random.default_rng(seed)
    found = {}
    for name, shape in kind.shapes.items():
        found[name] = (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]) + 1)).astype(np.float32)
    if kind.deconvolution:
        taps = phases(kind.deconvolution, kind.scale) >= 0
        last = found[f"kernel{len(kind.layers) - 1}"]
        last *= (taps.T[:, None, :, None] & taps.T[None, :, None, :]).reshape(-1, 1, *last.shape[2:])
    return found


def by_layers(kind, arrays, x):
    """Return what the layers make of x (H x W), in float64."""
    last = len(kind.layers) - 1
    y = first = x[None, :, :, None].astype(np.float64)
    for k in range(len(kind.layers)):
        if kind.skip and k == last:
            cut = (first.shape[1] - y.shape[1]) // 2
            y = y + first[:, cut : cut + y.shape[1], cut : cut + y.shape[2]]
        y = layers.conv2d(y, arrays[f"kernel{k}"].transpose(2, 3, 1, 0), bias=arrays[f"bias{k}"])
        if k < last:
            y = layers.prelu(y, arrays[f"slope{k}"])
        first = y if k == 0 else first
    if kind.residual:
        y = y + x[kind.radius : -kind.radius, kind.radius : -kind.radius, None]
    return layers.pixel_shuffle(y, kind.scale)[0, :, :, 0]


def by_program(kind, arrays, x):
    """Return what the program makes of x (H x W) where it needs nothing beyond."""
    scale, reach = kind.scale, kind.radius * kind.scale
    out = np.zeros((x.shape[0] * scale, x.shape[1] * scale, 1), np.float32)
    rows = tiles.enlarger(np.ascontiguousarray(x[:, :, None]), [(kind, arrays)], scale, False, "replicate", (0.0,))
    rows(out, reach, len(out) - reach)
    return out[reach:-reach, reach:-reach, 0]


@each_network
def test_equals_the_layers(name, scale):
    kind = architecture(name, scale)
    arrays = weights_of(kind)
    x = np.random.default_rng(1).random([n + 2 * kind.radius for n in SIZE]).astype(np.float32)
    got, want = by_program(kind, arrays, x), by_layers(kind, arrays, x)
    assert got.shape == want.shape == tuple(n * scale for n in SIZE)
    assert np.abs(got - want).max() < 1e-5 * max(1, np.abs(want).max())


@each_network
def test_a_tile_gives_what_the_whole_gives(name, scale):
    """To the last bit, wherever it is cut out."""
    kind = architecture(name, scale)
    arrays = weights_of(kind)
    x = np.random.default_rng(2).random([n + 2 * kind.radius for n in SIZE]).astype(np.float32)
    whole = by_program(kind, arrays, x)
    for top, left, height, width in ((0, 0, 2, 3), (1, 2, 2, 3)):
        part = x[top : top + height + 2 * kind.radius, left : left + width + 2 * kind.radius]
        got = by_program(kind, arrays, np.ascontiguousarray(part))
        assert (got == whole[top * scale : (top + height) * scale, left * scale : (left + width) * scale]).all()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [9, 8, 4, 3])
def test_phases_are_a_transposed_convolution(size, scale):
    """Whose kernel stands on the pixel's centre, or half an output pixel before it."""
    rng = np.random.default_rng(size)
    kernel, x = rng.random(size), rng.random((1, 1, 7, 1))
    taps = phases(size, scale)
    made = np.zeros((1, len(taps), 1, scale))
    made[0, :, 0] = np.where(taps >= 0, kernel[taps], 0)
    got = layers.pixel_shuffle(layers.conv2d(x, made, padding="same"), 1).reshape(-1)
    before = (size - scale + 1) // 2
    full = layers.conv2d_transpose(x, kernel.reshape(1, -1, 1, 1), (1, scale), "valid", (0, scale))[0, 0, :, 0]
    assert np.allclose(got, full[before : before + got.size])
    assert sorted(taps[taps >= 0]) == list(range(size))
