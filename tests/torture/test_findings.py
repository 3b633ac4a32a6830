"""What damaged files and the fuzzer have found: each is refused in its words, or read, within little memory."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.fuzz import seeds
from tests.torture.damage import with_checksums
from tests.torture.samples import samples
from tests.torture.worker import forget_peak, peak
from upscale_cli.cli.door import main
from upscale_cli.codec.decode import Source
from upscale_cli.codec.pillow import at_ease, gif_blocks
from upscale_cli.errors import InputError
from upscale_cli.network import indices, weights
from upscale_cli.network.models import kernel_of

SAMPLES = samples()
IMAGE_WIDTH, IMAGE_LENGTH, BITS, ORIENTATION, UNDEFINED, LONG = 256, 257, 258, 274, 7, 4
LITTLE = 100 << 20  # bytes


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def entry_of(data, tag):
    """Return where a tag's entry stands in the first directory of a little-endian TIFF, behind the tag."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    places = range(at + 2, at + 2 + 12 * count, 12)
    return next(place for place in places if struct.unpack_from("<H", data, place) == (tag,)) + 2


def with_tag(data, tag, kind, value, count=1):
    data = bytearray(data)
    struct.pack_into("<HII", data, entry_of(data, tag), kind, count, value)
    return bytes(data)


def wide_frame():
    """Return a GIF of 10 x 9 pixels whose frame is to clear 65535 x 65535 of them when the next one comes."""
    data = bytearray(SAMPLES["animation.gif"])
    place = data.index(b"\x21\xf9\x04")  # the first control block
    data[place + 3] = 2 << 2
    frame = data.index(b"\x2c", place + 8)
    struct.pack_into("<4H", data, frame + 1, 0, 0, 65535, 65535)
    return bytes(data)


def huge_png():
    data = bytearray(SAMPLES["PNG-1.png"])
    struct.pack_into(">II", data, 16, 20_000, 20_000)
    return with_checksums(data)


def tall_png():
    """Return a PNG whose rows have less than a byte of samples, and are too many."""
    file = io.BytesIO()
    Image.new("1", (1, 1)).save(file, "png")
    data = bytearray(file.getvalue())
    struct.pack_into(">I", data, 20, 8_000_000)
    return with_checksums(data)


def huge_animation(width, height):
    """Return an animation whose first picture is no part of it, and is said to be of a size."""
    file = io.BytesIO()
    colours = [Image.new("RGBA", (9, 9), colour) for colour in ("red", "green", "blue")]
    colours[0].save(file, "png", save_all=True, append_images=colours[1:], default_image=True)
    data = bytearray(file.getvalue())
    struct.pack_into(">II", data, 16, width, height)
    return with_checksums(data)


def without_palette():
    return with_checksums(bytearray(SAMPLES["PNG-P.png"].replace(b"PLTE", b"plTE")))


