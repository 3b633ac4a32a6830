"""Colour profiles: curves follow the specification's formulae there and back, and no bytes make them raise."""

import itertools
import struct

import numpy as np
import pytest
from PIL import ImageCms

from upscale_cli.color.profile import SRGB, Curve, curves_of, is_sound, is_srgb, space_of
from upscale_cli.color.transfer import srgb_to_linear

LEVELS = np.arange(65536) / 65535
THEIRS = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MATRIX = dict.fromkeys((b"rXYZ", b"gXYZ", b"bXYZ"), b"XYZ \0\0\0\0" + bytes(12))
S = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# parametricCurveType: each function's parameters, and what ICC.1 gives as its value for x from 0 to 1
PARA = [
    ((2.2,), lambda x: x**2.2),
    ((2.0, 1.25, -0.25), lambda x: (1.25 * x - 0.25) ** 2 if x >= 0.2 else 0),
    ((2.0, 0.5, 0.25), lambda x: (0.5 * x + 0.25) ** 2),
    ((2.0, 1.25, -0.25, 0.125), lambda x: (1.25 * x - 0.25) ** 2 + 0.125 if x >= 0.2 else 0.125),
    (S, lambda x: ((x + 0.055) / 1.055) ** 2.4 if x >= 0.04045 else x / 12.92),
    ((2, 0.5, 0.25, 0.25, 0.5, 0.125, 0.0625), lambda x: (x / 2 + 0.25) ** 2 + 0.125 if x >= 0.5 else x / 4 + 0.0625),
    ((1, 1, 0, 0.5, 0.75, 0, -0.125), lambda x: x if x >= 0.75 else max(x / 2 - 0.125, 0)),
    ((2.5, 1.25, -0.25, 0, 0.125), lambda x: (1.25 * x - 0.25) ** 2.5 if x >= 0.2 else 0),
    ((1, 1, 0, 0, 0.5), lambda x: x if x >= 0.5 else 0),
]


def curv(*entries):
    return b"curv\0\0\0\0" + struct.pack(f">I{len(entries)}H", len(entries), *entries)


def para(*parameters):
    values = [round(n * 65536) for n in parameters]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(values)}i", (1, 3, 4, 5, 7).index(len(values)), 0, *values)


def made(tags, space=b"RGB ", other=b"XYZ "):
    """Return a profile of no more than it needs: the header's fields that are read, and the tags."""
    data, table = b"", b""
    for name, value in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I12x4s4s12x4s88xI", 132 + len(table + data), space, other, b"acsp", len(tags))
    return head + table + data


def rgb(red, green=None, blue=None):
    return made({b"rTRC": red, b"gTRC": green or red, b"bTRC": blue or red} | MATRIX)


def grey(curve):
    return made({b"kTRC": curve}, b"GRAY")


def table(function, n):
    return curv(*(round(65535 * function(k / (n - 1))) for k in range(n)))


def one(curve):
    (found,) = curves_of(grey(curve))
    return found


def test_pillows_profile():
    assert space_of(THEIRS) == b"RGB "
    assert is_sound(THEIRS)
    assert is_sound(THEIRS + b"\0padding")
    assert len(curves_of(THEIRS)) == 3
    assert is_srgb(curves_of(THEIRS))


@pytest.mark.parametrize(("parameters", "formula"), PARA, ids=range(len(PARA)))
def test_formulae(parameters, formula):
    x = np.linspace(0, 1, 1000)
    curve = one(para(*parameters))
    light = curve.to_light(x)
    assert light == pytest.approx([formula(v) for v in x], abs=1e-4)  # parameters have 16 bits after the point
    back = curve.from_light(x)
    assert curve.from_light(light[0]) == back[0] == 0
    assert (np.diff(back) >= 0).all()
    assert (curve.to_light(back + 1e-6) >= x).all()
    assert ((curve.to_light(back - 1e-6) <= x) | (back == 0)).all()


