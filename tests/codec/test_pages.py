"""Pages and single frames, how many frames are in memory, and what is wrong with some files."""

import io
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, features
from PIL.TiffImagePlugin import AppendingTiffWriter

from upscale_cli import files, resize, resize_file
from upscale_cli.cli.door import main
from upscale_cli.codec import frames
from upscale_cli.codec.decode import Source
from upscale_cli.errors import GeometryError, InputError, OutputError
from upscale_cli.formats import Settings, format_of
from upscale_cli.raster import Raster

from .test_frames import BLACK, BLUE, CLEAR, DELAYS, RED, WHITE, enlarged, made, moving, painted, saved, seen

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ICC, X_RESOLUTION, DESCRIPTION = 34675, 282, 270
NEAREST = ("-m", "nearest")
NOISE = np.random.default_rng(5).integers(0, 256, (4, 40, 48, 3), dtype=np.uint8) & 128  # of eight colours
AVIF = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def pages(*pictures):
    """Write pictures, or pairs of a picture and what goes with it, as pages; return the file's name."""
    with AppendingTiffWriter("in.tif", True) as writer:
        for each in pictures:
            picture, more = each if isinstance(each, tuple) else (each, {})
            picture.save(writer, format="TIFF", **more)
            writer.newFrame()
    return "in.tif"


def read(path):
    """Return the pages in their own modes."""
    image = Image.open(path)
    for number in range(image.n_frames):
        image.seek(number)
        yield image.copy()


def picture(mode, width, height):
    samples = (np.indices((height, width)).sum(0) * 9 % 256).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(samples.astype(np.uint16) * 257)
    return Image.fromarray(np.dstack([samples, samples[::-1], 255 - samples, samples | 3])).convert("RGB").convert(mode)


@pytest.mark.parametrize("method", ["nearest", "bicubic"])
def test_pages_of_any_size_and_mode_are_resized_each_by_the_factor(method):
    modes = {"RGB": (12, 10), "L": (5, 7), "RGBA": (9, 3), "CMYK": (4, 4), "I;16": (6, 5), "P": (8, 8), "1": (7, 9)}
    originals = [picture(mode, *size) for mode, size in modes.items()]
    result = resize_file(pages(*originals), "out.tif", 2, method=method)
    assert (result.notes, result.size, result.out_size) == ([], (12, 10), (24, 20))
    assert result.plan.startswith("7 frames | ")
    found = [*read("out.tif")]
    assert len(found) == len(originals)
    for original, page in zip(originals, found, strict=True):
        expected = resize(original, 2, method=method)
        assert (page.mode, page.size) == (expected.mode, expected.size)
        pair = [each.convert("RGB") if each.mode == "P" else each for each in (page, expected)]
        assert (np.asarray(pair[0]) == np.asarray(pair[1])).all()


def test_a_size_is_for_each_page_anew():
    pages(picture("L", 12, 10), picture("L", 5, 20))
    resize_file("in.tif", "out.tif", size="10", method="nearest")
    assert [page.size for page in read("out.tif")] == [(10, 8), (3, 10)]


def encoded(extension, *rasters):
    """Return a file of rasters as the frames of a format, which costs nothing."""
    file, black = io.BytesIO(), (0, 0, 0)
    row = format_of(extension)
    assert frames.encode_frames(rasters[0], iter(rasters[1:]), len(rasters), 0, file, row, Settings(), black) == []
    return file


def tags(path):
    image = Image.open(path)
    for number in range(image.n_frames):
        image.seek(number)
        yield {tag for tag in (ICC, X_RESOLUTION, DESCRIPTION) if tag in image.tag_v2}


def test_what_belongs_to_one_page_does_not_follow_into_the_next():
    info = {"icc_profile": PROFILE, "dpi": (300, 300)}
    rasters = [Raster(np.zeros((3, 4, 3), np.uint8), info=each) for each in (info, {}, info)]
    assert [*tags(encoded("tif", *rasters))] == [{ICC, X_RESOLUTION}, set(), {ICC, X_RESOLUTION}]


def test_a_page_without_profile_and_resolution_gets_none():
    more = {"icc_profile": PROFILE, "dpi": (300, 300), "description": "one"}
    pages((picture("RGB", 4, 3), more), picture("RGB", 4, 3))
    made("in.tif", "tif")
    assert [*tags("out.tif")] == [{ICC, X_RESOLUTION, DESCRIPTION}, set()]


def deep_pages(*arrays):
    tifffile = pytest.importorskip("tifffile", reason="16-bit colour needs the extra deep")
    with tifffile.TiffWriter("in.tif") as writer:
        for array in arrays:
            writer.write(array, photometric="rgb" if array.ndim == 3 else "minisblack", contiguous=False, metadata=None)
    return tifffile


