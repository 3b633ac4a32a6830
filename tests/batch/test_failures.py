"""What goes wrong in a big run costs what it concerns, and one clear line; all else is done."""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli import files
from upscale_cli.cli.door import main
from upscale_cli.filesystem import atomic

from .runs import contents, parts, picture, run

NEAREST = ("-s", "2", "-m", "nearest")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
either = pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.skipif(
    sys.platform != "linux", reason="a fork sees what is replaced here"))])  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in a folder with six pictures in `in`."""
    monkeypatch.chdir(tmp_path)
    for name in "abcdef":
        picture(f"in/{name}.png")


@pytest.fixture
def resize(capfd):
    """Return a function that gives a run's exit code, its complaints and its summary."""

    def resize(*words):
        code = main([*words, *NEAREST])
        out, err = capfd.readouterr()
        assert out == ""
        lines = err.splitlines()
        complaints = [line.removeprefix("upscale: ") for line in lines if line.startswith("upscale: ")]
        assert len(lines) == len(complaints) + 1, err
        assert parts() == []
        return code, complaints, lines[-1]

    return resize


def whole(folder="out"):
    """Return the names of a folder's pictures, all of which are whole."""
    for name in contents(folder):
        with Image.open(Path(folder, name)) as image:
            image.load()
    return sorted(contents(folder))


@contextlib.contextmanager
def mounted(folder, options):
    """Mount a file system in memory; skip the test where that may not be."""
    Path(folder).mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if not ROOT or not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@either
def test_a_full_disk_is_told_once_and_the_run_is_resumed(jobs):
    for number in range(30):
        picture(f"many/{number:02}.bmp", (60, 40))
    with mounted("out", "size=400k"):
        words = ("many", *NEAREST, "-j", jobs, "-o", "out")
        code, told = run(*words)
        line, summary = told.splitlines()
        done = whole()
        assert code == 1
        assert line.startswith("upscale: many/")
        assert line.endswith(f" cannot be written ({os.strerror(errno.ENOSPC)}): make room")
        assert 0 < len(done) < 30
        counts = dict(reversed(part.split()[:2]) for part in summary.split(" into ")[0].split(", "))
        assert int(counts["done"]) <= len(done) <= int(counts["done"]) + 1  # another may be done, and not told yet
        assert (counts["failed"], int(counts["left"])) == ("1", 29 - int(counts["done"]))
        assert parts() == []
        subprocess.run(["mount", "-o", "remount,size=4m", "out"], check=True)
        assert run(*words, "--skip-existing")[0] == 0
        assert len(whole()) == 30
        assert parts() == []


@either
def test_room_that_runs_out_while_a_file_is_written(resize, monkeypatch, jobs):
    """Two files fit, the next is cut off in the middle."""

    def write(self, data):
        if len(contents("out")) < 2:
            return super(atomic._Writer, self).write(data)
        super(atomic._Writer, self).write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(atomic._Writer, "write", write, raising=False)
        code, complaints, summary = resize("in", "-o", "out", "-j", jobs)
    assert (code, len(complaints)) == (1, 1)
    assert complaints[0].endswith(f" cannot be written ({os.strerror(errno.ENOSPC)}): make room")
    assert "1 failed, " in summary
    assert " left " in summary
    assert 2 <= len(whole()) <= 3
    assert resize("in", "-o", "out", "-j", jobs, "--skip-existing")[:2] == (0, [])
    assert len(whole()) == 6


@either
def test_what_is_no_file_among_good_ones(resize, jobs):
    Path("in/gone.png").symlink_to("nowhere.png")
    Path("in/folder.png").mkdir()
    Path("in/text.png").write_text("no picture")
    code, complaints, summary = resize(*sorted(map(str, Path("in").iterdir())), "-o", "out", "-j", jobs)
    assert code == 1
    assert sorted(line.split(":")[0] for line in complaints) == ["in/folder.png", "in/gone.png", "in/text.png"]
    assert any("in/gone.png: there is no such file: check its name" in line for line in complaints)
    assert summary.startswith("6 done, 3 failed into out/")
    assert len(whole()) == 6


@either
def test_a_folder_that_is_called_like_a_picture_is_a_folder(resize, jobs):
    picture("in/folder.png/x.png")
    assert resize("in", "-r", "-o", "out", "-j", jobs)[:2] == (0, [])
    assert len(whole()) == 7


