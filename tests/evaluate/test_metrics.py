"""Metrics: their naive twins, other programs' figures, and laws."""

import functools
import math
from pathlib import Path

import numpy as np
import pytest

from upscale_cli.errors import InputError
from upscale_cli.evaluate import metrics
from upscale_cli.evaluate.choice import METRICS
from upscale_cli.evaluate.metrics import FUNCTIONS, gmsd, mae, max_error, msssim, psnr, rmse, sharpness, ssim
from upscale_cli.jit import interpreted

from .. import naive_metrics as naive
from ..goldens.pairs import SHAPES, pair

GOLDENS = Path(__file__).parent.parent / "goldens" / "metrics.npz"
SMALL = [name for name, shape in SHAPES.items() if max(shape) <= 64]
LARGE = {"five-even", "five-odd", "five-rgb"}  # which take seconds each where kernels are interpreted
LOCAL = [name for name in FUNCTIONS if name != "msssim"]  # what small pictures have
WITH_PEAK = ("psnr", "ssim", "msssim", "gmsd")


@functools.cache
def goldens():
    with np.load(GOLDENS) as arrays:
        return {key: float(arrays[key]) for key in arrays.files if key != "versions"}


def peak_of(array):
    return 1.0 if array.dtype.kind == "f" else float(np.iinfo(array.dtype).max)


def grey(height=21, width=26, seed=7):
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)


def test_every_metric_of_two_images_has_its_function():
    assert list(FUNCTIONS) == [name for name, metric in METRICS.items() if not metric.of_scaling]


@pytest.mark.parametrize("key", goldens())
def test_goldens(key):
    """PSNR and SSIM are scikit-image 0.26's, MS-SSIM and GMSD piq 0.8's, odd sides included."""
    name, metric = key.split("|")
    if interpreted() and name in LARGE:
        pytest.skip("small images only")
    assert FUNCTIONS[metric](*pair(name)) == pytest.approx(goldens()[key], abs=1e-11)


@pytest.mark.parametrize(
    ("metric", "name"), [(metric, name) for metric in LOCAL for name in SMALL if (metric, name) != ("ssim", "small")]
)
def test_naive(metric, name):
    truth, image = pair(name)
    twin = getattr(naive, FUNCTIONS[metric].__name__)
    arguments = (peak_of(truth),) if metric in WITH_PEAK else ()
    assert FUNCTIONS[metric](truth, image) == pytest.approx(twin(truth, image, *arguments), rel=1e-13, abs=1e-13)


@pytest.mark.skipif(interpreted(), reason="small images only")
def test_naive_msssim():
    truth, image = (each[:161, :162] for each in pair("five-odd"))
    assert msssim(truth, image) == pytest.approx(naive.msssim(truth, image, 255), abs=1e-13)


@pytest.mark.parametrize("shape", [(6, 8), (7, 8), (6, 9), (7, 9), (1, 1), (1, 2)])
def test_naive_halving(shape):
    truth = grey(*shape)
    want = naive.halved(naive.samples(truth)[0])
    before = max(side % 2 for side in shape)
    assert (metrics._halved(truth[..., None], 0, before)[..., 0] == want).all()


@pytest.mark.parametrize("bright", [1e3, 1e6])
def test_ssim_keeps_its_digits_far_from_black(bright):
    """Squares of a mean of 1e6 leave a variance of 0.1 no more than three digits."""
    truth, image = (each / 255 + bright for each in (grey(), grey(seed=8)))
    want = naive.ssim(truth, image, 1.0)
    assert ssim(truth, image) == pytest.approx(want, abs=1e-15 * bright)


@pytest.mark.parametrize("kind", [np.int16, np.uint32, np.int64, np.float16, ">u2", ">f8"])
def test_other_types(kind):
    truth, image = pair("grey")
    for metric in LOCAL:
        function = FUNCTIONS[metric]
        assert function(truth.astype(kind), image.astype(kind), 255) == pytest.approx(function(truth, image), abs=1e-12)


@pytest.mark.parametrize("metric", FUNCTIONS)
def test_types_are_equivalent(metric):
    """The same picture in uint8, uint16 and floats; errors are counted in levels."""
    if interpreted() and metric == "msssim":
        pytest.skip("small images only")
    truth, image = pair("grey" if metric != "msssim" else "five")
    function = FUNCTIONS[metric]
    want = function(truth, image)
    assert type(want) is float
    levels = metric in ("mae", "rmse", "max")
    for kind, factor in ((np.uint16, 257), (np.float64, 1 / 255), (np.float32, 1 / 255)):
        got = function(*((each * float(factor)).astype(kind) for each in (truth, image)))
        bound = 1e-6 if kind is np.float32 else 1e-12
        assert got == pytest.approx(want * factor if levels else want, rel=bound, abs=bound)


