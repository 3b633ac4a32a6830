"""Raster: samples and what they mean."""

from dataclasses import dataclass, field

import numpy as np

from .errors import InputError

SAMPLES = {"u1": "u8", "u2": "u16", "f4": "f32"}  # NumPy's code of each sample type and the name it is printed by
TOP = {"u1": 255, "u2": 65535, "f4": 1}  # the sample of full light, and of full alpha
LUMA = (0.299, 0.587, 0.114)  # shares of red, green and blue, of ITU-R BT.601
COLOURS = {"grey": 1, "rgb": 3, "cmyk": 4, "ycbcr": 3, "lab": 3, "palette": 1, "bilevel": 1, "any": None}


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """An image in memory.

    `samples` is H x W x C, uint8, uint16 (0 to full) or float32 (nominally 0 to 1), C-contiguous. `space` is a key of
    COLOURS: what the channels are; "palette" holds indices and "bilevel" 0 and 255, both to be copied and never
    blended; "any" is an array of unknown meaning. `alpha` says that the last channel is a straight alpha. `info` holds
    what the codec carries from file to file and no arithmetic looks at: ICC profile, EXIF, DPI, palette.
    """

    samples: np.ndarray
    space: str = "rgb"
    alpha: bool = False
    info: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        samples = self.samples
        if samples.ndim != 3 or samples.dtype.str[1:] not in SAMPLES or not samples.flags.c_contiguous:
            raise InputError(
                "samples are a contiguous H x W x C array of uint8, uint16 or float32, "
                f"not {samples.dtype} {samples.shape}"
            )
        height, width, channels = samples.shape
        colours = COLOURS[self.space]
        if not height or not width or not 1 <= channels <= 4:
            raise InputError(f"an image has 1 pixel or more and 1 to 4 channels, not {width}x{height}x{channels}")
        if colours is not None and channels != colours + self.alpha:
            raise InputError(f"a {self.space} image has {colours + self.alpha} channels, not {channels}")

    @property
    def width(self) -> int:
        return self.samples.shape[1]

    @property
    def height(self) -> int:
        return self.samples.shape[0]

    @property
    def opaque(self) -> bool:
        """Whether there is no alpha, or one that is full on every pixel."""
        if not self.alpha:
            return True
        top = TOP[self.samples.dtype.str[1:]]
        parts = (self.samples[y : y + 64, :, -1] for y in range(0, self.height, 64))  # most end in the first
        return all(part.min() == top for part in parts)
