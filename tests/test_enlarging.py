"""Methods that only enlarge, as requests see them: any factor, any mode, clear refusals."""

import re
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from upscale_cli import METHODS, jit, resize, resize_file
from upscale_cli.cli.door import main
from upscale_cli.enlarging import factors_of
from upscale_cli.errors import GeometryError, UsageError
from upscale_cli.raster import Raster
from upscale_cli.request import make_request

ENLARGING = [name for name, row in METHODS.items() if not row.filters]
SLOW = ("fsrcnn",) if jit.interpreted() else ()
ONLY = [name for name in ENLARGING if not METHODS[name].shrinks and name not in SLOW]
PIXELART = [name for name, row in METHODS.items() if row.family == "pixelart"]
FLAT = {"fsrcnn": 1 / 200, "sesr": 1 / 800}  # share of full light that a trained network may be off in a flat picture
QUICK = {"icbi": "icbi:iterations=2", "eedi3": "eedi3:mdis=4", "sesr": "sesr:size=small"}
SAMPLES = ["uint8", "uint16", "float32"]
OTHER_FACTORS = (1.5, (3, 1), 2.5)  # of one pass and of two, shrunk afterwards on both sides or on one


def noise(*shape, sample="uint8", colours=4):
    rng = np.random.default_rng(sum(shape))
    levels = rng.integers(0, colours, shape) * (255 // (colours - 1))
    return (
        (levels / 255).astype(np.float32)
        if sample == "float32"
        else (levels * {"uint8": 1, "uint16": 257}[sample]).astype(sample)
    )


def plan_of(method, image=None, space="rgb", alpha=False, **words):
    image = noise(7, 10, 3) if image is None else image
    request = make_request(method=method, **words)
    height, width = image.shape[:2]
    return str(request.plan(Raster(image, space, alpha), request.geometry(width, height))[1])


@pytest.mark.parametrize(
    ("own", "wanted", "factors"),
    [
        ((2,), 2, (2,)),
        ((2,), Fraction(5, 2), (2, 2)),
        ((2,), 9, (2, 2, 2, 2)),
        ((3,), 2, (3,)),
        ((3,), 4, (3, 3)),
        ((4,), 5, (4, 4)),
        ((2, 3, 4), Fraction(3, 2), (2,)),
        ((2, 3, 4), 4, (4,)),
        ((2, 3, 4), 5, (3, 2)),
        ((2, 3, 4), 7, (4, 2)),
        ((2, 3, 4), 9, (3, 3)),
        ((2, 3, 4), 11, (4, 3)),
        ((2, 3, 4), 27, (3, 3, 3)),
        ((2, 3, 4), 1000, (4, 4, 4, 4, 4)),
    ],
)
def test_the_least_product_of_the_fewest_factors(own, wanted, factors):
    assert factors_of(own, Fraction(wanted)) == factors


@pytest.mark.parametrize(
    ("method", "words", "plan"),
    [
        ("scale2x", {}, "scale2x 2x"),
        ("scale2x", {"scale": 3}, "scale2x 2x | scale2x 2x | nearest 40x28->30x21"),
        ("scale3x", {"scale": 2}, "scale3x 3x | nearest 30x21->20x14"),
        ("scale4x", {}, "scale4x 2x | scale4x 2x"),
        ("scale4x:tolerance=9", {"scale": 4}, "scale4x:tolerance=9 2x | scale4x:tolerance=9 2x"),
        ("hqx", {"scale": 3}, "hqx 3x"),
        ("hqx", {"scale": 3, "edge": "wrap"}, "hqx 3x edge wrap"),
        (
            "xbr",
            {"scale": 2.5},
            "xbr 3x | vertical area 21->18 taps 2 | horizontal area 30->25 taps 2 | store u8",
        ),
        ("xbr", {"scale": 6}, "xbr 3x | xbr 2x"),
        ("xbr", {"scale": (2, 1)}, "xbr 2x | vertical area 14->7 taps 2 | store u8"),
        ("scale2x", {"size": "14x14^"}, "scale2x 2x | crop 14x14 of 20x14 at 3,0"),
        ("scale2x", {"size": "7x7^"}, "nearest 10x7->7x7"),
        ("region", {"scale": 2.5}, "region 10x7->25x18"),
        ("xbr", {"scale": 1}, "nothing to do"),
    ],
)
def test_plans(method, words, plan):
    if words.get("size") == "7x7^":
        plan = plan_of("nearest", **words)  # a crop, at whole pixels or not
    assert plan_of(method, **words) == plan


@pytest.mark.parametrize("method", ONLY)
def test_shrinking_is_refused(method, tmp_path, capsys):
    with pytest.raises(UsageError, match=f"{method} only enlarges: shrink with a traditional method, such as lanczos3"):
        make_request(scale=0.5, method=method)
    with pytest.raises(UsageError, match="only enlarges"):
        make_request(scale=(2, 0.9), method=method)
    with pytest.raises(GeometryError, match=f"{method} only enlarges, and 10x7 pixels would be shrunk"):
        resize(noise(7, 10, 3), size=(20, 5), fit="fill", method=method)
    Image.fromarray(noise(7, 10, 3)).save(tmp_path / "a.png")
    assert main([str(tmp_path / "a.png"), "-s", "0.5", "-m", method]) == 2
    assert main([str(tmp_path / "a.png"), "--size", "5", "-m", method]) == 1
    assert re.fullmatch(r"(upscale: .*such as lanczos3\n){2}", capsys.readouterr().err)


@pytest.mark.parametrize("method", ENLARGING)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"linear": True}, "takes no linear"),
        ({"sigmoid": True}, "takes no sigmoid"),
        ({"antiring": 0.5}, "takes no antiring"),
        ({"like": "pillow"}, "takes no like"),
        ({"antialias": False}, "has no antialiasing to switch off"),
        ({"antialias": True}, "takes no antialias"),
        ({"edge": "renormalize"}, "has no weights to renormalize"),
    ],
)
def test_options_that_mean_nothing_are_refused(method, options, message):
    with pytest.raises(UsageError, match=f"{method} {message}"):
        make_request(scale=2, method=method, **options)
    ((name, value),) = options.items()
    with pytest.raises(UsageError, match=message):
        make_request(scale=2, method=f"{method}:{name}={value}")


