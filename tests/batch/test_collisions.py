"""Inputs that would write one output: the message names both, and a template with which they have two."""

import shlex
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli.cli.door import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 3)).save(name)


@pytest.fixture
def refused(capsys):
    """Return a function that asserts that a command line is refused with nothing done, and gives the message."""

    def message(*words):
        before = sorted(Path().rglob("*"))
        assert main([*words, "-m", "nearest"]) == 1
        assert sorted(Path().rglob("*")) == before
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        return err

    return message


COLLISIONS = [
    ("a.jpg a.png -f webp", "a.jpg a.png", "'{dir}/{name}{ext}'"),
    ("in/a.jpg in/a.png -f webp", "in/a.jpg in/a.png", "'{dir}/{name}{ext}'"),
    ("in -f webp", "in/a.jpg in/a.png in/b.gif", "'HERE/in_x2_nearest/{name}{ext}'"),
    ("in -f webp -o out", "in/a.jpg in/a.png in/b.gif", "'out/{name}{ext}'"),
    ("in -f webp -o in", "in/a.jpg in/a.png in/b.gif", "'in/{name}{ext}'"),
    ("in -r -f webp -o out", "in/sub/a.jpg in/sub/a.png in/a.png", "'out/{sub}/{name}{ext}'"),
    ("in -r -f webp", "in/sub/a.jpg in/sub/a.png in/b.png", "'HERE/in_x2_nearest/{sub}/{name}{ext}'"),
    ("in -r -o out/{stem}{ext}", "in/sub/a.jpg in/a.jpg", "'out/{sub}/{stem}{ext}'"),
    ("in -r -o {dir}/{method}{ext}", "in/a.jpg in/b.jpg in/sub/a.jpg", "'in/{sub}/{name}{ext}'"),
    ("x/a.png y/a.png -o out", "x/a.png y/a.png", "'out/{dir}/{stem}{ext}'"),
    ("x/a.png y/a.png -o .", "x/a.png y/a.png", "'./{dir}/{name}{ext}'"),
    ("x/a.png y/a.png -o x", "x/a.png y/a.png", "'x/{dir}/{stem}{ext}'"),
    ("x/a.png y/a.jpg x/a.jpg -f tif -o out", "x/a.png y/a.jpg x/a.jpg", "'out/{dir}/{name}{ext}'"),
    ("x y -o out", "x/a.png y/a.png y/b.png", "'out/{dir}/{stem}{ext}'"),
    ("x y -r -o out", "x/sub/a.png y/sub/a.png x/a.png", "'out/{dir}/{stem}{ext}'"),
    ("x/a.png y/b.png -o out/c{ext}", "x/a.png y/b.png", "'out/{stem}{ext}'"),
    ("x/a.png x/a.gif -o {stem}.bmp", "x/a.png x/a.gif", "'./{name}.bmp'"),
    ("x/a.png x/b.gif -o out/{method}.bmp", "x/a.png x/b.gif", "'out/{stem}.bmp'"),
    ("x/a.png y/a.png -o {width}/", "x/a.png y/a.png", "'8/{dir}/{stem}{ext}'"),
    ("../HERE/x/a.jpg ../HERE/x/a.png -f webp", "x/a.jpg x/a.png", "'{dir}/{name}{ext}'"),
    ("../HERE/x/a.jpg ../HERE/y/a.png -f webp -o out", "x/a.jpg y/a.png", "'out/{name}{ext}'"),
    ("../HERE/in -r -f webp -o out", "in/sub/a.jpg in/sub/a.png", "'out/{sub}/{name}{ext}'"),
    ("in/sub/.. -r -f webp", "in/sub/a.jpg in/sub/a.png in/a.png", "'HERE/in_x2_nearest/{sub}/{name}{ext}'"),
    ("it's{1}/a.jpg it's{1}/a.png -f webp", "it's{1}/a.jpg it's{1}/a.png", "'{dir}/{name}{ext}'"),
    ("it's{1} -f webp", "it's{1}/a.jpg it's{1}/a.png", "'HERE/it'\"'\"'s{{1}}_x2_nearest/{name}{ext}'"),
]


