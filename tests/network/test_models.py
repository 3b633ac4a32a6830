"""Networks that methods ask for: kernels of a deconvolution, files of weights, turned networks."""

import io

import numpy as np
import pytest

from upscale_cli import layers, resize
from upscale_cli.errors import InputError
from upscale_cli.network import models
from upscale_cli.network.architectures import SCALES, architecture
from upscale_cli.network.weights import Model, write
from upscale_cli.spec import parse_method

from .test_convolve import by_layers, weights_of
from .test_tiles import picture


def weights_file(path, name="sesr-small", scale=2):
    kind = architecture(name, scale)
    with path.open("wb") as file:
        write(file, Model(kind, weights_of(kind), "clean"))
    return path


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("kernel", "method"), [("bilinear", "bilinear"), ("bicubic", "bicubic"), ("gaussian", "gaussian")]
)
def test_kernels_that_interpolate_are_what_they_initialise(kernel, method, scale):
    src = picture()
    got = resize(src, scale, method=f"deconv:kernel={kernel}")
    want = resize(src, scale, method=method)
    assert np.abs(got.astype(int) - want).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 4), (5, 2), (9, 9), (1, 6)])
@pytest.mark.parametrize("scale", [2, 3])
def test_any_kernel_is_a_transposed_convolution(shape, scale, tmp_path):
    """Away from the border, where the layer has zeros: torch's padding is half of what the kernel has more."""
    taps = np.random.default_rng(3).random(shape)
    np.save(tmp_path / "k.npy", taps)
    src = np.random.default_rng(4).random((13, 14, 1)).astype(np.float32)
    got = resize(src, scale, method=f"deconv:kernel={tmp_path / 'k.npy'}")
    before = [-(-(n - scale) // 2) for n in shape]  # outputs of a pixel's own kernel before its block
    pad = [max(0, n) for n in before]
    want = layers.conv2d_transpose(src[None].astype(float), taps[:, :, None, None], scale, "valid")[0]
    full = np.zeros((src.shape[0] * scale + 40, src.shape[1] * scale + 40, 1))
    full[20 : 20 + want.shape[0], 20 : 20 + want.shape[1]] = want
    top, left = (20 + n for n in before)
    want = full[top : top + got.shape[0], left : left + got.shape[1]]
    inner = tuple(slice(n, -n) for n in (max(shape[0], pad[0]) + scale, max(shape[1], pad[1]) + scale))
    assert np.abs(got[inner] - want[inner]).max(initial=0) < 1e-5
    assert got[inner].size


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (np.zeros(3), "a matrix of numbers"),
        (np.zeros((2, 2, 2)), "a matrix of numbers"),
        (np.zeros((3, 3), complex), "a matrix of numbers"),
        (np.zeros((0, 3)), "1 to 128 rows"),
        (np.zeros((129, 3)), "1 to 128 rows"),
        (np.full((3, 3), np.nan), "numbers up to a million"),
        (np.array([[None]], object), "no whole"),
        (b"no array", "no whole"),
        (b"", "no whole"),
        (None, "cannot be read"),
    ],
)
def test_kernels_that_are_none(content, told, tmp_path):
    path = tmp_path / "k.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(InputError, match=told) as raised:
        resize(picture(), 2, method=f"deconv:kernel={path}")
    assert str(path) in str(raised.value)


def test_an_archive_is_no_kernel(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros((3, 3)))
    (tmp_path / "k.npy").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="an archive"):
        resize(picture(), 2, method=f"deconv:kernel={tmp_path / 'k.npy'}")


