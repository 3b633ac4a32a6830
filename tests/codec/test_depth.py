"""Bits a sample: promoted, dithered, told of; and what becomes of deep colour where the extra `deep` is missing."""

import importlib.util
import os
import struct
import sys

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from tests import naive
from upscale_cli import resize, resize_file
from upscale_cli.codec import deep
from upscale_cli.errors import InputError, OutputError, UsageError
from upscale_cli.spec import DITHERS

from .test_deep import COLOURS, agree, imagecodecs, noise, png, read, tag_of, tiff, tifffile

EXTRA = r"pip install 'upscale-cli\[deep\]'"
X_RESOLUTION = 282
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def plain(path, channels):
    """Write 8 bits of noise."""
    samples = (noise(channels) >> 8).astype(np.uint8)
    Image.frombytes(MODES[channels], (6, 5), samples.tobytes()).save(path)
    return samples


def to_8_bits(samples, dither):
    alpha = samples.shape[2] in (2, 4)
    return naive.diffused(samples, alpha) if dither == "diffusion" else naive.reduced(samples, alpha, dither != "none")


@pytest.mark.parametrize("dither", DITHERS)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("channels", COLOURS)
def test_16_bits_and_floats_are_dithered_to_8(channels, dtype, dither, tmp_path):
    samples = noise(channels, dtype, 0.2, 0.8)
    source = png(tmp_path / "in.png", samples) if dtype == np.uint16 else tiff(tmp_path / "in.tif", samples)
    done = resize_file(source, tmp_path / "out.png", 2, depth=8, dither=dither)
    assert done.notes == []
    assert str(done.plan).endswith("round to u8" if dither == "none" else f"{dither} dither to u8")
    image = Image.open(tmp_path / "out.png")
    assert image.mode == MODES[channels]
    assert (np.asarray(image).reshape(10, 12, -1) == to_8_bits(resize(samples, 2), dither)).all()


def test_errors_are_diffused_unless_told_otherwise(tmp_path):
    source = png(tmp_path / "in.png", noise(3))
    resize_file(source, tmp_path / "out.png", 2, depth=8)
    expected = naive.diffused(resize(noise(3), 2), False)
    assert (np.asarray(Image.open(tmp_path / "out.png")) == expected).all()
    assert (expected != naive.reduced(resize(noise(3), 2))).any()


@pytest.mark.parametrize("extension", ["png", "tif"])
@pytest.mark.parametrize("channels", MODES)
def test_8_bits_are_promoted_before_they_are_filtered(channels, extension, tmp_path):
    samples = plain(tmp_path / "in.png", channels)
    done = agree(tmp_path / "in.png", samples * np.uint16(257), extension, depth=16)
    assert done.plan.startswith("promote to u16 | ")
    assert done.notes == []
    assert (read(tmp_path / f"out.{extension}") % 257 != 0).any()  # what 8 bits could not hold


@pytest.mark.parametrize("mode", ["1", "P"])
def test_bilevel_and_palettes_are_promoted_as_what_they_show(mode, tmp_path):
    plain(tmp_path / "first.png", 3)
    image = Image.open(tmp_path / "first.png").convert(mode)
    image.save(tmp_path / "in.png")
    shown = np.asarray(image.convert("L" if mode == "1" else "RGB")).reshape(5, 6, -1)
    agree(tmp_path / "in.png", shown * np.uint16(257), "png", depth=16)


@pytest.mark.parametrize(("extension", "more"), [("webp", {"lossless": True}), ("ppm", {}), ("bmp", {}), ("tga", {})])
def test_a_format_of_8_bits_gets_them_dithered_and_it_is_told(extension, more, tmp_path):
    source, target = png(tmp_path / "in.png", noise(3)), tmp_path / f"out.{extension}"
    assert resize_file(source, target, 2, **more).notes == ["16 bits become 8"]
    assert (np.asarray(Image.open(target)) == naive.diffused(resize(noise(3), 2), False)).all()


def test_a_format_of_8_bits_gets_no_more_of_floats_and_promotions(tmp_path):
    source = tiff(tmp_path / "in.tif", noise(3, np.float32))
    assert resize_file(source, tmp_path / "out.ppm", 2).notes == ["32-bit floats become 8 bits"]
    assert (np.asarray(Image.open(tmp_path / "out.ppm")) == naive.diffused(resize(noise(3, np.float32), 2), 0)).all()
    samples = plain(tmp_path / "in.png", 3)
    done = resize_file(tmp_path / "in.png", tmp_path / "out.ppm", 2, depth=16, overwrite=True)
    assert done.notes == ["the format has 8 bits: --depth 16 is not kept"]
    assert (np.asarray(Image.open(tmp_path / "out.ppm")) == resize(samples, 2)).all()


def test_a_format_may_hold_16_bits_of_grey_alone(tmp_path):
    assert resize_file(png(tmp_path / "in.png", noise(1)), tmp_path / "out.pgm", 2).notes == []
    assert (np.asarray(Image.open(tmp_path / "out.pgm")) == resize(noise(1), 2)[..., 0]).all()


