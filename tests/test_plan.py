"""Plans, as the text that `-v` shows."""

import numpy as np
import pytest

from upscale_cli.errors import InputError, OutputError
from upscale_cli.formats import format_of
from upscale_cli.raster import Raster
from upscale_cli.request import make_request
from upscale_cli.spec import Handling

SPACES = {"grey": ("grey", False), "rgb": ("rgb", False), "rgba": ("rgb", True), "cmyk": ("cmyk", False)}
CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4, "cmyk": 4}


def plan(mode="rgb", sample="uint8", level=3, **request):
    """Return the text of the plan for an 8x6 image."""
    raster = Raster(np.full((6, 8, CHANNELS[mode]), level, sample), *SPACES[mode])
    request = make_request(**request)
    return str(request.plan(raster, request.geometry(8, 6))[1])


def plan_by_size(width, height, **more):
    return plan(size=(width, height), fit="fill", **more)


TWICE = "horizontal bicubic 8->16 taps 4 | vertical bicubic 6->12 taps 4"
HALF = "vertical bicubic 6->3 taps 8 | horizontal bicubic 8->4 taps 8"


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (16, 12, f"{TWICE} | store u8"),
        (4, 3, f"{HALF} | store u8"),
        (4, 12, "horizontal bicubic 8->4 taps 8 | vertical bicubic 6->12 taps 4 | store u8"),
        (16, 3, "vertical bicubic 6->3 taps 8 | horizontal bicubic 8->16 taps 4 | store u8"),
        (16, 6, "horizontal bicubic 8->16 taps 4 | store u8"),
        (8, 15, "vertical bicubic 6->15 taps 4 | store u8"),
        (8, 6, "nothing to do"),
    ],
)
def test_vertical_shrinking_goes_first(width, height, expected):
    assert plan_by_size(width, height) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"sample": "uint16"}, f"{TWICE} | store u16"),
        ({"sample": "float32"}, f"{TWICE} | store f32"),
        ({"linear": True}, f"linear light | {TWICE} | store u8"),
        ({"sigmoid": True}, f"sigmoid light | {TWICE} | store u8"),
        ({"linear": True, "sigmoid": True}, f"sigmoid light | {TWICE} | store u8"),
        ({"antiring": 0.7}, f"{TWICE} | antiring 0.7 | store u8"),
        ({"edge": "reflect"}, f"{TWICE} | store u8"),
        ({"edge": "wrap"}, f"edge wrap | {TWICE} | store u8"),
        ({"antialias": False}, f"{TWICE} | store u8"),
        ({"mode": "cmyk"}, f"{TWICE} | store u8"),
        ({"mode": "rgba"}, f"premultiply | {TWICE} | unpremultiply | store u8"),
        ({"mode": "rgba", "level": 255}, f"{TWICE} | store u8"),
        ({"mode": "rgba", "straight_alpha": True}, f"{TWICE} | store u8"),
        (
            {"mode": "rgba", "linear": True, "edge": "replicate", "antiring": 1},
            f"linear light | premultiply | edge replicate | {TWICE} | antiring 1 | unpremultiply | store u8",
        ),
    ],
)
def test_options_show(request_, expected):
    assert plan(scale=2, **request_) == expected


@pytest.mark.parametrize(
    ("method", "twice", "half"),
    [
        ("nearest", "nearest 8x6->16x12", "nearest 8x6->4x3"),
        (
            "area",
            "horizontal area 8->16 taps 1 | vertical area 6->12 taps 1 | store u8",
            "vertical area 6->3 taps 2 | horizontal area 8->4 taps 2 | store u8",
        ),
        (
            "lanczos:lobes=4,antiring=1",
            "horizontal lanczos:lobes=4,antiring=1 8->16 taps 8 | vertical lanczos:lobes=4,antiring=1 6->12 taps 8 "
            "| antiring 1 | store u8",
            "vertical lanczos:lobes=4,antiring=1 6->3 taps 16 | horizontal lanczos:lobes=4,antiring=1 8->4 taps 16 "
            "| antiring 1 | store u8",
        ),
        (
            "ewa-robidoux",
            "radial ewa-robidoux 8x6->16x12 taps 4x4 | store u8",
            "radial ewa-robidoux 8x6->4x3 taps 8x8 | store u8",
        ),
    ],
)
def test_methods(method, twice, half):
    assert (plan(scale=2, method=method), plan(scale=0.5, method=method)) == (twice, half)


def test_sigmoid_is_linear_light_when_a_side_shrinks():
    assert plan(scale=0.5, sigmoid=True) == f"linear light | {HALF} | store u8"
    assert plan_by_size(16, 3, sigmoid=True).startswith("linear light | vertical")
    assert plan_by_size(4, 12, sigmoid=True).startswith("linear light | horizontal")


def test_no_antialiasing():
    expected = "vertical bicubic 6->3 taps 4 | horizontal bicubic 8->4 taps 4 | store u8"
    assert plan(scale=0.5, antialias=False) == expected