@pytest.mark.parametrize("name", ONLY)
@pytest.mark.parametrize("sample", SAMPLES)
def test_any_kind_of_picture(name, sample):
    """Doubled, and by one factor more: each meets every method, every sample type and every count of channels."""
    method = QUICK.get(name, name)
    top = {"uint8": 255, "uint16": 65535, "float32": 1}[sample]
    sizes, counts = ((1, 1), (1, 4), (3, 1), (2, 2), (4, 3)), (1, 2, 3, 4)
    if name == "region":  # whose kernels take seconds each to be compiled
        counts = {"uint8": counts, "uint16": (1, 4), "float32": (2, 3)}[sample]
    flat_ones = counts
    if jit.interpreted():  # then a pass takes a tenth of a second, however small the picture is
        sizes, flat_ones = ((1, 4), (3, 1)), counts[::3]
    factors = {channels: OTHER_FACTORS[(SAMPLES.index(sample) + channels) % 3] for channels in counts}
    for height, width in sizes:
        for channels, factor in factors.items():
            image = noise(height, width, channels, sample=sample)
            for scale in (2, factor):
                out = resize(image, scale, method=method)
                assert out.dtype == image.dtype and np.isfinite(out).all()
    if name == "unpool":  # which puts zeros between
        return
    for channels in flat_ones:
        for level in (0, top // 3 if sample != "float32" else 0.3, top):
            flat = np.full((5, 4, channels), level, sample)
            out = resize(flat, factors[channels], method=method)
            if channels in (2, 4) and not level:
                assert (out[..., -1] == 0).all()
            else:
                np.testing.assert_allclose(out, level, rtol=1e-6, atol=FLAT.get(name, 0) * top)


@pytest.mark.parametrize("name", ONLY)
@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F"]
)
def test_any_mode(name, mode):
    """What each pixel shows is what the whole picture of that colour shows."""
    image = Image.new(mode, (5, 4), 255 if mode == "1" else None)
    if mode == "P":
        image.putpalette([9, 9, 9, 200, 0, 0])
        image.paste(1, (1, 1, 3, 3))
    out = resize(image, 2, method=QUICK.get(name, name))
    assert out.size == (10, 8)
    assert out.mode in (mode, "RGB", "RGBA", "L", "LA")
    if name == "unpool" and mode == "1":  # white, and zeros between
        assert out.getextrema() == (0, 255)
        return
    shown = {"PA": "RGBA", "HSV": "RGB", "1": out.mode}.get(mode, mode)
    if mode == "P":
        centre = np.array(out.convert("RGB"))[4, 4]
        edges_ring = name in FLAT
        assert centre[0] > 150 and (edges_ring or centre[1] < 9)
    elif name in FLAT:
        top = {"I;16": 65535, "I": 65535, "F": 1}.get(mode, 255)
        np.testing.assert_allclose(out.getextrema(), image.convert(shown).getextrema(), atol=FLAT[name] * top)
    else:
        assert out.getextrema() == image.convert(shown).getextrema()


