"""The PNG writer: every pixel and every chunk comes back, and the file does not depend on the threads."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from upscale_cli.codec import png
from upscale_cli.codec.encode import encode
from upscale_cli.codec.pillow import raster_of
from upscale_cli.formats import BY_EXTENSION, Settings
from upscale_cli.raster import Raster

ROW = BY_EXTENSION["png"]
RNG = np.random.default_rng(5)
SMOOTH = np.indices((61, 47)).sum(0).astype(np.uint8)[..., None] * 2 + np.arange(4, dtype=np.uint8) * 40
GREY = np.zeros((2, 2, 1), np.uint8)
NOISE = RNG.integers(0, 256, (61, 47, 4), dtype=np.uint8)


def file_of(image, level=None, threads=1):
    file = io.BytesIO()
    encode(raster_of(image, False), file, ROW, Settings(compression=level), (0, 0, 0), threads)
    return file.getvalue()


def chunks(file):
    return list(png._chunks(file))


@pytest.fixture(params=[200, 2**18])
def stripe(request, monkeypatch):
    """Stripes of one row, and of all rows."""
    monkeypatch.setattr(png, "STRIPE", request.param)


@pytest.mark.parametrize("level", [None, 0, 1, 6, 9])
@pytest.mark.parametrize("samples", [SMOOTH, NOISE, SMOOTH[:1, :1], SMOOTH[:, :1], NOISE[:1]], ids=str)
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_pixels_come_back(stripe, mode, samples, level):
    if mode == "I;16":
        image = Image.fromarray(samples[..., 0].astype(np.uint16) * 251)
    else:
        image = Image.fromarray(np.ascontiguousarray(samples[..., : len(mode)]).squeeze(2 if mode == "L" else ()), mode)
    assert png.holds(raster_of(image, False))
    file = file_of(image, level)
    back = Image.open(io.BytesIO(file))
    assert back.mode == mode
    assert (np.asarray(back) == np.asarray(image)).all()
    data = zlib.decompress(b"".join(data for name, data in chunks(file) if name == b"IDAT"))  # checks Adler-32
    assert len(data) == image.height * (1 + np.asarray(image)[0].nbytes)


def test_every_chunk_has_its_checksum(stripe):
    file = file_of(Image.fromarray(NOISE))
    at = 8
    while at < len(file):
        (size,) = struct.unpack_from(">I", file, at)
        (check,) = struct.unpack_from(">I", file, at + 8 + size)
        assert check == zlib.crc32(file[at + 4 : at + 8 + size])
        at += 12 + size


def test_the_file_does_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(png, "STRIPE", 1000)
    image = Image.fromarray(np.tile(NOISE, (5, 5, 1)))
    assert file_of(image, threads=1) == file_of(image, threads=3)


def test_metadata_is_what_pillow_writes():
    image = Image.fromarray(SMOOTH[..., :3])
    exif = Image.Exif()
    exif[0x013B] = "an artist"
    image.info |= {"dpi": (300, 300), "exif": exif.tobytes(), "icc_profile": b"\0" * 16 + b"RGB " + b"\0" * 108}
    theirs = io.BytesIO()
    image.save(theirs, "PNG", **image.info)
    kept = [[pair for pair in chunks(file) if pair[0] != b"IDAT"] for file in (file_of(image), theirs.getvalue())]
    assert kept[0] == kept[1]
    assert {b"iCCP", b"pHYs", b"eXIf"} < {name for name, _ in kept[0]}


def test_the_way_to_deflate_suits_the_picture():
    drawn = np.tile(RNG.integers(0, 256, (488, 60), np.uint8), 3)  # what repeats, though not at once
    seen = RNG.normal(128, 5, (488, 180)).astype(np.uint8)
    assert png._quickest(drawn, range(0, 488, 61), 3) == png.QUICK[1]
    assert png._quickest(seen, range(0, 488, 61), 3) == png.QUICK[0]


def test_levels_compress_further():
    image = Image.fromarray(np.tile(SMOOTH, (4, 4, 1)))
    sizes = [len(file_of(image, level)) for level in (0, 1, 9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > image.width * image.height * 4


@pytest.mark.parametrize(
    ("samples", "space"),
    [(GREY, "palette"), (GREY, "bilevel"), (NOISE, "cmyk"), (np.zeros((2, 2, 1), "f4"), "grey")],
)
def test_other_kinds_are_left_to_pillow(samples, space):
    assert not png.holds(Raster(samples, space, False))
