"""What must hold for any picture."""

import numpy as np
import pytest

from .pictures import ENGINES, INTERPRETED, TOLERANCE, enlarged, noise, of_type

SIZE = {"width": 6, "height": 5} if INTERPRETED else {"width": 40, "height": 30}
BLENDING = [pair for pair in ENGINES if pair[0] != "scale"]
SAMPLES = ["uint8", "uint16", "float32"]

each_engine = pytest.mark.parametrize(("engine", "factor"), ENGINES)
each_blending = pytest.mark.parametrize(("engine", "factor"), BLENDING)


@each_engine
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_constant_stays_constant(engine, factor, sample):
    image = of_type(np.full((4, 5, 3), (1, 2, 253)), sample)
    got = enlarged(image, engine, factor)
    assert got.shape == (4 * factor, 5 * factor, 3)
    assert (got == image[0, 0]).all()


@each_engine
def test_smallest_picture(engine, factor):
    image = noise(width=1, height=1)
    assert (enlarged(image, engine, factor) == image[0, 0]).all()


@each_engine
def test_mirrored_in_mirrored_out(engine, factor):
    """Corners of xBR are blended in an order, which shows where two meet in a cell; one alone mirrors."""
    image = noise(**SIZE)
    if engine == "xbr":
        image[:] = image[0, 0]
        image[: SIZE["height"] // 2, : SIZE["width"] // 2] = 255 - image[0, 0]
    got = enlarged(image, engine, factor)
    for turn in (np.flipud, np.fliplr, np.rot90, lambda a: a.swapaxes(0, 1)):
        assert (enlarged(np.ascontiguousarray(turn(image)), engine, factor) == turn(got)).all()


@each_engine
def test_a_band_of_any_height(engine, factor):
    image = noise(**SIZE)
    whole = enlarged(image, engine, factor)
    for band in (1, 3, 4):
        assert (enlarged(image, engine, factor, band=band) == whole).all()


@pytest.mark.skipif(INTERPRETED, reason="strips are taller than pictures that are quick when interpreted")
@each_engine
def test_strips_do_not_show(engine, factor):
    """A wide picture is cut into strips of few rows."""
    image = noise(width=1500, height=31)
    whole = enlarged(image, engine, factor)
    assert (enlarged(image, engine, factor, band=5) == whole).all()
    middle = enlarged(np.ascontiguousarray(image[:, 700:720]), engine, factor)
    inner = slice(2 * factor, 18 * factor)
    assert (middle[:, inner] == whole[:, 700 * factor : 720 * factor][:, inner]).all()


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("tolerance", [0, 40])
def test_scale_makes_no_new_colour(factor, tolerance):
    for channels, alpha in ((3, False), (4, True)):
        image = noise("float32", channels, alpha, spread=80, **SIZE)
        got = enlarged(image, "scale", factor, alpha=alpha, tolerance=tolerance)
        assert {*map(tuple, got.reshape(-1, channels))} <= {*map(tuple, image.reshape(-1, channels))}


STAIRS = """
.....           ..........           ...............
..###           ..........           ...............
#####           .....#####           ...............
                ...#######           ........#######
                ##########           ......#########
                ##########           ....###########
                                     ###############
                                     ###############
                                     ###############
"""


@pytest.mark.parametrize("factor", [2, 3])
def test_staircase_becomes_an_edge(factor):
    """Of a step of two pixels or three, two or three small ones are made."""
    columns = [line.split() for line in STAIRS.strip("\n").splitlines()]
    before = np.array([[v == "#" for v in row[0]] for row in columns[:3]], np.uint8)
    after = [row[(factor - 1 if len(row) == 3 else factor - 2) - (len(row) == 1)] for row in columns[: 3 * factor]]
    got = enlarged(before[..., None], "scale", factor)[..., 0]
    assert ["".join(".#"[v] for v in row) for row in got] == after


@each_blending
def test_staircase_is_smoothed_alike_along_the_edge(engine, factor):
    """Every step of a staircase looks the same, and is nearer to the true edge than copied pixels are."""
    n = 12
    image = (np.tril(np.ones((n, n), np.uint8), -1) * 200 + 20)[..., None]
    got = enlarged(image, engine, factor)[..., 0].astype(float)
    inner = slice(4 * factor, 8 * factor)
    assert (got[inner, inner] == got[3 * factor : 7 * factor, 3 * factor : 7 * factor]).all()
    rows, columns = np.mgrid[: n * factor, : n * factor]
    depth = (rows - columns) / factor - 0.5  # of a pixel's centre below the line through the steps' middles
    truth = 20 + 200 * (depth * factor / 2 + 0.5).clip(0, 1)
    copied = image[..., 0].repeat(factor, axis=0).repeat(factor, axis=1)
    assert np.abs(got - truth)[inner].mean() < np.abs(copied - truth)[inner].mean()


@each_engine
@pytest.mark.parametrize("channels", [2, 4])
def test_clear_colours_never_show(engine, factor, channels):
    """Whatever stands under no alpha, what can be seen is the same."""
    image = noise("uint8", channels, True, **SIZE)
    other = image.copy()
    clear = image[..., -1] == 0
    other[clear, :-1] = np.random.default_rng(1).integers(0, 256, other[clear, :-1].shape)
    assert clear.any() and (other != image).any()
    for tolerance in {0, 1, TOLERANCE[engine]}:
        one, two = (enlarged(a, engine, factor, alpha=True, tolerance=tolerance) for a in (image, other))
        assert (one[..., -1] == two[..., -1]).all()
        visible = one[..., -1] > 0
        assert (one[visible] == two[visible]).all()


@each_engine
def test_opaque_is_as_without_alpha(engine, factor):
    image = noise(**SIZE)
    opaque = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    got = enlarged(opaque, engine, factor, alpha=True)
    assert (got[..., 3] == 255).all()
    assert (got[..., :3] == enlarged(image, engine, factor)).all()


@each_engine
def test_grey_is_as_grey_colours(engine, factor):
    image = noise(channels=1, spread=150, **SIZE)
    colours = enlarged(image.repeat(3, axis=2), engine, factor)
    assert (enlarged(image, engine, factor) == colours).all()


@each_engine
@pytest.mark.parametrize("sample", ["uint16", "float32"])
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (3, False), (4, True)])
def test_other_samples_scale_as_8_bits_do(engine, factor, sample, channels, alpha):
    """The same neighbours are alike; 8 bits cut what is below a level, in xBR at each of up to four corners."""
    image = noise("uint8", channels, alpha, **SIZE)
    eight = enlarged(image, engine, factor, alpha=alpha)
    got = enlarged(of_type(image, sample), engine, factor, alpha=alpha)
    difference = got * (255.0 if sample == "float32" else 1 / 257) - eight
    bound = {"scale": 1e-4, "hqx": 1, "xbr": 4}[engine]
    trusted = np.ones(difference.shape, bool)
    if alpha:  # the colour of next to no alpha has few digits
        trusted[..., :-1] = eight[..., -1:] >= 100
    assert np.abs(difference)[trusted].max() < bound


@each_engine
def test_transparent_and_opaque_are_told_apart(engine, factor):
    """A clear square on opaque pixels of the very same colour keeps its place."""
    image = np.full((6, 6, 4), (10, 200, 30, 255), np.uint8)
    image[2:4, 2:4, 3] = 0
    alpha = enlarged(image, engine, factor, alpha=True)[..., 3]
    middle = 3 * factor
    assert alpha[middle, middle] < 128
    assert (alpha[: factor + 1] == 255).all()
    assert (enlarged(image, engine, factor, alpha=True, hard=True)[..., 3] % 255 == 0).all()
