"""The networks that methods ask for: trained ones, of the package or of a file, and kernels of a deconvolution."""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..interpolate.filters import FILTERS
from ..raster import TOP
from .architectures import SCALES, phases
from .tiles import Network, cubic, enlarger, one_layer
from .weights import Model, changed, read, refusing

SHIPPED = Path(__file__).with_name("trained")  # a file for each, and `models.json`, which says what they are
SIZES = {"small": "sesr-small", "medium": "sesr-m5"}  # of sesr, and the architectures
LARGEST_KERNEL = 128  # taps a side
KEEP = "save a small array of them with numpy.save"
ROWS = 64  # of the output, that a mean of eight results is worked out in

f4 = np.float32

# Kernels that interpolate: the filter, and its parameters.
KERNELS = {
    "bilinear": ("triangle", {}),
    "bicubic": ("cubic", {"b": 0, "c": 0.5}),
    "gaussian": ("gaussian", {"sigma": 0.5}),
}


def network_of(method: str, parameters: Mapping, scale: int) -> Network:
    """Return the network of a method's row (sesr or deconv) with its parameters for a factor.

    Raises InputError for files that hold no such thing.
    """
    if method == "deconv":
        return deconvolution(_kernel(parameters["kernel"], scale), scale)
    path = parameters["weights"]
    model = shipped(_name(method, parameters, scale)) if path is None else own(Path(path), method)
    return model.kind, model.weights


def own(path: Path, method: str) -> Model:
    """Return the network of a user's file; InputError if it is not of the method's architecture."""
    model = _read(path, changed(path))
    name = model.kind.name.partition("-")[0]
    if name != method:
        raise InputError(
            f"{path}: it holds weights of {model.kind.name}, which -m {method} cannot use: give -m {name} them"
        )
    return model


@functools.lru_cache(8)
def _read(path: Path, changed: int) -> Model:
    return read(path)


def scales_of(method: str, parameters: Mapping) -> tuple[int, ...]:
    """Return the factors that there are networks of the package for."""
    return tuple(scale for scale in SCALES if _name(method, parameters, scale) in cards())


def _name(method: str, parameters: Mapping, scale: int) -> str:
    kind = SIZES[parameters["size"]] if "size" in parameters else method
    return f"{kind}-x{scale}" + "-jpeg" * (parameters.get("input") == "jpeg")


@functools.cache
def shipped(name: str) -> Model:
    """Return a network of the package; InputError if its file is not the one that was packed."""
    path = SHIPPED / f"{name}.npz"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror}): install this package again") from error
    if hashlib.sha256(data).hexdigest() != cards()[name]["sha256"]:
        raise InputError(f"{path}: it is not the file that was packed: install this package again")
    return read(path)


@functools.cache
def cards() -> dict[str, dict]:
    """Return what is known of the networks of the package, by name."""
    return json.loads((SHIPPED / "models.json").read_text(encoding="utf-8"))


def _kernel(word: str, scale: int) -> np.ndarray:
    """Return a deconvolution's taps, float64 h x w, for a word of KERNELS or a file's name."""
    if word not in KERNELS:
        return kernel_of(Path(word))
    name, parameters = KERNELS[word]
    size = round(2 * FILTERS[name].support(parameters) * scale) - scale % 2
    taps = FILTERS[name].of(abs(np.arange(size) - (size - 1) / 2) / scale, **parameters)
    for phase in range(scale):  # each pixel of a block is a mean
        taps[phase::scale] /= taps[phase::scale].sum()
    return np.outer(taps, taps)