@pytest.mark.parametrize(
    ("size", "gravity", "expected"),
    [
        ("5x5^", "center", "vertical bicubic 6->5 taps 5 | horizontal bicubic 1+6 of 8->5 taps 5 | store u8"),
        ("5x5^", "west", "vertical bicubic 6->5 taps 5 | horizontal bicubic 0+6 of 8->5 taps 5 | store u8"),
        ("16x16^", "east", "horizontal bicubic 2+6 of 8->16 taps 4 | vertical bicubic 6->16 taps 4 | store u8"),
        ("9x6^", "center", "horizontal bicubic 8->9 taps 4 | vertical bicubic 0.333333+5.33333 of 6->6 taps 4"),
    ],
)
def test_cover_shows_a_window(size, gravity, expected):
    assert plan(size=size, gravity=gravity).startswith(expected)


@pytest.mark.parametrize(
    ("size", "gravity", "expected"),
    [
        ((16, 16), "center", f"{TWICE} | store u8 | place on 16x16 at 0,2"),
        ((16, 16), "south", f"{TWICE} | store u8 | place on 16x16 at 0,4"),
        ((8, 10), "center", "place on 8x10 at 0,2"),
        ((16, 12), "center", f"{TWICE} | store u8"),
    ],
)
def test_contain_places(size, gravity, expected):
    assert plan(size=size, fit="contain", gravity=gravity) == expected


def test_clear_background_gives_an_alpha():
    raster = Raster(np.full((6, 8, 3), 3, np.uint8))
    for colour, channels in (("transparent", 4), ("#ff000080", 4), ("red", 3)):
        request = make_request(size=(16, 16), fit="contain", background=colour)
        assert request.plan(raster, request.geometry(8, 6))[0].samples.shape[2] == channels
    request = make_request(size=(16, 12), fit="contain", background="transparent")
    assert not request.plan(raster, request.geometry(8, 6))[0].alpha  # nothing of it shows


LITERAL = "horizontal bicubic 8->{} taps {} {} | store {} | vertical bicubic 6->{} taps {} {} | store {}"


def literal(out, taps, arithmetic, sample="u8"):
    return LITERAL.format(out[0], taps[0], arithmetic, sample, out[1], taps[1], arithmetic, sample)


def literal_vertical_first(out, taps, arithmetic):
    horizontal, vertical = literal(out, taps, arithmetic).split(" | vertical")
    return f"vertical{vertical} | {horizontal}"


@pytest.mark.parametrize(
    ("like", "twice", "half"),
    [
        ("pillow", literal((16, 12), (4, 4), "fixed"), literal((4, 3), (7, 6), "fixed")),
        ("torch", literal((16, 12), (4, 4), "fixed"), literal((4, 3), (4, 4), "fixed")),
        (
            "matlab",
            literal_vertical_first((16, 12), (4, 4), "double"),
            literal_vertical_first((4, 3), (8, 8), "double"),
        ),
        (
            "opencv",
            f"edge replicate | {TWICE} | store u8",
            "edge replicate | vertical bicubic 6->3 taps 4 | horizontal bicubic 8->4 taps 4 | store u8",
        ),
        (
            "tensorflow",
            f"edge renormalize | {TWICE} | store u8",
            "edge renormalize | vertical bicubic 6->3 taps 4 | horizontal bicubic 8->4 taps 4 | store u8",
        ),
    ],
)
def test_other_libraries(like, twice, half):
    assert (plan(scale=2, like=like), plan(scale=0.5, like=like)) == (twice, half)
    rule = "" if like == "matlab" else f" like {like}"
    assert plan(scale=2, like=like, method="nearest") == f"nearest 8x6->16x12{rule}"
    assert plan(scale=1, like=like) == "nothing to do"


def test_pillow_by_mode_and_order():
    weighed = f"premultiply in 8 bits | {literal((16, 12), (4, 4), 'fixed')} | unpremultiply in 8 bits"
    assert plan(scale=2, like="pillow", mode="rgba") == weighed
    deep = literal((16, 12), (4, 4), "double", "u16")
    assert plan(scale=2, like="pillow", mode="grey", sample="uint16") == deep
    assert plan_by_size(8, 3, like="pillow") == "vertical bicubic 6->3 taps 6 fixed | store u8"
    assert plan_by_size(7, 3, like="pillow").startswith("vertical")  # 3 rows saved, 1 column
    assert plan_by_size(6, 2, like="pillow").startswith("horizontal")  # 4 and 2: not more than twice


def test_libraries_that_step_by_the_factor():
    """Of 6 * 1.3 torch takes the floor, MATLAB the ceiling, OpenCV the nearest; a step of 1/1.3 misses its end."""
    assert "0+7.69231 of 8->10 taps 4 fixed" in plan(scale=1.3, like="torch")
    assert "0+8.46154 of 8->11 taps 4 double" in plan(scale=1.3, like="matlab")
    assert "0+6.15385 of 6->8 taps 4" in plan(scale=1.3, like="opencv")
    assert " of " not in plan(scale=1.3, like="pillow") + plan_by_size(10, 7, like="torch")