FILES = {
    "wide.gif": (wide_frame, "it is damaged (a frame reaches to 65535x65535): get a whole copy of it"),
    "huge.png": (huge_png, "it is damaged (its pixels are truncated): get a whole copy of it"),
    "tall.png": (tall_png, "it is damaged (its pixels are truncated): get a whole copy of it"),
    "huger.png": (
        lambda: huge_animation(30_000, 30_000),
        "it has 30000x30000 pixels, more than 500000000: allow them with --max-pixels",
    ),
    "animated.png": (
        lambda: huge_animation(20_000, 20_000),
        "it cannot be read (its pixels are truncated): get a whole copy of it",
    ),
    "grey.png": (without_palette, "it is damaged (its palette is missing): get a whole copy of it"),
    "strips.tif": (
        lambda: with_tag(SAMPLES["TIFF-CMYK.tif"], IMAGE_LENGTH, LONG, 4_000_000),
        "it is damaged (strips of it are missing): get a whole copy of it",
    ),
    "deep.tif": (
        lambda: with_tag(SAMPLES["deep-f4.tif"], IMAGE_LENGTH, LONG, 4_000_000),
        "it is damaged (strips of it are missing): get a whole copy of it",
    ),
    "width.tif": (  # of which Pillow finds no length, and tifffile a width of bytes
        lambda: with_tag(with_tag(SAMPLES["TIFF-RGB.tif"], IMAGE_WIDTH, UNDEFINED, 9), IMAGE_LENGTH, 3, 9, 1 << 24),
        "it is damaged (its size is no whole number): get a whole copy of it",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_lie_are_refused_before_memory_is_spent(tmp_path, capfd, name):
    maker, says = FILES[name]
    if name in ("deep.tif", "width.tif"):
        pytest.importorskip("tifffile")
    (tmp_path / name).write_bytes(maker())
    forget_peak()
    before = peak()
    assert main([name, "-s", "1", "-o", "out.png"]) == 1
    assert capfd.readouterr() == ("", f"upscale: {name}: {says}\n")
    assert peak() - before < LITTLE


def test_a_gif_over_the_limit_says_so():
    with pytest.raises(InputError, match="it has 10x9 pixels, more than 89: allow them"):
        Source(SAMPLES["GIF-P.gif"], 89)
    with Source(SAMPLES["GIF-P.gif"], 90) as source:
        assert source.header.width == 10


def test_blocks_of_a_gif():
    """Of what Pillow writes: its loops, a control and a frame each, the trailer; bytes between blocks are told."""
    kinds = b"".join(kind for kind, _ in gif_blocks(io.BytesIO(SAMPLES["animation.gif"])))
    assert kinds == b"!" + b"!," * 3 + b";"
    frames = [reach for kind, reach in gif_blocks(io.BytesIO(SAMPLES["animation.gif"])) if kind == b","]
    assert frames[0] == (10, 9) and max(frames) == (10, 9)
    cut = SAMPLES["animation.gif"][:-1]
    assert [kind for kind, _ in gif_blocks(io.BytesIO(cut))][-1] == b""
    assert [kind for kind, _ in gif_blocks(io.BytesIO(cut + b"\0;"))][-2:] == [b"\0", b";"]


def test_pngs_that_deflate_far_are_read(tmp_path):
    """A black picture takes a thousandth of its bytes, and no less."""
    Image.new("1", (8_000, 4_000)).save(tmp_path / "black.png", compress_level=9)
    with at_ease(), Source(tmp_path / "black.png", 10**9) as source:
        assert source.decode(0, copying=True).width == 8_000


def test_a_grey_gif_keeps_its_palette(tmp_path):
    """Pillow reads a palette of all greys as no palette."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(levels).save(tmp_path / "grey.gif")
    assert Image.open(tmp_path / "grey.gif").mode == "L"
    for words in ("-s 2 -m nearest", "-s 2"):
        assert main(["grey.gif", *words.split(), "--palette", "keep", "-o", "out.gif", "--overwrite", "--quiet"]) == 0
        back = np.asarray(Image.open(tmp_path / "out.gif").convert("L"))
        assert (back[::2, ::2] == levels).all() or "nearest" not in words
        assert np.abs(back[::2, ::2].astype(int) - levels).max() <= 9


@pytest.mark.parametrize("kind", [UNDEFINED, 2])
def test_tags_may_be_of_any_kind(kind):
    """Of bytes and of text, too: Pillow hands them over as such."""
    for name in ("TIFF-RGB.tif", "TIFF-CMYK.tif", "zstd.tif"):
        for tag in (BITS, 259, 262, 277, 284):
            try:
                with Source(with_tag(SAMPLES[name], tag, kind, 0x38), 10_000) as source:
                    source.decode(0)
            except InputError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize(("kind", "value"), [(UNDEFINED, 1), (3, 9), (3, 8)])
def test_an_orientation_that_is_none_does_not_keep_a_tiff_from_being_written(tmp_path, capfd, kind, value):
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, ORIENTATION, kind, 1, value, 0)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", exif=exif)
    assert main(["a.jpg", "-s", "1", "-o", "out.tif", "--no-orient", "--quiet"]) == 0
    assert capfd.readouterr().err == ""
    assert Image.open("out.tif").getexif().get(ORIENTATION) == (value if kind == 3 and value < 9 else None)


def test_what_pillow_logs_is_not_shown(tmp_path, capfd):
    (tmp_path / "a.tif").write_bytes(with_tag(SAMPLES["TIFF-RGB.tif"], 277, 3, 208))
    assert main(["a.tif", "-s", "1", "-o", "out.png"]) == 1
    assert capfd.readouterr().err.count("\n") == 1


def bomb(path, size):
    """Write an archive of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
        archive.writestr("scale.npy", header.getvalue() + bytes(size))


def test_archives_are_not_unpacked_beyond_what_they_may_hold(tmp_path):
    bomb(tmp_path / "a.npz", weights.MOST + 1)
    forget_peak()
    before = peak()
    with pytest.raises(InputError, match=rf"a.npz: it holds {weights.MOST + 129} bytes, and .* at most {weights.MOST}"):
        weights.read(tmp_path / "a.npz")
    assert peak() - before < weights.MOST // 2
    bomb(tmp_path / "a.npz", 1000)
    with pytest.raises(InputError, match="it holds no weights"):
        weights.read(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), ",  # NumPy raises a tokenizer's error
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 400000000000000000), }",  # and MemoryError
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4L), }",  # and warns of Python 2
        b"[" * 5000,
    ],
)
def test_headers_of_arrays_that_lie(tmp_path, recwarn, header):
    data = b"\x93NUMPY\1\0" + struct.pack("<H", len(header) + 1) + header + b"\n" + bytes(8)
    for name in ("a.npz", "b.npz"):
        path = tmp_path / name
        path.write_bytes(data)
        if name == "b.npz":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("indices.npy", data)
        for read in (weights.read, indices.read, kernel_of):
            with pytest.raises(InputError, match=r"it is no whole|a kernel is a matrix"):
                read(path)
    assert not recwarn.list


def test_members_that_are_no_arrays(tmp_path):
    """NumPy hands them over as bytes."""
    for name, seed in (("bias1.npy", 0), ("indices.npy", -2)):
        (tmp_path / "a.npz").write_bytes([*seeds("weights")][seed])
        with zipfile.ZipFile(tmp_path / "a.npz") as archive:
            members = {member: archive.read(member) for member in archive.namelist()} | {name: b"no array"}
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        for read in (weights.read, indices.read):
            with pytest.raises(InputError, match=r"it is no whole \.npz file"):
                read(tmp_path / "a.npz")


def test_deflate_makes_no_more_of_a_byte():
    """The number by which a PNG's size is judged: of zeros, and zlib's best."""
    from upscale_cli.codec.png import SMALLEST

    assert 0.99 * SMALLEST < (1 << 24) / len(zlib.compress(bytes(1 << 24), 9)) <= SMALLEST
