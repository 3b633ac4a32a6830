"""`upscale compare`: every option acts, wrong words are refused, exit codes are the contract's."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli import jit
from upscale_cli.cli.compare.command import compare as command
from upscale_cli.cli.door import main
from upscale_cli.evaluate import compare as library
from upscale_cli.methods import METHODS
from upscale_cli.run import processors

from .runs import PAIR, PICTURE, TWO, rows_of


def rows(words):
    """Return the rows of the CSV that a comparison writes."""
    words = words if "--metrics" in words else f"{words} --metrics psnr"
    assert main(["compare", *shlex.split(words), "--csv", "out.csv", "--overwrite", "--quiet"]) == 0
    return [row for row in rows_of("out.csv") if row["image"] != "(mean)"]


def of(column, found):
    return [row[column] for row in found]


def figures(found):
    return [float(row["psnr"]) for row in found]


TRIP = "a.png -s 2 -m nearest"
# option: (words without it, words with it, what must hold of the rows without and with it)
ACTS = {
    "--scale": (TRIP, "a.png -m nearest -s 2x4,2.5,5x", lambda _, b: of("scale", b) == ["2x4", "2.5", "5"]),
    "--method": (TRIP, f"{TRIP} -m bicubic", lambda _, b: of("method", b) == ["nearest", "bicubic"]),
    "--reference": (
        "low.png -s 2 -m nearest", "low.png -m nearest --reference a.png",
        lambda a, b: of("width", a + b) == ["12", "24"] and of("scale", b) == ["2"],
    ),
    "--between": (TRIP, "a.png --between b.png --metrics psnr", lambda _, b: of("method", b) == ["a.png"]),
    "--recursive": (
        "set -s 2 -m nearest", "set -s 2 -m nearest -r",
        lambda a, b: set(of("image", b)) - set(of("image", a)) == {"set/sub/c.png"},
    ),
    "--include": ("set -s 2 -m nearest", "set -s 2 -m nearest --include *.png", lambda a, b: b == a[:1]),
    "--exclude": ("set -s 2 -m nearest", "set -s 2 -m nearest --exclude *.png", lambda a, b: b == a[1:]),
    "--convention": (TRIP, f"{TRIP} --convention full", lambda a, b: figures(a) != figures(b)),
    "--metrics": (TRIP, f"{TRIP} --metrics MAE,max", lambda _, b: list(b[0])[5:] == ["mae", "max"]),
    "--downsampler": (TRIP, f"{TRIP} --downsampler nearest", lambda a, b: figures(a) > figures(b)),
    "--space": (TRIP, f"{TRIP} --space rgb", lambda a, b: figures(a) > figures(b)),
    "--shave": (TRIP, f"{TRIP} --shave 4", lambda a, b: figures(a) != figures(b)),
}  # fmt: skip


@pytest.mark.parametrize("option", ACTS)
def test_the_option_acts(option):
    without, adds, holds = ACTS[option]
    assert holds(rows(without), rows(adds))


def test_globs_and_hidden_files():
    assert of("image", rows(f"set -r {TRIP[6:]}")) == ["set/a.png", "set/b.jpg", "set/sub/c.png"]
    assert of("image", rows(f"set -r {TRIP[6:]} --include *.png")) == ["set/a.png", "set/sub/c.png"]
    assert of("image", rows(f"set -r {TRIP[6:]} --include sub/* --include b*")) == ["set/b.jpg", "set/sub/c.png"]
    assert of("image", rows(f"set -r {TRIP[6:]} --exclude *.jpg --exclude c*")) == ["set/a.png"]


@pytest.mark.parametrize(("words", "threads"), [([], None), (["-j", "3"], 3), (["--jobs=1"], 1)])
def test_jobs_are_threads(monkeypatch, told, words, threads):
    seen, pool = [], library.ThreadPoolExecutor
    monkeypatch.setattr(library, "ThreadPoolExecutor", lambda count: seen.append(count) or pool(count))
    assert told("compare", "a.png", "-s", "2", *TWO, *words)[0] == 0
    assert seen == [threads or processors()]


@pytest.mark.parametrize(("limit", "code"), [(480, 0), (479, 1)])
def test_max_pixels(told, limit, code):
    assert told("compare", "a.png", "-s", "2", "-m", "nearest", "--max-pixels", str(limit))[0] == code


def test_quiet(told):
    words = ("compare", "a.png", "tiny.png", "text.png", "-s", "2", "-m", "nearest", "--shave", "0", "--quiet")
    code, out, err = told(*words)
    assert (code, out) == (1, "")
    assert [line.split(":")[1] for line in err.splitlines()] == [" text.png"]  # no note on SSIM, no bar, no table


def test_every_option_is_tested_here():
    others = "quiet jobs max-pixels fail-under help"  # here
    others += " csv json"  # in test_outputs.py
    others += " grid crop zoom error segments save report report-images"  # in test_pictures.py
    others += " overwrite resume"  # in test_resume.py
    tested = {*ACTS} | {f"--{name}" for name in others.split()}
    names = {name for option in command.params for name in option.opts + option.secondary_opts if name[:2] == "--"}
    assert names - tested == set()


def test_help(told):
    code, out, err = told("compare", "--help")
    assert (code, out, err) == (0, told("compare", "-h")[1], "")
    for option in command.params:
        if option.opts[0].startswith("-"):
            assert option.help, option.opts
            assert all(name in out for name in option.opts if name.startswith("-"))
    assert all(len(line) <= 80 for line in out.split("Examples:")[1].splitlines())


def methods(*words):
    return of("method", rows(f"a.png -s 2 {shlex.join(words)}"))


@pytest.mark.skipif(jit.interpreted(), reason="icbi and eedi3 take minutes, interpreted")
def test_lists_families_and_all():
    everything = [name for name, row in METHODS.items() if name != "auto" and (not row.factors or 2 in row.factors)]
    assert methods() == methods("-m", "all") == methods("-m", "nearest", "-m", "@traditional,bicubic,all") == everything
    assert methods("-m", "nearest,bicubic,nearest") == ["nearest", "bicubic"]
    spec = "lanczos:lobes=4,antiring=1"
    assert methods("-m", f" {spec} , nearest", "-m", "bicubic:b=0.1,c=0.4") == [spec, "nearest", "bicubic:b=0.1,c=0.4"]
    assert methods("-m", "lanczos3") == ["lanczos3"]  # as it was asked for


WRONG = [  # words, what the message must say; exit 2
    ("", ["nothing to compare", "upscale compare in.png"]),
    ("''", ["''", "no file's name"]),
    ("- - -s 2", ["(-)", "twice"]),
    ("a.png", ["-s", "--reference", "--between"]),
    ("a.png -s 2 --reference b.png", ["--scale and --reference", "give one"]),
    ("a.png -s 2 --between b.png", ["--scale and --between"]),
    ("a.png --reference b.png --between b.png", ["--reference and --between"]),
    ("a.png --reference ''", ["--reference", "no file's name"]),
    ("a.png --reference -", ["--reference -"]),
    ("a.png --between -", ["--between -"]),
    ("a.png -s x", ["--scale", "'x'"]),
    ("a.png -s 2,", ["--scale"]),
    ("a.png -s 1", ["--scale", "more than 1"]),
    ("a.png -s 0.5", ["--scale", "more than 1"]),
    ("a.png -s 2x0.5", ["--scale", "more than 1"]),
    ("a.png -s 2,2.0", ["--scale", "2 is given twice"]),
    ("a.png -s 2 -m bicubik", ["--method", "did you mean bicubic?"]),
    ("a.png -s 2 -m ''", ["--method"]),
    ("a.png -s 2 -m bicubic:b", ["--method"]),
    ("a.png -s 2 -m nearest,a=1", ["--method", "'a=1' belongs to no method"]),
    ("a.png -s 2 -m @traditonal", ["--method", "did you mean @traditional?"]),
    ("a.png -s 2 --convention srluma", ["--convention", "did you mean sr-luma?"]),
    ("a.png -s 2 --metrics psnr,sim", ["--metrics", "did you mean ssim?"]),
    ("a.png -s 2 --metrics psnr,psnr", ["--metrics", "psnr is given twice"]),
    ("a.png -s 2 --metrics ''", ["--metrics"]),
    ("a.png -s 2 --metric psnr", ["--metric", "did you mean --metrics?"]),
    ("a.png -s 2 --downsampler aera", ["--downsampler", "did you mean area?"]),
    ("a.png -s 2 --space rbg", ["--space", "did you mean rgb?"]),
    ("a.png -s 2 --space rgb --convention sr-luma", ["sr-luma", "rgb"]),
    ("a.png -s 2 --shave -1", ["--shave", "'-1'"]),
    ("a.png -s 2 --shave 1.5", ["--shave", "'1.5'"]),
    ("a.png -s 2 --fail-under psnr", ["--fail-under", "psnr=30"]),
    ("a.png -s 2 --fail-under psn=3", ["--fail-under", "did you mean psnr?"]),
    ("a.png -s 2 --fail-under psnr=3,ssim", ["--fail-under", "'ssim' is not metric=value"]),
    ("a.png -s 2 --fail-under psnr=nan", ["--fail-under", "'nan'"]),
    ("a.png -s 2 --fail-under mae=1", ["--fail-under mae", "--metrics"]),
    ("a.png -s 2 --csv ''", ["--csv", "no file's name"]),
    ("a.png -s 2 --csv - --json -", ["standard output"]),
    ("a.png -s 2 --csv x --json x", ["two things", "x"]),
    ("a.png -s 2 --csv x.png", ["--csv x.png", "out.csv"]),
    ("a.png -s 2 --report x.webp", ["--report x.webp", "out.html"]),
    ("a.png -s 2 --grid -", ["--grid -"]),
    ("a.png -s 2 --report -", ["--report -"]),
    ("a.png -s 2 --save -", ["--save -"]),
    ("a.png -s 2 --grid x", ["--grid x", "out.png"]),
    ("a.png -s 2 --grid .png", ["--grid .png", "out.png"]),
    ("a.png -s 2 --grid x.pgn", ["--grid x.pgn", "did you mean"]),
    ("a.png -s 2 --crop 0,0,4,4", ["--crop", "--grid"]),
    ("a.png -s 2 --zoom 2", ["--zoom", "--grid"]),
    ("a.png -s 2 --error", ["--error", "--grid"]),
    ("a.png -s 2 --grid x.png --crop 0,0,4", ["--crop", "X,Y,W,H"]),
    ("a.png -s 2 --grid x.png --crop 0,0,0,4", ["--crop", "0x4"]),
    ("a.png -s 2 --grid x.png --crop 0,-1,4,4", ["--crop"]),
    ("a.png -s 2 --grid x.png --zoom 0", ["--zoom", "'0'"]),
    ("a.png -s 2 --grid x.png --zoom 65", ["--zoom", "'65'"]),
    ("a.png -s 2 --report-images jpeg", ["--report-images", "--report"]),
    ("a.png -s 2 --report x.html --report-images jpg", ["--report-images", "did you mean jpeg?"]),
    ("a.png -s 2 --resume", ["--resume", "--csv"]),
    ("a.png -s 2 --resume --csv -", ["--resume", "--csv"]),
    ("a.png -s 2 --resume --csv x --overwrite", ["--overwrite and --resume"]),
    ("a.png -s 2 --resume --csv x --grid x.png", ["--resume and --grid"]),
    ("a.png -s 2 --resume --csv x --report x.html", ["--resume and --report"]),
    ("a.png -s 2 -j 0", ["--jobs", "'0'"]),
    ("a.png -s 2 --max-pixels 0", ["--max-pixels", "'0'"]),
    ("a.png --between b.png -m nearest", ["-m", "--between"]),
    ("a.png --between b.png --save x", ["--save", "--between"]),
    ("a.png --between b.png --downsampler area", ["--downsampler", "--between"]),
    ("a.png --between b.png --metrics psnr,ms", ["ms", "--metrics"]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "says"), WRONG)
def test_wrong_words(refused, words, says):
    line = refused(["compare", *shlex.split(words)], 2)
    assert all(text in line for text in says), line


def test_a_zero_byte(refused):
    for words in (["a\0.png", "-s", "2"], ["a.png", "-s", "2", "--csv", "x\0"], ["a.png", "--between", "\0"]):
        assert "no file's name" in refused(["compare", *words], 2)


FACTS = [  # exit 1, before any work
    ("a.png -s 2 --csv none/x", ["none/x", "make none first"]),
    ("a.png -s 2 --json none/x", ["none/x", "make none first"]),
    ("a.png -s 2 --grid none/x.png", ["none/x.png", "make none first"]),
    ("a.png -s 2 --report none/x.html", ["none/x.html", "make none first"]),
    ("a.png -s 2 --csv set", ["set is a folder", "--csv"]),
    ("a.png -s 2 --save text.png", ["text.png is no folder", "--save"]),
    ("a.png -s 2 --csv x --json ./x", ["x is what --csv writes", "--json"]),
    ("a.png -s 2 --grid ./a.png --overwrite", ["a.png is an image that is compared", "--grid"]),
    ("low.png --reference a.png --grid a.png --overwrite", ["a.png is an image that is compared"]),
    ("a.png --between b.png --grid b.png --overwrite", ["b.png is an image that is compared"]),
    ("set --reference set --grid set/sub/../a.png --overwrite", ["set/a.png is an image that is compared"]),
    ("a.png -s 2 --csv s3://x/y", ["s3://x/y", "on this machine"]),
    ("a.png --between set", ["set is a folder", "--between"]),
    ("a.png --between none.png", ["none.png", "no such file"]),
    ("a.png --between text.png", ["text.png"]),
    ("set a.png -s 2 --save x", ["set/a.png and a.png", "saved as a"]),
]


@pytest.mark.parametrize(("words", "says"), FACTS)
def test_facts_are_told_before_any_work(refused, words, says):
    line = refused(["compare", *words.split()], 1)
    assert all(text in line for text in says), line


@pytest.mark.parametrize(
    ("limits", "unmet"),
    [
        (["psnr=5", "mae=100", "gmsd=1"], []),
        (["psnr=98"], ["bicubic 2x: psnr is", "nearest 2x: psnr is"]),
        (["MAE=0.5"], ["bicubic 2x: mae is", "nearest 2x: mae is"]),
        (["gmsd=1e-6,psnr=3"], ["bicubic 2x: gmsd is", "nearest 2x: gmsd is"]),
        (["sharpness=1.0000001"], ["bicubic 2x: sharpness is", "nearest 2x: sharpness is"]),
        (["msssim=0.1"], ["bicubic 2x: msssim could not", "nearest 2x: msssim could not"]),
    ],
)
def test_fail_under(told, limits, unmet):
    words = ("compare", "a.png", "b.png", "-s", "2", *TWO, "--metrics", "psnr,mae,gmsd,sharpness,msssim")
    code, out, err = told(*words, *(word for limit in limits for word in ("--fail-under", limit)))
    assert code == (3 if unmet else 0)
    assert out.count("\n  method") == 3
    complaints = [line for line in err.splitlines() if "left out" not in line]
    assert [re.match("upscale: (.* (is|could not))", line)[1] for line in complaints] == unmet
    assert all(line.endswith("(--fail-under)") for line in complaints)


def test_fail_under_takes_every_scale_and_the_mean_at_its_word(told):
    rows("a.png b.png -s 2,4 -m nearest --metrics psnr")
    means = [float(row["psnr"]) for row in rows_of("out.csv") if row["image"] == "(mean)"]
    words = ("compare", "a.png", "b.png", "-s", "2,4", "-m", "nearest", "--metrics", "psnr", "--quiet", "--fail-under")
    assert told(*words, f"psnr={min(means):.6f}")[0] == 0
    code, _, err = told(*words, f"psnr={max(means):.6f}")
    assert (code, err.count("\n")) == (3, 1)
    assert err.startswith(f"upscale: nearest {'24'[means.index(min(means))]}x: psnr is {min(means)}, worse than")


def test_a_failure_goes_before_an_unmet_limit(told):
    words = ("compare", "a.png", "none.png", "-s", "2", *TWO, "--fail-under", "psnr=99")
    code, out, err = told(*words)
    assert code == 1
    assert "none.png: there is no such file" in err
    assert err.count("worse than 99") == 2  # which is told all the same
    assert [line.split()[0] for line in out.splitlines()[2:4]] == PAIR


def test_the_library_says_the_same():
    Image.fromarray(PICTURE).save("same.png")
    found = library.compare("same.png", [2, "2x4"], PAIR, metrics=("psnr", "ssim"))
    expected = [(row.method, row.metrics["psnr"]) for row in found]
    asked = rows("same.png -s 2,2x4 -m bicubic,nearest --metrics psnr,ssim")
    assert [(row["method"], float(row["psnr"])) for row in asked] == expected
    assert Path("out.csv").read_text().startswith("image,method,scale,width,height,psnr,ssim\n")
