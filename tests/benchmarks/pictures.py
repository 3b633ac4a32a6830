"""Pictures to measure with: the sample photographs, repeated by mirroring, so that their detail stays natural."""

import functools
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLES = Path(__file__).parent.parent.parent / "sample_images"

# What a kind of picture is made from: the sample, its samples' type, and what an 8-bit level is worth in it.
KINDS = {
    "RGB": ("photo.png", np.uint8, 1),
    "grey": ("grey.png", np.uint8, 1),
    "RGBA": ("portrait.png", np.uint8, 1),
    "16-bit RGB": ("photo.png", np.uint16, 257),
    "float RGB": ("photo.png", np.float32, np.float32(1 / 255)),
}


@functools.lru_cache(2)
def picture(kind: str, width: int, height: int) -> np.ndarray:
    """Return a picture of the kind and size: H x W for grey, else H x W x C; writable and C-contiguous."""
    name, dtype, level = KINDS[kind]
    with Image.open(SAMPLES / name) as image:
        samples = np.asarray(image).astype(dtype) * dtype(level)
    more = [(0, max(0, size - have)) for size, have in zip((height, width), samples.shape, strict=False)]
    more += [(0, 0)] * (samples.ndim - 2)
    return np.pad(samples, more, mode="symmetric")[:height, :width].copy()


def picture_file(path: Path, width: int, height: int) -> Path:
    """Write an RGB picture in the format of the path's extension, and return the path."""
    Image.fromarray(picture("RGB", width, height)).save(path, **({"quality": 90} if path.suffix == ".jpg" else {}))
    return path