def test_a_library_resizes_what_the_file_holds(tmp_path):
    with pytest.raises(UsageError, match="leave --depth 16 out"):
        resize_file("in.png", "out.png", 2, depth=16, like="pillow")


@pytest.mark.parametrize(("first", "second", "said"), [("RGB", "CMYK", "in kind"), ("CMYK", "RGB", "in depth")])
def test_pages_that_no_writer_holds_together_are_refused(first, second, said, tmp_path):
    one, two = Image.new(first, (4, 4)), Image.new(second, (4, 4))
    one.save(tmp_path / "in.tif", save_all=True, append_images=[two])
    with pytest.raises(OutputError, match=f"its pages differ {said}: .*--"):
        resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 2, depth=16)
    assert not (tmp_path / "out.tif").exists()


@pytest.fixture
def without(monkeypatch):
    """Take the extra away."""
    for name in deep.MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(deep, "available", lambda: False)


def test_both_modules_make_the_extra(monkeypatch):
    assert deep.available()
    for missing in deep.MODULES:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, missing=missing: None if name == missing else 1)
        assert not deep.available()


@pytest.mark.parametrize("extension", ["png", "tif"])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_16_bit_png_without_the_extra(channels, extension, tmp_path, without):
    source = png(tmp_path / "in.png", noise(channels))
    (note,) = resize_file(source, tmp_path / f"out.{extension}", 2).notes
    assert note == "16-bit colour is read in 8 bits: pip install 'upscale-cli[deep]' keeps all 16"
    image = Image.open(tmp_path / f"out.{extension}")
    assert image.mode == MODES[channels]
    assert "16" not in str(image.tile)
    expected = resize((noise(channels) >> 8).astype(np.uint8), 2).astype(int)
    if channels in (2, 4):
        image, expected = image.getchannel("A"), expected[..., -1]
    assert np.abs(np.asarray(image) - expected).max() <= 2


@pytest.mark.parametrize("planar", [False, True])
def test_16_bit_tiff_without_the_extra(planar, tmp_path, monkeypatch):
    """Pillow takes the samples of planes for bytes, so that they are refused."""
    source = tiff(tmp_path / "in.tif", noise(3), planar)
    monkeypatch.setattr(deep, "available", lambda: False)
    if planar:
        with pytest.raises(InputError, match=EXTRA):
            resize_file(source, tmp_path / "out.png", 2)
        return
    (note,) = resize_file(source, tmp_path / "out.png", 2).notes
    assert "'upscale-cli[deep]'" in note
    expected = resize((noise(3) >> 8).astype(np.uint8), 2).astype(int)
    assert np.abs(np.asarray(Image.open(tmp_path / "out.png")) - expected).max() <= 2


def test_float_tiff_without_the_extra(tmp_path, monkeypatch):
    source = tiff(tmp_path / "in.tif", noise(3, np.float32))
    monkeypatch.setattr(deep, "available", lambda: False)
    with pytest.raises(InputError, match=rf"in.tif: .*{EXTRA}"):
        resize_file(source, tmp_path / "out.png", 2)


@pytest.mark.parametrize("count", [1, 2])
def test_16_bit_tiff_is_not_written_without_the_extra(count, tmp_path, without):
    pages = [Image.new("RGB", (4, 4), (9, 8, 7))] * count
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(OutputError, match=rf"need the extra deep for TIFF: {EXTRA}, or write PNG"):
        resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 2, depth=16)
    assert not (tmp_path / "out.tif").exists()


def test_16_bit_png_is_written_without_the_extra(tmp_path, without):
    samples = plain(tmp_path / "in.png", 4)
    resize_file(tmp_path / "in.png", tmp_path / "out.png", 2, depth=16)
    got = imagecodecs.png_decode((tmp_path / "out.png").read_bytes())
    assert (got == resize(samples * np.uint16(257), 2)).all()


