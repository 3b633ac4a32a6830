"""Pictures for the tests of this folder, and how bands are handed to a scaler."""

import os

import numpy as np

from upscale_cli.methods import PIXELART
from upscale_cli.pixelart.scalers import HALO, scaler

TOLERANCE = {row.engine: row.parameters[0].default for row in PIXELART}
ENGINES = [(row.engine, n) for row in PIXELART for n in row.factors if row.name != "scale4x"]
TOP = {"uint8": 255, "uint16": 65535, "float32": 1}
INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def enlarged(image, engine, factor, band=None, **options):
    """Enlarge a picture whose borders replicate, `band` source rows at a time."""
    height, width, channels = image.shape
    halo = HALO[engine]
    padded = np.pad(image, ((halo, halo), (halo, halo), (0, 0)), mode="edge")
    run = scaler(engine, factor, image.dtype.str[1:], channels, **{"tolerance": TOLERANCE[engine], **options})
    out = np.full((height * factor, width * factor, channels), 77, image.dtype)
    band = band or height
    for y in range(0, height, band):
        end = min(y + band, height)
        run(padded[y : end + 2 * halo].copy(), out[y * factor : end * factor])
    return out


def noise(sample="uint8", channels=3, alpha=False, width=9, height=7, seed=0, spread=255):
    """Return noise of few colours, of 8 bits in any type; an alpha is none, full or something between."""
    rng = np.random.default_rng(seed + channels)
    low = (255 - spread) // 2
    palette = rng.integers(low, low + spread + 1, (5, channels))
    if alpha:
        palette[:, -1] = (0, 255, 255, 0, 100)
    return of_type(palette[rng.integers(0, 5, (height, width))], sample)


def of_type(image, sample):
    """Return a picture of 8-bit values as another type."""
    if sample == "float32":
        return (image / 255).astype(np.float32)
    return (image.astype(int) * (TOP[sample] // 255)).astype(sample)
