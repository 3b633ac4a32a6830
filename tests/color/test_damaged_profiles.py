"""Colour profiles that are damaged, or of other colours than the picture's: told, and the picture is made."""

import zlib

import pytest
from PIL import Image

from tests.codec.test_deep import agree, chunk, noise, png, tiff
from tests.color.test_profile import made
from upscale_cli import resize, resize_file

from .test_profiles import EXTENSIONS, GAMMA, GREY, is_tagged, picture, rgb, saved, whole

DAMAGED = "the colour profile is damaged and is left out"
UNFIT = "the colour profile does not fit and is not kept"
NO_CURVES = rgb([b"junk" + bytes(8)] * 3)  # a sound table of tags that lead to nonsense
CUT = {"header": GAMMA[:100], "table": GAMMA[:140], "tags": GAMMA[:-40], "garbage": bytes(range(7, 250)), "byte": b"x"}


@pytest.mark.parametrize("options", [{}, {"profile": "srgb"}, {"linear": True}], ids=str)
@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("damage", CUT)
def test_a_damaged_profile_stays_out_and_the_picture_is_made(damage, extension, options, tmp_path):
    path, target = saved(tmp_path / f"in.{extension}", picture("RGB"), CUT[damage]), tmp_path / "out.png"
    assert resize_file(path, target, 2, **options).notes == [DAMAGED]
    assert is_tagged(target) if "profile" in options else "icc_profile" not in Image.open(target).info
    expected = resize(Image.open(path).convert("RGB"), 2, linear="linear" in options)
    assert Image.open(target).tobytes() == expected.tobytes()


@pytest.mark.parametrize("options", [{}, {"profile": "srgb"}])
@pytest.mark.parametrize("extension", ["png", "tif"])
@pytest.mark.parametrize("damage", CUT)
def test_a_damaged_profile_of_16_bits_stays_out(damage, extension, options, tmp_path):
    source = tiff(tmp_path / "in.tif", noise(3), iccprofile=CUT[damage])
    assert agree(source, noise(3), extension, **options).notes == [DAMAGED]
    assert ("icc_profile" in Image.open(tmp_path / f"out.{extension}").info) == ("profile" in options)


@pytest.mark.parametrize("packed", [b"", b"junk", zlib.compress(GAMMA)[:-40]], ids=["nothing", "junk", "cut"])
def test_a_profile_that_cannot_be_unpacked_is_told(packed, tmp_path):
    damaged = chunk(b"iCCP", b"name\0\0" + packed)
    png(tmp_path / "deep.png", noise(3))
    saved(tmp_path / "in.png", picture("RGB"))
    for path in (tmp_path / "deep.png", tmp_path / "in.png"):
        data = path.read_bytes()
        path.write_bytes(data[:33] + damaged + data[33:])
        assert resize_file(path, tmp_path / "out.png", 2, overwrite=True).notes == [DAMAGED]


@pytest.mark.parametrize("extension", ["png", "jpg", "tif"])
@pytest.mark.parametrize(("mode", "profile"), [("RGB", GREY), ("L", GAMMA), ("CMYK", GAMMA)])
def test_a_profile_of_other_colours_stays_out(mode, profile, extension, tmp_path):
    path = saved(tmp_path / "in.tif", picture(mode), profile)
    notes = resize_file(path, tmp_path / f"out.{extension}", 2).notes
    assert [note for note in notes if note != "CMYK becomes RGB"] == [UNFIT]
    assert "icc_profile" not in Image.open(tmp_path / f"out.{extension}").info


@pytest.mark.parametrize(("mode", "profile"), [("RGB", GREY), ("L", GAMMA), ("CMYK", GAMMA)])
def test_a_profile_of_other_colours_is_told_where_it_was_to_be_applied(mode, profile, tmp_path):
    path = saved(tmp_path / "in.tif", picture(mode), profile)
    assert resize_file(path, tmp_path / "out.png", 2, profile="srgb").notes == [UNFIT]


@pytest.mark.parametrize("extension", ["png", "tif"])
@pytest.mark.parametrize(("channels", "profile"), [(3, GREY), (4, GREY), (2, GAMMA)])
def test_a_profile_of_other_colours_of_16_bits_stays_out(channels, profile, extension, tmp_path):
    source = tiff(tmp_path / "in.tif", noise(channels), iccprofile=profile)
    assert agree(source, noise(channels), extension).notes == [UNFIT]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "16 bits"])
def test_a_profile_of_nonsense_is_told_when_it_is_to_be_applied(mode, tmp_path):
    path = tmp_path / "in.tif"
    if mode == "16 bits":
        tiff(path, noise(3), iccprofile=NO_CURVES)
    else:
        saved(path, picture(mode), NO_CURVES)
    done = resize_file(path, tmp_path / "out.tif", 2, profile="srgb")
    assert "the colour profile cannot be applied" in " ".join(done.notes)


def test_a_profile_of_nonsense_is_told_where_the_format_needs_it_applied(tmp_path):
    nonsense = whole(made({b"A2B0": b"junk" + bytes(8)}, b"CMYK", b"Lab "), b"prtr")
    path = saved(tmp_path / "in.tif", picture("CMYK"), nonsense)
    notes = resize_file(path, tmp_path / "out.png", 2).notes
    assert notes == ["CMYK becomes RGB", "the colour profile cannot be applied and is not kept"]
    assert Image.open(tmp_path / "out.png").tobytes() == resize(picture("CMYK"), 2).convert("RGB").tobytes()
