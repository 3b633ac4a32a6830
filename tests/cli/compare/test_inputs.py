"""What `upscale compare` takes: references, pictures that exist, folders, standard input, what may not be read."""

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.cli.door import main

from .runs import PICTURE, make_pictures, pixels, rows_of

NEAREST = ("-m", "nearest", "--metrics", "psnr")


@pytest.fixture
def piped(monkeypatch):
    """Return a function that puts bytes on standard input."""

    def pipe(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return pipe


def keys(out):
    """Return image, method, scale, width and height of each row of a CSV, but for means."""
    rows = [line.split(",") for line in out.splitlines()[1:]]
    return [tuple(row[:5]) for row in rows if row[0] != "(mean)"]


def test_a_reference(told):
    code, out, err = told("compare", "low.png", "--reference", "a.png", *NEAREST, "--csv", "-", "--save", "out")
    assert (code, err, keys(out)) == (0, "", [("low.png", "nearest", "2", "24", "20")])
    assert (pixels("out/low_x2_nearest.png") == pixels("low.png").repeat(2, 0).repeat(2, 1)).all()
    Image.fromarray(PICTURE[:8, :9]).save("odd.png")
    out = told("compare", "odd.png", "low.png", "--reference", "a.png", *NEAREST, "--csv", "-")[1]
    assert [key[2:] for key in keys(out)] == [("2.66667x2.5", "24", "20"), ("2", "24", "20")]


def test_a_folder_of_references(told):
    for name in ("low/a.bmp", "low/sub/c.gif", "low/d.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PICTURE[::2, ::2]).save(name)
    code, out, err = told("compare", "low", "-r", "--reference", "set", *NEAREST, "--csv", "-")
    assert (code, [key[0] for key in keys(out)]) == (1, ["low/a.bmp", "low/sub/c.gif"])
    assert err == "upscale: low/d.png: the reference set has no picture of the name d: give one\n"
    words = ("compare", "low", "-r", "--reference", "set", *NEAREST, "--exclude", "d.*", "--save", "out")
    assert told(*words)[0] == 0
    assert Path("out/sub/c_x2_nearest.png").exists()


def test_a_reference_that_is_not_larger(told):
    code, out, err = told("compare", "a.png", "low.png", "--reference", "b.png", *NEAREST, "--csv", "-")
    assert (code, [key[0] for key in keys(out)]) == (1, ["low.png"])
    assert err.startswith("upscale: a.png: it has 24x20 pixels and its reference 24x20")
    code, _, err = told("compare", "low.png", "--reference", "none.png", *NEAREST)
    assert (code, err) == (1, "upscale: none.png: there is no such file: check its name\n")


def test_pictures_that_exist(told):
    code, out, err = told("compare", "--between", "a.png", "b.png", "a.png", "low.png", "none.png", "set", "empty")
    assert code == 1
    lines = [line.split() for line in out.splitlines() if line]
    assert lines[:2] == [["a.png,", "24x20"], ["method", "psnr", "dB", "ssim"]]
    assert [lines[2], lines[3]] == [["a.png", "*inf", "*1.0000"], ["set/a.png", "*inf", "*1.0000"]]
    assert {line[0] for line in lines[4:]} == {"b.png", "set/b.jpg"}
    told_of = [line.removeprefix("upscale: ").split(":")[0] for line in err.splitlines()]
    assert told_of == ["low.png", "none.png", "empty"]
    assert "compare pictures of one size" in err
    assert "there is no image of a known extension" in err


def test_csv_of_pictures_that_exist(told):
    words = ("compare", "--between", "a.png", "b.png", "grey.png", "--metrics", "psnr,mae,max,sharpness")
    code, out, _ = told(*words, "--csv", "-")
    assert (code, out.splitlines()[0]) == (0, "image,method,scale,width,height,psnr,mae,max,sharpness")
    assert keys(out) == [("a.png", "b.png", "1", "24", "20"), ("a.png", "grey.png", "1", "24", "20")]


def test_standard_input(told, piped):
    data = Path("a.png").read_bytes()
    piped(data)
    code, out, _ = told("compare", "-", "b.png", "-s", "2", *NEAREST, "--csv", "-", "--save", "out")
    assert (code, [key[0] for key in keys(out)]) == (0, ["-", "b.png"])
    assert sorted(path.name for path in Path("out").iterdir()) == ["b_x2_nearest.png", "stdin_x2_nearest.png"]
    piped(data)
    assert " *" not in told("compare", "--between", "a.png", "-")[1].replace("*inf", "")
    piped(b"")
    assert told("compare", "-", "-s", "2")[2] == "upscale: -: it is empty: check where it came from\n"


def test_an_image_is_compared_once(told):
    words = ("a.png", "./a.png", "set", "set/a.png", "set//a.png", "./set/", "a.png")
    out = told("compare", *words, "-s", "2", *NEAREST, "--csv", "-")[1]
    assert [key[0] for key in keys(out)] == ["a.png", "set/a.png", "set/b.jpg"]


@pytest.mark.parametrize(("words", "says"), [("empty", "no image"), ("set --include x*", "--include")])
def test_a_folder_without_images(told, words, says):
    code, out, err = told("compare", *words.split(), "-s", "2")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert says in err


@pytest.mark.parametrize(("size", "scale"), [((1, 1), "2"), ((3, 40), "4"), ((8, 8), "100000"), ((4, 4), "2")])
def test_images_that_are_too_small(told, size, scale):
    Image.new("L", size).save("small.png")
    code, out, err = told("compare", "small.png", "a.png", "-s", scale, "-m", "nearest", "--metrics", "psnr")
    assert code == 1
    assert err.startswith("upscale: small.png: ")
    assert "small.png" not in out
    assert ("a.png" in out) == (scale != "100000")


def test_the_border_of_a_small_image_may_be_measured(told):
    Image.fromarray(PICTURE[:4, :4]).save("small.png")
    assert "use --convention full" in told("compare", "small.png", "-s", "2", *NEAREST)[2]
    assert "use a smaller --shave" in told("compare", "small.png", "-s", "2", *NEAREST, "--shave", "3")[2]
    assert told("compare", "small.png", "-s", "2", *NEAREST, "--convention", "full")[0] == 0
    assert told("compare", "small.png", "-s", "2", *NEAREST, "--shave", "0")[0] == 0


def test_a_note_is_told_but_for_quiet(told):
    frames = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1])]
    frames[0].save("two.webp", save_all=True, append_images=frames[1:], lossless=True)
    words = ("compare", "two.webp", "-s", "2,4", *NEAREST)
    assert told(*words)[2] == "two.webp: only the first of 2 frames is compared\n"
    assert told(*words, "--quiet") == (0, "", "")