@pytest.mark.skipif(ROOT, reason="root may read everything")
@either
def test_a_file_that_may_not_be_read(resize, jobs):
    Path("in/c.png").chmod(0)
    code, complaints, summary = resize("in", "-o", "out", "-j", jobs)
    assert (code, len(complaints)) == (1, 1)
    assert complaints[0].startswith("in/c.png: ")
    assert summary.startswith("5 done, 1 failed into out/")


@pytest.fixture
def at_c(monkeypatch):
    """Return a function that has another called once, while in/c.png is encoded."""

    def at_c(act):
        def encode(raster, file, *more):
            if inside and not Path("acted").exists():
                Path("acted").touch()
                act()
            return real(raster, file, *more)

        def do(self, task):
            inside[:] = [1] * (self.src.name == "c.png")
            return work(self, task)

        inside, real, work = [], files.encode, files._Work.do
        monkeypatch.setattr(files, "encode", encode)
        monkeypatch.setattr(files._Work, "do", do)

    return at_c


@either
def test_an_input_that_changes_while_it_is_read(resize, at_c, jobs):
    at_c(lambda: picture("in/c.png", (40, 30)))
    code, complaints, _ = resize("in", "-o", "out", "-j", jobs)
    assert code == 1
    assert complaints == ["in/c.png: it was changed while it was read: resize it again once it is whole"]
    assert whole() == ["a.png", "b.png", "d.png", "e.png", "f.png"]


@either
def test_an_input_folder_that_vanishes(resize, at_c, jobs):
    at_c(lambda: shutil.rmtree("in"))
    code, complaints, summary = resize("in", "-o", "out", "-j", jobs)
    assert code == 1
    assert "c.png" in whole()
    assert all(line.endswith(": there is no such file: check its name") for line in complaints)
    assert len(complaints) == 6 - len(whole())
    assert summary.startswith(f"{len(whole())} done, {len(complaints)} failed ")


def test_an_output_folder_that_vanishes_is_made_again(resize, at_c):
    at_c(lambda: shutil.rmtree("out"))
    code, complaints, summary = resize("in", "-o", "out", "-j", "1")
    assert code == 1
    assert complaints == ["in/c.png: out/c.png has no folder to be written in: make out first"]
    assert summary.startswith("5 done, 1 failed into out/")
    assert whole() == ["d.png", "e.png", "f.png"]


def test_an_output_that_another_run_makes_meanwhile_is_skipped_if_asked(resize, at_c):
    at_c(lambda: picture("out/c.png", (8, 6)))
    assert resize("in", "-o", "out", "-j", "1", "--skip-existing")[:2] == (0, [])
    for name in ("acted", "out/c.png"):
        Path(name).unlink()
    at_c(lambda: picture("out/c.png", (8, 7)))
    code, complaints, _ = resize("in", "-o", "out", "-j", "1", "--skip-existing")
    assert (code, len(complaints)) == (1, 1)
    assert "out/c.png exists" in complaints[0]


def test_an_output_folder_that_becomes_a_file(resize, at_c):
    def act():
        shutil.rmtree("out")
        Path("out").touch()

    at_c(act)
    code, complaints, _ = resize("in", "-o", "out", "-j", "1")
    assert (code, len(complaints)) == (1, 4)
    assert all("cannot be written, since out is no folder: choose another place" in line for line in complaints)


ODD = (
    b"line\nfeed.png",
    "\N{GRINNING FACE} \u0301.png".encode(),
    b"\xff\xfe.png",
    b"\x1b[31m.png",
    b"-s.png",
    b" .png",
)


@pytest.fixture
def odd():
    """Make files with odd names, in a folder with one, and return their paths in it."""
    top = b"odd\n\xfe \xf0\x9f\x98\x80"
    try:
        os.mkdir(top)  # noqa: PTH102 its name is no text
        for name in ODD:
            shutil.copyfile("in/a.png", top + b"/" + name)
    except OSError:
        pytest.skip("this file system's names are text")
    return os.fsdecode(top)


