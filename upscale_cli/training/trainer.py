"""Training of networks with PyTorch (the extra `train`).

While it is trained, each convolution is the product of two: `WIDTH` features of size k x k, and a 1 x 1 mixture of
them, plus the identity where SESR has a short skip. The product is taken of the kernels, not of pictures, so that it
costs little (Bhardwaj et al. 2022). What is kept is an exponential moving average of the products.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..errors import InputError
from ..filesystem.atomic import replacing
from ..network.architectures import Architecture, Layer, phases
from .patches import Pair, Patches, through_jpeg
from .soap import Soap

WIDTH = 64
WARM_UP = 500  # steps
EMA = 0.999
QUALITY_SHOWN = 70  # of the JPEG files that PSNR is measured on, for networks that are for such
CLIP = 0.1  # of the gradient's norm, three times what is usual in the end: rare steps of 10 and more end in noise
Weights = dict[str, np.ndarray]


class Recipe(NamedTuple):
    """How a network is trained: L1 loss, SOAP, a rate that falls like a cosine to nothing."""

    steps: int
    batch: int
    side: int  # of a patch, in input pixels
    rate: float
    seed: int
    jpeg: bool
    fast: bool = False  # bfloat16 between the first layer and the last, compiled


class _Product(nn.Module):
    """A kernel as the product of a wide one and a mixture."""

    def __init__(self, layer: Layer, short: bool, mask: np.ndarray | None) -> None:
        super().__init__()
        self.wide = nn.Parameter(torch.empty(WIDTH, layer.inputs, layer.size, layer.size))
        self.mixture = nn.Parameter(torch.empty(layer.outputs, WIDTH))
        self.bias = nn.Parameter(torch.zeros(layer.outputs))
        nn.init.xavier_normal_(self.wide)
        nn.init.xavier_normal_(self.mixture)
        base = torch.zeros(layer.outputs, layer.inputs, layer.size, layer.size)
        if short:
            base[range(layer.outputs), range(layer.outputs), layer.size // 2, layer.size // 2] = 1
        self.register_buffer("base", base)  # what the product is added to
        self.register_buffer("mask", None if mask is None else torch.from_numpy(mask))

    def kernel(self) -> torch.Tensor:
        product = torch.tensordot(self.mixture, self.wide, 1) + self.base
        return product if self.mask is None else product * self.mask


class Network(nn.Module):
    """A network of an architecture in training."""

    def __init__(self, kind: Architecture) -> None:
        super().__init__()
        self.kind = kind
        last = len(kind.layers) - 1
        self.products = nn.ModuleList(
            _Product(layer, kind.skip and 0 < k < last, _mask(kind) if k == last and kind.deconvolution else None)
            for k, layer in enumerate(kind.layers)
        )
        self.slopes = nn.ParameterList(torch.full((layer.outputs,), 0.25) for layer in kind.layers[:-1])

    @torch.no_grad()
    def start_from(self, weights: Weights) -> None:
        """Let every layer that has the shapes of given weights be what they are; others stay as they are."""
        for k, product in enumerate(self.products):
            kernel = torch.from_numpy(weights[f"kernel{k}"])
            if kernel.shape == product.base.shape:
                product.base += kernel - product.kernel()
                product.bias.copy_(torch.from_numpy(weights[f"bias{k}"]))
                if k < len(self.slopes):
                    self.slopes[k].copy_(torch.from_numpy(weights[f"slope{k}"]))

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights of the plain network, named as in `Architecture.shapes`."""
        found = {}
        for k, product in enumerate(self.products):
            found[f"kernel{k}"], found[f"bias{k}"] = product.kernel(), product.bias
            if k < len(self.slopes):
                found[f"slope{k}"] = self.slopes[k]
        return found


def _mask(kind: Architecture) -> np.ndarray:
    """Return which taps of the last layer the deconvolution has, float32 of the kernel's shape."""
    taps = phases(kind.deconvolution, kind.scale) >= 0
    mask = taps.T[:, None, :, None] & taps.T[None, :, None, :]  # phase y, phase x, row, column
    layer = kind.layers[-1]
    size = layer.size, layer.size
    return np.broadcast_to(mask.reshape(-1, 1, *size), (layer.outputs, layer.inputs, *size)).astype(np.float32)


