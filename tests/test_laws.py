"""Laws that every method of the table obeys."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from upscale_cli import METHODS, jit, resize, run
from upscale_cli.errors import UsageError
from upscale_cli.interpolate.axis import Axis
from upscale_cli.interpolate.nearest import nearest_index, picker
from upscale_cli.interpolate.radial import averager
from upscale_cli.interpolate.separable import resampler
from upscale_cli.raster import Raster
from upscale_cli.request import make_request
from upscale_cli.spec import EDGES

FILTERING = [name for name, row in METHODS.items() if row.filters and name != "nearest"]
SHRINKING = [name for name, row in METHODS.items() if row.shrinks]
ENLARGING = [name for name in METHODS if name not in SHRINKING]
# In full they take minutes, interpreted.
QUICK = {"icbi": "icbi:iterations=2", "eedi3": "eedi3:mdis=2,nrad=1", "sesr": "sesr:size=small"}
SLOW = ("fsrcnn",) if jit.interpreted() else ()
TRAINED = ("fsrcnn", "sesr")  # networks have learnt what they do, nearly
KEEPING = [name for name in METHODS if name not in ("unpool", *SLOW)]  # unpool puts zeros between pixels
SEPARABLE = [name for name, row in METHODS.items() if row.engine == "separable"]


def noise(*shape, sample="uint8"):
    rng = np.random.default_rng(sum(shape))
    return rng.integers(0, 256, shape, np.uint8) if sample == "uint8" else rng.random(shape).astype(np.float32)


def to(image, width, height, method, **options):
    method = QUICK.get(method, method)
    return resize(image, size=(width, height), fit="fill", method=method, **options)


@pytest.mark.parametrize("method", KEEPING)
def test_constants_stay_constant(method):
    sizes = [(13, 11), (21, 30), *[(3, 9), (4, 2)] * METHODS[method].shrinks]
    for size in sizes[:1] if method in ENLARGING and jit.interpreted() else sizes:  # the second is three passes away
        for level in (0, 1, 77, 254, 255):
            assert (to(np.full((5, 7), level, np.uint8), *size, method) == level).all()
        for light in (0.2, 0.9):
            assert abs(to(np.full((5, 7), light, np.float32), *size, method) - light).max() < (
                1.25e-3 if method in TRAINED else 1e-6
            )


@pytest.mark.parametrize("options", [{"edge": edge} for edge in EDGES if edge != "constant"] + [{"linear": True}])
@pytest.mark.parametrize("method", ["bicubic", "ewa-lanczos"])
def test_constants_stay_constant_beside_options(method, options):
    pixel = np.array([200, 3, 0, 77], np.uint8)
    assert (to(np.full((5, 7, 4), pixel), 13, 11, method, **options) == pixel).all()


@pytest.mark.parametrize("method", KEEPING)
def test_mirrored_in_mirrored_out(method):
    """Odd sides: centres fall on no border of two pixels, where `nearest` takes the second.

    Not by xbr, which blends a pixel's corners one after the other, nor by networks, which have learnt from examples.
    """
    if METHODS[method].engine in ("xbr", "auto") or method in TRAINED:
        pytest.skip("it is not symmetric")
    image = noise(5, 7)
    for width, height in ((13, 11), (21, 15), *[(3, 9), (5, 3)] * METHODS[method].shrinks):
        straight = to(image, width, height, method).astype(int)
        assert abs(to(image[:, ::-1], width, height, method)[:, ::-1] - straight).max() <= 1
        assert abs(to(image[::-1], width, height, method)[::-1] - straight).max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_same_size_is_left_alone(method):
    image = noise(5, 7, 4)
    for options in ({}, {"linear": True}, {"antiring": 1.0}, {"edge": "wrap"}, {"like": "pillow"}):
        if "like" in options and method not in ("nearest", "box", "bicubic", "lanczos"):
            continue
        if {"linear", "antiring"} & set(options) and not METHODS[method].filters:
            continue
        request = make_request(scale=1, method=method, **options)
        _, plan = request.plan(Raster(image, "rgb", True), request.geometry(7, 5))
        assert str(plan) == "nothing to do" and plan.steps == ()
        same = resize(image, scale=1, method=method, **options)
        assert (same == image).all() and not np.shares_memory(same, image)


@pytest.mark.parametrize("method", METHODS)
def test_a_crop_of_whole_pixels_is_a_copy(method):
    image = noise(6, 8, 3)
    assert (resize(image, size="8x4^", method=method) == image[1:5]).all()
    assert (resize(image, size="5x6^", method=method, gravity="west") == image[:, :5]).all()


def test_nearest_is_an_integer_formula():
    """2 to 3 gives 0, 1, 1: a tie goes to the second pixel, and mirrors break there."""
    for n_in in range(1, 301):
        for n_out in range(1, 301):
            step = Fraction(n_in, n_out)
            index = nearest_index(Axis("", (), n_in, n_out, step / 2, step, True, "reflect"))
            assert (index == (2 * np.arange(n_out) + 1) * n_in // (2 * n_out)).all()
    assert to(np.array([[10, 20]], np.uint8), 3, 1, "nearest").tolist() == [[10, 20, 20]]


def blob(width, height, x, y):
    rows, columns = np.mgrid[:height, :width]
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 1.7**2)).astype(np.float32)


def centre_of_mass(image):
    rows, columns = np.indices(image.shape)
    return (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()


@pytest.mark.parametrize("method", KEEPING)
@pytest.mark.parametrize("factors", [(2, 2), (3, 3), (2.5, 0.5), (0.5, 2.5), (0.5, 0.5)])
def test_phase_is_kept(method, factors):
    """A blob at u lies at (u + 1/2) f - 1/2 afterwards, on odd and even sides, within a few hundredths of a pixel.

    Nearest moves pixels by up to half a source pixel: where all centres fall between two, all the same way.
    """
    if method in ENLARGING and min(factors) < 1:
        with pytest.raises(UsageError, match="only enlarges"):
            resize(blob(9, 9, 4, 4), scale=factors, method=method)
        return
    far = 0.26 if method == "nearest" else 0.025 if method in (*TRAINED, "auto") else 0.02
    slow = METHODS[method].family in ("directional", "network") and factors == (3, 3)
    if jit.interpreted() and (slow or (method == "auto" and min(factors) > 1)):  # by a network
        pytest.skip("interpreted it takes long")
    method = QUICK.get(method, method)
    for width, height, x, y in ((24, 23, 11.5, 11), (23, 24, 10.3, 12.8)):
        out = resize(blob(width, height, x, y), scale=factors, method=method)
        factor = out.shape[1] / width, out.shape[0] / height
        expected = [(u + 0.5) * f - 0.5 for u, f in zip((x, y), factor, strict=True)]
        np.testing.assert_allclose(centre_of_mass(out), expected, atol=far * max(1, *factors))


@pytest.mark.parametrize("method", FILTERING)
def test_linear_light_keeps_the_brightness(method):
    """A board of single black and white pixels: half the light is sRGB's 188, half the value is 127.5."""
    board = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert abs(resize(board, scale="0.0625", method=method, linear=True).astype(int) - 188).max() <= 1
    assert abs(resize(board, scale="0.0625", method=method) - 127.5).max() <= 1


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("nearest", {}),
        ("bicubic", {}),
        ("lanczos", {"linear": True}),
        ("ewa-robidoux", {}),
        ("bicubic", {"like": "pillow"}),
        ("bicubic", {"like": "matlab"}),
    ],
)
def test_threads_change_nothing(method, options, monkeypatch):
    monkeypatch.setattr(run, "SMALLEST_BAND", 64)
    for size in ((26, 37), (9, 40), (40, 9)):
        images = [to(noise(17, 14, 4), *size, method, threads=threads, **options) for threads in (1, 2, 8)]
        assert images[0].tobytes() == images[1].tobytes() == images[2].tobytes()


