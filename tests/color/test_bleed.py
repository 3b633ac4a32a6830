"""Colours that bleed under transparency."""

import numpy as np
import pytest

from upscale_cli.color import bleed


def naive(image):
    """Each pixel takes the mean of its neighbours that are one step nearer to a visible pixel."""
    height, width = image.shape[:2]
    out = image.astype(np.float64)
    visible = np.argwhere(image[..., -1] > 0)
    distance = np.full((height, width), 999)
    for y in range(height):
        for x in range(width):
            if len(visible):
                distance[y, x] = abs(visible - (y, x)).max(axis=1).min()
    for step in range(1, bleed.DISTANCE + 1):
        for y, x in np.argwhere(distance == step):
            around = np.s_[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            mean = out[around][distance[around] == step - 1][:, :-1].mean(axis=0)
            out[y, x, :-1] = mean if image.dtype == np.float32 else np.floor(mean + 0.5)
    return out


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("visible", [0.0, 0.02, 0.4])
def test_equals_the_twin(sample, channels, visible, monkeypatch):
    monkeypatch.setattr(bleed, "DISTANCE", 5)
    rng = np.random.default_rng(channels)
    image = rng.integers(0, 255, (17, 13, channels))
    image[..., -1] = rng.random((17, 13)) < visible
    image = (image / 255).astype(np.float32) if sample == "float32" else image.astype(sample)
    out = np.empty_like(image)
    for y0, y1 in ((0, 6), (6, 7), (7, 17)):
        bleed.bleeder(image)(out, y0, y1)
    np.testing.assert_allclose(out, naive(image), atol=1e-6 if sample == "float32" else 0)
    assert (out[image[..., -1] > 0] == image[image[..., -1] > 0]).all()
    assert (out[..., -1] == image[..., -1]).all()