@pytest.mark.parametrize("metric", LOCAL)
def test_mixed_types_and_strides(metric):
    """Kernels take contiguous arrays of one type; metrics take any."""
    truth, image = pair("rgb")
    function = FUNCTIONS[metric]
    want = function(truth, image)
    assert function(truth, image.astype(np.float32), 255) == pytest.approx(want, abs=1e-12)
    wide = np.zeros((truth.shape[0] + 4, truth.shape[1] * 2, 3), np.uint8)
    wide[2:-2, ::2] = truth
    assert function(wide[2:-2, ::2], image) == pytest.approx(want, abs=1e-12)
    frozen = truth.copy()
    frozen.flags.writeable = False
    assert function(frozen, image) == want


@pytest.mark.parametrize("metric", FUNCTIONS)
def test_mirrored(metric):
    if interpreted() and metric == "msssim":
        pytest.skip("small images only")
    truth, image = pair("five-even" if metric == "msssim" else "grey")
    function = FUNCTIONS[metric]
    for flip in (np.fliplr, np.flipud, np.transpose):
        assert function(flip(truth), flip(image)) == pytest.approx(function(truth, image), rel=1e-12)


@pytest.mark.parametrize("metric", LOCAL)
def test_channels(metric):
    truth, image = pair("rgb")
    function = FUNCTIONS[metric]
    want = function(truth, image)
    assert function(truth[..., ::-1], image[..., ::-1]) == pytest.approx(want, rel=1e-12)
    one = function(truth[..., 0], image[..., 0])
    assert function(truth[..., :1], image[..., :1]) == one
    assert function(*(np.stack([each[..., 0]] * 4, axis=2) for each in (truth, image))) == pytest.approx(one, rel=1e-12)
    if metric in ("ssim", "gmsd", "mae"):
        alone = [function(truth[..., c], image[..., c]) for c in range(3)]
        assert want == pytest.approx(sum(alone) / 3, rel=1e-12)


def test_channels_of_msssim():
    truth, image = pair("five")
    both = (np.stack([each, each], axis=2) for each in (truth, image))
    assert msssim(*both) == pytest.approx(goldens()["five|msssim"], abs=1e-11)


@pytest.mark.parametrize("metric", FUNCTIONS)
def test_equal_images(metric):
    truth = pair("five")[0] if metric == "msssim" else grey()
    want = {"psnr": math.inf, "ssim": 1.0, "msssim": 1.0, "sharpness": 1.0}.get(metric, 0.0)
    assert FUNCTIONS[metric](truth, truth.copy()) == want
    assert FUNCTIONS[metric](truth / 255, truth / 255) == want


@pytest.mark.parametrize("metric", [name for name in LOCAL if name != "sharpness"])
def test_symmetric(metric):
    """To the last bit, SSIM too: see `similarity`."""
    for kind in (np.uint8, np.float64):
        truth, image = (each.astype(kind) for each in pair("odd"))
        assert FUNCTIONS[metric](truth, image, 255) == FUNCTIONS[metric](image, truth, 255)


def test_more_noise_is_worse():
    truth, noise = np.full((24, 30), 0.5), np.random.default_rng(3).standard_normal((24, 30))
    truth = truth + 0.2 * np.sin(np.arange(30) / 3)
    for metric in LOCAL:
        found = [FUNCTIONS[metric](truth, truth + amount * noise) for amount in (0.01, 0.02, 0.05, 0.1)]
        worse = [METRICS[metric].badness(value) for value in found]
        assert worse == sorted(worse) and len(set(worse)) == 4, metric


def test_known_values():
    black, white = np.zeros((12, 12), np.uint8), np.full((12, 12), 255, np.uint8)
    assert (psnr(black, white), mae(black, white), rmse(black, white), max_error(black, white)) == (0, 255, 255, 255)
    assert psnr(black, black + np.uint8(1)) == pytest.approx(20 * math.log10(255))
    assert ssim(black, white) == pytest.approx(0.01**2 / (1 + 0.01**2))  # flat: C1 / (peak^2 + C1)
    assert gmsd(black, black) == 0
    steps = np.array([[0, 2], [0, 2]], np.uint8)  # two differences across of 2, against ones of 1
    assert sharpness(steps // 2, steps) == 4
    assert sharpness(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])) == 1


def test_opposite_images_have_no_msssim():
    """The contrast-structure term is negative there, and no power of it is a real number."""
    truth = np.random.default_rng(0).random((161, 161))
    assert ssim(truth[:40, :40], 1 - truth[:40, :40], 1) < -0.5
    assert msssim(truth, 1 - truth) == 0


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_threads_change_nothing(threads):
    truth, image = pair("rgb")
    assert ssim(truth, image, threads=threads) == ssim(truth, image)
    if not interpreted():
        truth, image = pair("five")
        assert msssim(truth, image, threads=threads) == msssim(truth, image)


