"""`--linear` in files: light by the profile's own curves, and by the sRGB curve where there are none or no others."""

import zlib

import numpy as np
import pytest
from PIL import Image

from tests import naive
from tests.codec.test_deep import noise, png, read, tiff
from tests.color.test_profile import curv, made, para, table
from upscale_cli import resize, resize_file

from .test_profiles import GAMMA, GREY, LIKE_SRGB, LOOKED_UP, UNLIKE, encoded, grey, rgb, whole

TABLE = np.round(np.linspace(0, 1, 1024) ** 2.5 * 65535) / 65535
NODES = np.linspace(0, 1, 1024)


def power(exponent):
    return lambda v: np.sign(v) * np.abs(v) ** exponent, lambda v: np.sign(v) * np.abs(v) ** (1 / exponent)


LOOKUP = (lambda v: np.interp(v, NODES, TABLE), lambda v: np.interp(v, TABLE, NODES))
OWN = {
    (3, "gamma 1.8"): (GAMMA, (power(117965 / 65536),) * 3),  # as near to 1.8 as the profile can tell
    (3, "three curves"): (UNLIKE, (power(117965 / 65536), power(2.25), LOOKUP)),
    (1, "grey"): (grey(para(1.4)), (power(91750 / 65536),)),
}


def written(folder, samples, profile):
    """Write 8 or 16 bits, with a profile."""
    if samples.dtype == np.uint16:
        return tiff(folder / "in.tif", samples, iccprofile=profile)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[samples.shape[2]]
    Image.frombytes(mode, samples.shape[1::-1], samples.tobytes()).save(folder / "in.png", icc_profile=profile)
    return folder / "in.png"


def by_hand(samples, curves, size, light="encoded", edge="reflect", fill=None):
    """Return the samples, in float64 and not rounded, that come of the curves, a bicubic filter and the way back."""
    colours, top = len(curves), naive.TOP[samples.dtype.name]

    def in_light(values):
        values = values / top
        for c in range(colours):
            values[..., c] = curves[c][0](values[..., c])
            if light == "sigmoid":
                values[..., c] = encoded(values[..., c])
        return values

    axes = [naive.Axis(*lengths, edge) for lengths in zip(samples.shape[1::-1], size, strict=True)]
    alpha = "weighted" if samples.shape[2] > colours else "none"
    values = in_light(samples.astype(np.float64)).astype(np.float32)
    fill = None if fill is None else in_light(np.array(fill, float).reshape(1, 1, -1))
    options = {"light": light, "alpha": alpha, "fill": fill, "name": "cubic", "b": 0.0, "c": 0.5}
    out = naive.resize(values, axes, naive.separable, **options).astype(np.float64)
    for c in range(colours):
        if light == "sigmoid":
            out[..., c] = np.vectorize(naive.srgb_to_linear)(out[..., c])
        out[..., c] = curves[c][1](out[..., c])
    return out.clip(0, 1) * top


def assert_like(path, expected, within):
    got = read(path) if path.suffix != ".png" else np.asarray(Image.open(path))
    got = got.reshape(expected.shape)
    seen = expected[..., -1] > 2 if expected.shape[2] in (2, 4) else np.ones(expected.shape[:2], bool)
    assert seen.mean() > 0.7
    assert np.abs(got - expected)[seen].max() < within


@pytest.mark.parametrize("scale", [2, 0.5])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("colours", "name"), OWN)
def test_light_by_the_profiles_own_curves(colours, name, alpha, dtype, scale, tmp_path):
    profile, curves = OWN[colours, name]
    samples = noise(colours + alpha)
    samples = (samples >> 8).astype(np.uint8) if dtype == np.uint8 else samples
    target = tmp_path / ("out.png" if dtype == np.uint8 else "out.tif")
    done = resize_file(written(tmp_path, samples, profile), target, scale, linear=True)
    assert done.notes == []
    assert done.plan.startswith("to the profile's light | ")
    assert done.plan.endswith(f"| from the profile's light | store {'u8' if dtype == np.uint8 else 'u16'}")
    assert_like(target, by_hand(samples, curves, done.out_size), 0.51 if dtype == np.uint8 else 2)
    ordinary = resize(samples, scale, linear=True).astype(float)
    assert np.abs(ordinary - by_hand(samples, curves, done.out_size)).max() > (2 if dtype == np.uint8 else 500)


