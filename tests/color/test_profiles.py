"""Colour profiles from file to file: kept byte for byte, converted as LittleCMS does, followed into light."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests import naive
from tests.codec.test_deep import noise, read, tiff
from tests.color.test_profile import curv, made, para, table
from upscale_cli import resize, resize_file
from upscale_cli.codec import cms, deep
from upscale_cli.color.profile import curves_of, is_srgb
from upscale_cli.errors import InputError
from upscale_cli.raster import Raster

ICC = Path(__file__).parents[3] / "shared/data/formats/icc"
MODES = ("L", "LA", "RGB", "RGBA")
EXTENSIONS = ("png", "jpg", "webp", "avif", "tif")
PIXELS = np.random.default_rng(4).integers(0, 256, (5, 6, 4), np.uint8)
D50 = (0.9642, 1.0, 0.8249)
THEIRS = ImageCms.ImageCmsProfile(io.BytesIO(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()))
COLUMNS = THEIRS.profile
# from light to the connection space, a column a colour; the other is of Adobe's primaries
SRGB = np.array([COLUMNS.red_colorant[0], COLUMNS.green_colorant[0], COLUMNS.blue_colorant[0]]).T
WIDE = np.array([[0.60976, 0.20524, 0.14922], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
WIDE = np.round(WIDE * 65536) / 65536


def xyz(*values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def whole(profile, kind=b"mntr"):
    """Return a profile with the rest of the header that LittleCMS wants."""
    return profile[:8] + b"\x04\x20\0\0" + kind + profile[16:68] + xyz(*D50)[8:] + profile[80:]


def rgb(curves, matrix=WIDE):
    names = [(name + b"TRC", name + b"XYZ") for name in (b"r", b"g", b"b")]
    tags = {trc: curve for (trc, _), curve in zip(names, curves, strict=True)}
    tags |= {place: xyz(*column) for (_, place), column in zip(names, matrix.T, strict=True)}
    return whole(made(tags | {b"wtpt": xyz(*D50)}))


def grey(curve):
    return whole(made({b"kTRC": curve, b"wtpt": xyz(*D50)}, b"GRAY"))


GAMMA = rgb([para(1.8)] * 3)
UNLIKE = rgb([para(1.8), curv(0x0240), table(lambda x: x**2.5, 1024)])
LIKE_SRGB = rgb([table(naive.srgb_to_linear, 4096)] * 3)
GREY = grey(para(2.2))
LOOKED_UP = whole(made({b"A2B0": b"mft2" + bytes(60), b"wtpt": xyz(*D50)}))
CURVES = {"own": (GAMMA, (1.8,) * 3), "one each": (UNLIKE, (1.8, 2.25, 2.5))}


def picture(mode, pixels=PIXELS):
    channels = len(Image.new(mode, (1, 1)).getbands())
    bands = [Image.fromarray(np.ascontiguousarray(pixels[..., c])) for c in (0, 3)] if mode == "LA" else None
    return Image.merge(mode, bands or [Image.fromarray(pixels[..., c].copy()) for c in range(channels)])


def saved(path, image, profile=None, **more):
    image.save(path, **({"icc_profile": profile} if profile else {}), **more)
    return path


def samples_of(image):
    return np.asarray(image).reshape(image.height, image.width, -1)


def in_srgb(image, profile):
    """Convert by LittleCMS alone."""
    mode, profile = "RGBA" if image.mode == "RGBA" else "RGB", ImageCms.ImageCmsProfile(io.BytesIO(profile))
    how = ImageCms.Intent.PERCEPTUAL, ImageCms.Flags.BLACKPOINTCOMPENSATION
    return ImageCms.applyTransform(image, ImageCms.buildTransform(profile, THEIRS, image.mode, mode, *how))


def converted(values, curves, matrix=WIDE):
    """Return colours from 0 to 1 in sRGB, in float64, by the profile's curves and matrix."""
    light = np.stack([values[..., c].astype(np.float64) ** curves[c] for c in range(3)], -1)
    return encoded((light @ matrix.T @ np.linalg.inv(SRGB).T).clip(0, 1))


def encoded(light):
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)


