"""Comparisons: files, folders, references, arrays; what fails, what is known, what is kept."""

import gc
import math
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import upscale_cli
from upscale_cli import compare, resize
from upscale_cli.batch.find import Input, Search
from upscale_cli.codec.cms import srgb_profile
from upscale_cli.errors import InputError, UsageError
from upscale_cli.evaluate.compare import Comparison
from upscale_cli.evaluate.images import Case, cases, samples_of
from upscale_cli.evaluate.protocol import Protocol
from upscale_cli.evaluate.rows import Block
from upscale_cli.geometry import parse_scale

rng = np.random.default_rng(3)
COARSE = rng.integers(0, 256, (8, 10, 3), np.uint8)
PICTURE = np.asarray(Image.fromarray(COARSE).resize((40, 32), Image.Resampling.BICUBIC))
FIGURES = ("psnr", "ssim")
TWO = ["bicubic", "nearest"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three pictures, one of them in a folder below, and a text."""
    monkeypatch.chdir(tmp_path)
    Path("set/more").mkdir(parents=True)
    Image.fromarray(PICTURE).save("set/a.png")
    Image.fromarray(PICTURE[..., 0]).save("set/b.png")
    Image.fromarray(PICTURE[::-1]).save("set/more/c.png")
    Path("set/note.txt").write_text("no picture")
    return tmp_path


def keys(rows):
    return [(row.image, row.method, row.scale, row.width, row.height) for row in rows]


def figures_of(rows):
    return [row.metrics for row in rows]


def test_a_row_for_each_image_scale_and_method(folder):
    rows = compare("set", [2, "4x2"], TWO, metrics=FIGURES)
    assert keys(rows) == [
        ("set/a.png", "bicubic", 2, 40, 32),
        ("set/a.png", "nearest", 2, 40, 32),
        ("set/a.png", "bicubic", (4, 2), 40, 32),
        ("set/a.png", "nearest", (4, 2), 40, 32),
        ("set/b.png", "bicubic", 2, 40, 32),
        ("set/b.png", "nearest", 2, 40, 32),
        ("set/b.png", "bicubic", (4, 2), 40, 32),
        ("set/b.png", "nearest", (4, 2), 40, 32),
    ]
    assert all(list(row.metrics) == list(FIGURES) for row in rows)
    assert rows[0].metrics["psnr"] > rows[1].metrics["psnr"]
    assert "set/more/c.png" in {row.image for row in compare("set", 2, "nearest", recursive=True, metrics=FIGURES)}


def test_paths_pillow_images_and_arrays_are_one():
    asked = {"scale": 2, "methods": "bicubic,lanczos:lobes=2", "metrics": ("psnr", "ssim", "mae", "lr_psnr")}
    rows = compare(PICTURE, **asked)
    assert keys(rows)[1] == ("image", "lanczos:lobes=2", 2, 40, 32)
    assert compare(Image.fromarray(PICTURE), **asked) == rows
    assert compare(PICTURE, **asked, threads=1) == rows


def test_a_method_by_hand():
    low = resize(PICTURE, 0.5)
    error = PICTURE.astype(float) - resize(low, 2, method="mitchell")
    (row,) = compare(PICTURE, 2, ["mitchell"], convention="full", metrics=("psnr", "mae", "max"))
    expected = [10 * math.log10(255**2 / (error**2).mean()), np.abs(error).mean(), np.abs(error).max()]
    assert [*row.metrics.values()] == pytest.approx(expected, abs=1e-6)


def test_another_downsampler():
    (decimated,) = compare(PICTURE, 2, ["nearest"], downsampler="nearest", metrics=("lr_psnr",), convention="full")
    (mixed,) = compare(PICTURE, 2, ["nearest"], downsampler="area", metrics=("lr_psnr",), convention="full")
    (other,) = compare(PICTURE, 2, ["bilinear"], downsampler="area", metrics=("lr_psnr",), convention="full")
    assert decimated.metrics == mixed.metrics == {"lr_psnr": math.inf}
    assert other.metrics["lr_psnr"] < 50


def test_a_reference(folder):
    Image.fromarray(resize(PICTURE, 0.5, method="area")).save("low.png")
    (row,) = compare("low.png", None, ["bicubic"], reference="set/a.png", metrics=("mae",), convention="full")
    low = resize(PICTURE, 0.5, method="area")
    assert keys([row]) == [("low.png", "bicubic", 2, 40, 32)]
    expected = np.abs(resize(low, 2).astype(float) - PICTURE).mean()
    assert row.metrics["mae"] == pytest.approx(expected, abs=1e-6)
    again = compare(low, methods=["bicubic"], reference=PICTURE, metrics=("mae",), convention="full")
    assert figures_of(again) == figures_of([row])


def test_a_reference_that_is_no_multiple(folder):
    Image.fromarray(PICTURE[:11, :13]).save("low.png")
    (row,) = compare("low.png", methods=["bicubic"], reference="set/a.png", metrics=("psnr",))
    assert keys([row]) == [("low.png", "bicubic", (3.07692, 2.90909), 40, 32)]


def test_a_reference_of_another_shape_is_told(folder):
    Image.fromarray(PICTURE[:16, :40]).save("wide.png")
    (block,) = run(cases(["wide.png"], Search(), "set/a.png"), scales=())
    assert block.notes == ["wide.png: its width grows 1 times and its height 2"]


def test_a_folder_of_references(folder):
    Path("low").mkdir()
    for name in ("a", "b"):
        resize(Image.open(f"set/{name}.png"), 0.5).save(f"low/{name}.bmp")
    rows = compare("low", methods=["nearest"], reference="set", metrics=("psnr",))
    assert [row.image for row in rows] == ["low/a.bmp", "low/b.bmp"]
    resize(Image.open("set/a.png"), 0.5).save("low/d.bmp")
    with pytest.raises(InputError, match=r"^low/d\.bmp: the reference set has no picture of the name d"):
        compare("low", methods=["nearest"], reference="set", metrics=("psnr",))
    Image.fromarray(PICTURE).save("set/a.bmp")
    with pytest.raises(InputError, match=r"^low/a\.bmp: the reference set has several pictures of the name a"):
        compare("low", methods=["nearest"], reference="set", metrics=("psnr",))


def test_references_below_a_folder(folder):
    Path("low/more").mkdir(parents=True)
    resize(Image.open("set/more/c.png"), 0.5).save("low/more/c.png")
    found = cases(["low"], Search(True), "set")
    assert [(case.label, case.truth.path) for case in found] == [("low/more/c.png", "set/more/c.png")]


@pytest.mark.parametrize("size", [(40, 32), (20, 40)])
def test_a_reference_that_is_not_larger(folder, size):
    Image.new("L", size).save("other.png")
    with pytest.raises(InputError, match=rf"^set/a.png: it has 40x32 pixels and its reference {size[0]}x{size[1]}"):
        compare("set/a.png", methods=["nearest"], reference="other.png")


def test_a_grey_reference_of_a_picture_in_colour(folder):
    Image.fromarray(resize(PICTURE, 0.5)).save("low.png")
    for convention in ("sr", "sr-luma", "full"):
        (row,) = compare(
            "low.png", methods=["nearest"], reference="set/b.png", metrics=("psnr",), convention=convention
        )
        assert 5 < row.metrics["psnr"] < 60


def run(found, *, scales=("2",), methods=("bicubic,nearest",), known=(), pictures=False, metrics=FIGURES):
    comparison = Comparison(Protocol(metrics=metrics), methods, [parse_scale(s) for s in scales], pictures=pictures)
    return list(comparison.run(found, known))


def test_one_bad_image_does_not_stop_the_others(folder):
    Path("set/a0.png").write_bytes(Path("set/a.png").read_bytes()[:200])
    Image.new("L", (1, 1)).save("set/a1.png")
    blocks = run(cases(["set", "nothere.png"], Search()))
    told = [str(block) for block in blocks if isinstance(block, Exception)]
    assert [line.partition(":")[0] for line in told] == ["set/a0.png", "set/a1.png", "nothere.png"]
    assert [block.image for block in blocks if isinstance(block, Block)] == ["set/a.png", "set/b.png"]


def test_a_method_that_cannot_do_it_does_not_stop_the_others(folder, monkeypatch):
    def fail(image, **words):
        if words["method"] == "bicubic" and image.shape[2] == 1 and "scale" in words:
            raise InputError("it is grey")
        return resize(image, **words)

    monkeypatch.setattr("upscale_cli.evaluate.protocol.resize", fail)
    first, second = run(cases(["set"], Search()))
    assert not first.failures
    assert [str(error) for error in second.failures] == ["set/b.png: bicubic: it is grey"]
    assert [row.method for row in second.rows] == ["nearest"]


def test_what_nobody_foresaw_is_told_and_stops_nothing(folder, monkeypatch):
    def fail(image, limit):
        if image.label == "set/a.png":
            raise ZeroDivisionError("oh")
        return samples_of(image, limit)

    monkeypatch.setattr("upscale_cli.evaluate.compare.samples_of", fail)
    first, second = run(cases(["set"], Search()))
    assert str(first) == "set/a.png: this is a defect (ZeroDivisionError: oh): UPSCALE_DEBUG=1 shows where"
    assert second.image == "set/b.png"
    monkeypatch.setenv("UPSCALE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(cases(["set"], Search()))


def test_what_is_known_is_not_measured_again(folder):
    found = cases(["set"], Search())
    known = {("set/a.png", "bicubic", 2), ("set/b.png", "bicubic", 2), ("set/b.png", "nearest", 2)}
    (block,) = run(found, known=known)
    assert keys(block.rows) == [("set/a.png", "nearest", 2, 40, 32)]
    Path("set/b.png").unlink()  # it is not even opened
    assert len(run(found, known=known)) == 1


def test_pictures_are_kept_only_where_they_are_wanted(folder):
    found = cases(["set/a.png"], Search())
    (block,) = run(found)
    assert block.results == []
    (block,) = run(found, pictures=True)
    assert [method for method, _ in block.results] == [row.method for row in block.rows] == TWO
    assert all(picture.shape == block.truth.shape == (32, 40, 3) for _, picture in block.results)


def test_one_image_at_a_time_is_in_memory(folder):
    truths = []
    comparison = Comparison(Protocol(metrics=FIGURES), ["nearest"], [parse_scale("2")], pictures=True)
    for block in comparison.run([Case(str(number), PICTURE.copy()) for number in range(4)]):
        truths.append(weakref.ref(block.truth))
        gc.collect()
        assert sum(truth() is not None for truth in truths) <= 2  # the last one still has its name here
        del block


def test_what_is_too_small_for_a_metric_is_left_out_and_told(folder):
    (block,) = run([Case("tiny", PICTURE[:12, :12])])
    assert [row.metrics["ssim"] for row in block.rows] == [None, None]
    assert all(row.metrics["psnr"] for row in block.rows)
    (note,) = block.notes
    assert note.startswith("tiny: ssim")


def test_pictures_that_exist(folder):
    Image.fromarray(resize(resize(PICTURE, 0.5), 2)).save("one.png")
    Image.fromarray(PICTURE).save("same.png")
    Image.new("L", (3, 3)).save("small.png")
    found = cases(["one.png", "same.png", "small.png", "none.png"], Search())
    comparison = Comparison(Protocol(metrics=FIGURES), ["all"])
    (truth,) = cases(["set/a.png"], Search())
    *failures, block = comparison.run_between(truth, found)
    assert keys(block.rows) == [("set/a.png", "one.png", 1, 40, 32), ("set/a.png", "same.png", 1, 40, 32)]
    assert block.rows[1].metrics == {"psnr": math.inf, "ssim": 1}
    assert block.rows[0].metrics["psnr"] < 60
    told = [str(each) for each in failures]
    assert told[0].startswith("small.png: it has 3x3 pixels and the truth 40x32")
    assert told[1].startswith("none.png: ")


def test_other_profiles_are_taken_to_srgb_and_srgb_is_left_alone(folder):
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(PICTURE).save("tagged.png", icc_profile=lab)
    Image.fromarray(PICTURE).save("ours.png", icc_profile=srgb_profile())
    Image.fromarray(PICTURE).convert("CMYK").save("cmyk.tif")
    for name in ("tagged.png", "ours.png"):
        samples, _ = samples_of(Input(name), 10**6)
        assert (samples == PICTURE).all()
    samples, _ = samples_of(Input("cmyk.tif"), 10**6)
    assert samples.shape == (32, 40, 3)


def test_palettes_bilevel_images_and_animations(folder):
    Image.fromarray(PICTURE).convert("P").save("palette.png")
    Image.fromarray(PICTURE).convert("1").save("bilevel.png")
    frames = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1])]
    frames[0].save("moving.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert samples_of(Input("palette.png"), 10**6)[0].shape == (32, 40, 3)
    assert set(np.unique(samples_of(Input("bilevel.png"), 10**6)[0])) <= {0, 255}
    samples, notes = samples_of(Input("moving.webp"), 10**6)
    assert notes == ["moving.webp: only the first of 2 frames is compared"]
    assert np.abs(samples[..., :3].astype(int) - PICTURE).max() == 0


def test_limits_and_whole_numbers_of_32_bits(folder):
    with pytest.raises(InputError, match=r"^set/a.png: it has 40x32 pixels, more than 100"):
        compare("set/a.png", 2, "nearest", max_pixels=100)
    Image.new("I", (9, 9), 70000).save("whole.tif")
    with pytest.raises(InputError, match=r"^whole.tif: .*32 bits"):
        compare("whole.tif", 2, "nearest")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "exactly one of scale and reference"),
        ({"scale": 2, "reference": PICTURE}, "exactly one of scale and reference"),
        ({"scale": 1}, "by more than 1"),
        ({"scale": 0.5}, "by more than 1"),
        ({"scale": "2x0.5"}, "by more than 1"),
        ({"scale": 2, "methods": "bicubik"}, "did you mean bicubic"),
        ({"scale": 2, "methods": []}, "no method to compare"),
        ({"scale": 2, "metrics": ["snr"]}, "did you mean psnr"),
        ({"scale": 2, "threads": 0}, "threads must be 1 or more"),
        ({"scale": 2, "convention": "papers"}, "there is no convention"),
    ],
)
def test_wrong_arguments(words, message):
    with pytest.raises(UsageError, match=message):
        compare(PICTURE, **words)


@pytest.mark.parametrize("image", [PICTURE.astype(np.int32), PICTURE[0, 0], "text"])
def test_what_is_no_image(image, folder):
    with pytest.raises(InputError):
        compare(image, 2, "nearest")


def test_compare_is_public():
    assert upscale_cli.compare is compare
    assert "compare" in upscale_cli.__all__
