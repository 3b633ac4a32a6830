"""Several sizes of one image: it is decoded once, each result has its own fate and its own JSON line."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import resize
from upscale_cli.cli.door import main
from upscale_cli.codec.decode import Source

NEAREST = ("-m", "nearest")
PICTURE = Image.fromarray(np.random.default_rng(2).integers(0, 256, (6, 8, 3), np.uint8))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PICTURE.save("icon.png")


@pytest.fixture
def decoded(monkeypatch):
    """Return the list that grows by a name each time that a file is opened or a frame decoded."""
    calls = []

    def telling(name, real):
        def call(self, *arguments, **keywords):
            calls.append(name)
            return real(self, *arguments, **keywords)

        return call

    monkeypatch.setattr(Source, "_read", telling("decoded", Source._read))
    monkeypatch.setattr(Source, "__init__", telling("opened", Source.__init__))
    return calls


def names():
    return sorted(path.name for path in Path().iterdir() if path.name != "icon.png")


def records(capsys, *words, code=0):
    """Run a command line; return its JSON lines and what it tells besides."""
    assert main([*words, "--json"]) == code
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize("method", ["nearest", "bicubic", "lanczos"])
def test_every_scale_of_a_still_that_is_decoded_once(decoded, capsys, method):
    assert main(["icon.png", "-s", "1,2,3x0.5", "-m", method, "-o", "icon@{scale}x.png"]) == 0
    assert decoded == ["opened", "decoded"]
    assert names() == ["icon@1x.png", "icon@2x.png", "icon@3x0.5x.png"]
    for text, scale in (("1", 1), ("2", 2), ("3x0.5", (3, 0.5))):
        assert Image.open(f"icon@{text}x.png").tobytes() == resize(PICTURE, scale, method=method).tobytes()
    out, err = capsys.readouterr()
    assert (out, err[:10]) == ("", "3 done in ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--size 4x,16x -o {width}x{height}.png", {"4x3.png": (4, 3), "16x12.png": (16, 12)}),
        ("--size 50%,200% -o {stem}_{scale}.bmp", {"icon_4x3.bmp": (4, 3), "icon_16x12.bmp": (16, 12)}),
        ("--size 4,12x12^ -o {height}.png", {"3.png": (4, 3), "12.png": (12, 12)}),
        ("-s 2,4x", {"icon_x2_nearest.png": (16, 12), "icon_x4_nearest.png": (32, 24)}),
        ("--size 4,16", {"icon_4x3_nearest.png": (4, 3), "icon_16x12_nearest.png": (16, 12)}),
        ("-s 2,4 -f gif", {"icon_x2_nearest.gif": (16, 12), "icon_x4_nearest.gif": (32, 24)}),
        ("-s 0.5 -o {scale}{ext}", {"0.5.png": (4, 3)}),
    ],
)
def test_names(words, expected):
    assert main(["icon.png", *words.split(), *NEAREST, "--quiet"]) == 0
    assert {name: Image.open(name).size for name in names()} == expected


def test_standard_input_in_several_sizes(monkeypatch, decoded):
    class Stream:
        buffer = io.BytesIO(Path("icon.png").read_bytes())

        def isatty(self):
            return False

    monkeypatch.setattr("sys.stdin", Stream())
    assert main(["-", "-s", "1,2", *NEAREST, "-o", "{stem}@{scale}x{ext}", "--quiet"]) == 0
    assert decoded.count("decoded") == 1
    assert names() == ["stdin@1x.png", "stdin@2x.png"]


def test_a_palette_is_decoded_once_for_each_way_of_keeping_it(decoded):
    PICTURE.quantize(5).save("icon.png")
    assert main(["icon.png", "-s", "1,2", "-o", "{scale}.png", "-m", "bicubic", "--quiet"]) == 0
    assert decoded.count("decoded") == 1
    assert main(["icon.png", "-s", "3,4", "-o", "{scale}.png", *NEAREST, "--quiet"]) == 0
    assert decoded.count("decoded") == 2
    assert [Image.open(f"{scale}.png").mode for scale in (1, 2, 3, 4)] == ["RGB", "RGB", "P", "P"]


def test_a_jpeg_is_reduced_by_the_decoder_only_as_far_as_all_its_sizes_allow(capsys):
    PICTURE.resize((240, 160)).save("photo.jpg")
    (large, small), _ = records(capsys, "photo.jpg", "-s", "1,0.05", "-o", "{scale}.png")
    assert "decode at" not in large["plan"] + small["plan"]
    assert np.asarray(Image.open("1.png")).tolist() == np.asarray(Image.open("photo.jpg")).tolist()
    for scales, factor in (("0.04,0.025", 4), ("0.06,0.02", 2)):
        both, _ = records(capsys, "photo.jpg", "-s", scales, "-o", "{scale}.png")
        assert [line["plan"].split(" | ")[0] for line in both] == [f"decode at 1/{factor}"] * 2


def test_an_animation_in_several_sizes(decoded):
    frames = [
        PICTURE,
        PICTURE.transpose(Image.Transpose.ROTATE_180),
        PICTURE.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ]
    frames[0].save("film.webp", save_all=True, append_images=frames[1:], duration=[20, 30, 40], lossless=True)
    assert main(["film.webp", "-s", "1,2", "-o", "{scale}.webp", "--lossless", *NEAREST, "--quiet"]) == 0
    assert decoded == ["opened", *["decoded"] * 6]
    for scale in (1, 2):
        image = Image.open(f"{scale}.webp")
        for number, frame in enumerate(frames):
            image.seek(number)
            expected = np.asarray(frame).repeat(scale, 0).repeat(scale, 1)
            assert (np.asarray(image.convert("RGB")) == expected).all()


def test_a_json_line_for_each_output(capsys):
    lines, err = records(capsys, "icon.png", "-s", "1,2x3", *NEAREST, "-o", "{scale}.png", "--quiet")
    assert err == ""
    assert [line["input"] for line in lines] == ["icon.png"] * 2
    assert [line["output"] for line in lines] == ["1.png", "2x3.png"]
    assert [line["scale"] for line in lines] == [1, [2, 3]]
    assert [(line["out_width"], line["out_height"]) for line in lines] == [(8, 6), (16, 18)]
    assert all(line["status"] == "done" and line["ms"]["total"] > 0 for line in lines)


@pytest.mark.parametrize("words", ["-s 1,2,3 -o {scale}.png", "--size 8x,16x,20x -o {width}.png", "--size 8,16,20"])
@pytest.mark.parametrize("content", [None, b"", b"text", "cut"])
def test_an_input_that_cannot_be_read_is_told_once_and_each_output_has_failed(capsys, content, words):
    if content == "cut":
        content = Path("icon.png").read_bytes()[:120]
    if content is not None:
        Path("bad.png").write_bytes(content)
    before = names()
    lines, err = records(capsys, "bad.png", *words.split(), *NEAREST, "--quiet", code=1)
    assert err.startswith("upscale: bad.png: ")
    assert err.count("\n") == 1
    assert [line["status"] for line in lines] == ["failed"] * 3
    assert {f"upscale: {line['reason']}\n" for line in lines} == {err}
    assert names() == before


def test_one_bad_input_does_not_stop_the_other(capsys):
    Path("bad.png").write_bytes(b"text")
    assert main(["bad.png", "icon.png", "-s", "1,2", *NEAREST, "-o", "out/{stem}{scale}.png"]) == 1
    err = capsys.readouterr().err
    assert err.splitlines()[0].startswith("upscale: bad.png: it is not an image")
    assert err.splitlines()[1].startswith("2 done, 2 failed into out/ in ")
    assert sorted(path.name for path in Path("out").iterdir()) == ["icon1.png", "icon2.png"]


def test_one_output_that_exists_does_not_stop_the_others(capsys, decoded):
    Path("2.png").write_bytes(b"old")
    words = ("icon.png", "-s", "1,2,3", *NEAREST, "-o", "{scale}.png")
    lines, err = records(capsys, *words, "--quiet", code=1)
    assert [line["status"] for line in lines] == ["done", "failed", "done"]
    assert err == "upscale: icon.png: 2.png exists: use --overwrite to replace it, or --skip-existing\n"
    assert Path("2.png").read_bytes() == b"old"
    assert decoded.count("decoded") == 1
    lines, err = records(capsys, *words, "--quiet", "--skip-existing")
    assert [line["status"] for line in lines] == ["skipped", "done", "skipped"]
    assert decoded.count("decoded") == 2
    assert Image.open("2.png").size == (16, 12)
    lines, err = records(capsys, *words, "--quiet", "--overwrite")
    assert [line["status"] for line in lines] == ["done"] * 3
    assert Image.open("2.png").size == (16, 12)


def test_one_impossible_size_does_not_stop_the_others(capsys):
    words = ("icon.png", *NEAREST, "-o", "{scale}.png", "--quiet", "--overwrite", "--max-pixels", "192")
    for impossible in ("0.01", "3"):  # nothing would be left; more than the limit
        lines, err = records(capsys, *words, "-s", f"1,{impossible},2", code=1)
        assert [line["status"] for line in lines] == ["done", "failed", "done"]
        assert err.startswith("upscale: icon.png: ")
        assert err.count("\n") == 1
        assert names() == ["1.png", "2.png"]


def test_a_plan_for_each_size(capsys):
    assert main(["icon.png", "-s", "1,2", *NEAREST, "-o", "{scale}.png", "--dry-run", "--quiet"]) == 0
    lines, _ = records(capsys, "icon.png", "-s", "1,2", *NEAREST, "-o", "{scale}.png", "--dry-run")
    assert [(line["status"], line["output"]) for line in lines] == [("planned", "1.png"), ("planned", "2.png")]
    assert names() == []


@pytest.mark.parametrize(
    "words",
    [
        ["-s", "2x3,2x4", "-o", "{width}.png"],
        ["--size", "4x3,4x100", "-o", "{width}x{height}.png"],
        ["--size", "4x3,4x100"],
    ],
)
@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_two_sizes_that_would_write_one_file_are_refused_before_any_work(capsys, words, more):
    assert main(["icon.png", *words, *NEAREST, *more]) == 1
    err = capsys.readouterr().err
    assert err.startswith("upscale: ")
    assert err.count("\n") == 1
    assert names() == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("-s 1,2 -o b.png", ["{scale}", "b.png"]),
        ("--size 8,16 -o {stem}b.png", ["{scale}, {width} or {height}"]),
        ("-s 1,2 -o out/", ["{scale}"]),
        ("-s 1,2 -o -", ["-o -"]),
        ("-s 1,2,1.0", ["-s", "twice"]),
        ("--size 8,16,8", ["--size", "twice"]),
        ("-s 1,,2", ["-s"]),
        ("-s 1,2,", ["-s"]),
        ("--size 8,y", ["--size", "y"]),
        ("-s 1,2 --size 8", ["not both"]),
    ],
)
def test_wrong_words(capsys, words, says):
    assert main(["icon.png", *words.split()]) == 2
    err = capsys.readouterr().err
    assert err.startswith("upscale: ")
    assert err.count("\n") == 1
    assert all(text in err for text in says)
    assert names() == []
