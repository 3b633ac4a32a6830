"""What outputs are called, which files of a folder are inputs, and which names are refused before any work."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli.cli.door import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Stand in an empty folder with one 4 x 3 picture, a.png."""
    monkeypatch.chdir(tmp_path)
    picture("a.png")
    return tmp_path


def picture(*names, size=(4, 3)):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size).save(name)


@pytest.fixture
def plan(capsys):
    """Return a function that gives {input: output} for a command line, without doing it; -m nearest unless said."""

    def outputs(*words, code=0):
        method = () if "-m" in words else ("-m", "nearest")
        assert main([*words, *method, "--dry-run", "--json"]) == code, capsys.readouterr().err
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return {row["input"]: row["output"] for row in rows}

    return outputs


@pytest.fixture
def refused(capsys):
    """Return a function that asserts that a command line is refused with nothing done, and gives the message."""

    def message(*words, code=1):
        before = sorted(Path().rglob("*"))
        assert main([*words, *(() if "-m" in words else ("-m", "nearest"))]) == code
        assert sorted(Path().rglob("*")) == before
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        return err

    return message


FILE = [
    ("", "-s 2", "a_x2_nearest.png"),
    ("", "-s 2.50", "a_x2.5_nearest.png"),
    ("", "-s 4x", "a_x4_nearest.png"),
    ("", "-s 2x3", "a_x2x3_nearest.png"),
    ("", "-s 2x2", "a_x2_nearest.png"),
    ("", "-s 2 -m bicubic:a=-0.75", "a_x2_bicubic.png"),
    ("", "-s 2 -m lanczos3", "a_x2_lanczos3.png"),
    ("", "-s 2 -f webp", "a_x2_nearest.webp"),
    ("", "-s 2 -f .JPG", "a_x2_nearest.jpg"),
    ("", "--size 40x40", "a_40x30_nearest.png"),
    ("", "--size 50%", "a_2x2_nearest.png"),
    ("", "--size 40x20^", "a_40x20_nearest.png"),
    ("", "-s 2 -o b.webp", "b.webp"),
    ("", "-s 2 -o b.webp -f png", "b.webp"),
    ("", "-s 2 -o b -f png", "b"),
    ("", "-s 2 -o new/", "new/a.png"),
    ("", "-s 2 -o new/deep/b.png", "new/deep/b.png"),
    ("", "-s 2 -o new/ -f tif", "new/a.tif"),
    ("", "-s 2 -o new.png/", "new.png/a.png"),
    ("there/x.png", "-s 2 -o there", "there/a.png"),
    ("there/x.png", "--size 9 -o there", "there/a.png"),
    ("", "-s 2 -o {stem}-{scale}{ext}", "a-2.png"),
    ("", "-s 2x3 -o {stem}-{scale}.png", "a-2x3.png"),
    ("", "-s 2 -o {dir}/{stem}_big{ext}", "a_big.png"),
    ("", "-s 2 -f gif -o {stem}_{method}{ext}", "a_nearest.gif"),
    ("", "-s 2 -m lanczos:lobes=4 -o {method}.png", "lanczos.png"),
    ("", "-s 2 -o {width}x{height}.png", "8x6.png"),
    ("", "--size 40x40 -o {stem}{scale}.png", "a40x30.png"),
    ("", "--size 40x40 -o {width}.png", "40.png"),
    ("", "-s 2 -o {{{stem}}}.png", "{a}.png"),
    ("", "-s 2 -o {stem}/", "a/a.png"),
    ("", "-s 2 -f tif -o new/{scale}/", "new/2/a.tif"),
    ("", "--size 40x40 -o {width}/", "40/a.png"),
]


@pytest.mark.parametrize(("besides", "words", "output"), FILE)
def test_one_file(plan, besides, words, output):
    if besides:
        picture(besides)
    assert plan("a.png", *words.split()) == {"a.png": output}


def test_the_folder_of_the_input_is_kept(plan, here):
    picture("deep/er/b.c.png", "UP.PNG")
    assert plan("deep/er/b.c.png", "-s", "2") == {"deep/er/b.c.png": "deep/er/b.c_x2_nearest.png"}
    assert plan("deep/er/b.c.png", "-s", "2", "-o", "{dir}/x{ext}") == {"deep/er/b.c.png": "deep/er/x.png"}
    assert plan("UP.PNG", "-s", "2") == {"UP.PNG": "UP_x2_nearest.PNG"}
    assert plan(str(here / "a.png"), "-s", "2") == {str(here / "a.png"): str(here / "a_x2_nearest.png")}


def test_fields_take_formats(plan):
    assert plan("a.png", "-s", "2", "-o", "{width:04d}.png") == {"a.png": "0008.png"}


