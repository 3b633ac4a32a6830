"""How near an image comes to the truth, in figures of merit.

Each takes two arrays of one shape, H x W or H x W x C, of any real type but bool, and returns a Python float that was
computed in float64. `peak` is the sample of full light; None takes the type's: 255 for uint8, 65535 for uint16, 1 for
floats. Each raises InputError for arrays that are no such pair, for samples that are not finite, and where its figure
would mean nothing.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..errors import InputError
from .kernels import TAPS, halver, similarity

K1, K2 = 0.01, 0.03  # SSIM's constants, and its window's sigma in pixels: Wang et al. 2004
SIGMA = 1.5
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of MS-SSIM's scales, the finest first: Wang et al. 2003
MSSSIM_SIDE = (TAPS - 1) * 2 ** (len(EXPONENTS) - 1) + 1  # pixels, for a window at every scale
GMSD_T = 170 / 255**2  # of samples from 0 to 1: Xue et al. 2014
GMSD_SIDE = 6  # pixels, for one whole 3 x 3 window when halved
LARGEST = 1e140  # sample whose square, summed over any image, is finite
BAND = 1 << 16  # samples that NumPy works on at a time: their float64 stays in a core's cache


def psnr(truth: np.ndarray, image: np.ndarray, peak: float | None = None) -> float:
    """Return the peak signal-to-noise ratio in dB, over all samples; math.inf where the two are equal.

    10 log10(peak^2 / mean squared error).
    """
    truth, image = _pair(truth, image, peak)
    peak, error = _peak(truth, peak), _root_mean_square(truth, image)
    return 20 * math.log10(peak / error) if error else math.inf


def mae(truth: np.ndarray, image: np.ndarray, peak: float | None = None) -> float:
    """Return the mean absolute error over all samples, in their unit, whatever the peak."""
    truth, image = _pair(truth, image, peak)
    return math.fsum(np.abs(error).sum() for error in _errors(truth, image)) / truth.size


def rmse(truth: np.ndarray, image: np.ndarray, peak: float | None = None) -> float:
    """Return the root of the mean squared error over all samples, in their unit, whatever the peak."""
    return _root_mean_square(*_pair(truth, image, peak))


def max_error(truth: np.ndarray, image: np.ndarray, peak: float | None = None) -> float:
    """Return the largest absolute error of all samples, in their unit, whatever the peak."""
    return float(max(np.abs(error).max() for error in _errors(*_pair(truth, image, peak))))


def ssim(truth: np.ndarray, image: np.ndarray, peak: float | None = None, threads: int = 1) -> float:
    """Return the mean structural similarity, -1 to 1, equal images being 1; the mean over channels.

    An 11 x 11 Gaussian of sigma 1.5, wherever it lies wholly inside, population covariance, K1 0.01 and K2 0.03. The
    result does not depend on `threads`. InputError for fewer than 11 x 11 pixels. Source: Wang, Bovik, Sheikh,
    Simoncelli 2004, Image Quality Assessment: From Error Visibility to Structural Similarity.
    """
    truth, image, peak = _planes(truth, image, peak, "ssim", TAPS)
    return _mean(truth, lambda c: _similarity(truth, image, c, peak, threads)[1])


def msssim(truth: np.ndarray, image: np.ndarray, peak: float | None = None, threads: int = 1) -> float:
    """Return the multi-scale structural similarity, 0 to 1, equal images being 1; the mean over channels.

    Five scales, each half the one before; a mean of the contrast-structure term, or on the last scale of SSIM, that is
    negative counts as 0, since it has no such powers. The result does not depend on `threads`. InputError for fewer
    than 161 x 161 pixels. Source: Wang, Simoncelli, Bovik 2003, Multi-Scale Structural Similarity for Image Quality
    Assessment.
    """
    truth, image, peak = _planes(truth, image, peak, "msssim", MSSSIM_SIDE)
    return _mean(truth, lambda c: _on_all_scales(truth, image, c, peak, threads))


def gmsd(truth: np.ndarray, image: np.ndarray, peak: float | None = None) -> float:
    """Return the gradient magnitude similarity deviation, 0 for equal images and worse above; the mean over channels.

    Means of 2 x 2 pixels, every second; Prewitt's operator, zeros beyond the border; T 170 for a peak of 255.
    InputError for fewer than 6 x 6 pixels. Source: Xue, Zhang, Mou, Bovik 2014, Gradient Magnitude Similarity
    Deviation.
    """
    truth, image, peak = _planes(truth, image, peak, "gmsd", GMSD_SIDE)
    return _mean(truth, lambda c: _deviation(truth, image, c, GMSD_T * peak**2))


def sharpness(truth: np.ndarray, image: np.ndarray, peak: float | None = None) -> float:
    """Return the image's energy of the gradient over the truth's: under 1 is blurred, over 1 noisy or ringing.

    The energy is the sum of the squared differences between neighbours along both axes, over all channels. The peak
    has no part in it. InputError for a truth without differences. Source: Subbarao, Choi, Nikzad 1992, Focusing
    Techniques.
    """
    truth, image = _pair(truth, image, peak)
    energy = _energy(truth)
    if not energy:
        raise InputError("the truth is flat, so there is no sharpness to compare with: leave sharpness out")
    return _energy(image) / energy


FUNCTIONS: dict[str, Callable[..., float]] = {
    "psnr": psnr,
    "ssim": ssim,
    "msssim": msssim,
    "gmsd": gmsd,
    "mae": mae,
    "rmse": rmse,
    "max": max_error,
    "sharpness": sharpness,
}


def _pair(
    truth: np.ndarray, image: np.ndarray, peak: float | None, name: str = "", side: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays as H x W x C, checked; `side` is what the metric called `name` needs of either."""
    both = np.asarray(truth), np.asarray(image)
    for what, array in zip(("truth", "image"), both, strict=True):
        if array.dtype.kind not in "uif":
            raise InputError(f"the {what}'s samples are {array.dtype}: give integers or floats")
        if array.ndim not in (2, 3) or not array.size:
            raise InputError(f"the {what}'s shape is {array.shape}: give H x W or H x W x C samples")
    if both[0].shape != both[1].shape:
        raise InputError(f"the truth's shape is {both[0].shape} and the image's {both[1].shape}: give two of one shape")
    height, width = both[0].shape[:2]
    if min(height, width) < side:
        raise InputError(f"{name} needs {side}x{side} pixels or more, not {width}x{height}")
    if peak is None and _top(both[0].dtype) != _top(both[1].dtype):
        raise InputError(f"the truth is {both[0].dtype} and the image {both[1].dtype}: convert one, or give their peak")
    if peak is not None and not 1 / LARGEST < peak < LARGEST:
        raise InputError(f"a peak of {peak} means nothing: give the sample of full light, such as 255")
    for what, array in zip(("truth", "image"), both, strict=True):
        if array.dtype.kind == "f" and not max(float(array.max()), -float(array.min())) < LARGEST:  # nor for NaN
            raise InputError(
                f"the {what} holds samples that are NaN, infinite or beyond {LARGEST:g}: replace them first"
            )
    return tuple(array.reshape(height, width, -1) for array in both)


