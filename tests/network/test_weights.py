"""Files of weights: what is written is read again, and what is no such file gets one line."""

import io

import numpy as np
import pytest

from upscale_cli.errors import InputError
from upscale_cli.network.architectures import NAMES, SCALES, architecture
from upscale_cli.network.weights import Model, read, write

from .test_convolve import weights_of


def written(path, kind, **changes):
    """Write a file of weights and some arrays of it anew."""
    with path.open("wb") as file:
        write(file, Model(kind, weights_of(kind), "clean"))
    if changes:
        with np.load(path) as file:
            arrays = {**file, **changes}
        np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", SCALES)
def test_what_is_written_is_read(tmp_path, name, scale):
    kind = architecture(name, scale)
    model = read(written(tmp_path / "a.npz", kind))
    assert (model.kind, model.input) == (kind, "clean")
    for key, array in weights_of(kind).items():
        assert (model.weights[key] == array).all()


def test_the_same_weights_give_the_same_bytes():
    kind = architecture("sesr-small", 2)
    one, two = io.BytesIO(), io.BytesIO()
    write(one, Model(kind, weights_of(kind), "jpeg"))
    write(two, Model(kind, weights_of(kind), "jpeg"))
    assert one.getvalue() == two.getvalue()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "resnet"}, "no weights of a network"),
        ({"architecture": None}, "no weights of a network"),
        ({"scale": 5}, "no weights of a network"),
        ({"scale": np.array([2, 2])}, "no weights of a network"),
        ({"input": "noise"}, "no weights of a network"),
        ({"scale": 3}, r"kernel5 must be float32 \(9, 8, 3, 3\)"),
        ({"architecture": "sesr-m5"}, "kernel0 must be"),
        ({"bias1": None}, "bias1 .* is missing"),
        ({"bias1": np.zeros(8)}, "bias1 .* is float64"),
        ({"bias1": np.full(8, np.nan, np.float32)}, "bias1 holds what is no number"),
        ({"bias1": np.array([None] * 8)}, "no whole .npz"),
    ],
)
def test_other_arrays_are_refused(tmp_path, changes, words):
    path = written(tmp_path / "a.npz", architecture("sesr-small", 2), **changes)
    with pytest.raises(InputError, match=words):
        read(path)


def test_what_is_no_archive_is_refused(tmp_path):
    whole = written(tmp_path / "a.npz", architecture("sesr-small", 2)).read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("empty", b""), ("text", b"weights"), ("npy", b"\x93NUMPY")):
        path = tmp_path / f"{name}.npz"
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"no whole \.npz file"):
            read(path)
    for place in range(5, len(whole), 97):
        damaged = bytearray(whole)
        damaged[place] ^= 255
        (tmp_path / "b.npz").write_bytes(damaged)
        try:
            model = read(tmp_path / "b.npz")
        except InputError as error:
            assert str(error).startswith(str(tmp_path / "b.npz"))
        else:  # a date or an attribute of the archive, which nothing reads
            assert all((model.weights[name] == array).all() for name, array in weights_of(model.kind).items())
    with (tmp_path / "c.npz").open("wb") as file:
        np.save(file, np.zeros(3))  # an array, and no archive
    with pytest.raises(InputError, match=r"no whole \.npz file"):
        read(tmp_path / "c.npz")
    for path in (tmp_path, tmp_path / "none.npz"):
        with pytest.raises(InputError, match="cannot be read"):
            read(path)
