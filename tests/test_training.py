"""Training with PyTorch, where that is installed."""

import numpy as np
import pytest

from upscale_cli.network.architectures import architecture

torch = pytest.importorskip("torch")

from upscale_cli.training.patches import Pair, Patches  # noqa: E402
from upscale_cli.training.trainer import Network, Recipe, Trainer  # noqa: E402

RECIPE = Recipe(steps=12, batch=2, side=8, rate=3e-4, seed=1, jpeg=False)


def some_pairs(scale):
    """Smooth waves and their shrunk copies."""
    y, x = np.mgrid[: 60 * scale, : 60 * scale] / scale
    large = (128 + 60 * np.sin(x / 3) + 50 * np.cos(y / 4 + x / 9)).astype(np.uint8)
    small = large.reshape(60, scale, 60, scale).mean((1, 3))
    return [Pair(large, np.rint(small).astype(np.uint8))]


@pytest.mark.parametrize("jpeg", [False, True])
def test_patches_lie_over_each_other(jpeg):
    pair = some_pairs(2)[0]
    inputs, targets = Patches([pair], 8, 3, 4, 0, jpeg).draw(5)
    assert inputs.shape == (4, 1, 14, 14)
    assert targets.shape == (4, 1, 16, 16)
    means = targets.reshape(4, 1, 8, 2, 8, 2).mean((3, 5))
    assert np.abs(means - inputs[:, :, 3:-3, 3:-3]).max() < (0.15 if jpeg else 0.003)
    again = Patches([pair], 8, 3, 4, 0, jpeg).draw(5)
    assert (again[0] == inputs).all()


@pytest.mark.parametrize("name", ["fsrcnn", "sesr-small"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_weights_have_the_shapes_of_the_architecture(name, scale):
    kind = architecture(name, scale)
    weights = Network(kind).weights()
    assert {key: tuple(value.shape) for key, value in weights.items()} == kind.shapes


def test_training_gets_better_and_goes_on_where_it_was(tmp_path):
    kind, pairs = architecture("sesr-small", 2), some_pairs(2)
    trainer = Trainer(kind, RECIPE, pairs)
    before = trainer.psnr(pairs)
    losses = list(trainer.run(6))
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert trainer.psnr(pairs) > before
    halfway = Trainer(kind, RECIPE, pairs)
    next(halfway.run(6))
    halfway.save(tmp_path / "state")
    resumed = Trainer(kind, RECIPE, pairs)
    resumed.load(tmp_path / "state")
    list(resumed.run(6))
    for name, value in trainer.weights().items():
        assert np.allclose(value, resumed.weights()[name], atol=1e-6)


def test_starting_from_weights_of_another_scale():
    two, three = (architecture("sesr-small", scale) for scale in (2, 3))
    start = Trainer(two, RECIPE, some_pairs(2)).weights()
    got = Trainer(three, RECIPE, some_pairs(3), start).weights()
    assert np.allclose(got["kernel1"], start["kernel1"], atol=1e-6)
    assert got["kernel5"].shape == (9, 8, 3, 3)
