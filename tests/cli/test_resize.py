"""`upscale INPUT...`: every option acts, and what is told where."""

import json
import os
import re
import subprocess
import sys
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import __version__, files, resize
from upscale_cli.cli.door import main
from upscale_cli.cli.resize import resize as command
from upscale_cli.run import processors

KEYS = [
    "input", "output", "status", "reason", "format", "mode", "width", "height", "out_width", "out_height", "scale",
    "method", "plan", "ms",
]  # fmt: skip
NEAREST = ("-m", "nearest")
STEP = np.array([[40] * 4 + [215] * 4] * 6, np.uint8)
CHECKS = np.array([[0, 255] * 4, [255, 0] * 4] * 4, np.uint8)
LEAK = np.dstack([STEP, STEP, STEP, (STEP > 99) * np.uint8(255)])
STEEP = np.where(STEP > 99, 255, 0).astype(np.uint8)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(STEP).save("step.png")
    Image.fromarray(CHECKS).save("checks.png")
    Image.fromarray(LEAK).save("leak.png")
    Image.fromarray(np.dstack([STEP] * 3)).save("rgb.png")
    Path("text.png").write_text("not an image")
    return tmp_path


@pytest.fixture
def told(capsys):
    """Return a function that runs a command line and gives its exit code, standard output and standard error."""

    def run(*words):
        code = main([*words])
        return code, *capsys.readouterr()

    return run


def pixels(*words, out="out.png"):
    """Return the pixels of the file that a command line writes."""
    assert main([*words, "-o", out, "--overwrite", "--quiet"]) == 0
    with Image.open(out) as image:
        return np.asarray(image).astype(int)


def misfit(large):
    """Return by how many levels pixels, shrunk by half, differ from step.png."""
    return np.abs(resize(large.astype(np.uint8), 0.5) - np.asarray(Image.open("step.png")).astype(int)).sum()


# option: (words without it, what it adds, what must hold of the pixels without and with it)
ACTS = {
    "--scale": ("step.png -m nearest", "-s 2x3", lambda _, b: b.shape == (18, 16)),
    "--size": ("step.png -m nearest", "--size 16x600", lambda _, b: b.shape == (12, 16)),
    "--only-shrink": ("step.png -m nearest --size 16", "--only-shrink", lambda _, b: b.shape == (6, 8)),
    "--only-enlarge": ("step.png -m nearest --size 4", "--only-enlarge", lambda _, b: b.shape == (6, 8)),
    "--fit": ("step.png -m nearest --size 8x8", "--fit contain", lambda _, b: b.shape == (8, 8) and not b[0].any()),
    "--gravity": ("step.png -m nearest --size 2x6^", "--gravity west", lambda a, b: a.max() > b.max() == 40),
    "--background": ("rgb.png -m nearest --size 8x8 --fit contain", "--background red", lambda _, b: b[0, 0, 0] == 255),
    "--method": ("step.png -s 2", "-m nearest", lambda a, b: a.max() > b.max() == 215),
    "--antialias": ("step.png -s 0.25 -m bilinear --no-antialias", "--antialias", lambda a, b: np.ptp(b) < np.ptp(a)),
    "--no-antialias": ("step.png -s 0.25 -m bilinear", "--no-antialias", lambda a, b: np.ptp(b) > np.ptp(a)),
    "--refine": ("step.png -s 2", "--refine 3", lambda a, b: 2 * misfit(b) < misfit(a)),
    "--antiring": ("step.png -s 2", "--antiring 1", lambda a, b: np.ptp(a) > np.ptp(b) == 175),
    "--like": ("step.png -s 2", "--like opencv", lambda a, b: np.ptp(b) > np.ptp(a)),
    "--linear": ("checks.png -s 0.25 -m box", "--linear", lambda a, b: 127 <= a.min() < 129 and (b == 188).all()),
    "--sigmoid": ("step.png -s 2 --linear", "--sigmoid", lambda a, b: b.min() > a.min()),
    "--edge": ("step.png -s 2", "--edge wrap", lambda a, b: (a[:, 0] < b[:, 0]).all()),
    "--straight-alpha": ("leak.png -s 2", "--straight-alpha", lambda a, b: a[0, 8, 0] > 210 > b[0, 8, 0]),
}