def is_tagged(path):
    profile = Image.open(path).info["icc_profile"]
    return profile == cms.srgb_profile() and is_srgb(curves_of(profile))


@pytest.mark.parametrize("target", EXTENSIONS)
@pytest.mark.parametrize("source", EXTENSIONS)
@pytest.mark.parametrize("profile", [GAMMA, UNLIKE, LOOKED_UP])
def test_profiles_are_kept_byte_for_byte(profile, source, target, tmp_path):
    path = saved(tmp_path / f"in.{source}", picture("RGB"), profile)
    for method in ("bicubic", "nearest"):
        done = resize_file(path, tmp_path / f"out.{target}", 2, method=method, overwrite=True, strip=True)
        assert done.notes == []
        assert Image.open(tmp_path / f"out.{target}").info["icc_profile"] == profile


@pytest.mark.parametrize("extension", ["png", "jpg", "tif"])
@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_profiles_of_grey_are_kept(mode, extension, tmp_path):
    image = picture("L") if mode == "L" else Image.fromarray(PIXELS[..., 0] * np.uint16(257))
    path = saved(tmp_path / "in.png", image, GREY)
    resize_file(path, tmp_path / f"out.{extension}", 2)
    back = Image.open(tmp_path / f"out.{extension}")
    assert (back.info["icc_profile"], back.mode in ("L", "I;16")) == (GREY, True)


@pytest.mark.parametrize("method", ["bicubic", "nearest"])
@pytest.mark.parametrize("profile", [GAMMA, UNLIKE])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_become_srgb_before_they_are_filtered(mode, profile, method, tmp_path):
    path = saved(tmp_path / "in.png", picture(mode), profile)
    assert resize_file(path, tmp_path / "out.png", 2, method=method, profile="srgb").notes == []
    expected = in_srgb(picture(mode), profile)
    assert samples_of(expected)[..., 3:].tobytes() == samples_of(picture(mode))[..., 3:].tobytes()
    assert np.abs(samples_of(expected)[..., :3] - converted(PIXELS[..., :3] / 255, CURVES_OF[profile]) * 255).max() < 2
    assert (samples_of(Image.open(tmp_path / "out.png")) == samples_of(resize(expected, 2, method=method))).all()
    assert is_tagged(tmp_path / "out.png")


CURVES_OF = dict(CURVES.values())


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_becomes_grey_of_the_srgb_curve(mode, tmp_path):
    path = saved(tmp_path / "in.png", picture(mode), GREY)
    resize_file(path, tmp_path / "out.png", 2, method="nearest", profile="srgb")
    image = Image.open(tmp_path / "out.png")
    assert (image.mode, "icc_profile" in image.info) == (mode, False)
    expected = samples_of(picture(mode)).astype(float)
    expected[..., 0] = np.floor(encoded((expected[..., 0] / 255) ** 2.2) * 255 + 0.5)
    assert (samples_of(image) == expected.repeat(2, axis=0).repeat(2, axis=1)).all()
    shown = samples_of(in_srgb(picture("L"), GREY))[..., :1]
    assert np.abs(expected[..., :1] - shown).max() <= 1


@pytest.mark.parametrize("clear", [None, 2, bytes([0, 90, 255])])
@pytest.mark.parametrize("method", ["bicubic", "nearest"])
def test_palettes_become_srgb(method, clear, tmp_path):
    image = picture("RGB").quantize(7)
    more = {} if clear is None else {"transparency": clear}
    path = saved(tmp_path / "in.png", image, GAMMA, **more)
    resize_file(path, tmp_path / "out.png", 2, method=method, profile="srgb")
    expected = in_srgb(Image.open(path).convert("RGB" if clear is None else "RGBA"), GAMMA)
    got = Image.open(tmp_path / "out.png")
    assert got.mode == (expected.mode if method == "bicubic" else "P")
    assert (samples_of(got.convert(expected.mode)) == samples_of(resize(expected, 2, method=method))).all()
    assert is_tagged(tmp_path / "out.png")


