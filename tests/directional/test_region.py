"""Region-based interpolation: against its naive twin, by laws, and in shapes whose true outline is known."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from tests import naive, naive_region
from tests.directional.test_segments import SCALE, drawn, picture
from upscale_cli.directional.region import regioner
from upscale_cli.directional.segments import segments
from upscale_cli.interpolate.axis import Axis
from upscale_cli.interpolate.separable import resampler

KEYS = (("b", 0.0), ("c", 0.5))


def axis_of(n_in, n_out, edge, inside=("cubic", KEYS), start=Fraction(0), length=None):
    step = Fraction(n_in if length is None else length) / n_out
    return Axis(*inside, n_in, n_out, start + step / 2, step, True, edge)


def enlarged(image, size, edge="reflect", exact=False, tolerance=12.5, bands=1, inside=("cubic", KEYS), alpha=None):
    """Return the image at a size (width, height), computed in bands of rows."""
    alpha = image.shape[2] in (2, 4) if alpha is None else alpha
    image = np.ascontiguousarray(image)
    labels = segments(image, tolerance, 1, alpha, exact, edge == "wrap")
    out = np.zeros((size[1], size[0], image.shape[2]), image.dtype)
    axes = axis_of(image.shape[1], size[0], edge, inside), axis_of(image.shape[0], size[1], edge, inside)
    run = regioner(image, labels, *axes, inside[0], alpha, exact)
    cuts = np.linspace(0, size[1], bands + 1).astype(int)
    for y0, y1 in itertools.pairwise(cuts):
        run(out, int(y0), int(y1))
    return out


def times(image, factor, **options):
    return enlarged(image, (image.shape[1] * factor, image.shape[0] * factor), **options)


def flat(sample, channels, seed=0, height=7, width=6):
    """Return a picture of three colours in pieces and points."""
    rng = np.random.default_rng(seed)
    colours = rng.permutation(255)[: 3 * channels].reshape(3, channels)
    return (colours[rng.choice(3, (height, width), p=[0.5, 0.3, 0.2])] * SCALE[sample]).astype(sample)


@pytest.mark.parametrize("sample", SCALE)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_equals_the_naive_twin(sample, channels):
    """A doubt is kept in 255 steps, and floats are single: in one sample of fifty the winner may be another one.

    Of three sizes each sample type and each count of channels meets every one.
    """
    size = ((16, 18), (15, 21), (8, 20))[(list(SCALE).index(sample) + channels) % 3]
    differences = []
    for seed, edge in enumerate(("reflect", "replicate", "wrap")):
        image = picture(sample, channels, seed=seed)[:6, :8]
        alpha = channels in (2, 4)
        labels = naive_region.segments(image, 12.5, 1, alpha, wrap=edge == "wrap")
        axes = naive.Axis(8, size[0], edge), naive.Axis(6, size[1], edge)
        want = naive_region.enlarge(image, labels, axes, alpha, False).astype(float) / SCALE[sample]
        got = enlarged(image, size, edge).astype(float) / SCALE[sample]
        trusted = np.ones(want.shape, bool)
        if alpha:
            trusted[..., :-1] = want[..., -1:] > 12
        differences.append(abs(got - want)[trusted])
    difference = np.concatenate(differences)
    assert np.quantile(difference, 0.98) <= 1.5


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_copies_equal_the_naive_twin(sample, channels):
    for seed, edge in enumerate(("reflect", "replicate", "wrap")):
        image = flat(sample, channels, seed)
        labels = naive_region.segments(image, 0, 1, channels == 2, True)
        for size in ((15, 14), (6, 21)):
            axes = naive.Axis(6, size[0], edge), naive.Axis(7, size[1], edge)
            want = naive_region.enlarge(image, labels, axes, channels == 2, True)
            assert (enlarged(image, size, edge, exact=True) == want).all()


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 4])
def test_a_constant_stays_and_the_same_size_is_the_identity(sample, channels):
    image = np.full((5, 4, channels), 100 * SCALE[sample], sample)
    assert abs(enlarged(image, (9, 13)) - image[0, 0].astype(float)).max() <= 1e-6
    image = picture(sample, channels)
    image[..., -1] = naive.TOP[sample]
    for exact in (False, True):
        assert np.allclose(enlarged(image, (8, 9), exact=exact), image, rtol=0, atol=1e-6)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("size", [(18, 21), (15, 14), (13, 17)])
def test_mirrored_and_turned(exact, size):
    """Ties too: at 2.5 times centres fall between pixels."""
    for seed in range(3):
        image = flat("uint8", 3, seed)
        want = enlarged(image, size, exact=exact)
        assert abs(enlarged(image[:, ::-1], size, exact=exact)[:, ::-1] - want.astype(int)).max() <= (not exact)
        assert abs(enlarged(image[::-1], size, exact=exact)[::-1] - want.astype(int)).max() <= (not exact)
        turned = enlarged(image.swapaxes(0, 1), size[::-1], exact=exact)
        assert abs(turned.swapaxes(0, 1) - want.astype(int)).max() <= (not exact)


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_labels_gain_no_new_value(sample, channels):
    image = flat(sample, channels)
    known = set(map(tuple, image.reshape(-1, channels).tolist()))
    for size in ((24, 28), (15, 35), (6, 8), (7, 50)):
        out = enlarged(image, size, exact=True)
        assert set(map(tuple, out.reshape(-1, channels).tolist())) <= known


def test_no_colour_leaks_from_under_zero_alpha():
    image = picture("uint8", 4)
    image[..., :3] = 0
    image[..., 3] = np.where(np.arange(8) < 4, 0, 255)
    image[:, :4, :3] = 255
    for inside in (("cubic", KEYS), ("lanczos", (("lobes", 3),))):
        out = times(image, 3, inside=inside)
        assert out[out[..., 3] > 0][:, :3].max() == 0
        assert set(out[..., 3].reshape(-1).tolist()) == {0, 255}


@pytest.mark.parametrize("slope", [(1, 1), (1, -1), (2, 1), (4, 1)])
def test_a_straight_edge_has_two_colours_and_stays_straight(slope):
    """The pixels' own steps reach half a pixel from the line; what is cut through them keeps to less."""
    y, x = np.mgrid[:16, :16] + 0.5
    a, b = np.array(slope) / np.hypot(*slope)
    inside = a * (y - 8) + b * (x - 8) < 0.1
    out = times(np.where(inside, 250, 30).astype(np.uint8)[..., None], 4)[..., 0]
    assert set(out.reshape(-1).tolist()) == {30, 250}
    y, x = (np.mgrid[:64, :64] + 0.5) / 4
    distance = a * (y - 8) + b * (x - 8) - 0.1
    wrong = ((out == 250) != (distance < 0))[12:-12, 12:-12]
    assert abs(distance[12:-12, 12:-12][wrong]).max(initial=0) < (0.51 if slope in ((1, 1), (1, -1)) else 0.45)