@pytest.mark.parametrize("option", ACTS)
def test_the_option_changes_the_pixels_as_it_says(option):
    words, adds, holds = ACTS[option]
    sized = any(word in words for word in ("-s ", "--size"))
    assert holds(pixels(*words.split()) if sized else None, pixels(*words.split(), *adds.split()))


def test_options_may_stand_in_the_method():
    assert (pixels("step.png", "-s2", "-m", "bicubic:antiring=1") == pixels("step.png", "-s2", "--antiring=1")).all()


def test_the_command_line_does_what_the_library_does():
    expected = resize(np.asarray(Image.open("rgb.png")), 2.5, method="bicubic:a=-0.6")
    assert (pixels("rgb.png", "-s", "2.5", "-m", "bicubic:a=-0.6") == expected).all()


FILES = {  # option: (words without it, what it adds, output)
    "--quality": ("checks.png -s 4", "-q 10", "out.jpg"),
    "--compression": ("checks.png -s 4", "--compression 0", "out.png"),
    "--lossless": ("rgb.png -s 4", "--lossless", "out.webp"),
    "--format": ("checks.png -s 4", "-f bmp", "out.png"),
}


@pytest.mark.parametrize("option", FILES)
def test_the_option_changes_the_file(option):
    words, adds, out = FILES[option]
    files = []
    for more in ((), adds.split()):
        pixels(*words.split(), *NEAREST, *more, out=out)
        files.append(Path(out).read_bytes())
    assert files[0] != files[1]
    if option == "--quality":
        assert len(files[1]) < len(files[0])
    if option == "--compression":
        assert len(files[1]) > len(files[0])
    if option == "--lossless":
        expected = np.asarray(Image.open("rgb.png")).repeat(4, 0).repeat(4, 1)
        assert (np.asarray(Image.open(out)) == expected).all()
    if option == "--format":
        assert files[1].startswith(b"BM")


def test_output_overwrite_and_skip_existing(told):
    words = ("step.png", "-s", "2", *NEAREST, "-o", "new/out.png")
    assert told(*words)[0] == 0
    Path("new/out.png").write_bytes(b"old")
    assert told(*words)[0] == 1
    assert told(*words, "--skip-existing")[:2] == (0, "")
    assert Image.open("new/out.png").size == (16, 12)
    assert told(*words, "--overwrite")[0] == 0
    assert Image.open("new/out.png").size == (16, 12)