@pytest.mark.parametrize(("colours", "name"), OWN)
def test_the_sigmoid_stands_on_the_profiles_light(colours, name, tmp_path):
    profile, curves = OWN[colours, name]
    samples = (noise(colours) >> 8).astype(np.uint8)
    done = resize_file(written(tmp_path, samples, profile), tmp_path / "out.png", 2, sigmoid=True)
    assert done.plan.startswith("to the profile's light | sigmoid light | ")
    assert_like(tmp_path / "out.png", by_hand(samples, curves, done.out_size, "sigmoid"), 0.55)


def test_what_stands_beyond_the_border_is_light_too(tmp_path):
    profile, curves = OWN[3, "three curves"]
    samples = (noise(3) >> 8).astype(np.uint8)
    options = {"linear": True, "edge": "constant", "background": "#20c080"}
    done = resize_file(written(tmp_path, samples, profile), tmp_path / "out.png", 2, **options)
    expected = by_hand(samples, curves, done.out_size, edge="constant", fill=(0x20, 0xC0, 0x80))
    assert_like(tmp_path / "out.png", expected, 0.51)


def test_floats_beyond_white_keep_their_light(tmp_path):
    samples = noise(3, np.float32, 0, 1.5)
    tiff(tmp_path / "in.tif", samples, iccprofile=GAMMA)
    resize_file(tmp_path / "in.tif", tmp_path / "out.tif", "2x1", linear=True, method="bilinear")
    light = resize((samples.astype(np.float64) ** 1.8).astype(np.float32), "2x1", method="bilinear")
    assert np.abs(read(tmp_path / "out.tif") - light.astype(np.float64) ** (1 / 1.8)).max() < 1e-4
    assert read(tmp_path / "out.tif").max() > 1.3


CURVED = b"curv\0\0\0\0\0\0\0\1"  # and then nothing
NO_OTHERS = {
    "the sRGB curve in a table": (3, LIKE_SRGB),
    "a table of colours": (3, LOOKED_UP),
    "a curve that is cut off": (3, rgb([CURVED, CURVED, CURVED])),
    "a curve that falls": (3, rgb([para(1.8), para(1.8), curv(65535, 0)])),
    "a profile of grey for colours": (3, GREY),
    "a profile of colours for grey": (1, GAMMA),
    "grey that leads to L*": (1, whole(made({b"kTRC": table(lambda x: x**1.5, 64)}, b"GRAY", b"Lab "))),
    "none": (3, None),
}


@pytest.mark.parametrize("name", NO_OTHERS)
def test_elsewhere_light_is_by_the_srgb_curve(name, tmp_path):
    channels, profile = NO_OTHERS[name]
    samples = (noise(channels) >> 8).astype(np.uint8)
    done = resize_file(written(tmp_path, samples, profile), tmp_path / "out.png", 2, linear=True)
    assert done.plan.startswith("linear light | horizontal")
    got = np.asarray(Image.open(tmp_path / "out.png")).reshape(10, 12, channels)
    assert (got == resize(samples, 2, linear=True)).all()


def test_curves_matter_to_light_alone(tmp_path):
    samples = (noise(3) >> 8).astype(np.uint8)
    source = written(tmp_path, samples, GAMMA)
    for options in ({}, {"linear": True, "method": "nearest"}):
        done = resize_file(source, tmp_path / "out.png", 2, overwrite=True, **options)
        assert "light" not in done.plan
        expected = resize(samples, 2, method=options.get("method", "bicubic"))
        assert (np.asarray(Image.open(tmp_path / "out.png")) == expected).all()


def test_light_is_srgbs_where_the_picture_becomes_srgb(tmp_path):
    samples = (noise(3) >> 8).astype(np.uint8)
    source = written(tmp_path, samples, GAMMA)
    done = resize_file(source, tmp_path / "out.png", 2, linear=True, profile="srgb")
    assert done.plan.startswith("linear light | ")


def test_16_bit_png(tmp_path):
    source = png(tmp_path / "in.png", noise(3), [(b"iCCP", b"own\0\0" + zlib.compress(UNLIKE))])
    done = resize_file(source, tmp_path / "out.tif", 2, linear=True)
    assert_like(tmp_path / "out.tif", by_hand(noise(3), OWN[3, "three curves"][1], done.out_size), 2)