@pytest.mark.parametrize("exact", [False, True])
def test_a_disc_stays_a_disc(exact):
    """Of radius 20, at 8 times: its outline is nearer than 0.6 source pixels, and 0.25 in the root mean square."""
    y, x = np.mgrid[:44, :44] + 0.5
    disc = (np.hypot(y - 22, x - 22) <= 20)[..., None]
    out = times((disc * 200).astype(np.uint8), 8, exact=exact)[..., 0]
    assert set(out.reshape(-1).tolist()) == {0, 200}
    y, x = np.mgrid[:352, :352] + 0.5
    radius = np.hypot(y - 176, x - 176)
    across = out[:, 1:] != out[:, :-1]
    deviation = (radius[:, 1:] + radius[:, :-1])[across] / 2 - 160
    assert abs(deviation).max() < 0.6 * 8
    assert np.sqrt((deviation**2).mean()) < 0.25 * 8


@pytest.mark.parametrize("exact", [False, True])
def test_thin_lines_and_points_survive(exact):
    """A line keeps its width, whichever way it goes and whatever crosses it, and a point most of its size."""
    line = np.full((9, 9, 1), 255, np.uint8)
    line[4] = 0
    out = times(line, 4, exact=exact)[..., 0]
    assert (out[:, 10] == np.repeat(line[:, 4, 0], 4)).all()
    diagonal = np.where(np.eye(9, dtype=bool), 0, 255).astype(np.uint8)[..., None]
    out = times(diagonal, 4, exact=exact)[..., 0]
    assert (out.diagonal() == 0).all()
    assert set(out.reshape(-1).tolist()) == {0, 255}
    point = np.full((7, 7, 1), 255, np.uint8)
    point[3, 3] = 0
    out = times(point, 8, exact=exact)[..., 0]
    assert 40 <= (out < 128).sum() <= 90