def run_twice(capsys, words, template):
    """Run a command that is refused, then the same with the template of its message; return the outputs of that."""
    assert main([*words, "--quiet"]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    advice = message.rstrip("\n").partition("tell them apart with -o ")[2]
    assert advice == template
    before = {*Path().rglob("*")}
    words = words[: words.index("-o")] + words[words.index("-o") + 2 :] if "-o" in words else words
    assert main([*words, "-o", *shlex.split(advice), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    return message, [path for path in {*Path().rglob("*")} - before if path.is_file()]


@pytest.mark.parametrize(("words", "names", "template"), COLLISIONS)
def test_a_template_that_tells_inputs_apart(capsys, here, words, names, template):
    names = names.split()
    picture(*names)
    untouched = {name: Path(name).read_bytes() for name in names}
    words = [*words.replace("HERE", here.name).split(), "-s", "2", "-m", "nearest"]
    message, outputs = run_twice(capsys, words, template.replace("HERE", str(here)))
    assert message.partition(" would both write ")[0].count(" and ") == 1
    assert len(outputs) == len(names)
    assert all(Image.open(path).size == (8, 6) for path in outputs)
    assert untouched == {name: Path(name).read_bytes() for name in names}


@pytest.mark.parametrize(
    ("words", "template"),
    [
        ("x/a.jpg x/a.png -s 2,3 -f webp", "'{dir}/{name}_{scale}{ext}'"),
        ("x -s 2,3 -f webp -o out/{scale}/{stem}{ext}", "'out/2/{name}_{scale}{ext}'"),
        ("x --size 8,20 -f webp -o out/{width}/{stem}{ext}", "'out/8/{name}_{scale}{ext}'"),
        ("x/a.jpg x/a.png -s 2,3x1 -o out/{scale}.webp", "'out/{name}_{scale}.webp'"),
    ],
)
def test_a_template_that_tells_inputs_and_sizes_apart(capsys, words, template):
    picture("x/a.jpg", "x/a.png")
    _, outputs = run_twice(capsys, [*words.split(), "-m", "nearest"], template)
    assert len(outputs) == 4
    assert {path.suffix for path in outputs} == {".webp"}
    assert len({Image.open(path).size for path in outputs}) == 2


def test_both_inputs_and_the_output_are_named(refused):
    picture("x/a.png", "y/a.png")
    assert refused("x/a.png", "y/a.png", "-s", "2", "-o", "out") == (
        "upscale: x/a.png and y/a.png would both write out/a.png: tell them apart with -o 'out/{dir}/{stem}{ext}'\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        "x/a.png x/a.png",
        "x/a.png ./x/a.png",
        "x/a.png x/../x/a.png",
        "x/a.png link/a.png -o out",
        "x/a.png x//a.png -o out -f webp",
        "x x/a.png -o out",
        "x x/ -o out",
        "x x/../x",
        "x . -r -o out/{stem}{ext}",
    ],
)
def test_one_file_that_is_named_twice_is_to_be_named_once(refused, words):
    picture("x/a.png")
    Path("link").symlink_to("x")
    assert refused(*words.split(), "-s", "2").endswith(": give it once\n")


def test_an_input_given_twice_does_not_hide_the_template_for_the_others(refused):
    picture("x/a.png", "y/a.png")
    words = ("x/a.png", "y/a.png", "x/a.png", "-s", "2", "-o")
    assert refused(*words, "out").endswith("-o 'out/{dir}/{stem}{ext}'\n")
    assert refused(*words, "out/{dir}/{stem}{ext}").endswith("x/a.png would both write out/x/a.png: give it once\n")


def test_no_template_leads_out_of_the_output_folder(refused, monkeypatch):
    picture("x/a.png", "y/a.png", "z/b.png")
    monkeypatch.chdir("z")
    assert refused("../x/a.png", "../y/a.png", "-s", "2", "-o", "out").endswith(
        "would both write out/a.png: resize them into two folders, one after the other\n"
    )
