"""How far a run has come: by a clock that the test turns, and once for real, in a pseudo-terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from upscale_cli.batch.find import Input
from upscale_cli.batch.work import Job, Outcome
from upscale_cli.cli import progress
from upscale_cli.cli.progress import BAR, Progress, amount, columns, cut, duration, megapixels
from upscale_cli.cli.report import Report
from upscale_cli.request import make_request

# `upscale` that shows the bar from the first file on, however fast the machine is.
EAGER = """
import sys
from upscale_cli.cli import progress
from upscale_cli.cli.door import main
progress.PATIENCE = progress.ON_TERMINAL = 0
sys.exit(main())
"""


class Clock:
    now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress.time, "perf_counter", clock.perf_counter)
    return clock


class Terminal:
    def isatty(self):
        return True

    def fileno(self):
        raise OSError


@pytest.fixture
def terminal(monkeypatch):
    """Say that standard error is a terminal of 80 columns."""
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=Terminal()))
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def steps(clock, capsys):
    """Return a function that finishes a job at each of some seconds, and gives what is written each time."""

    def go(bar, *seconds, worked=True, pixels=0, current="a.png"):
        written = []
        for second in seconds:
            clock.now = bar.started + second
            bar.add(worked, pixels, current)
            written.append(capsys.readouterr().err)
        return written

    return go


@pytest.mark.parametrize("verbose", [False, True])
def test_nothing_in_the_first_half_second(clock, terminal, steps, verbose):
    bar = Progress(100, clock.now, verbose)
    assert steps(bar, 0, 0.1, 0.3, 0.499) == [""] * 4
    assert steps(bar, 0.5) != [""]


def test_a_bar_with_all_that_it_tells(clock, terminal, steps):
    bar = Progress(200, clock.now, False)
    steps(bar, *[0.1] * 49)
    (text,) = steps(bar, 10, pixels=123_456_789, current="photos/b.jpg")
    assert text == f"\r[{'#' * 6}{'-' * 18}] 50/200  12.3 MP/s  0:30 left  photos/b.jpg\033[K"


def test_a_bar_is_redrawn_ten_times_a_second(clock, terminal, steps):
    bar = Progress(2000, clock.now, False)
    written = steps(bar, *[number / 100 for number in range(1000)])
    drawn = [number / 100 for number, text in enumerate(written) if text]
    assert 80 < len(drawn) <= 96
    assert drawn[0] == 0.5
    assert min(after - before for before, after in pairwise(drawn)) > 0.0999


def test_a_bar_fills(clock, terminal, steps):
    bar = Progress(BAR * 2, clock.now, False)
    filled = [text.count("#") for text in steps(bar, *range(1, BAR * 2))]
    assert filled == [number // 2 for number in range(1, BAR * 2)]


def test_the_last_job_draws_nothing_for_the_summary_follows(clock, terminal, steps):
    bar = Progress(2, clock.now, False)
    assert steps(bar, 1)[0].startswith("\r[")
    assert steps(bar, 2) == [""]


def test_time_left_counts_only_what_took_work(clock, terminal, steps):
    bar = Progress(100, clock.now, False)
    assert " ? left" in steps(bar, *[1] * 40, worked=False)[0]
    assert " 1:58 left" in steps(bar, 2)[0]  # 59 are left, of which one took two seconds
    assert " 1:56 left" in steps(bar, 4)[0]


@pytest.mark.parametrize("width", [20, 40, 60, 200])
@pytest.mark.parametrize("letters", ["a", "写真", "é", "a写"])
def test_a_bar_is_cut_to_the_terminals_columns(clock, terminal, steps, monkeypatch, width, letters):
    monkeypatch.setenv("COLUMNS", str(width))
    (text,) = steps(Progress(9, clock.now, False), 1, current=letters * 200)
    shown = text.removeprefix("\r").removesuffix("\033[K")
    wide = sum(character in "写真" for character in shown)
    assert len(shown) + wide in (width - 2, width - 1)


def test_a_file_whose_name_has_control_characters(clock, terminal, steps):
    (text,) = steps(Progress(9, clock.now, False), 1, current="a\n\033[2Jb\udcff")
    assert text.endswith("a\\n\\x1b[2Jb\\udcff\033[K")


def test_a_bar_is_cleared_once(clock, terminal, steps, capsys):
    bar = Progress(9, clock.now, False)
    bar.clear()
    assert capsys.readouterr().err == ""
    steps(bar, 1)
    bar.clear()
    bar.clear()
    assert capsys.readouterr().err == "\r\033[K"


def test_without_a_terminal_there_is_nothing(clock, steps):
    bar = Progress(100, clock.now, False)
    assert steps(bar, *range(60)) == [""] * 60
    bar.clear()


def test_without_a_terminal_a_plain_line_every_five_seconds_if_verbose(clock, steps, capsys):
    bar = Progress(101, clock.now, True)
    written = steps(bar, *range(21), pixels=40_000_000, current="写" * 200)
    assert [second for second, text in enumerate(written) if text] == [5, 10, 15, 20]
    assert written[10] == f"11/101  4 MP/s  1:22 left  {'写' * 200}\n"
    bar.clear()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.4, "0:00"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (61, "1:01"),
        (3599.7, "1:00:00"),
        (93784, "26:03:04"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.6, "1 kB"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (1_000_000, "1 MB"),
        (999_499_999, "999 MB"),
        (999_500_000, "1 GB"),
        (2.5e12, "2.5 TB"),
    ],
)
def test_amounts(number, text):
    assert amount(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 pixels"),
        (9999, "9999 pixels"),
        (10_000, "0.01 MP"),
        (123_456, "0.123 MP"),
        (12_345_678, "12.3 MP"),
        (999_999, "1 MP"),
        (2.5e12, "2.5 TP"),
    ],
)
def test_megapixels(number, text):
    assert megapixels(number) == text


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("abc", 0, ""),
        ("写真", 4, "写真"),
        ("写真", 3, "写"),
        ("a写", 2, "a"),
        ("e\u0301a", 1, "e\u0301"),
    ],
)
def test_wide_characters_take_two_columns_and_combining_ones_none(text, width, shown):
    assert cut(text, width) == shown


def outcome(name, reason=""):
    return Outcome("failed" if reason else "skipped", Job(Input(name), make_request(2), "out.png"), reason)


def test_a_bar_makes_room_for_a_line_and_stays_where_there_is_none(clock, terminal, capsys):
    report = Report(9, False, False, False, None)

    def told(*arguments):
        clock.now += 1
        report.add(outcome(*arguments), "now.png")
        return capsys.readouterr().err

    assert re.fullmatch(r"\r\[.*\033\[K", told("a.png"))
    assert re.fullmatch(r"\r\[.*\033\[K", told("b.png"))
    assert re.fullmatch(r"\r\033\[Kupscale: c.png: x\n\r\[.*\033\[K", told("c.png", "c.png: x"))
    clock.now += 0.01
    report.add(outcome("d.png"), "now.png")
    assert capsys.readouterr().err == ""
    assert report.end() == 1
    assert re.fullmatch(r"\r\033\[K3 skipped, 1 failed, 5 left in 3\.0 s\n", capsys.readouterr().err)


@pytest.mark.parametrize(("width", "expected"), [(50, 50), (0, 80)])
def test_the_columns_are_those_of_standard_error(monkeypatch, width, expected):
    monkeypatch.setenv("COLUMNS", "33")
    assert columns() == 33
    terminal, line = pty.openpty()
    try:
        fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        with os.fdopen(os.dup(line), "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            assert columns() == expected
    finally:
        os.close(terminal)
        os.close(line)


def screen(text):
    """Return the lines that a terminal shows in the end."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        cells, place = [], 0
        for part in re.findall(r"\r|\033\[K|[^\r\033]", line):
            if part == "\r":
                place = 0
            elif part == "\033[K":
                del cells[place:]
            else:
                cells[place : place + 1], place = [part], place + 1
        lines.append("".join(cells))
    return lines


