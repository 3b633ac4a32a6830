"""Colour of 16 bits and floats through every step: equal to `resize` of the array, with all that the file says."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests import naive
from upscale_cli import resize, resize_file
from upscale_cli.codec import metadata
from upscale_cli.errors import OutputError

from .test_metadata import ARTIST, CAPTION, DATE, EXIF, GPS, HEIGHT, MAKER_NOTE, NOTE, PROFILE, WIDTH, XMP, exif_of

imagecodecs = pytest.importorskip("imagecodecs", reason="16-bit colour needs the extra deep")
tifffile = pytest.importorskip("tifffile", reason="16-bit colour needs the extra deep")

COLOURS = {1: (0, "minisblack"), 2: (4, "minisblack"), 3: (2, "rgb"), 4: (6, "rgb")}  # PNG's, TIFF's
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
DESCRIPTION, SOFTWARE, ORIENTATION, PIXEL_SCALE = 270, 305, 274, 33550
EXTRA = "'upscale-cli[deep]'"
EXTENSIONS = ["png", "tif"]


def noise(channels, dtype=np.uint16, low=0.0, high=1.0):
    """Return 5 x 6 samples, the first with an alpha of zero; floats run from low to high."""
    v = np.random.default_rng(channels).integers(0, 65536, (5, 6, channels)).astype(np.uint16)
    if channels in (2, 4):
        v[0, 0, -1] = 0
    return v if dtype == np.uint16 else (v / 65535 * (high - low) + low).astype(dtype)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(path, samples, chunks=(), interlaced=False):
    """Write a 16-bit PNG by the specification."""
    height, width, channels = samples.shape
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    parts = [samples[y::down, x::right].astype(">u2") for x, y, right, down in passes]
    pixels = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    head = struct.pack(">IIBBBBB", width, height, 16, COLOURS[channels][0], 0, 0, interlaced)
    named = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in named))
    return path


def tiff(path, samples, planar=False, alpha="unassalpha", **how):
    """Write a TIFF; with tifffile alone, nothing of the package's."""
    channels = samples.shape[2]
    if channels > 1:
        how |= {"planarconfig": "separate" if planar else "contig"}
    how |= {"extrasamples": [alpha]} if channels in (2, 4) else {}
    data = samples[..., 0] if channels == 1 else np.moveaxis(samples, 2, 0) if planar else samples
    tifffile.imwrite(path, data, **({"photometric": COLOURS[channels][1], "metadata": None, "software": False} | how))
    return path


def read(path):
    samples = imagecodecs.png_decode(path.read_bytes()) if path.suffix == ".png" else tifffile.imread(path)
    return samples if samples.ndim == 3 else samples[..., None]


def tag_of(path, tag):
    with tifffile.TiffFile(path) as file:
        return file.pages[0].tags.valueof(tag)


def agree(source, samples, extension, **options):
    """Assert that a file of these samples is resized as the array is, and return what was done."""
    target = source.with_name(f"out.{extension}")
    done = resize_file(source, target, 2, **options)
    got, expected = read(target), resize(samples, 2)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    assert (got == expected).all()
    return done


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("channels", COLOURS)
@pytest.mark.parametrize("interlaced", [False, True])
def test_png(interlaced, channels, extension, tmp_path, capfd):
    samples = noise(channels)
    done = agree(png(tmp_path / "in.png", samples, interlaced=interlaced), samples, extension)
    assert done.notes == []
    assert capfd.readouterr() == ("", "")  # libpng complains of interlaced files


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_png_with_a_clear_colour(channels, extension, tmp_path):
    samples = noise(channels)
    clear = b"".join(b"%c%c" % divmod(int(v), 256) for v in samples[2, 3])
    alpha = np.where((samples == samples[2, 3]).all(2, keepdims=True), 0, 65535).astype(np.uint16)
    expected = np.concatenate([samples, alpha], axis=2)
    agree(png(tmp_path / "in.png", samples, [(b"tRNS", clear)]), expected, extension)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("channels", "planar"), [(1, False), (2, False), (2, True), (3, False), (3, True), (4, True)])
