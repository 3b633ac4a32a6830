"""The steps that plans are made of: frozen records that print what will be done."""

import math
from fractions import Fraction
from typing import NamedTuple

from .interpolate.axis import Axis
from .interpolate.taps import taps_of
from .raster import SAMPLES


class Filtering(NamedTuple):
    """What the separable and the radial step have in common.

    `alpha` and `light` are as in `interpolate/rows.py`; `fill` is the sample of each channel beyond a constant border.
    """

    label: str
    horizontal: Axis
    vertical: Axis
    sample: str
    light: str
    alpha: str
    antiring: float
    fill: tuple[float, ...]

    def _around(self, passes: list[str]) -> str:
        edges = {axis.edge for axis in (self.horizontal, self.vertical) if not axis.is_copy} - {"reflect"}
        words = [f"{self.light} light"] * (self.light != "encoded") + ["premultiply"] * (self.alpha == "weighted")
        words += [f"edge {edge}" for edge in sorted(edges)] + passes
        words += [f"antiring {self.antiring:g}"] * (self.antiring > 0)
        words += ["unpremultiply"] * (self.alpha == "weighted")
        return " | ".join([*words, f"store {SAMPLES[self.sample]}"])


class Separable(Filtering):
    """Filter along both axes; the vertical one goes first when it shrinks."""

    __slots__ = ()

    def __str__(self) -> str:
        passes = [
            _pass(name, self.label, axis)
            for name, axis in (("horizontal", self.horizontal), ("vertical", self.vertical))
            if not axis.is_copy or axis.n_in != axis.n_out
        ]
        return self._around(passes[::-1] if self.vertical.shrinks else passes)


class Radial(Filtering):
    """Filter by distance."""

    __slots__ = ()

    def __str__(self) -> str:
        from .interpolate.radial import squares_of

        x, y = self.horizontal, self.vertical
        taps = f"{squares_of(x).weights.shape[1]}x{squares_of(y).weights.shape[1]}"
        return self._around([f"radial {self.label} {x.n_in}x{y.n_in}->{x.n_out}x{y.n_out} taps {taps}"])


class Nearest(NamedTuple):
    """Copy pixels; `rule`, if any, names the library whose arithmetic chooses them."""

    horizontal: Axis
    vertical: Axis
    rule: str = ""

    def __str__(self) -> str:
        x, y = self.horizontal, self.vertical
        if x.is_copy and y.is_copy:
            return f"crop {x.n_out}x{y.n_out} of {x.n_in}x{y.n_in} at {math.floor(x.origin)},{math.floor(y.origin)}"
        return f"nearest {x.n_in}x{y.n_in}->{x.n_out}x{y.n_out}" + f" like {self.rule}" * bool(self.rule)


class Bleed(NamedTuple):
    """Give fully transparent pixels the colours of those around them."""

    def __str__(self) -> str:
        return "bleed colours under transparency"


class Lattice(NamedTuple):
    """Double the picture by an edge-directed method, `passes` times, and resample that to the output's size.

    `method` is a name in `directional/lattice.py`, `arguments` what it takes. The axes count the lattice's samples.
    Directions are those of the colours' sum by `shares`; dcci takes all colours alike.
    """

    label: str
    method: str
    arguments: tuple[tuple[str, float], ...]
    passes: int
    horizontal: Axis
    vertical: Axis
    sample: str
    shares: tuple[float, ...]
    fill: tuple[float, ...]

    def __str__(self) -> str:
        both = (("horizontal", self.horizontal), ("vertical", self.vertical))
        lag = Fraction(2**self.passes - 1, 2)  # of the lattice behind the picture's centres
        words = [f"{self.label} 2x"] * self.passes + [_pass(name, axis.filter, axis, lag) for name, axis in both]
        return " | ".join([*words, f"store {SAMPLES[self.sample]}"])


class Regions(NamedTuple):
    """Find regions of like colours, and blend only what lies in one; the axes' filter is the kernel for that.

    `labels` says that samples are labels, to be copied and never blended.
    """

    label: str
    tolerance: float
    min_area: int
    horizontal: Axis
    vertical: Axis
    alpha: bool
    labels: bool

    def __str__(self) -> str:
        x, y = self.horizontal, self.vertical
        return f"{self.label} {x.n_in}x{y.n_in}->{x.n_out}x{y.n_out}" + " labels" * self.labels

    @property
    def segmenting(self) -> tuple:
        """Return what `directional.segments` is told, after the samples."""
        return self.tolerance, self.min_area, self.alpha, self.labels, self.horizontal.edge == "wrap"


