"""The Python API: arrays and images in memory, and whole files."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageOps

import upscale_cli
from upscale_cli import METHODS, resize, resize_file
from upscale_cli.errors import GeometryError, InputError, OutputError, UpscaleError, UsageError, naming
from upscale_cli.files import Result
from upscale_cli.request import MAX_PIXELS

TOPS = {np.uint8: 255, np.uint16: 65535, np.float32: 1}
PICTURE = np.random.default_rng(2).random((6, 8, 4))


def array(shape, dtype=np.uint8):
    """Return a picture's top left corner; shape is (height, width) or (height, width, channels)."""
    values = PICTURE[: shape[0], : shape[1], : shape[2] if len(shape) == 3 else 1] * TOPS[dtype]
    return np.ascontiguousarray(values.astype(dtype).reshape(shape))


@pytest.mark.parametrize("method", ["nearest", "bicubic"])
@pytest.mark.parametrize("dtype", TOPS)
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 2), (5, 4, 3), (5, 4, 4)])
def test_arrays_keep_their_dtype_and_channels(shape, dtype, method):
    src = array(shape, dtype)
    before = src.copy()
    dst = resize(src, 2, method=method)
    assert (dst.shape, dst.dtype) == ((10, 8, *shape[2:]), dtype)
    assert (src == before).all()
    if method == "nearest":
        assert (dst == src.repeat(2, 0).repeat(2, 1)).all()
    elif len(shape) == 3:
        alone = resize(np.ascontiguousarray(src[..., -1]), 2, method=method)
        assert np.abs(dst[..., -1].astype(float) - alone).max() <= 1e-5 * TOPS[dtype]


@pytest.mark.parametrize("dtype", TOPS)
def test_images_and_arrays_agree(dtype):
    src = array((5, 4), dtype)
    assert (np.asarray(resize(Image.fromarray(src), 2)) == resize(src, 2)).all()


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2],
        lambda a: a[:, ::-1],
        lambda a: a.transpose(1, 0, 2),
        np.asfortranarray,
        lambda a: a[..., ::-1],
        lambda a: a[1:, 1:],
    ],
)
def test_arrays_may_lie_in_memory_as_they_like(view):
    src = view(array((6, 8, 3)))
    assert (resize(src, 2) == resize(np.ascontiguousarray(src), 2)).all()


def test_read_only_arrays_and_lists_of_arrays():
    src = array((5, 4, 3))
    src.flags.writeable = False
    assert (resize(src, 2) == resize(src.copy(), 2)).all()
    assert resize(src, 2).flags.writeable
    assert resize(list(array((5, 4))), 2).shape == (10, 8)


@pytest.mark.parametrize("make", [lambda: array((5, 4)), lambda: Image.fromarray(array((5, 4, 3)))])
@pytest.mark.parametrize("how", [{"scale": 1}, {"size": (4, 5)}, {"size": "100%"}, {"size": "99>"}])
def test_the_result_is_never_the_input(make, how):
    src = make()
    dst = resize(src, **how)
    assert dst is not src
    assert np.array_equal(np.asarray(dst), np.asarray(src))
    assert not np.shares_memory(np.asarray(dst), np.asarray(src))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int32, np.int64, np.float16, np.float64, complex, object, ">u2"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(InputError, match="uint8, uint16 or float32"):
        resize(np.zeros((4, 4), dtype), 2)


