"""Metrics and comparisons: SSIM of a photograph, and a data set of the size of Set14, from the start to the exit."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from upscale_cli.evaluate.metrics import ssim

from .measure import OURS, Case, Reach, timed
from .pictures import picture, picture_file
from .processes import SCRIPT, run

WIDTH, HEIGHT = 4000, 3000
SET14 = (
    (500, 480), (720, 576), (512, 512), (352, 288), (250, 361), (276, 276), (500, 362), (352, 288), (512, 512),
    (512, 512), (768, 512), (512, 512), (529, 656), (586, 391),
)  # fmt: skip
METHODS = "nearest,area,bilinear,bicubic,mitchell,lanczos2,lanczos3,spline36,magic-kernel-sharp-2021,ewa-lanczos"
SSIM_REACH, SET_REACH = 0.2, 10.0  # of scikit-image's time; seconds


def cases() -> Iterator[Case]:
    """Yield SSIM of a pair of 12 megapixels, in one thread, and the comparison of 10 methods on 14 pictures."""
    truth = picture("grey", WIDTH, HEIGHT)
    other = np.clip(truth.astype(int) + np.random.default_rng(1).integers(-9, 10, truth.shape), 0, 255).astype(np.uint8)
    peer = _peer(truth, other)
    turns = {OURS: timed(lambda: ssim(truth, other))} | peer
    yield Case(f"SSIM, grey, {WIDTH}x{HEIGHT}, 1 thread", turns, dict.fromkeys(peer, Reach(SSIM_REACH)))
    with tempfile.TemporaryDirectory() as folder:
        for number, (width, height) in enumerate(SET14):
            picture_file(Path(folder) / f"{number:02}.png", width, height)
        command = [SCRIPT, "compare", folder, "-s", "4", "-m", METHODS, "--csv", "-"]
        what = f"compare: {len(SET14)} pictures of Set14's sizes, 10 methods, 4x"
        yield Case(what, {OURS: timed(lambda: run(command), 1)}, {OURS: Reach(SET_REACH)}, "s")


def _peer(truth: np.ndarray, other: np.ndarray) -> dict:
    """Return scikit-image's turn, where it is installed, by its name and version."""
    try:
        import skimage
        from skimage.metrics import structural_similarity
    except ImportError:
        return {}
    same = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    return {f"scikit-image {skimage.__version__}": timed(lambda: structural_similarity(truth, other, **same))}