def test_bands_change_nothing():
    """Rows are summed on their own, whichever rows the kernel's scratch began with."""
    truth, image = (np.ascontiguousarray(each[..., None]) for each in pair("odd"))
    run, window = metrics.similarity("u1"), np.full(11, 1 / 11)

    def sums(*bands):
        made, pitch = np.zeros((2, 43)), 40
        for y0, y1 in bands:
            scratch = np.full((2, 11, pitch), np.nan), np.full((4, pitch), np.nan), np.full((2, pitch), np.nan)
            run(truth, image, 0, 200.0, 6.5, 58.5, window, *scratch, made, y0, y1)
        return made

    assert (sums((0, 43)) == sums((20, 43), (0, 1), (1, 20))).all()
    assert (sums((7, 9))[:, :7] == 0).all() and (sums((7, 9))[:, 9:] == 0).all()


def test_numpys_bands_change_nothing(monkeypatch):
    truth, image = pair("odd")
    names = [name for name in LOCAL if name != "ssim"]
    want = [FUNCTIONS[name](truth, image) for name in names]
    monkeypatch.setattr(metrics, "BAND", 1)  # a row each
    assert [FUNCTIONS[name](truth, image) for name in names] == pytest.approx(want, rel=1e-13)


def broken(value):
    made = grey() / 255
    made[20, 25] = value
    return made


@pytest.mark.parametrize("metric", FUNCTIONS)
@pytest.mark.parametrize(
    ("truth", "image", "message"),
    [
        (np.zeros((200, 180)), np.zeros((180, 200)), r"the truth's shape is \(200, 180\) and the image's \(180, 200\)"),
        (np.zeros((200, 180)), np.zeros((200, 180, 1)), "give two of one shape"),
        (np.zeros((200, 180), bool), np.zeros((200, 180), bool), "the truth's samples are bool: give integers or"),
        (np.zeros((200, 180)), np.zeros((200, 180), complex), "the image's samples are complex128"),
        (np.zeros(200), np.zeros(200), r"the truth's shape is \(200,\): give H x W"),
        (np.zeros((0, 200)), np.zeros((0, 200)), r"the truth's shape is \(0, 200\)"),
        (np.zeros((200, 180), np.uint8), np.zeros((200, 180)), "the truth is uint8 and the image float64: convert one"),
    ],
)
def test_no_pair(metric, truth, image, message):
    with pytest.raises(InputError, match=message):
        FUNCTIONS[metric](truth, image)


@pytest.mark.parametrize("metric", LOCAL)
def test_samples_that_mean_nothing(metric):
    for value in (math.nan, math.inf, -math.inf, -1e150):
        with pytest.raises(InputError, match=r"the image holds samples that are NaN, infinite or beyond 1e\+140"):
            FUNCTIONS[metric](grey() / 255, broken(value))
        with pytest.raises(InputError, match="the truth holds samples"):
            FUNCTIONS[metric](broken(value), grey() / 255)
    largest = [(grey(seed=seed) / 255).astype(np.float32) * np.finfo(np.float32).max for seed in (1, 2)]
    assert math.isfinite(FUNCTIONS[metric](*largest))


@pytest.mark.parametrize("metric", LOCAL)
@pytest.mark.parametrize("peak", [0, -1, math.nan, math.inf])
def test_peaks_that_mean_nothing(metric, peak):
    with pytest.raises(InputError, match=f"a peak of {peak} means nothing"):
        FUNCTIONS[metric](grey(), grey(), peak)


@pytest.mark.parametrize("metric", FUNCTIONS)
def test_types_without_a_peak(metric):
    truth, image = (each.astype(np.int32) for each in pair("five"))
    if metric in WITH_PEAK:
        with pytest.raises(InputError, match="samples of int32 have no peak of their own: give one"):
            FUNCTIONS[metric](truth, image)
    else:
        assert FUNCTIONS[metric](truth, image) > 0


@pytest.mark.parametrize(
    ("metric", "shape", "message"),
    [
        (ssim, (8, 8), "ssim needs 11x11 pixels or more, not 8x8"),
        (ssim, (10, 40), "ssim needs 11x11 pixels or more, not 40x10"),
        (msssim, (161, 160), "msssim needs 161x161 pixels or more, not 160x161"),
        (gmsd, (6, 5), "gmsd needs 6x6 pixels or more, not 5x6"),
    ],
)
def test_too_small(metric, shape, message):
    with pytest.raises(InputError, match=message):
        metric(grey(*shape), grey(*shape))


def test_a_flat_truth_has_no_sharpness():
    for shape in ((1, 1), (5, 6), (5, 6, 3)):
        with pytest.raises(InputError, match="the truth is flat, so there is no sharpness"):
            sharpness(np.full(shape, 9, np.uint8), np.zeros(shape, np.uint8))
    assert sharpness(grey(), np.zeros((21, 26), np.uint8)) == 0