def axes(n_in, n_out, filter_, **parameters):
    step = Fraction(n_in, n_out)
    return Axis(filter_, tuple(parameters.items()), n_in, n_out, step / 2, step, True, "reflect")


@pytest.mark.parametrize("new_size", [(13, 37), (28, 34), (13, 11)])
@pytest.mark.parametrize(
    ("engine", "filter_", "parameters"),
    [
        (resampler, "cubic", {"b": 0.0, "c": 0.5}),
        (resampler, "lanczos", {"lobes": 3}),
        (averager, "jinc_jinc", {"blur": 1.0}),
        (picker, "", {}),
    ],
)
def test_bands_equal_the_whole(engine, filter_, parameters, new_size):
    """In any order, whatever the cuts: a band begins with an empty ring."""
    src = noise(17, 14, 3)
    horizontal, vertical = axes(14, new_size[0], filter_, **parameters), axes(17, new_size[1], filter_, **parameters)
    if engine is picker:
        rows = picker(src, nearest_index(horizontal), nearest_index(vertical))
    else:
        rows = engine(src, horizontal, vertical, "encoded", "none", 0.5, np.zeros(3, np.float32))
    whole, cut = np.zeros((2, *new_size[::-1], 3), np.uint8)
    rows(whole, 0, new_size[1])
    edges = [0, 1, 2, 5, 6, new_size[1] - 1, new_size[1]]
    for y0, y1 in reversed(list(itertools.pairwise(edges))):
        rows(cut, y0, y1)
    assert (whole == cut).all()


