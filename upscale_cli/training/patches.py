"""Pairs of patches to train on: what a picture is, and what its shrunk copy shows of it."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from ..api import resize
from ..errors import InputError
from ..formats import BY_EXTENSION

SIZES = (1.0, 0.7)  # pictures are trained on whole and shrunk, which adds fine detail
SHRUNK = SIZES[1:]  # of JPEG files, whose blocks it hides: worth 0.03 dB on Set14 after 2000 steps, a tenth left whole
QUALITY = 40, 95  # of the JPEG files that shrunk patches go through, for networks that meet such files
BLOCK = 8  # side of a JPEG's blocks
DRAWN = 3  # patches, of which the one with the most detail is kept: smooth ones teach little


class Pair(NamedTuple):
    """A picture's luma and that of its shrunk copy, uint8, H x W and H / scale x W / scale."""

    large: np.ndarray
    small: np.ndarray


def pictures(folder: Path) -> list[Path]:
    """Return the pictures in a folder and below, in order of name; InputError if there are none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder: name one with pictures to train on")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower().lstrip(".") in BY_EXTENSION)
    if not found:
        raise InputError(f"{folder}: there is no picture in it or below: name a folder with pictures to train on")
    return found


def pairs(paths: Sequence[Path], scale: int, least: int, whole: bool = False) -> list[Pair]:
    """Return pairs of all pictures in SIZES (of JPEG files in SHRUNK), or with `whole` of each as it is.

    `least` is how many pixels a side the small one of a pair has; smaller pairs are left out.

    The small one is what MATLAB's `imresize` makes of the large one, as in papers on super-resolution. Raises
    InputError for what is no picture, and where none is large enough.
    """
    found = []
    for path in paths:
        try:
            with Image.open(path) as image:
                if image.format == "EPS":  # which Ghostscript would run
                    raise ValueError("a program")
                luma, from_jpeg = image.convert("L"), image.format == "JPEG"
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise InputError(f"{path}: it cannot be read as a picture: take it out of the folder") from error
        for size in (1.0,) if whole else SHRUNK if from_jpeg else SIZES:
            large = np.asarray(luma if size == 1 else resize(luma, size, method="bicubic"))
            height, width = (side // scale * scale for side in large.shape)
            if min(height, width) >= least * scale:
                large = np.ascontiguousarray(large[:height, :width])
                small = resize(large, size=(width // scale, height // scale), method="bicubic", like="matlab")
                found.append(Pair(large, small))
    if not found:
        raise InputError(
            f"no picture is {least * scale} pixels on both sides, as patches need: take larger ones or less --patch"
        )
    return found


class Patches:
    """Draws batches of patches from pairs, always the same ones for a seed and a step.

    A pair is drawn as often as it has pixels, and the most detailed of DRAWN patches is kept: of two and of four it is
    worth 0.07 dB on Set14 after 2000 steps. Patches are turned and mirrored at random.
    """

    def __init__(self, source: Sequence[Pair], side: int, radius: int, batch: int, seed: int, jpeg: bool) -> None:
        self.pairs, self.side, self.radius, self.batch = source, side, radius, batch
        self.seed, self.jpeg = seed, jpeg
        pixels = np.array([pair.small.size for pair in source], float)
        self.shares = pixels / pixels.sum()

    def draw(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs of a step, B x 1 x n x n float32 of 0 to 1, and the targets, B x 1 x m x m.

        Inputs have the network's radius around what the targets show.
        """
        rng = np.random.default_rng((self.seed, step))
        inputs, targets = [], []
        for drawn in rng.choice(len(self.pairs), (self.batch, DRAWN), p=self.shares):
            pair, top, left = max(
                (self._place(self.pairs[k], rng) for k in drawn), key=lambda at: _detail(self._large(*at))
            )
            small, large = self._small(pair, top, left, rng), self._large(pair, top, left)
            turns, mirrored = rng.integers(4), rng.integers(2)
            small, large = (np.rot90(patch[:, ::-1] if mirrored else patch, turns) for patch in (small, large))
            inputs.append(small)
            targets.append(large)
        return tuple(np.stack(patches)[:, None].astype(np.float32) / 255 for patches in (inputs, targets))

    def _place(self, pair: Pair, rng: np.random.Generator) -> tuple[Pair, int, int]:
        """Return where in the small picture a patch begins, at random."""
        top, left = (int(rng.integers(n - self.side - 2 * self.radius + 1)) for n in pair.small.shape)
        return pair, top, left

    def _large(self, pair: Pair, top: int, left: int) -> np.ndarray:
        scale = pair.large.shape[0] // pair.small.shape[0]
        top, left, side = (scale * n for n in (top + self.radius, left + self.radius, self.side))
        return pair.large[top : top + side, left : left + side]

    def _small(self, pair: Pair, top: int, left: int, rng: np.random.Generator) -> np.ndarray:
        side = self.side + 2 * self.radius
        if not self.jpeg:
            return pair.small[top : top + side, left : left + side]
        y, x = (min(rng.integers(BLOCK), place) for place in (top, left))  # where the grid of blocks stands
        around = pair.small[top - y : top + side, left - x : left + side]
        return through_jpeg(around, int(rng.integers(QUALITY[0], QUALITY[1] + 1)))[y:, x:]


def _detail(luma: np.ndarray) -> float:
    """Return how far pixels of luma, uint8 H x W, are from the mean of the four around them, in the mean of all."""
    light = luma.astype(np.int16)
    around = light[2:, 1:-1] + light[:-2, 1:-1] + light[1:-1, 2:] + light[1:-1, :-2]
    return float(np.abs(4 * light[1:-1, 1:-1] - around).mean()) / 4


def through_jpeg(luma: np.ndarray, quality: int) -> np.ndarray:
    """Return what a JPEG file of a quality keeps of luma, uint8 H x W."""
    stream = io.BytesIO()
    Image.fromarray(luma).save(stream, "jpeg", quality=quality)
    return np.asarray(Image.open(stream))
