"""Convolution and its transpose on batches of pictures, with the results of Keras and PyTorch.

Arrays are B x H x W x C ("channels_last") or B x C x H x W ("channels_first"). A tap of the kernel is one product of
matrices over all pixels. In the transpose each tap meets the output positions of one phase, o = i * stride + tap, so
that no zeros are inserted and none multiplied (Dumoulin, Visin 2016).
"""

from collections.abc import Iterator

import numpy as np

Pair = int | tuple[int, int]


def conv2d(
    x: np.ndarray, kernel: np.ndarray, strides: Pair = 1, padding: str | Pair = "valid", dilation_rate: Pair = 1,
    bias: np.ndarray | None = None, data_format: str = "channels_last",
) -> np.ndarray:  # fmt: skip
    """Return the cross-correlation of x with a kernel, as Keras' and PyTorch's convolutions are.

    `x` is float32 or float64, B x H x W x I (B x I x H x W for `data_format="channels_first"`); `kernel` height x width
    x I x O, `bias` O. `padding` is "valid" (none), "same" (Keras': the output has ceil(H / stride) rows, the odd zero
    goes below and to the right), or so many zeros on either side, as in PyTorch. The output has floor((H + padding -
    extent) / stride) + 1 rows of O channels, where extent = (height - 1) * dilation_rate + 1. ValueError where shapes
    do not fit.
    """
    x = channels_last(x, data_format)
    _check(x, kernel, bias, inputs=2, outputs=3)
    steps, dilations = pair("strides", strides), pair("dilation_rate", dilation_rate)
    extents = _extents(kernel, dilations)
    around = [sides(padding, axis, x.shape[1 + axis], extents[axis], steps[axis]) for axis in (0, 1)]
    x = np.pad(x, ((0, 0), *around, (0, 0)))
    n = [(x.shape[1 + axis] - extents[axis]) // steps[axis] + 1 for axis in (0, 1)]
    if min(n) < 1:
        raise ValueError(f"a kernel that covers {extents[0]} x {extents[1]} does not fit {x.shape[1]} x {x.shape[2]}")
    out = np.zeros((x.shape[0], *n, kernel.shape[3]), x.dtype)
    for (row, column), weights in _taps(kernel, x.dtype):
        top, left = row * dilations[0], column * dilations[1]
        rows = slice(top, top + (n[0] - 1) * steps[0] + 1, steps[0])
        columns = slice(left, left + (n[1] - 1) * steps[1] + 1, steps[1])
        out += x[:, rows, columns] @ weights
    return _finished(out, bias, data_format)


def conv2d_transpose(
    x: np.ndarray, kernel: np.ndarray, strides: Pair = 1, padding: str | Pair = "valid",
    output_padding: Pair | None = None, dilation_rate: Pair = 1, bias: np.ndarray | None = None,
    data_format: str = "channels_last",
) -> np.ndarray:  # fmt: skip
    """Return the transposed convolution ("deconvolution") of x: every pixel adds the kernel, scaled, to the output.

    `x` is float32 or float64, B x H x W x I (B x I x H x W for `data_format="channels_first"`); `kernel` height x width
    x O x I as Keras has it, `bias` O. With extent = (height - 1) * dilation_rate + 1 the output has

    - "valid": (H - 1) * stride + max(extent, stride) rows, or + extent + output_padding if that is given;
    - "same": H * stride rows, or (H - 1) * stride + extent % 2 + output_padding, cut on both sides as Keras does;
    - a number or a pair p, as in PyTorch: (H - 1) * stride - 2 * p + extent + output_padding rows.

    ValueError where shapes do not fit or nothing would be left.
    """
    x = channels_last(x, data_format)
    _check(x, kernel, bias, inputs=3, outputs=2)
    steps, dilations = pair("strides", strides), pair("dilation_rate", dilation_rate)
    extents = _extents(kernel, dilations)
    more = (None, None) if output_padding is None else pair("output_padding", output_padding, least=0)
    cuts = [
        _transposed(padding, axis, x.shape[1 + axis], extents[axis], steps[axis], more[axis]) for axis in (0, 1)
    ]  # fmt: skip
    out = np.zeros((x.shape[0], cuts[0][1], cuts[1][1], kernel.shape[2]), x.dtype)
    for (row, column), weights in _taps(kernel, x.dtype):
        rows, inner_rows = _meeting(row * dilations[0] - cuts[0][0], x.shape[1], steps[0], cuts[0][1])
        columns, inner_columns = _meeting(column * dilations[1] - cuts[1][0], x.shape[2], steps[1], cuts[1][1])
        out[:, rows, columns] += x[:, inner_rows, inner_columns] @ weights.T
    return _finished(out, bias, data_format)


def _meeting(shift: int, n_in: int, step: int, n_out: int) -> tuple[slice, slice]:
    """Return the outputs that a tap meets, o = i * step + shift, and their inputs i."""
    first = max(0, -(shift // step))
    last = min(n_in - 1, (n_out - 1 - shift) // step)
    if last < first:
        return slice(0, 0), slice(0, 0)
    return slice(first * step + shift, last * step + shift + 1, step), slice(first, last + 1)


def _transposed(
    padding: str | Pair, axis: int, n: int, extent: int, step: int, more: int | None
) -> tuple[int, int]:  # fmt: skip
    """Return how many samples are cut off before, and how many there are then."""
    if padding == "valid":
        found = 0, (n - 1) * step + (max(extent, step) if more is None else extent + more)
    elif padding == "same":
        # Of the samples that stand around the first one's own, about half stay before it.
        around = extent + (step if more is None else extent % 2 + more) - 2
        found = extent - 1 - min(-(-around // 2), extent - 1), (n - 1) * step + around + 2 - extent
    else:
        before = pair("padding", padding, least=0)[axis]
        found = before, (n - 1) * step - 2 * before + extent + (more or 0)
    if found[1] < 1:
        raise ValueError(f"padding {padding} leaves nothing of {n} samples by a kernel that covers {extent}")
    return found


def sides(padding: str | Pair, axis: int, n: int, extent: int, step: int) -> tuple[int, int]:
    """Return how many samples are added before and after n of them, for windows of an extent a step apart."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = max((-(-n // step) - 1) * step + extent - n, 0)
        return total // 2, total - total // 2
    return (pair("padding", padding, least=0)[axis],) * 2


def _extents(kernel: np.ndarray, dilations: tuple[int, int]) -> tuple[int, int]:
    return tuple((kernel.shape[axis] - 1) * dilations[axis] + 1 for axis in (0, 1))


def _taps(kernel: np.ndarray, dtype: np.dtype) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Yield the place of each tap and its matrix."""
    for place in np.ndindex(kernel.shape[:2]):
        yield place, kernel[place].astype(dtype, copy=False)


def _check(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, inputs: int, outputs: int) -> None:
    """Raise ValueError unless shapes fit; `inputs` and `outputs` are the kernel's axes of channels."""
    if kernel.ndim != 4 or 0 in kernel.shape:
        raise ValueError(f"the kernel must have four axes and no empty one, not the shape {kernel.shape}")
    if x.shape[3] != kernel.shape[inputs]:
        raise ValueError(f"the kernel is for {kernel.shape[inputs]} channels, and x has {x.shape[3]}")
    if bias is not None and np.shape(bias) != (kernel.shape[outputs],):
        raise ValueError(f"bias must have the shape ({kernel.shape[outputs]},), not {np.shape(bias)}")


def _finished(out: np.ndarray, bias: np.ndarray | None, data_format: str) -> np.ndarray:
    if bias is not None:
        out += np.asarray(bias, out.dtype)
    return out if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(out, 3, 1))


def channels_last(x: np.ndarray, data_format: str) -> np.ndarray:
    """Return x with its channels last; ValueError unless it is 4-D, of floats, and the format is known."""
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f'data_format must be "channels_last" or "channels_first", not {data_format!r}')
    if x.ndim != 4 or x.dtype not in (np.float32, np.float64):
        raise ValueError(f"x must be 4-D float32 or float64, not {x.ndim}-D {x.dtype}")
    return x if data_format == "channels_last" else np.moveaxis(x, 1, 3)


def pair(name: str, value: Pair, least: int = 1) -> tuple[int, int]:
    """Return two numbers for one or two; ValueError below `least`."""
    two = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(two) != 2 or not all(isinstance(n, int | np.integer) and n >= least for n in two):
        raise ValueError(f"{name} must be a whole number or two, from {least} on, not {value!r}")
    return int(two[0]), int(two[1])
