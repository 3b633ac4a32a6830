"""The options on what files hold: each acts, and what a format cannot hold is told."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, JpegImagePlugin

from upscale_cli.cli.door import main

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RAMP = np.linspace(0, 65535, 12 * 16).astype(np.uint16).reshape(12, 16)
COLOURS = [(255, 0, 0), (0, 128, 0), (10, 20, 250), (90, 90, 90)]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "A. N. Other"
    photo = Image.fromarray(np.dstack([RAMP >> 8, RAMP >> 9, 255 - (RAMP >> 8)]).astype(np.uint8))
    photo.save("photo.jpg", exif=exif, dpi=(72, 72), quality=60, icc_profile=SRGB, comment=b"words", subsampling=0)
    Image.fromarray(RAMP).save("deep.png")
    sprite = Image.fromarray((np.indices((6, 8)).sum(0) % 4).astype(np.uint8))
    sprite = Image.frombytes("P", sprite.size, sprite.tobytes())
    sprite.putpalette([value for colour in COLOURS for value in colour])
    sprite.save("sprite.png")
    frames = [Image.new("RGB", (8, 6), colour) for colour in COLOURS]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:], duration=[100, 200, 300, 400], loop=2)


def made(*words, out="out.png"):
    """Return the image that a command line makes."""
    assert main([*words, "-o", out, "--overwrite", "--quiet"]) == 0
    image = Image.open(out)
    image.load()
    return image


def test_strip():
    kept, stripped = (made("photo.jpg", "-s", "2", *more, out="o.jpg") for more in ((), ("--strip",)))
    assert (kept.getexif()[0x013B], kept.info["comment"], kept.info["dpi"]) == ("A. N. Other", b"words", (72, 72))
    assert not {"exif", "comment", "dpi"} & {*stripped.info}
    assert kept.info["icc_profile"] == stripped.info["icc_profile"] == SRGB
    assert kept.tobytes() == stripped.tobytes()


@pytest.mark.parametrize(("word", "expected"), [("keep", 72), ("scale", 144), ("300", 300), ("96.5", 96)])
def test_dpi(word, expected):
    assert made("photo.jpg", "-s", "2", "--dpi", word, out="o.jpg").info["dpi"] == (expected, expected)


def test_no_orient():
    upright, turned = made("photo.jpg", "-s", "2"), made("photo.jpg", "-s", "2", "--no-orient")
    assert (upright.size, upright.getexif()[0x0112]) == ((24, 32), 1)
    assert (turned.size, turned.getexif()[0x0112]) == ((32, 24), 6)


def test_profile():
    assert "icc_profile" in made("photo.jpg", "-s", "2", "--profile", "srgb").info
    assert "icc_profile" not in made("sprite.png", "-s", "2").info
    assert made("sprite.png", "-s", "2", "--profile", "srgb").info["icc_profile"][36:40] == b"acsp"


def test_depth():
    assert made("deep.png", "-s", "2").mode == "I;16"
    assert made("deep.png", "-s", "2", "--depth", "8").mode == "L"
    promoted = np.asarray(made("deep.png", "-s", "2", "--depth", "8").resize((16, 12), Image.Resampling.NEAREST))
    assert np.ptp(promoted) > 200
    made("deep.png", "-s", "1", "--depth", "8", out="flat.png")
    assert made("flat.png", "-s", "2", "--depth", "16").mode == "I;16"


@pytest.mark.parametrize("word", ["diffusion", "ordered", "none"])
def test_dither(word):
    Image.fromarray(np.full((32, 32), 257 * 100 + 64, np.uint16)).save("flat.png")
    values = np.asarray(made("flat.png", "-s", "2", "--depth", "8", "--dither", word)).astype(float)
    assert {*values.flat} == ({100} if word == "none" else {100, 101})
    assert abs(values.mean() - (100 if word == "none" else 100 + 64 / 257)) < 0.01


def test_dither_where_the_format_has_8_bits(capsys):
    assert main(["deep.png", "-s", "2", "-o", "o.bmp", "--dither", "none"]) == 0
    assert capsys.readouterr().err.endswith("deep.png: 16 bits become 8\n")


def test_palette():
    full, kept = made("sprite.png", "-s", "2"), made("sprite.png", "-s", "2", "--palette", "keep")
    assert (full.mode, kept.mode) == ("RGB", "P")
    assert {colour for _, colour in kept.convert("RGB").getcolors()} <= {*COLOURS}
    assert len(full.getcolors()) > 4


def test_frame(capsys):
    assert made("film.gif", "-s", "2", "--frame", "2", out="o.jpg").getpixel((0, 0))[2] > 240
    assert getattr(made("film.gif", "-s", "2", "--frame", "2", out="o.gif"), "n_frames", 1) == 1
    assert made("film.gif", "-s", "2", out="o.gif").n_frames == 4
    assert main(["film.gif", "-s", "2", "--frame", "4", "-o", "none.gif"]) == 1
    assert "film.gif: it has no frame 4: they are 0 to 3" in capsys.readouterr().err
    assert main(["sprite.png", "-s", "2", "--frame", "1", "-o", "none.gif"]) == 1
    assert "sprite.png: it has no frame 1: 0 is its only one" in capsys.readouterr().err
    assert not Path("none.gif").exists()


@pytest.mark.parametrize(("word", "number"), [("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)])
def test_subsampling(word, number):
    back = made("photo.jpg", "-s", "2", "--subsampling", word, out="o.jpg")
    assert JpegImagePlugin.get_sampling(back) == number
    assert back.quantization == Image.open("photo.jpg").quantization


def test_an_animation_that_does_not_fit_in_memory_is_refused(capsys):
    words = ["film.gif", "-s", "2", "--max-pixels", "767", "--overwrite", "-o"]
    assert main([*words, "o.png"]) == 1
    assert "4 frames of 16x12, more than 767 pixels in all" in capsys.readouterr().err
    assert main([*words, "o.webp"]) == 0
    assert main([*words, "o.gif"]) == 0
    assert main([*words, "o.png", "--max-pixels", "768"]) == 0