@pytest.fixture
def nobody(monkeypatch):
    """Stand in a folder as a user who may not read or write everything there."""
    if not hasattr(os, "seteuid"):
        pytest.skip("this system has no such permissions")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        make_pictures()
        Path("done").mkdir()
        for name in [".", *map(str, Path().rglob("*"))]:
            Path(name).chmod(0o777)
        assert main(["compare", "a.png", "-s", "2", *NEAREST, "--quiet", "--csv", "done/x.csv"]) == 0  # all is imported
        modes = {"b.png": 0, "set/sub": 0, "done": 0o555}
        for name, mode in modes.items():
            Path(name).chmod(mode)
        user = os.geteuid()
        os.seteuid(user or 65534)
        yield
        os.seteuid(user)
        for name in modes:
            Path(name).chmod(0o777)


def test_what_may_not_be_read(nobody, told):
    code, out, err = told("compare", "b.png", "set", "-r", "a.png", "-s", "2", *NEAREST)
    assert (code, out.count("24x20")) == (1, 3)
    lines = err.splitlines()
    assert [line.split(":")[1] for line in lines] == [" b.png", " set/sub"]
    assert "may not be read" in lines[0]
    assert "the folder cannot be read" in lines[1]


@pytest.mark.parametrize("output", ["--csv=x.csv --overwrite", "--json=x", "--grid=x.png", "--report=x.html"])
def test_what_may_not_be_written_is_told_before_any_work(nobody, told, output):
    before = sorted(Path("done").iterdir())
    option, _, name = output.partition("=")
    code, out, err = told("compare", "a.png", "-s", "2", *NEAREST, option, *f"done/{name}".split())
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"done/{name.split()[0]} may not be written" in err
    assert sorted(Path("done").iterdir()) == before
    assert rows_of("done/x.csv")


def test_deep_samples_stay_deep_in_full(told):
    Image.fromarray(np.arange(480, dtype=np.uint16).reshape(20, 24) * 130).save("deep.png")
    words = ("compare", "deep.png", "-s", "2", "-m", "nearest", "--convention", "full", "--metrics", "max")
    assert told(*words, "--save", "out", "--quiet") == (0, "", "")
    assert pixels("out/deep_x2_nearest.png").dtype == np.uint16
