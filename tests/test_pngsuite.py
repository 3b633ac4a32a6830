"""Every kind of PNG, and pictures that look right only by their profiles: enlarged, with the same colours."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from upscale_cli import resize, resize_file
from upscale_cli.codec import png
from upscale_cli.errors import InputError

imagecodecs = pytest.importorskip("imagecodecs", reason="what is expected is decoded by imagecodecs")

SHARED = Path(__file__).parents[2] / "shared/data/formats"
SUITE, ICC = SHARED / "pngsuite", SHARED / "icc"
EVERY = 10 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 1
VALID = sorted(path.name for path in SUITE.glob("[!x]*.png"))[::EVERY]
BROKEN = sorted(path.name for path in SUITE.glob("x*.png"))
BITS, KIND = 24, 25  # where a PNG tells its depth and its kind
PALETTE = 3
SWAPPED, P3, CMYK = "rgb-to-gbr-test.png", "P3-sRGB-color-bars.png", "Channel_digital_image_CMYK_color.jpg"

suite = pytest.mark.skipif(not SUITE.is_dir(), reason="the suite of PNG files is not part of the project")
profiles = pytest.mark.skipif(not ICC.is_dir(), reason="the pictures with profiles are not part of the project")


def decoded(data):
    """Return the samples of a PNG, H x W x C: palettes, clear colours and few bits as what they show."""
    samples = imagecodecs.png_decode(data)
    return samples if samples.ndim == 3 else samples[..., None]


def top_of(samples):
    return np.iinfo(samples.dtype).max


def colour_chunks(data):
    return sorted(chunk for chunk in png.ancillary(io.BytesIO(data))[0] if chunk[0] in png.COLOUR)


@suite
@pytest.mark.parametrize("name", VALID)
def test_valid_files_are_resized_with_the_right_colours(name, tmp_path):
    source, target = (SUITE / name).read_bytes(), tmp_path / name
    done = resize_file(SUITE / name, target, 3)
    before, after = decoded(source), decoded(target.read_bytes())
    assert done.notes == []
    assert after.dtype == before.dtype
    if source[KIND] == PALETTE:  # of which grey may come
        assert after.shape[2] in (before.shape[2], 1)
        before = before[..., : after.shape[2]]
    assert after.shape == (3 * before.shape[0], 3 * before.shape[1], before.shape[2])
    expected = resize((before / top_of(before)).astype(np.float32), 3).clip(0, 1) * top_of(before)
    assert np.abs(after - expected).max() <= 1
    assert colour_chunks(target.read_bytes()) == colour_chunks(source)


@suite
@pytest.mark.parametrize("name", VALID)
def test_valid_files_are_copied_pixel_by_pixel(name, tmp_path):
    source, target = (SUITE / name).read_bytes(), tmp_path / name
    resize_file(SUITE / name, target, 3, method="nearest")
    before, after = decoded(source), decoded(target.read_bytes())
    assert (after == before.repeat(3, axis=0).repeat(3, axis=1)).all()
    assert (target.read_bytes()[KIND] == PALETTE) == (source[KIND] == PALETTE)


@suite
@pytest.mark.parametrize("name", [name for name in VALID if "3p" in name and (EVERY == 1 or "3p08" not in name)])
def test_palettes_are_kept_when_asked(name, tmp_path):
    source, target = (SUITE / name).read_bytes(), tmp_path / name
    resize_file(SUITE / name, target, 3, palette="keep")
    before, after = decoded(source), decoded(target.read_bytes())
    assert target.read_bytes()[KIND] == PALETTE
    assert np.array_equal(Image.open(target).getpalette(), Image.open(SUITE / name).getpalette())
    assert {*map(tuple, after.reshape(-1, after.shape[2]))} <= {
        tuple(colour) for colour in decoded_palette(SUITE / name, before.shape[2])
    }


def decoded_palette(path, channels):
    """Return the palette's colours as channels, whether pixels use them or not."""
    image = Image.open(path)
    colours = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    alphas, clear = np.full((len(colours), 1), 255, np.uint8), image.info.get("transparency", b"")
    for index, alpha in [(clear, 0)] if isinstance(clear, int) else enumerate(clear):
        alphas[index] = alpha
    return np.hstack([colours, alphas])[:, :channels].tolist()


