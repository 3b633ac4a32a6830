"""Inputs, jobs and outcomes: what fails carries why, leaves nothing behind and stops nothing else."""

import os
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli import files
from upscale_cli.batch.find import Input, Search
from upscale_cli.batch.names import Naming
from upscale_cli.batch.work import InTurn, Job, do, prepare
from upscale_cli.errors import InputError, OutputError
from upscale_cli.files import Manner, Task
from upscale_cli.formats import BY_EXTENSION, Settings
from upscale_cli.request import make_request

REQUEST = make_request(2, method="nearest")
PNG = BY_EXTENSION["png"]


def job(name, output):
    return Job(Input(name), REQUEST, output, PNG)


def process(src, task, manner):
    """Do one task, and raise what goes wrong."""
    (done,) = files.process(src, [task], manner)
    if isinstance(done, Exception):
        raise done


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in a folder with some 4 x 3 pictures."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "good/b.png", "good/sub/c.png", "closed/d.png", "e.xpm"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 3)).save(name, "PNG")
    Path("empty").mkdir()


@pytest.fixture
def close(monkeypatch):
    """Return a function that makes a folder unreadable, for root too."""

    def close(name):
        def scandir(path):
            if Path(path) == Path(name):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        real = os.scandir
        monkeypatch.setattr(os, "scandir", scandir)

    return close


def rule(output="out/"):
    return Naming(output, None, "nearest", REQUEST.target, True)


def found(*words, recursive=False, include=()):
    return list(Search(recursive, include).inputs(words, rule().folder))


@pytest.mark.parametrize(
    ("word", "how", "says"),
    [
        ("empty", {}, ["empty: there is no image of a known extension", "-r"]),
        ("empty", {"recursive": True}, ["empty: there is no image of a known extension in this folder"]),
        ("good", {"include": ("*.gif",)}, ["good: there is no image that --include and --exclude leave"]),
        ("closed", {}, ["closed: the folder cannot be read (Permission denied)"]),
    ],
)
def test_a_folder_that_gives_nothing_is_an_input_that_failed(close, word, how, says):
    close("closed")
    first, failed, last = found("a.png", word, "none.png", **how)
    assert (first, last) == (Input("a.png"), Input("none.png"))
    assert failed.path == word
    assert all(text in failed.failure for text in says)


def test_a_subfolder_that_cannot_be_read_does_not_stop_the_folder(close):
    close("good/sub")
    first, failed = found("good", recursive=True)
    assert first == Input("good/b.png", "good")
    assert failed.failure.startswith("good/sub: ")


def test_jobs_and_outcomes_carry_why_they_failed():
    inputs = [
        Input("a.png"),
        Input("empty", failure="empty: nothing"),
        Input("none.png"),
        Input("e.xpm"),
        Input("good/b.png"),
    ]
    jobs = prepare(inputs, rule(), [REQUEST], Settings())
    assert [job.source.path for job in jobs] == [one.path for one in inputs]
    assert jobs[1] == Job(inputs[1], REQUEST, failure="empty: nothing")
    assert (jobs[3].format, jobs[3].failure[:7]) == (None, "e.xpm: ")
    outcomes = list(InTurn(jobs, 1, Manner(folders=True)).run())
    assert [one.status for one in outcomes] == ["done", "failed", "failed", "failed", "done"]
    assert [one.job for one in outcomes] == jobs
    assert outcomes[2].reason == "none.png: there is no such file: check its name"
    assert [path.name for path in sorted(Path("out").iterdir())] == ["a.png", "b.png"]


@pytest.mark.parametrize("debug", ["1", "0"])
def test_what_nobody_foresaw_is_told_with_its_traceback(monkeypatch, debug):
    def fail(*_):
        raise RuntimeError("x")

    monkeypatch.setenv("UPSCALE_DEBUG", debug)
    monkeypatch.setattr(files, "run", fail)
    (one,) = do([job("a.png", "out.png")], Manner())
    assert one.status == "failed"
    assert one.reason.startswith("a.png: this is a defect (RuntimeError: x)")
    assert ('raise RuntimeError("x")' in one.trace) == (debug == "1")


def test_a_size_that_a_name_needs_and_nobody_knows_is_a_failed_job():
    first, last = prepare([Input("none.png"), Input("a.png")], rule("{width}.png"), [REQUEST], Settings())
    assert (first.format, first.failure[:32]) == (None, "none.png: there is no such file:")
    assert (last.output, last.failure) == ("8.png", "")


def test_only_whole_files_are_skipped():
    Path("link.png").symlink_to("/dev/null")
    Path("old.png").write_bytes(b"old")
    Image.new("RGB", (8, 6), "red").save("whole.png")
    jobs = [job("a.png", name) for name in ("old.png", "link.png", "whole.png")]
    assert [one.status for one in do(jobs, Manner(skips=True))] == ["done", "done", "skipped"]
    assert Image.open("old.png").getpixel((0, 0)) == (0, 0, 0)
    assert Image.open("whole.png").getpixel((0, 0)) == (255, 0, 0)


def test_folders_are_made_only_when_the_output_is_about_to_be_written():
    target = Path("new/deep/out.png")
    task = Task(target, PNG, REQUEST)
    with pytest.raises(OutputError, match="no folder"):
        process(Path("a.png"), task, Manner())
    with pytest.raises(InputError, match="no such file"):
        process(Path("none.png"), task, Manner(folders=True))
    process(Path("a.png"), task, Manner(folders=True, dry=True))
    assert not Path("new").exists()
    process(Path("a.png"), task, Manner(folders=True))
    assert Image.open(target).size == (8, 6)


@pytest.mark.parametrize("dry", [False, True])
def test_a_side_that_the_format_lacks_is_told_before_the_work(dry):
    request = make_request(90, method="nearest")
    with pytest.raises(OutputError, match="at most 256"):
        process(Path("a.png"), Task(Path("new/a.ico"), BY_EXTENSION["ico"], request), Manner(folders=True, dry=dry))
    assert not Path("new").exists()