def in_a_terminal(*words, width=50, stdout=None):
    """Run a command line with standard error, and output unless it is said, in a terminal; return what it shows."""
    terminal, line = pty.openpty()
    fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-c", EAGER, *words], stdin=subprocess.DEVNULL, stdout=stdout or line, stderr=line,
        env=environment,
    )  # fmt: skip
    os.close(line)
    content = b""
    try:
        while more := os.read(terminal, 4096):
            content += more
    except OSError:  # nobody has the terminal any more
        pass
    finally:
        os.close(terminal)
    return process.wait(), content.decode()


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("piped", [False, True])
def test_a_run_in_a_terminal_shows_a_bar_and_leaves_no_trace_of_it(tmp_path, monkeypatch, jobs, piped):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for number in range(12):
        Image.new("RGB", (4, 3)).save(f"in/{number:02}-{'long' * 20}.png")
    Path("in/05-bad.png").write_bytes(b"text")
    words = ("in", "-s", "2", "-m", "nearest", "-o", "out", "-j", jobs)
    with Path("stdout").open("wb") as file:
        code, text = in_a_terminal(*words, stdout=file if piped else None)
    assert code == 1
    bars = re.findall(r"\r(\[[#-]{24}\] [^\r\033]*)\033\[K", text)
    assert len(bars) >= 6
    assert all(len(bar) <= 49 for bar in bars)
    assert [int(bar.split("] ")[1].split("/")[0]) for bar in bars] == sorted(range(1, len(bars) + 1))
    told, summary, end = screen(text)
    assert told.startswith("upscale: in/05-bad.png: it is not an image")
    assert re.fullmatch(
        r"12 done, 1 failed into out/ in \d+\.\d s: 144 pixels to 576 pixels, .* k?B to .* k?B", summary
    )
    assert end == ""
