"""Record what other libraries' resizers do with small images, for the tests of `--like`, and what their metrics say.

Run by hand, once per library, with that library installed beside NumPy (for MATLAB: SciPy and Pillow, and
the data folder with MATLAB's own results; for metrics: scikit-image and piq):

    python make_goldens.py opencv torch
    python make_goldens.py tensorflow
    python make_goldens.py metrics
    python make_goldens.py matlab --data shared/data

Each library gets one .npz beside this script, free of pickles. Keys:

    versions                          strings: what made the file
    {input}                           an input image, (h, w) or (h, w, channels)
    {input}|{method}|{dtype}|{w}x{h}  the library's result at a given size
    {input}|{method}|{dtype}|s{f}     the same by factor, where the library takes one

Of metrics there are figures alone, float64, under {pair}|{metric}; the pairs are made by `pairs.py`.

A method name ending in -aa was run with the library's antialiasing on, one ending in -noaa with it off.
"""

import argparse
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from pairs import SHAPES, pair

HERE = Path(__file__).resolve().parent
Arrays = dict[str, np.ndarray]
Size = tuple[int, int]  # w, h
Resize = Callable[[np.ndarray, str, Size | None, float | None], np.ndarray]

SIZES = {  # (w, h) per input: enlarged, shrunk, one axis each way, the other way round
    "rgb": [(29, 20), (7, 5), (25, 8), (6, 23)],
    "rgba": [(15, 17), (4, 7)],
    "grey": [(19, 14), (5, 4), (4, 3)],
    "grey16": [(19, 14), (5, 4)],
}
FACTORS = {"rgb": [0.37, 0.5], "rgba": [], "grey": [1.7], "grey16": [2.5, 0.37]}
TENSORFLOW_SIZES = {"rgb": [(7, 5), (10, 9)], "grey": [(19, 14), (5, 4), (7, 20)]}


def inputs() -> Arrays:
    """Return the inputs: noise with a third of the samples at 0 or full scale, so that clipping shows."""
    rng = np.random.default_rng(20240229)
    shapes = {"rgb": (13, 17, 3), "rgba": (11, 10, 4), "grey": (9, 12), "grey16": (9, 12)}
    unit = {name: np.clip(rng.random(shape) * 1.5 - 0.25, 0, 1) for name, shape in shapes.items()}
    return {
        "rgb": np.rint(unit["rgb"] * 255).astype(np.uint8),
        "rgba": np.rint(unit["rgba"] * 255).astype(np.uint8),
        "grey": unit["grey"].astype(np.float32),
        "grey16": np.rint(unit["grey16"] * 65535).astype(np.uint16),
    }


def jobs(
    sizes: dict[str, list[Size]], factors: dict[str, list[float]]
) -> Iterator[tuple[str, Size | None, float | None]]:
    """Yield (input, size, factor) with either the size (w, h) or the factor None."""
    for name, wanted in sizes.items():
        yield from ((name, size, None) for size in wanted)
        yield from ((name, None, factor) for factor in factors.get(name, []))


def record(
    resize: Resize,
    methods: dict[str, list[str]],
    sizes: dict[str, list[Size]],
    factors: dict[str, list[float]],
) -> Arrays:
    """Run every job with every method listed for its input; return inputs and results by key."""
    images = {name: image for name, image in inputs().items() if name in methods}
    out = dict(images)
    for name, size, factor in jobs(sizes, factors):
        image = images.get(name)
        if image is None:
            continue
        for method in methods[name]:
            target = f"s{factor}" if size is None else f"{size[0]}x{size[1]}"
            out[f"{name}|{method}|{image.dtype}|{target}"] = resize(image, method, size, factor)
    return out


def opencv() -> tuple[Arrays, str]:
    """Record `cv2.resize` without Intel IPP, whose linear and cubic differ and exist on x86 only."""
    import cv2

    cv2.ipp.setUseIPP(False)
    flags = {
        "nearest-exact": cv2.INTER_NEAREST_EXACT,
        "linear": cv2.INTER_LINEAR,
        "cubic": cv2.INTER_CUBIC,
        "lanczos4": cv2.INTER_LANCZOS4,
        "area": cv2.INTER_AREA,
    }

    def resize(image: np.ndarray, method: str, size: Size | None, factor: float | None) -> np.ndarray:
        return cv2.resize(image, size, fx=factor or 0, fy=factor or 0, interpolation=flags[method])

    names = list(flags)
    return record(resize, dict.fromkeys(SIZES, names), SIZES, FACTORS), f"opencv {cv2.__version__}, IPP off"