def _top(dtype: np.dtype) -> float | None:
    """Return a type's own peak; None if it has none."""
    return 1.0 if dtype.kind == "f" else {"u1": 255.0, "u2": 65535.0}.get(f"{dtype.kind}{dtype.itemsize}")


def _peak(truth: np.ndarray, peak: float | None) -> float:
    top = _top(truth.dtype) if peak is None else float(peak)
    if top is None:
        raise InputError(f"samples of {truth.dtype} have no peak of their own: give one, such as peak=255")
    return top


def _planes(
    truth: np.ndarray, image: np.ndarray, peak: float | None, name: str, side: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a pair as kernels take it: C-contiguous, in float64 if it has no type that they read; and the peak."""
    truth, image = _pair(truth, image, peak, name, side)
    peak = _peak(truth, peak)
    kept = truth.dtype == image.dtype and truth.dtype in (np.uint8, np.uint16, np.float32, np.float64)
    return *(np.ascontiguousarray(array, None if kept else np.float64) for array in (truth, image)), peak


def _mean(samples: np.ndarray, figure: Callable[[int], float]) -> float:
    """Return the mean of a figure over channels."""
    return math.fsum(map(figure, range(samples.shape[2]))) / samples.shape[2]


def _bands(height: int, samples_a_row: int) -> Iterator[tuple[int, int]]:
    """Yield the first row of each band and the one after its last."""
    rows = max(1, BAND // samples_a_row)
    return ((y, min(y + rows, height)) for y in range(0, height, rows))


def _errors(truth: np.ndarray, image: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the differences of both, band by band."""
    for y0, y1 in _bands(len(truth), truth[0].size):
        yield np.subtract(truth[y0:y1], image[y0:y1], dtype=np.float64)


def _root_mean_square(truth: np.ndarray, image: np.ndarray) -> float:
    return math.sqrt(math.fsum(np.square(error).sum() for error in _errors(truth, image)) / truth.size)


def _energy(samples: np.ndarray) -> float:
    energies = []
    for y0, y1 in _bands(len(samples), samples[0].size):
        band = samples[y0 : y1 + 1].astype(np.float64)  # with the row below, if there is one
        across = np.diff(band[: y1 - y0], axis=1)
        energies += [np.square(across).sum(), np.square(np.diff(band, axis=0)).sum()]
    return math.fsum(energies)


def _similarity(truth: np.ndarray, image: np.ndarray, c: int, peak: float, threads: int) -> tuple[float, float]:
    """Return the means of SSIM's contrast-structure term and of SSIM itself, of one channel."""
    height, width, _ = truth.shape
    rows, columns = height - TAPS + 1, width - TAPS + 1
    run = similarity(truth.dtype.str[1:])
    distance = np.arange(TAPS) - TAPS // 2
    window = np.exp(-(distance**2) / (2 * SIGMA**2))
    window /= window.sum()
    offset = sum(array[::16, :, c].mean(dtype=np.float64) for array in (truth, image))  # near the mean is enough
    sums = np.empty((2, rows))
    pitch = -(-width // 512) * 512 + 16  # rows that are a multiple of 4 KiB apart evict one another: thrice the time

    def band(y0: int, y1: int) -> None:
        ring, blurred, values = np.empty((2, TAPS, pitch)), np.empty((4, pitch)), np.empty((2, pitch))
        constants = (K1 * peak) ** 2, (K2 * peak) ** 2
        run(truth, image, c, offset, *constants, window, ring, blurred, values, sums, y0, y1)

    if threads == 1:
        band(0, rows)
    else:
        cuts = [rows * i // threads for i in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(band, cuts[:-1], cuts[1:]))
    structure, total = (math.fsum(each) / (rows * columns) for each in sums)
    return structure, total


def _on_all_scales(truth: np.ndarray, image: np.ndarray, c: int, peak: float, threads: int) -> float:
    product = 1.0
    for scale, exponent in enumerate(EXPONENTS):
        if scale:
            # Where a side is odd both begin with their first sample twice, as in piq 0.8. The paper does not say, and
            # its authors' program repeats the last one of an odd side alone: up to 0.006 from this on noisy images.
            before = max(truth.shape[0] % 2, truth.shape[1] % 2)
            truth, image = (_halved(each, c, before) for each in (truth, image))
            c = 0
        structure, total = _similarity(truth, image, c, peak, threads)
        product *= max(total if scale == len(EXPONENTS) - 1 else structure, 0.0) ** exponent
    return product


def _halved(samples: np.ndarray, c: int, before: int) -> np.ndarray:
    """Return the 2 x 2 means of a channel, float64 (h x w x 1)."""
    halved = np.empty((*((side + 1) // 2 for side in samples.shape[:2]), 1))
    halver(samples.dtype.str[1:])(samples, c, before, halved, 0, len(halved))
    return halved


def _deviation(truth: np.ndarray, image: np.ndarray, c: int, t: float) -> float:
    """Return the standard deviation of the similarity of gradients' magnitudes, of one channel.

    The similarity (2 m n + T) / (m^2 + n^2 + T) is 1 - d with d = (m - n)^2 / (m^2 + n^2 + T), which deviates as much
    and keeps the digits of images that are almost equal. Where a side is odd its last means count zeros, as in the
    authors' program, and so do gradients along the border.
    """
    halved = [np.pad(_halved(each, c, 0)[..., 0], 1) for each in (truth, image)]
    height, width = (side - 2 for side in halved[0].shape)
    bands = []  # of each the mean and the sum of squared deviations from it: their own cancel where all are alike
    for y0, y1 in _bands(height, width):
        one, other = (_gradient(each[y0 : y1 + 2]) for each in halved)
        unlike = np.square(one - other) / (np.square(one) + np.square(other) + t)
        bands.append((unlike.size, unlike.mean(), np.square(unlike - unlike.mean()).sum()))
    count = height * width
    mean = math.fsum(size * middle for size, middle, _ in bands) / count
    return math.sqrt(math.fsum(squares + size * (middle - mean) ** 2 for size, middle, squares in bands) / count)


def _gradient(samples: np.ndarray) -> np.ndarray:
    """Return the magnitude of Prewitt's gradient, but for the outermost samples."""
    down = samples[:-2] + samples[1:-1] + samples[2:]
    across = samples[:, :-2] + samples[:, 1:-1] + samples[:, 2:]
    return np.sqrt(np.square(down[:, 2:] - down[:, :-2]) + np.square(across[2:] - across[:-2])) / 3
