"""Big runs that are killed, interrupted, resumed: what is there is whole, what is missing comes with the next run."""

import contextlib
import os
import random
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli import jit
from upscale_cli.cli.door import main

from .runs import EXTENSIONS, children, contents, lives, parts, picture, pictures, run, start, until

NEAREST = ("-r", "-s", "2", "-m", "nearest", "-j", "2")
linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are seen in /proc")
compiled = pytest.mark.skipif(jit.interpreted(), reason="interpreted, a big picture takes hours")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def undisturbed(count, seed=0):
    """Make a tree of pictures, and return what a run that nothing disturbs makes of it."""
    pictures("in", count, seed)
    code, _ = run("in", *NEAREST, "-o", "undisturbed")
    assert code == 0
    expected = contents("undisturbed")
    assert expected.keys() == contents("in").keys()
    for name in expected:
        with Image.open(Path("in", name)) as before, Image.open(Path("undisturbed", name)) as after:
            after.load()
            assert after.size == (2 * before.width, 2 * before.height)
    return expected


class Watch:
    """Looks at every file that appears in `out`: it must be what it will be in the end."""

    def __init__(self, expected):
        self.expected = expected
        self.seen = set()

    def look(self):
        """Look at what is new, and return how many files have been seen."""
        for path in Path("out").rglob("[!.]*"):
            name = str(path.relative_to("out"))
            if name not in self.seen and path.is_file():
                assert path.read_bytes() == self.expected[name], name
                self.seen.add(name)
        return len(self.seen)


def wait(process, holds):
    """Wait until something holds or the process has ended."""
    until(lambda: holds() or process.poll() is not None)


def kill_the_parent(process):
    process.kill()


def kill_the_group(process):
    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("seed", "kill"), [(1, kill_the_parent), (3, kill_the_group)])
def test_a_run_killed_at_random_moments_is_resumed(seed, kill):
    """Ten times: as it starts, or after some more files; a tree that is mostly there is begun anew."""
    expected, chance, in_mid_run = undisturbed(120, seed), random.Random(seed), 0
    watch = Watch(expected)
    for _ in range(10):
        if watch.look() > len(expected) // 2:
            shutil.rmtree("out")
            watch = Watch(expected)
        more = watch.look() + chance.choice((0, 1, 1, 2, 4, 8))
        pause = chance.uniform(0, 0.4 if more == watch.look() else 0.004)
        process = start("in", *NEAREST, "-o", "out", "--skip-existing")
        wait(process, lambda watch=watch, more=more: watch.look() >= more)
        moment = time.monotonic() + pause
        wait(process, lambda watch=watch, moment=moment: watch.look() >= 0 and time.monotonic() > moment)
        running = process.poll() is None
        kill(process)
        process.communicate(timeout=60)  # which waits for its workers, too
        in_mid_run += running and 0 < watch.look() < len(expected)
    assert in_mid_run >= 5
    code, told = run("in", *NEAREST, "-o", "out", "--skip-existing")
    assert (code, told.count("\n")) == (0, 1)
    assert contents("out") == expected
    assert parts() == []


@linux
def test_workers_vanish_with_their_parent():
    pictures("in", 150)
    process = start("in", *NEAREST, "-o", "out")
    workers = until(lambda: Path("out").exists() and children(process.pid))
    process.kill()
    process.wait()
    until(lambda: not any(map(lives, workers)), 10)
    assert 1 <= len(workers) <= 2
    assert len(contents("out")) < 150
    process.communicate(timeout=60)


