"""The table of formats: what each holds comes back, what it cannot hold is told or refused."""

import io
import resource
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from upscale_cli import resize_file
from upscale_cli.codec.encode import INSTEAD, encode
from upscale_cli.codec.pillow import raster_of
from upscale_cli.errors import OutputError, UsageError
from upscale_cli.formats import BY_EXTENSION, FORMATS, READ_ONLY, Settings, format_of
from upscale_cli.raster import Raster

ROWS = {"PFM" if row.modes == ("F",) else row.name: row for row in FORMATS}  # both are Pillow's PPM
SAMPLES = np.random.default_rng(11).integers(0, 4, (9, 10, 4), dtype=np.uint8) * 80  # few colours, for GIF's sake
SMOOTH = (np.indices((9, 10)).sum(0)[..., None] * 10 + np.arange(4) * 9).astype(np.uint8)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ORIENTATION, ARTIST = 0x0112, 0x013B


def picture(mode, samples=SAMPLES):
    """Return a small picture of a mode; its alpha is full or none, which every format with an alpha can hold."""
    if mode == "I;16":
        return Image.fromarray(samples[..., 0].astype(np.uint16) * 256 + samples[..., 1])
    if mode == "I":
        return Image.fromarray(samples[..., 0].astype(np.int32) * 200)
    if mode == "F":
        return Image.fromarray(samples[..., 0].astype(np.float32) / 7 - 9)
    if mode == "P":
        return Image.fromarray(samples[..., :3].copy()).quantize(16)
    if mode == "1":
        return Image.fromarray(samples[..., 0].copy()).convert("1")
    alpha = np.where(samples[..., 3:] > 79, 255, 0).astype(np.uint8)
    colours = {"L": 1, "LA": 1, "RGBA": 3, "CMYK": 4}.get(mode, 3)
    channels = [*np.moveaxis(samples[..., :colours], 2, 0), *[alpha[..., 0]] * mode.endswith("A")]
    return Image.merge(mode, [Image.fromarray(np.ascontiguousarray(channel)) for channel in channels])


def written(image, name, settings=None, background=(0, 0, 0)):
    """Return the image as it comes back from a format, with the notes."""
    file = io.BytesIO()
    notes = encode(raster_of(image, True), file, ROWS[name], settings or Settings(), background)
    return Image.open(file), notes


def shown(image):
    """Return the pixels that a person sees, or the numbers of deep images."""
    if image.mode in ("I;16", "I", "F"):
        return np.asarray(image).astype(np.float64)[..., None]
    if image.mode in ("CMYK", "LAB"):
        return np.stack([np.asarray(band) for band in image.split()], -1).astype(np.float64)
    pixels = np.asarray(image.convert("RGBA")).astype(np.float64)
    return np.where(pixels[..., 3:] > 0, pixels, 0)


FLATTENED = INSTEAD["RGBA"][0][1]
LOSS = {"JPEG": 12, "WEBP": 12, "AVIF": 12, "HEIF": 12}
OTHER_LOSS = {("TIFF", "YCbCr"): 1, ("HEIF", "RGBA"): 60}  # it is read as RGB; the alpha is lossy, too
CLAIMS = [(name, mode) for name, row in ROWS.items() for mode in row.modes]


