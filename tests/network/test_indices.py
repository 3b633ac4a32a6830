"""Files of indices and unpooling."""

import numpy as np
import pytest

from upscale_cli import layers, resize
from upscale_cli.errors import GeometryError, InputError, UsageError
from upscale_cli.network import indices as files
from upscale_cli.network.indices import Indices

TOP = {"uint8": 255, "uint16": 65535, "float32": 1}


def picture(sample="uint8", channels=3):
    values = np.random.default_rng(0).random((7, 9, channels)) * TOP[sample]
    return values.astype(np.float32) if sample == "float32" else np.rint(values).astype(sample)


def pooled(path, sample="uint8", kernel=2, stride=2, channels=3):
    """Write indices of a random picture, and return the picture and its maxima."""
    src = picture(sample, channels)
    largest, places = layers.max_pool2d(src[None].astype(np.float32), kernel, stride, return_indices=True)
    with path.open("wb") as file:
        files.write(file, Indices(places[0], src.shape, (kernel, kernel), (stride, stride)))
    return src, largest[0].astype(src.dtype)


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 3), (2, 1)])
def test_maxima_go_back_to_where_they_were(sample, kernel, stride, tmp_path):
    src, largest = pooled(tmp_path / "i.npz", sample, kernel, stride)
    got = resize(largest, method=f"unpool:indices={tmp_path / 'i.npz'}")
    assert got.shape == src.shape
    kept = got != 0
    assert (got[kept] == src[kept]).all()
    assert np.count_nonzero(got) == len({(i, c) for c in range(3) for i in np.flatnonzero(kept[..., c])})
    want = layers.max_unpool2d(
        largest[None].astype(np.float32), files.read(tmp_path / "i.npz").places[None], kernel, stride,
        output_size=src.shape[:2] if (kernel, stride) != (2, 1) else None,
    )[0]  # fmt: skip
    assert (got == want).all()


@pytest.mark.parametrize("scale", [2, 3, 5, (2, 3), 11])
def test_without_indices_pixels_stand_first_in_their_blocks(scale):
    src = picture() | 1
    x, y = scale if isinstance(scale, tuple) else (scale, scale)
    got = resize(src, scale, method="unpool")
    assert (got[::y, ::x] == src).all()
    assert np.count_nonzero(got) == src.size


def test_other_factors_copy_pixels():
    src = picture() | 1
    got = resize(src, 2.5, method="unpool")
    assert got.shape[1] == round(2.5 * src.shape[1] + 1e-9 + 0.01)
    assert set(np.unique(got)) <= {0, *np.unique(src)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"indices": np.zeros((2, 2, 3))}, "must be int64"),
        ({"indices": np.zeros((2, 2), np.int64)}, "must be int64"),
        ({"indices": np.full((2, 2, 3), 16)}, "from 0 to 15"),
        ({"indices": np.full((2, 2, 3), -1)}, "from 0 to 15"),
        ({"shape": np.array([4, 4])}, "shape must be 3 whole numbers"),
        ({"shape": np.array([4, 4, 1])}, "does not go with"),
        ({"shape": np.array([40000, 40000, 3])}, "does not go with"),
        ({"kernel": np.array([0, 2])}, "kernel must be 2 whole numbers"),
        ({"stride": np.array([1.5, 2])}, "stride must be 2 whole numbers"),
        ({"stride": None}, r"no whole \.npz file of indices"),
        ({"indices": np.array([None])}, r"no whole \.npz file of indices"),
    ],
)
def test_files_that_are_none(changes, told, tmp_path):
    whole = {
        "indices": np.zeros((2, 2, 3), np.int64), "shape": np.array([4, 4, 3]), "kernel": np.array([2, 2]),
        "stride": np.array([2, 2]),
    }  # fmt: skip
    arrays = {name: array for name, array in (whole | changes).items() if array is not None}
    np.savez(tmp_path / "i.npz", **arrays)
    with pytest.raises(InputError, match=told) as raised:
        resize(picture()[:2, :2].copy(), method=f"unpool:indices={tmp_path / 'i.npz'}")
    assert str(tmp_path) in str(raised.value)


def test_damaged_and_missing_files_are_told(tmp_path):
    path = tmp_path / "i.npz"
    with pytest.raises(InputError, match="cannot be read"):
        files.read(path)
    pooled(path)
    data = path.read_bytes()
    for part in (b"", b"x", data[: len(data) // 2], data[:-5]):
        path.write_bytes(part)
        with pytest.raises(InputError, match=r"no whole \.npz file of indices"):
            files.read(path)


def test_pictures_and_sizes_that_do_not_go_with_indices(tmp_path):
    src, largest = pooled(tmp_path / "i.npz")
    method = f"unpool:indices={tmp_path / 'i.npz'}"
    for other in (src, largest[1:].copy(), largest[..., :1].copy()):
        with pytest.raises(InputError, match="give the picture that was written with it"):
            resize(other, method=method)
    with pytest.raises(GeometryError, match="leave -s and --size out"):
        resize(largest, 4, method=method)
    with pytest.raises(UsageError, match="only enlarges"):
        resize(largest, 0.5, method="unpool")
