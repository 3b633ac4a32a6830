"""Layers against recorded results of Keras and PyTorch, against PyTorch itself, and on what does not fit."""

import itertools

import numpy as np
import pytest

from upscale_cli import layers

from . import cases
from .make_goldens import FOLDER, torch_results


def recorded(library):
    with np.load(FOLDER / f"{library}.npz") as file:
        values, shapes = file["values"], file["shapes"]
    ends = np.cumsum(shapes.prod(1))
    return [part.reshape(shape) for part, shape in zip(np.split(values, ends[:-1]), shapes, strict=True)]


def assert_close(got, want):
    assert got.shape == want.shape
    assert np.abs(got - want).max(initial=0) <= 1e-5


def ours_of_keras(dtype):
    for x, kernel, arguments in cases.keras_transposed():
        yield layers.conv2d_transpose(x.astype(dtype), kernel, **arguments)
    for x, kernel, arguments in cases.keras_forward():
        yield layers.conv2d(x.astype(dtype), kernel, **arguments)
    for x, arguments in cases.keras_pooling():
        yield layers.max_pool2d(x.astype(dtype), **arguments)
    for x, arguments in cases.keras_upsampling():
        yield layers.upsampling2d(x.astype(dtype), **arguments)


def ours_of_torch(dtype):
    """Channels first, as torch has it."""
    for x, kernel, arguments in cases.torch_transposed():
        yield layers.conv2d_transpose(first(x).astype(dtype), kernel, data_format="channels_first", **arguments)
    for x, arguments in cases.torch_pooling():
        yield from layers.max_pool2d(
            first(x).astype(dtype), return_indices=True, data_format="channels_first", **arguments
        )
    for x, indices, arguments in cases.torch_unpooling():
        yield layers.max_unpool2d(first(x).astype(dtype), first(indices), data_format="channels_first", **arguments)


def first(x):
    return np.moveaxis(x, 3, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("library", "ours"), [("keras", ours_of_keras), ("torch", ours_of_torch)])
def test_equals_recorded_results(library, ours, dtype):
    want = recorded(library)
    assert len(want) > 200
    for got, expected in zip(ours(dtype), want, strict=True):
        assert_close(got, expected)
        assert got.dtype in (dtype, np.int64)


def test_equals_torch_itself():
    pytest.importorskip("torch")
    for got, want in zip(ours_of_torch(np.float32), torch_results(), strict=True):
        assert_close(got, want.numpy())


@pytest.mark.parametrize(("k", "s", "p"), list(itertools.product((1, 3, 4), (1, 2, 3), (0, 1))))
def test_transpose_is_the_adjoint_of_the_convolution(k, s, p):
    """<conv(x), y> = <x, conv_transpose(y)>, whatever the numbers."""
    x, kernel = cases.whole(10, 9, 2), cases.whole(k, k, 2, 3, seed=1)
    y = layers.conv2d(x, kernel, s, p)
    other = cases.whole(*y.shape[1:], seed=2)
    more = [(n + 2 * p - k) % s for n in x.shape[1:3]]
    back = layers.conv2d_transpose(other, kernel, s, p, more)
    assert (y * other).sum() == (x * back).sum()