@pytest.mark.parametrize("shape", [(), (4,), (2, 4, 4, 3), (0, 4), (4, 0, 3), (4, 4, 0), (4, 4, 5)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError):
        resize(np.zeros(shape, np.uint8), 2)


@pytest.mark.parametrize("image", ["in.png", None, 3, b"bytes"])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(InputError):
        resize(image, 2)


@pytest.mark.parametrize("channels", [2, 4])
def test_without_alpha_every_channel_is_a_colour(channels):
    src = array((5, 4, channels))
    src[:2, :, -1] = 0
    apart = np.stack([resize(np.ascontiguousarray(src[..., c]), 2) for c in range(channels)], -1)
    assert (resize(src, 2, alpha=False) == apart).all()
    assert (resize(src, 2, straight_alpha=True) == apart).all()
    assert (resize(src, 2) != apart).any()


def test_floats_are_not_clamped():
    src = (array((6, 8), np.float32) > 0.5) * np.float32(3) - 1
    dst = resize(src, 2)
    assert dst.min() < -1
    assert dst.max() > 2


@pytest.mark.parametrize("two", [2, 2.0, "2", "2x2", (2, 2), [2.0, 2], np.float32(2), np.int64(2), Fraction(2)])
def test_ways_to_say_a_scale(two):
    assert resize(array((5, 4)), two, method="nearest").shape == (10, 8)


@pytest.mark.parametrize(
    ("how", "shape"),
    [
        ({"scale": (3, 2)}, (10, 12)),
        ({"scale": "3x2"}, (10, 12)),
        ({"scale": 0.5}, (3, 2)),
        ({"size": (8, 10)}, (10, 8)),
        ({"size": "8x100"}, (10, 8)),
        ({"size": "8x100!"}, (100, 8)),
        ({"size": "300%"}, (15, 12)),
        ({"size": np.array([8, 10])}, (10, 8)),
        ({"size": (8, 20), "fit": "fill"}, (20, 8)),
        ({"size": (8, 20), "fit": "outside"}, (20, 16)),
        ({"size": (8, 20), "fit": "cover"}, (20, 8)),
        ({"size": (8, 20), "fit": "contain"}, (20, 8)),
    ],
)
def test_sizes(how, shape):
    assert resize(array((5, 4)), **how, method="nearest").shape == shape


@pytest.mark.parametrize(("gravity", "column"), [("west", 0), ("center", 2), ("east", 4), ("northwest", 0)])
def test_gravity_says_what_cover_keeps(gravity, column):
    src = np.arange(6, dtype=np.uint8)[None].repeat(2, 0)
    dst = resize(src, size=(2, 2), fit="cover", gravity=gravity)
    assert dst.tolist() == [[column, column + 1]] * 2


@pytest.mark.parametrize(
    ("channels", "background", "expected"),
    [
        (3, None, (0, 0, 0)),
        (4, None, (0, 0, 0, 0)),
        (3, "#102030", (16, 32, 48)),
        (3, "rgb(1, 2, 3)", (1, 2, 3)),
        (4, "white", (255, 255, 255, 255)),
        (3, "#10203080", (16, 32, 48, 128)),
        (3, "transparent", (0, 0, 0, 0)),
        (1, "#ffffff80", (255, 128)),
        (2, "white", (255, 255)),
    ],
)
@pytest.mark.parametrize("method", ["nearest", "bicubic"])
def test_contain_shows_the_background(channels, background, expected, method):
    src = array((4, 2, channels))
    dst = resize(src, size=(8, 8), fit="contain", background=background, method=method)
    assert dst.shape == (8, 8, len(expected))
    assert (dst[:, :2] == expected).all()
    assert (dst[:, 6:] == expected).all()
    if len(expected) > channels:
        assert (dst[:, 2:6, -1] == 255).all()
    if method == "nearest":
        assert (dst[:, 2:6, :channels] == src.repeat(2, 0).repeat(2, 1)).all()


def test_contain_gives_a_grey_plane_an_alpha():
    assert resize(array((4, 2)), size=(8, 8), fit="contain", background="transparent").shape == (8, 8, 2)


@pytest.mark.parametrize(("mode", "wider"), [("L", "LA"), ("RGB", "RGBA"), ("P", "LA"), ("1", "LA")])
def test_contain_gives_images_an_alpha(mode, wider):
    dst = resize(Image.new(mode, (2, 4), 1), size=(8, 8), fit="contain", background="transparent", method="nearest")
    assert (dst.mode, dst.getchannel("A").getextrema()) == (wider, (0, 255))


def test_a_constant_edge_is_the_background():
    src = np.full((4, 4, 3), 100, np.uint8)
    edges = {b: resize(src, 2, edge="constant", background=b) for b in (None, "#646464", "white")}
    assert edges[None][0, 0, 0] < 100 < edges["white"][0, 0, 0]
    assert (edges["#646464"] == 100).all()
    assert (edges["white"][4, 4] == 100).all()


WRONG = [
    ({}, UsageError),
    ({"scale": 2, "size": (4, 4)}, UsageError),
    ({"scale": 0}, UsageError),
    ({"scale": float("nan")}, UsageError),
    ({"scale": 0.01}, GeometryError),
    ({"size": "x"}, UsageError),
    ({"size": (0, 4)}, UsageError),
    ({"scale": 2, "fit": "fill"}, UsageError),
    ({"size": (4, 4), "fit": "fil"}, UsageError),
    ({"scale": 2, "method": "bicubick"}, UsageError),
    ({"scale": 2, "method": "nearest:a=1"}, UsageError),
    ({"scale": 2, "edge": "refelct"}, UsageError),
    ({"scale": 2, "like": "pil"}, UsageError),
    ({"scale": 2, "like": "opencv", "linear": True}, UsageError),
    ({"scale": 2, "gravity": "up"}, UsageError),
    ({"scale": 2, "background": "bleu"}, UsageError),
    ({"scale": 2, "antiring": float("nan")}, UsageError),
    ({"scale": 2, "threads": 0}, UsageError),
]


@pytest.mark.parametrize(("how", "error"), WRONG)
def test_wrong_arguments(how, error):
    with pytest.raises(error) as caught:
        resize(array((5, 4)), **how)
    assert issubclass(error, UpscaleError)
    assert "\n" not in str(caught.value)


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(array((5, 4, 3))).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def test_a_file(photo):
    target = photo.with_name("out.png")
    result = resize_file(photo, str(target), 2, method="nearest", threads=1)
    assert isinstance(result, Result)
    assert (result.input, result.output, result.format, result.mode) == (photo, target, "PNG", "RGB")
    assert (result.size, result.out_size, result.plan, result.notes) == ((4, 5), (8, 10), "nearest 4x5->8x10", [])
    assert list(result.ms) == ["decode", "resize", "encode", "total"]
    assert all(0 <= value <= result.ms["total"] for value in result.ms.values())
    assert (np.asarray(Image.open(target)) == resize(np.asarray(Image.open(photo)), 2, method="nearest")).all()


def test_a_file_is_replaced_only_on_demand(photo):
    target = photo.with_name("out.png")
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists"):
        resize_file(photo, target, 2, method="nearest")
    assert target.read_bytes() == b"old"
    resize_file(photo, target, 2, method="nearest", overwrite=True)
    assert Image.open(target).size == (8, 10)


def test_a_files_format_and_settings(photo):
    result = resize_file(photo, photo.with_name("out.dat"), 2, method="nearest", format="jpg", quality=5)
    assert (result.format, Image.open(result.output).format) == ("JPEG", "JPEG")
    notes = resize_file(photo, photo.with_name("t.jpg"), size="9x9", fit="contain", background="transparent").notes
    assert notes == ["transparency is flattened onto black, or what --background says"]


@pytest.mark.parametrize(
    ("name", "how", "error"),
    [
        ("out", {}, UsageError),
        ("out.png", {"quality": 50}, UsageError),
        ("out.png", {"max_pixels": 19}, InputError),
        ("out.png", {"max_pixels": 79}, GeometryError),
        ("out.png", {"method": "bicubick"}, UsageError),
        ("none/out.png", {}, OutputError),
        ("in.png", {"overwrite": True}, OutputError),
    ],
)
def test_a_file_that_cannot_be(photo, name, how, error):
    before = photo.read_bytes()
    with pytest.raises(error):
        resize_file(photo, photo.with_name("out.png").parent / name, 2, **{"method": "nearest"} | how)
    assert list(photo.parent.iterdir()) == [photo]
    assert photo.read_bytes() == before


def test_errors_of_files_name_them(tmp_path):
    for name, content in (("none.png", None), ("empty.png", b""), ("text.png", b"text")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            resize_file(tmp_path / name, tmp_path / "out.png", 2)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (InputError("it is cut"), InputError, r"^a\.png: it is cut$"),
        (GeometryError("too thin"), GeometryError, r"^a\.png: too thin$"),
        (MemoryError(), InputError, r"^a\.png: there is not enough memory"),
        (OSError(5, "Input/output error"), InputError, r"^a\.png: .*Input/output error"),
        (OSError("read error"), InputError, r"^a\.png: .*read error"),
        (RuntimeError("a defect"), RuntimeError, "^a defect$"),
    ],
)
def test_naming_puts_the_file_before_what_befell_it(error, kind, says):
    with pytest.raises(kind, match=says) as caught, naming("a.png"):
        raise error
    assert type(caught.value) is kind


