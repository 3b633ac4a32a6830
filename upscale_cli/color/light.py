"""Samples to light and back by the curves of a colour profile, channel by channel."""

import numpy as np

from .profile import Curve

ROWS = 16  # at a time, in double precision


def to_light(
    src: np.ndarray, dst: np.ndarray, y0: int, y1: int, curves: tuple[Curve, ...], alpha: bool, sigmoid: bool
) -> None:
    """Write light, float32 from 0 to 1, for rows y0 to y1 of samples (H x W x C, uint8, uint16 or float32).

    There are one or as many curves as colours; an alpha, the last channel, is only scaled. `sigmoid` writes the sRGB
    curve of the light in its place.
    """
    top = _top(src)
    if src.dtype.kind == "u":
        levels = np.arange(top + 1) / top
        tables = [_srgb(curve.to_light(levels), sigmoid).astype(np.float32) for curve in curves]
    for c in range(src.shape[2] - alpha):
        i = min(c, len(curves) - 1)
        if src.dtype.kind == "u":
            dst[y0:y1, :, c] = tables[i][src[y0:y1, :, c]]
        else:
            dst[y0:y1, :, c] = _srgb(curves[i].to_light(src[y0:y1, :, c].astype(np.float64)), sigmoid)
    if alpha:
        dst[y0:y1, :, -1] = src[y0:y1, :, -1] / np.float32(top)


def from_light(
    src: np.ndarray, dst: np.ndarray, y0: int, y1: int, curves: tuple[Curve, ...], alpha: bool, sigmoid: bool
) -> None:
    """Write the samples (uint8, uint16 or float32) of rows y0 to y1 of what `to_light` gives; integers are rounded."""
    top = _top(dst)
    for y in range(y0, y1, ROWS):
        rows = slice(y, min(y + ROWS, y1))
        for c in range(src.shape[2]):
            values = src[rows, :, c].astype(np.float64)
            if c < src.shape[2] - alpha:
                values = curves[min(c, len(curves) - 1)].from_light(_linear(values) if sigmoid else values)
            dst[rows, :, c] = values if dst.dtype.kind == "f" else np.floor(values.clip(0, 1) * top + 0.5)


def grey_to_srgb(samples: np.ndarray, curve: Curve) -> np.ndarray:
    """Return grey samples (H x W x 1 uint8, uint16 or float32), given by a curve, as they are by the sRGB curve."""
    light, out = np.empty(samples.shape, np.float32), np.empty_like(samples)
    to_light(samples, light, 0, len(samples), (curve,), False, True)
    out[:] = light if out.dtype.kind == "f" else np.floor(light.clip(0, 1) * _top(out) + 0.5)
    return out


def _top(samples: np.ndarray) -> int:
    return np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1


def _srgb(light: np.ndarray, wanted: bool) -> np.ndarray:
    if not wanted:
        return light
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)


def _linear(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0.04045) + 0.055) / 1.055) ** 2.4)