def test_folders_globs_and_recursion(told):
    for name in ("in/a.png", "in/b.jpg", "in/sub/c.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(STEP).save(name)
    expected = {"": "a.png b.jpg", "-r": "a.png b.jpg c.png", "--include *.png": "a.png", "--exclude a*": "b.jpg"}
    for number, (words, names) in enumerate(expected.items()):
        assert told("in", "-s2", *NEAREST, "-o", f"o{number}", *words.split())[0] == 0
        assert " ".join(sorted(path.name for path in Path(f"o{number}").rglob("*.*"))) == names


@pytest.mark.parametrize(("words", "threads"), [([], None), (["-j", "3"], 3), (["--jobs=1"], 1)])
def test_jobs_are_threads(monkeypatch, words, threads):
    seen, run = [], files.run
    monkeypatch.setattr(files, "run", lambda plan, samples, n: seen.append(n) or run(plan, samples, n))
    pixels("step.png", "-s", "2", *NEAREST, *words)
    assert seen == [threads or processors()]


@pytest.mark.parametrize(("limit", "code"), [(192, 0), (191, 1), (47, 1)])
def test_max_pixels(told, limit, code):
    assert told("step.png", "-s", "2", *NEAREST, "--max-pixels", str(limit))[0] == code


def test_dry_run_prints_and_writes_nothing(told, here):
    before = sorted(here.rglob("*"))
    code, out, err = told("step.png", "rgb.png", "-s", "2", *NEAREST, "-o", "new/", "--dry-run")
    assert code == 0
    assert out == "".join(f"{n}.png 8x6 -> new/{n}.png 16x12: nearest 8x6->16x12\n" for n in ("step", "rgb"))
    assert re.fullmatch(r"2 planned in \d+\.\d s\n", err)
    assert sorted(here.rglob("*")) == before


def test_standard_output_is_empty_by_default(told):
    code, out, err = told("step.png", "-s", "2", *NEAREST)
    assert (code, out) == (0, "")
    assert err == "step.png 8x6 -> step_x2_nearest.png 16x12\n"


def test_quiet_says_nothing_but_errors(told):
    assert told("step.png", "rgb.png", "-s", "2", *NEAREST, "--quiet") == (0, "", "")
    code, out, err = told("step.png", "text.png", "-s", "3", *NEAREST, "--quiet")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"upscale: text\.png: .+\n", err)


def test_verbose_tells_the_plan_and_the_times(told):
    code, out, err = told("step.png", "-s", "2", *NEAREST, "-v")
    assert (code, out) == (0, "")
    first, plan, times = err.splitlines()
    assert first == "step.png 8x6 -> step_x2_nearest.png 16x12"
    assert plan.strip() == "nearest 8x6->16x12"
    assert re.fullmatch(r"  decode [\d.]+, resize [\d.]+, encode [\d.]+, total [\d.]+ ms", times)


def test_what_a_format_cannot_hold_is_told(told):
    code, out, err = told("leak.png", "-s", "2", *NEAREST, "-o", "out.jpg")
    assert (code, out) == (0, "")
    assert "transparency is flattened" in err
    assert "leak.png: half transparency" in told("leak.png", "-s", "2", "-o", "out.gif")[2]
    frames = [Image.new("L", (4, 3), value) for value in (0, 255)]
    frames[0].save("two.gif", save_all=True, append_images=frames[1:])
    assert "two.gif: only the first of 2 frames is kept\n" in told("two.gif", "-s", "2", *NEAREST, "-o", "two.jpg")[2]


def test_one_bad_file_among_good_ones(told):
    code, out, err = told("step.png", "text.png", "none.png", "rgb.png", "-s", "2", *NEAREST)
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert {line.split(":")[1].strip() for line in lines[:2]} == {"text.png", "none.png"}
    assert re.fullmatch(r"2 done, 2 failed in \d+\.\d s: 96 pixels to 384 pixels, \d+ B to \d+ B", lines[2])
    assert Path("step_x2_nearest.png").exists()
    assert Path("rgb_x2_nearest.png").exists()


def test_an_empty_folder_among_good_files(told):
    Path("empty").mkdir()
    assert told("step.png", "empty", "-s", "2", *NEAREST, "-o", "out/")[0] == 1
    assert Path("out/step.png").exists()


