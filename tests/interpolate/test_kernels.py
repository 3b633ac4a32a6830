"""Kernels: what `resize` returns, against the naive twins."""

import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest

from tests import naive
from upscale_cli import resize
from upscale_cli.interpolate.axis import Axis
from upscale_cli.interpolate.literal import passer, weigh
from upscale_cli.interpolate.taps import taps_of
from upscale_cli.spec import EDGES, parse_method

# method, sample type, channels, size, size of the result, options. "colours" takes no channel for an alpha; "opaque"
# fills it. Between them the lines hold every pair of (sample type, channels), (light, alpha), (taps, whole factor),
# both orders of the passes, and anti-ringing with each.
CASES = """
    bilinear        uint8   1  7x5  13x11
    bicubic         uint8   3  7x5  13x11
    lanczos         uint8   4  7x5  13x11
    spline64        uint8   2  7x5  13x11
    area            uint8   1  7x5  13x11
    magic-kernel-sharp-2013 uint8 3 7x5 13x11
    hermite         uint8   3  7x5  14x10
    bicubic         uint8   4  7x5  14x10  colours
    lanczos4        uint8   1  7x5  21x15
    mitchell        uint8   4  7x5  28x20  opaque
    gaussian        uint8   2  7x5  21x10  opaque
    bicubic         uint8   3  7x5  13x11  linear
    bicubic         uint8   4  7x5  14x10  linear
    lanczos         uint8   1  7x5  13x11  sigmoid
    bicubic         uint8   2  7x5  13x11  straight_alpha linear
    lanczos         uint8   3  7x5  13x11  antiring=1
    catmull-rom     uint8   4  7x5  14x10  antiring=0.6
    lanczos         uint8   4  12x9 5x4
    bicubic         uint8   3  12x9 5x4    antiring=0.7
    area            uint8   3  12x9 5x4    linear
    kaiser          uint8   2  12x9 13x4   straight_alpha
    robidoux-sharp  uint8   1  12x9 5x20   sigmoid
    bicubic         uint8   3  12x9 5x4    noaa
    spline36        uint16  1  7x5  13x11
    magic-kernel-sharp-2021 uint16 4 7x5 14x15
    hamming         uint16  3  7x5  14x10  linear
    spline16        uint16  2  7x5  13x11  antiring=0.5
    blackman        uint16  3  12x9 5x4    sigmoid
    bspline         uint16  4  12x9 7x3    linear
    hann            float32 1  7x5  13x11
    bicubic:a=-0.75 float32 4  7x5  13x11
    robidoux        float32 3  7x5  21x15
    lanczos5        float32 2  7x5  13x9   colours antiring=1
    bicubic         float32 3  7x5  14x10  linear
    bicubic         float32 4  7x5  13x11  sigmoid
    lanczos         float32 3  12x9 5x4
    lanczos         float32 4  12x9 5x4    linear antiring=0.4
    ewa-robidoux    uint8   3  6x5  11x9
    ewa-lanczos     uint8   4  6x5  11x9
    ewa-lanczos     uint8   1  6x5  4x7    linear
    ewa-lanczos-sharp uint8 3  6x5  11x9   antiring=0.8
    ewa-robidoux    uint16  2  6x5  3x3    straight_alpha sigmoid
    ewa-lanczos     float32 3  6x5  5x4
    ewa-robidoux    float32 4  6x5  5x4    noaa
""".strip().splitlines()


