"""Processes side by side: within their memory, whatever dies; what is written by somebody else stays."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import pytest

from upscale_cli.batch import pool
from upscale_cli.batch.find import Input
from upscale_cli.batch.pool import UNASKED, Pool
from upscale_cli.batch.work import Job, Outcome
from upscale_cli.cli.door import main
from upscale_cli.files import Manner
from upscale_cli.formats import BY_EXTENSION
from upscale_cli.request import make_request

from .runs import contents, lives, parts, picture, run, until

REQUEST = make_request(2, method="nearest")
NEAREST = ("-s", "2", "-m", "nearest", "-j", "2")
MB = 1 << 20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a fork sees what is replaced here")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def jobs(*names):
    return [Job(Input(name), REQUEST, f"out/{name}", BY_EXTENSION["png"]) for name in names]


def log(text):
    with open("log", "a") as file:  # noqa: PTH123 a line is added at once
        file.write(f"{text}\n")


def logged():
    return Path("log").read_text().split() if Path("log").exists() else []


@pytest.fixture
def stand_in(monkeypatch):
    """Return a function that has workers call another instead of doing jobs: with a file's stem, and `claim`."""

    def replace(work):
        def done(group, manner, claim):
            work(Path(group[0].source.path).stem, claim)
            return [Outcome("skipped", job, "of the test") for job in group]

        monkeypatch.setattr(pool, "do", done)

    return replace


def fakes(*reserved, budget, threads=4):
    """Return a pool of workers that have nothing but what they reserve, of which there is as much as the budget."""
    runner = Pool([], 1, Manner(), threads, budget + UNASKED)
    for number in reserved:
        sent = []
        pipe = SimpleNamespace(send=sent.append)
        runner.workers.append(SimpleNamespace(reserved=number, inputs=deque([1]), sent=sent, pipe=pipe))
    return runner


def ask(runner, worker, needed):
    """Ask for a worker, and return what each has been answered."""
    runner.asking.append((runner.workers[worker], needed))
    runner._grant()
    return [each.sent for each in runner.workers]


def test_what_fits_beside_the_others_is_granted():
    runner = fakes(40, 0, budget=100)
    assert ask(runner, 1, 60) == [[], [(2,)]]
    assert [each.reserved for each in runner.workers] == [40, 60]


def test_what_does_not_fit_waits_until_the_others_are_done():
    runner = fakes(40, 0, 0, budget=100)
    assert ask(runner, 1, 61) == [[], [], []]
    runner.workers[0].reserved = 0
    runner._grant()
    assert [each.reserved for each in runner.workers] == [0, 61, 0]


def test_more_than_the_budget_is_granted_to_one_alone():
    runner = fakes(1, 0, 0, budget=100)
    assert ask(runner, 1, 500) == [[], [], []]
    runner.workers[0].reserved, runner.workers[0].inputs = 0, ()
    runner._grant()
    assert ask(runner, 2, 1) == [[], [(2,)], []]
    runner.workers[1].reserved, runner.workers[1].inputs = 0, ()
    runner._grant()
    assert [each.reserved for each in runner.workers] == [0, 0, 1]


def test_who_asks_later_for_little_does_not_overtake():
    runner = fakes(50, 0, 0, budget=100)
    ask(runner, 1, 80)
    assert ask(runner, 2, 10) == [[], [], []]
    runner.workers[0].reserved = 0
    runner._grant()
    assert [each.reserved for each in runner.workers] == [0, 80, 10]


def test_who_has_the_machine_to_itself_has_all_threads():
    runner = fakes(0, 0, budget=100)
    runner.workers[1].inputs = ()
    assert ask(runner, 0, 200) == [[(4,)], []]


def test_a_small_budget_has_fewer_workers():
    assert [Pool(jobs(*"abcde"), 1, Manner(), 4, budget).count for budget in (1, 6 * UNASKED, 99 * UNASKED)] == [
        1,
        3,
        4,
    ]