@suite
@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused(name, tmp_path):
    with pytest.raises(InputError, match=rf"{name}: it is .*: (check where it came from|get a whole copy of it)$"):
        resize_file(SUITE / name, tmp_path / "out.png", 3)
    assert not [*tmp_path.iterdir()]


@suite
def test_the_suite_is_whole():
    kinds = {(data[BITS], data[KIND]) for data in ((SUITE / name).read_bytes() for name in VALID)}
    assert len(kinds) == 15 or EVERY > 1
    assert len(BROKEN) == 14


def in_srgb(image):
    """Return what a person sees of a picture, by LittleCMS alone."""
    srgb, mode = ImageCms.createProfile("sRGB"), "RGBA" if image.mode == "RGBA" else "RGB"
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    compensated = ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.PERCEPTUAL
    transform = ImageCms.buildTransform(profile, srgb, image.mode, mode, intent, compensated)
    return np.asarray(ImageCms.applyTransform(image, transform).convert("RGB")).astype(float)


def corner(name, folder):
    """Write a small part of a picture, with its profile, where something is to be seen."""
    image = Image.open(ICC / name)
    width, height = image.size
    part = image.resize((48, 32), Image.Resampling.BOX, (width // 8, height // 8, width // 8 * 7, height // 8 * 7))
    path = folder / f"in{Path(name).suffix}"
    part.save(path, icc_profile=image.info["icc_profile"], **({"quality": 95} if path.suffix == ".jpg" else {}))
    return path


@profiles
@pytest.mark.parametrize("profile", ["keep", "srgb"])
@pytest.mark.parametrize("extension", ["png", "tif", "webp", "avif", "jpg"])
@pytest.mark.parametrize("name", [SWAPPED, P3])
def test_pictures_look_as_before(name, extension, profile, tmp_path):
    source, target = corner(name, tmp_path), tmp_path / f"out.{extension}"
    more = {"lossless": True} if extension == "webp" else {"quality": 98} if extension in ("jpg", "avif") else {}
    more |= {"subsampling": "4:4:4"} if extension in ("jpg", "avif") else {}
    resize_file(source, target, 2, method="nearest", profile=profile, **more)
    before, after = Image.open(source), Image.open(target)
    kept = after.info["icc_profile"] == before.info["icc_profile"]
    assert kept == (profile == "keep")
    expected = in_srgb(before).repeat(2, axis=0).repeat(2, axis=1)
    apart = np.abs(in_srgb(after) - expected)
    assert apart.mean() < 3 if "quality" in more else apart.max() <= 1
    assert np.abs(np.asarray(before.convert("RGB")) - in_srgb(before)).mean() > 4  # the profile is needed
    resize_file(source, target, 2, profile=profile, overwrite=True, **more)
    smooth = in_srgb(Image.open(target)).reshape(32, 2, 48, 2, 3).mean(axis=(1, 3))
    assert np.abs(smooth - in_srgb(before)).mean() < 4


@profiles
@pytest.mark.parametrize("extension", ["png", "webp"])
def test_cmyk_is_converted_through_its_profile(extension, tmp_path):
    source, target = corner(CMYK, tmp_path), tmp_path / f"out.{extension}"
    more = {"lossless": True} if extension == "webp" else {}
    done = resize_file(source, target, 2, method="nearest", **more)
    image = Image.open(source)
    assert done.notes == ["CMYK becomes RGB"]
    assert image.mode == "CMYK"
    expected = in_srgb(image).repeat(2, axis=0).repeat(2, axis=1)
    assert np.abs(in_srgb(Image.open(target)) - expected).max() <= 1
    assert np.abs(np.asarray(image.convert("RGB")) - in_srgb(image)).mean() > 4


@profiles
@pytest.mark.parametrize("extension", ["jpg", "tif"])
def test_cmyk_stays_cmyk_where_it_can(extension, tmp_path):
    source, target = ICC / CMYK, tmp_path / f"out.{extension}"
    assert resize_file(source, target, size="48", quality=98 if extension == "jpg" else None).notes == []
    before, after = Image.open(source), Image.open(target)
    assert after.mode == "CMYK"
    assert after.info["icc_profile"] == before.info["icc_profile"]
    small = before.resize(after.size, Image.Resampling.BICUBIC)
    assert np.abs(np.asarray(after).astype(int) - np.asarray(small)).mean() < 3  # and not the negative of it
    assert np.abs(in_srgb(after) - in_srgb(small)).mean() < 4
