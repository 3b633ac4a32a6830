"""What `upscale compare` says in figures: CSV, JSON and the table."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import __version__

from .runs import HEIGHT, PICTURE, TWO, WIDTH, rows_of

UPSCALE = [sys.executable, "-m", "upscale_cli"]
SPEC = "lanczos:lobes=4,antiring=1"
HEAD = "image,method,scale,width,height"
KEYS = ["image", "method", "scale", "width", "height", "metrics", "infinite"]
FIGURES = ("--metrics", "ssim,psnr,lr_psnr")
SAMPLES = Path(__file__).parents[3] / "sample_images"


@pytest.fixture
def flat():
    Image.new("L", (12, 12), 90).save("flat.png")


def test_csv_on_standard_output_and_nothing_else(told):
    code, out, err = told("compare", "a.png", "b.png", "-s", "2,2x4", "-m", f"nearest,{SPEC}", *FIGURES, "--csv", "-")
    assert (code, err) == (0, "")
    lines = [re.sub(r"-?\d+\.\d+", "#", line) for line in out.splitlines()]
    methods = ("nearest", f'"{SPEC}"')
    rows = [f"{image},{m},{s},24,20" for image in ("a.png", "b.png") for s in ("2", "2x4") for m in methods]
    means = [f"(mean),{method},{scale},," for scale in ("2", "2x4") for method in methods]
    assert lines == [f"{HEAD},ssim,psnr,lr_psnr", *(f"{row},#,#,#" for row in rows + means)]


def test_a_mean_is_the_mean(told):
    assert told("compare", "a.png", "grey.png", "-s", "2", *TWO, *FIGURES, "--csv", "x.csv", "--quiet") == (0, "", "")
    *rows, first, second = rows_of("x.csv")
    for mean in (first, second):
        of = [row for row in rows if row["method"] == mean["method"]]
        assert len(of) == 2
        for name in ("ssim", "psnr", "lr_psnr"):
            assert float(mean[name]) == pytest.approx(sum(float(row[name]) for row in of) / 2, abs=1e-6)


def test_json_on_standard_output_and_nothing_else(told):
    code, out, err = told("compare", "a.png", "-s", "2,2.5,2x4", "-m", f"nearest,{SPEC}", *FIGURES, "--json", "-")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert list(found) == ["schema", "version", "convention", "downsampler", "rows", "means"]
    assert [found[key] for key in list(found)[:4]] == [1, __version__, "sr", "matlab-bicubic"]
    assert [list(row) for row in found["rows"]] == [KEYS] * 6
    assert [list(row) for row in found["means"]] == [KEYS[1:3] + KEYS[5:]] * 6
    assert [row["scale"] for row in found["rows"]] == [row["scale"] for row in found["means"]]
    assert [row["scale"] for row in found["rows"][::2]] == [2, 2.5, [2, 4]]
    assert [type(row["scale"]) for row in found["rows"][::2]] == [int, float, list]
    assert {row["image"] for row in found["rows"]} == {"a.png"}
    assert [row["method"] for row in found["rows"]] == ["nearest", SPEC] * 3
    assert {(row["width"], row["height"]) for row in found["rows"][:2]} == {(WIDTH, HEIGHT)}
    assert all(list(row["metrics"]) == ["ssim", "psnr", "lr_psnr"] for row in found["rows"] + found["means"])


def test_json_says_how_it_was_measured(told):
    words = ("-m", "nearest", "--metrics", "psnr", "--json", "-")
    out = told("compare", "a.png", "-s", "2", *words, "--convention", "full", "--downsampler", "area")[1]
    assert [json.loads(out)[key] for key in ("convention", "downsampler")] == ["full", "area"]
    out = told("compare", "low.png", "--reference", "a.png", *words)[1]
    assert json.loads(out)["downsampler"] is None


def test_csv_and_json_hold_the_same(told):
    words = ("compare", "a.png", "b.png", "-s", "2,2x4", "-m", f"nearest,{SPEC}", "--csv", "x.csv", "--json", "x.json")
    code, out, _ = told(*words)
    assert (code, out.startswith("a.png, 2x to 24x20\n")) == (0, True)
    document = json.loads(Path("x.json").read_text())
    both = []
    for row in document["rows"] + document["means"]:
        sides = row["scale"] if isinstance(row["scale"], list) else [row["scale"]]
        about = [row.get("image", "(mean)"), row["method"], "x".join(map(str, sides))]
        both.append([*about, *(str(row.get(key, "")) for key in KEYS[3:5]), *row["metrics"].values()])
    read = [[*list(row.values())[:5], *(float(row[name]) for name in list(row)[5:])] for row in rows_of("x.csv")]
    assert read == both


def test_infinite_and_missing_figures(told, flat):
    words = ("flat.png", "-s", "2", "-m", "nearest", "--metrics", "psnr,msssim,max", "--json", "x.json", "--csv", "-")
    code, out, err = told("compare", *words)
    assert code == 0
    figures = "inf,,0"
    assert out == f"{HEAD},psnr,msssim,max\nflat.png,nearest,2,12,12,{figures}\n(mean),nearest,2,,,{figures}\n"
    assert err == "flat.png: msssim is left out: msssim needs 161x161 pixels or more, not 8x8\n"
    document = json.loads(Path("x.json").read_text())
    for row in document["rows"] + document["means"]:
        assert (row["metrics"], row["infinite"]) == ({"psnr": None, "msssim": None, "max": 0}, ["psnr"])


@pytest.mark.parametrize("output", ["--csv", "--json"])
def test_one_bad_image_among_good_ones(told, output):
    words = ("compare", "a.png", "none.png", "text.png", "tiny.png", "b.png", "-s", "2", "-m", "nearest")
    code, out, err = told(*words, "--metrics", "psnr", output, "-")
    assert code == 1
    assert re.findall(r"^upscale: (\w+\.png): ", err, re.M) == ["none.png", "text.png", "tiny.png"]
    if output == "--csv":
        assert [line.split(",")[0] for line in out.splitlines()] == ["image", "a.png", "b.png", "(mean)"]
    else:
        assert [row["image"] for row in json.loads(out)["rows"]] == ["a.png", "b.png"]


def test_nothing_that_could_be_compared(told):
    code, out, _ = told("compare", "none.png", "-s", "2", "--json", "-", "--grid", "g.bmp", "--report", "r.html")
    assert (code, json.loads(out)["rows"], json.loads(out)["means"]) == (1, [], [])
    assert not Path("g.png").exists()
    assert not Path("r.html").exists()
    assert told("compare", "none.png", "empty", "-s", "2")[:2] == (1, "")


def test_a_scale_that_is_too_large_leaves_the_others(told):
    code, out, err = told("compare", "a.png", "-s", "21,2", "-m", "nearest", "--metrics", "psnr", "--csv", "-")
    assert code == 1
    assert [line.split(",")[2] for line in out.splitlines()[1:]] == ["2", "2"]
    assert err.startswith("upscale: a.png: 24x20 pixels cannot be shrunk by 21")


def split(out):
    """Return a table's lines in words, without the empty ones."""
    return [line.split() for line in out.splitlines() if line]