def torch() -> tuple[Arrays, str]:
    """Record `torch.nn.functional.interpolate` with align_corners=False."""
    import torch

    def resize(image: np.ndarray, method: str, size: Size | None, factor: float | None) -> np.ndarray:
        mode, antialias = method.removesuffix("-aa"), method.endswith("-aa")
        planes = torch.from_numpy(np.atleast_3d(image)).permute(2, 0, 1)[None].contiguous()
        options = {"align_corners": False, "antialias": antialias} if mode.startswith("bi") else {}
        height_width = None if size is None else size[::-1]
        made = torch.nn.functional.interpolate(planes, height_width, factor, mode, **options)
        return made[0].permute(1, 2, 0).numpy().reshape(*made.shape[2:], *image.shape[2:])

    bytes_ = ["nearest-exact", "bilinear", "bilinear-aa", "bicubic", "bicubic-aa"]
    methods = {"rgb": bytes_, "rgba": bytes_, "grey": [*bytes_, "area"]}
    return record(resize, methods, SIZES, FACTORS), f"torch {torch.__version__}"


def tensorflow() -> tuple[Arrays, str]:
    """Record `tf.image.resize` (version 2), which takes sizes only and returns float32 except for nearest."""
    import tensorflow

    def resize(image: np.ndarray, method: str, size: Size | None, factor: float | None) -> np.ndarray:
        name, antialias = method.removesuffix("-aa"), method.endswith("-aa")
        batch = np.atleast_3d(image)
        made = tensorflow.image.resize(batch, size[::-1], method=name, antialias=antialias).numpy()
        return made.reshape(*made.shape[:2], *image.shape[2:])

    kernels = ["bilinear", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]
    names = ["nearest", "area", *kernels, *(f"{name}-aa" for name in kernels)]
    arrays = record(resize, dict.fromkeys(TENSORFLOW_SIZES, names), TENSORFLOW_SIZES, {})
    return arrays, f"tensorflow {tensorflow.__version__}"


def matlab_inputs() -> Arrays:
    """Return the doubles that `gen_test.m` in the data folder feeds to MATLAB's imresize."""
    top_left, bottom_right = np.zeros((4, 4)), np.zeros((4, 4))
    top_left[0, 0], top_left[1, 0], top_left[0, 1], top_left[0, 3] = 100, 10, 1, 100
    bottom_right[3, 3], bottom_right[2, 3], bottom_right[3, 2], bottom_right[3, 0] = 100, 10, 1, 100
    return {
        "ramp4": np.arange(16.0).reshape(4, 4),
        "ramp8": np.arange(64.0).reshape(8, 8),
        "ramp15": np.arange(225.0).reshape(15, 15),
        "top-left": top_left,
        "bottom-right": bottom_right,
    }


MATLAB_CASES = {  # file in golden/bicubic_mat: input above
    "down_down_small_noaa": "ramp4",
    "down_down_small_aa": "ramp4",
    "down_down_noaa": "ramp8",
    "down_down_aa": "ramp8",
    "down_down_irregular_noaa": "ramp8",
    "down_down_irregular_aa": "ramp8",
    "down_down_x2_aa": "ramp8",
    "down_down_x4_aa": "ramp8",
    "down_down_x3_aa": "ramp15",
    "down_down_x5_aa": "ramp15",
    "up_up_irregular_noaa": "ramp8",
    "up_up_irregular_aa": "ramp8",
    "up_up_topleft_noaa": "top-left",
    "up_up_bottomright_noaa": "bottom-right",
}


def settled(crop: int, src: int, dst: int) -> int:
    """Return how many leading outputs of a shrink src -> dst read none but the first `crop` source samples.

    Output i lies at u = (i + 0.5) * step - 0.5 with step = src / dst >= 1; the stretched cubic reaches to
    u + 2 * step.
    """
    step = src / dst
    return int(np.floor((crop - 1 + 0.5 - 2 * step) / step - 0.5)) + 1


def picture_piece(name: str, picture: np.ndarray, result: np.ndarray, crop: tuple[int, int]) -> Arrays:
    """Cut the top left `crop` (h, w) of a picture, and as much of its shrunk version as needs no more.

    `{name}|geometry` holds the whole picture's (h, w) and the whole result's (h, w): the weights are theirs.
    """
    geometry = np.array([*picture.shape[:2], *result.shape[:2]])
    rows, columns = (settled(crop[i], picture.shape[i], result.shape[i]) for i in (0, 1))
    key = f"{name}|bicubic-aa|{result.dtype}|{result.shape[1]}x{result.shape[0]}"
    return {
        name: picture[: crop[0], : crop[1]],
        f"{name}|geometry": geometry,
        key: np.ascontiguousarray(result[:rows, :columns]),
    }