def test_few_open_files_have_fewer_workers(monkeypatch):
    many = jobs(*(f"{number}.png" for number in range(40)))
    for limit, count in ((1024, 16), (32, 6), (16, 1), (3, 1)):
        monkeypatch.setattr(pool.resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert Pool(many, 1, Manner(), 16, 1 << 40).count == count


def test_a_run_within_32_open_files():
    for number in range(40):
        picture(f"in/{number}.png")
    limit = ["sh", "-c", 'ulimit -n 32; exec "$0" "$@"']
    words = [sys.executable, "-m", "upscale_cli", "in", *NEAREST[:-1], "16", "-o", "out"]
    done = subprocess.run([*limit, *words], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr[:8]) == (0, "40 done "), done.stderr
    assert len(contents("out")) == 40


def test_a_process_that_cannot_be_started_is_told(monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.EAGAIN, "try again")

    for name in "ab":
        picture(f"in/{name}.png")
    monkeypatch.setattr(pool, "_Worker", refuse)
    assert main(["in", *NEAREST, "-o", "out"]) == 1
    assert capsys.readouterr().err.endswith("upscale: no process can be started (try again): -j 1 needs none\n")


def test_what_takes_more_than_the_budget_runs_alone(stand_in):
    def work(stem, claim):
        claim((200 if "big" in stem else 40) * MB)
        log(f"+{stem}")
        time.sleep(0.02)  # in which another would begin
        log(f"-{stem}")

    stand_in(work)
    names = [f"{kind}{number}.png" for number in range(4) for kind in ("small", "big", "little")]
    assert len(list(Pool(jobs(*names), 1, Manner(), 3, 128 * MB).run())) == 12
    lines = logged()
    assert len(lines) == 24
    begun = [place for place, line in enumerate(lines) if line.startswith("+big")]
    assert [lines[place + 1] for place in begun] == [f"-{lines[place][1:]}" for place in begun]


def test_what_is_small_runs_side_by_side(stand_in):
    def work(stem, claim):
        claim(60 * MB)
        log(stem)
        until(lambda: len(set(logged())) == 2, 30)

    stand_in(work)
    assert len(list(Pool(jobs("a.png", "b.png"), 1, Manner(), 2, 128 * MB + 2 * UNASKED).run())) == 2


@pytest.mark.parametrize(("memory", "together"), [("200M", True), ("150M", False)])
def test_the_option_memory_is_obeyed(stand_in, memory, together):
    def work(stem, claim):
        claim(60 * MB)
        log(f"+{stem}")
        if together:
            until(lambda: len(logged()) >= 2, 30)
        time.sleep(0.05)  # in which the other would begin
        log(f"-{stem}")

    stand_in(work)
    names = [str(picture(name)) for name in ("a.png", "b.png")]
    assert main([*names, *NEAREST, "-o", "out/", "--memory", memory]) == 0
    assert (logged()[1][0] == "+") == together


def test_a_worker_that_dies_while_it_waits_costs_nothing(stand_in):
    """The first to find the other's number in the log goes on, once that one, which has nothing left, is dead."""

    def work(stem, claim):
        if stem == "fast":
            log(os.getpid())
            return
        (other,) = until(logged, 30)
        until(lambda: Path("go").exists(), 30)
        os.kill(int(other), signal.SIGKILL)
        until(lambda: not lives(int(other)), 30)
        time.sleep(0.05)  # in which the parent sees it

    stand_in(work)
    outcomes = []
    for outcome in Pool(jobs("slow.png", "fast.png"), 1, Manner(), 2, 128 * MB).run():
        outcomes.append((outcome.job.source.path, outcome.status))
        Path("go").touch()
    assert outcomes == [("fast.png", "skipped"), ("slow.png", "skipped")]


@pytest.mark.parametrize("when", ["at work", "as it asks"])
def test_a_worker_that_dies_costs_its_input_alone(stand_in, when):
    def work(stem, claim):
        if stem == "5":
            os.kill(os.getpid(), signal.SIGKILL) if when == "at work" else claim(100 * MB)
            os._exit(3)
        claim(60 * MB)

    stand_in(work)
    runner = Pool(jobs(*map("{}.png".format, range(20))), 1, Manner(), 2, 128 * MB)
    outcomes = {one.job.source.path: one for one in runner.run()}
    assert {name for name, one in outcomes.items() if one.status == "failed"} == {"5.png"}
    assert len(outcomes) == 20
    ended = "was ended by SIGKILL" if when == "at work" else "ended with 3"
    assert outcomes["5.png"].reason.startswith(f"5.png: the process that resized it {ended}: ")


def test_a_worker_may_die_while_it_tells(monkeypatch):
    """It tells so much that it cannot end while nobody reads."""

    def done(group, manner, claim):
        name = group[0].source.path
        log(os.getpid())
        if name == "short.png":
            until(lambda: len(logged()) == 2, 30)
        return [Outcome("skipped", group[0], "of the test" if name == "short.png" else "x" * 9 * MB)]

    monkeypatch.setattr(pool, "do", done)
    outcomes = Pool(jobs("short.png", "long.png"), 1, Manner(), 2, 128 * MB).run()
    assert next(outcomes).status == "skipped"
    time.sleep(0.2)  # in which the other begins to tell
    for number in logged():
        os.kill(int(number), signal.SIGKILL)
    (last,) = outcomes
    assert (last.job.source.path, last.status) == ("long.png", "failed")


def test_all_workers_may_die_and_all_is_told(stand_in):
    stand_in(lambda stem, claim: os._exit(1))
    outcomes = list(Pool(jobs(*map("{}.png".format, range(9))), 1, Manner(), 2, 128 * MB).run())
    assert sorted((one.job.source.path, one.status) for one in outcomes) == [(f"{n}.png", "failed") for n in range(9)]


MEASURE = """
import resource, sys
from pathlib import Path
from upscale_cli.cli.door import main
assert main(sys.argv[1:]) == 0
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(peak.split()[1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_the_peak_of_memory_does_not_grow_with_the_files():
    """30 files or 300, the parent and its workers take about as much."""
    for number in range(300):
        picture(f"in/{number:03}.png", (16, 16), number % 7)
    command = [sys.executable, "-c", MEASURE, "in", *NEAREST, "--quiet"]
    peaks = []
    for words in (("--include", "0[012]?.png", "-o", "few"), ("-o", "many")):
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=True, timeout=120)
        peaks.append([int(number) / 1024 for number in done.stdout.split()])
    assert (len(contents("few")), len(contents("many"))) == (30, 300)
    for few, many in zip(*peaks, strict=True):
        assert many - few < 8, peaks


def test_stale_parts_are_removed_and_those_being_written_stay():
    import fcntl

    for number in range(3):
        picture(f"in/sub/{number}.png")
    for name in ("out/.upscale-0.part", "out/sub/.upscale-1.part", "out/sub/.upscale-2.part", "out/sub/.hidden.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("old")
    picture("in/3.png")
    with Path("out/sub/.upscale-2.part").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert run("in", "-r", *NEAREST, "-o", "out")[0] == 0
        assert parts() == [Path("out/sub/.upscale-2.part")]
    assert Path("out/sub/.hidden.png").read_text() == "old"
    assert run("in", "-r", *NEAREST, "-o", "out", "--skip-existing")[0] == 0
    assert parts() == []
    assert Path("out/sub/.hidden.png").exists()
