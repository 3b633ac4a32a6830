"""`--like`: what other libraries return, recorded in `goldens/` and, where they are installed, live."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import resize
from upscale_cli.emulate import WAYS
from upscale_cli.errors import UsageError

GOLDENS = Path(__file__).parent / "goldens"
LENA = Path(__file__).parents[2] / "shared" / "data" / "golden" / "matlab_imresize"

# library: name in its goldens -> method; names that end in -aa are antialiased
NAMES = {
    "opencv": {
        "nearest-exact": "nearest",
        "linear": "bilinear",
        "cubic": "bicubic",
        "lanczos4": "lanczos",
        "area": "area",
    },
    "torch": {"nearest-exact": "nearest", "bilinear": "bilinear", "bicubic": "bicubic", "area": "area"},
    "tensorflow": {
        "nearest": "nearest",
        "area": "area",
        "bilinear": "bilinear",
        "bicubic": "bicubic",
        "lanczos3": "lanczos",
        "lanczos5": "lanczos5",
        "gaussian": "gaussian",
        "mitchellcubic": "mitchell",
    },
    "matlab": {"bicubic": "bicubic"},
}
# library, sample type: the largest difference. OpenCV's bytes depend on the machine's instructions; TensorFlow returns
# floats for bytes, half a level off from rounding and as much again for the gaussian's float weights.
BOUNDS = {
    ("opencv", "uint8"): 1,
    ("opencv", "uint16"): 1,
    ("opencv", "float32"): 2e-6,
    ("torch", "uint8"): 0,
    ("torch", "float32"): 1e-5,
    ("tensorflow", "uint8"): 1.5,
    ("tensorflow", "float32"): 2e-6,
    ("matlab", "float64"): 1e-6,
}


def goldens(library):
    with np.load(GOLDENS / f"{library}.npz") as arrays:
        return {key: arrays[key] for key in arrays.files}


def target_of(text):
    """Read the end of a key: `s2.5` is a factor, `29x20` a size."""
    if text.startswith("s"):
        return {"scale": float(text[1:])}
    return {"size": tuple(map(int, text.split("x"))), "fit": "fill"}


def difference(key, library, arrays):
    name, method, dtype, target = key.split("|")
    antialias = {"-aa": True, "-noaa": False}.get(method[method.rfind("-") :])
    method = NAMES[library][method.removesuffix("-aa").removesuffix("-noaa")]
    image, want = arrays[name], arrays[key]
    if dtype == "float64":
        image, want = (image / 255).astype(np.float32), want / 255
    elif image.dtype == np.uint8:
        want = np.clip(want, 0, 255)
    got = resize(image, method=method, like=library, antialias=antialias, **target_of(target))
    assert got.shape == want.shape and got.dtype == image.dtype
    return abs(got.astype(float) - want).max()


@pytest.mark.parametrize("library", NAMES)
def test_goldens(library):
    arrays = goldens(library)
    keys = [key for key in arrays if "|" in key]
    assert len(keys) > 10
    assert {key.split("|")[1].split("-")[0] for key in keys} == {name.split("-")[0] for name in NAMES[library]}
    far = {key: difference(key, library, arrays) for key in keys}
    assert {k: d for k, d in far.items() if d > BOUNDS[library, k.split("|")[2]]} == {}


@pytest.mark.skipif(not LENA.is_dir(), reason=f"MATLAB's pictures are not in {LENA}")
def test_matlab_picture():
    source, want = (np.asarray(Image.open(LENA / name)) for name in ("lena_512x512.png", "lena_123x234_uint8.png"))
    assert (resize(source, size=(234, 123), fit="fill", like="matlab") == want).all()


PILLOW = {
    "nearest": "NEAREST",
    "box": "BOX",
    "bilinear": "BILINEAR",
    "hamming": "HAMMING",
    "bicubic": "BICUBIC",
    "lanczos": "LANCZOS",
    "magic-kernel-sharp-2013": "MKS2013",
    "magic-kernel-sharp-2021": "MKS2021",
}
MODES = ["L", "LA", "RGB", "RGBA", "I;16", "I", "F"]


def pillow_image(mode, width, height):
    """Noise, much of it at both ends, so that clipping shows."""
    rng = np.random.default_rng(width + height)
    noise = np.clip(rng.random((height, width, 4)) * 1.6 - 0.3, 0, 1)
    if mode == "I;16":
        return Image.fromarray(np.rint(noise[..., 0] * 65535).astype(np.uint16))
    if mode in ("I", "F"):
        return Image.fromarray((noise[..., 0] * 50_000 - 10_000).astype(np.int32 if mode == "I" else np.float32))
    samples = np.rint(noise * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray({"L": samples[..., 0], "LA": samples[..., 2:], "RGB": samples[..., :3],
                                                 "RGBA": samples}[mode]), mode)  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", PILLOW)
def test_pillow_is_equalled(method, mode):
    flag = getattr(Image.Resampling, PILLOW[method], None)
    if flag is None:
        pytest.skip(f"this Pillow has no {PILLOW[method]}")
    for size in ((17, 13), (1, 9), (1, 1), (14, 2)):
        image = pillow_image(mode, *size)
        for new in ((29, 20), (34, 26), (7, 5), (25, 6), (5, 30), (17, 1), (1, 1), (16, 4)):
            want = np.asarray(image.resize(new, flag))
            got = resize(image, size=new, fit="fill", method=method, like="pillow")
            assert got.mode == image.mode
            assert (np.asarray(got) == want).all(), (size, new)


@pytest.mark.parametrize(
    ("mode", "method", "size", "new_size"),
    [
        ("F", "magic-kernel-sharp-2013", (51, 34), (65, 69)),
        ("I", "magic-kernel-sharp-2013", (49, 48), (42, 27)),
        ("I", "magic-kernel-sharp-2021", (59, 14), (91, 113)),
    ],
)
@pytest.mark.skipif(not hasattr(Image.Resampling, "MKS2021"), reason="this Pillow has no magic kernels")
def test_pillow_to_the_last_bit(mode, method, size, new_size):
    """The order in which a weight is computed shows in one sample of thousands."""
    image = pillow_image(mode, *size)
    want = image.resize(new_size, getattr(Image.Resampling, PILLOW[method]))
    got = resize(image, size=new_size, fit="fill", method=method, like="pillow")
    assert (np.asarray(got) == np.asarray(want)).all()


def test_pillow_nearest_adds_its_steps_up():
    """Pairs of sizes where the sum of the steps falls short of the integers that `nearest` uses."""
    unlike = 0
    for n_in in range(1, 60, 3):
        image = Image.fromarray(np.arange(n_in, dtype=np.uint8)[None])
        for n_out in range(1, 130, 7):
            got = np.asarray(resize(image, size=(n_out, 1), fit="fill", method="nearest", like="pillow"))
            assert (got == np.asarray(image.resize((n_out, 1), Image.Resampling.NEAREST))).all()
            unlike += (got[0] != (2 * np.arange(n_out) + 1) * n_in // (2 * n_out)).any()
    assert unlike


def rgb(height=13, width=17):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)


SIZES = [(34, 26), (29, 20), (7, 5), (25, 8), (6, 23)]


@pytest.mark.parametrize("name", NAMES["opencv"])
def test_opencv_live(name):
    cv2 = pytest.importorskip("cv2")
    flag = getattr(cv2, "INTER_" + name.upper().replace("-", "_"))
    ipp = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)  # whose linear and cubic differ, and which is for x86 alone
    try:
        for size in SIZES:
            for image, bound in ((rgb(), 1), ((rgb()[..., 0] / 255).astype(np.float32), 2e-6)):
                got = resize(image, size=size, fit="fill", method=NAMES["opencv"][name], like="opencv")
                assert abs(got.astype(float) - cv2.resize(image, size, interpolation=flag)).max() <= bound, size
    finally:
        cv2.ipp.setUseIPP(ipp)


@pytest.mark.parametrize(("width", "new_width"), [(38, 66), (56, 72), (45, 117), (9, 111), (16, 98)])
def test_opencv_enlarging_area_live(width, new_width):
    """Some output pixels begin where two source pixels meet, and OpenCV's doubles fall to the left of there."""
    cv2 = pytest.importorskip("cv2")
    image = rgb(2, width)
    want = cv2.resize(image, (new_width, 2), interpolation=cv2.INTER_AREA)
    got = resize(image, size=(new_width, 2), fit="fill", method="area", like="opencv")
    assert abs(got.astype(int) - want).max() <= 1


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("name", NAMES["torch"])
def test_torch_live(name, antialias):
    torch = pytest.importorskip("torch")
    options = {"align_corners": False, "antialias": antialias} if name.startswith("bi") else {}
    if antialias and not options:
        pytest.skip(f"torch does not antialias {name}")
    images = [((rgb() / 255).astype(np.float32), 1e-5)]
    if name != "area":  # which torch does not do on bytes
        images.append((rgb(), 0))
    for width, height in SIZES:
        for image, bound in images:
            planes = torch.from_numpy(image).permute(2, 0, 1)[None]
            made = torch.nn.functional.interpolate(planes, (height, width), mode=name, **options)
            got = resize(image, size=(width, height), fit="fill", method=NAMES["torch"][name], like="torch",
                         antialias=antialias or None)  # fmt: skip
            assert abs(got.astype(float) - made[0].permute(1, 2, 0).numpy()).max() <= bound


