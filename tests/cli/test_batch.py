"""Many files: lists of them, the log, the summary, JSON lines, how much memory; and silence where it is wished for."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli.cli.door import main
from upscale_cli.cli.progress import amount

NEAREST = ("-s", "2", "-m", "nearest")
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}) (.*)\n")
KEYS = [
    "input", "output", "status", "reason", "format", "mode", "width", "height", "out_width", "out_height", "scale",
    "method", "plan", "ms",
]  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in a folder with four 4 x 3 pictures."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "in/c.png", "in/sub/d.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 3), "teal").save(name)


@pytest.fixture
def run(capsys, monkeypatch):
    """Return a function that runs a command line with bytes on standard input; it gives code, output and errors."""

    def run(*words, stdin=b"", method=NEAREST):
        stream = io.TextIOWrapper(io.BytesIO(stdin))
        monkeypatch.setattr(sys, "stdin", stream)
        code = main([*words, *method])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def inputs(run):
    """Return a function that gives the inputs of a command line, in order, without resizing them."""

    def inputs(*words, stdin=b"", code=0):
        told, out, err = run(*words, "--dry-run", "--json", stdin=stdin)
        assert told == code, err
        return [json.loads(line)["input"] for line in out.splitlines()]

    return inputs


def outputs(folder="out"):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


LISTS = [
    ("--from-file list", b"a.png\nb.png\n", ["a.png", "b.png"]),
    ("--from-file list", b"b.png\r\n\r\na.png", ["b.png", "a.png"]),
    ("--from-file list", b"in\n./a.png\n", ["in/c.png", "a.png"]),
    ("--from-file list -r", b"in\n", ["in/c.png", "in/sub/d.png"]),
    ("--from-file list -0", b"a.png\0in\0", ["a.png", "in/c.png"]),
    ("--from-file list b.png", b"a.png\n", ["b.png", "a.png"]),
    ("in --from-file list --include c*", b"a.png\n", ["in/c.png", "a.png"]),
    ("in b.png --from-file list", b"", ["in/c.png", "b.png"]),
]


@pytest.mark.parametrize(("words", "text", "expected"), LISTS)
def test_lists_in_a_file_or_on_standard_input(inputs, words, text, expected):
    Path("list").write_bytes(text)
    assert inputs(*words.split()) == expected
    assert inputs(*words.replace("--from-file list", "--from-file -").split(), stdin=text) == expected
    assert inputs(*words.replace("--from-file list", "--from-stdin").split(), stdin=text) == expected
    assert inputs(*words.replace("--from-file list", "- --from-stdin").split(), stdin=text) == expected


def test_a_file_and_standard_input_and_words_together(inputs):
    Path("list").write_text("b.png\n")
    assert inputs("in", "--from-file", "list", "--from-stdin", stdin=b"a.png\n") == ["in/c.png", "b.png", "a.png"]
    assert inputs("--from-file", "-", "--from-stdin", stdin=b"a.png\n") == ["a.png"]


def test_a_picture_on_standard_input_beside_a_list_in_a_file(inputs):
    Path("list").write_text("b.png\n")
    picture = Path("a.png").read_bytes()
    assert inputs("-", "--from-file", "list", "-o", "out", stdin=picture) == ["-", "b.png"]


@pytest.mark.parametrize("null", [False, True])
def test_names_of_all_kinds_in_a_list(run, null):
    names = [
        b"-",
        b"--help",
        b" x ",
        b"\xe9\xff.png",
        "写真.png".encode(),
        b"%s{stem}.png",
        *[b"two\nlines.png"] * null,
    ]
    for name in names:
        Path(os.fsdecode(name)).write_bytes(Path("a.png").read_bytes())
    text = b"".join(name + (b"\0" if null else b"\n") for name in names)
    code, out, err = run("--from-stdin", *["-0"] * null, "-o", "out", "-f", "png", "--quiet", stdin=text)
    assert (code, out, err) == (0, "", "")
    stems = {os.path.splitext(os.fsdecode(name))[0] for name in names}  # noqa: PTH122 the stem of "--help", too
    assert {*outputs()} == {f"{stem}.png" for stem in stems}


def test_what_a_list_lacks_does_not_stop_the_rest(run):
    Path("empty").mkdir()
    Path("list").write_text("none.png\na.png\n-\nempty\nb.png\nhttp\n")
    code, out, err = run("--from-file", "list", "-o", "out")
    assert (code, out) == (1, "")
    told = [line.partition(": ")[2].partition(":")[0] for line in err.splitlines()[:-1]]
    assert sorted(told) == ["-", "empty", "http", "none.png"]
    assert re.match(r"2 done, 4 failed into out/ in ", err.splitlines()[-1])
    assert outputs() == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("words", "text", "says"),
    [
        ("--from-file none", b"", "none: "),
        ("--from-file none a.png", b"", "none: "),
        ("--from-file in", b"", "in: "),
        ("--from-file list", b"", "the list is empty"),
        ("--from-file list", b"\r\n\n", "the list is empty"),
        ("--from-file list -0", b"\0\0", "the list is empty"),
        ("--from-file list", b"a.png\0b.png\0", "-0"),
        ("--from-file - -o out", b"", "the list is empty"),
    ],
)
def test_a_list_of_which_nothing_can_be_made(run, words, text, says):
    Path("list").write_bytes(text)
    code, out, err = run(*words.split())
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("upscale: ")
    assert says in err
    assert not list(Path().glob("*nearest*"))


@pytest.mark.parametrize("terminal", [True, False])
def test_a_list_is_not_awaited_from_a_terminal(run, monkeypatch, capsys, terminal):
    class Stream:
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Stream() if terminal else None)
    assert main(["--from-stdin", *NEAREST]) == 1
    assert "a list of images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("a.png -0", "-0"),
        ("in --null -r", "-0"),
        ("--from-file list -o out.png", "out.png"),
        ("--from-file list -o -", "-o -"),
        ("--from-file", "--from-file"),
        ("--from-fil list", "--from-file"),
        ("a.png --memory", "--memory"),
        ("a.png --log", "--log"),
        ("a.png -v --quiet", "--quiet"),
        ("a.png --log a.png", "--log"),
    ],
)
def test_words_that_contradict_each_other(run, words, says):
    Path("list").write_text("a.png\n")
    code, out, err = run(method=(*NEAREST, *words.split()))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert not Path("out").exists()


def logged(path="run.log"):
    """Return what stands in a log, after the times."""
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    assert all(LINE.fullmatch(line) for line in lines)
    times = [LINE.fullmatch(line)[1] for line in lines]
    assert times == sorted(times)
    return [LINE.fullmatch(line)[2] for line in lines]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_log_has_a_line_for_each_output_and_is_added_to(run, jobs):
    Path("bad.png").write_text("no image")
    words = ("a.png", "bad.png", "in", "-o", "out", "--log", "run.log", "-j", jobs)
    assert run(*words)[0] == 1
    first = logged()
    assert len(first) == 4
    done, failed = [line for line in first if line[:5] == "done "], [line for line in first if line[:7] == "failed "]
    assert [re.sub(r" in [0-9.]+ ms$", "", line) for line in sorted(done)] == [
        "done a.png 4x3 -> out/a.png 8x6",
        "done in/c.png 4x3 -> out/c.png 8x6",
    ]
    assert failed == ["failed bad.png: it is not an image of a known format: check where it came from"]
    assert re.fullmatch(r"2 done, 1 failed into out/ in \d+\.\d s: 24 pixels to 96 pixels, .* to .*", first[-1])
    assert run(*words, "--skip-existing", "--quiet")[0] == 1
    second = logged()
    assert second[:4] == first
    assert sorted(second[4:-1]) == [
        *failed, "skipped a.png: out/a.png exists", "skipped in/c.png: out/c.png exists",
    ]  # fmt: skip
    assert re.fullmatch(r"2 skipped, 1 failed in \d+\.\d s", second[-1])


def test_a_log_of_one_file_and_of_a_plan(run):
    run("a.png", "--log", "run.log")
    run("a.png", "--log", "run.log", "--dry-run", "--overwrite")
    done, first, planned, second = logged()
    assert re.fullmatch(r"done a\.png 4x3 -> a_x2_nearest\.png 8x6 in [0-9.]+ ms", done)
    assert first.startswith("1 done in ")
    assert planned == "planned a.png 4x3 -> a_x2_nearest.png 8x6"
    assert second.startswith("1 planned in ")


def test_names_in_a_log_are_written_out_and_never_break_a_line(run):
    name = "x\n2001-01-01T00:00:00+0000 done\r\033[2J\x85\u2028.png"
    Path(name).write_bytes(Path("a.png").read_bytes())
    Path(os.fsdecode(b"\xff.png")).write_text("no image")
    assert run(name, os.fsdecode(b"\xff.png"), "写.png", "-o", "out", "--log", "run.log", "--quiet")[0] == 1
    content = Path("run.log").read_text(encoding="utf-8")
    assert len(logged()) == 4
    assert "x\\n2001-01-01T00:00:00+0000 done\\r\\x1b[2J\\x85\\u2028.png" in content
    assert "\\udcff.png: " in content
    assert "写.png: " in content


@pytest.mark.parametrize("log", ["none/run.log", "in", "a.txt/run.log", "loop", "x" * 300])
def test_a_log_that_cannot_be_written_is_told_before_any_work(run, log):
    Path("a.txt").touch()
    Path("loop").symlink_to("loop")
    code, out, err = run("a.png", "b.png", "-o", "out", "--log", log)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"upscale: {log}: the log cannot be written (")
    assert not Path("out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_log_for_which_there_is_no_more_room_stops_the_run(run, jobs):
    code, out, err = run("a.png", "b.png", "in", "-o", "out", "--log", "/dev/full", "-j", jobs)
    assert (code, out) == (1, "")
    summary, error = err.splitlines()
    assert re.match(r"1 done, 2 left into out/ in ", summary)
    assert error == "upscale: /dev/full: the log cannot be written (No space left on device): make room"


def total(*names):
    return amount(sum(Path(name).stat().st_size for name in names))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_summary_counts_and_adds_up(run, jobs):
    Path("bad.png").write_text("no image")
    Path("in/.hidden.png").touch()
    Path("in/notes.txt").touch()
    Path("in/link").symlink_to("sub")
    Image.new("RGB", (80, 60)).save("large.png")
    Path("out").mkdir()
    Image.new("RGB", (8, 6)).save("out/b.png")
    words = ("a.png", "b.png", "bad.png", "large.png", "in", "-o", "out", "--skip-existing", "-j", jobs)
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    counts, sizes = err.splitlines()[-1].split(": ")
    assert re.fullmatch(r"3 done, 1 skipped, 1 failed, 3 passed over into out/ in \d+\.\d s", counts)
    read, written = ("a.png", "large.png", "in/c.png"), ("out/a.png", "out/large.png", "out/c.png")
    assert sizes == f"4824 pixels to 0.0193 MP, {total(*read)} to {total(*written)}"


def test_what_is_passed_over_is_named_where_one_looks(run):
    Path("in/notes.txt").touch()
    assert "notes.txt" not in run("in", "a.png", "-o", "out", "--log", "log.txt")[2]
    assert " passed over in/notes.txt\n" in Path("log.txt").read_text()
    assert "in/notes.txt: passed over\n" in run("in", "a.png", "-o", "out", "-v", "--overwrite")[2]


def test_a_summary_of_several_sizes_counts_an_input_once(run):
    words = ("a.png", "b.png", "-m", "nearest", "-s", "1,2,3", "-o", "out/{stem}{scale}.png")
    code, _, err = run(*words, method=())
    assert code == 0
    written = [f"out/{stem}{scale}.png" for stem in "ab" for scale in (1, 2, 3)]
    assert err.rstrip("\n").endswith(f"s: 24 pixels to 336 pixels, {total('a.png', 'b.png')} to {total(*written)}")


@pytest.mark.parametrize(("more", "left"), [((), 0), (("--fail-fast",), 2)])
def test_a_summary_tells_what_is_left(run, more, left):
    err = run("a.png", "none.png", "b.png", "in", "-o", "out", "-j", "1", *more)[2]
    told = "1 done, 1 failed, 2 left" if left else "3 done, 1 failed"
    assert re.fullmatch(rf"{told} into out/ in .*", err.splitlines()[-1])


def test_a_summary_names_a_folder_only_if_there_is_one(run):
    assert re.match(r"2 done in ", run("a.png", "b.png")[2])
    assert re.match(r"2 done in ", run("a.png", "in", "-o", "{dir}/new/")[2])
    assert re.match(r"1 done, 1 failed into in/new/ in ", run("none.png", "in", "-o", "{dir}/new/", "--overwrite")[2][
        len("upscale: none.png: there is no such file: check its name\n") :
    ])  # fmt: skip
    assert re.match(r"2 skipped in ", run("a.png", "in", "-o", "{dir}/new/", "--skip-existing")[2])


def test_one_file_has_a_line_of_its_own_and_no_summary(run):
    assert run("a.png") == (0, "", "a.png 4x3 -> a_x2_nearest.png 8x6\n")
    assert run("a.png", "--skip-existing")[2] == "a.png: skipped, a_x2_nearest.png exists\n"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_quiet_leaves_nothing_but_errors(run, jobs):
    Path("in/e.gif").write_text("no image")
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    frames[0].save("in/film.gif", save_all=True, append_images=frames[1:])  # of which -f bmp keeps one, with a note
    words = ("in", "b.png", "-r", "-o", "out", "-f", "bmp", "-j", jobs)
    code, out, err = run(*words, "--quiet")
    assert (code, out) == (1, "")
    assert err == "upscale: in/e.gif: it is not an image of a known format: check where it came from\n"
    assert "only the first of 2 frames is kept" in run(*words, "--overwrite")[2]
    Path("in/e.gif").unlink()
    assert run(*words, "--quiet", "--overwrite") == (0, "", "")
    assert run(*words, "--quiet", "--skip-existing") == (0, "", "")


def test_what_a_library_logs_of_a_damaged_file_is_not_shown():
    Image.new("RGB", (13, 9)).save("pages.tif", save_all=True, append_images=[Image.new("RGB", (13, 9))] * 2)
    content = Path("pages.tif").read_bytes()
    for length in (200, 630, 1130):  # the later ones after the directories of two pages, before what they point to
        Path("pages.tif").write_bytes(content[:length])
        words = [sys.executable, "-m", "upscale_cli", "pages.tif", *NEAREST, "-o", "out.tif", "--quiet"]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith("upscale: pages.tif: ")


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_json_line_for_each_output_also_of_several_processes(run, jobs):
    Path("bad.png").write_text("no image")
    Path("out").mkdir()
    Image.new("RGB", (8, 6)).save("out/b.png")
    words = ("a.png", "b.png", "bad.png", "in", "none.png", "-r", "-o", "out", "--skip-existing", "--json", "-j", jobs)
    code, out, err = run(*words, "--quiet")
    assert code == 1
    lines = [json.loads(line) for line in out.splitlines()]
    assert [[*line] for line in lines] == [KEYS] * 6
    assert {line["input"]: line["status"] for line in lines} == {
        "a.png": "done", "b.png": "skipped", "bad.png": "failed", "in/c.png": "done", "in/sub/d.png": "done",
        "none.png": "failed",
    }  # fmt: skip
    assert sorted(err.splitlines()) == sorted(f"upscale: {line['reason']}" for line in lines if line["reason"] and
                                              line["status"] == "failed")  # fmt: skip
    for line in lines:
        done = line["status"] == "done"
        assert line["scale"] == 2
        assert line["method"] == "nearest"
        assert line["format"] == "PNG"
        assert ([*line["ms"]] == ["decode", "resize", "encode", "total"]) if done else line["ms"] is None
        sides = [line[key] for key in ("width", "height", "out_width", "out_height")]
        assert sides == ([4, 3, 8, 6] if done else [None] * 4)
        assert (line["reason"] is None) == done


REFUSED = [
    "",
    "0",
    "1",
    "500",
    "1023K",
    "1048575",
    "abc",
    "-1G",
    "+1G",
    "1.5.5G",
    "1,5G",
    "nan",
    "inf",
    "1e9",
    "1P",
    "G",
]
REFUSED += ["1 G", "1G ", "0x10M", "1Gb/s", "1GG", "1iM", "１G", "0.5M", "9999999999999"]  # noqa: RUF001 a wide digit


@pytest.mark.parametrize("word", REFUSED)
def test_words_that_are_no_amount_of_memory(run, word):
    code, out, err = run("a.png", "b.png", "-o", "out", f"--memory={word}")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("upscale: --memory: ")
    assert not Path("out").exists()


@pytest.mark.parametrize("memory", ["1M", "64M", "2G"])
def test_a_run_within_any_amount_of_memory_does_the_same(run, memory):
    assert run("a.png", "b.png", "in", "-r", "-o", "out", "-j", "3", "--memory", memory, "--quiet") == (0, "", "")
    assert outputs() == ["a.png", "b.png", "c.png", "sub/d.png"]