def matlab_pictures(golden: Path) -> Arrays:
    """Cut pieces from MATLAB's 8-bit Lena (rounded after each pass) and its double-precision butterfly."""
    from PIL import Image
    from scipy.io import loadmat

    bytes_, doubles = golden / "matlab_imresize", golden / "bicubic_mat"
    lena = np.asarray(Image.open(bytes_ / "lena_512x512.png"))
    shrunk = np.asarray(Image.open(bytes_ / "lena_123x234_uint8.png"))
    butterfly = np.asarray(Image.open(doubles / "butterfly.png"))
    name = "down_down_butterfly_irregular_aa"
    return {
        **picture_piece("lena", lena, shrunk, (110, 110)),
        **picture_piece("butterfly", butterfly, loadmat(doubles / f"{name}.mat")[name], (48, 32)),
    }


def matlab(data: Path | None, pictures: bool) -> tuple[Arrays, str]:
    """Collect MATLAB's imresize from its files in `data`; nothing is computed here."""
    from scipy.io import loadmat

    if data is None:
        raise SystemExit("matlab: give the data folder, the one that holds golden/, with --data")
    golden = data / "golden"
    out = matlab_inputs()
    for case, name in MATLAB_CASES.items():
        result = loadmat(golden / "bicubic_mat" / f"{case}.mat")[case]
        method = "bicubic-noaa" if case.endswith("_noaa") else "bicubic-aa"
        out[f"{name}|{method}|float64|{result.shape[1]}x{result.shape[0]}"] = result
    if pictures:
        out |= matlab_pictures(golden)
    return out, "matlab, release not stated: files of bicubic_pytorch and matlab_imresize"


def metrics() -> tuple[Arrays, str]:
    """Record scikit-image's PSNR and SSIM, and piq's MS-SSIM and GMSD, of doubles."""
    import piq
    import skimage
    import torch
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    out = {}
    for name in SHAPES:
        kind = pair(name)[0].dtype
        peak = 1.0 if kind.kind == "f" else float(np.iinfo(kind).max)
        truth, image = (np.atleast_3d(each.astype(np.float64)) for each in pair(name))
        planes = [torch.from_numpy(each).permute(2, 0, 1)[:, None].contiguous() for each in (truth, image)]
        out[f"{name}|psnr"] = peak_signal_noise_ratio(truth, image, data_range=peak)
        if min(truth.shape[:2]) >= 11:
            options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
            out[f"{name}|ssim"] = structural_similarity(truth, image, data_range=peak, **options)
        if min(truth.shape[:2]) >= 161:
            out[f"{name}|msssim"] = piq.multi_scale_ssim(*planes, data_range=peak).numpy()
        out[f"{name}|gmsd"] = piq.gmsd(*planes, data_range=peak).numpy()  # of one channel: of three it takes luma
    return out, f"scikit-image {skimage.__version__}, piq {piq.__version__}"


LIBRARIES = {"metrics": metrics, "opencv": opencv, "torch": torch, "tensorflow": tensorflow}


def write(library: str, arrays: Arrays, version: str) -> None:
    """Write one library's .npz beside this script and say how large it came out."""
    versions = np.array([version, f"numpy {np.__version__}", f"python {platform.python_version()}"])
    path = HERE / f"{library}.npz"
    np.savez_compressed(path, allow_pickle=False, versions=versions, **arrays)
    print(f"{path.name}: {len(arrays) + 1} arrays, {path.stat().st_size} bytes")


def main() -> None:
    """Record the libraries named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*LIBRARIES, "matlab"]
    parser.add_argument("libraries", nargs="+", choices=names, metavar="LIBRARY", help=", ".join(names))
    parser.add_argument("--data", type=Path, help="the folder whose golden/ holds MATLAB's results")
    parser.add_argument(
        "--no-pictures", action="store_true", help="matlab: only the computed inputs, no piece of a picture"
    )
    options = parser.parse_args()
    for library in options.libraries:
        recorded = matlab(options.data, not options.no_pictures) if library == "matlab" else LIBRARIES[library]()
        write(library, *recorded)


if __name__ == "__main__":
    main()