@pytest.mark.parametrize("method", ["scale2x", "scale3x", "scale4x", "region"])
@pytest.mark.parametrize("scale", [2, 3, 2.5])
def test_palettes_stay(method, scale):
    """By colour: of two entries of one colour, and of two that are clear, one stands for both."""
    palette = [255, 0, 0, 0, 0, 255, 255, 0, 0, 1, 2, 3, 4, 5, 6]
    like = np.array([[1, 1, 0, 0], [1, 0, 0, 2], [2, 2, 3, 1], [2, 3, 4, 4]], np.uint8)
    results = []
    for table in (np.arange(5), np.array([0, 1, 0, 3, 3])):
        image = Image.fromarray(table[like].astype(np.uint8), "P")
        image.putpalette(palette)
        image.info["transparency"] = b"\xff\xff\xff\x00\x00"
        out = resize(image, scale, method=method)
        assert out.mode == "P"
        results.append(out.convert("RGBA"))
    assert results[0].tobytes() == results[1].tobytes()
    assert set(np.unique(np.array(out))) <= {0, 1, 3}
    wide = resize(image, scale, method=f"{method}:tolerance=3" if method != "region" else method)
    assert wide.mode == ("P" if method == "region" else "RGBA")


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
def test_a_grey_label_map_keeps_its_values(sample):
    """Though they are nearer to each other than the tolerance; unless that is given."""
    y, x = np.mgrid[:40, :50]
    levels = 3 * ((x - 20) ** 2 + (y - 18) ** 2 < 150) + 2 * (x + y > 60)
    image = (levels / 255).astype(np.float32) if sample == "float32" else levels.astype(sample)
    for scale in (2, 2.5, (4, 1)):
        assert set(np.unique(resize(image, scale, method="region"))) == set(np.unique(image))
    assert plan_of("region", image[..., None], "grey", scale=2) == "region 50x40->100x80 labels"
    assert len(np.unique(resize(image, 4, method="region:tolerance=16"))) > (4 if sample == "float32" else 3)


def test_region_takes_aliases_of_kernels():
    image = noise(9, 8, 3, colours=64)
    plan = plan_of("region:inside=lanczos4", image, scale=2)
    assert plan.startswith("region:inside=lanczos4 8x9->16x18")
    four, three = (resize(image, 2, method=f"region:inside={name}") for name in ("lanczos4", "lanczos3"))
    assert (resize(image, 2, method="region:inside=lanczos") == three).all()
    assert (four != three).any()


@pytest.mark.parametrize("method", PIXELART)
def test_wrap_makes_tiles(method):
    tile = noise(8, 6, 3)
    factor = METHODS[method].factors[0]
    moved = resize(np.roll(tile, (3, 2), (0, 1)), factor, method=method, edge="wrap")
    assert (moved == np.roll(resize(tile, factor, method=method, edge="wrap"), (3 * factor, 2 * factor), (0, 1))).all()


@pytest.mark.parametrize("method", ["scale2x", "xbr", "dcci"])
def test_a_constant_border(method):
    """The picture on a canvas of that colour, cut out again."""
    image = noise(5, 6, 3)
    out = resize(image, 2, method=method, edge="constant", background="#ff0055")
    around = np.full((25, 26, 3), [255, 0, 85], np.uint8)
    around[10:15, 10:16] = image
    assert (resize(around, 2, method=method)[20:30, 20:32] == out).all()