@pytest.mark.parametrize(("like", "sides"), [("torch", math.floor), ("matlab", math.ceil), ("opencv", round)])
def test_sizes_follow_the_librarys_rounding(like, sides):
    for factor in ("0.3", "1.5", "2.49"):
        got = resize(rgb(5, 7), scale=factor, method="bilinear", like=like)
        assert got.shape == (sides(5 * float(factor)), sides(7 * float(factor)), 3)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("area", {"like": "pillow"}, "pillow has no method area"),
        ("spline36", {"like": "pillow"}, "pillow has no method spline36"),
        ("lanczos", {"like": "torch"}, "torch has no method lanczos"),
        ("lanczos5", {"like": "opencv"}, "opencv does lanczos with lobes=4: leave the parameters out"),
        ("lanczos:lobes=4", {"like": "pillow"}, "pillow does lanczos with lobes=3: leave"),
        ("bicubic:a=-0.5", {"like": "opencv"}, "opencv does bicubic with b=0, c=0.75: leave"),
        ("mitchell:b=0", {"like": "tensorflow"}, "tensorflow does mitchell with b=0.333333, c=0.333333: leave"),
        ("gaussian:sigma=1", {"like": "tensorflow"}, "tensorflow does gaussian with sigma=0.5: leave"),
        ("area", {"like": "opencv", "antialias": True}, "opencv does not antialias area: leave --antialias out"),
        ("bicubic", {"like": "opencv", "antialias": True}, "opencv does not antialias bicubic"),
        ("nearest", {"like": "torch", "antialias": True}, "torch does not antialias nearest"),
        ("bicubic", {"like": "pillow", "antialias": False}, "pillow always antialiases: leave --no-antialias out"),
        ("bicubic", {"like": "pillow", "linear": True}, "pillow has nothing like --linear: leave it out"),
        ("bicubic", {"like": "torch", "sigmoid": True}, "torch has nothing like --sigmoid"),
        ("bicubic", {"like": "matlab", "antiring": 0.5}, "matlab has nothing like --antiring"),
        ("bicubic", {"like": "opencv", "edge": "wrap"}, "--edge wrap is not what opencv does: leave it out"),
        ("bicubic", {"like": "pillow", "edge": "replicate"}, "--edge replicate is not what pillow does"),
        ("bicubic", {"like": "pillow", "straight_alpha": True}, "pillow premultiplies: leave --straight-alpha out"),
        ("bicubic:like=torch", {"linear": True}, "torch has nothing like --linear"),
    ],
)
def test_refused(method, options, message):
    with pytest.raises(UsageError, match=message):
        resize(rgb(), scale=2, method=method, **options)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("lanczos", {"like": "opencv"}),
        ("lanczos4", {"like": "opencv"}),
        ("lanczos:lobes=2", {"like": "matlab"}),
        ("lanczos2", {"like": "matlab"}),
        ("lanczos5", {"like": "tensorflow"}),
        ("bicubic:a=-0.75", {"like": "opencv", "edge": "replicate"}),
        ("bicubic:a=-0.5", {"like": "torch", "antialias": True}),
        ("bicubic", {"like": "matlab", "edge": "reflect", "antialias": False}),
        ("bicubic", {"like": "pillow", "antialias": True}),
        ("nearest", {"like": "pillow", "antialias": False}),
        ("bicubic:like=opencv", {"like": "pillow"}),
    ],
)
def test_what_agrees_is_allowed(method, options):
    assert resize(rgb(), scale=2, method=method, **options).shape == (26, 34, 3)


@pytest.mark.parametrize(
    ("library", "method"), [(library, method) for library, ways in WAYS.items() for method in ways]
)
def test_every_way_runs(library, method):
    for size in ((34, 13), (5, 30), (1, 1)):
        got = resize(np.full((13, 17, 3), 90, np.uint8), size=size, fit="fill", method=method, like=library)
        assert got.shape == (size[1], size[0], 3)
        assert abs(got.astype(int) - 90).max() <= 1


@pytest.mark.parametrize(
    ("library", "side", "factor", "expected"),
    [("opencv", 50, 2.07, 103), ("opencv", 25, 2.18, 55), ("torch", 50, 2.07, 103), ("matlab", 50, 2.03, 102)],
)
def test_sides_are_products_of_doubles(library, side, factor, expected):
    """50 * 2.07 is 103.5 exactly and 103.49999999999999 in doubles, which the libraries round."""
    assert resize(np.zeros((side, 1), np.uint8), factor, like=library, method="bilinear").shape[0] == expected
