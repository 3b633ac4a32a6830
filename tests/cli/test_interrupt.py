"""Ctrl-C, closed pipes and what nobody foresaw: quiet ends, honest exit codes, no partial files."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import files
from upscale_cli.cli import resize as command
from upscale_cli.cli.door import main
from upscale_cli.run import processors

UPSCALE = [sys.executable, "-m", "upscale_cli"]
WORDS = ["a.png", "b.png", "c.png", "-s", "2", "-m", "nearest", "-o", "out/"]
IN_TURN = [*WORDS, "-j", "1"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(f"{name}.png")


def failing(error, at):
    """Return a stand-in for a function, which raises the error at its nth call."""
    calls = []

    def stand_in(real):
        def call(*arguments, **keywords):
            calls.append(1)
            if len(calls) == at:
                raise error
            return real(*arguments, **keywords)

        return call

    return stand_in


@pytest.mark.parametrize("where", ["run", "encode"])
def test_an_interrupt_keeps_what_is_finished_and_nothing_else(capsys, monkeypatch, where):
    monkeypatch.setattr(files, where, failing(KeyboardInterrupt(), 2)(getattr(files, where)))
    assert main(IN_TURN) == 130
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png"]
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"1 done, 2 left into out/ in .*\nupscale: interrupted\n", err)


@pytest.mark.parametrize(
    ("error", "says"),
    [(MemoryError(), "memory"), pytest.param(RuntimeError("x"), "RuntimeError", id="defect")],
)
def test_what_nobody_foresaw_is_one_line(capsys, monkeypatch, error, says):
    monkeypatch.delenv("UPSCALE_DEBUG", raising=False)
    monkeypatch.setattr(files, "run", failing(error, 1)(files.run))
    assert main(WORDS[2:]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert says in err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "there is not enough memory: give it more, or smaller pictures"),
        (
            ImportError("a.so: no", path="a.so"),
            "a library cannot be loaded (a.so: no): give it more memory, or install",
        ),
        (OSError(24, "Too many open files"), "the system has no more (Too many open files)"),
        (ImportError("no name x", path="a.py"), "this is a defect (ImportError: no name x)"),
    ],
)
def test_what_a_process_lacks_is_one_line(capsys, monkeypatch, error, says):
    monkeypatch.delenv("UPSCALE_DEBUG", raising=False)
    monkeypatch.setattr(command, "_check", failing(error, 1)(None))
    assert main(WORDS) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"upscale: {says}")


def test_a_compiler_that_cannot_be_loaded_is_one_line():
    """Nor does the thread say anything that looks for it while a picture is decoded."""
    Image.new("RGB", (1000, 1000)).save("big.png")
    program = """
import sys
from upscale_cli.cli.door import main

class Scarce:
    def find_spec(self, name, *_):
        if name == "llvmlite.binding":
            raise OSError("a guess") from OSError("failed to map segment")

sys.meta_path.insert(0, Scarce())
sys.exit(main(["big.png", "-s", "2", "-m", "nearest"]))
"""
    compiled = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=compiled)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith("upscale: big.png: LLVM cannot be loaded (failed to map segment): give it more")


@pytest.mark.parametrize("error", [MemoryError(), OSError(5, "x"), RuntimeError("x")])
def test_what_nobody_foresaw_does_not_stop_the_others(monkeypatch, error):
    monkeypatch.setattr(files, "run", failing(error, 2)(files.run))
    assert main(IN_TURN) == 1
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "c.png"]


@pytest.mark.parametrize(
    ("sent", "code", "says"), [(signal.SIGINT, 130, "upscale: interrupted\n"), (signal.SIGTERM, 143, "")]
)
def test_a_signal_to_a_process(sent, code, says):
    """The signal comes among thousands of files: those that are there are whole."""
    Path("many").mkdir()
    for number in range(5000):
        Path("many", f"{number:04}.png").hardlink_to("a.png")
    process = subprocess.Popen(
        [*UPSCALE, "many", "-s", "2", "-m", "nearest", "-o", "out/"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A job in the background is started deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL),  # noqa: PLW1509 no thread runs here
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not Path("out/0000.png").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    done = list(Path("out").iterdir())
    assert (process.returncode, out) == (code, "")
    told = re.fullmatch(rf"(?:(\d+) done, )?(\d+) left [^\n]*\n{says}", err)
    assert told, err
    finished = int(told[1] or 0)
    assert finished <= len(done) <= finished + 2 * processors()
    assert finished + int(told[2]) == 5000
    assert 0 < len(done) < 5000
    for path in done:
        Image.open(path).load()


def into_a_closed_pipe(*words):
    """Return the exit code and standard error of a run whose standard output nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*UPSCALE, *words], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    return done.returncode, done.stderr


def test_a_closed_pipe_ends_quietly_and_does_not_end_the_work():
    code, err = into_a_closed_pipe(*WORDS, "--json")
    assert code == 0
    assert "Traceback" not in err
    assert "upscale:" not in err
    assert not [path for path in Path().rglob(".*") if path.is_file()]
    assert len(list(Path("out").iterdir())) == 3


@pytest.mark.parametrize("words", [["methods"], ["methods", "--json"], ["--help"]])
def test_a_closed_pipe_is_no_failure(words):
    assert into_a_closed_pipe(*words) == (0, "")


@pytest.mark.parametrize("words", [["-s", "2", "-m", "nearest"], ["-s", "1", "-f", "png"]])
def test_a_picture_that_nobody_takes_is_a_failure(words):
    """A program further down the pipe has died, and `set -o pipefail` is to see it."""
    assert into_a_closed_pipe("a.png", *words, "-o", "-") == (1, "")


@pytest.mark.parametrize(
    ("words", "code"), [("none.png -s 2", 1), ("a.png -s 0", 2), ("a.png -s 2 -m nearest --dry-run", 0), ("--help", 0)]
)
def test_a_process_ends_with_the_code(words, code):
    done = subprocess.run([*UPSCALE, *words.split()], capture_output=True, check=False)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_that_python_swallows_is_sent_again(number, code):
    program = f"""
import os, signal, sys, time
from upscale_cli.cli import door

class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.{number})

class Command:
    def make_context(self, *_):
        Swallows()
        time.sleep(20)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started deaf to Ctrl-C
door.command_of = lambda name: Command()
sys.exit(door.main())
"""
    started = time.monotonic()
    assert subprocess.run([sys.executable, "-c", program], check=False, stderr=subprocess.PIPE).returncode == code
    assert time.monotonic() - started < 10


def test_closed_standard_output_and_error():
    words = " ".join(map(str, [*UPSCALE, *WORDS]))
    assert subprocess.run(f"{words} --json >&- 2>&-", shell=True, check=False).returncode == 0
    assert len(list(Path("out").iterdir())) == 3


@pytest.mark.parametrize("closed", ["<&- 2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(closed):
    """Decoders of TIFF write to the third file that is open, or shut it up."""
    Image.open("a.png").save("a.tif")
    words = " ".join([*UPSCALE, "a.tif", "-s", "2", "-m", "nearest", "-o", "b.tif"])
    assert subprocess.run(f"{words} {closed}", shell=True, check=False).returncode == 0
    assert Image.open("b.tif").size == (8, 6)
