"""Dask: the same files, words and exit codes as without it; lost workers, too little memory, nobody there."""

import importlib.util
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.batch import cluster, tasks
from upscale_cli.batch.find import Input
from upscale_cli.batch.work import Job
from upscale_cli.cli.door import main
from upscale_cli.files import Manner
from upscale_cli.formats import BY_EXTENSION
from upscale_cli.request import make_request

distributed = pytest.importorskip("distributed")
fsspec = pytest.importorskip("fsspec")

NEAREST = ("-m", "nearest")
COUNT = 12


@pytest.fixture(scope="module")
def address():
    """Return where a scheduler with two workers is, which know nothing of this project's jobs."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit="400MB", silence_logs=50
    ) as running:
        yield running.scheduler_address


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in a folder with a tree of pictures."""
    monkeypatch.chdir(tmp_path)
    Path("in/sub").mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 256, (COUNT, 9, 7, 3), np.uint8)
    for number, samples in enumerate(noise):
        Image.fromarray(samples).save(f"in/{'sub/' * (number % 2)}{number:02}.png")
    return tmp_path


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def told(capsys, *words):
    code = main([*words])
    out, err = capsys.readouterr()
    return code, out, err.splitlines()


def test_the_same_files_words_and_codes(capsys, address):
    Path("in/bad.png").write_text("no image")
    Path("in/notes.txt").write_text("no image")
    results = []
    for number, where in enumerate([[], ["--cluster", address], ["--cluster", "local", "-j", "2"]]):
        code, out, err = told(capsys, "in", "-r", "-s", "2", *NEAREST, "-o", "out", "--json", *where)
        rows = sorted(map(json.loads, out.splitlines()), key=lambda row: row["input"])
        for row in rows:
            del row["ms"]
        (reason,) = [row.pop("reason") for row in rows if row["status"] == "failed"]
        assert reason.endswith("in/bad.png: it is not an image of a known format: check where it came from")
        assert err[-1].startswith(f"{COUNT} done, 1 failed, 1 passed over into out/ in")
        results.append((code, rows, tree("out")))
        Path("out").rename(f"out{number}")
    assert results[0][0] == 1
    assert len(results[0][2]) == COUNT
    assert results[1] == results[0]
    assert results[2] == results[0]


def test_a_run_is_resumed(capsys, address):
    words = ("in", "-r", "-s", "2", *NEAREST, "-o", "out", "--cluster", address)
    assert told(capsys, *words)[0] == 0
    before = tree("out")
    Path("out/sub/01.png").unlink()
    Path("out/02.png").write_bytes(before["02.png"][:50])
    Path("out/.upscale-0123456789abcdef.part").write_bytes(b"left by a killed run")
    code, _, err = told(capsys, *words, "--skip-existing")
    assert code == 0
    assert err[-1].startswith(f"2 done, {COUNT - 2} skipped")
    assert tree("out") == before
    code, _, err = told(capsys, *words)
    assert code == 1
    assert [line.endswith("exists: use --overwrite to replace it, or --skip-existing") for line in err[:-1]] == [
        True
    ] * COUNT
    assert told(capsys, *words, "--overwrite")[0] == 0
    assert tree("out") == before


def test_a_task_that_is_done_again_does_no_harm(tmp_path):
    """As Dask does it when a worker is lost after its output was written."""
    request = make_request(2, method="nearest")
    job = Job(Input(str(tmp_path / "in" / "00.png")), request, str(tmp_path / "00.png"), BY_EXTENSION["png"])
    for _ in range(2):
        ((outcome,),) = tasks.perform(pickle.dumps(([[job]], Manner(overwrite=True))), 1 << 30, 1)
        assert outcome.status == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the workers in /proc")
def test_a_worker_is_killed_in_mid_run(capsys):
    """All outputs are there in the end, the same as without the loss."""
    for number in range(400):
        Path(f"in/more{number}.png").hardlink_to("in/00.png")
    assert told(capsys, "in", "-s", "2", *NEAREST, "-o", "undisturbed")[0] == 0
    killed = []

    def kill(running):
        deadline = time.monotonic() + 60
        while not (done := len(list(Path("out").glob("*.png")))) and time.monotonic() < deadline:
            time.sleep(0.001)
        nanny = next(iter(running.workers.values()))
        os.kill(nanny.pid, signal.SIGKILL)
        killed.append(done)

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as running:
        killer = threading.Thread(target=kill, args=(running,))
        killer.start()
        code, _, err = told(capsys, "in", "-s", "2", *NEAREST, "-o", "out", "--cluster", running.scheduler_address)
        killer.join()
    assert (code, err[-1].split(" into")[0]) == (0, f"{400 + COUNT // 2} done")
    assert 0 < killed[0] < 400
    finished = tree("out")
    assert {name: data for name, data in finished.items() if name[0] != "."} == tree("undisturbed")


def test_what_needs_more_memory_claims_it(capsys, address, monkeypatch):
    claims = []
    real = cluster.Cluster._submit

    def submit(self, client, done, numbers, needed):
        claims.append((len(numbers), needed > self.share))
        real(self, client, done, numbers, needed)

    monkeypatch.setattr(cluster.Cluster, "_submit", submit)
    Image.new("RGB", (400, 400)).save("in/large.png")  # takes 5.6 MB, which is more than a worker has
    words = ("in", "-r", "-s", "2", *NEAREST, "-o", "out", "--cluster", address, "--memory", "1M")
    assert told(capsys, *words)[0] == 0
    assert len(tree("out")) == COUNT + 1
    assert claims.count((1, True)) == 1
    assert len(claims) == COUNT + 2


