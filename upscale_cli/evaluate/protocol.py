"""How a method is measured: what the truth is, what the method gets, and what of its result is looked at.

A round trip takes an image for the truth, shrinks it and has it enlarged again:

    image --prepared, cut--> truth --shrunk--> low --enlarged--> result
                               +--------- compared ---------------+

With a reference the image is the low one, and the reference the truth.
"""

import math
import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..api import resize
from ..errors import GeometryError, InputError, UsageError
from ..geometry import Scale, exact_product
from ..spec import Spec, check_choice, parse_method
from . import metrics
from .choice import CONVENTIONS, DEFAULT_METRICS, MATLAB_BICUBIC, SPACES, parse_metrics
from .rows import DECIMALS

# Luma of BT.601 in the studio range, for samples from 0 to 255.
STUDIO, BLACK = np.array([65.481, 128.553, 24.966]) / 255, 16.0


@dataclass(frozen=True, slots=True)
class Protocol:
    """A convention of measuring, and what departs from it.

    `convention` is "sr" (8-bit files all the way; luma measured, a border of the factor left out), "sr-luma" (the same
    of a luma taken first, shrunk and kept in floats) or "full" (all channels in their own depth, the whole image).
    `space` is one of SPACES and `shave` the border in pixels, None for the convention's. `downsampler` is a method's
    spec, or "matlab-bicubic". Raises UsageError for a wrong one.
    """

    convention: str = "sr"
    metrics: tuple[str, ...] = DEFAULT_METRICS
    downsampler: str = MATLAB_BICUBIC
    space: str | None = None
    shave: int | None = None

    def __post_init__(self) -> None:
        check_choice("convention", self.convention, CONVENTIONS)
        parse_metrics(self.metrics)
        if self.space is not None:
            check_choice("space", self.space, SPACES)
        if self.convention == "sr-luma" and self.space not in (None, "y"):
            raise UsageError(f"sr-luma has nothing but luma, no {self.space}: use --convention sr or full")
        if self.shave is not None and self.shave < 0:
            raise UsageError(f"a border of {self.shave} pixels cannot be left out: give 0 or more")
        if not parse_method(self.shrinking).method.shrinks:
            raise UsageError(f"{self.downsampler} does not shrink: choose another downsampler, such as area")

    @property
    def shrinking(self) -> str:
        """The downsampler as a method's spec; MATLAB's bicubic, with floats between the passes, is this package's."""
        return "bicubic" if self.downsampler == MATLAB_BICUBIC else self.downsampler

    @property
    def measured(self) -> str:
        """The space that is measured."""
        return self.space or ("rgb" if self.convention == "full" else "y")

    def facts(self, shrinks: bool, enlarges: bool) -> dict[str, str]:
        """Return what a reader of figures must know: label and text."""
        what = {"y": "luma", "rgb": "all channels", "linear": "linear light"}[self.measured]
        depth = "in their own depth" if self.convention == "full" else "in 8 bits"
        shave = self.shave
        if shave is None:
            shave = 0 if self.convention == "full" or not enlarges else None
        border = "of the factor" if shave is None else f"of {shave} pixels"
        facts = {"convention": self.convention, "measured": f"{what}, {depth}"}
        facts["border left out"] = border if shave != 0 else "none"
        return facts | ({"downsampler": self.downsampler} if shrinks else {})

    def prepared(self, samples: np.ndarray) -> np.ndarray:
        """Return an image's samples (H x W x C) as the convention takes them."""
        if self.convention == "full":
            return samples
        if self.convention == "sr":
            return _eight_bits(samples)
        return np.rint(planes(_eight_bits(samples), "y")).astype(np.uint8)

    def round_trip(
        self, samples: np.ndarray, scale: Scale, threads: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the truth, cut to a multiple of the scale, and the low image that methods get.

        Where a factor is no whole number the multiple is rounded to whole pixels. Raises GeometryError for an image
        that is smaller than the factor.
        """
        truth = self.prepared(samples)
        height, width = truth.shape[:2]
        low = math.floor(width / scale.x), math.floor(height / scale.y)
        if not min(low):
            raise GeometryError(f"{width}x{height} pixels cannot be shrunk by {scale}: choose a smaller scale")
        truth = truth[: exact_product(low[1], scale.y), : exact_product(low[0], scale.x)]
        return truth, self.shrunk(truth, low, threads)

    def referred(self, samples: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the truth, which the reference is, and the low image, of one type."""
        low, truth = alike(self.prepared(samples), self.prepared(reference))
        return truth, _floats(low) if self.convention == "sr-luma" else low

    def shrunk(self, samples: np.ndarray, size: tuple[int, int], threads: int | None = 1) -> np.ndarray:
        """Return samples at the size (width, height) of the low image, in floats by `sr-luma`."""
        samples = _floats(samples) if self.convention == "sr-luma" else samples
        return resize(samples, size=size, fit="fill", method=self.shrinking, threads=threads)


class Trial:
    """An image at one scale: what methods get (`low`, None where results are given), and the truth of it."""

    def __init__(self, protocol: Protocol, scale: Scale, truth: np.ndarray, low: np.ndarray | None = None) -> None:
        self.protocol, self.scale, self.truth, self.low = protocol, scale, truth, low
        shave = protocol.shave
        if shave is None:
            shave = 0 if protocol.convention == "full" or low is None else None
        self._border = tuple(math.ceil(side) if shave is None else shave for side in scale)
        self._small_border = tuple(math.ceil(side / factor) for side, factor in zip(self._border, scale, strict=True))
        self._truth = self._planes(truth, self._border)

    def enlarge(self, spec: Spec, threads: int | None = None) -> tuple[np.ndarray, float]:
        """Return what a method makes of the low image, and the seconds that it took."""
        height, width = self.truth.shape[:2]
        whole = all(factor == int(factor) for factor in self.scale)
        fits = (self.low.shape[1] * self.scale.x, self.low.shape[0] * self.scale.y) == (width, height)
        target = {"scale": tuple(self.scale)} if whole and fits else {"size": (width, height), "fit": "fill"}
        started = time.perf_counter()
        result = resize(self.low, method=spec.text, threads=threads, **target)
        seconds = time.perf_counter() - started
        return _eight_bits(result) if self.protocol.convention == "sr-luma" else result, seconds

    def measure(self, result: np.ndarray, seconds: float = 0.0) -> tuple[dict[str, float | None], list[str]]:
        """Return a result's figures, and a line for each that would mean nothing and is None."""
        found: dict[str, float | None] = {}
        notes = []
        shaved = self._planes(result, self._border)
        for name in self.protocol.metrics:
            try:
                found[name] = round(self._figure(name, shaved, result, seconds), DECIMALS)
            except InputError as error:
                found[name] = None
                notes.append(f"{name} is left out: {error}")
        return found, notes

    def _figure(self, name: str, shaved: np.ndarray, result: np.ndarray, seconds: float) -> float:
        if name == "ms":
            return seconds * 1000
        if name == "mps":
            return result.shape[0] * result.shape[1] / seconds / 1e6
        if name == "lr_psnr":
            again = self.protocol.shrunk(result, self.low.shape[1::-1])
            both = (self._planes(each, self._small_border) for each in (self.low, again))
            return metrics.psnr(*both, top_of(self.low))
        return metrics.FUNCTIONS[name](self._truth, shaved, top_of(self.truth))

    def _planes(self, samples: np.ndarray, border: tuple[int, int]) -> np.ndarray:
        """Return what is measured of a picture, without its border."""
        x, y = border
        height, width = samples.shape[:2]
        if 2 * x >= width or 2 * y >= height:
            border = f"{x}" if x == y else f"{x}x{y}"
            instead = "--convention full" if self.protocol.shave is None else "a smaller --shave"
            raise InputError(f"without a border of {border} pixels nothing is left of {width}x{height}: use {instead}")
        return planes(samples[y : height - y, x : width - x], self.protocol.measured)


def top_of(samples: np.ndarray) -> float:
    """Return the sample of full light."""
    return float(np.iinfo(samples.dtype).max) if samples.dtype.kind == "u" else 1.0


def planes(samples: np.ndarray, space: str) -> np.ndarray:
    """Return what is measured of a picture (H x W x C): H x W x c of float64, in the units of its samples.

    `space` is "y" (luma of BT.601 in the studio range; grey is its own luma), "linear" (light, by the sRGB curve) or
    "rgb" (all colours as they are). What is transparent is seen on a middle grey.
    """
    top, channels = top_of(samples), samples.shape[2]
    colours = samples[..., : channels - (channels in (2, 4))].astype(np.float64)
    if channels in (2, 4):
        alpha = samples[..., -1:] / top
        colours = colours * alpha + (top / 2) * (1 - alpha)
    if space == "y" and colours.shape[2] == 3:
        return (colours @ STUDIO + BLACK * top / 255)[..., None]
    return _light(colours / top) * top if space == "linear" else colours


def _light(encoded: np.ndarray) -> np.ndarray:
    """Return the light of encoded values, by the curve of sRGB (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, (np.maximum(encoded, 0) / 1.055 + 0.055 / 1.055) ** 2.4)


def alike(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two pictures in the deeper type of the two, and both in colour if one is."""
    kind = max(one.dtype, other.dtype, key=lambda dtype: "u1 u2 f4".index(dtype.str[1:]))
    coloured = max(one.shape[2], other.shape[2]) > 2
    return _as_type(_coloured(one, coloured), kind), _as_type(_coloured(other, coloured), kind)


def _coloured(samples: np.ndarray, wanted: bool) -> np.ndarray:
    if not wanted or samples.shape[2] > 2:
        return samples
    return np.concatenate([samples[..., :1]] * 3 + [samples[..., 1:]], axis=2)


def _as_type(samples: np.ndarray, kind: np.dtype) -> np.ndarray:
    if samples.dtype == kind:
        return samples
    if kind == np.float32:
        return _floats(samples)
    return samples.astype(np.uint16) * 257


def _floats(samples: np.ndarray) -> np.ndarray:
    return samples if samples.dtype == np.float32 else (samples / top_of(samples)).astype(np.float32)


def _eight_bits(samples: np.ndarray) -> np.ndarray:
    if samples.dtype == np.uint8:
        return samples
    return np.rint(np.clip(samples / top_of(samples), 0, 1) * 255).astype(np.uint8)


def factors_between(low: np.ndarray, truth: np.ndarray) -> Scale:
    """Return by how much the truth's sides are larger."""
    return Scale(*(Fraction(n, m) for n, m in zip(truth.shape[1::-1], low.shape[1::-1], strict=True)))