def test_the_table_of_one_image(told):
    code, out, err = told("compare", "a.png", "-s", "2", "-m", f"nearest,{SPEC},bicubic", "--metrics", "psnr,mae,ms")
    assert (code, err) == (0, "")
    title, head, *lines = split(out)
    assert title == ["a.png,", "2x", "to", "24x20"]
    assert head == ["method", "psnr", "dB", "mae", "levels", "ms"]
    psnr, mae, ms = ([float(line[place].strip("*")) for line in lines] for place in (1, 2, 3))
    assert psnr == sorted(psnr, reverse=True)
    assert [line[1][:1] == "*" for line in lines] == [value == max(psnr) for value in psnr]
    assert [line[2][:1] == "*" for line in lines] == [value == min(mae) for value in mae]
    assert any(line[3][:1] == "*" and value == min(ms) for line, value in zip(lines, ms, strict=True))
    assert {line[0] for line in lines} == {"nearest", SPEC, "bicubic"}


def test_the_table_ranks_by_the_first_metric_in_its_direction(told):
    out = told("compare", "a.png", "-s", "2", *TWO, "--metrics", "max,psnr")[1]
    largest = [float(line[1].strip("*")) for line in split(out)[2:]]
    assert largest == sorted(largest)
    out = told("compare", "a.png", "-s", "2", *TWO, "--metrics", "sharpness")[1]
    off = [abs(float(line[1].strip("*")) - 1) for line in split(out)[2:]]
    assert off == sorted(off)


def test_tables_of_several_images_and_scales(told):
    words = ("compare", "b.png", "tiny.png", "a.png", "-s", "2,4", *TWO, "--metrics", "psnr")
    code, out, _ = told(*words)
    assert code == 1
    titles = [line for line in out.splitlines() if line[:1] not in ("", " ")]
    expected = [f"{image}, {scale}x to 24x20" for image in ("b.png", "a.png") for scale in (2, 4)]
    assert titles == [*expected, "mean of 2 images, 2x", "mean of 2 images, 4x"]
    assert "mean" not in told("compare", "a.png", "-s", "2,4", *TWO, "--metrics", "psnr")[1]


