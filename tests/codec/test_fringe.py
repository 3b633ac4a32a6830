"""Alpha, file to file: nothing of what is hidden is seen."""

import numpy as np
import pytest
from PIL import Image

from upscale_cli import resize_file


@pytest.mark.parametrize("method", ["bicubic", "lanczos", "mitchell:antiring=1", "ewa-lanczos"])
@pytest.mark.parametrize(("extension", "more"), [("png", {}), ("tif", {}), ("webp", {"lossless": True}), ("gif", {})])
def test_a_red_disc_on_transparent_green_has_no_green_fringe(extension, more, method, tmp_path):
    y, x = np.indices((24, 24)) - 11.5
    inside = np.hypot(x, y) < 9
    pixels = np.where(inside[..., None], (255, 0, 0, 255), (0, 255, 0, 0)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    resize_file(tmp_path / "in.png", tmp_path / f"out.{extension}", 2, method=method, **more)
    result = Image.open(tmp_path / f"out.{extension}").convert("RGBA")
    assert extension == "gif" or {0, 255} < {*result.getchannel("A").get_flattened_data()}
    for colour in ((0, 0, 0, 255), (255, 255, 255, 255), (0, 0, 255, 255)):
        shown_on = np.asarray(Image.alpha_composite(Image.new("RGBA", result.size, colour), result)).astype(int)
        alpha = np.asarray(result).astype(int)[..., 3]
        expected = np.array([255, 0, 0]) * alpha[..., None] + np.array(colour[:3]) * (255 - alpha[..., None])
        assert np.abs(shown_on[..., :3] - expected / 255).max() <= 1
    under = np.asarray(result)[0, 0]
    assert extension in ("gif", "webp") or tuple(under) == (0, 255, 0, 0)  # the hidden colour stays
