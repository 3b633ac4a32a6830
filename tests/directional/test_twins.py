"""The edge-directed methods against their naive twins."""

import numpy as np
import pytest

from tests import naive_directional as naive
from upscale_cli import resize

LEVELS = {"uint8": 1, "uint16": 257, "float32": 1 / 255}
TWINS = {
    "dcci": (naive.dcci, 9),
    "nedi": (naive.nedi(), 9),
    "nedi:window=4,threshold=100": (naive.nedi(4, 100.0), 8),
    "icbi:iterations=2": (naive.Icbi(2), 11),
    "icbi:iterations=1,continuity=0.5,enhancement=2,smoothing=3": (naive.Icbi(1, 0.5, 2.0, 3.0), 9),
}


def picture(height, width, channels, sample, seed=0):
    """Return a smooth picture with edges and a little noise: pure noise would have no directions."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = [
        120 + 100 * np.tanh((x * np.cos(a) + y * np.sin(a)) - 3) + rng.normal(0, 6, (height, width))
        for a in rng.uniform(0, 3, channels)
    ]
    levels = np.stack(planes, axis=2).clip(0, 255)
    return (levels * LEVELS[sample]).astype(sample)


def check(method, image, width, height, passes=1, alpha=False, **options):
    twin, reach = TWINS[method]
    sample = str(image.dtype)
    levels = image.astype(np.float64) / LEVELS[sample]
    wanted = naive.enlarge(levels, width, height, twin, passes, reach, alpha=alpha, fill=(0.0,) * 4, **options)
    got = resize(image, size=(width, height), fit="fill", method=method, **options)
    assert got.dtype == image.dtype
    got = got.reshape(height, width, -1).astype(np.float64) / LEVELS[sample]
    if sample != "float32":
        wanted = wanted.clip(0, 255)
    np.testing.assert_allclose(got, wanted, atol=0.51 if sample == "uint8" else 0.01)


@pytest.mark.parametrize("method", TWINS)
@pytest.mark.parametrize(("channels", "sample"), [(1, "float32"), (3, "uint8"), (3, "uint16")])
def test_one_pass(method, channels, sample):
    check(method, picture(5, 7, channels, sample), 14, 10)


@pytest.mark.parametrize("method", ["dcci", "nedi:window=4,threshold=100", "icbi:iterations=2"])
def test_alpha_has_directions_of_its_own(method):
    image = picture(4, 5, 4, "float32")
    image[..., 3] = 0.3 + 0.6 * image[..., 3]
    check(method, image, 10, 8, alpha=True)


def test_two_passes_and_a_rest():
    check("dcci", picture(4, 5, 1, "float32"), 13, 9, passes=2)
    check("dcci", picture(4, 5, 3, "float32"), 20, 16, passes=2)


@pytest.mark.parametrize("edge", ["replicate", "wrap", "constant"])
def test_borders(edge):
    for method in ("dcci", "icbi:iterations=2"):
        check(method, picture(3, 5, 1, "float32", seed=3), 10, 6, edge=edge)


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (3, 1), (2, 2)])
def test_smallest_images(size):
    for method in ("dcci", "nedi", "icbi:iterations=2"):
        check(method, picture(*size, 3, "uint8"), 2 * size[1], 2 * size[0])
