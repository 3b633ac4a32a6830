"""`upscale best`: prints the winner and nothing else."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.cli.compare.best import best as command
from upscale_cli.evaluate.choice import METRICS
from upscale_cli.evaluate.compare import compare
from upscale_cli.evaluate.rows import means

from .runs import PICTURE, TWO, snapshot

THREE = "nearest,bicubic,lanczos:lobes=4,antiring=1"
TIMES = ("ms", "mps")


def test_the_winner_can_be_used(told):
    code, out, err = told("best", "a.png", "-s", "2", "-m", THREE)
    assert (code, err) == (0, "")
    assert out == "lanczos:lobes=4,antiring=1\n"
    assert told("a.png", "-s", "2", "-m", out.strip(), "-o", "big.png")[0] == 0


@pytest.mark.parametrize("metric", [name for name in METRICS if name not in (*TIMES, "msssim")])
def test_metrics_know_their_direction(told, metric):
    rows = compare("a.png", 2, THREE, metrics=(metric,))
    better = {"high": max, "low": min, "one": lambda values, key: min(values, key=lambda row: abs(key(row) - 1))}
    expected = better[METRICS[metric].better](rows, key=lambda row: row.metrics[metric])
    assert told("best", "a.png", "-s", "2", "-m", THREE, "--metric", metric) == (0, f"{expected.method}\n", "")


def test_the_mean_of_several_images_decides(told):
    stripes = np.tile(np.uint8([0, 0, 255, 255]), (20, 6))
    Image.fromarray(stripes).save("stripes.png")
    assert told("best", "stripes.png", "-s", "2", *TWO)[1] == "nearest\n"
    assert told("best", "a.png", "-s", "2", *TWO)[1] == "bicubic\n"
    note = told("compare", "stripes.png", "-s", "2", *TWO)[2]
    assert note.startswith("stripes.png: it looks like pixel art")
    for names in (("stripes.png", "a.png"), ("stripes.png", "a.png", "b.png")):
        found = means(compare([*names], 2, ["bicubic", "nearest"], metrics=("mae",)))
        winner = min(found, key=lambda row: row.metrics["mae"]).method
        assert told("best", *names, "-s", "2", *TWO, "--metric", "mae") == (0, f"{winner}\n", note)


# option: (words without it, words with it, what must hold of the winners)
ACTS = {
    "--scale": ("a.png -s 2x4", "a.png -s 4x2", lambda a, b: a and b),
    "--method": ("a.png -s 2 -m nearest", "a.png -s 2 -m nearest -m bicubic", lambda a, b: a != b),
    "--metric": ("a.png -s 2", "a.png -s 2 --metric ms", lambda a, b: a and b in ("nearest", "bicubic")),
    "--convention": ("a.png -s 2", "a.png -s 2 --convention full", lambda a, b: a == b),
    "--downsampler": ("a.png -s 2", "a.png -s 2 --downsampler nearest --metric lr_psnr", lambda a, b: b == "nearest"),
    "--include": ("set -r -s 2", "set -r -s 2 --include sub/*", lambda a, b: a == b),
    "--exclude": ("set -s 2", "set -s 2 --exclude *.jpg", lambda a, b: a == b),
    "--recursive": ("set -s 2", "set -s 2 -r", lambda a, b: a == b),
    "--jobs": ("a.png -s 2", "a.png -s 2 -j 3", lambda a, b: a == b),
}


@pytest.mark.parametrize("option", ACTS)
def test_options(told, option):
    winners = []
    for words in ACTS[option][:2]:
        methods = [] if "-m" in words.split() else TWO
        code, out, err = told("best", *words.split(), *methods)
        assert (code, err, out.count("\n")) == (0, "", 1)
        winners.append(out.strip())
    assert ACTS[option][2](*winners)


def test_options_that_leave_images_out(told):
    """What is left out is not even opened."""
    Path("set/broken.png").write_text("no picture")
    assert told("best", "set", "-s", "2", *TWO)[0] == 1
    assert told("best", "set", "-s", "2", *TWO, "--exclude", "broken*") == (0, "bicubic\n", "")
    assert told("best", "set", "-s", "2", *TWO, "--include", "a*") == (0, "bicubic\n", "")
    Path("set/broken.png").rename("set/sub/broken.png")
    assert told("best", "set", "-s", "2", *TWO)[0] == 0
    assert told("best", "set", "-r", "-s", "2", *TWO)[0] == 1
    assert told("best", "a.png", "-s", "2", *TWO, "--max-pixels", "479")[:2] == (1, "")


def test_every_option_is_tested_here(told):
    names = {name for option in command.params for name in option.opts + option.secondary_opts if name[:2] == "--"}
    assert names - {*ACTS, "--max-pixels", "--help"} == set()
    code, out, err = told("best", "--help")
    assert (code, err) == (0, "")
    assert all(name in out for name in names)
    assert all(option.help for option in command.params if option.opts[0].startswith("-"))


def test_failures_with_and_without_a_winner(told):
    code, out, err = told("best", "none.png", "a.png", "text.png", "-s", "2", *TWO)
    assert (code, out) == (1, "bicubic\n")
    assert [line.split(":")[1] for line in err.splitlines()] == [" none.png", " text.png"]
    code, out, err = told("best", "tiny.png", "-s", "4", *TWO)
    assert (code, out) == (1, "")
    assert err.startswith("upscale: tiny.png: ")


def test_a_metric_that_says_nothing(told):
    code, out, err = told("best", "a.png", "-s", "2", *TWO, "--metric", "msssim")
    assert (code, out, err) == (1, "", "upscale: msssim says nothing of a.png: choose another --metric\n")


WRONG = [
    ("", ["nothing to compare", "upscale best in.png"]),
    ("''", ["no file's name"]),
    ("- - -s 2", ["twice"]),
    ("a.png", ["-s 4"]),
    ("a.png -s 2,3", ["--scale", "one scale"]),
    ("a.png -s 1", ["--scale", "more than 1"]),
    ("a.png -s 2 -m bicubik", ["--method", "did you mean bicubic?"]),
    ("a.png -s 2 --metric snr", ["--metric", "did you mean psnr?"]),
    ("a.png -s 2 --metrics psnr", ["--metrics", "did you mean --metric?"]),
    ("a.png -s 2 --convention srx", ["--convention", "did you mean sr?"]),
    ("a.png -s 2 --downsampler aera", ["--downsampler", "did you mean area?"]),
]


@pytest.mark.parametrize(("words", "says"), WRONG)
def test_wrong_words(refused, words, says):
    line = refused(["best", *shlex.split(words)], 2)
    assert all(text in line for text in says), line


def test_nothing_is_written(told):
    Image.fromarray(PICTURE).save("c.png")
    before = snapshot()
    assert told("best", ".", "-r", "--include", "[abc].png", "-s", "2", *TWO)[0] == 0
    assert snapshot() == before
