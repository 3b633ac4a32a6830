"""The room's door: a function for a method, a factor and a type of samples."""

from collections.abc import Callable

import numpy as np

from . import hqx, scale, xbr

HALO = {"scale": scale.HALO, "hqx": hqx.HALO, "xbr": xbr.HALO}  # source pixels read beyond a band, on all four sides


def scaler(
    engine: str,
    factor: int,
    sample: str,
    channels: int,
    tolerance: float,
    alpha: bool = False,
    hard: bool = False,
) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return a function (src, dst) that enlarges a band of rows.

    `src` is (h + 2 * halo) x (w + 2 * halo) x C, `dst` (h * factor) x (w * factor) x C, both C-contiguous, of the type
    `sample` ("u1", "u2", "f4") and 1 to 4 `channels`. `engine` is a key of HALO, `factor` 2, 3 or, but for
    "scale", 4. If `alpha`, the last channel is one: straight, 0 to full. Pixels of no alpha are alike, and their
    colours never show.

    `tolerance` in levels of 255 says which colours are alike. "scale": no channel differs by more (0: equal pixels
    only). "hqx": neither Y nor alpha differs by more, nor U or V by 7/48 and 6/48 of it. "xbr": the sum of the
    differences in Y, U, V and alpha is below it. Of four channels without alpha the fourth is compared as an alpha is.

    `hard` makes blended alphas full or none, full from half on; "scale" blends nothing.
    """
    if engine == "scale":
        return scale.copy(factor, sample, channels, alpha, tolerance)
    if engine == "hqx":
        return hqx.blend(factor, sample, channels, alpha, tolerance, hard)
    return xbr.blend(factor, sample, channels, alpha, tolerance, hard)
