"""`upscale pool`, and `unpool` with what it wrote."""

import json

import numpy as np
import pytest
from PIL import Image

from upscale_cli import pool
from upscale_cli.cli.door import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(1, 256, (7, 9, 3), dtype=np.uint8)).save("a.png", dpi=(150, 150))
    return tmp_path


def test_there_and_back(capsys):
    assert main(["pool", "a.png", "-o", "small.png", "--indices", "i.npz"]) == 0
    source = np.array(Image.open("a.png"))
    with Image.open("small.png") as image:
        assert round(image.info["dpi"][0]) == 150
        small = np.array(image)
    assert (small == source[:6, :8].reshape(3, 2, 4, 2, 3).max((1, 3))).all()
    with np.load("i.npz", allow_pickle=False) as file:
        assert {name: file[name].tolist() for name in ("shape", "kernel", "stride")} == {
            "shape": [7, 9, 3], "kernel": [2, 2], "stride": [2, 2],
        }  # fmt: skip
        assert file["indices"].dtype == np.int64
        assert file["indices"].shape == (3, 4, 3)
    assert main(["small.png", "-m", "unpool:indices=i.npz", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["output"], record["out_width"], record["out_height"]) == ("small_9x7_unpool.png", 9, 7)
    back = np.array(Image.open("small_9x7_unpool.png"))
    assert (back[back > 0] == source[back > 0]).all()
    assert np.count_nonzero(back) == small.size


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK", "I;16", "P", "1"])
def test_any_mode(mode):
    image = Image.open("a.png")
    if mode == "I;16":
        image = Image.fromarray(np.array(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    name = "b.tif" if mode == "CMYK" else "b.png"
    image.save(name)
    assert main(["pool", name, "-o", f"s_{name}", "--indices", "i.npz", "-k", "3", "--stride", "2"]) == 0
    assert main([f"s_{name}", "-o", f"u_{name}", "-m", "unpool:indices=i.npz"]) == 0
    with Image.open(f"u_{name}") as got:
        assert got.size == (9, 7)


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["none.png", "-o", "s.png", "--indices", "i.npz"], 1, "none.png: there is no such file"),
        (["a.png", "-o", "a.png", "--indices", "i.npz", "--overwrite"], 1, "would be the input itself"),
        (["a.png", "-o", "s.png", "--indices", "i.txt"], 2, "--indices i.txt"),
        (["a.png", "-o", "s.xyz", "--indices", "i.npz"], 2, ".xyz names no format"),
        (["a.png", "-o", "-", "--indices", "i.npz"], 2, "-o -"),
        (["a.png", "-o", "s.png"], 2, "--indices"),
        (["a.png", "-o", "old.png", "--indices", "i.npz"], 1, "old.png exists"),
        (["a.png", "-o", "s.png", "--indices", "old.npz"], 1, "old.npz exists"),
        (["a.png", "-o", "s.png", "--indices", "a.png/i.npz"], 1, "a.png/i.npz"),
        (["a.png", "-o", "a.png/s.png", "--indices", "i.npz"], 1, "a.png/s.png"),
        (["a.png", "-o", "s.png", "--indices", "i.npz", "-k", "8"], 1, "do not fit into 9x7 pixels"),
        (["a.png", "-o", "s.png", "--indices", "i.npz", "-k", "0"], 2, "from 1 to 64"),
        (["a.png", "-o", "d.png", "--indices", "i.npz"], 1, "d.png is a folder: give -o the name of a file"),
        (["a.png", "-o", "d.png/", "--indices", "i.npz"], 2, "give -o the name of a file"),
        (["a.png", "-o", "d.png", "--indices", "d.png.npz", "--overwrite"], 1, "d.png is a folder: give -o"),
        (["a.png", "-o", "s.png", "--indices", "d.npz"], 1, "d.npz is a folder: give --indices the name"),
        (["a.png", "-o", "s.png", "--indices", f"{'i' * 300}.npz"], 1, "choose another place or name with --indices"),
        (["a.png", "-o", "s.png", "--indices", "i.npz", "--max-pixels", "62"], 1, "allow them with --max-pixels"),
        (["a.png", "-o", "s.png", "--indices", "i.npz", "-f", "xyz"], 2, ".xyz names no format"),
        (["a.png", "-o", "s3://b/s.png", "--indices", "i.npz"], 2, "files of this machine"),
    ],
)
def test_wrong_words_and_files_get_one_line(here, capsys, words, code, line):
    for name in ("old.png", "old.npz"):
        (here / name).write_bytes(b"old")
    for name in ("d.png", "d.npz"):
        (here / name).mkdir()
    before = sorted(path.name for path in here.iterdir())
    assert main(["pool", *words]) == code
    told = capsys.readouterr().err
    assert line in told
    assert told.count("\n") == 1
    assert sorted(path.name for path in here.iterdir()) == before
    assert (here / "old.png").read_bytes() == (here / "old.npz").read_bytes() == b"old"


def test_what_its_messages_advise_is_there():
    assert main(["pool", "a.png", "-o", "s", "--indices", "i.npz", "-f", "tiff", "--max-pixels", "63"]) == 0
    with Image.open("s") as image:
        assert (image.format, image.size) == ("TIFF", (4, 3))


def test_folders_are_made():
    assert main(["pool", "a.png", "-o", "new/s.png", "--indices", "other/i.npz"]) == 0
    assert Image.open("new/s.png").size == (4, 3)


def test_indices_of_another_picture_are_refused(capsys):
    assert main(["pool", "a.png", "-o", "small.png", "--indices", "i.npz"]) == 0
    assert main(["a.png", "-m", "unpool:indices=i.npz"]) == 1
    assert main(["small.png", "-m", "unpool:indices=i.npz", "-s", "3"]) == 1
    assert main(["small.png", "-m", "unpool:indices=i"]) == 2
    assert main(["small.png", "-m", "unpool:indices=none.npz"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2].split(" ")[0] for line in told] == [
        "a.png:",
        "small.png:",
        "-m/--method:",
        "none.npz:",
    ]


def test_the_first_frame_alone_is_pooled(capsys):
    frames = [Image.new("L", (6, 6), level) for level in (10, 200)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    assert main(["pool", "a.gif", "-o", "s.png", "--indices", "i.npz"]) == 0
    assert "only the first of 2 frames" in capsys.readouterr().err


def test_an_interrupt_leaves_neither_file(here, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "encode", interrupt)
    assert main(["pool", "a.png", "-o", "s.png", "--indices", "i.npz"]) == 130
    assert [path.name for path in here.iterdir()] == ["a.png"]