def forward(
    kind: Architecture, weights: dict[str, torch.Tensor], x: torch.Tensor, inner: torch.dtype = torch.float32
) -> torch.Tensor:
    """Return B x 1 x scale h x scale w of x, B x 1 x (h + 2 radius) x (w + 2 radius).

    `inner` is the dtype of all layers but the first, and but the last where it gives no differences from x.
    """
    last = len(kind.layers) - 1
    y = first = x
    for k in range(last + 1):
        dtype = inner if 0 < k < last or (k == last and kind.residual) else x.dtype
        kernel = weights[f"kernel{k}"].to(dtype, memory_format=torch.channels_last)
        if k == last and kind.skip:
            y = y + _middle(first, y)
        y = functional.conv2d(y.to(dtype), kernel, weights[f"bias{k}"].to(dtype))
        if k < last:
            y = y.to(inner)
            y = functional.prelu(y, weights[f"slope{k}"].to(inner))
        first = y if k == 0 else first
    if kind.residual:
        y = y + _middle(x, y)
    return functional.pixel_shuffle(y, kind.scale)


def _middle(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return the middle of x, as large as `like`."""
    top = (x.shape[2] - like.shape[2]) // 2
    return x[:, :, top : top + like.shape[2], top : top + like.shape[3]]


class Trainer:
    """Trains a network; the state between two steps can be kept in a file."""

    def __init__(self, kind: Architecture, recipe: Recipe, train: list[Pair], start: Weights | None = None) -> None:
        torch.manual_seed(recipe.seed)
        self.kind, self.recipe, self.step = kind, recipe, 0
        self.patches = Patches(train, recipe.side, kind.radius, recipe.batch, recipe.seed, recipe.jpeg)
        self.network = Network(kind)
        if start:
            self.network.start_from(start)
        self.optimiser = Soap(self.network.parameters(), recipe.rate)
        self.mean = {name: value.detach().clone() for name, value in self.network.weights().items()}
        self.forward = torch.compile(forward) if recipe.fast else forward

    def run(self, every: int) -> Iterator[float]:
        """Train to the end; after every so many steps yield the mean loss of these, in levels of 255."""
        total = 0.0
        while self.step < self.recipe.steps:
            total += self._advance()
            if self.step % every == 0 or self.step == self.recipe.steps:
                yield 255 * total / ((self.step - 1) % every + 1)
                total = 0.0

    def _advance(self) -> float:
        inputs, targets = map(torch.from_numpy, self.patches.draw(self.step))
        inputs = inputs.contiguous(memory_format=torch.channels_last)  # a third faster
        share = self.step / self.recipe.steps
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate * min(1, (self.step + 1) / WARM_UP) * (1 + math.cos(math.pi * share)) / 2
        weights = self.network.weights()
        inner = torch.bfloat16 if self.recipe.fast else torch.float32
        loss = functional.l1_loss(self.forward(self.kind, weights, inputs, inner), targets)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimiser.step()
        self.step += 1
        keep = min(EMA, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.network.weights().items():
                self.mean[name].lerp_(value, 1 - keep)
        return loss.item()

    def weights(self) -> Weights:
        """Return the moving average of the plain network's weights, float32."""
        return {name: value.numpy().copy() for name, value in self.mean.items()}

    def psnr(self, pairs: list[Pair]) -> float:
        """Return the mean PSNR in dB of enlarged pictures, a border of the scale left out, of 8-bit luma."""
        found = []
        for large, small in pairs:
            given = through_jpeg(small, QUALITY_SHOWN) if self.recipe.jpeg else small
            x = np.pad(given, self.kind.radius, mode="symmetric")[None, None].astype(np.float32) / 255
            with torch.no_grad():
                y = forward(self.kind, self.mean, torch.from_numpy(x))[0, 0].numpy()
            inner = slice(self.kind.scale, -self.kind.scale)
            error = np.rint(y.clip(0, 1) * 255)[inner, inner] - large[inner, inner]
            found.append(10 * np.log10(255**2 / np.mean(error**2)))
        return float(np.mean(found))

    def save(self, path: Path) -> None:
        """Keep the state in a file, which appears whole or not at all."""
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "mean": self.mean}
        with replacing(path, overwrite=True) as file:
            torch.save({**state, "step": self.step, "of": self._what()}, file)

    def load(self, path: Path) -> None:
        """Go on from a state that was kept; InputError if it is none, or of another training."""
        try:
            state = torch.load(path, weights_only=True)
        except Exception as error:  # torch raises many kinds
            raise InputError(f"{path}: it is no state of a training: leave --resume out to begin anew") from error
        if state.get("of") != self._what():
            raise InputError(f"{path}: it is the state of another training: leave --resume out to begin anew")
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.mean, self.step = state["mean"], state["step"]

    def _what(self) -> list:
        """Return what makes one training differ from another, but for its pictures."""
        return [self.kind.name, self.kind.scale, *self.recipe]