@functools.cache
def picture(sample, channels, width, height):
    """Noise, a third of it at 0 or full scale; the last channel has areas of both. Floats reach beyond 0 and 1."""
    rng = np.random.default_rng(width * height + channels)
    image = rng.random((height, width, channels)) * 1.5 - 0.25
    image[: height - 2, : width // 3, -1] = 0
    image[height - 2 :, :, -1] = 1
    image[..., -1] = np.clip(image[..., -1], 0, 1)
    if sample == "float32":
        return image.astype(sample)
    return np.rint(np.clip(image, 0, 1) * naive.TOP[sample]).astype(sample)


def size_of(text):
    return tuple(map(int, text.split("x")))


def trustworthy(want, alpha, top):
    """Tell which samples have digits worth comparing: a colour divided by next to no alpha has few."""
    trusted = np.ones(want.shape, bool)
    if alpha == "weighted":
        trusted[..., :-1] = abs(want[..., -1:]) > 0.05 * top
    return trusted


def assert_close(differences, sample):
    """Integers may differ by one level in few places, where a twin's value falls on a half; floats in the 7th digit."""
    difference = np.concatenate(differences)
    if sample == "float32":
        assert difference.max() < 2e-6
    else:
        assert difference.max() <= 1
        assert (difference > 0).mean() < (0.01 if sample == "uint8" else 0.02)


@pytest.mark.parametrize("case", [" ".join(case.split()) for case in CASES])
def test_equals_the_naive_twin(case):
    """On all borders; `renormalize` has no phases, so whole factors go without it."""
    method, sample, channels, size, new_size, *words = case.split()
    size, new_size, channels = size_of(size), size_of(new_size), int(channels)
    image = picture(sample, channels, *size).copy()
    if "opaque" in words:
        image[..., -1] = naive.TOP[sample]
    has_alpha = channels in (2, 4) and "colours" not in words
    options = {word: True for word in words if word in ("linear", "sigmoid", "straight_alpha")}
    options["antiring"] = max((float(word[9:]) for word in words if word.startswith("antiring=")), default=0.0)
    antialias = "noaa" not in words
    shrinks = new_size[0] < size[0] or new_size[1] < size[1]
    light = "linear" if {"linear", "sigmoid"} & {*words} else "encoded"
    light = "sigmoid" if "sigmoid" in words and not shrinks else light
    alpha = "none" if not has_alpha else "straight" if "straight_alpha" in words else "weighted"
    spec = parse_method(method)
    engine = naive.radial if spec.method.engine == "radial" else naive.separable
    filter_ = {"name": spec.method.filter or "area", **dict(spec.parameters)}
    differences = []
    for edge in (edge for edge in EDGES if edge != "renormalize" or new_size[0] % size[0]):
        got = resize(
            image, size=new_size, fit="fill", method=method, edge=edge, antialias=antialias, alpha=has_alpha, **options
        )
        axes = [naive.Axis(*lengths, edge, antialias) for lengths in zip(size, new_size, strict=True)]
        want = naive.resize(image, axes, engine, light=light, alpha=alpha, antiring=options["antiring"], **filter_)
        assert got.shape == want.shape and got.dtype == image.dtype
        trusted = trustworthy(want, alpha, naive.TOP[sample])
        assert trusted.mean() > 0.5
        differences.append(abs(got.astype(float) - want)[trusted])
    assert_close(differences, sample)


@pytest.mark.parametrize(("method", "engine"), [("bicubic", naive.separable), ("ewa-lanczos", naive.radial)])
@pytest.mark.parametrize("light", ["encoded", "linear"])
def test_constant_border_shows_the_background(method, engine, light):
    image, fill = picture("uint8", 4, 6, 5), np.array([32.0, 64, 96, 128])[None, None]
    got = resize(image, size=(11, 9), method=method, edge="constant", background="#20406080", linear=light == "linear")
    axes = [naive.Axis(6, 11, "constant"), naive.Axis(5, 9, "constant")]
    spec = parse_method(method)
    filter_ = {"name": spec.method.filter, **dict(spec.parameters)}
    want = naive.resize(image, axes, engine, light=light, alpha="weighted", fill=fill, **filter_)
    assert_close([abs(got - want)[trustworthy(want, "weighted", 255)]], "uint8")


def test_a_part_of_the_source():
    """12x9 to cover 5x5: the window is 9 wide and starts at 1.5."""
    image = picture("uint8", 3, 12, 9)
    got = resize(image, size="5x5^", method="bicubic")
    axes = [naive.Axis(12, 5, start=Fraction(3, 2), length=Fraction(9)), naive.Axis(9, 5)]
    want = naive.resize(image, axes, naive.separable, name="cubic", b=0.0, c=0.5)
    assert_close([abs(got - want).ravel()], "uint8")


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_nearest_copies(sample, channels):
    image = picture(sample, channels, 7, 5)
    for size in ((13, 11), (14, 15), (3, 2), (20, 3), (1, 1)):
        assert (resize(image, size=size, fit="fill", method="nearest") == naive.nearest(image, size)).all()


@pytest.mark.parametrize("vertical", [False, True])
@pytest.mark.parametrize(
    ("arithmetic", "sample", "bits"),
    [
        ("fixed", "uint8", 22),
        ("fixed", "uint8", 9),
        ("double", "uint8", 0),
        ("double", "uint16", 0),
        ("double", "float32", 0),
        ("whole", "float32", 0),
    ],
)
def test_literal_passes(arithmetic, sample, bits, vertical):
    """Equal to the last bit, since the sums are in the same order."""
    image = picture(sample, 3, 6, 7) * np.array(999 if arithmetic == "whole" else 1, sample)
    n_in = image.shape[0 if vertical else 1]
    for n_out, edge in itertools.product((13, 4), ("renormalize", "replicate")):
        step = Fraction(n_in, n_out)
        axis = Axis("cubic", (("b", 0.0), ("c", 0.5)), n_in, n_out, step / 2, step, True, edge)
        dst = np.empty((n_out, 6, 3) if vertical else (7, n_out, 3), image.dtype)
        passer(image, axis, vertical, arithmetic, bits)(dst, 0, dst.shape[0])
        taps = taps_of(axis)
        index = taps.source[taps.windows[:, :1] + np.arange(taps.weights.shape[1])].tolist()
        rows = [
            [(None if j < 0 else j, w) for j, w in zip(*pair, strict=True)]
            for pair in zip(index, taps.weights.tolist(), strict=True)
        ]
        turned = image if vertical else image.swapaxes(0, 1)
        want = naive.one_pass(turned, rows, arithmetic, bits)
        assert (dst == (want if vertical else want.swapaxes(0, 1))).all()


@pytest.mark.parametrize("back", [False, True])
def test_alpha_in_8_bits(back):
    """All pairs of a colour and an alpha."""
    colour, alpha = np.mgrid[:256, :256].astype(np.uint8)
    src = np.stack([colour, 255 - colour, alpha], axis=-1)
    dst = np.empty_like(src)
    weigh(3, back)(src, dst, 0, 256)
    twin = naive.unweigh if back else naive.weigh
    want = np.array([[twin(v, a) for a in range(256)] for v in range(256)])
    assert (dst == np.stack([want, want[::-1], alpha], axis=-1)).all()


@pytest.mark.parametrize("size", [(6, 5), (40, 30)])
def test_a_sample_that_is_not_a_number_stays_in_its_window(size):
    image = picture("float32", 1, 24, 20)[..., 0].copy()
    image[9, 11] = np.nan
    weights = []
    for n_in, n_out, at in ((20, size[1], 9), (24, size[0], 11)):
        step = Fraction(n_in, n_out)
        taps = taps_of(Axis("cubic", (("b", 0.0), ("c", 0.5)), n_in, n_out, step / 2, step, True, "reflect"))
        index = taps.source[taps.windows[:, :1] + np.arange(taps.weights.shape[1])]
        weights.append((index == at).any(axis=1))
    assert (np.isnan(resize(image, size=size, fit="fill")) == np.outer(*weights)).all()
