"""What people see: 8 bits, middle grey under transparency, colours of errors at equal distances."""

import numpy as np
import pytest
from PIL import Image

from upscale_cli.codec.pillow import raster_of
from upscale_cli.errors import OutputError
from upscale_cli.evaluate.pictures import LUMA, error_colours, error_of, error_top, opaque, shown, write_picture


def oklab(colours):
    """Return colours (N x 3 uint8) in OKLab, by Ottosson's matrices the other way: sRGB to cones to lightness."""
    v = colours / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.transpose(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    return np.cbrt(cones) @ np.transpose(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )


def test_error_colours_are_perceptually_uniform():
    colours = error_colours()
    assert colours.shape == (256, 3)
    assert colours.dtype == np.uint8
    assert colours[0].tolist() == [0, 0, 0]
    lab = oklab(colours)
    # 8 bits are coarse near black, where a level is a step of 0.1: steps of sixteen colours level that
    steps = np.linalg.norm(lab[48::16] - lab[32:-16:16], axis=1)
    assert steps.std() / steps.mean() < 0.05
    assert (np.diff(lab[24:, 0]) > 0).all()
    assert np.diff(lab[32::16, 0]).std() < 0.15 * np.diff(lab[32::16, 0]).mean()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_shown(channels, mode):
    levels = np.arange(4 * 5 * channels, dtype=np.uint8).reshape(4, 5, channels)
    for samples in (levels, levels.astype(np.uint16) * 257, (levels / 255).astype(np.float32)):
        picture = shown(samples)
        assert (picture.mode, picture.size) == (mode, (5, 4))
        assert np.asarray(picture).reshape(levels.shape).tolist() == levels.tolist()


def test_shown_rounds_and_clips():
    deep = np.array([[[0], [128], [129], [65535]]], np.uint16)  # a level is 257
    assert np.asarray(shown(deep))[0].tolist() == [0, 0, 1, 255]
    assert np.asarray(shown(np.float32([[[-1], [0.5], [2]]])))[0].tolist() == [0, 128, 255]


def test_transparency_is_seen_on_middle_grey():
    pixels = np.uint8([[[200, 100, 0, 255], [200, 100, 0, 0]]])
    assert np.asarray(opaque(Image.fromarray(pixels)))[0].tolist() == [[200, 100, 0], [128, 128, 128]]
    grey = opaque(Image.fromarray(np.uint8([[[9, 255], [9, 0]]])))
    assert (grey.mode, np.asarray(grey)[0].tolist()) == ("L", [9, 128])
    assert opaque(grey) is grey


def test_errors_are_of_luma_in_levels():
    truth = np.zeros((1, 3, 3), np.uint8)
    result = np.uint8([[[255, 0, 0], [0, 10, 0], [0, 0, 0]]])
    assert error_of(truth, result)[0].tolist() == pytest.approx([255 * LUMA[0], 10 * LUMA[1], 0])
    assert error_of(truth[..., :1], result)[0].tolist() == pytest.approx([255 * LUMA[0], 10 * LUMA[1], 0])


def test_the_largest_colour_is_for_nearly_the_largest_error():
    assert error_top([np.zeros((4, 4))]) == 1
    errors = np.zeros(10_000)
    errors[:20], errors[0] = 50, 200
    assert error_top([np.zeros(4), errors]) == 50


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 4])
def test_write_picture(tmp_path, kind, channels):
    samples = np.arange(6 * 5 * channels, dtype=kind).reshape(6, 5, channels) * kind(np.iinfo(kind).max // 255)
    path = tmp_path / "new" / "out.png"
    write_picture(str(path), samples, overwrite=False, folders=True)
    if kind == np.uint8 or channels == 1:
        with Image.open(path) as image:
            assert raster_of(image).samples.tolist() == samples.tolist()
    with pytest.raises(OutputError, match="exists"):
        write_picture(str(path), samples, overwrite=False)
