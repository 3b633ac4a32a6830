"""What is asked of Keras, of PyTorch and of our layers: a grid of parameters and inputs of small whole numbers.

Whole numbers make sums exact, so that results can be equal and not merely close.
"""

import itertools

import numpy as np


def keras_transposed():
    """Yield (x, kernel, arguments) of `conv_transpose`; Keras has no stride and dilation at once."""
    grid = itertools.product((1, 2, 5), (1, 2, 3, 4, 5), (1, 2, 3), ("valid", "same"), (None, 0, 1, 2), (1, 2))
    for n, k, s, padding, more, dilation in grid:
        nothing = padding == "same" and n == 1 and more == 0 and ((k - 1) * dilation + 1) % 2 == 0
        if (dilation > 1 and s > 1) or (more is not None and more >= s) or nothing:
            continue
        arguments = {"strides": s, "padding": padding, "output_padding": more, "dilation_rate": dilation}
        yield whole(n, n + 1, 2), whole(k, k, 3, 2, seed=1), arguments


def keras_forward():
    """Yield (x, kernel, arguments) of `conv`."""
    for k, s, padding, dilation in itertools.product((1, 2, 3, 5), (1, 2, 3), ("valid", "same"), (1, 2)):
        if s == 1 or dilation == 1:
            arguments = {"strides": s, "padding": padding, "dilation_rate": dilation}
            yield whole(9, 11, 2), whole(k, k, 2, 3, seed=1), arguments


def keras_pooling():
    """Yield (x, arguments) of `max_pool`."""
    for size, stride, padding in itertools.product((2, 3), (1, 2, 3), ("valid", "same")):
        yield whole(7, 8, 2), {"pool_size": size, "strides": stride, "padding": padding}


def keras_upsampling():
    """Yield (x, arguments) of `UpSampling2D`."""
    for name in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        for size in ((2, 2), (3, 2), (1, 4), (5, 3)):
            yield whole(5, 6, 2), {"size": size, "interpolation": name}


def torch_transposed():
    """Yield (x, kernel, arguments) of `conv_transpose2d`; the kernel in our layout."""
    grid = itertools.product((1, 4), (1, 2, 3, 4, 9), (1, 2, 3), (0, 1, 3), (0, 1), (1, 2))
    for n, k, s, padding, more, dilation in grid:
        extent = (k - 1) * dilation + 1
        if more < max(s, dilation) and (n - 1) * s - 2 * padding + extent + more > 0:
            arguments = {"strides": s, "padding": padding, "output_padding": more, "dilation_rate": dilation}
            yield whole(n, n + 1, 2), whole(k, k, 3, 2, seed=1), arguments


def torch_pooling():
    """Yield (x, arguments) of `max_pool2d`, whose indices are asked for, too."""
    for n, size, stride, padding in itertools.product((5, 6, 9), (2, 3, 4), (None, 1, 2, 3), (0, 1, 2)):
        if 2 * padding <= size:
            yield whole(n, n + 2, 2), {"pool_size": size, "strides": stride, "padding": padding}


def torch_unpooling():
    """Yield (x, indices, arguments) of `max_unpool2d`, where no two windows share a pixel."""
    for size, stride, padding, more in itertools.product((2, 3), (3, 4), (0, 1), (-1, 0, 2)):
        n = 3
        rows, columns = ((m - 1) * stride - 2 * padding + size + more for m in (n, n + 1))
        rng = np.random.default_rng(size)
        indices = np.stack([rng.choice(rows * columns, n * (n + 1), replace=False) for _ in range(2)], 1)
        arguments = {"pool_size": size, "strides": stride, "padding": padding, "output_size": (rows, columns)}
        yield whole(n, n + 1, 2), indices.reshape(1, n, n + 1, 2), arguments


def whole(*shape, seed=0):
    """Return whole numbers as float32; of three sides it is one picture."""
    rng = np.random.default_rng((seed, *shape))
    values = rng.integers(-4, 5, shape).astype(np.float32)
    return values[None] if len(shape) == 3 else values