def test_srgb_is_exact():
    assert SRGB.to_light(LEVELS) == pytest.approx([srgb_to_linear(v) for v in LEVELS], abs=1e-15)


@pytest.mark.parametrize(
    ("curve", "exponent"), [(curv(), 1), (curv(256), 1), (curv(0x01CD), 0x1CD / 256), (curv(0, 65535), 1)]
)
def test_short_tables(curve, exponent):
    assert one(curve).to_light(LEVELS) == pytest.approx(LEVELS**exponent, abs=1e-15)


def test_tables_are_read_between_their_entries():
    assert one(curv(0, 6553, 65535)).to_light([0, 0.25, 0.5, 0.75, 1]) == pytest.approx(
        [0, 0.05, 0.1, 0.55, 1], abs=1e-4
    )


@pytest.mark.parametrize(
    "curve",
    [
        *(curv(), para(1.8), para(2.2), curv(0x233), curv(0x1CD), para(*S), table(srgb_to_linear, 1024)),
        *(para(2.0, 0.5, 0.25), para(*PARA[5][0]), table(lambda x: x**1.8, 64), table(lambda x: 0.1 + x / 2, 65)),
    ],
)
def test_there_and_back(curve):
    found = one(curve)
    assert abs(found.from_light(found.to_light(LEVELS)) - LEVELS).max() * 65535 < 0.25


def test_formulae_rounded_elsewhere():
    """Parts that overlap by rounding give two values one light: no more than two levels of 16 bits apart."""
    near = LEVELS[2400:2900]
    for digits in itertools.product((-1, 0, 1), repeat=5):
        found = one(para(*(n + k / 65536 for n, k in zip(S, digits, strict=True))))
        assert abs(found.from_light(found.to_light(near)) - near).max() * 65535 < 2


@pytest.mark.parametrize("curve", [curv(), para(2.2), para(*S), table(srgb_to_linear, 1024), curv(0, 5, 65535, 65535)])
def test_curves_go_on_outside(curve):
    found, x = one(curve), np.array([[-2.5, -1.5, -0.3], [0.3, 1.5, 2.5]])
    light = found.to_light(x)
    assert light.shape == x.shape
    assert light.dtype == np.float64
    assert (np.diff(light.ravel()) > 0).all()
    assert (light == -light[::-1, ::-1]).all()
    assert found.from_light(light) == pytest.approx(x)
    assert found.to_light(np.inf) == np.inf
    assert np.isnan(found.from_light(found.to_light(np.nan)))


def test_tables_go_straight_on():
    light = one(table(srgb_to_linear, 1024)).to_light([1, 2, 3])
    assert np.diff(light) == pytest.approx(2.24, abs=0.03)  # the slope of sRGB at 1 is 2.4 / 1.055, the chord's is less


@pytest.mark.parametrize("n", [1, 100])  # numpy interpolates few and many values differently
def test_flat_parts(n):
    """On nodes at eighths: black stays black, a flat part in the middle becomes its end, white stays white."""
    found = one(curv(0, 0, 30000, 30000, 65535, 65535, 65535, 65535, 65535))
    for x, back in ((0, 0), (0.1, 0), (0.2, 0.2), (0.25, 0.375), (0.3, 0.375), (0.45, 0.45), (0.6, 1), (1, 1)):
        assert found.from_light(found.to_light(np.full(n, x))) == pytest.approx(np.full(n, back))


def test_a_table_is_made_to_rise():
    assert one(curv(0, 900, 800, 65535)) == one(curv(0, 900, 900, 65535))


