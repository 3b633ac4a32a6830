"""What `upscale compare` leaves in pictures: the grid, results that are kept, the page."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.batch.find import Input
from upscale_cli.evaluate.grid import GAP, LINE, NARROWEST
from upscale_cli.evaluate.images import size_of
from upscale_cli.evaluate.pictures import GREY, error_colours

from .runs import PAIR, PICTURE, TWO, pixels, rows_of

TRIP = ("compare", "a.png", "-s", "2", *TWO, "--metrics", "psnr,mae")
TOP = GAP + LINE + GAP // 2  # of the first row of tiles


def tile(sheet, number, size, row=0):
    """Return the tile of a sheet with one row of tiles; those of `row` 1 are maps of errors."""
    width, height = size
    x, y = GAP + number * (max(width, NARROWEST) + GAP), TOP + row * (height + GAP // 2)
    return sheet[y : y + height, x : x + width]


def enlarged(samples, zoom):
    return samples.repeat(zoom, 0).repeat(zoom, 1)


def test_the_grid_shows_the_truth_and_every_result(told):
    assert told(*TRIP, "--grid", "g.bmp", "--zoom", "7", "--save", "out")[0] == 0
    sheet, size = pixels("g.bmp"), (24 * 7, 20 * 7)
    assert sheet.shape[1] == GAP + 3 * (size[0] + GAP)
    assert (tile(sheet, 0, size) == enlarged(PICTURE, 7)).all()
    for number, method in enumerate(PAIR, 1):
        assert (tile(sheet, number, size) == enlarged(pixels(f"out/a_x2_{method}.png"), 7)).all()
    labels = sheet[TOP + size[1] + GAP // 2 :]
    for number, lines in enumerate((1, 3, 3)):  # "truth"; a method and two figures
        column = labels[:, GAP + number * (size[0] + GAP) :][:, : size[0]]
        inked = [(column[LINE * line : LINE * (line + 1)] < 128).any() for line in range(3)]
        assert inked == [line < lines for line in range(3)]
    assert (sheet[:TOP, : size[0]] < 128).any()  # the heading


def test_crop_and_zoom(told):
    for words, size in ((("--crop", "4,2,8,6", "--zoom", "3"), (24, 18)), (("--crop", "4,2,8,6"), (256, 192))):
        assert told(*TRIP, "--grid", "g.bmp", "--overwrite", *words)[0] == 0
        assert (tile(pixels("g.bmp"), 0, size) == enlarged(PICTURE[2:8, 4:12], size[0] // 8)).all()


def test_maps_of_errors(told):
    darkest = error_colours()[0]
    assert told("compare", "--between", "a.png", "a.png", "b.png", "--grid", "g.bmp", "--error", "--zoom", "8")[0] == 0
    sheet, size = pixels("g.bmp"), (24 * 8, 20 * 8)
    assert (tile(sheet, 1, size, row=1) == darkest).all()
    luma = np.asarray(PICTURE, float) @ (0.299, 0.587, 0.114)
    unlike = enlarged(np.abs(luma - luma[::-1]) > 5, 8)
    assert (tile(sheet, 2, size, row=1) != darkest).any(axis=2)[unlike].all()
    ramp = tile(sheet, 0, size, row=1)[LINE + 2]
    assert (error_colours() == ramp[:, None]).all(axis=2).any(axis=1).all()  # the legend has colours of the map only
    assert told("compare", "--between", "a.png", "b.png", "--grid", "h.bmp", "--zoom", "8")[0] == 0
    assert pixels("h.bmp").shape[0] == sheet.shape[0] - size[1] - GAP // 2


@pytest.mark.parametrize("words", [[], ["--crop", "8,0,16,20"]])
def test_regions(told, words):
    """Two colours are two regions, each of its colour, in the place where the truth has them, cropped or not."""
    halves = np.zeros((20, 24, 3), np.uint8)
    halves[:, :12] = [200, 40, 0]
    Image.fromarray(halves).save("halves.png")
    trip = [
        "compare",
        "halves.png",
        "-s",
        "2",
        "-m",
        "bicubic,region",
        "--quiet",
        "--zoom",
        "8",
        "--downsampler",
        "nearest",
    ]
    for grid, more in (("g.bmp", ["--segments"]), ("h.bmp", [])):
        assert told(*trip, *words, "--grid", grid, *more)[0] == 0
    sheet, size = pixels("g.bmp"), ((16 if words else 24) * 8, 20 * 8)
    shown = tile(sheet, 2, size, row=1)
    truth = tile(sheet, 0, size)
    assert abs(shown.astype(int) - truth).max() <= 1
    assert (tile(sheet, 1, size, row=1) == 255).all()
    assert pixels("h.bmp").shape[0] == sheet.shape[0] - size[1] - GAP // 2
    assert told(*trip, "--segments")[0] == 2
    code, _, err = told("compare", "a.png", "-s", "2", "-m", "bicubic", "--grid", "i.bmp", "--segments")
    assert (code, "compare that, too" in err) == (2, True)
    assert told("compare", "--between", "a.png", "b.png", "--grid", "i.bmp", "--segments")[0] == 2


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_regions_are_grey(told, mode):
    halves = np.zeros((20, 24, 4), np.uint8)
    halves[:, :12] = [200, 200, 200, 255]
    halves[:, 12:] = [250, 0, 9, 0]  # which nobody sees
    Image.fromarray(halves).convert(mode).save("halves.png")
    words = ("compare", "halves.png", "-s", "2", "-m", "region", "--downsampler", "nearest", "--zoom", "8")
    assert told(*words, "--quiet", "--grid", "g.bmp", "--segments")[0] == 0
    shown = tile(pixels("g.bmp"), 1, (24 * 8, 20 * 8), row=1)
    assert (shown[:, : 12 * 8] == 200).all()
    assert (shown[:, 12 * 8 :] == GREY).all()


@pytest.mark.parametrize(
    ("name", "form"), [("g.png", "PNG"), ("g.JPG", "JPEG"), ("g.webp", "WEBP"), ("g.tiff", "TIFF")]
)
def test_forms_of_the_grid(told, name, form):
    assert told(*TRIP, "--grid", name, "--zoom", "1")[0] == 0
    with Image.open(name) as picture:
        picture.load()
        assert (picture.format, picture.mode) == (form, "RGB")


def test_images_and_scales_stand_below_one_another(told):
    assert told(*TRIP, "--grid", "one.bmp", "--zoom", "2")[0] == 0
    words = ("compare", "a.png", "b.png", "-s", "2,4", *TWO, "--metrics", "psnr,mae")
    assert told(*words, "--grid", "four.bmp", "--zoom", "2")[0] == 0
    assert len(pixels("four.bmp")) == 4 * len(pixels("one.bmp"))


def test_many_tiles_take_several_rows(told):
    words = ("compare", "a.png", "-s", "2", "-m", ",".join(f"lanczos:antiring={n / 32}" for n in range(1, 25)))
    assert told(*words, "--metrics", "psnr", "--grid", "g.bmp", "--zoom", "1")[0] == 0
    assert pixels("g.bmp").shape[1] < 2400
    assert (tile(pixels("g.bmp"), 0, (24, 20)) == PICTURE).all()


def test_a_crop_outside_of_an_image_leaves_the_others(told):
    words = ("compare", "tiny.png", "a.png", "-s", "2", "--shave", "0", "-m", "nearest", "--metrics", "psnr")
    code, _, err = told(*words, "--grid", "g.bmp", "--crop", "16,12,8,8", "--zoom", "2", "--csv", "x.csv")
    assert (code, err) == (1, "upscale: tiny.png: the crop 16,12,8,8 lies partly outside its 2x2 pixels\n")
    assert (tile(pixels("g.bmp"), 0, (16, 16)) == enlarged(PICTURE[12:, 16:], 2)).all()
    assert [row["image"] for row in rows_of("x.csv")] == ["tiny.png", "a.png", "(mean)"]


def test_a_crop_outside_of_every_image_is_told_before_any_is_measured(told):
    told_of = "the crop 17,12,8,8 lies partly outside its 24x20 pixels"
    for words in ((), ("tiny.png",), ("none.png", "tiny.png")):
        code, out, err = told(*TRIP, *words, "--grid", "g.bmp", "--crop", "17,12,8,8", "--csv", "x.csv")
        assert (code, out, err) == (1, "", f"upscale: a.png: {told_of}\n")
        assert not (Path("g.bmp").exists() or Path("x.csv").exists())
    code, out, err = told("compare", "--between", "a.png", "b.png", "--grid", "g.bmp", "--crop", "17,12,8,8")
    assert (code, out, told_of in err) == (1, "", True)
    code, out, err = told("compare", "tiny.png", "--reference", "a.png", *TWO, "--grid", "g.bmp", "--crop", "17,12,8,8")
    assert (code, out, told_of in err) == (1, "", True)


def test_the_size_of_what_is_read_once_is_not_known_before(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert size_of(Input(str(tmp_path / "pipe.png")), 100) is None
    assert size_of(Input("memory://a.png"), 100) is None
    Image.new("1", (9, 7)).save(tmp_path / "a.png")
    assert size_of(Input(str(tmp_path / "a.png")), 100) == (9, 7)
    assert size_of(Input("a.png", data=(tmp_path / "a.png").read_bytes()), 100) == (9, 7)


def test_a_grid_has_its_limit_too(told):
    code, out, err = told(*TRIP, "--grid", "g.bmp", "--zoom", "64", "--max-pixels", "100000")
    assert (code, "psnr" in out) == (1, True)
    assert err.startswith(f"upscale: a.png: its tiles would have {24 * 20 * 64**2 * 3} pixels, ")
    assert not Path("g.bmp").exists()


def test_names_with_line_feeds_stand_on_one_line(told):
    Image.fromarray(PICTURE).save("li\nne.png")
    for name in ("a.png", "li\nne.png"):
        assert told("compare", "--between", name, name, "--grid", "g.bmp", "--zoom", "8", "--overwrite")[0] == 0
        assert len(pixels("g.bmp")) == TOP + 160 + GAP // 2 + 3 * LINE + GAP + GAP // 2


def test_results_that_are_kept(told):
    words = ("set", "-r", "-s", "2,2x4", "-m", "nearest,bicubic:a=-0.6,antiring=1", "--save", "out/deep")
    assert told("compare", *words)[0] == 0
    specs = ("nearest", "bicubic_a=-0.6,antiring=1")
    found = sorted(str(path.relative_to("out/deep")) for path in Path("out/deep").rglob("*.*"))
    assert found == sorted(f"{stem}_x{s}_{m}.png" for stem in ("a", "b", "sub/c") for s in ("2", "2x4") for m in specs)
    assert told("set/a.png", "-s", "0.5", "-m", "bicubic", "-o", "half.png")[0] == 0
    for method, saved in zip(("nearest", "bicubic:a=-0.6,antiring=1"), specs, strict=True):
        assert told("half.png", "-s", "2", "-m", method, "-o", "big.png", "--overwrite")[0] == 0
        assert (pixels("big.png") == pixels(f"out/deep/a_x2_{saved}.png")).all()


def test_a_folder_of_results_is_no_input(told):
    for _ in range(2):
        code, out, _ = told("compare", "set", "-r", "-s", "2", "-m", "nearest", "--save", "set/out", "--overwrite")
        assert (code, out.count("\n  nearest")) == (0, 4)


@pytest.mark.parametrize("name", ["a_x2_nearest.png", "a_x2_nearest.tiff"])
def test_results_that_exist(refused, told, name):
    Path("out").mkdir()
    Path("out", name).write_text("old")
    assert f"out/{name} exists: use --overwrite" in refused([*TRIP, "--save", "out"], 1)
    assert told(*TRIP, "--save", "out", "--overwrite")[0] == 0
    assert pixels("out/a_x2_nearest.png").shape == PICTURE.shape


def test_results_of_a_reference_that_exist(told):
    words = ("compare", "low.png", "--reference", "a.png", "-m", "nearest", "--save", "out")
    assert told(*words)[0] == 0
    code, _, err = told(*words)
    assert (code, err) == (1, "upscale: out/low_x2_nearest.png exists: use --overwrite to replace it\n")
    assert told(*words, "--overwrite")[0] == 0


def test_a_result_is_never_written_to_an_input(refused):
    os.link("b.png", "a_x2_nearest.png")
    words = ["compare", "a.png", "a_x2_nearest.png", "-s", "2", "-m", "nearest", "--save", ".", "--overwrite"]
    assert "a_x2_nearest.png is an image that is compared" in refused(words, 1)


def test_nothing_is_saved_of_what_cannot_be_read(told):
    code, out, err = told("compare", "empty", "a.png", "-s", "2", "-m", "nearest", "--save", "out")
    assert (code, "a.png" in out) == (1, True)
    assert err.startswith("upscale: empty: there is no image")
    assert [path.name for path in Path("out").iterdir()] == ["a_x2_nearest.png"]


def test_a_page(told):
    assert told(*TRIP, "--report", "page.html")[0] == 0
    assert told(*TRIP, "--report", "small.html", "--report-images", "jpeg")[0] == 0
    for name, form in (("page.html", "webp"), ("small.html", "jpeg")):
        text = Path(name).read_text()
        assert text.rstrip().endswith("</html>")
        assert f'"format": "{form}"' in text
        assert all(method in text for method in PAIR)
    assert told("compare", "--between", "a.png", "b.png", "--report", "two.html")[0] == 0
    assert "none" in Path("two.html").read_text()


def test_an_image_too_large_for_the_page_leaves_the_others(told, monkeypatch):
    monkeypatch.setattr("upscale_cli.evaluate.report.LONGEST", {"webp": 23, "jpeg": 23})
    code, _, err = told(
        "compare", "a.png", "low.png", "-s", "2", "-m", "nearest", "--report", "r.html", "--csv", "x.csv"
    )
    assert code == 1
    assert "upscale: a.png: of 24x20 pixels a side is longer" in err
    assert "low.png" in Path("r.html").read_text()
    assert [row["image"] for row in rows_of("x.csv")] == ["a.png", "low.png", "(mean)"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_where_nothing_could_be_compared_there_is_no_page(told):
    words = ("compare", "--between", "a.png", "tiny.png", "--report", "r.html", "--grid", "g.bmp")
    code, out, err = told(*words)
    assert (code, out) == (1, "")
    assert "tiny.png: it has 3x3 pixels and the truth 24x20" in err
    assert not list(Path().glob("[rg].*"))


def test_the_page_of_one_image_has_no_means(told):
    assert told(*TRIP, "--report", "one.html")[0] == 0
    assert told("compare", "a.png", "b.png", *TRIP[2:], "--report", "two.html")[0] == 0
    averages = [Path(name).read_text().split('id="averages">')[1].split("<")[0] for name in ("one.html", "two.html")]
    assert [len(json.loads(text)) for text in averages] == [0, 2]


@pytest.mark.parametrize("option", ["csv", "json", "grid", "report"])
def test_a_full_disk(told, option):
    Path("full.bmp").symlink_to("/dev/full")
    code, _, err = told(*TRIP, f"--{option}", "full.bmp" if option == "grid" else "/dev/full")
    assert code == 1
    assert "cannot be written (No space left on device)" in err
    assert err.count("\n") == 1
    assert "defect" not in err
    assert not list(Path().glob(".*.part"))


def test_a_grid_that_its_format_cannot_hold(told):
    Image.new("L", (2, 300), 9).save("tall.png")
    words = ("compare", "--between", "tall.png", "tall.png", "--metrics", "psnr", "--json", "x.json")
    code, out, err = told(*words, "--grid", "g.webp", "--zoom", "60", "--report", "r.html")
    assert (code, "psnr" in out, Path("x.json").exists(), Path("r.html").exists()) == (1, True, True, True)
    assert err.startswith("upscale: g.webp: WEBP holds at most 16383 pixels a side")
    assert not Path("g.webp").exists()