def kernel_of(path: Path) -> np.ndarray:
    """Return the taps of a user's `.npy` file, float64 h x w; InputError for anything but a matrix of numbers."""
    with refusing(path, ".npy file of plain numbers"):
        taps = np.load(path, allow_pickle=False)
    if not isinstance(taps, np.ndarray) or taps.ndim != 2 or taps.dtype.kind not in "iuf":
        what = f"{taps.dtype} {taps.shape}" if isinstance(taps, np.ndarray) else "an archive"
        raise InputError(
            f"{path}: a kernel is a matrix of numbers, rows and columns of taps, and this is {what}: {KEEP}"
        )
    if not 1 <= min(taps.shape) <= max(taps.shape) <= LARGEST_KERNEL:
        raise InputError(
            f"{path}: a kernel has 1 to {LARGEST_KERNEL} rows and columns, and this one {taps.shape}: {KEEP}"
        )
    if not np.isfinite(taps).all() or abs(taps).max() > 1e6:
        raise InputError(f"{path}: a kernel's taps are numbers up to a million, and some of these are not: {KEEP}")
    return taps.astype(np.float64)


def deconvolution(taps: np.ndarray, scale: int) -> Network:
    """Return the transposed convolution by taps (h x w) of a stride as a network of one layer, a phase an output.

    The taps stand centred on each source pixel's centre, or half an output pixel before it.
    """
    down, across = (phases(n, scale) for n in taps.shape)
    side = max(len(down), len(across))
    down, across = (
        np.pad(each, (((side - len(each)) // 2,) * 2, (0, 0)), constant_values=-1).T for each in (down, across)
    )
    rows, columns = down[:, None, :, None], across[None, :, None, :]  # phase y, phase x, row, column
    kernels = np.where((rows >= 0) & (columns >= 0), taps[rows, columns], 0)
    return one_layer("deconv", scale, kernels.reshape(scale**2, 1, side, side))


def enlarger_of(
    src: np.ndarray, method: str, parameters: Mapping, scale: int, planes: tuple[bool, ...], luma: bool, edge: str,
    fill: tuple[float, ...],
) -> Callable[[np.ndarray, int, int], None]:  # fmt: skip
    """Return a function (dst, y0, y1) that writes the output rows y0 to y1 of dst, scale H x scale W x C.

    `src` is H x W x C of uint8, uint16 or float32. `planes` tells which channels go through the method's network; the
    others are interpolated by bicubic. With `luma` the first three are taken as luma and two differences.
    """
    network, bicubic = network_of(method, parameters, scale), cubic(scale)

    def made(src: np.ndarray, network: Network, fill: tuple[float, ...]) -> Callable:
        return enlarger(src, [network if through else bicubic for through in planes], scale, luma, edge, fill)

    if not parameters.get("self_ensemble"):
        return made(src, network, fill)
    top = TOP[src.dtype.str[1:]]
    light, fill = np.multiply(src, f4(1 / top), dtype=f4), tuple(value / top for value in fill)
    parts = [made(light, turned(network, mirrored, turns), fill) for mirrored in (False, True) for turns in range(4)]

    def rows(dst: np.ndarray, y0: int, y1: int) -> None:
        for first in range(y0, y1, ROWS):
            last = min(first + ROWS, y1)
            total, part = np.zeros((last - first, *dst.shape[1:]), f4), np.empty((last - first, *dst.shape[1:]), f4)
            for each in parts:
                each(part, first, last, first)
                total += part
            total *= f4(1 / len(parts))
            dst[first:last] = total if dst.dtype == f4 else np.floor(total.clip(0, 1) * f4(top) + f4(0.5))

    return rows


def turned(network: Network, mirrored: bool, turns: int) -> Network:
    """Return the network that makes of a picture what the given one makes of it mirrored and then turned, put back."""
    kind, weights = network
    changed = dict(weights)
    last, scale = len(kind.layers) - 1, kind.scale

    def moved(array: np.ndarray, axes: tuple[int, int]) -> np.ndarray:
        array = np.rot90(array, -turns, axes)
        return np.flip(array, axes[1]) if mirrored else array

    for k in range(last + 1):
        changed[f"kernel{k}"] = moved(weights[f"kernel{k}"], (2, 3))
    for name in (f"kernel{last}", f"bias{last}"):
        array = changed[name]
        changed[name] = moved(array.reshape(scale, scale, *array.shape[1:]), (0, 1)).reshape(array.shape)
    return kind, {name: np.ascontiguousarray(array) for name, array in changed.items()}