def test_several_files(plan):
    picture("b.jpg", "c/d.png")
    words = ("a.png", "b.jpg", "c/d.png", "-s", "2")
    assert list(plan(*words).values()) == ["a_x2_nearest.png", "b_x2_nearest.jpg", "c/d_x2_nearest.png"]
    assert list(plan(*words, "-o", "out").values()) == ["out/a.png", "out/b.jpg", "out/d.png"]
    assert list(plan(*words, "-o", "out/", "-f", "bmp").values()) == ["out/a.bmp", "out/b.bmp", "out/d.bmp"]
    assert list(plan(*words, "-o", "{stem}{width}.png").values()) == ["a8.png", "b8.png", "d8.png"]
    assert list(plan(*words, "-o", "{method}/").values()) == ["nearest/a.png", "nearest/b.jpg", "nearest/d.png"]


def folder():
    picture("in/b.png", "in/a.jpg", "in/sub/c.png", "in/sub/deeper/d.tif", "in/.hidden.png", "in/.git/e.png")
    Path("in/notes.txt").write_text("no image")
    Path("in/noext").write_text("no image")


def test_a_folder(plan, here):
    folder()
    out = f"{here}/in_x2_nearest"
    assert plan("in", "-s", "2") == {"in/a.jpg": f"{out}/a.jpg", "in/b.png": f"{out}/b.png"}
    assert list(plan("in", "-s", "2")) == ["in/a.jpg", "in/b.png"]
    assert plan("in/", "-s", "2", "-o", "new") == {"in/a.jpg": "new/a.jpg", "in/b.png": "new/b.png"}


def test_a_folder_with_its_subfolders(plan):
    folder()
    assert plan("in", "-s", "2", "-r", "-o", "out", "-f", "webp") == {
        "in/a.jpg": "out/a.webp",
        "in/b.png": "out/b.webp",
        "in/sub/c.png": "out/sub/c.webp",
        "in/sub/deeper/d.tif": "out/sub/deeper/d.webp",
    }


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("-s 2x3", "in_x2x3_nearest"),
        ("--size 40x30", "in_40x30_nearest"),
        ("--size 40", "in_40_nearest"),
        ("--size 50%", "in_50%_nearest"),
    ],
)
def test_the_default_folder(plan, here, words, name):
    folder()
    assert plan("in", *words.split())["in/b.png"] == f"{here}/{name}/b.png"


@pytest.mark.parametrize("word", [".", "../in", "sub/.."])
def test_the_default_folder_stands_beside_the_folder_however_it_is_called(plan, here, monkeypatch, word):
    folder()
    monkeypatch.chdir("in")
    assert set(map(os.path.dirname, plan(word, "-s", "2").values())) == {f"{here}/in_x2_nearest"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--include *.png", ["b.png", "sub/c.png"]),
        ("--include *.jpg --include *.tif", ["a.jpg", "sub/deeper/d.tif"]),
        ("--exclude *.png", ["a.jpg", "sub/deeper/d.tif"]),
        ("--include *.png --exclude b*", ["sub/c.png"]),
        ("--include sub/*", ["sub/c.png", "sub/deeper/d.tif"]),
        ("--exclude sub/deeper/*", ["a.jpg", "b.png", "sub/c.png"]),
    ],
)
def test_globs(plan, words, found):
    folder()
    assert list(plan("in", "-r", "-s", "2", *words.split())) == [f"in/{name}" for name in found]


def test_globs_do_not_touch_files_that_were_named(plan):
    assert plan("a.png", "-s", "2", "--exclude", "*.png")


@pytest.mark.parametrize("output", ["in/out", "in/out/", "./in/out", "in/sub/../out"])
def test_an_output_folder_inside_an_input_folder_is_no_input(capsys, plan, output):
    folder()
    words = ("in", "-r", "-s", "2", "-m", "nearest", "-o", output)
    assert main(list(words)) == 0
    assert Path("in/out/sub/c.png").exists()
    capsys.readouterr()
    assert not [name for name in plan(*words, "--overwrite") if "out/" in name]


def test_symlinks_of_a_folder(plan):
    folder()
    Path("in/link.png").symlink_to("b.png")
    Path("in/loop").symlink_to(".")
    assert list(plan("in", "-r", "-s", "2")) == [
        "in/a.jpg", "in/b.png", "in/link.png", "in/sub/c.png", "in/sub/deeper/d.tif",
    ]  # fmt: skip


def test_a_folder_without_images(refused):
    folder()
    Path("empty").mkdir()
    assert "empty" in refused("empty", "-s", "2")
    assert "in" in refused("in", "-s", "2", "--include", "*.gif")
    picture("only/sub/a.png")
    assert "-r" in refused("only", "-s", "2")


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("x/a.png y/a.png -o out", "out/a.png"),
        ("x/a.png x/a.jpg -f webp", "x/a_x2_nearest.webp"),
        ("x -f png", "x_x2_nearest/a.png"),
        ("x/a.png y/a.png -o b{ext}", "b.png"),
        ("x y -o out", "out/a.png"),
        ("x/a.png x/a.png", "x/a_x2_nearest.png"),
        ("x/a.png -o out y/a.png --overwrite", "out/a.png"),
        ("x/a.png y/a.png -o out --skip-existing", "out/a.png"),
    ],
)
def test_two_inputs_for_one_output(refused, words, output):
    picture("x/a.png", "x/a.jpg", "y/a.png")
    assert output in refused(*words.split(), "-s", "2")