@either
def test_odd_names_are_kept(odd, jobs):
    words = (odd, *NEAREST, "-o", "out", "-j", jobs, "-v", "--log", "log")
    assert run(*words)[0] == 0
    assert sorted(map(os.fsencode, whole())) == sorted(ODD)
    assert len(Path("log").read_text(encoding="utf-8").splitlines()) == len(ODD) + 1
    assert run(*words, "--skip-existing")[0] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_odd_names_that_fail_are_each_one_line_on_any_terminal(odd, encoding):
    for name in ODD:
        Path(odd, os.fsdecode(name)).write_text("no picture")
    words = [sys.executable, "-m", "upscale_cli", odd, *NEAREST, "-o", "out", "--json", "--log", "log", "-j", "2"]
    surroundings = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(words, capture_output=True, check=False, env=surroundings)
    told = done.stderr.splitlines()
    assert done.returncode == 1
    assert len(told) == len(ODD) + 1, told
    assert all(line.startswith(b"upscale: odd\\n") for line in told[:-1])
    assert b"\x1b" not in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(os.fsencode(row["input"]) for row in rows) == sorted(os.fsencode(odd) + b"/" + name for name in ODD)
    dry = subprocess.run([*words[:-5], "--dry-run"], capture_output=True, check=False, env=surroundings)
    assert (dry.returncode, dry.stdout, len(dry.stderr.splitlines())) == (1, b"", len(ODD) + 1)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_dry_run_prints_odd_names_on_any_terminal(odd, encoding):
    words = [sys.executable, "-m", "upscale_cli", odd, *NEAREST, "-o", "out", "--dry-run"]
    done = subprocess.run(words, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert (done.returncode, len(done.stdout.splitlines())) == (0, len(ODD)), done.stderr


@either
def test_the_longest_names(resize, jobs):
    """They fit where names are kept, and are told where more is added to them."""
    names = [f"{letter * 251}.png" for letter in "xyz"]
    for name in names:
        picture(f"long/{name}")
    assert resize("long", "-o", "out", "-j", jobs)[:2] == (0, [])
    assert whole() == names
    code, complaints, summary = resize("in/a.png", *[f"long/{name}" for name in names], "-j", jobs)
    assert (code, len(complaints)) == (1, 3)
    fact = f" cannot be written ({os.strerror(errno.ENAMETOOLONG)}): choose another place or name with -o"
    assert all(line.endswith(fact) for line in complaints)
    assert summary.startswith("1 done, 3 failed into in/")


@either
def test_a_folder_that_may_not_be_written_to(resize, jobs):
    Path("out").mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        if ROOT:
            Path("out").rmdir()
            stack.enter_context(mounted("out", "ro"))
        else:
            Path("out").chmod(0o555)
            stack.callback(Path("out").chmod, 0o755)
        code, complaints, summary = resize("in", "-o", "out", "-j", jobs)
        assert code == 1
        assert sorted(line.split(":")[0] for line in complaints) == [f"in/{name}.png" for name in "abcdef"]
        assert all(line.endswith(" with -o") for line in complaints)
        assert summary.startswith("6 failed in ")


@either
def test_fail_fast_stops_at_the_first_failure(resize, jobs):
    for name in ("in/b.png", "in/e.png"):
        Path(name).write_text("no picture")
    code, complaints, summary = resize("in", "-o", "out", "-j", jobs, "--fail-fast")
    assert (code, len(complaints)) == (1, 1)
    failed, left = (int(summary.split(f" {word}")[0].split()[-1]) for word in ("failed", "left"))
    done = 5 - left
    assert (failed, done >= 0) == (1, True)
    assert f"{done} done" * bool(done) in summary
    assert done <= len(whole()) <= done + 2
    if jobs == "1":
        assert (complaints[0].split(":")[0], whole()) == ("in/b.png", ["a.png"])


def test_exit_codes(resize):
    assert resize("in", "-o", "out")[0] == 0
    assert resize("in", "-o", "out", "--skip-existing")[0] == 0
    code, complaints, _ = resize("in", "-o", "out")
    assert (code, len(complaints)) == (1, 6)
    assert resize("in", "-o", "out", "--overwrite")[0] == 0
    assert run("in", "-s", "2", "-m", "nearst")[0] == 2
    assert run("in", *NEAREST, "--overwrite", "--skip-existing")[0] == 2