@pytest.mark.parametrize("method", ["xbr", "hqx"])
@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
def test_hard_alpha_stays_hard(method, sample):
    """At factors that end with a shrink, too; what is shown has the colours of what was shown, red over clear green."""
    y, x = np.mgrid[:12, :12] - 5.5
    inside = y**2 + x**2 < 20
    image = np.where(inside[..., None], [255, 0, 0, 255], [0, 255, 0, 0]) * {"uint8": 1, "uint16": 257}.get(sample, 1)
    image = (image / 255).astype(np.float32) if sample == "float32" else image.astype(sample)
    top = image.max()
    for scale in (1.5, 2, 2.7, 5, 7):
        out = resize(image, scale, method=method)
        assert set(np.unique(out[..., 3])) == {0, top}
        shown = out[out[..., 3] == top]
        np.testing.assert_allclose(
            shown[:, :3], np.array([top, 0, 0]) * np.ones((len(shown), 1)), rtol=0, atol=top / 255
        )
        assert abs(len(shown) / scale**2 / inside.sum() - 1) < 0.12
    soft = image.copy()
    soft[5, 5, 3] = top / 2
    assert len(np.unique(resize(soft, 2.7, method=method)[..., 3])) > 2


def test_a_mirrored_hard_alpha_is_mirrored():
    """Where half of a pixel is covered, too."""
    image = np.zeros((3, 5, 4), np.uint8)
    image[:, 2:, 3] = 255
    for scale in (1.5, 2.5, 5 / 3):
        out = resize(image, scale, method="hqx")
        assert (out == resize(image[:, ::-1].copy(), scale, method="hqx")[:, ::-1]).all()


def test_the_plan_hardens_alpha():
    image = noise(7, 10, 4)
    image[..., 3] = np.where(image[..., 3] > 99, 255, 0)
    assert plan_of("xbr", image, alpha=True, scale=2.5).endswith("| unpremultiply | store u8 | harden alpha")
    assert "harden" not in plan_of("xbr", image, alpha=True, scale=2)
    image[0, 0, 3] = 100
    assert "harden" not in plan_of("xbr", image, alpha=True, scale=2.5)
    image[..., 3] = 255
    assert "harden" not in plan_of("xbr", image, alpha=True, scale=2.5)


def test_region_has_no_constant_border():
    with pytest.raises(UsageError, match="region has no constant border: choose another edge, such as replicate"):
        resize(noise(5, 6, 3), 2, method="region", edge="constant")
    assert resize(noise(5, 6, 3), 2, method="auto", edge="constant").shape == (10, 12, 3)


def test_passes_that_would_be_much_larger_than_the_result_are_refused(tmp_path):
    """They enlarge both sides alike, whatever is asked of one."""
    Image.fromarray(noise(200, 200, 3)).save(tmp_path / "a.png")
    resize_file(tmp_path / "a.png", tmp_path / "b.png", (9, 1), method="scale3x")
    assert Image.open(tmp_path / "b.png").size == (1800, 200)
    with pytest.raises(GeometryError, match=r"xbr enlarges both sides alike, .* choose a traditional method"):
        resize_file(tmp_path / "a.png", tmp_path / "c.png", (200, 1), method="xbr")


@pytest.mark.parametrize("method", [name for name in METHODS if METHODS[name].family in ("directional", "pixelart")])
def test_floats_as_large_as_can_be_stay_numbers(method):
    image = ((np.random.default_rng(0).random((14, 13, 3)) - 0.5) * 6e29).astype(np.float32)
    image[3:6, 4:9] = 1e5
    assert np.isfinite(resize(image, 2, method=method)).all()


def test_the_plan_names_the_samples_that_are_stored(tmp_path, capsys):
    Image.fromarray(noise(8, 8, 3)).save(tmp_path / "a.png")
    assert main([str(tmp_path / "a.png"), "-s", "2", "-m", "dcci", "--depth", "16", "--dry-run"]) == 0
    assert "store u16" in "".join(capsys.readouterr())


def test_a_method_with_one_factor_needs_no_scale(tmp_path, capsys):
    Image.fromarray(noise(4, 5, 3)).save(tmp_path / "a.png")
    assert resize(noise(4, 5, 3), method="scale3x").shape == (12, 15, 3)
    assert main([str(tmp_path / "a.png"), "-m", "scale2x"]) == 0
    assert Image.open(tmp_path / "a_x2_scale2x.png").size == (10, 8)
    assert main([str(tmp_path / "a.png"), "-m", "xbr"]) == 2
    assert "how large?" in capsys.readouterr().err
    with pytest.raises(UsageError, match="exactly one"):
        resize(noise(4, 5, 3), method="xbr")