def disc_on_clear_green(size=24):
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    inside = (x**2 + y**2 < (size / 3) ** 2)[..., None]
    return np.where(inside, [255, 0, 0, 255], [0, 255, 0, 0]).astype(np.uint8)


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos", "area", "ewa-lanczos"])
@pytest.mark.parametrize("options", [{}, {"linear": True}, {"antiring": 1.0}])
def test_no_colour_leaks_from_under_transparency(method, options):
    """A red disc on clear green grows and shrinks without a green fringe."""
    for side in (37, 9):
        out = to(disc_on_clear_green(), side, side, method, **options)
        shown = out[..., 3] > 0
        assert shown.any() and out[shown][:, 1].max() <= 1 and out[shown][:, 0].min() >= 254
        if side == 37 or "antiring" in options:  # no ringing of the alpha reaches the corner, or all of it is calmed
            assert out[0, 0].tolist() == [0, 255, 0, 0]


@pytest.mark.parametrize("method", FILTERING)
def test_colour_under_transparency_is_kept(method):
    image = noise(5, 7, 4)
    image[..., 3] = 0
    for size in ((13, 11), (3, 4)):
        out, plain = to(image, *size, method), to(image, *size, method, straight_alpha=True)
        assert (out[..., 3] == 0).all()
        assert abs(out.astype(int) - plain).max() <= 1


def test_a_transparent_float_stays_transparent():
    image = noise(5, 7, 4, sample="float32")
    image[..., 3] = 0
    assert (to(image, 13, 11, "bicubic")[..., 3] == 0).all()


@pytest.mark.parametrize("edge", EDGES)
def test_opaque_alpha_needs_no_premultiplication(edge):
    """But where a clear border comes in."""
    image = noise(5, 7, 4)
    image[..., 3] = 255
    request = make_request(scale=2, edge=edge)
    _, plan = request.plan(Raster(image, "rgb", True), request.geometry(7, 5))
    assert ("premultiply" in str(plan)) == (edge == "constant")
    solid = make_request(scale=2, edge=edge, background="red")
    assert "premultiply" not in str(solid.plan(Raster(image, "rgb", True), solid.geometry(7, 5))[1])


@pytest.mark.parametrize("method", ["bilinear", "ewa-lanczos"])
def test_an_opaque_picture_fades_into_a_clear_border_without_darkening(method):
    white = np.full((5, 7, 4), 255, np.uint8)
    out = to(white, 14, 10, method, edge="constant")
    assert out[0, 0, 3] < 255 and (out[..., :3] >= 254).all()


def test_full_antiring_stays_within_the_samples():
    """An edge between 64 and 192 rings without it; with it no pixel leaves that range."""
    image = np.full((12, 12), 64, np.uint8)
    image[:, 6:] = 192
    for method in ("bicubic", "lanczos", "spline64", "ewa-lanczos-sharp"):
        free, calm = to(image, 29, 29, method), to(image, 29, 29, method, antiring=1.0)
        assert free.min() < 64 and free.max() > 192
        assert calm.min() >= 64 and calm.max() <= 192