@pytest.mark.parametrize("clear", [None, 2])
@pytest.mark.parametrize("method", ["bicubic", "nearest"])
def test_a_palette_that_is_kept_becomes_srgb_itself(method, clear, tmp_path):
    image = picture("RGB").quantize(7)
    path = saved(tmp_path / "in.png", image, GAMMA, **({} if clear is None else {"transparency": clear}))
    resize_file(path, tmp_path / "out.png", 2, method=method, profile="srgb", palette="keep")
    back = Image.open(tmp_path / "out.png")
    colours = np.array(image.getpalette(), np.uint8).reshape(1, -1, 3)
    expected = samples_of(in_srgb(Image.fromarray(colours), GAMMA)).ravel().tolist()
    assert (back.mode, back.getpalette()[: len(expected)], back.info.get("transparency")) == ("P", expected, clear)


@pytest.mark.parametrize("profile", [None, "own"])
def test_lab_becomes_srgb(profile, tmp_path):
    image = picture("LAB")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    path = saved(tmp_path / "in.tif", image, lab if profile else None)
    expected = samples_of(in_srgb(image, lab)).astype(int)
    for extension, options in (("tif", {"profile": "srgb"}), ("png", {})):
        resize_file(path, tmp_path / f"out.{extension}", 2, method="nearest", overwrite=True, **options)
        got = samples_of(Image.open(tmp_path / f"out.{extension}"))
        assert np.abs(got - expected.repeat(2, axis=0).repeat(2, axis=1)).max() <= 1


@pytest.mark.skipif(not ICC.is_dir(), reason="the CMYK picture is not part of the project")
@pytest.mark.parametrize("extension", ["png", "jpg", "tif"])
def test_cmyk_becomes_srgb(extension, tmp_path):
    whole = Image.open(ICC / "Channel_digital_image_CMYK_color.jpg")
    part = whole.resize((12, 8), Image.Resampling.BOX, (100, 100, 400, 300))
    path = saved(tmp_path / "in.tif", part, whole.info["icc_profile"])
    assert resize_file(path, tmp_path / f"out.{extension}", 2, profile="srgb").notes == []
    got = samples_of(Image.open(tmp_path / f"out.{extension}")).astype(int)
    expected = samples_of(resize(in_srgb(part, whole.info["icc_profile"]), 2))
    assert np.abs(got - expected).max() <= (0 if extension != "jpg" else 40)
    assert is_tagged(tmp_path / f"out.{extension}")


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("profile", [GAMMA, UNLIKE])
@pytest.mark.parametrize("channels", [3, 4])
def test_deep_colours_become_srgb(channels, profile, dtype, tmp_path):
    samples, top = noise(channels, dtype), naive.TOP[dtype.__name__]
    tiff(tmp_path / "in.tif", samples, iccprofile=profile)
    resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 1, profile="srgb")
    got = read(tmp_path / "out.tif")
    assert got.dtype == dtype
    expected = converted(samples[..., :3] / top, CURVES_OF[profile])
    inside = (got[..., :3] >= 0) & (got[..., :3] <= top)
    assert np.abs(got[..., :3] / top - expected)[inside].max() < 1e-3  # a quarter of a level of 8 bits
    assert (got[..., 3:] == samples[..., 3:]).all()
    assert is_tagged(tmp_path / "out.tif") if dtype == np.uint16 else True


def test_deep_grey_becomes_grey_of_the_srgb_curve(tmp_path):
    tiff(tmp_path / "in.tif", noise(2), iccprofile=GREY)
    resize_file(tmp_path / "in.tif", tmp_path / "out.png", 1, profile="srgb")
    expected = encoded((noise(2)[..., 0] / 65535) ** 2.2) * 65535
    assert np.abs(read(tmp_path / "out.png")[..., 0] - expected).max() < 0.52


def test_deep_colours_need_the_extra(monkeypatch):
    monkeypatch.setattr(deep, "available", lambda: False)
    plain = Raster(noise(3), "rgb", False, {})
    assert (cms.to_srgb(plain).samples == noise(3)).all()
    with pytest.raises(InputError, match=r"converted by the extra deep: pip install 'upscale-cli\[deep\]'"):
        cms.to_srgb(Raster(noise(3), "rgb", False, {"icc_profile": GAMMA}))


def test_the_profile_of_srgb_does_not_tell_the_day():
    assert cms.srgb_profile()[24:36] == struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