def test_tiff(channels, planar, order, compression, extension, tmp_path):
    samples = noise(channels)
    source = tiff(tmp_path / "in.tif", samples, planar, byteorder=order, compression=compression)
    assert agree(source, samples, extension).notes == []


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("channels", [2, 4])
def test_premultiplied_tiff(channels, dtype, tmp_path):
    straight = noise(channels).astype(np.float64) / 65535
    weighted = straight * np.where(np.arange(channels) < channels - 1, straight[..., -1:], 1)
    stored = (weighted * 65535 + 0.5).astype(dtype) if dtype == np.uint16 else weighted.astype(dtype)
    top, v = naive.TOP[dtype.__name__], stored.astype(np.float64)
    expected = np.divide(v * top, v[..., -1:], out=v.copy(), where=v[..., -1:] > 0)
    expected = np.floor(expected.clip(0, top) + 0.5) if top > 1 else expected
    expected[..., -1] = stored[..., -1]
    agree(tiff(tmp_path / "in.tif", stored, alpha="assocalpha"), expected.astype(dtype), "tif")


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("channels", [1, 2])
def test_white_is_zero(channels, extension, tmp_path):
    samples = noise(channels)
    upended = samples.copy()
    upended[..., 0] = 65535 - samples[..., 0]
    agree(tiff(tmp_path / "in.tif", samples, photometric="miniswhite"), upended, extension)


@pytest.mark.parametrize(("bits", "dtype"), [(9, np.uint16), (12, np.uint16), (4, np.uint8)])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_counts_of_bits_fill_the_range(channels, bits, dtype, tmp_path):
    samples = (noise(channels) >> (16 - bits)).astype(dtype)
    try:
        imagecodecs.packints_encode(samples, bits)
    except NotImplementedError:  # older ones only unpack
        pytest.skip("this imagecodecs writes no such file")
    expected = np.floor(samples / (2**bits - 1) * naive.TOP[dtype.__name__] + 0.5).astype(dtype)
    agree(tiff(tmp_path / "in.tif", samples, bitspersample=bits), expected, "tif")


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", COLOURS)
def test_orientation(channels, orientation, compression, tmp_path):
    samples, tag = noise(channels), [(ORIENTATION, 3, 1, orientation, True)]
    source = tiff(tmp_path / "in.tif", samples, extratags=tag, compression=compression)
    turned = samples.swapaxes(0, 1) if orientation > 4 else samples
    turned = turned[::-1] if orientation in (3, 4, 7, 8) else turned
    turned = turned[:, ::-1] if orientation in (2, 3, 6, 7) else turned
    agree(source, np.ascontiguousarray(turned), "tif")
    assert tag_of(tmp_path / "out.tif", ORIENTATION) in (None, 1)
    agree(source, samples, "tif", orient=False, overwrite=True)
    assert tag_of(tmp_path / "out.tif", ORIENTATION) == orientation


def test_pages(tmp_path):
    pages = [noise(3), noise(4), noise(1), noise(2), noise(3, np.float32), (noise(3) >> 8).astype(np.uint8)]
    with tifffile.TiffWriter(tmp_path / "in.tif") as writer:
        for page in pages:
            alpha = {"extrasamples": ["unassalpha"]} if page.shape[2] in (2, 4) else {}
            how = {"photometric": COLOURS[page.shape[2]][1], "metadata": None, "contiguous": False}
            writer.write(page.squeeze(), planarconfig="contig" if page.shape[2] > 1 else None, **how, **alpha)
    assert resize_file(tmp_path / "in.tif", tmp_path / "out.tif", 2).notes == []
    with tifffile.TiffFile(tmp_path / "out.tif") as back:
        for got, page in zip(back.pages, pages, strict=True):
            assert got.dtype == page.dtype
            assert (got.asarray().reshape(10, 12, -1) == resize(page, 2)).all()
    for number, page in enumerate(pages[:4]):
        agree(tmp_path / "in.tif", page, "png", frame=number, overwrite=True)
    done = resize_file(tmp_path / "in.tif", tmp_path / "first.png", 2)
    assert done.notes == ["only the first of 6 frames is kept"]