class Scaler(NamedTuple):
    """Enlarge by a whole factor, pixel by pixel from its neighbours; `engine` is a name in `pixelart/scalers.py`.

    `hard` says that every pixel is either opaque or fully transparent, and stays so.
    """

    label: str
    engine: str
    factor: int
    tolerance: float
    alpha: bool
    hard: bool
    edge: str
    fill: tuple[float, ...]

    def __str__(self) -> str:
        edge = "" if self.edge == "replicate" else f" edge {self.edge}"
        return f"{self.label} {self.factor}x{edge}"


class Network(NamedTuple):
    """Enlarge by a network of `network/models.py`, `scale` times; `method` and `parameters` name it.

    `planes` tells for each channel whether it goes through the network, or is interpolated by bicubic. With `luma` the
    first three are not red, green and blue but luma and differences from it.
    """

    label: str
    method: str
    parameters: tuple[tuple[str, object], ...]
    scale: int
    planes: tuple[bool, ...]
    luma: bool
    edge: str
    fill: tuple[float, ...]

    def __str__(self) -> str:
        edge = "" if self.edge == "reflect" else f" edge {self.edge}"
        return f"{self.label} {self.scale}x{edge}"


class Unpool(NamedTuple):
    """Put pixels where a file of indices says, or at the first place of blocks, on a canvas of zeros."""

    label: str
    indices: str | None
    factors: tuple[int, int]
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.label} {self.factors[0]}x{self.factors[1]}" if self.indices is None else self.label


class Refine(NamedTuple):
    """Take `steps`, then `times` times shrink the result, and add what it lacks of the source, enlarged.

    `shrinking` and `enlarging` are each a horizontal and a vertical axis.
    """

    steps: tuple
    times: int
    shrinking: tuple[Axis, Axis]
    enlarging: tuple[Axis, Axis]
    alpha: bool

    def __str__(self) -> str:
        return " | ".join([*map(str, self.steps), f"refine {self.times} times"])


class Harden(NamedTuple):
    """Make every alpha full or none."""

    def __str__(self) -> str:
        return "harden alpha"


class OnePass(NamedTuple):
    """Filter along one axis in a library's own arithmetic (see `interpolate/literal.py`)."""

    label: str
    axis: Axis
    vertical: bool
    sample: str
    arithmetic: str
    bits: int = 0

    def __str__(self) -> str:
        name = "vertical" if self.vertical else "horizontal"
        return f"{_pass(name, self.label, self.axis)} {self.arithmetic} | store {SAMPLES[self.sample]}"


class Weigh(NamedTuple):
    """Multiply the colours by the alpha in 8 bits, or divide them again, as Pillow does."""

    back: bool

    def __str__(self) -> str:
        return "unpremultiply in 8 bits" if self.back else "premultiply in 8 bits"


class Promote(NamedTuple):
    """Take 8 bits to 16."""

    def __str__(self) -> str:
        return "promote to u16"


class Curve(NamedTuple):
    """Go from samples to light by the curves of a colour profile, one or one a colour, or `back`.

    Light is float32. `sigmoid` means the sRGB curve of that light, which the sigmoid's own arithmetic starts from.
    `sample` is the type that the samples have.
    """

    curves: tuple
    sample: str
    alpha: bool
    sigmoid: bool
    back: bool

    def __str__(self) -> str:
        return f"from the profile's light | store {SAMPLES[self.sample]}" if self.back else "to the profile's light"


class Reduce(NamedTuple):
    """Store samples in fewer bits; `dither` is a word of spec.DITHERS, for 8 bits."""

    sample: str
    dither: str
    alpha: bool

    def __str__(self) -> str:
        how = "round" if self.sample == "u2" or self.dither == "none" else f"{self.dither} dither"
        return f"{how} to {SAMPLES[self.sample]}"


class ToPalette(NamedTuple):
    """Give each pixel the index of the palette's nearest colour; `colours` are N of C bytes."""

    colours: bytes
    channels: int

    def __str__(self) -> str:
        return f"nearest of {len(self.colours) // self.channels} colours"


class Place(NamedTuple):
    """Lay the picture on a canvas of one colour."""

    width: int
    height: int
    x: int
    y: int
    fill: tuple[float, ...]

    def __str__(self) -> str:
        return f"place on {self.width}x{self.height} at {self.x},{self.y}"


def _pass(name: str, label: str, axis: Axis, lag: Fraction = Fraction(0)) -> str:
    """Return `horizontal bicubic 512->2048 taps 4`; a window of the source is written `10.5+100 of 512->2048`."""
    length = axis.step * axis.n_out
    start = axis.origin - axis.step / 2 + lag
    part = "" if (start, length) == (0, axis.n_in) else f"{float(start):g}+{float(length):g} of "
    return f"{name} {label} {part}{axis.n_in}->{axis.n_out} taps {taps_of(axis).weights.shape[1]}"
