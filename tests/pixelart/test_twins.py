"""Kernels against the naive twins: every type of samples, every count of channels."""

import numpy as np
import pytest

from tests import naive_pixelart as naive

from .pictures import ENGINES, INTERPRETED, enlarged, noise, of_type

LAYOUTS = [(1, False), (2, True), (2, False), (3, False), (4, True), (4, False)]
SIZE = {"width": 5, "height": 4} if INTERPRETED else {"width": 13, "height": 11}


def assert_equal(got, want, alpha=False):
    """Integers are equal; floats differ in the last digits only. Which colour stands under no alpha is open."""
    assert got.dtype == want.dtype
    if alpha:
        assert ((got[..., -1] > 0) == (want[..., -1] > 0)).all()
        clear = got[..., -1] <= 0
        got[clear], want[clear] = 0, 0
    if got.dtype == np.float32:
        assert np.abs(got - want).max() < 1e-6
    else:
        assert (got == want).all()


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("channels", "alpha"), LAYOUTS)
@pytest.mark.parametrize(("engine", "factor"), ENGINES)
def test_equals_the_naive_twin(engine, factor, channels, alpha, sample):
    for seed, spread in ((1, 255), (2, 60)):
        image = noise(sample, channels, alpha, seed=seed, spread=spread, **SIZE)
        assert_equal(
            enlarged(image, engine, factor, alpha=alpha),
            getattr(naive, engine)(image, factor, alpha),
            alpha,
        )


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("engine", "factor"), ENGINES)
def test_tolerance(engine, factor, sample):
    """Samples of their own between the levels of 8 bits, too; floats reach beyond 0 and 1."""
    rng, changed = np.random.default_rng(3), False
    for tolerance in (20, 90):
        image = noise("uint8", 1, seed=5, spread=160, **SIZE) + rng.integers(0, 20, (1, 1, 3)).astype(np.uint8)
        image = of_type(image, sample)
        if sample == "uint16":
            image = image + rng.integers(0, 200, image.shape).astype(np.uint16)
        if sample == "float32":
            image = (image * 1.6 - 0.3 + rng.random(image.shape) / 300).astype(np.float32)
        got = enlarged(image, engine, factor, tolerance=tolerance)
        assert_equal(got, getattr(naive, engine)(image, factor, tolerance=tolerance))
        changed |= (got != enlarged(image, engine, factor)).any()
    assert changed


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("engine", "factor"), [pair for pair in ENGINES if pair[0] != "scale"])
def test_hard_alpha(engine, factor, sample):
    image = noise(sample, 4, True, seed=4, **SIZE)
    image[..., 3] = np.where(image[..., 3] > 0, image[..., 3].max(), 0)
    want = getattr(naive, engine)(image, factor, True, hard=True)
    got = enlarged(image, engine, factor, alpha=True, hard=True)
    assert_equal(got, want, alpha=True)
    assert set(np.unique(got[..., 3])) == {0, image[..., 3].max()}
    assert len(np.unique(enlarged(image, engine, factor, alpha=True)[..., 3])) > 2
