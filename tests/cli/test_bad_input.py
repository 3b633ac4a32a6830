"""Every bad input and every wrong word: one line, the right exit code, nothing changed."""

import functools
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.cli.door import main
from upscale_cli.formats import BY_EXTENSION

NEAREST = ("-m", "nearest")
CUT = {
    extension: BY_EXTENSION[extension].name for extension in ("jpg", "png", "tif", "gif", "bmp", "webp", "ppm", "jp2")
}
MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "gif": b"GIF89a", "tif": b"II*\0"}


@functools.cache
def encoded(form, size=(64, 48), **how):
    samples = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, form, **how)
    return file.getvalue()


def half(form, **how):
    data = encoded(form, **how)
    return data[: len(data) // 2]


def flipped(data):
    return data[:95] + bytes(byte ^ 255 for byte in data[95:105]) + data[105:]


def snapshot():
    return {
        path: path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        for path in sorted(Path().rglob("*"))
    }


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {
        "a.png": encoded("PNG", (4, 3)),
        "b.png": encoded("PNG", (4, 3)),
        "old.png": b"old",
        "text.png": b"this is not an image",
        "zero.png": b"",
        "zero.jpg": b"",
        **{f"cut.{ext}": half(form) for ext, form in CUT.items()},
        "flipped.avif": flipped(encoded("AVIF")),
        "flipped.tif": flipped(encoded("TIFF", compression="tiff_adobe_deflate")),
        "head.png": encoded("PNG")[:20],
        **{f"magic.{ext}": magic for ext, magic in MAGIC.items()},
        "noext": encoded("PNG", (4, 3)),
    }
    for name, content in files.items():
        Path(name).write_bytes(content)
    for folder in ("empty", "texts", "target.png"):
        Path(folder).mkdir()
    Path("texts/notes.txt").write_text("no image")
    Path("link.png").symlink_to("a.png")
    Path("dangling.png").symlink_to("nowhere")
    Path("loop.png").symlink_to("loop.png")


@pytest.fixture
def refused(capfd):
    """Return a function that asserts that a command line fails as the contract says, and gives its line."""

    def line(words, code):
        before = snapshot()
        assert main(words) == code
        out, err = capfd.readouterr()
        assert snapshot() == before
        assert out == ""
        assert err.startswith("upscale: ")
        assert err.count("\n") == 1
        assert err.endswith("\n")
        assert "Traceback" not in err
        assert "this is a defect" not in err
        return err

    return line


FACTS = [  # exit 1: what a file or a disk says
    ("none.png -s 2", ["none.png", "no such file"]),
    ("none/none.png -s 2", ["none/none.png", "no such file"]),
    ("a.png/none.png -s 2", ["a.png/none.png"]),
    ("dangling.png -s 2", ["dangling.png", "no such file"]),
    ("loop.png -s 2", ["loop.png"]),
    ("empty -s 2", ["empty", "no image"]),
    ("texts/ -s 2", ["texts", "no image"]),
    ("text.png -s 2", ["text.png", "not an image"]),
    ("zero.png -s 2", ["zero.png", "empty"]),
    ("zero.jpg -s 2", ["zero.jpg", "empty"]),
    ("cut.jpg -s 2", ["cut.jpg", "damaged", "truncated"]),
    *((f"cut.{form} -s 2", [f"cut.{form}"]) for form in CUT if form != "png"),
    ("cut.png -s 2", ["cut.png", "truncated"]),
    ("head.png -s 2", ["head.png"]),
    ("flipped.tif -s 2", ["flipped.tif", "damaged"]),
    ("flipped.avif -s 2", ["flipped.avif", "cannot be read"]),
    *((f"magic.{form} -s 2", [f"magic.{form}"]) for form in MAGIC),
    ("a.png -s 2 --max-pixels 11", ["a.png", "4x3", "--max-pixels"]),
    ("a.png -s 2 --max-pixels 47", ["a.png", "8x6", "--max-pixels"]),
    ("a.png -s 100000", ["a.png", "400000x300000", "--max-pixels"]),
    ("a.png -s 0.1", ["a.png", "0.1", "4x3"]),
    ("a.png --size 1%", ["a.png"]),
    ("a.png -s 2 -o old.png", ["old.png", "exists", "--overwrite"]),
    ("a.png -s 2 -o /proc/b.png", ["/proc/b.png", "another"]),
    ("a.png -s 2 -o old.png/b.png", ["old.png/b.png cannot be written, since old.png is no folder"]),
    ("a.png -s 2 -o dangling.png", ["dangling.png", "exists"]),
    ("a.png -s 2 -o a.png", ["a.png", "input"]),
    ("a.png -s 2 -o a.png --overwrite", ["a.png", "input"]),
    ("a.png -s 2 -o link.png --overwrite", ["input"]),
    ("a.png -s 2 -o /proc/self/", ["a.png", "/proc/self"]),
    ("a.png -s 2 -o /proc/none/", ["a.png", "/proc/none"]),
    ("a.png -s 2 -o old.png/", ["a.png", "old.png"]),
    ("a.png -s 2 -o old.png/x.png", ["a.png", "old.png"]),
    ("a.png -s 2 -o loop.png --overwrite", ["loop.png"]),
    ("a.png b.png -s 2 -o {dir}/same.png", ["a.png", "b.png", "same.png"]),
    ("a.png a.png -s 2", ["a.png"]),
    ("text.png -s 2 -o new/", ["text.png"]),
    ("none.png -s 2 -o new/deep/", ["none.png"]),
    ("a.png -s 0.1 -o new/x.png", ["a.png"]),
    ("a.png -s 2 -o " + "x" * 300 + ".png", ["too long"]),
    ("x" * 300 + ".png -s 2", ["too long"]),
    (["no\nfile.png", "-s", "2"], ["no\\nfile.png", "no such file"]),
    ("noext -s 2", ["noext", "extension"]),
    ("a.png -s 2 -f png -o /dev/full", ["No space left"]),
    ("cut.jpg -s 2 --dry-run", ["cut.jpg", "truncated"]),
]

WORDS = [  # exit 2: what the words alone say
    ("", ["image"]),
    ("-s 2", ["image"]),
    ("a.png", ["-s", "--size"]),
    (["", "-s", "2"], ["no file's name"]),
    (["a.png", "", "-s", "2", "-o", "new/"], ["no file's name"]),
    ("- -s 2", ["(-)", "-o"]),
    ("- a.png - -s 2 -o new/", ["(-)", "twice"]),
    (["a.png", "-s", "2", "-o", ""], ["-o"]),
    ("a.png a.png -s 2 -o -", ["-o -"]),
    ("a.png -s 2,3 -o -", ["-o -"]),
    ("a.png -s 2 -o - --json", ["-o -", "--json"]),
    ("a.png -s 2,3 -o b.png", ["{scale}"]),
    ("a.png -s 2,3,2", ["--scale", "twice"]),
    ("a.png -s 2,x", ["-s", "x"]),
    ("a.png --size 8,9 -o {dir}/{stem}_b.png", ["{width}"]),
    ("a.png -s 2 --dpi 0", ["--dpi", "keep, scale"]),
    ("a.png -s 2 --dpi x", ["--dpi", "keep, scale"]),
    ("a.png -s 2 --frame -1", ["--frame"]),
    ("a.png -s 2 --depth 12", ["--depth", "16"]),
    ("a.png -s 2 --depth 16 -f jpg", ["--depth 16", "jpg"]),
    ("a.png -s 2 --depth 16 --like pillow", ["--depth 16", "pillow"]),
    ("a.png -s 2 --dither difusion", ["--dither", "did you mean diffusion?"]),
    ("a.png -s 2 --profile adobe", ["--profile"]),
    ("a.png -s 2 --palette web", ["--palette"]),
    ("a.png -s 2 --strip --no-orient", ["strip", "no-orient"]),
    ("a.png -s 2 --subsampling 4:2:0", ["--subsampling", "png"]),
    ("a\0.png -s 2", ["no file's name"]),
    ("a.png -s 2 -o b\0.png", ["-o"]),
    ("a.png -s 2 --size 8", ["-s", "--size"]),
    *((f"a.png -s {bad}", [bad, "-s"]) for bad in ("0", "0x2", "nan", "inf", "-1", "x", "1e3", "200000")),
    *((f"a.png --size {bad}", [bad, "--size"]) for bad in ("x", "0x5", "-8", "8x8x8", "8x6!^")),
    ("a.png -s", ["-s"]),
    ("a.png -s 2 -m bicubik", ["bicubik", "did you mean bicubic?"]),
    ("a.png -s 2 -m lanczos:lobs=3", ["lobs", "did you mean lobes?"]),
    ("a.png -s 2 -m nearest:lobes=3", ["nearest", "lobes"]),
    ("a.png -s 2 -m lanczos:lobes=9", ["lobes=9", "2 to 5"]),
    ("a.png -s 2 -m lanczos:lobes=2.5", ["lobes=2.5", "whole"]),
    ("a.png -s 2 -m bicubic:a=nan", ["a=nan"]),
    ("a.png -s 2 -m bicubic:a", ["'a'"]),
    ("a.png -s 2 -m bicubic:a=-1,a=-1", ["twice"]),
    ("a.png -s 2 -m bicubic:edge=refelct", ["did you mean reflect?"]),
    ("unpool a.png", ["how large?", "did you mean -m unpool?"]),
    ("a.png xbr", ["how large?", "did you mean -m xbr?"]),
    ("a.png -s 2 -m sr,bicubic", ["'sr,bicubic' is a list of methods", "upscale compare"]),
    ("a.png -s 2 -m @traditional", ["'@traditional' is a list"]),
    ("a.png -s 2,3 -o out/", ["several sizes need", "{stem}_x{scale}{ext}"]),
    ("a.png -s 2 --foo", ["there is no option --foo; if it is a file"]),
    ("a.png -s 2 --metod bicubic", ["--metod", "did you mean --method?"]),
    ("a.png -s 2 --edge refelct", ["--edge", "did you mean reflect?"]),
    ("a.png -s 2 --like pilow", ["--like", "did you mean pillow?"]),
    ("a.png --size 8x8 --fit cove", ["--fit", "did you mean cover?"]),
    ("a.png --size 8x8 --gravity nort", ["--gravity", "did you mean north?"]),
    ("a.png -s 2 --background bleu", ["bleu", "--background"]),
    ("a.png -s 2 --antiring nan", ["--antiring", "nan"]),
    ("a.png -s 2 --antiring 1.1", ["--antiring", "1.1"]),
    ("a.png -s 2 -q 0", ["--quality", "1 to 100"]),
    ("a.png -s 2 -q 50", ["--quality", "png"]),
    ("a.png -s 2 -o b.jpg --compression 5", ["--compression", "jpg"]),
    ("a.png -s 2 -o b.webp --lossless -q 5", ["lossless", "quality"]),
    ("a.png -s 2 --compression 10", ["--compression", "0 to 9"]),
    ("a.png -s 2 -j 0", ["--jobs", "0"]),
    ("a.png -s 2 -f pgn", ["pgn"]),
    ("a.png -s 2 -o b.pgn", ["pgn", "did you mean"]),
    ("a.png -s 2 -o b.j2k", ["j2k", "did you mean jp2?"]),
    ("a.png -s 2 -f j2k", ["j2k", "did you mean jp2?"]),
    ("a.png -s 2 -o b", ["b", "extension"]),
    ("a.png -s 2 --overwrite --skip-existing", ["--overwrite", "--skip-existing"]),
    ("a.png --size 8 --only-shrink --only-enlarge", ["--only-shrink", "--only-enlarge"]),
    ("a.png -s 2 --only-shrink", ["--only-shrink", "--size"]),
    ("a.png -s 2 --fit fill", ["--fit", "--size"]),
    ("a.png --size 8 --fit fill", ["fill", "8"]),
    ("a.png --size 8x8! --fit cover", ["cover", "fill"]),
    ("a.png -s 2 -v --quiet", ["--verbose", "--quiet"]),
    ("a.png -s 2 --like opencv -m mitchell", ["opencv", "mitchell"]),
    ("a.png -s 2 --like opencv --linear", ["opencv", "--linear"]),
    ("a.png -s 2 --like pillow --edge wrap", ["pillow", "--edge"]),
    ("a.png b.png -s 2 -o one.png", ["one.png", "several"]),
    ("a.png -s 2 -o {steem}.png", ["{steem}"]),
]


def split(words):
    return words if isinstance(words, list) else words.split()


@pytest.mark.parametrize(("words", "says"), FACTS)
def test_a_fact_about_a_file_is_exit_1(refused, words, says):
    line = refused([*split(words), *NEAREST], 1)
    assert all(text in line for text in says)


@pytest.mark.parametrize(("words", "says"), WORDS)
def test_a_wrong_word_is_exit_2(refused, words, says):
    line = refused(split(words), 2)
    assert all(text in line for text in says)


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM", "PNG"])
def test_too_many_pixels_are_told_from_the_header(refused, monkeypatch, form):
    def load(self):
        raise AssertionError("decoded")

    Path("big.dat").write_bytes(encoded(form))
    reader = type(Image.open("big.dat"))
    monkeypatch.setattr(reader, "load", load)
    monkeypatch.setattr(Image.Image, "load", load)
    for limit, says in (("3071", "64x48"), ("12287", "128x96")):
        assert says in refused(["big.dat", "-s", "2", "-f", "png", *NEAREST, "--max-pixels", limit], 1)


@pytest.fixture
def nobody(monkeypatch):
    """Be a user whom permissions bind, in a folder that every user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        Path().chmod(0o777)
        for name in ("a.png", "secret.png", "closed/a.png", "locked/a.png"):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_bytes(encoded("PNG", (4, 3)))
        modes = {"secret.png": 0, "closed": 0o555, "locked": 0}
        for name, mode in modes.items():
            Path(name).chmod(mode)
        assert main(["a.png", "-s", "1", "-o", "b.gif", *NEAREST, "--quiet"]) == 0  # all modules are imported
        Path("b.gif").unlink()
        user = os.geteuid()
        os.seteuid(user or 65534)
        yield
        os.seteuid(user)
        for name in modes:
            Path(name).chmod(0o777)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("a.png -o closed/b.png", ["closed/b.png", "may not be written"]),
        ("a.png -o closed/new/", ["closed/new", "may not be written"]),
        ("closed -o closed/new", ["closed/new", "may not be written"]),
        ("closed/a.png -f gif", ["closed/a_x1_nearest.gif", "may not be written"]),
        ("secret.png -o b.png", ["secret.png", "may not be read"]),
        ("locked/a.png -o b.png", ["locked/a.png", "may not be read"]),
        ("locked -o new", ["locked"]),
        ("a.png -o locked/b.png", ["locked/b.png", "may not be written"]),
    ],
)
def test_permissions(nobody, capfd, words, says):
    before = [str(path) for folder in (".", "closed") for path in sorted(Path(folder).iterdir())]
    assert main([*words.split(), "-s", "1", *NEAREST]) == 1
    out, err = capfd.readouterr()
    assert [str(path) for folder in (".", "closed") for path in sorted(Path(folder).iterdir())] == before
    assert (out, err.count("\n")) == ("", 1)
    assert all(text in err for text in says)
    assert "defect" not in err


def test_damage_warns_no_user(refused):
    Path("exif.jpg").write_bytes(encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\1\0\0\0\6\0"))
    done = subprocess.run(
        [sys.executable, "-m", "upscale_cli", "exif.jpg", "-s", "2", *NEAREST, "--quiet"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_traceback_is_shown_on_demand_only(monkeypatch, capsys):
    monkeypatch.delenv("UPSCALE_DEBUG", raising=False)
    commands = {2: ["a.png", "--quiet"], 1: ["none.png", "-s", "2", *NEAREST]}
    for shown in (False, True):
        for code, words in commands.items():
            assert main(words) == code
            err = capsys.readouterr().err
            assert err.startswith("upscale: ")
            assert ("Traceback" in err) == shown
        monkeypatch.setenv("UPSCALE_DEBUG", "1")


@pytest.mark.parametrize("size", ["-s 2", "--size 8", "--size 8x8", "--size 8x8!"])
def test_gravity_needs_something_to_place(refused, size):
    assert "--gravity" in refused(split(f"a.png {size} --gravity west"), 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["methods"], ["cache", "info"]])
def test_standard_output_that_is_full(words):
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "upscale_cli", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (run.returncode, run.stderr) == (
        1, "upscale: standard output cannot be written (No space left on device): check where it leads\n",
    )  # fmt: skip