def test_gaps_as_narrow_as_lines_stay_open():
    image = drawn("000000000 099999990 090000090 099999990 000000000") * np.uint8(20)
    out = times(image, 4)[..., 0]
    assert (out[4 * 2 + 1, 10:26] == 0).all() and (out[4 * 1 + 1, 6:30] == 180).all()


def test_a_ramp_is_left_to_the_inside_kernel():
    """Antialiased edges: to the last bit what the separable engine makes of them."""
    y, x = np.mgrid[:12, :14]
    image = (127.5 + 127.5 * np.tanh((x + 0.4 * y - 9) / 1.5))[..., None].astype(np.uint8)
    axes = axis_of(14, 28, "reflect"), axis_of(12, 24, "reflect")
    want = np.zeros((24, 28, 1), np.uint8)
    resampler(image, *axes, "encoded", "none", 0.0, np.zeros(1, np.float32))(want, 0, 24)
    assert (times(image, 2, tolerance=4) == want).all()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("inside", [("triangle", ()), ("cubic", KEYS), ("lanczos", (("lobes", 3),))])
def test_bands_are_the_whole(exact, inside):
    image = picture("uint8", 3)
    want = enlarged(image, (19, 23), exact=exact, inside=inside)
    for bands in (2, 5, 23):
        assert (enlarged(image, (19, 23), exact=exact, bands=bands, inside=inside) == want).all()


@pytest.mark.parametrize("exact", [False, True])
def test_wrapped_tiles_meet_without_a_seam(exact):
    for seed in range(3):
        image = flat("uint8", 1, seed)
        tiles = times(np.tile(image, (3, 3, 1)), 3, exact=exact)
        one = times(image, 3, exact=exact, edge="wrap")
        assert abs(tiles[21:42, 18:36].astype(int) - one).max() <= (not exact)


def test_a_part_of_the_source_is_cut_from_the_whole():
    image = picture("uint8", 3)
    labels = segments(image, 12.5, 1, False)
    whole, part = np.zeros((36, 32, 3), np.uint8), np.zeros((12, 8, 3), np.uint8)
    regioner(image, labels, axis_of(8, 32, "reflect"), axis_of(9, 36, "reflect"), "cubic", False, False)(whole, 0, 36)
    axes = axis_of(8, 8, "reflect", start=Fraction(3), length=2), axis_of(9, 12, "reflect", start=Fraction(5), length=3)
    regioner(image, labels, *axes, "cubic", False, False)(part, 0, 12)
    assert (part == whole[20:32, 12:20]).all()


@pytest.mark.parametrize("edge", ["reflect", "replicate", "wrap"])
@pytest.mark.parametrize("exact", [False, True])
def test_tiny_pictures(edge, exact):
    for height, width in ((1, 1), (1, 4), (5, 1), (2, 3), (4, 4)):
        image = flat("uint8", 3, height=height, width=width)
        out = enlarged(image, (width * 3, height * 2 + 1), edge, exact=exact)
        known = set(map(tuple, image.reshape(-1, 3).tolist()))
        assert not exact or set(map(tuple, out.reshape(-1, 3).tolist())) <= known