@pytest.mark.parametrize("light", ["linear", "sigmoid"])
def test_light_needs_colours_that_are_light(light):
    assert plan(scale=2, mode="grey", **{light: True}).startswith(f"{light} light")
    with pytest.raises(InputError, match="linear light needs grey or RGB, not cmyk: leave --linear and --sigmoid out"):
        plan(scale=2, mode="cmyk", **{light: True})


def stored(extension, sample="uint8", mode="rgb", info=None, scale=2, fill=0, background=None, **handling):
    """Return the text of the plan for an image that is to be stored in a format."""
    raster = Raster(np.full((6, 8, CHANNELS[mode]), fill, sample), *SPACES[mode], info or {})
    words = {"linear": True} if info and "icc_profile" in info else {}
    size = {"scale": scale} if background is None else {"size": (16, 16), "fit": "contain", "background": background}
    request = make_request(**size, **words, handling=Handling(**handling))
    return str(request.plan(raster, request.geometry(8, 6), format_of(extension))[1])


@pytest.mark.parametrize(
    ("extension", "sample", "handling", "expected"),
    [
        ("png", "uint8", {"depth": "16"}, f"promote to u16 | {TWICE} | store u16"),
        ("jpg", "uint8", {"depth": "16"}, f"{TWICE} | store u8"),
        ("png", "uint16", {}, f"{TWICE} | store u16"),
        ("png", "uint16", {"depth": "8"}, f"{TWICE} | store u16 | diffusion dither to u8"),
        ("jpg", "uint16", {"dither": "ordered"}, f"{TWICE} | store u16 | ordered dither to u8"),
        ("webp", "uint16", {"dither": "none"}, f"{TWICE} | store u16 | round to u8"),
        ("tif", "float32", {}, f"{TWICE} | store f32"),
        ("tif", "float32", {"depth": "16"}, f"{TWICE} | store f32 | round to u16"),
        ("png", "float32", {}, f"{TWICE} | store f32 | round to u16"),
        ("jpg", "float32", {}, f"{TWICE} | store f32 | diffusion dither to u8"),
    ],
)
def test_depths(extension, sample, handling, expected):
    assert stored(extension, sample, **handling) == expected


def test_16_bits_of_grey_are_held_by_more_formats():
    assert stored("ppm", "uint16", "grey").endswith("store u16")
    assert stored("ppm", "uint16", "rgb").endswith("to u8")
    assert stored("pfm", "float32", "grey").endswith("store f32")


@pytest.mark.parametrize("value", [-0.5, 1.5])
def test_floats_that_whole_numbers_cannot_stand_for(value):
    assert stored("tif", "float32", fill=value).endswith("store f32")
    with pytest.raises(OutputError, match=r"run from .* only 0 to 1 .*choose tiff"):
        stored("png", "float32", fill=value)


def test_the_same_size_in_another_depth():
    assert stored("png", scale=1, depth="16") == "promote to u16"
    assert stored("png", "uint16", scale=1, depth="8") == "diffusion dither to u8"


def test_a_background_is_promoted_with_the_picture():
    assert "place on 16x16 at 0,2" in stored("png", depth="16", background="white")
    raster = Raster(np.zeros((6, 8, 3), np.uint8))
    request = make_request(
        size=(16, 16), fit="contain", background="#ff8000", linear=True, edge="constant", handling=Handling(depth="16")
    )
    steps = request.plan(raster, request.geometry(8, 6), format_of("png"))[1].steps
    assert (steps[1].fill, steps[-1].fill) == ((65535, 128 * 257, 0),) * 2


def test_colours_of_a_palette():
    colours = np.array([[0, 0, 0], [255, 0, 0]], np.uint8)
    assert stored("png", info={"colours": colours}) == f"{TWICE} | store u8 | nearest of 2 colours"
    assert stored("png", mode="rgba", info={"colours": colours}).endswith("store u8")  # a background made an alpha


def test_light_by_a_profile_of_its_own():
    def profile(gamma):
        tags = {name: b"curv" + bytes(7) + b"\1" + gamma + bytes(2) for name in (b"rTRC", b"gTRC", b"bTRC")}
        tags |= {name: b"XYZ " + bytes(16) for name in (b"rXYZ", b"gXYZ", b"bXYZ")}
        table, data, at = b"", b"", 132 + 12 * len(tags)
        for name, value in tags.items():
            table += name + (at + len(data)).to_bytes(4, "big") + len(value).to_bytes(4, "big")
            data += value
        head = bytes(16) + b"RGB XYZ " + bytes(12) + b"acsp" + bytes(88) + len(tags).to_bytes(4, "big")
        return (at + len(data)).to_bytes(4, "big") + head[4:] + table + data

    own = f"to the profile's light | {TWICE} | store f32 | from the profile's light | store u8"
    assert stored("png", info={"icc_profile": profile(b"\1\xcd")}) == own
    assert stored("png", info={"icc_profile": b"none"}) == f"linear light | {TWICE} | store u8"
    assert stored("png", mode="grey", info={"icc_profile": profile(b"\1\xcd")}) == f"linear light | {TWICE} | store u8"