@linux
def test_a_killed_worker_costs_one_picture():
    expected = undisturbed(150)
    process = start("in", *NEAREST, "-o", "out")
    workers = until(lambda: Path("out").exists() and children(process.pid))
    os.kill(workers[0], signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1, told
    line, summary = told.splitlines()
    failed = re.fullmatch(r"upscale: in/(.*): the process that resized it was ended by SIGKILL: with .*", line)
    assert failed, told
    assert summary.startswith("149 done, 1 failed into ") or summary.startswith("149 done, 1 failed in "), told
    there = contents("out")
    assert {**expected, **there} == expected
    assert expected.keys() - there.keys() <= {failed[1]}
    assert parts() == []
    assert run("in", *NEAREST, "-o", "out", "--skip-existing")[0] == 0
    assert contents("out") == expected


def interrupted(process, times=1):
    """Press Ctrl-C; return what was told, and after how many seconds the program was gone."""
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    for _ in range(times - 1):
        time.sleep(0.003)  # or the second would be taken for the first
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    return told, time.monotonic() - started


@pytest.mark.parametrize(("jobs", "times"), [("1", 1), ("2", 1), ("1", 3), ("2", 3)])
def test_an_interrupt_from_the_terminal_ends_at_once(jobs, times):
    """However often the keys are pressed."""
    pictures("in", 150)
    process = start("in", *NEAREST, "-o", "out", "-j", jobs)
    wait(process, lambda: Path("out").exists() and contents("out"))
    told, seconds = interrupted(process, times)
    assert process.returncode == 130, told
    assert seconds < 2
    assert re.fullmatch(r"(\d+ done, )?\d+ left [^\n]*\nupscale: interrupted\n", told), told
    done = int(told.split()[0]) if "done" in told else 0
    there = contents("out")
    assert done <= len(there) <= done + 4
    assert parts() == []
    for name in there:
        with Image.open(Path("out", name)) as image:
            image.load()


@linux
@compiled
@pytest.mark.parametrize(("count", "size"), [(1, 200), (2, 400), (1, 0)])
def test_an_interrupt_need_not_wait_for_a_big_picture(count, size):
    """It comes while the picture is decoded, resized (a process has so many megabytes) or encoded."""
    Image.new("RGB", (6000, 6000), (9, 99, 0)).save("0.png", compress_level=1)
    names = ["0.png", "1.png"][:count]
    for name in names[1:]:
        Path(name).hardlink_to("0.png")
    process = start(*names, "-s", "2", "-m", "lanczos3", "-o", "out/", "-j", "2")
    wait(process, lambda: memory(process.pid) > size if size else parts() != [])
    told, seconds = interrupted(process)
    assert process.returncode == 130, told
    assert seconds < 2
    assert told.endswith("upscale: interrupted\n")
    assert sorted(contents(".")) == names
    assert parts() == []


def memory(process):
    """Return the megabytes that the largest of a process and its workers has."""
    found = [0]
    for number in (process, *children(process)):
        with contextlib.suppress(OSError):
            found += re.findall(r"VmRSS:\s*(\d+)", Path(f"/proc/{number}/status").read_text())
    return max(map(int, found)) >> 10


def identity(path):
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def cut_off(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path):
    path.write_bytes(b"")


def of_another_size(path):
    with Image.open(path) as image:
        image.load()
    image.resize((image.width + 1, image.height)).save(path)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("damage", [cut_off, emptied, of_another_size])
def test_what_is_not_whole_is_made_anew_and_the_rest_is_not_touched(capfd, damage, jobs):
    for extension in EXTENSIONS:
        for name in ("bad", "good"):
            picture(f"in/{name}.{extension}", (33, 21)).rename(f"in/{extension}-{name}.{extension}")
    words = ["in", *NEAREST, "-j", jobs, "-o", "out", "--skip-existing"]
    assert main(words) == 0
    expected = contents("out")
    bad, good = (sorted(Path("out").glob(f"*-{name}.*")) for name in ("bad", "good"))
    for path in bad:
        damage(path)
        assert path.read_bytes() != expected[path.name]
    before = [identity(path) for path in good]
    capfd.readouterr()
    assert main(words) == 0
    assert capfd.readouterr().err.startswith("6 done, 6 skipped into out/ in ")
    assert contents("out") == expected
    assert [identity(path) for path in good] == before
    assert main(words) == 0
    assert capfd.readouterr().err.startswith("12 skipped in ")