def test_what_is_exported():
    assert set(upscale_cli.__all__) == {"METHODS", "UpscaleError", "__version__", "compare", "resize", "resize_file"}
    assert METHODS["bicubic"].name == "bicubic"
    assert MAX_PIXELS == 500_000_000
    with pytest.raises(AttributeError, match="resise"):
        _ = upscale_cli.resise


@pytest.mark.parametrize("heavy", ["numpy", "PIL", "numba", "click"])
def test_the_package_is_light_until_it_is_used(heavy):
    code = f"import sys, upscale_cli; upscale_cli.METHODS; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("height", "width", "turned"), [(195, 259, 1), (200, 260, 6), (195, 259, 6)])
@pytest.mark.parametrize("size", ["16x14!", "16x12^", "6x"])
def test_a_jpeg_that_shrinks_far_is_decoded_smaller(tmp_path, size, height, width, turned):
    y, x = np.mgrid[:height, :width]
    samples = np.stack([128 + 100 * np.sin(x / 15 + y / 25), x / 1.5, 40 + y], -1).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = turned
    Image.fromarray(samples).save(tmp_path / "a.jpg", quality=95, exif=exif)
    small = resize_file(tmp_path / "a.jpg", tmp_path / "a.png", size=size)
    factor = 4 if size == "6x" else 2
    assert small.plan.startswith(f"decode at 1/{factor} | ") == (height % 2 == 0 or turned == 1)
    whole = resize(ImageOps.exif_transpose(Image.open(tmp_path / "a.jpg")), size=size)
    apart = abs(np.asarray(whole).astype(int) - np.asarray(Image.open(tmp_path / "a.png")))
    assert apart.mean() < 0.5
    assert apart.max() <= 3


@pytest.mark.parametrize("options", [{"linear": True}, {"like": "pillow"}, {"antialias": False}, {"method": "area"}])
def test_what_is_to_be_exact_is_decoded_whole(tmp_path, options):
    Image.fromarray(np.zeros((200, 200, 3), np.uint8)).save(tmp_path / "a.jpg")
    assert "decode" not in resize_file(tmp_path / "a.jpg", tmp_path / "a.png", size=(10, 10), **options).plan
    assert "decode" not in resize_file(tmp_path / "a.jpg", tmp_path / "b.png", size=(20, 20)).plan
