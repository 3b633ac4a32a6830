"""What a file says beside its pixels: kept, brought up to date, or dropped when asked."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, IptcImagePlugin, JpegImagePlugin, PngImagePlugin

from upscale_cli import resize_file
from upscale_cli.codec import metadata, png
from upscale_cli.codec.pillow import SPACES, raster_of
from upscale_cli.errors import UsageError
from upscale_cli.files import Manner, Task, process
from upscale_cli.formats import FORMATS, Settings, format_of
from upscale_cli.request import make_request
from upscale_cli.spec import Handling

from .test_formats import CLAIMS, PROFILE, ROWS, SAMPLES, SMOOTH, encode, picture

EXAMPLES = Path(__file__).parents[3] / "shared/data/formats"
ORIENTATION, ARTIST, X_RESOLUTION, Y_RESOLUTION, UNIT = 0x0112, 0x013B, 0x011A, 0x011B, 0x0128
EXIF, MAKER_NOTE, WIDTH, HEIGHT, DATE, GPS = 0x8769, 0x927C, 0xA002, 0xA003, 0x9003, 0x8825
XMP = (
    b'<x:xmpmeta><rdf:Description tiff:Orientation="6" tiff:ImageWidth="10" exif:PixelYDimension="9">'
    b"<dc:title>Title</dc:title></rdf:Description></x:xmpmeta>"
)
CAPTION = b"\x1c\x02\x78\x00\x07caption"
NOTE = bytes(range(100))


def exif_of(orientation=1, thumbnail=b""):
    exif = Image.Exif()
    exif[ORIENTATION], exif[ARTIST], exif[UNIT] = orientation, "A. N. Other", 2
    exif[X_RESOLUTION] = exif[Y_RESOLUTION] = 72
    exif[EXIF] = {MAKER_NOTE: NOTE, WIDTH: 10, HEIGHT: 9, DATE: "2020:02:02 02:02:02"}
    exif[GPS] = {1: "N", 2: (51.0, 30.0, 0.0)}
    return exif.tobytes() + thumbnail


def profile_of(mode):
    return PROFILE[:16] + SPACES[mode] + PROFILE[20:]


@pytest.mark.parametrize(("name", "mode"), [claim for claim in CLAIMS if claim[0] != "PFM"])
def test_a_format_keeps_in_every_mode_what_the_table_says(name, mode):
    row = ROWS[name]
    if row.needs:
        pytest.importorskip(row.needs).register_heif_opener()
    image = picture(mode, SMOOTH if name == "HEIF" else SAMPLES)
    raster = raster_of(image, True)
    whole = {
        "icc_profile": profile_of(mode), "exif": exif_of()[6:], "xmp": b"<x:xmpmeta/>", "dpi": (300.0, 150.0),
        "comment": b"a comment", "iptc": CAPTION, "text": ((b"tEXt", b"Title\0It"), (b"tEXt", b"Title\0again")),
        "colour": ((b"gAMA", b"\0\0\xb1\x8f"),),
    }  # fmt: skip
    raster.info.update(whole)
    file = io.BytesIO()
    notes = encode(raster, file, row, Settings(), (0, 0, 0))
    lost = [key for key in metadata.NAMES if key not in row.keeps and not (key == "dpi" and "exif" in row.keeps)]
    assert [note for note in notes if "kept" in note] == [f"{metadata.NAMES[key]} not kept" for key in lost]
    back = Image.open(file)
    back.load()
    found, damaged = metadata.read(back)
    if back.format == "PNG":
        found |= metadata.read_png(file)[0]
    assert damaged == []
    for key in row.keeps:
        if key == "exif":
            tags = metadata.tags_of(found["exif"])
            assert tags[ARTIST] == "A. N. Other"
            assert (tags.get_ifd(EXIF)[MAKER_NOTE], tags.get_ifd(GPS)[1]) == (NOTE, "N")
        elif key == "dpi":
            assert np.allclose(found["dpi"], (300, 150), atol=0.02)
        elif key == "text":
            assert {*whole["text"]} <= {*found["text"]}
        else:
            assert found[key] == whole[key], key


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "avif", "tif"])
def test_exif_is_brought_up_to_date(extension, kept, tmp_path):
    source, target = tmp_path / f"in.{extension}", tmp_path / f"out.{extension}"
    picture("RGB", SMOOTH).save(source, exif=exif_of(6), **{} if extension == "tif" else {"xmp": XMP})
    if extension == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        picture("RGB", SMOOTH).save(source, exif=exif_of(6), pnginfo=info)
    resize_file(source, target, 2, strip=not kept)
    back = Image.open(target)
    tags = back.getexif()
    assert back.size == (18, 20)
    assert tags.get(ORIENTATION, 1) == 1
    assert (ARTIST in tags) == kept
    if not kept:
        assert "xmp" not in back.info
        return
    details = tags.get_ifd(EXIF)
    assert (details[WIDTH], details[HEIGHT], details[MAKER_NOTE]) == (18, 20, NOTE)
    if extension != "tif":
        xmp = back.info["xmp"]
        assert b'tiff:Orientation="1" tiff:ImageWidth="18" exif:PixelYDimension="20"' in xmp
        assert b"<dc:title>Title</dc:title>" in xmp


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
def test_no_orient_leaves_pixels_and_tag(extension, orientation, tmp_path):
    source, target = tmp_path / f"in.{extension}", tmp_path / "out.png"
    more = {"lossless": True} if extension == "webp" else {"quality": 100} if extension == "jpg" else {}
    picture("RGB", SMOOTH).save(source, exif=exif_of(orientation), **more)
    resize_file(source, target, 2, method="nearest", orient=False)
    back = Image.open(target)
    assert (back.size, back.getexif()[ORIENTATION]) == ((20, 18), orientation)
    assert np.abs(np.asarray(back).astype(int) - SMOOTH[..., :3].repeat(2, 0).repeat(2, 1)).max() <= 9


@pytest.mark.parametrize("number", range(9))
def test_the_nine_orientations_give_one_picture(number, tmp_path):
    folder = EXAMPLES / "exif"
    if not folder.is_dir():
        pytest.skip("the pictures in eight orientations are not part of the project")
    results = []
    for each in (1, number):
        resize_file(folder / f"Landscape_{each}.jpg", tmp_path / f"{each}.png", size="90", overwrite=True)
        results.append(np.asarray(Image.open(tmp_path / f"{each}.png")).astype(int))
    assert results[0].shape == results[1].shape
    assert np.abs(results[0] - results[1]).mean() < 2  # they were compressed apart


def test_a_thumbnail_of_the_old_picture_goes(tmp_path):
    tiny = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(tiny, "JPEG")
    exif = bytearray(exif_of())
    at = len(exif) - 6
    entries = [(0x0201, at + 2 + 24 + 4), (0x0202, len(tiny.getvalue()))]
    order = "little" if exif[6:8] == b"II" else "big"
    first = 8 + 2 + 12 * int.from_bytes(exif[14:16], order)
    exif[6 + first : 6 + first + 4] = at.to_bytes(4, order)
    exif += (2).to_bytes(2, order)
    for tag, value in entries:
        exif += tag.to_bytes(2, order) + (4).to_bytes(2, order) + (1).to_bytes(4, order) + value.to_bytes(4, order)
    exif += bytes(4) + tiny.getvalue()
    picture("RGB").save(tmp_path / "in.jpg", exif=bytes(exif))
    assert Image.open(tmp_path / "in.jpg").getexif().get_ifd(ExifTags.IFD.IFD1)
    resize_file(tmp_path / "in.jpg", tmp_path / "out.jpg", 2)
    back = Image.open(tmp_path / "out.jpg")
    assert not back.getexif().get_ifd(ExifTags.IFD.IFD1)
    assert tiny.getvalue()[-40:] not in (tmp_path / "out.jpg").read_bytes()
    assert back.getexif()[ARTIST] == "A. N. Other"


@pytest.mark.parametrize(
    ("dpi", "expected"), [(None, (100, 50)), ("keep", (100, 50)), ("scale", (200, 150)), (300, (300, 300))]
)
@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "bmp"])
def test_dpi(extension, strip, dpi, expected, tmp_path):
    source, target = tmp_path / f"in.{extension}", tmp_path / f"out.{extension}"
    picture("RGB").save(source, dpi=(100, 50), **{"exif": exif_of()} if extension == "jpg" else {})
    resize_file(source, target, "2x3", dpi=dpi, strip=strip)
    back = Image.open(target)
    if strip and not isinstance(dpi, int):
        assert extension == "bmp" or "dpi" not in back.info or back.info["dpi"] in ((0, 0), (1, 1))
        return
    assert np.allclose(back.info["dpi"], expected, atol=0.05)
    if extension == "jpg" and not strip and dpi in ("scale", 300):
        assert (back.getexif()[X_RESOLUTION], back.getexif()[Y_RESOLUTION]) == expected


def test_a_turned_picture_has_its_resolutions_turned(tmp_path):
    picture("RGB").save(tmp_path / "in.jpg", dpi=(100, 50), exif=exif_of(6))
    resize_file(tmp_path / "in.jpg", tmp_path / "out.png", 2)
    assert np.allclose(Image.open(tmp_path / "out.png").info["dpi"], (50, 100), atol=0.02)


@pytest.mark.parametrize("bad", [0, 1e6, -3, "more"])
def test_a_resolution_that_is_none(bad, tmp_path):
    with pytest.raises(UsageError):
        resize_file("in.png", "out.png", 2, dpi=bad)


def test_text_of_every_kind_is_kept_as_it_stands(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "one")
    info.add_text("Title", "two", zip=True)
    info.add_itxt("Description", "größer", "de", "Beschreibung")
    info.add(b"cHRM", bytes(32))
    info.add(b"gAMA", (45455).to_bytes(4, "big"))
    picture("RGB").save(tmp_path / "in.png", pnginfo=info)
    before = png.ancillary(io.BytesIO((tmp_path / "in.png").read_bytes()))[0]
    for method in ("nearest", "bicubic"):
        resize_file(tmp_path / "in.png", tmp_path / "out.png", 2, method=method, overwrite=True)
        after = png.ancillary(io.BytesIO((tmp_path / "out.png").read_bytes()))[0]
        assert sorted(after) == sorted(before)
    resize_file(tmp_path / "in.png", tmp_path / "out.png", 2, strip=True, overwrite=True)
    names = [name for name, _ in png.ancillary(io.BytesIO((tmp_path / "out.png").read_bytes()))[0]]
    assert sorted(names) == [b"cHRM", b"gAMA"]
    assert resize_file(tmp_path / "in.png", tmp_path / "out.jpg", 2).notes == ["text is not kept"]


def test_exif_that_imagemagick_wrote_as_text_becomes_exif(tmp_path):
    data, info = exif_of(6), PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(data):8}\n{data.hex()}\n", zip=True)
    picture("RGB").save(tmp_path / "in.png", pnginfo=info)
    resize_file(tmp_path / "in.png", tmp_path / "out.png", 2)
    back = Image.open(tmp_path / "out.png")
    assert (back.size, back.getexif()[ARTIST], back.getexif()[ORIENTATION]) == ((18, 20), "A. N. Other", 1)
    assert "Raw profile type exif" not in back.text


def test_comments_and_iptc(tmp_path):
    data = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0" + bytes([len(CAPTION)]) + CAPTION
    data += b"\0" * (len(data) % 2)
    marker = b"\xff\xed" + (len(data) + 2).to_bytes(2, "big") + data
    picture("RGB").save(tmp_path / "in.jpg", comment=b"a comment", extra=marker)
    for extension in ("jpg", "png", "gif", "tif"):
        resize_file(tmp_path / "in.jpg", tmp_path / f"out.{extension}", 2)
    jpeg = Image.open(tmp_path / "out.jpg")
    assert (jpeg.info["comment"], IptcImagePlugin.getiptcinfo(jpeg)) == (b"a comment", {(2, 120): b"caption"})
    assert Image.open(tmp_path / "out.png").text["Comment"] == "a comment"
    assert Image.open(tmp_path / "out.gif").info["comment"] == b"a comment"
    assert IptcImagePlugin.getiptcinfo(Image.open(tmp_path / "out.tif")) == {(2, 120): b"caption"}


@pytest.mark.parametrize(("key", "size"), [("exif", 70_000), ("xmp", 70_000), ("comment", 70_000), ("iptc", 70_000)])
def test_what_is_too_long_for_a_jpeg_is_left_out_and_told(key, size):
    kept, notes = metadata.keywords({key: bytes(size)}, format_of("jpg"))
    assert (kept, notes) == ({}, [f"{metadata.NAMES[key]} not kept"])


@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize(("mode", "quality"), [("RGB", 35), ("RGB", 97), ("L", 60), ("CMYK", 80)])
def test_a_jpeg_keeps_its_quality_and_subsampling(mode, quality, sampling, tmp_path):
    picture(mode, SMOOTH).save(tmp_path / "in.jpg", quality=quality, subsampling=sampling)
    source = Image.open(tmp_path / "in.jpg")
    resize_file(tmp_path / "in.jpg", tmp_path / "out.jpg", 2)
    back = Image.open(tmp_path / "out.jpg")
    assert back.quantization == source.quantization
    assert JpegImagePlugin.get_sampling(back) == JpegImagePlugin.get_sampling(source)
    resize_file(tmp_path / "in.jpg", tmp_path / "out.jpg", 2, quality=50, subsampling="4:2:2", overwrite=True)
    told = Image.open(tmp_path / "out.jpg")
    assert told.quantization != source.quantization
    assert JpegImagePlugin.get_sampling(told) == (1 if mode == "RGB" else -1)  # Pillow tells that of three channels


def test_a_jpeg_of_something_else_has_the_usual_quality(tmp_path):
    expected = io.BytesIO()
    picture("RGB").save(expected, "JPEG", quality=90)
    picture("RGB").save(tmp_path / "in.png")
    resize_file(tmp_path / "in.png", tmp_path / "out.jpg", 1)
    assert Image.open(tmp_path / "out.jpg").quantization == Image.open(expected).quantization


def is_lossless(path):
    with path.open("rb") as file:
        return "lossless" in metadata.read_webp(file)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("how", [{}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}], ids=["bare", "with chunks"])
@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_that_has_lost_nothing_loses_nothing(lossless, how, count, tmp_path):
    """Each of its frames, unless a quality is said; and of another format the usual quality."""
    src, dst = tmp_path / "in.webp", tmp_path / "out.webp"
    first, *others = (
        Image.fromarray(noise) for noise in np.random.default_rng(5).integers(0, 256, (count, 9, 12, 3), np.uint8)
    )
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(src, lossless=lossless, **how, **more)
    resize_file(src, dst, 2, method="nearest")
    assert is_lossless(dst) == lossless
    if lossless:
        with Image.open(src) as before, Image.open(dst) as after:
            for number in range(count):
                before.seek(number)
                after.seek(number)
                assert (np.array(after)[::2, ::2] == np.array(before)).all()
    resize_file(src, dst, 2, method="nearest", quality=90, overwrite=True)
    assert not is_lossless(dst)
    first.save(tmp_path / "in.png")
    resize_file(tmp_path / "in.png", dst, 1, overwrite=True)
    assert not is_lossless(dst)


@pytest.mark.parametrize(
    "damage", [b"", b"RIFF", b"RIFF\x10\0\0\0WEBPVP8L", b"RIFF\0\0\0\0WEBPANMF\xff\xff\xff\xff" * 2]
)
def test_what_is_no_whole_webp_claims_nothing(damage):
    assert metadata.read_webp(io.BytesIO(damage)) == {}


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize(
    "garbage", [b"", b"II", bytes(40), b"II*\0\x08\0\0\0\xff\xff", b"MM\0*\xff\xff\xff\xff" + bytes(40)]
)
def test_absurd_exif_never_stops_the_picture(extension, garbage, tmp_path):
    source = tmp_path / f"in.{'png' if extension == 'tif' else extension}"
    how = {"pnginfo": PngImagePlugin.PngInfo()} if source.suffix == ".png" else {"exif": b"Exif\0\0" + garbage}
    if source.suffix == ".png":
        how["pnginfo"].add(b"eXIf", garbage)
    try:
        picture("RGB").save(source, **how)
    except (OSError, SyntaxError, ValueError):
        pytest.skip("Pillow's encoder refuses to write that")
    resize_file(source, tmp_path / f"out.{extension}", 2)
    assert Image.open(tmp_path / f"out.{extension}").size == (20, 18)


def test_a_damaged_profile_is_kept_out_with_a_warning(tmp_path):
    picture("RGB").save(tmp_path / "in.png", icc_profile=PROFILE[:200])
    done = resize_file(tmp_path / "in.png", tmp_path / "out.png", 2)
    assert done.notes == ["the colour profile is damaged and is left out"]
    assert "icc_profile" not in Image.open(tmp_path / "out.png").info


def test_rows_keep_nothing_that_notes_have_no_name_for():
    assert {key for row in FORMATS for key in row.keeps} - {"colour"} == {*metadata.NAMES}
    assert {*metadata.STRIPPED} | {"icc_profile"} == {*metadata.NAMES}


def test_handling_speaks_of_the_whole_file(tmp_path):
    """A dry run reads all the same, and says what would be lost."""
    picture("RGB").save(tmp_path / "in.png", icc_profile=PROFILE[:99])
    request = make_request(2, handling=Handling(strip=True))
    (done,) = process(tmp_path / "in.png", [Task(tmp_path / "o.png", format_of("png"), request)], Manner(dry=True))
    assert done.notes == ["the colour profile is damaged and is left out"]
    assert ImageCms.core.littlecms_version
