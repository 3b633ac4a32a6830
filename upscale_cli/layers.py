"""Layers of networks on NumPy arrays, with the results of Keras and PyTorch and neither of them.

The functions are the layers; the classes hold arguments under Keras' names, and weights.
"""

import numpy as np

from .network.convolution import Pair, conv2d, conv2d_transpose
from .network.pooling import max_pool2d, max_unpool2d
from .network.upsampling import pixel_shuffle, prelu, upsampling2d

__all__ = [
    "Conv2DTranspose",
    "MaxPool2D",
    "MaxUnpool2D",
    "UpSampling2D",
    "conv2d",
    "conv2d_transpose",
    "max_pool2d",
    "max_unpool2d",
    "pixel_shuffle",
    "prelu",
    "upsampling2d",
]


class UpSampling2D:
    """`upsampling2d` with its arguments; call it with x, B x H x W x C."""

    def __init__(self, size: Pair = (2, 2), data_format: str = "channels_last", interpolation: str = "nearest") -> None:
        self.size, self.data_format, self.interpolation = size, data_format, interpolation

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return upsampling2d(x, self.size, self.interpolation, self.data_format)


class Conv2DTranspose:
    """`conv2d_transpose` with its arguments; `set_weights` must be called before it is.

    `filters` is the number of output channels, `kernel_size` the kernel's height and width.
    """

    def __init__(
        self, filters: int, kernel_size: Pair, strides: Pair = (1, 1), padding: str | Pair = "valid",
        output_padding: Pair | None = None, data_format: str = "channels_last", dilation_rate: Pair = (1, 1),
        use_bias: bool = True,
    ) -> None:  # fmt: skip
        self.filters, self.use_bias = filters, use_bias
        self.kernel_size = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
        self.strides, self.padding, self.output_padding = strides, padding, output_padding
        self.data_format, self.dilation_rate = data_format, dilation_rate
        self.kernel: np.ndarray | None = None
        self.bias: np.ndarray | None = None

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Take the kernel (height x width x filters x I) and, with `use_bias`, the bias (filters).

        ValueError for other shapes.
        """
        kernel, *rest = weights
        if kernel.ndim != 4 or kernel.shape[:3] != (*self.kernel_size, self.filters) or len(rest) != self.use_bias:
            shape = (*self.kernel_size, self.filters, "I")
            raise ValueError(f"weights must be a kernel of {shape}" + f" and a bias of {self.filters}" * self.use_bias)
        self.kernel, self.bias = kernel, rest[0] if rest else None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if self.kernel is None:
            raise ValueError("set_weights has not been called")
        return conv2d_transpose(
            x, self.kernel, self.strides, self.padding, self.output_padding, self.dilation_rate, self.bias,
            self.data_format,
        )  # fmt: skip


class MaxPool2D:
    """`max_pool2d` with its arguments; call it with x, and `return_indices=True` for the places of the maxima."""

    def __init__(
        self, pool_size: Pair = (2, 2), strides: Pair | None = None, padding: str | Pair = "valid",
        data_format: str = "channels_last",
    ) -> None:  # fmt: skip
        self.pool_size, self.strides, self.padding, self.data_format = pool_size, strides, padding, data_format

    def __call__(self, x: np.ndarray, return_indices: bool = False) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        return max_pool2d(x, self.pool_size, self.strides, self.padding, return_indices, self.data_format)


class MaxUnpool2D:
    """`max_unpool2d` with its arguments; call it with x and the indices, and `output_size` if it is to differ."""

    def __init__(
        self, pool_size: Pair = (2, 2), strides: Pair | None = None, padding: Pair = 0,
        data_format: str = "channels_last",
    ) -> None:  # fmt: skip
        self.pool_size, self.strides, self.padding, self.data_format = pool_size, strides, padding, data_format

    def __call__(self, x: np.ndarray, indices: np.ndarray, output_size: tuple[int, int] | None = None) -> np.ndarray:
        return max_unpool2d(x, indices, self.pool_size, self.strides, self.padding, output_size, self.data_format)