@pytest.mark.parametrize(
    "curve",
    [
        *(curv(65535, 0), curv(7, 7), curv(0)),
        *(para(0.0), para(-1.0), para(2.0, 0.0, 0.5), para(2.0, -1.0, 1.0)),
        *(para(0.0, 1.0, 0.0, 1.0, 0.5), para(2.0, 1.0, 0.0, -1e-4, 0.5), para(2.0, 1.0, 0.0, 1.0, 0.5)),
        *(para(1.0, 1.0, 0.0, 0.0, 2.0), para(9999.0, 9.0, 0.0)),
        *(curv(1, 2)[:-1], curv(1)[:-1], curv()[:-1], para(2.2)[:-1], para(*S)[:-1], b""),
        *(b"para\0\0\0\0\0\5\0\0" + bytes(40), b"mft2" + curv()[4:]),
    ],
)
def test_curves_that_cannot_be_used(curve):
    assert is_sound(grey(curve))
    assert curves_of(grey(curve)) is None
    assert curves_of(rgb(curv(), curve or b"none", curv())) is None


def test_channels_may_differ():
    curves = curves_of(rgb(para(1.8), curv(512), curv(0, 65535)))
    assert [curve.to_light(0.5).item() for curve in curves] == pytest.approx([0.5**1.8, 0.25, 0.5], abs=1e-5)
    assert not is_srgb(curves)


def test_curves_are_values():
    pair = [rgb(para(2.2), table(srgb_to_linear, 1024)), rgb(para(2.2), table(srgb_to_linear, 1023))]
    first, again, second = curves_of(pair[0]), curves_of(bytes(bytearray(pair[0]))), curves_of(pair[1])
    assert first == again != second
    assert len({first, again, second, (SRGB,)}) == 3
    assert isinstance(first[0], Curve)


@pytest.mark.parametrize(
    ("curve", "result"),
    [(para(*S), True), (table(srgb_to_linear, 1024), True), (para(2.2), False), (curv(0x233), False), (curv(), False)],
)
def test_what_counts_as_srgb(curve, result):
    assert is_srgb(curves_of(rgb(curve))) == is_srgb(curves_of(grey(curve))) == result


def test_other_profiles_have_no_curves():
    whole = {b"rTRC": curv(), b"gTRC": curv(), b"bTRC": curv(), b"kTRC": curv()} | MATRIX
    assert curves_of(made(whole)) is not None
    for space, other in ((b"CMYK", b"XYZ "), (b"Lab ", b"XYZ "), (b"RGB ", b"Lab "), (b"GRAY", b"Lab ")):
        assert is_sound(made(whole, space, other))
        assert space_of(made(whole, space, other)) == space
        assert curves_of(made(whole, space, other)) is None
    for name in (b"rTRC", b"bTRC", b"gXYZ"):
        assert curves_of(made({key: value for key, value in whole.items() if key != name})) is None
    assert curves_of(made(MATRIX, b"GRAY")) is None


@pytest.mark.parametrize(
    ("at", "number"),
    [(0, 0), (0, 131), (0, 2**32 - 1), (36, 0), (128, 0), (128, 2**32 - 1), (128, 99), (136, 2**32 - 1), (140, 2**31)],
)
def test_damage_is_found(at, number):
    file = bytearray(rgb(curv()))
    struct.pack_into(">I", file, at, number)
    assert not is_sound(bytes(file))
    assert curves_of(bytes(file)) is None


@pytest.mark.parametrize("file", [THEIRS, rgb(table(srgb_to_linear, 17)), grey(para(*S))], ids=len)
def test_truncated(file):
    for size in range(len(file)):
        assert not is_sound(file[:size])
        assert curves_of(file[:size]) is None
        assert space_of(file[:size]) == file[16 : min(size, 20)]


@pytest.mark.parametrize("file", [THEIRS, rgb(table(srgb_to_linear, 17), para(*PARA[5][0])), grey(para(*S))], ids=len)
def test_random_damage(file):
    rng = np.random.default_rng(3)
    for _ in range(1000):
        damaged = np.frombuffer(file, np.uint8).copy()
        damaged[rng.integers(0, len(file), rng.integers(1, 9))] = rng.integers(0, 256)
        is_sound(damaged.tobytes())
        for curve in curves_of(damaged.tobytes()) or ():
            assert np.isfinite(curve.to_light(LEVELS[::1000])).all()
            assert np.isfinite(curve.from_light(LEVELS[::1000])).all()
