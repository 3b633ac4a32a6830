"""Standard input and output: images through pipes, and nothing but them; terminals refused, closed pipes quiet."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.cli.door import main

UPSCALE = [sys.executable, "-m", "upscale_cli"]
NEAREST = ["-s", "2", "-m", "nearest"]
SAMPLES = (np.indices((3, 4)).sum(0)[..., None] * 40 + np.arange(3)).astype(np.uint8)
XPM = b'/* XPM */\nstatic char *a[] = {\n"2 1 2 1",\n"a c #FF0000",\n"b c #0000FF",\n"ab"\n};\n'
FORMATS = {"png": "PNG", "gif": "GIF", "webp": "WEBP", "tif": "TIFF", "bmp": "BMP", "jpg": "JPEG", "ppm": "PPM"}


def encoded(form="PNG", samples=SAMPLES, **how):
    file = io.BytesIO()
    how |= {"lossless": True} if form == "WEBP" else {}
    Image.fromarray(samples).save(file, form, **how)
    return file.getvalue()


def film():
    frames = [np.full((3, 4, 3), level, np.uint8) for level in (0, 90, 180)]
    return encoded("GIF", frames[0], save_all=True, append_images=map(Image.fromarray, frames[1:]), duration=50, loop=0)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(encoded())


class Stream(io.BytesIO):
    """Stands for a standard stream: it is its own buffer, as far as it is used."""

    def __init__(self, data=b"", terminal=False):
        super().__init__(data)
        self.buffer, self.terminal = self, terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def piped(monkeypatch, capsysbinary):
    """Return a function that runs a command line with bytes on standard input; it returns code, output and errors."""

    def run(data, *words):
        monkeypatch.setattr(sys, "stdin", Stream(data))
        code = main([*words])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


def shown(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("extension", FORMATS)
def test_the_format_is_told_by_the_content(piped, extension):
    code, out, err = piped(encoded(FORMATS[extension]), "-", *NEAREST, "-o", "-")
    assert (code, err) == (0, "")
    assert Image.open(io.BytesIO(out)).format == FORMATS[extension]
    off = shown(out).astype(int) - SAMPLES.repeat(2, 0).repeat(2, 1)
    assert np.abs(off).max() <= (12 if extension in ("jpg", "webp") else 0)
    assert sorted(path.name for path in Path().iterdir()) == ["a.png"]


def test_the_format_that_is_said_counts_more(piped):
    code, out, err = piped(encoded("PPM"), "-", *NEAREST, "-o", "-", "-f", "webp", "--lossless")
    assert (code, err) == (0, "")
    assert Image.open(io.BytesIO(out)).format == "WEBP"


def test_a_format_that_is_read_and_not_written_needs_another(piped):
    code, out, err = piped(XPM, "-", *NEAREST, "-o", "-")
    assert (code, out) == (1, b"")
    assert err.startswith("upscale: -: ")
    assert err.count("\n") == 1
    assert "-f" in err
    code, out, err = piped(XPM, "-", *NEAREST, "-o", "-", "-f", "png")
    assert (code, err) == (0, "")
    assert shown(out)[0].tolist() == [[255, 0, 0]] * 2 + [[0, 0, 255]] * 2


@pytest.mark.parametrize("extension", ["png", "gif", "tif"])
def test_what_a_file_would_get_goes_to_standard_output(piped, extension):
    assert piped(b"", "a.png", *NEAREST, "-o", f"b.{extension}", "--quiet") == (0, b"", "")
    for data, source in ((encoded(), "-"), (b"", "a.png")):
        assert piped(data, source, *NEAREST, "-o", "-", "-f", extension) == (0, Path(f"b.{extension}").read_bytes(), "")


@pytest.mark.parametrize("extension", ["gif", "webp", "png", "tif"])
def test_animations_pass_through(piped, extension):
    code, out, err = piped(film(), "-", *NEAREST, "-o", "-", "-f", extension)
    assert (code, err) == (0, "-: delays are not kept\n" * (extension == "tif"))
    assert Image.open(io.BytesIO(out)).n_frames == 3


def test_only_the_image_is_on_standard_output(piped):
    code, out, err = piped(film(), "-", *NEAREST, "-o", "-", "-f", "jpg", "-v")
    assert code == 0
    assert out[:2] + out[-2:] == b"\xff\xd8\xff\xd9"
    lines = err.splitlines()
    assert lines[0] == "- 4x3 -> - 8x6"
    assert lines[-1] == "-: only the first of 3 frames is kept"


def test_a_plan_may_be_asked_for(piped):
    code, out, err = piped(encoded(), "-", *NEAREST, "-o", "-", "--dry-run")
    assert (code, err) == (0, "")
    assert out.decode().startswith("- 4x3 -> - 8x6: nearest")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("-o {stem}_{width}{ext}", "stdin_8.png"),
        ("-o {dir}/{scale}{stem}.gif", "2stdin.gif"),
        ("-o out/", "out/stdin.png"),
        ("-o out/ -f webp", "out/stdin.webp"),
        ("-o b.bmp", "b.bmp"),
        ("-o b -f tif", "b"),
        ("-o ./- -f png", "-"),
    ],
)
def test_names_of_what_comes_from_standard_input(piped, words, name):
    assert piped(encoded(), "-", *NEAREST, *words.split(), "--quiet") == (0, b"", "")
    assert [str(path) for path in sorted(Path().rglob("*")) if path.is_file() and path.name != "a.png"] == [name]
    Image.open(name).load()


def test_standard_input_among_files(piped):
    code, out, err = piped(encoded("BMP"), "-", "a.png", *NEAREST, "-o", "out/")
    assert (code, out) == (0, b"")
    assert err.startswith("2 done into out/ in ")
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "stdin.bmp"]


def test_a_file_whose_name_is_a_dash(piped):
    Path("-").write_bytes(encoded())
    assert piped(b"no image", "./-", *NEAREST, "-o", "b.png") == (0, b"", "- 4x3 -> b.png 8x6\n")
    assert Image.open("b.png").size == (8, 6)


def test_json_calls_standard_input_a_dash(piped):
    code, out, err = piped(encoded(), "-", *NEAREST, "-o", "b.png", "--json", "--quiet")
    record = json.loads(out)
    assert (code, err) == (0, "")
    assert (record["input"], record["output"], record["status"]) == ("-", "b.png", "done")
    code, out, err = piped(b"no image", "-", *NEAREST, "-o", "c.png", "--json")
    record = json.loads(out)
    assert (code, record["input"], record["status"], record["reason"]) == (1, "-", "failed", err[len("upscale: ") : -1])


BAD = {
    "empty": (b"", "it is empty"),
    "text": (b"this is no image", "it is not an image"),
    "cut": (encoded(samples=np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))[:2000], "truncated"),
    "a film's third frame": (film()[:-12], "it is damaged"),
}


@pytest.mark.parametrize("out", ["-", "b.gif"])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_writes_nothing_and_is_one_line(piped, case, out):
    data, says = BAD[case]
    code, written, err = piped(data, "-", *NEAREST, "-o", out, "-f", "gif")
    assert (code, written) == (1, b"")
    assert err.startswith("upscale: -: ")
    assert says in err
    assert (err.count("\n"), "defect" in err) == (1, False)
    assert [path.name for path in Path().iterdir()] == ["a.png"]


@pytest.mark.parametrize(("limit", "says"), [("11", "it has 4x3 pixels"), ("47", "the result would have 8x6")])
def test_too_many_pixels(piped, limit, says):
    code, out, err = piped(encoded(), "-", *NEAREST, "-o", "-", "--max-pixels", limit)
    assert (code, out) == (1, b"")
    assert err.startswith(f"upscale: -: {says}")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("-", "-o"),
        ("- -o - --json", "--json"),
        ("- a.png -o -", "several"),
        ("- - -o out/", "twice"),
        (". -o -", "several"),
        ("- -o b.png -f pgn", "pgn"),
        ("- -o - -f pgn", "pgn"),
        ("- a.png -o b.png", "several"),
    ],
)
def test_wrong_words_read_and_write_nothing(piped, words, says):
    code, out, err = piped(encoded(), *words.split(), *NEAREST)
    assert (code, out) == (2, b"")
    assert says in err
    assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["a.png"]
    assert sys.stdin.tell() == 0


def test_several_sizes_do_not_fit_standard_output(piped):
    code, out, err = piped(encoded(), "-", "-s", "1,2", "-o", "-")
    assert (code, out) == (2, b"")
    assert "-o -" in err


@pytest.mark.parametrize("data", [None, Stream(encoded(), terminal=True)])
def test_no_image_is_read_from_a_terminal(monkeypatch, capsysbinary, data):
    monkeypatch.setattr(sys, "stdin", data)  # None: it was closed
    assert main(["-", *NEAREST, "-o", "b.png"]) == 1
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert err.count(b"\n") == 1
    assert b"standard input" in err
    assert not Path("b.png").exists()
    assert data is None or data.tell() == 0


def test_real_pipes():
    """As in the help: two of them in a row, the second into another format."""
    a = subprocess.Popen([*UPSCALE, "-", *NEAREST, "-o", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    b = subprocess.Popen(
        [*UPSCALE, "-", "-s", "0.5", "-m", "nearest", "-o", "-", "-f", "webp", "--lossless"],
        stdin=a.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    a.stdout.close()
    a.stdin.write(encoded())
    a.stdin.close()
    out, err = b.communicate(timeout=60)
    assert (a.wait(), b.returncode, err) == (0, 0, b"")
    assert Image.open(io.BytesIO(out)).format == "WEBP"
    assert (shown(out) == SAMPLES).all()


@pytest.mark.parametrize("end", ["stdin", "stdout"])
def test_a_real_terminal_is_refused(end):
    terminal, line = pty.openpty()
    words = {"stdin": ["-", "-o", "b.png"], "stdout": ["a.png", "-o", "-"]}[end]
    done = subprocess.run([*UPSCALE, *words, *NEAREST], stderr=subprocess.PIPE, check=False, **{end: line})
    os.write(line, b"end")
    assert os.read(terminal, 100) == b"end"
    os.close(terminal)
    os.close(line)
    assert done.returncode == 1
    assert done.stderr.startswith(f"upscale: standard {'in' if end == 'stdin' else 'out'}put is a terminal".encode())
    assert done.stderr.count(b"\n") == 1
    assert not Path("b.png").exists()


@pytest.mark.parametrize("read", [0, 10])
def test_a_reader_that_goes_is_told_nothing_but_the_code(read):
    """One goes before anything is written, one amid more than a pipe holds."""
    samples = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    Path("big.bmp").write_bytes(encoded("BMP", samples))
    process = subprocess.Popen(
        [*UPSCALE, "big.bmp", *NEAREST, "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert len(process.stdout.read(read)) == read
    process.stdout.close()
    assert (process.stderr.read(), process.wait(timeout=60)) == (b"", 1)
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_behind_standard_output_is_one_line():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*UPSCALE, "a.png", *NEAREST, "-o", "-"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "standard output cannot be written (No space left on device)" in done.stderr