@pytest.fixture(autouse=True)
def installed(request):
    """Skip what needs a library that is not there."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    extension = getattr(request.node, "callspec", None) and request.node.callspec.params.get("extension")
    row = ROWS.get(name) or BY_EXTENSION.get(extension)
    if row and row.needs:
        pytest.importorskip(row.needs).register_heif_opener()


@pytest.mark.parametrize(("name", "mode"), CLAIMS)
def test_every_mode_that_a_format_claims_comes_back(name, mode):
    image = picture(mode, SMOOTH if name in LOSS else SAMPLES)
    back, notes = written(image, name)
    assert notes == []
    assert back.size == image.size
    assert np.abs(shown(back) - shown(image)).max() <= OTHER_LOSS.get((name, mode), LOSS.get(name, 0))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp_without_loss(mode):
    back, _ = written(picture(mode), "WEBP", Settings(lossless=True))
    assert back.convert(mode).tobytes() == picture(mode).tobytes()


FALLS = {
    (mode, name): next(((into, note) for into, note in INSTEAD[mode] if into in row.modes), None)
    for mode in INSTEAD
    for name, row in ROWS.items()
    if mode not in row.modes
}


@pytest.mark.parametrize(("mode", "name"), [key for key, value in FALLS.items() if value])
def test_a_mode_that_a_format_lacks_is_written_as_another(mode, name):
    back, notes = written(picture(mode), name)
    _, note = FALLS[mode, name]
    assert notes == [note] * bool(note)
    assert back.size == (10, 9)


@pytest.mark.parametrize(("mode", "name"), [key for key, value in FALLS.items() if value is None])
def test_a_mode_that_a_format_cannot_hold_is_refused(mode, name):
    with pytest.raises(OutputError, match=f"{ROWS[name].name} cannot hold images of mode {mode}: choose tiff with -f"):
        written(picture(mode), name)


def test_every_row_of_instead_is_used():
    assert {(mode, fall[0]) for (mode, _), fall in FALLS.items() if fall} == {
        (mode, into) for mode, rows in INSTEAD.items() for into, _ in rows
    }


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_laid_on_the_background(mode):
    back, _ = written(picture(mode), "PPM", background=(200, 200, 200))
    image = picture(mode).convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", image.size, (200, 200, 200, 255)), image)
    assert back.convert("RGB").tobytes() == flat.convert("RGB").tobytes()


PALETTES = [name for name, row in ROWS.items() if {"P", "RGB"} & {*row.modes}]


@pytest.mark.parametrize("name", PALETTES)
def test_a_transparent_palette_stays_transparent_or_is_told(name):
    image = picture("P")
    image.info["transparency"] = int(np.asarray(image)[0, 0])
    back, notes = written(image, name)
    holds = "RGBA" in ROWS[name].modes
    assert notes == ([] if holds else [FLATTENED])
    assert back.convert("RGBA").getextrema()[3] == ((0, 255) if holds else (255, 255))
    assert not holds or (back.mode == "P") == (name in ("PNG", "GIF"))


@pytest.mark.parametrize("name", PALETTES)
def test_a_palette_with_an_alpha_for_each_colour(name):
    image = picture("P")
    image.info["transparency"] = bytes([0, 128, 255])
    back, notes = written(image, name)
    assert (back.size, bool(notes)) == (image.size, "RGBA" not in ROWS[name].modes or name == "GIF")
    if not notes and name not in ("AVIF", "HEIF"):
        assert (shown(back)[..., 3] == shown(image)[..., 3]).all()


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_an_alpha_that_gif_cannot_hold_is_told(mode):
    image = picture(mode)
    image.putalpha(128)
    assert "transparency" in " ".join(written(image, "GIF")[1])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "YCbCr"])
def test_colours_that_gif_reduces_are_told_whatever_they_were(mode):
    many = np.random.default_rng(3).integers(0, 256, (20, 20, 4), np.uint8)
    back, notes = written(picture(mode, many), "GIF")
    assert "colours are reduced to 256" in notes
    opaque = shown(back)[..., 3] == 255
    wanted = shown(picture(mode, many).convert("RGBA"))
    assert np.abs(shown(back) - wanted)[opaque].mean() < 12
    assert ((wanted[..., 3] == 255) == opaque).all()


@pytest.mark.parametrize("clear", [0, 1])
def test_256_colours_are_kept_in_a_gif_and_one_of_them_may_be_clear(clear):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.merge("RGB", [Image.fromarray(plane) for plane in (levels, levels.T.copy(), levels[::-1].copy())])
    if clear:
        image.putalpha(Image.fromarray(np.where(levels == 9, 0, 255).astype(np.uint8)))
    back, notes = written(image, "GIF")
    assert notes == []
    assert (shown(back) == shown(image)).all()


@pytest.mark.parametrize(
    ("mode", "clear", "method"),
    [
        ("L", 7, "nearest"),
        ("L", 7, "bicubic"),
        ("RGB", (7, 8, 9), "nearest"),
        ("RGB", (7, 8, 9), "bicubic"),
        ("1", 0, "nearest"),
        ("1", 0, "bicubic"),
    ],
)
def test_a_clear_colour_stays_clear(mode, clear, method, tmp_path):
    Image.new(mode, (4, 4), clear).save(tmp_path / "in.png", transparency=clear)
    resize_file(tmp_path / "in.png", tmp_path / "out.png", 2, method=method)
    assert Image.open(tmp_path / "out.png").convert("RGBA").getextrema()[3] == (0, 0)


LIMITED = [name for name, row in ROWS.items() if row.limit < 2**31 - 1]


@pytest.mark.parametrize("name", LIMITED)
def test_the_longest_side_is_written(name):
    side = ROWS[name].limit
    for size in ((side, 1), (1, side)):
        back, _ = written(Image.new("RGB", size), name)
        back.load()
        assert back.size == size


@pytest.mark.parametrize("extension", [row.extensions[0] for row in FORMATS])
def test_a_full_disk_is_told_once_and_leaves_nothing(extension, tmp_path, capfd):
    """Writing ends, too: one encoder would go on for ever, of what the file's buffer does not hold."""
    noise = np.random.default_rng(2).integers(0, 256, (100, 100, 3), np.uint8)
    image = Image.fromarray(noise[..., 0].astype(np.float32)) if extension == "pfm" else Image.fromarray(noise)
    image.save(tmp_path / "in.tif")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"in\.tif: .*out.* cannot be written \(File too large\)"):
            resize_file(tmp_path / "in.tif", tmp_path / f"out.{extension}", 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["in.tif"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("name", LIMITED)
def test_a_longer_side_is_refused(name, upright):
    limit, file = ROWS[name].limit, io.BytesIO()
    raster = Raster(np.zeros((limit + 1, 1, 1) if upright else (1, limit + 1, 1), np.uint8), "grey")
    with pytest.raises(OutputError, match=f"{name} holds at most {limit} pixels a side: choose another format"):
        encode(raster, file, ROWS[name], Settings(), (0, 0, 0))
    assert file.getvalue() == b""


@pytest.mark.parametrize(("extension", "expected"), [("jpg", "L"), ("webp", "RGB")])
def test_sixteen_bits_become_eight(extension, expected, tmp_path):
    values = np.array([[0, 128, 129, 65535]], np.uint16).repeat(4, 0)
    Image.fromarray(values).save(tmp_path / "in.png")
    done = resize_file(tmp_path / "in.png", tmp_path / f"out.{extension}", 1, dither="none", quality=100)
    assert done.notes == ["16 bits become 8"]
    image = Image.open(tmp_path / f"out.{extension}")
    assert image.mode == expected
    assert np.abs(np.asarray(image.convert("L")).astype(int)[0] - [0, 0, 1, 255]).max() <= (0 if expected == "L" else 3)


@pytest.mark.parametrize("values", [(-1, 5), (0, 65536)])
def test_whole_numbers_beyond_16_bits_are_refused(values):
    with pytest.raises(OutputError, match="do not fit 16 bits"):
        written(Image.fromarray(np.array([values], np.int32)), "PNG")


def test_overshoot_of_a_16_bit_pgm_is_held_to_16_bits(tmp_path):
    Image.fromarray(np.repeat(np.array([[0, 0, 0, 65535, 65535, 65535]], np.uint16), 4, 0)).save(tmp_path / "a.pgm")
    resize_file(tmp_path / "a.pgm", tmp_path / "b.pgm", 2)
    assert Image.open(tmp_path / "b.pgm").getextrema() == (0, 65535)


def test_palettes_and_extensions():
    assert sorted(BY_EXTENSION) == sorted(extension for row in FORMATS for extension in row.extensions)
    assert not set(READ_ONLY) & set(BY_EXTENSION)
    for extension, row in BY_EXTENSION.items():
        assert format_of(extension) is format_of(f".{extension}") is format_of(f".{extension.upper()}") is row


@pytest.mark.parametrize(
    ("word", "hint"),
    [(".pgn", "did you mean"), ("jepg", "did you mean jp"), ("j2k", "mean jp2"), ("", "extension")],
)
def test_unknown_extensions(word, hint):
    with pytest.raises(UsageError, match=hint):
        format_of(word)


@pytest.mark.parametrize("extension", sorted(BY_EXTENSION))
def test_every_extension_is_written_and_nothing_else_is_left(extension, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    picture("F" if extension == "pfm" else "RGB").save(tmp_path / "in.tif")
    resize_file(tmp_path / "in.tif", tmp_path / f"out.{extension}", 2, method="nearest")
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["in.tif", f"out.{extension}", "work"])
    back = Image.open(tmp_path / f"out.{extension}")
    assert back.size == (20, 18)
    assert back.format == (BY_EXTENSION[extension].encoder or BY_EXTENSION[extension].name)


def test_a_bare_codestream_is_read(tmp_path):
    picture("RGB").save(tmp_path / "in.j2k")
    resize_file(tmp_path / "in.j2k", tmp_path / "out.png", 2, method="nearest")
    assert Image.open(tmp_path / "out.png").size == (20, 18)


@pytest.mark.parametrize(("extension", "more"), [("gif", {}), ("png", {}), ("webp", {"lossless": True}), ("tif", {})])
@pytest.mark.parametrize("count", [1, 3])
def test_of_several_frames_the_first_is_kept_and_told(extension, more, count, tmp_path):
    frames = [Image.new("RGB", (4, 3), (value, 0, 0)) for value in (200, 100, 0)][:count]
    frames[0].save(tmp_path / f"in.{extension}", save_all=True, append_images=frames[1:], **more)
    notes = resize_file(tmp_path / f"in.{extension}", tmp_path / "out.bmp", 2, method="nearest").notes
    assert notes == [f"only the first of {count} frames is kept"] * (count > 1)
    assert Image.open(tmp_path / "out.bmp").convert("RGB").getpixel((0, 0)) == (200, 0, 0)


VALUES = {"quality": 20, "compression": 0, "lossless": True, "subsampling": "4:4:4"}


@pytest.mark.parametrize("setting", VALUES)
@pytest.mark.parametrize("name", ROWS)
def test_settings_act_or_are_refused(setting, name):
    settings = Settings(**{setting: VALUES[setting]})
    if setting not in ROWS[name].settings:
        with pytest.raises(UsageError, match=f"--{setting} means nothing to {ROWS[name].extensions[0]}: it is for "):
            settings.check({ROWS[name]})
        return
    settings.check({ROWS[name], ROWS["BMP"]})
    raster = raster_of(picture("RGB").resize((64, 64)))
    sizes = []
    for one in (settings, Settings()):
        file = io.BytesIO()
        encode(raster, file, ROWS[name], one, (0, 0, 0))
        sizes.append(len(file.getvalue()))
    assert sizes[0] != sizes[1]


@pytest.mark.parametrize(
    "bad",
    [{"quality": 0}, {"quality": 101}, {"compression": -1}, {"compression": 10}, {"quality": 5, "lossless": True}],
)
def test_impossible_settings(bad):
    with pytest.raises(UsageError):
        Settings(**bad)


@pytest.mark.parametrize("key", ["icc_profile", "exif", "dpi"])
@pytest.mark.parametrize("name", [name for name in ROWS if name != "PFM"])
def test_what_is_kept(name, key):
    exif = Image.Exif()
    exif[ARTIST] = "A. N. Other"
    image = picture("RGB")
    image.info |= {"icc_profile": PROFILE, "exif": exif.tobytes(), "dpi": (300, 150)}
    back, _ = written(image, name)
    back.load()
    kept = {
        "icc_profile": back.info.get("icc_profile") == PROFILE,
        "exif": back.getexif().get(ARTIST) == "A. N. Other",
        "dpi": np.abs(np.array(back.info.get("dpi", (0, 0)), float) - (300, 150)).max() < 0.1,
    }
    assert kept[key] == (key in ROWS[name].keeps)


def test_a_profile_of_cmyk_does_not_follow_into_rgb():
    image = picture("CMYK")
    image.info["icc_profile"] = PROFILE[:16] + b"CMYK" + PROFILE[20:]
    assert "icc_profile" not in written(image, "PNG")[0].info
    assert written(image, "TIFF")[0].info["icc_profile"] == image.info["icc_profile"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "avif", "tif"])
def test_orientation_is_applied_once_and_reset(extension, orientation, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    how = {"tiffinfo": {ORIENTATION: orientation}} if extension == "tif" else {"exif": exif}
    source = tmp_path / f"in.{extension}"
    picture("RGB").save(source, **how)
    result = resize_file(source, tmp_path / "out.png", 2, method="nearest")
    upright = ImageOps.exif_transpose(Image.open(source)).convert("RGB")
    assert result.size == upright.size
    back = Image.open(tmp_path / "out.png")
    assert back.getexif().get(ORIENTATION, 1) == 1
    assert back.tobytes() == upright.resize((upright.width * 2, upright.height * 2), Image.Resampling.NEAREST).tobytes()


@pytest.mark.parametrize("dpi", [(Fraction(72), Fraction(72)), (0, 0)])
def test_odd_resolutions_do_no_harm(dpi, tmp_path):
    picture("RGB").save(tmp_path / "in.tif", dpi=dpi)
    resize_file(tmp_path / "in.tif", tmp_path / "out.png", 2, method="nearest")
    assert Image.open(tmp_path / "out.png").size == (20, 18)


def test_a_profile_of_grey_does_not_follow_into_rgb():
    image = picture("L")
    image.info["icc_profile"] = PROFILE[:16] + b"GRAY" + PROFILE[20:]
    back, notes = written(image, "WEBP")
    assert "icc_profile" not in back.info
    assert notes == ["the colour profile is applied, and not kept"]  # though this one has no curve to apply
    assert written(image, "PNG")[0].info["icc_profile"] == image.info["icc_profile"]


def test_what_a_format_cannot_carry_is_told():
    image = picture("RGB")
    image.info |= {"icc_profile": PROFILE, "dpi": (300, 300)}
    assert written(image, "BMP")[1] == ["the colour profile is not kept"]
    assert written(image, "WEBP")[1] == ["the resolution is not kept"]