@pytest.mark.parametrize("name", ["fsrcnn", "sesr-small"])
@pytest.mark.parametrize(("mirrored", "turns"), [(False, 1), (False, 2), (True, 0), (True, 3)])
def test_a_turned_network_sees_the_picture_turned(name, mirrored, turns):
    kind = architecture(name, 3)
    weights = weights_of(kind)
    x = np.random.default_rng(0).random((2 * kind.radius + 5, 2 * kind.radius + 4)).astype(np.float32)
    got = by_layers(*models.turned((kind, weights), mirrored, turns), x)
    seen = np.rot90(np.flip(x, 1) if mirrored else x, turns)
    back = np.rot90(by_layers(kind, weights, np.ascontiguousarray(seen)), -turns)
    back = np.flip(back, 1) if mirrored else back
    assert np.abs(got - back).max() < 1e-5


def test_weights_of_ones_own(tmp_path):
    path = weights_file(tmp_path / "own.npz")
    src = picture()
    kind = architecture("sesr-small", 2)
    got = resize(src[..., :1], 2, method=f"sesr:weights={path}")
    padded = np.pad(src[..., 0], kind.radius, mode="symmetric").astype(np.float32) / 255
    want = by_layers(kind, weights_of(kind), padded)
    assert np.abs(got[..., 0] - np.clip(want * 255, 0, 255)).max() < 0.51
    weights_file(path, "fsrcnn")  # another network under the same name is seen
    with pytest.raises(InputError, match="holds weights of fsrcnn, which -m sesr cannot use"):
        resize(src, 2, method=f"sesr:weights={path}")
    with pytest.raises(InputError, match="cannot be read"):
        resize(src, 2, method=f"sesr:weights={tmp_path / 'none.npz'}")


@pytest.mark.parametrize("sample", ["uint8", "float32"])
def test_a_self_ensemble_is_the_mean_of_eight_positions(tmp_path, sample):
    method = f"sesr:weights={weights_file(tmp_path / 'own.npz')}"
    src = picture(sample)
    positions = [(mirrored, turns) for mirrored in (False, True) for turns in range(4)]
    total = 0
    for mirrored, turns in positions:
        seen = np.ascontiguousarray(np.rot90(src[:, ::-1] if mirrored else src, turns)).astype(np.float32)
        back = np.rot90(resize(seen / (255 if sample == "uint8" else 1), 2, method=method), -turns)
        total = total + (back[:, ::-1] if mirrored else back)
    got = resize(src, 2, method=f"{method},self_ensemble=true")
    want = total / 8
    if sample == "uint8":
        assert np.abs(got - (want * 255).clip(0, 255)).max() < 0.51
    else:
        assert np.abs(got - want).max() < 1e-5
    assert (resize(src, 2, method=f"{method},self_ensemble=true", threads=1) == got).all()


@pytest.mark.parametrize("name", models.cards())
def test_networks_of_the_package_are_what_their_cards_say(name):
    model, card = models.shipped(name), models.cards()[name]
    assert (model.kind.name, model.kind.scale, model.input) == (card["architecture"], card["scale"], card["input"])
    assert sum(array.size for array in model.weights.values()) == card["parameters"]
    assert {path.stem for path in models.SHIPPED.glob("*.npz")} == set(models.cards())


def test_a_changed_file_of_the_package_is_refused(tmp_path, monkeypatch):
    name = next(iter(models.cards()))
    (tmp_path / f"{name}.npz").write_bytes((models.SHIPPED / f"{name}.npz").read_bytes() + b" ")
    cards = models.cards()
    monkeypatch.setattr(models, "SHIPPED", tmp_path)
    monkeypatch.setattr(models, "cards", lambda: cards)
    models.shipped.cache_clear()
    with pytest.raises(InputError, match="not the file that was packed: install this package again"):
        models.shipped(name)
    with pytest.raises(InputError, match="cannot be read"):
        models.shipped("none")
    models.shipped.cache_clear()


@pytest.mark.parametrize(
    "method", ["fsrcnn", "sesr", "sesr:size=small", "sesr:input=jpeg", "sesr:size=small,input=jpeg"]
)
def test_networks_are_shipped_for_factors_of_the_table(method):
    spec = parse_method(method)
    assert models.scales_of(spec.method.name, dict(spec.parameters)) == spec.method.factors
