"""Networks, deconvolution and unpooling as requests see them: passes, factors of files, any kind of picture."""

import numpy as np
import pytest
from PIL import Image

from upscale_cli import resize, resize_file
from upscale_cli.cli.door import main
from upscale_cli.errors import UsageError
from upscale_cli.raster import Raster
from upscale_cli.request import make_request

from .network.test_models import weights_file
from .test_enlarging import noise, plan_of

METHODS = ("sesr", "deconv", "unpool")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return a method whose weights are of this folder."""
    monkeypatch.chdir(tmp_path)
    weights_file(tmp_path / "w.npz")
    return "sesr:weights=w.npz"


@pytest.mark.parametrize(
    ("words", "plan"),
    [
        ({}, "{} 2x"),
        ({"scale": 3}, "{} 2x | {} 2x | vertical lanczos 28->21 taps 8 | horizontal lanczos 40->30 taps 8 | store u8"),
        ({"scale": 2, "edge": "wrap"}, "{} 2x edge wrap"),
        ({"scale": 2, "refine": 3}, "{} 2x | refine 3 times"),
        ({"size": "14x14^"}, "{} 2x | crop 14x14 of 20x14 at 3,0"),
    ],
)
def test_plans_of_weights_of_ones_own(own, words, plan):
    assert plan_of(own, **words) == plan.format(own, own)


@pytest.mark.parametrize(
    ("method", "words", "plan"),
    [
        ("sesr", {"scale": 3}, "sesr 3x"),
        ("sesr", {"scale": 8}, "sesr 4x | sesr 2x"),
        ("fsrcnn", {"scale": 4}, "fsrcnn 4x"),
        ("deconv", {"scale": 5}, "deconv 5x"),
        ("deconv:stride=3", {}, "deconv:stride=3 3x"),
        ("deconv:stride=2", {"scale": 4}, "deconv:stride=2 2x | deconv:stride=2 2x"),
        ("unpool", {"scale": 3}, "unpool 3x3"),
        ("unpool", {"scale": (2, 3)}, "unpool 2x3"),
        ("unpool", {"scale": 1.5}, "unpool 2x2 | nearest 20x14->15x11"),
        ("dcci:refine=2", {"scale": 1}, "nothing to do"),
    ],
)
def test_plans(method, words, plan):
    assert plan_of(method, **words) == plan


def test_clear_pixels_get_the_colours_beside_them(own):
    image = noise(7, 10, 4)
    image[..., 3] = 255
    assert plan_of(own, image, alpha=True, scale=2) == f"{own} 2x"
    image[2:4, 2:4, 3] = 0
    assert plan_of(own, image, alpha=True, scale=2) == f"bleed colours under transparency | {own} 2x"
    assert plan_of(own, image, alpha=True, scale=2, straight_alpha=True) == f"{own} 2x"


def test_only_the_first_pass_sees_a_jpeg():
    """What it makes is clean."""
    request = make_request(scale=8, method="sesr:input=jpeg")
    _, plan = request.plan(Raster(noise(4, 5, 3), "rgb", False), request.geometry(5, 4))
    assert [dict(step.parameters)["input"] for step in plan.steps] == ["jpeg", "clean"]
    assert str(plan) == "sesr:input=jpeg 4x | sesr:input=clean 2x"


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 1), (3, 4)])
@pytest.mark.parametrize("name", METHODS)
def test_any_kind_of_picture(own, name, size, sample, channels):
    image = noise(*size, channels, sample=sample)
    got = resize(image, 2.5, method=own if name == "sesr" else name)
    assert got.dtype == image.dtype
    assert got.shape == (*(int(2.5 * n + 0.5) for n in size), channels)
    assert np.isfinite(got).all()


def test_grey_in_colour_is_grey(own):
    """Luma goes through the network, and no colour comes of none."""
    grey = noise(9, 8, 1, colours=9)
    got = resize(np.repeat(grey, 3, 2), 2, method=own).astype(int)
    want = resize(grey, 2, method=own)
    assert np.abs(got - want).max() <= 1


@pytest.mark.parametrize("sample", ["uint8", "uint16", "float32"])
def test_more_bits_say_the_same(own, sample):
    image = noise(9, 8, 3, colours=9)
    factor = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[sample]
    got = resize((image * np.float64(factor)).astype(sample), 2, method=own) / factor
    assert np.abs(got.clip(0, 255) - resize(image, 2, method=own)).max() < 0.51


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA", "CMYK", "YCbCr", "LAB", "P", "1", "F"])
def test_any_mode_of_file(own, mode, tmp_path):
    image = Image.fromarray(noise(6, 8, 3))
    if mode == "LAB":
        image = Image.merge("LAB", image.split())
    image = image.convert("L").convert("F") if mode == "F" else image if mode == "LAB" else image.convert(mode)
    src, dst = tmp_path / "a.tif", tmp_path / "b.tif"
    image.save(src)
    resize_file(src, dst, 2, method=own)
    with Image.open(dst) as got:
        assert got.size == (16, 12)


def test_an_animation(own, tmp_path):
    frames = [Image.fromarray(noise(6, 8, 3, colours=n)) for n in (2, 3)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    resize_file(tmp_path / "a.webp", tmp_path / "b.webp", method=own)
    with Image.open(tmp_path / "b.webp") as got:
        assert (got.n_frames, got.size) == (2, (16, 12))


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("sesr:weights=w.txt", r"weights=w\.txt must be a file's name that ends in \.npz"),
        ("deconv:kernel=lanczos", "there is no deconv kernel 'lanczos'"),
        ("deconv:stride=1", "stride=1 must be a whole number from 2 to 8"),
        ("sesr:input=png", "there is no sesr input 'png'; did you mean jpeg?"),
        ("sesr:size=huge", "there is no sesr size 'huge': it is one of small, medium"),
        ("sesr:input=jpeg,weights=w.npz", r"weights=w\.npz tells size and input: leave these out"),
        ("sesr:size=small,weights=w.npz", r"weights=w\.npz tells size and input: leave these out"),
        ("sesr:self_ensemble=maybe", "neither true nor false"),
        ("unpool:indices=4", r"ends in \.npz"),
    ],
)
def test_parameters_that_are_none(method, message):
    with pytest.raises(UsageError, match=message):
        make_request(scale=2, method=method)


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["-m", "sesr:weights=none.npz"], 1, "none.npz: it cannot be read"),
        (["-m", "sesr:weights=none.npz", "-s", "2"], 1, "none.npz: it cannot be read"),
        (["-m", "sesr:weights=a.npz", "-s", "2"], 1, "a.npz: it is no whole .npz file of weights"),
        (["-m", "sesr:weights=f.npz", "-s", "2"], 1, "f.npz: it holds weights of fsrcnn"),
        (["-m", "deconv:kernel=none.npy", "-s", "2"], 1, "none.npy: it cannot be read"),
        (["-m", "unpool:indices=a.npz", "-s", "2"], 1, "a.npz: it is no whole .npz file of indices"),
        (["-m", "sesr:weights=w.npz", "-s", "0.5"], 2, "sesr only enlarges"),
        (["-m", "bicubic", "-s", "2", "--refine", "101"], 2, "--refine"),
    ],
)
def test_bad_files_get_one_line(own, tmp_path, capsys, words, code, line):
    Image.fromarray(noise(6, 8, 3)).save("a.png")
    (tmp_path / "a.npz").write_bytes(b"no archive")
    weights_file(tmp_path / "f.npz", "fsrcnn")
    Image.fromarray(noise(6, 8, 3)).save("b.png")
    assert main(["a.png", "b.png", *words]) == code
    told = capsys.readouterr().err
    assert told.startswith("upscale: ")
    assert line in told
    assert told.count("\n") == 1
    assert not list(tmp_path.glob("[ab]_*"))


@pytest.mark.parametrize("command", ["compare", "best"])
def test_bad_files_are_told_before_anything_is_compared(own, capsys, command):
    for name in ("a.png", "b.png"):
        Image.fromarray(noise(6, 8, 3)).save(name)
    assert main([command, "a.png", "b.png", "-s", "2", "-m", "sesr:weights=none.npz,nearest"]) == 1
    out, told = capsys.readouterr()
    assert (out, told.count("\n")) == ("", 1)
    assert told.startswith("upscale: none.npz: it cannot be read")