def test_json_lines(told):
    Image.open("rgb.png").resize((16, 12)).save("rgb_x2_nearest.png")
    words = ("step.png", "rgb.png", "text.png", "-s", "2", *NEAREST, "--skip-existing", "--json")
    code, out, _ = told(*words)
    done, failed, skipped = sorted(map(json.loads, out.splitlines()), key=itemgetter("status"))
    assert code == 1
    assert [list(row) for row in (done, skipped, failed)] == [KEYS] * 3
    assert list(done["ms"]) == ["decode", "resize", "encode", "total"]
    assert {key: done[key] for key in KEYS[:-1]} == {
        "input": "step.png", "output": "step_x2_nearest.png", "status": "done", "reason": None, "format": "PNG",
        "mode": "L", "width": 8, "height": 6, "out_width": 16, "out_height": 12, "scale": 2, "method": "nearest",
        "plan": "nearest 8x6->16x12",
    }  # fmt: skip
    assert (skipped["status"], skipped["output"], skipped["ms"]) == ("skipped", "rgb_x2_nearest.png", None)
    assert "exists" in skipped["reason"]
    assert (failed["status"], failed["width"], failed["plan"], failed["ms"]) == ("failed", None, None, None)
    assert failed["reason"].startswith("text.png: ")
    code, out, _ = told("leak.png", "--size", "12x12!", "-m", "nearest:edge=wrap", "--json", "--dry-run")
    planned = json.loads(out)
    assert (code, list(planned), planned["status"], planned["ms"]) == (0, KEYS, "planned", None)
    assert (planned["scale"], planned["method"], planned["mode"]) == ([1.5, 2], "nearest:edge=wrap", "RGBA")


def test_json_names_the_method_that_auto_has_chosen(told):
    Image.new("RGB", (9, 7), "red").save("red.png")
    _, out, _ = told("red.png", "step.png", "text.png", "-s", "2", "-m", "auto", "--json")
    rows = {row["input"]: row for row in map(json.loads, out.splitlines())}
    place = KEYS.index("plan")
    assert all(list(row) == [*KEYS[:place], "chosen", *KEYS[place:]] for row in rows.values())
    assert (rows["red.png"]["method"], rows["red.png"]["chosen"]) == ("auto", "nearest")
    assert rows["step.png"]["plan"].startswith(rows["step.png"]["chosen"] + ": ")
    assert rows["text.png"]["chosen"] is None  # it is no picture
    _, out, _ = told("red.png", "-s", "1", "-m", "auto", "--json", "--dry-run")
    assert json.loads(out)["chosen"] is None  # there is nothing to do
    assert json.loads(told("step.png", "-s", "2x3", *NEAREST, "--json")[1])["scale"] == [2, 3]


def test_version_and_help(told):
    assert told("--version") == (0, f"upscale {__version__}\n", "")
    code, out, err = told("-h")
    assert (code, out, err) == (0, told("--help")[1], "")
    for option in command.params:
        if option.opts[0].startswith("-"):
            assert option.help, option.opts
            assert all(name in out for name in option.opts)


def test_every_option_is_tested_here():
    others = "output overwrite skip-existing recursive include exclude jobs max-pixels dry-run json verbose quiet"
    others += " from-file from-stdin null fail-fast memory log cluster"  # in test_batch.py, test_cluster.py
    others += " strip dpi no-orient profile depth dither palette frame subsampling"  # in test_holding.py
    tested = {*ACTS, *FILES, "--version", "--help"} | {f"--{name}" for name in others.split()}
    names = {name for option in command.params for name in option.opts + option.secondary_opts if name[:2] == "--"}
    assert names - tested == set()


EXAMPLES = [
    ("in.png -s 4 -m bicubic", "in_x4_bicubic.png", (32, 24)),
    ("in.png -s 4 -m lanczos3 -o big.webp", "big.webp", (32, 24)),
    ("photos/ -o big/ -s 2 -r", "big/sub/in.png", (16, 12)),
]


@pytest.mark.parametrize(("words", "output", "size"), EXAMPLES)
def test_the_contracts_examples_as_processes(words, output, size):
    Path("photos/sub").mkdir(parents=True)
    for name in ("in.png", "photos/sub/in.png"):
        Image.open("rgb.png").save(name)
    arguments = [sys.executable, "-m", "upscale_cli", *words.split()]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "")
    assert Image.open(output).size == size


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["methods"], ["in.png"]])
def test_talk_costs_no_heavy_import(words):
    code = (
        f"import sys; from upscale_cli.cli.door import main; main({words}); "
        "print(*{'numpy', 'PIL', 'numba'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert done.stderr.splitlines()[-1] == ""
