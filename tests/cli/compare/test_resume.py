"""`--overwrite`, `--resume` and neither; what an interrupt and a closed pipe leave."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from upscale_cli.evaluate import compare as library

from .runs import TWO, rows_of, snapshot

UPSCALE = [sys.executable, "-m", "upscale_cli"]
SET = ("compare", "set", "-r", "-s", "2,4", *TWO, "--metrics", "psnr,ssim,lr_psnr")
ALL = {"csv": "x.csv", "json": "x.json", "grid": "x.bmp", "report": "x.html"}


def outputs(**names):
    return [word for option, name in names.items() for word in (f"--{option}", name)]


@pytest.mark.parametrize("option", ALL)
def test_what_exists_is_refused_or_replaced(told, refused, option):
    words = [*SET, *outputs(**{option: ALL[option]})]
    assert told(*words)[0] == 0
    made = Path(ALL[option]).read_bytes()
    Path(ALL[option]).write_bytes(b"old\n")
    line = refused(words, 1)
    assert f"{ALL[option]} exists: use --overwrite" in line
    assert ("--resume" in line) == (option == "csv")
    assert told(*words, "--overwrite")[0] == 0
    assert Path(ALL[option]).read_bytes() == made


def interrupted(monkeypatch, at):
    """Have the reading of the nth image interrupted."""
    read, calls = library.samples_of, []

    def stop(image, limit):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return read(image, limit)

    monkeypatch.setattr(library, "samples_of", stop)


def test_an_interrupt_and_a_resumption(told, monkeypatch):
    assert told(*SET, *outputs(csv="whole.csv", json="whole.json"), "--save", "whole")[0] == 0
    with monkeypatch.context() as patch:
        interrupted(patch, 3)
        code, out, err = told(*SET, *outputs(**ALL), "--save", "part")
    assert (code, err) == (130, "upscale: interrupted\n")
    assert out.count("24x20") == 4
    assert not [name for name in snapshot() if name.endswith(".part") or name in ("x.json", "x.bmp", "x.html")]
    assert [row["image"] for row in rows_of("x.csv")] == ["set/a.png"] * 4 + ["set/b.jpg"] * 4
    assert len(list(Path("part").rglob("*.png"))) == 8
    with monkeypatch.context() as patch:
        interrupted(patch, 3)  # of what is done only the first is read
        code, out, err = told(*SET, *outputs(csv="x.csv", json="x.json"), "--save", "part", "--resume")
    assert (code, err) == (0, "")
    assert out.startswith("set/sub/c.png, 2x to 24x20\n")
    assert out.count("24x20") == 6
    assert Path("x.csv").read_text() == Path("whole.csv").read_text()
    assert json.loads(Path("x.json").read_text()) == json.loads(Path("whole.json").read_text())
    saved = {name.split("/", 1)[1]: data for name, data in snapshot().items() if name.startswith("part/")}
    assert saved == {name.split("/", 1)[1]: data for name, data in snapshot().items() if name.startswith("whole/")}


def test_a_resumption_from_any_byte(told):
    words = ("compare", "a.png", "b.png", "-s", "2", "-m", "nearest,lanczos:lobes=4,antiring=1", "--metrics", "psnr")
    assert told(*words, "--csv", "x.csv")[0] == 0
    whole = Path("x.csv").read_bytes()
    head = whole.index(b"\n") + 1
    for cut in range(head, len(whole) + 1, 9):
        Path("x.csv").write_bytes(whole[:cut])
        assert told(*words, "--csv", "x.csv", "--resume", "--quiet") == (0, "", "")
        assert sorted(Path("x.csv").read_bytes().splitlines()) == sorted(whole.splitlines())


def test_a_resumption_measures_more_methods_and_scales(told):
    words = ("compare", "a.png", "--metrics", "psnr", "--csv", "x.csv", "--resume")
    assert told(*words, "-s", "2", "-m", "nearest")[0] == 0
    code, out, _ = told(*words, "-s", "2,4", *TWO)
    assert (code, out.count("nearest"), out.count("bicubic")) == (0, 2, 2)
    rows = [(row["image"], row["method"], row["scale"]) for row in rows_of("x.csv")]
    keys = [("nearest", "2"), ("bicubic", "2"), ("bicubic", "4"), ("nearest", "4")]
    assert rows == [*(("a.png", *key) for key in keys), *(("(mean)", *key) for key in keys)]


def test_a_resumption_tries_again_what_failed(told):
    words = ("compare", "a.png", "new.png", "-s", "2", *TWO, "--metrics", "psnr", "--csv", "x.csv", "--resume")
    assert told(*words)[0] == 1
    Path("new.png").hardlink_to("b.png")
    assert told(*words)[0] == 0
    assert [row["image"] for row in rows_of("x.csv")] == ["a.png"] * 2 + ["new.png"] * 2 + ["(mean)"] * 2


def test_a_limit_counts_rows_that_are_kept(told):
    words = ("compare", "a.png", "-s", "2", *TWO, "--metrics", "psnr", "--csv", "x.csv", "--resume", "--quiet")
    assert told(*words)[0] == 0
    assert told(*words, "--fail-under", "psnr=99")[0] == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("image,method,scale,width,height,ssim\n", "same metrics"),
        ("some text\n", "same metrics"),
        ('"' + "x" * 200_000 + "\n", "no CSV"),
    ],
)
def test_what_cannot_be_resumed_is_refused(refused, text, says):
    Path("x.csv").write_text(text)
    words = ["compare", "a.png", "-s", "2", "-m", "nearest", "--metrics", "psnr", "--csv", "x.csv", "--resume"]
    line = refused(words, 1)
    assert line.startswith("upscale: x.csv: ")
    assert says in line


def test_a_signal_to_a_process_and_a_resumption(told):
    Path("many").mkdir()
    for number in range(150):
        Path("many", f"{number:03}.png").hardlink_to("a.png")
    words = ("compare", "many", "-s", "2", "-m", "nearest", "--metrics", "psnr,ssim")
    process = subprocess.Popen(
        [*UPSCALE, *words, *outputs(**ALL), "--save", "out"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A job in the background is started deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 no thread runs here
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (Path("x.csv").exists() and Path("x.csv").read_text().count("\n") > 3) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "upscale: interrupted\n")
    assert not [name for name in snapshot() if name.endswith(".part") or name in ("x.json", "x.bmp", "x.html")]
    done = rows_of("x.csv")
    assert 2 < len(done) < 150
    assert len(done) <= len(list(Path("out").iterdir())) <= len(done) + 1
    assert told(*words, "--csv", "x.csv", "--resume", "--quiet") == (0, "", "")
    rows = rows_of("x.csv")
    assert rows[: len(done)] == done
    assert [row["image"] for row in rows[:-1]] == [f"many/{number:03}.png" for number in range(150)]
    assert {row["psnr"] for row in rows} == {rows[0]["psnr"]}


def closed():
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("more", [(), ("--csv", "-"), ("--json", "-")])
def test_a_closed_pipe_ends_quietly(more):
    writer = closed()
    done = subprocess.run([*UPSCALE, *SET, *more], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_pipe_does_not_end_the_judgement():
    writer = closed()
    words = [*UPSCALE, *SET, "--fail-under", "psnr=99"]
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.returncode == 3
    assert b"worse than 99" in done.stderr


def test_a_closed_pipe_does_not_end_the_work():
    writer = closed()
    done = subprocess.run([*UPSCALE, *SET, *outputs(**ALL)], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [row["image"] for row in rows_of("x.csv")][-5:] == ["set/sub/c.png"] + ["(mean)"] * 4
    assert all(Path(name).exists() for name in ALL.values())


def test_a_pipe_is_written_once(told):
    """Its reader takes the first closing for the end."""
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        assert told(*SET, "--csv", "pipe")[0] == 0
        got = reader.communicate(timeout=20)[0]
    assert told(*SET, "--csv", "-")[1] == got


def test_a_pipe_whose_reader_has_gone():
    os.mkfifo("pipe")
    with subprocess.Popen(["head", "-c", "1", "pipe"], stdout=subprocess.DEVNULL) as reader:
        process = subprocess.Popen([*UPSCALE, *SET, "--csv", "pipe"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        reader.wait(60)
        err = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert err.startswith(b"upscale: pipe cannot be written (Broken pipe)")
    assert err.count(b"\n") == 1


def test_a_full_standard_output():
    for output in ("--csv", "--json", "--metrics"):
        words = [*SET[:-2], output, "psnr" if output == "--metrics" else "-"]
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run([*UPSCALE, *words], stdout=full, stderr=subprocess.PIPE, check=False, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith("upscale: standard output cannot be written (No space left on device)")
        assert (done.stderr.count("\n"), "--resume" in done.stderr) == (1, False)


def test_closed_standard_output_and_error():
    command = " ".join([*UPSCALE, *SET, "--csv", "x.csv"])
    assert subprocess.run(f"{command} >&- 2>&-", shell=True, check=False).returncode == 0
    assert len(rows_of("x.csv")) == 16


@pytest.mark.parametrize("more", [("--convention", "full"), ("--shave", "0"), ("--downsampler", "area")])
def test_rows_that_were_measured_otherwise_are_not_gone_on_with(told, refused, more):
    words = ("compare", "a.png", "b.png", "-s", "2", "-m", "nearest,bicubic", "--metrics", "psnr,ms", "--csv", "x.csv")
    assert told(*words)[0] == 0
    kept = Path("x.csv").read_text().splitlines()[:4]
    Path("x.csv").write_text("\n".join(kept) + "\n")
    line = refused([*words, *more, "--resume"], 1)
    assert line.startswith("upscale: a.png: by nearest its psnr was ")
    assert Path("x.csv").read_text().splitlines() == kept
    assert told(*words, "--resume")[0] == 0


def test_rows_of_other_methods_and_images_are_not_measured_again(told):
    words = ("compare", "-s", "2", "--metrics", "psnr", "--csv", "x.csv")
    assert told(*words, "a.png", "-m", "nearest")[0] == 0
    Path("x.csv").write_text(Path("x.csv").read_text().replace("nearest", "none").replace("a.png", "c.png"))
    assert told(*words, "b.png", "-m", "nearest", "--resume")[0] == 0
    assert told(*words, "a.png", "-m", "bicubic", "--resume")[0] == 0


def test_pictures_that_are_there_are_not_measured_twice(told):
    words = ("compare", "--between", "a.png", "--csv", "x.csv")
    assert told(*words, "b.png")[0] == 0
    assert told(*words, "b.png", "set/b.jpg", "--resume")[0] == 0
    assert [row["method"] for row in rows_of("x.csv")] == ["b.png", "set/b.jpg"] * 2  # and the means
    assert told(*words, "b.png", "set/b.jpg", "--resume")[0] == 0
    assert len(rows_of("x.csv")) == 4