def test_bias_and_pairs():
    x, kernel, bias = cases.whole(5, 6, 2), cases.whole(3, 2, 4, 2), np.arange(4.0)
    plain = layers.conv2d_transpose(x, kernel, (2, 3))
    assert plain.shape == (1, 11, 18, 4)
    assert (layers.conv2d_transpose(x, kernel, (2, 3), bias=bias) == plain + bias.astype(np.float32)).all()


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pixel_shuffle_is_a_transposed_convolution_whose_stride_is_its_kernel(data_format):
    x = cases.whole(3, 4, 8)
    kernel = np.zeros((2, 2, 2, 8), np.float32)
    for channel in range(8):
        kernel[channel // 2 % 2, channel % 2, channel // 4, channel] = 1
    want = layers.conv2d_transpose(x, kernel, 2)
    if data_format == "channels_first":
        x, want = first(x), first(want)
    assert (layers.pixel_shuffle(x, 2, data_format) == want).all()


def test_prelu():
    x = np.array([-2.0, 3.0], np.float32).reshape(1, 1, 1, 2) * np.ones((1, 2, 2, 1), np.float32)
    assert (layers.prelu(x, [0.5, 9])[0, 0, 0] == [-1, 3]).all()
    assert (layers.prelu(-first(x), [0.5, 9], "channels_first")[0, :, 0, 0] == [2, -27]).all()


def test_unpooling_undoes_pooling_where_maxima_stood():
    x = cases.whole(8, 6, 3) + 5
    y, indices = layers.MaxPool2D()(x, return_indices=True)
    back = layers.MaxUnpool2D()(y, indices)
    assert ((back == x) | (back == 0)).all()
    assert (back > 0).sum() == y.size


def test_classes_take_keras_names():
    x, kernel = cases.whole(4, 5, 2), cases.whole(3, 3, 3, 2)
    layer = layers.Conv2DTranspose(filters=3, kernel_size=3, strides=2, padding="same", use_bias=False)
    with pytest.raises(ValueError, match="set_weights"):
        layer(x)
    with pytest.raises(ValueError, match="weights must be"):
        layer.set_weights([kernel[:2]])
    layer.set_weights([kernel])
    assert (layer(x) == layers.conv2d_transpose(x, kernel, 2, "same")).all()
    assert layers.UpSampling2D(size=(2, 3), interpolation="nearest")(x).shape == (1, 8, 15, 2)


WRONG = [
    (lambda x: layers.conv2d(x[0], cases.whole(3, 3, 2, 1)), "4-D"),
    (lambda x: layers.conv2d(x.astype(int), cases.whole(3, 3, 2, 1)), "float"),
    (lambda x: layers.conv2d(x, cases.whole(3, 3, 3, 1)), "3 channels"),
    (lambda x: layers.conv2d(x, cases.whole(9, 9, 2, 1)), "does not fit"),
    (lambda x: layers.conv2d(x, np.zeros((3, 3))), "four axes"),
    (lambda x: layers.conv2d_transpose(x, np.zeros((3, 3))), "four axes"),
    (lambda x: layers.conv2d(x, cases.whole(3, 3, 2, 1), 1.5), "strides"),
    (lambda x: layers.conv2d(x, cases.whole(3, 3, 2, 1), padding="full"), "padding"),
    (lambda x: layers.conv2d(x, cases.whole(3, 3, 2, 1), bias=np.zeros(2)), "bias"),
    (lambda x: layers.conv2d(x, cases.whole(3, 3, 2, 1), data_format="last"), "data_format"),
    (lambda x: layers.conv2d_transpose(x, cases.whole(3, 3, 2, 1)), "1 channels"),
    (lambda x: layers.conv2d_transpose(x, cases.whole(1, 1, 1, 2), padding=9), "leaves nothing"),
    (lambda x: layers.conv2d_transpose(x, cases.whole(1, 1, 1, 2), 0), "strides"),
    (lambda x: layers.upsampling2d(x, 2, "cubic"), "interpolation"),
    (lambda x: layers.max_pool2d(x, 7), "does not fit"),
    (lambda x: layers.max_pool2d(x, 2, padding=2), "half"),
    (lambda x: layers.max_unpool2d(x, np.zeros(x.shape, int) + 99, 2), "indices"),
    (lambda x: layers.max_unpool2d(x, np.zeros(x.shape), 2), "integers"),
    (lambda x: layers.max_unpool2d(x, np.zeros(x.shape, int), 2, output_size=(30, 8)), "output_size"),
    (lambda x: layers.pixel_shuffle(x, 2), "multiple"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_what_does_not_fit_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong(cases.whole(4, 4, 2))
