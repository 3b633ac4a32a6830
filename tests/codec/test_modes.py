"""Every mode of Pillow's through `resize`: the mode that comes back, and its values."""

import numpy as np
import pytest
from PIL import Image

from upscale_cli import resize
from upscale_cli.errors import InputError

WIDTH, HEIGHT, PAD = 7, 6, 16
SAMPLES = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
GREY = SAMPLES[..., 0]
DEEP = GREY.astype(np.uint16) * 256 + SAMPLES[..., 1]


def bands(mode, *channels):
    return Image.merge(mode, [Image.fromarray(np.ascontiguousarray(channel)) for channel in channels])


def plain(mode):
    """Return a picture whose channels are SAMPLES, those that the mode has."""
    image = bands(mode, *np.moveaxis(SAMPLES, 2, 0)[: len(Image.new(mode, (1, 1)).getbands())])
    image.putpixel((0, 0), tuple(int(v) for v in SAMPLES[0, 0, : len(image.getbands())]))
    return image


def palette(colours, transparency=None):
    """Return a P image whose index is SAMPLES modulo the count of colours."""
    image = Image.fromarray(GREY % len(colours)).convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([value for colour in colours for value in colour])
    if transparency is not None:
        image.info["transparency"] = transparency
    return image


COLOURS = [(255, 0, 0), (0, 128, 0), (10, 20, 250), (90, 90, 90)]
GREYS = [(0, 0, 0), (80, 80, 80), (200, 200, 200)]
PALETTES = {
    "opaque": (palette(COLOURS), "RGB"),
    "grey": (palette(GREYS), "L"),
    "index": (palette(COLOURS, 1), "RGBA"),
    "bytes": (palette(COLOURS, bytes([0, 255, 128, 64])), "RGBA"),
}


def deep(mode, order):
    return Image.frombytes(mode, (WIDTH, HEIGHT), DEEP.astype(order).tobytes())


def resampled(channel, size=(WIDTH * 2, HEIGHT * 2)):
    """Return a channel resized by Pillow in floats; the border is mirrored before, which `box` then leaves out.

    |4 3 2 1 0|0 1 2 3 4 5 6|6 5 4 3 2|
               <--- box --->
    """
    padded = np.pad(np.asarray(channel, np.float64).astype(np.float32), PAD, "symmetric")
    box = (PAD, PAD, PAD + WIDTH, PAD + HEIGHT)
    return np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC, box), np.float64)


def stored(channels, top=255):
    return np.clip(np.floor(np.stack(channels, -1) + 0.5), 0, top)


def filtered(pixels, top=255):
    """Return what 8 or 16-bit channels become; with 2 or 4 of them the last is an alpha."""
    channels = list(np.moveaxis(pixels.astype(np.float64), 2, 0))
    if len(channels) in (1, 3):
        return stored([resampled(channel) for channel in channels], top)
    alpha = resampled(channels[-1])
    colours = [resampled(channel * channels[-1]) for channel in channels[:-1]]
    with np.errstate(all="ignore"):
        shown = [np.where(alpha > 0, colour / alpha, 0) for colour in colours]
    return stored([*shown, alpha], top)


def split(image):
    if len(image.getbands()) == 1:
        return np.asarray(image)[..., None]
    return np.stack([np.asarray(image.getchannel(band)) for band in image.getbands()], -1)


def agree(image, expected, within=1):
    """Compare; under an alpha so low that its rounding shows, colours are anyone's."""
    got = split(image).astype(int)
    seen = np.ones(got.shape[:2], bool) if got.shape[2] in (1, 3) or image.mode == "CMYK" else expected[..., -1] >= 8
    worst = np.abs(got - expected)[seen].max()
    assert worst <= within, f"{image.mode}: {worst} levels apart"


SAME = ["L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"]


@pytest.mark.parametrize("mode", SAME)
def test_modes_that_come_back_as_they_are(mode):
    image = plain(mode)
    result = resize(image, 2)
    assert (result.mode, result.size) == (mode, (WIDTH * 2, HEIGHT * 2))
    pixels = split(image)
    if mode == "CMYK":
        expected = stored([resampled(pixels[..., c]) for c in range(4)])
    else:
        expected = filtered(pixels)
    agree(result, expected)


SHOWN = [
    ("1", "L", Image.fromarray(GREY).convert("1"), "L"),
    ("RGBX", "RGB", plain("RGBX"), "RGB"),
    ("HSV", "RGB", plain("HSV"), "RGB"),
    ("RGBa", "RGBA", plain("RGBA").convert("RGBa"), "RGBA"),
    ("PA", "RGBA", plain("RGBA").convert("PA"), "RGBA"),
    ("La", "LA", plain("LA").convert("La"), "LA"),
    *((f"P, {name}", mode, image, mode) for name, (image, mode) in PALETTES.items()),
]


@pytest.mark.parametrize(("name", "mode", "image", "shows"), SHOWN)
def test_modes_that_come_back_as_what_they_show(name, mode, image, shows):
    result = resize(image, 2)
    assert result.mode == mode
    agree(result, filtered(split(image.convert(shows))))