def test_one_row_has_no_best_and_none_is_a_dash(told, flat):
    out = told("compare", "a.png", "-s", "2", "-m", "nearest")[1]
    assert "*" not in out
    out = told("compare", "flat.png", "-s", "2", *TWO, "--metrics", "psnr,sharpness")[1]
    assert [line[1:] for line in split(out)[2:]] == [["*inf", "-"]] * 2  # both are the best


def test_the_best_is_bold_on_a_terminal_only(told):
    words = ["compare", "a.png", "-s", "2", *TWO, "--metrics", "psnr"]
    assert "\033" not in told(*words)[1]
    ours, theirs = os.openpty()
    process = subprocess.Popen([*UPSCALE, *words], stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while b"nearest" not in shown or not shown.endswith(b"\n\r\n"):
        shown += os.read(ours, 4096)
    assert process.wait(60) == 0
    os.close(ours)
    assert len(re.findall(rb"\033\[1m *\*\d+\.\d+\033\[0m", shown)) == 1


ODD = [os.fsdecode(b"caf\xe9.png"), 'com,ma "q".png', "li\nne.png", "cr\rlf\r\n.png", "(mean).png"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names(told, name):
    Image.fromarray(PICTURE).save(name)
    words = ("compare", name, "-s", "2", "-m", "nearest", "--metrics", "psnr")
    assert told(*words, "--csv", "x.csv", "--json", "x.json", "--grid", "x.bmp", "--report", "x.html")[0] == 0
    assert [row["image"] for row in rows_of("x.csv")] == [name, "(mean)"]
    assert json.loads(Path("x.json").read_text())["rows"][0]["image"] == name
    before = Path("x.csv").read_bytes()
    code, out, _ = told(*words, "--csv", "x.csv", "--resume")
    assert (code, Path("x.csv").read_bytes()) == (0, before)
    assert out.count("\n") == 4  # a table, whatever is in the name
    assert told(*words, "--csv", "-")[1] == before.decode("utf-8", "replace")


DEPTHS = {
    "grey.png": PICTURE[..., 0],
    "la.png": PICTURE[..., :2],
    "rgba.png": np.dstack([PICTURE, PICTURE[..., :1]]),
    "deep.png": PICTURE[..., 0].astype(np.uint16) * 257,
    "float.tif": (PICTURE[..., 0] / 255).astype(np.float32),
}


@pytest.mark.parametrize("convention", ["sr", "sr-luma", "full"])
def test_images_of_all_kinds(told, convention):
    for name, samples in DEPTHS.items():
        Image.fromarray(samples).save(name)
    Image.fromarray(PICTURE).convert("P").save("palette.png")
    Image.fromarray(PICTURE).convert("CMYK").save("cmyk.jpg", quality=95)
    names = (*DEPTHS, "palette.png", "cmyk.jpg")
    words = ("-s", "2", "-m", "nearest", "--convention", convention, "--metrics", "psnr,ssim,lr_psnr", "--csv", "-")
    code, out, err = told("compare", *names, *words, "--grid", "g.bmp", "--error", "--report", "r.html", "--save", "d")
    assert (code, err) == (0, "")
    rows = [line.split(",") for line in out.splitlines()[1:-1]]
    assert [row[0] for row in rows] == [*names]
    assert all(8 < float(row[5]) < 60 for row in rows)
    same = {row[0]: row[5] for row in rows}
    assert float(same["grey.png"]) == pytest.approx(float(same["deep.png"]), abs=0.3)
    forms = {"float.tif": "tiff"} if convention == "full" else {}
    saved = [f"{name.split('.')[0]}_x2_nearest.{forms.get(name, 'png')}" for name in names]
    assert sorted(path.name for path in Path("d").iterdir()) == sorted(saved)


def test_samples_that_are_no_numbers_are_refused(told):
    samples = (PICTURE[..., 0] / 255).astype(np.float32)
    samples[3, 3] = np.nan
    Image.fromarray(samples).save("nan.tif")
    code, _, err = told("compare", "nan.tif", "a.png", "-s", "2", "-m", "nearest")
    assert code == 1
    assert err == "upscale: nan.tif: it holds samples that are no numbers or infinite: replace them first\n"


@pytest.mark.parametrize(("sample", "what"), [("sprite", "pixel art"), ("labels", "a label image"), ("photo", "")])
def test_figures_of_what_was_drawn_pixel_by_pixel_are_put_right(told, sample, what):
    Image.open(SAMPLES / f"{sample}.png").crop((0, 0, 96, 64)).save("c.png")
    err = told("compare", "c.png", "-s", "2", "-m", "nearest", "--metrics", "psnr")[2]
    note = f"c.png: it looks like {what}: shrinking mixes its colours, and figures say how well methods undo that\n"
    assert err == (note if what else "")