COLOURS = NOISE[0, :6, :7].astype(np.uint16) * 257
GREYS = COLOURS[..., 0]
DEEP = {"colour": (COLOURS, COLOURS[:3]), "colour, grey": (COLOURS, GREYS), "grey, colour": (GREYS, COLOURS)}


@pytest.mark.parametrize("case", DEEP)
def test_pages_of_16_bits(case):
    tifffile = deep_pages(*DEEP[case])
    assert resize_file("in.tif", "out.tif", 2, method="nearest").notes == []
    with tifffile.TiffFile("out.tif") as tiff:
        found = [page.asarray() for page in tiff.pages]
    for array, page in zip(DEEP[case], found, strict=True):
        assert (page == array.repeat(2, 0).repeat(2, 1)).all()


def test_an_animation_may_become_pages_of_16_bits():
    tifffile = pytest.importorskip("tifffile", reason="16-bit colour needs the extra deep")
    source = saved("gif", [painted(BLACK), painted(RED)], [50, 50])  # grey, then colour
    assert "delays are not kept" in resize_file(source, "out.tif", 2, depth=16).notes
    with tifffile.TiffFile("out.tif") as tiff:
        assert [page.asarray().max(axis=(0, 1)).tolist() for page in tiff.pages] == [0, [65535, 0, 0]]


def test_pages_that_no_encoder_takes_together_are_refused():
    flat, deep = Raster(np.zeros((3, 4, 3), np.uint8)), Raster(np.zeros((3, 4, 3), np.uint16))
    with pytest.raises(OutputError, match="its pages differ in depth: --depth 8 makes them alike"):
        encoded("tif", flat, deep)
    pytest.importorskip("tifffile", reason="16-bit colour needs the extra deep")
    with pytest.raises(OutputError, match="its pages differ in kind: take them one by one with --frame"):
        encoded("tif", deep, Raster(np.zeros((3, 4, 4), np.uint8), "cmyk"))


@pytest.mark.parametrize("target", ["gif", "webp", "png", pytest.param("avif", marks=AVIF), "jpg"])
def test_of_pages_other_formats_take_the_first(target):
    result, notes = made(pages(picture("RGB", 12, 10), picture("RGB", 4, 4), picture("L", 3, 3)), target)
    assert notes[0] == "only the first of 3 frames is kept"
    assert (Image.open(result).size, getattr(Image.open(result), "n_frames", 1)) == ((24, 20), 1)


@pytest.mark.parametrize("ground", [CLEAR, WHITE])
@pytest.mark.parametrize("extension", ["gif", "webp", "png"])
def test_an_animation_becomes_pages(extension, ground):
    source = saved(extension, moving(ground))
    result, notes = made(source, "tif")
    assert notes == ["delays are not kept"]
    for page, frame in zip(seen(result)[0], enlarged(seen(source)[0], 2), strict=True):
        assert (page == frame).all()


@pytest.mark.parametrize("target", ["png", "webp", "gif", "bmp", "tif"])
@pytest.mark.parametrize("extension", ["gif", "webp", "png", "tif"])
def test_one_frame(extension, target):
    source = pages(*moving(WHITE)) if extension == "tif" else saved(extension, moving(WHITE))
    for number in (0, 2, 3):
        result, notes = made(source, target, frame=number)
        (frame,), _, _ = seen(result)
        assert "frames" not in " ".join(notes)
        assert (frame == enlarged(seen(source)[0], 2)[number]).all()


@pytest.mark.parametrize("default", [False, True])
def test_a_frame_that_is_not_there(default):
    saved("png", moving(WHITE), default_image=default)
    with pytest.raises(InputError, match=rf"in\.png: it has no frame 4: they are 0 to {3 - default}"):
        resize_file("in.png", "out.png", 2, frame=4)
    painted(RED).save("in.bmp")
    assert resize_file("in.bmp", "out.bmp", 2, method="nearest", frame=0).out_size == (24, 20)
    with pytest.raises(InputError, match="it has no frame 1: 0 is its only one"):
        resize_file("in.bmp", "other.bmp", 2, frame=1)


@AVIF
@pytest.mark.parametrize("loop", [0, 3])
def test_avif(loop):
    source = saved("png", moving(WHITE), loop=loop)
    result, notes = made(source, "avif", quality=100, subsampling="4:4:4")
    assert notes == ["the number of plays is not kept"] * bool(loop)
    before, after = enlarged(seen(source)[0], 2), seen(result)[0]
    assert seen(result)[1] == DELAYS
    assert max(np.abs(one.astype(int) - other).max() for one, other in zip(before, after, strict=True)) < 40
    again, _ = made(result, "webp", 1)
    assert seen(again)[1] == DELAYS
    assert all((one == other).all() for one, other in zip(after, seen(again)[0], strict=True))


