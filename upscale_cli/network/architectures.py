"""What the trained networks are made of: plain convolutions, one after the other, at the resolution of the input.

Each is valid: it needs k // 2 more pixels on every side than it gives, so that the picture is extended once, by the
network's radius, and tiles of it give the same samples as the whole. PReLU follows all but the last, whose scale**2
outputs are the pixels of a block, row by row.

Sources: FSRCNN, Dong, Loy, Tang 2016; SESR, Bhardwaj et al. 2022, whose linear blocks and short skips are collapsed
into single kernels. FSRCNN's 9 x 9 deconvolution of a stride is such a convolution: each phase has its own taps of it.
"""

from typing import NamedTuple

import numpy as np

SCALES = (2, 3, 4)


class Layer(NamedTuple):
    """A convolution of `size` x `size` taps."""

    size: int
    inputs: int
    outputs: int


class Architecture(NamedTuple):
    """A network for one scale.

    `skip`: what the first layer gives is added to what the last but one gives; `residual`: the input to each output.
    `deconvolution` is the side of the kernel whose phases the last layer is, 0 if it is free.
    """

    name: str
    scale: int
    layers: tuple[Layer, ...]
    skip: bool = False
    residual: bool = False
    deconvolution: int = 0

    @property
    def radius(self) -> int:
        """How many input pixels on every side an output block depends on."""
        return sum(layer.size // 2 for layer in self.layers)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The arrays that are its weights: kernels (out, in, size, size), biases (out) and slopes of PReLU (out)."""
        found = {}
        for k, layer in enumerate(self.layers):
            found[f"kernel{k}"] = (layer.outputs, layer.inputs, layer.size, layer.size)
            found[f"bias{k}"] = (layer.outputs,)
            if k < len(self.layers) - 1:
                found[f"slope{k}"] = (layer.outputs,)
        return found


def _sesr(name: str, scale: int, channels: int, depth: int, ends: int) -> Architecture:
    first, last = Layer(ends, 1, channels), Layer(ends, channels, scale**2)
    return Architecture(name, scale, (first, *[Layer(3, channels, channels)] * depth, last), True, True)


def _fsrcnn(scale: int) -> Architecture:
    features, shrunk, depth, deconvolution = 56, 12, 4, 9
    mapping = [Layer(3, shrunk, shrunk)] * depth
    last = Layer(len(phases(deconvolution, scale)), features, scale**2)
    layers = (Layer(5, 1, features), Layer(1, features, shrunk), *mapping, Layer(1, shrunk, features), last)
    return Architecture("fsrcnn", scale, layers, deconvolution=deconvolution)


def phases(size: int, scale: int) -> np.ndarray:
    """Return which tap of a deconvolution each tap of each phase is, int64 (odd K, scale), -1 where it is none.

    The kernel of `size` taps and stride `scale` stands centred on the input pixel's centre, or half an output pixel
    before it.
    """
    before = (size - scale) // 2 + (size - scale) % 2  # outputs that the kernel reaches before the pixel's own block
    reach = max(-(-before // scale), -(-(size - scale - before) // scale))
    taps = np.arange(reach, -reach - 1, -1)[:, None] * scale + np.arange(scale) + before
    return np.where((taps >= 0) & (taps < size), taps, -1)


NAMES = ("fsrcnn", "sesr-small", "sesr-m5", "sesr-m11")


def architecture(name: str, scale: int) -> Architecture:
    """Return the network of a name of NAMES for a scale of SCALES."""
    match name:
        case "fsrcnn":
            return _fsrcnn(scale)
        case "sesr-small":
            return _sesr(name, scale, 8, 4, 3)
        case "sesr-m5":
            return _sesr(name, scale, 16, 5, 5)
    return _sesr(name, scale, 16, 11, 5)