def test_two_names_of_one_output(refused):
    picture("x/a.png", "y/a.png")
    Path("real").mkdir()
    Path("x/out").symlink_to("../real")
    Path("y/out").symlink_to("../real")
    assert "would both write" in refused("x/a.png", "y/a.png", "-s", "2", "-o", "{dir}/out/b.png")


@pytest.mark.parametrize(
    "words",
    [
        "a.png -o a.png",
        "a.png -o ./a.png",
        "a.png -o .",
        "a.png -o {stem}{ext}",
        "a.png -o link.png",
        "a.png -o hard.png",
        "link.png -o a.png",
        "a.png -o folder/a.png",
        "b.png a.png -o {width}{stem}.png",
        "in -o in",
        "in -o {dir}/{stem}{ext}",
    ],
)
@pytest.mark.parametrize("overwrite", ["", "--overwrite"])
def test_an_output_that_is_an_input(refused, here, words, overwrite):
    picture("b.png", "8b.png", "in/c.png")
    Path("link.png").symlink_to("a.png")
    Path("hard.png").hardlink_to("a.png")
    Path("folder").symlink_to(here)
    if words.startswith("b.png"):
        words = words.replace("a.png", "8b.png")
    assert "input" in refused(*words.split(), "-s", "2", *overwrite.split())


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("{steem}.png", "{steem}"),
        ("{}.png", "{}"),
        ("{0}.png", "{0}"),
        ("{stem.upper}.png", "{stem.upper}"),
        ("{stem[0]}.png", "{stem[0]}"),
        ("{stem", "{stem"),
        ("stem}.png", "stem}"),
        ("", "-o"),
        ("{stem:d}.png", "{stem:d}.png"),
        ("{stem!z}.png", "{stem!z}.png"),
        ("{stem:{foo}}.png", "{stem:{foo}}.png"),
        ("{width:9999999999d}.png", "no name is so long"),
        ("{stem!r:>200000000}.png", "no name is so long"),
    ],
)
def test_templates_that_mean_nothing(refused, output, says):
    assert says in refused("a.png", "-s", "2", "-o", output, code=2)


@pytest.mark.parametrize("words", ["a.png b.png", "in"])
def test_one_name_for_several_inputs(refused, words):
    folder()
    assert "-o out.png" in refused(*words.split(), "-s", "2", "-o", "out.png", code=2)


@pytest.mark.parametrize(
    ("words", "outputs"),
    [
        ("a.png -o {name}.webp", ["a.png.webp"]),
        ("a.png -f tif -o out/{name}{ext}", ["out/a.png.tif"]),
        ("a.png -o out/{sub}{stem}.png", ["out/a.png"]),
        ("a.png -o out/{sub}/{stem}.png", ["out/a.png"]),
        ("x/sub/b.c.jpg -o {name}.png", ["b.c.jpg.png"]),
        ("x -r -o out/{sub}/{name}.png", ["out/a.png.png", "out/sub/b.c.jpg.png", "out/sub/deep/d.png.png"]),
        ("x -r -o {sub}/{stem}.bmp", ["a.bmp", "sub/b.c.bmp", "sub/deep/d.bmp"]),
        ("x -r -o ./{sub}/out/", ["out/a.png", "sub/out/b.c.jpg", "sub/deep/out/d.png"]),
        ("x/sub -r -o out/{sub}-{stem}.png", ["out/-b.c.png", "out/deep-d.png"]),
    ],
)
def test_the_inputs_whole_name_and_its_subfolder(plan, words, outputs):
    picture("x/a.png", "x/sub/b.c.jpg", "x/sub/deep/d.png")
    assert list(plan(*words.split(), "-s", "2").values()) == outputs


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("out/{dir}/{stem}.png", "out/x/..b.png"),
        ("out/{dir}/{stem:.2}/{name}", "out/x/..b.png"),
        ("{stem:.2}/{name}", "..b.png"),
        ("../out/{dir}/{stem}.png", "../out/x/..b.png"),
        ("{dir}/{stem}_2.png", "../x/..b_2.png"),
    ],
)
def test_dots_of_an_inputs_name_lead_nowhere_unless_its_folder_comes_first(plan, monkeypatch, template, output):
    picture("x/..b.png", "here/a.png")
    monkeypatch.chdir("here")
    assert list(plan("../x/..b.png", "-s", "2", "-o", template).values()) == [output]