UNKNOWN = {
    "signed": (np.zeros((4, 4, 3), np.int16), {"photometric": "rgb"}),
    "Lab": (np.zeros((4, 4, 3), np.uint16), {"photometric": "cielab"}),
    "complex": (np.zeros((4, 4), np.complex64), {"photometric": "minisblack"}),
    "spectral": (np.zeros((4, 4, 40), np.uint16), {"photometric": "minisblack", "planarconfig": "contig"}),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_other_samples_are_refused(kind, tmp_path):
    samples, how = UNKNOWN[kind]
    tifffile.imwrite(tmp_path / "in.tif", samples, metadata=None, **how)
    with pytest.raises(InputError, match=r"samples are of a kind that is not known \(.*\): convert it to RGB first"):
        resize_file(tmp_path / "in.tif", tmp_path / "out.png", 2)


@pytest.mark.parametrize("keep", [10, 60, 300])
def test_what_is_cut_off_is_damaged(keep, tmp_path):
    for source in (tiff(tmp_path / "in.tif", noise(4)), png(tmp_path / "in.png", noise(4))):
        source.write_bytes(source.read_bytes()[:keep])
        with pytest.raises(InputError):
            resize_file(source, tmp_path / "out.png", 2)


@pytest.mark.parametrize("value", [(5, 72, 0), (5, 0, 0), (3, 72), (4, 72), (11, 0), (2, 0)])
def test_resolutions_that_are_none_do_no_harm(value, tmp_path):
    kind, *numbers = value
    source = tiff(tmp_path / "in.tif", noise(3), resolution=(300, 300), resolutionunit="inch")
    with tifffile.TiffFile(source) as file:
        tag = file.pages[0].tags[X_RESOLUTION]
    data = bytearray(source.read_bytes())
    struct.pack_into("<H", data, tag.offset + 2, kind)
    struct.pack_into(f"<{len(numbers)}I", data, tag.valueoffset if len(numbers) > 1 else tag.offset + 8, *numbers)
    source.write_bytes(data)
    agree(source, noise(3), "tif")
    # (1, 1) is in any file that says nothing; a whole number in place of a fraction is understood
    assert tag_of(tmp_path / "out.tif", X_RESOLUTION) in ((1, 1), (72, 1))


def test_what_is_read_in_8_bits_is_told(tmp_path):
    for maxval in (1023, 65535):
        (tmp_path / "in.ppm").write_bytes(b"P6 4 3 %d\n" % maxval + bytes(72))
        notes = resize_file(tmp_path / "in.ppm", tmp_path / "out.png", 2, overwrite=True).notes
        assert notes == ["more than 8 bits a colour are read as 8"]
    tifffile.imwrite(tmp_path / "in.tif", np.zeros((3, 4, 4), np.uint16), photometric="separated")
    assert "more than 8 bits" in resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 2).notes[0]
    imagecodecs = pytest.importorskip("imagecodecs")
    deep_colour = np.zeros((8, 8, 3), np.uint16)
    (tmp_path / "in.avif").write_bytes(imagecodecs.avif_encode(deep_colour, bitspersample=10))
    (tmp_path / "in.jp2").write_bytes(imagecodecs.jpeg2k_encode(deep_colour, level=0))
    for extension in ("avif", "jp2"):
        (note,) = resize_file(tmp_path / f"in.{extension}", tmp_path / f"{extension}.png", 2).notes
        assert note == "more than 8 bits a colour are read as 8"
        plain = tmp_path / f"plain.{extension}"
        Image.new("RGB", (8, 8)).save(plain)
        assert resize_file(plain, tmp_path / "out.png", 2, overwrite=True).notes == []
    (tmp_path / "in.ppm").write_bytes(b"P6 4 3 255\n" + bytes(36))
    assert resize_file(tmp_path / "in.ppm", tmp_path / "out.png", 2, overwrite=True).notes == []


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.full((3, 4), 2**31, np.uint32), "beyond 2147483647"),
        (np.full((3, 4), -5, np.int8), "signed bytes"),
    ],
)
def test_numbers_that_no_mode_holds_are_refused(samples, says, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", samples)
    with pytest.raises(InputError, match=says):
        resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 2)


def test_what_else_is_not_read_of_a_tiff_is_told(tmp_path):
    tifffile.imwrite(
        tmp_path / "five.tif", np.zeros((3, 4, 5), np.uint8), photometric="minisblack", planarconfig="contig"
    )
    assert resize_file(tmp_path / "five.tif", tmp_path / "o.tif", 2).notes == ["of 5 channels 1 are read"]
    tifffile.imwrite(tmp_path / "f64.tif", np.zeros((3, 4, 3)), photometric="rgb")
    notes = resize_file(tmp_path / "f64.tif", tmp_path / "o.tif", 2, overwrite=True).notes
    assert notes == ["samples of float64 are read as 32-bit floats"]
    assert tag_of(tmp_path / "o.tif", 270) is None  # what tifffile wrote of the old shape


def test_text_beyond_ascii_stays(tmp_path):
    Image.new("RGB", (4, 3)).save(tmp_path / "in.tif", tiffinfo={0x010E: "Größe".encode()})
    before = Image.open(tmp_path / "in.tif").tag_v2[0x010E]
    resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 2)
    assert Image.open(tmp_path / "out.tif").tag_v2[0x010E] == before


def test_dots_per_centimetre(tmp_path):
    source = tiff(tmp_path / "in.tif", noise(3), resolution=(100, 50), resolutionunit="centimeter")
    resize_file(source, tmp_path / "out.png", 2)
    assert np.allclose(Image.open(tmp_path / "out.png").info["dpi"], (254, 127), atol=0.02)


def test_numbers_that_their_kind_does_not_hold_are_left_out():
    tags = ImageFileDirectory_v2()
    for tag, kind, value in ((50000, 3, -1), (50001, 4, 2**40), (50002, 13, 7), (50003, 3, 5)):
        tags.tagtype[tag] = kind
        tags[tag] = value
    assert list(deep._extra(tags)) == [(50003, 3, 1, (5,), True)]


def test_standard_error_may_be_closed(monkeypatch):
    def closed(number):
        raise OSError

    monkeypatch.setattr(os, "dup", closed)
    with deep.silenced():
        pass
    assert not deep._silence.locked()