def test_half_of_a_workers_memory_is_its_resource(capsys, address):
    words = ("in", "-s", "2", *NEAREST, "-o", "out")
    for more, expected in (([], 200_000_000), (["--memory", "3M"], 3 << 20)):
        assert told(capsys, *words, "--overwrite", "--cluster", address, *more)[0] == 0
        with distributed.Client(address, set_as_default=False) as client:
            assert list(client.run(tasks.capacity).values()) == [(expected, 1)] * 2


def test_several_sizes_and_standard_input_go_there_too(capsys, address, monkeypatch):
    class Stream:
        buffer = open("in/00.png", "rb")  # noqa: SIM115, PTH123

        def isatty(self):
            return False

    monkeypatch.setattr(sys, "stdin", Stream())
    words = ("-", "in/02.png", "-s", "2,3", *NEAREST, "-o", "out/{stem}-{scale}{ext}", "--cluster", address)
    assert told(capsys, *words)[0] == 0
    Stream.buffer.close()
    assert sorted(tree("out")) == ["02-2.png", "02-3.png", "stdin-2.png", "stdin-3.png"]


def test_what_is_in_memory_is_done_by_threads(capsys):
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    words = ("in", "-r", "-s", "2", *NEAREST, "-o", "memory://out", "--cluster", "local", "-j", "2")
    assert told(capsys, *words)[0] == 0
    assert len(memory.find("/out")) == COUNT
    memory.store.clear()


def test_the_first_failure_stops_the_rest(capsys, address):
    for number in range(40):
        Path(f"in/bad{number:02}.png").write_text("no image")
    code, _, err = told(capsys, "in", "-r", "-s", "2", *NEAREST, "-o", "out", "--fail-fast", "--cluster", address)
    assert code == 1
    assert len(err) == 2
    assert " left " in err[-1]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1: start one with `dask scheduler`"),
        ("nonsense", "no Dask scheduler answers at nonsense"),
        ("nothing://x", "no Dask scheduler answers at nothing://x"),
    ],
)
def test_nobody_answers(capsys, monkeypatch, where, says):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    code, _, err = told(capsys, "in", "-s", "2", *NEAREST, "-o", "out", "--cluster", where, "--quiet")
    assert (code, len(err)) == (1, 1)
    assert says in err[0]
    assert not Path("out").exists()


def test_a_client_that_cannot_close_is_told_as_nobody(capsys, monkeypatch):
    def client(*_, **__):
        raise AssertionError

    monkeypatch.setattr(distributed, "Client", client)
    code, _, err = told(capsys, "in", "-s", "2", *NEAREST, "-o", "out", "--cluster", "nothing://x", "--quiet")
    assert (code, len(err)) == (1, 1)
    assert "no Dask scheduler answers at nothing://x" in err[0]


def test_a_scheduler_without_workers(capsys, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as running:
        words = ("in", "-s", "2", *NEAREST, "-o", "out", "--cluster", running.scheduler_address, "--quiet")
        code, _, err = told(capsys, *words)
    assert (code, len(err)) == (1, 1)
    assert "has no workers: start one with `dask worker`" in err[0]


def test_workers_of_another_version(capsys, address, monkeypatch):
    monkeypatch.setattr(tasks, "__version__", "0.0.1")
    code, _, err = told(capsys, "in", "-s", "2", *NEAREST, "-o", "out", "--cluster", address, "--quiet")
    assert (code, len(err)) == (1, 1)
    assert "not 0.0.1: install that" in err[0]


def test_without_dask_it_is_told_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, _, err = told(capsys, "in", "-s", "2", *NEAREST, "-o", "out", "--cluster", "local", "--quiet")
    assert (code, err) == (1, ["upscale: --cluster needs Dask: pip install 'upscale-cli[cluster]'"])


def test_standard_output_is_not_there(capsys):
    code, _, err = told(capsys, "in/00.png", "-s", "2", "-o", "-", "--cluster", "local")
    assert (code, len(err)) == (2, 1)
    assert "-o -" in err[0]


def test_a_dry_run_needs_no_cluster(capsys):
    code, out, _ = told(capsys, "in", "-s", "2", *NEAREST, "--dry-run", "--cluster", "tcp://127.0.0.1:1")
    assert (code, len(out.splitlines())) == (0, COUNT // 2)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_interrupt_ends_it_within_two_seconds(tmp_path):
    for number in range(3000):
        Path(f"in/more{number}.png").hardlink_to("in/00.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "upscale_cli", "in", "-s", "2", *NEAREST, "-o", "out", "--cluster", "local", "-j", "2"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 no thread runs here
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any(Path("out").glob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    seconds = time.monotonic() - started
    assert process.returncode == 130
    lines = err.splitlines()
    assert lines[-1] == "upscale: interrupted"
    assert " left " in lines[-2]
    assert len(lines) == 2, err
    assert seconds < 2
    assert not list(Path("out").glob(".upscale-*"))
    while time.monotonic() < started + 10:  # the process that workers are forked from goes last
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("a process is left")