@pytest.mark.parametrize("name", ["1", *PALETTES])
def test_bilevel_and_palettes_are_filtered_and_not_copied(name):
    image = SHOWN[0][2] if name == "1" else PALETTES[name][0]
    shown = image.convert("L" if name == "1" else PALETTES[name][1])
    colours = {tuple(np.atleast_1d(pixel)) for row in split(shown) for pixel in row}
    result = {tuple(np.atleast_1d(pixel)) for row in split(resize(image, 2)) for pixel in row}
    assert result - colours


def test_a_grey_palette_counts_only_the_colours_used():
    image = palette([*GREYS, (255, 0, 0)])
    image.putdata([min(v % 4, 2) for v in GREY.ravel()])
    assert resize(image, 2).mode == "L"


@pytest.mark.parametrize(("mode", "order"), [("I;16", "<u2"), ("I;16B", ">u2"), ("I;16L", "<u2")])
def test_sixteen_bits_stay_sixteen_bits(mode, order):
    result = resize(deep(mode, order), 2)
    assert result.mode == "I;16"
    assert np.abs(np.asarray(result).astype(int) - stored([resampled(DEEP)], 65535)[..., 0]).max() <= 1


def test_mode_i_is_rounded_and_not_clamped():
    values = DEEP.astype(np.int32) * 20 - 500_000
    result = resize(Image.fromarray(values), 2)
    assert result.mode == "I"
    assert np.abs(np.asarray(result) - resampled(values)).max() <= 1
    assert np.asarray(result).min() < values.min()


def test_mode_f_is_neither_rounded_nor_clamped():
    values = (DEEP / 65535 * 3 - 1).astype(np.float32)
    result = resize(Image.fromarray(values), 2)
    assert result.mode == "F"
    assert np.abs(np.asarray(result) - resampled(values)).max() < 1e-5
    assert np.asarray(result).max() > values.max()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_the_greatest_whole_number_does_not_wrap():
    assert resize(Image.new("I", (4, 4), 2**31 - 1), 2).getextrema()[0] > 0


EXACT = {
    **{mode: plain(mode) for mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB")},
    "1": SHOWN[0][2],
    "I;16": deep("I;16", "<u2"),
    "I": Image.fromarray(DEEP.astype(np.int32)),
    "F": Image.fromarray(DEEP.astype(np.float32)),
    **{name: image for name, (image, _) in PALETTES.items()},
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("scale", [2, 1])
def test_nearest_keeps_the_mode_and_copies_pixels(name, scale):
    image = EXACT[name]
    result = resize(image, scale, method="nearest")
    assert result.mode == image.mode
    assert (split(result) == split(image).repeat(scale, 0).repeat(scale, 1)).all()
    assert result is not image


@pytest.mark.parametrize("name", PALETTES)
def test_nearest_keeps_palette_and_transparency(name):
    image = PALETTES[name][0]
    before = image.tobytes(), image.getpalette()
    result = resize(image, 2, method="nearest")
    assert result.getpalette()[: len(before[1])] == before[1]
    assert result.info.get("transparency") == image.info.get("transparency")
    assert result.convert("RGBA").tobytes() == image.convert("RGBA").resize(result.size, 0).tobytes()
    result.putpalette([1, 2, 3])
    assert (image.tobytes(), image.getpalette()) == before


def palette_with_alpha():
    image = palette(COLOURS)
    image.putpalette([value for colour in COLOURS for value in (*colour, 128)], "RGBA")
    return image


def test_a_palette_with_alpha_of_its_own_is_widened_to_rgba():
    assert resize(palette_with_alpha(), 2).mode == "RGBA"


def test_a_palette_with_alpha_of_its_own_is_kept_by_nearest():
    image = palette_with_alpha()
    copied = resize(image, 2, method="nearest")
    assert copied.convert("RGBA").tobytes() == image.convert("RGBA").resize(copied.size, 0).tobytes()


def test_nearest_widens_a_palette_that_needs_another_colour():
    result = resize(PALETTES["opaque"][0], size=(20, 20), method="nearest", fit="contain", background="#010203")
    assert (result.mode, result.getpixel((0, 0))) == ("RGB", (1, 2, 3))


@pytest.mark.parametrize("mode", ["RGB", "P", "1", "I;16", "F"])
def test_what_the_file_said_travels_with_the_image(mode):
    image = EXACT.get(mode, PALETTES["opaque"][0]).copy()
    image.info |= {"icc_profile": b"profile", "exif": b"Exif\0\0", "dpi": (300, 300), "comment": "not carried"}
    for method in ("nearest", "bicubic"):
        info = resize(image, 2, method=method).info
        assert {key: info.get(key) for key in ("icc_profile", "exif", "dpi")} == {
            "icc_profile": b"profile", "exif": b"Exif\0\0", "dpi": (300, 300),
        }  # fmt: skip
        assert "comment" not in info


def test_unknown_modes_are_refused():
    image = Image.new("RGB", (4, 4))
    image._mode = "BGR;15"
    with pytest.raises(InputError, match=r"mode BGR;15 cannot be resized"):
        resize(image, 2)