@pytest.mark.parametrize("target", ["webp", "gif", "tif"])
def test_frames_are_made_one_at_a_time(target, monkeypatch):
    """While a frame is decoded, no more than the first and the one before are alive."""
    events, rasters, images, alive = [], [], [], []
    decode, resized, fit = Source.decode, files._resized, frames.fit

    def decoded(self, number, copying=False):
        events.append(("decode", number))
        alive.append([sum(each() is not None for each in kept) for kept in (rasters, images)])
        return decode(self, number, copying)

    def enlarge(*arguments):
        raster = resized(*arguments)
        events.append(("resize", len(rasters)))
        rasters.append(weakref.ref(raster.samples))
        return raster

    def fitted(*arguments):
        image, *rest = fit(*arguments)
        events.append(("encode", len(images)))
        images.append(weakref.ref(image))
        return image, *rest

    monkeypatch.setattr(Source, "decode", decoded)
    monkeypatch.setattr(files, "_resized", enlarge)
    monkeypatch.setattr(frames, "fit", fitted)
    source = saved("gif", [painted(WHITE, (RED, x, 0, x + 2, 10), (BLUE, 0, x, 12, x + 1)) for x in range(9)], [50] * 9)
    made(source, target)
    assert events == [(what, number) for number in range(9) for what in ("decode", "resize", "encode")]
    assert max(count for count, _ in alive) <= 2
    assert max(count for _, count in alive) <= 2


def third_chunk(data, name):
    """Return where the payload of a WebP's third chunk of a name begins and ends."""
    at, found = 12, 0
    while True:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        found += data[at : at + 4] == name
        if found == 3:
            return at + 8, at + 8 + length
        at += 8 + length + length % 2


def damaged(kind):
    """Write a file of noise that is damaged from its third frame on; return its name."""
    extension, _, how = kind.partition(" ")
    pictures = [Image.fromarray(samples) for samples in NOISE]
    source = pages(*pictures) if extension == "tif" else saved(extension, pictures)
    data = Path(source).read_bytes()
    third = int(len(data) * 0.62)
    if extension == "webp":
        start, end = third_chunk(data, b"ANMF")
        data = data[: start + 50] + b"\xff" * (end - start - 50) + data[end:]
    elif how == "cut":
        data = data[:third]
    else:
        data = data[:third] + bytes(byte ^ 255 for byte in data[third : third + 40]) + data[third + 40 :]
    Path(source).write_bytes(data)
    return source


KINDS = ["gif cut", "gif", "png cut", "png", "webp"]


@pytest.mark.parametrize(
    ("kind", "target"), [("tif cut", "tif"), *((kind, to) for kind in KINDS for to in ("gif", "webp", "png", "tif"))]
)
def test_damage_in_the_third_frame_is_one_line_and_no_file(kind, target, capfd):
    source, out = damaged(kind), f"out.{target}"
    assert main([source, "-s", "2", *NEAREST, "-o", out]) == 1
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"upscale: {source}: it is damaged (")
    assert (told.err.count("\n"), "defect" in told.err) == (1, False)
    assert [path.name for path in Path().iterdir()] == [source]


@pytest.mark.parametrize(
    ("scale", "limit", "error", "says"), [(1, 119, InputError, "12x10"), (2, 479, GeometryError, "24x20")]
)
def test_a_later_page_may_not_be_too_large(scale, limit, error, says):
    pages(picture("L", 6, 6), picture("L", 12, 10))
    with pytest.raises(error, match=rf"in\.tif: .*{says} pixels"):
        resize_file("in.tif", "out.tif", scale, method="nearest", max_pixels=limit)
    assert not Path("out.tif").exists()
    resize_file("in.tif", "out.tif", scale, method="nearest", max_pixels=limit + 1)


@pytest.mark.parametrize("target", ["png", "webp", "gif"])
def test_frames_that_differ_in_size_or_have_16_bits_are_refused(target):
    small, large = Raster(np.zeros((3, 4, 3), np.uint8)), Raster(np.ones((6, 4, 3), np.uint8))
    with pytest.raises(OutputError, match="its frames differ in size: take them one by one with --frame"):
        encoded(target, small, large)
    for deep in (Raster(np.zeros((3, 4, 3), np.uint16)), Raster(np.zeros((3, 4, 1), np.uint16), "grey")):
        with pytest.raises(OutputError, match=f"{target.upper()} animations are written with 8 bits: add --depth 8"):
            encoded(target, deep, deep)