@pytest.mark.parametrize("first", [1, 3])
def test_deep_pages_behind_plain_ones(first, tmp_path):
    pages = [(noise(first) >> 8).astype(np.uint8).squeeze(), noise(3)]
    with tifffile.TiffWriter(tmp_path / "in.tif") as writer:
        for page in pages:
            writer.write(page, photometric=COLOURS[page.ndim ^ (page.ndim == 2) * 3][1], metadata=None)
    for extension in EXTENSIONS:
        assert agree(tmp_path / "in.tif", pages[1], extension, frame=1).notes == []
    if first == 1:  # Pillow's writer begins then, and knows no deep colour
        with pytest.raises(OutputError, match="its pages differ in depth: --depth 8 makes them alike"):
            resize_file(tmp_path / "in.tif", tmp_path / "all.tif", 2)
        return
    assert resize_file(tmp_path / "in.tif", tmp_path / "all.tif", 2, depth=16).notes == []
    with tifffile.TiffFile(tmp_path / "all.tif") as back:
        for got, page in zip(back.pages, (pages[0] * np.uint16(257), pages[1]), strict=True):
            assert (got.asarray() == resize(page, 2)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("channels", COLOURS)
def test_floats_stay_floats_and_are_not_clamped(channels, order, dtype, tmp_path):
    samples = noise(channels, dtype, -0.5, 1.5)
    agree(tiff(tmp_path / "in.tif", samples, byteorder=order), samples.astype(np.float32), "tif")
    assert read(tmp_path / "out.tif").max() > 1.2
    assert read(tmp_path / "out.tif").min() < -0.2


@pytest.mark.parametrize("options", [{}, {"depth": 8}, {"depth": 16}])
@pytest.mark.parametrize("channels", COLOURS)
def test_floats_within_0_to_1_become_whole_numbers_and_others_are_refused(channels, options, tmp_path):
    samples = noise(channels, np.float32)
    source = tiff(tmp_path / "in.tif", samples)
    done = resize_file(source, tmp_path / "out.png", 2, dither="none", **options)
    assert done.notes == (["32-bit floats become 16 bits"] if not options else [])
    got, top = read(tmp_path / "out.png"), 255 if options == {"depth": 8} else 65535
    assert got.dtype == (np.uint8 if top == 255 else np.uint16)
    assert np.abs(got - resize(samples, 2).clip(0, 1) * top).max() < 0.51
    for low, high in ((-0.25, 1), (0, 1.25), (0, np.inf)):
        samples[1, 1, 0], samples[2, 2, 0] = low, high
        tiff(source, samples)
        with pytest.raises(OutputError, match=rf"floats run from {low:g} to {high:g}, and only 0 to 1.* -f"):
            resize_file(source, tmp_path / "no.png", 2, **options)
        assert not (tmp_path / "no.png").exists()


def test_whole_numbers_of_more_bits_become_floats(tmp_path):
    samples = noise(3).astype(np.uint32) << 16 | 1
    source = tiff(tmp_path / "in.tif", samples)
    agree(source, (samples / (2**32 - 1)).astype(np.float32), "tif")


def metadata_of(path):
    image = Image.open(path)
    image.load()
    tags = image.getexif()
    return image.info, tags, tags.get_ifd(EXIF), tags.get_ifd(GPS)


def deep_tiff(path):
    """Write a file with everything: the directories of EXIF stand behind the page, as cameras' converters put them."""
    texts = [(tag, 2, 0, text, True) for tag, text in ((DESCRIPTION, "a view"), (SOFTWARE, "hand"), (ARTIST, "A. N."))]
    numbers = [(PIXEL_SCALE, 12, 3, (0.5, 0.25, 0.0), True), (50000, 5, 1, (3, 4), True), (50001, 9, 1, -5, True)]
    places = [(tag, 4, 1, 0, True) for tag in metadata.DIRECTORIES.values()]
    rest = [(700, 1, len(XMP), XMP, True), (33723, 7, len(CAPTION), CAPTION, True), (ORIENTATION, 3, 1, 6, True)]
    tags = [*texts, *numbers, *places, *rest]
    tiff(path, noise(3), extratags=tags, iccprofile=PROFILE, resolution=(300, 150), resolutionunit="inch")
    with path.open("r+b") as file:
        exif = {MAKER_NOTE: NOTE, WIDTH: 6, HEIGHT: 5, DATE: "2020:02:02 02:02:02"}
        metadata.insert(file, [{EXIF: exif, GPS: {1: "N", 2: (51.0, 30.0, 0.0)}}])
    return path


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_a_tiff_says_is_kept(extension, tmp_path):
    turned = np.ascontiguousarray(np.rot90(noise(3), -1))
    done = agree(deep_tiff(tmp_path / "in.tif"), turned, extension)
    assert done.notes == ["IPTC is not kept"] * (extension == "png")
    info, tags, exif, gps = metadata_of(tmp_path / f"out.{extension}")
    assert info["icc_profile"] == PROFILE
    assert np.allclose(info["dpi"], (150, 300), atol=0.02)
    assert (tags[DESCRIPTION], tags[SOFTWARE], tags[ARTIST], tags[ORIENTATION]) == ("a view", "hand", "A. N.", 1)
    assert (tags[PIXEL_SCALE], tags[50000], tags[50001]) == ((0.5, 0.25, 0.0), 0.75, -5)
    assert (exif[MAKER_NOTE], exif[WIDTH], exif[HEIGHT], exif[DATE]) == (NOTE, 10, 12, "2020:02:02 02:02:02")
    assert (gps[1], gps[2]) == ("N", (51, 30, 0))
    xmp = info["xmp"]
    assert b'tiff:Orientation="1" tiff:ImageWidth="10" exif:PixelYDimension="12"' in xmp
    if extension == "tif":
        assert Image.open(tmp_path / "out.tif").tag_v2[33723] == CAPTION
        with tifffile.TiffFile(tmp_path / "out.tif") as back:
            assert back.pages[0].tags[ORIENTATION].dtype == 3  # which is all that TIFF 6.0 allows


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_a_png_says_is_kept(extension, tmp_path):
    text = [(b"tEXt", b"Title\0It"), (b"iTXt", "Title\0\0\0de\0Titel\0größer".encode())]
    chunks = [
        (b"iCCP", b"name\0\0" + zlib.compress(PROFILE)), (b"pHYs", struct.pack(">IIB", 11811, 5906, 1)),
        (b"eXIf", exif_of()[6:]), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP), *text,
    ]  # fmt: skip
    done = agree(png(tmp_path / "in.png", noise(4), chunks), noise(4), extension)
    assert done.notes == ["text is not kept"] * (extension == "tif")
    info, tags, exif, gps = metadata_of(tmp_path / f"out.{extension}")
    assert (info["icc_profile"], tags[ARTIST], exif[MAKER_NOTE], gps[1]) == (PROFILE, "A. N. Other", NOTE, "N")
    assert np.allclose(info["dpi"], (300, 150), atol=0.02)
    assert b"<dc:title>Title</dc:title>" in info["xmp"]
    written = (tmp_path / f"out.{extension}").read_bytes()
    assert all((chunk(*each) in written) == (extension == "png") for each in text)


def test_text_beyond_ascii_stops_nothing(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "in.jpg", exif=exif_of().replace(b"A. N. Other", "Größe Lö".encode()))
    resize_file(tmp_path / "in.jpg", tmp_path / "out.tif", 2, depth=16)
    assert tag_of(tmp_path / "out.tif", ARTIST) == "Größe Lö"
