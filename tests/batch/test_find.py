"""What a search of folders yields and counts, without a look into any file; and how lists of names are read."""

import builtins
import os
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli.batch.find import Input, Search, is_known, listed
from upscale_cli.batch.names import Naming
from upscale_cli.cli.door import main
from upscale_cli.errors import InputError
from upscale_cli.formats import BY_EXTENSION, READ_ONLY
from upscale_cli.geometry import parse_scale


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def touch(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*words, output=None, **how):
    """Return the paths that a search yields, and how many it has passed over."""
    search = Search(**how)
    rule = Naming(output, None, "nearest", parse_scale("2"), True)
    return [each.path for each in search.inputs(words, rule.folder)], len(search.passed_over)


def test_images_come_in_order_of_name_each_with_its_folder():
    touch("in/b.png", "in/a.jpg", "in/B.PNG", "in/b/z.tif", "in/10.png", "in/9.png", "in/é.webp")
    rule = Naming(None, None, "nearest", parse_scale("2"), True)
    inputs = list(Search(True).inputs(["in"], rule.folder))
    assert [each.tail for each in inputs] == ["10.png", "9.png", "B.PNG", "a.jpg", "b/z.tif", "b.png", "é.webp"]
    assert {each.within for each in inputs} == {"in"}


def test_words_keep_their_order_and_files_are_taken_as_they_are():
    touch("in/b.png", "in/a.png", ".hidden.png", "notes.txt")
    words = ("notes.txt", "in", ".hidden.png", "none.png")
    assert found(*words) == (["notes.txt", "in/a.png", "in/b.png", ".hidden.png", "none.png"], 0)


def test_every_known_extension_is_found():
    names = {f"in/a.{extension}" for extension in (*BY_EXTENSION, *READ_ONLY)}
    touch(*names, "in/a.txt", "in/a", "in/png", "in/a.png~", "in/a.png.part")
    paths, passed_over = found("in")
    assert {*paths} == names
    assert passed_over == 5


@pytest.mark.parametrize(
    ("name", "known"), [("a.png", True), ("A.JpEg", True), ("a.b.tif", True), ("png", False), (".png", False)]
)
def test_a_name_tells_an_image(name, known):
    assert is_known(name) == known


@pytest.mark.parametrize(("recursive", "passed_over"), [(False, 4), (True, 6)])
def test_hidden_files_and_folders_and_what_is_no_image_are_counted_once_each(recursive, passed_over):
    touch("in/a.png", "in/.b.png", "in/.git/c.png", "in/.git/d.png", "in/notes.txt", "in/noext")
    touch("in/sub/e.png", "in/sub/.f.png", "in/sub/readme.md")
    paths = ["in/a.png", *["in/sub/e.png"] * recursive]
    assert found("in", recursive=recursive) == (paths, passed_over)


def test_links_to_files_are_followed_but_not_out_of_the_folder_and_links_to_folders_are_not():
    touch("in/a.png", "elsewhere/b.png", "elsewhere/c.jpg", "in-other/d.png")
    Path("in/beside.png").symlink_to("../in-other/d.png")
    for name, target in {
        "in/link.png": "a.png",
        "in/far.jpg": "../elsewhere/c.jpg",
        "in/round.png": "../in/a.png",
        "in/broken.png": "none",
        "in/text": "a.png",
        "in/folder": "../elsewhere",
        "in/folder.png": "../elsewhere",
    }.items():
        Path(name).symlink_to(target)
    expected = ["in/a.png", "in/broken.png", "in/link.png", "in/round.png"]
    for recursive in (False, True):
        assert found("in", recursive=recursive) == (expected, 5)


def test_links_that_lead_round_in_a_circle():
    touch("in/sub/a.png")
    Path("in/sub/up").symlink_to("..")
    Path("in/sub/here.png").symlink_to(".")
    Path("in/self.png").symlink_to("self.png")
    Path("in/one.png").symlink_to("two")
    Path("in/two").symlink_to("one.png")
    assert found("in", recursive=True) == (["in/one.png", "in/self.png", "in/sub/a.png"], 3)


def test_a_link_to_itself_is_one_failure(capsys):
    touch("in/a.png")
    Image.new("RGB", (4, 3)).save("in/a.png")
    Path("in/self.png").symlink_to("self.png")
    assert main(["in", "-s", "2", "-m", "nearest", "-o", "out"]) == 1
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith("upscale: in/self.png: ")
    assert err[1].startswith("1 done, 1 failed into out/ in ")
    assert len(err) == 2


def test_a_link_that_was_named_is_searched():
    touch("in/a.png")
    Path("link").symlink_to("in")
    assert found("link") == (["link/a.png"], 0)


@pytest.mark.parametrize("recursive", [False, True])
def test_a_folder_with_an_images_name_is_a_folder(recursive):
    touch("in/a.png", "in/b.png/c.png")
    assert found("in", recursive=recursive) == (["in/a.png", *["in/b.png/c.png"] * recursive], 0)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"include": ("*.png",)}, ["a.png", "sub/b.png"]),
        ({"include": ("a.*", "c.*")}, ["a.png", "sub/c.jpg"]),
        ({"exclude": ("*.png",)}, ["sub/c.jpg"]),
        ({"exclude": ("sub/*",)}, ["a.png"]),
        ({"include": ("sub/*",), "exclude": ("*.jpg",)}, ["sub/b.png"]),
        ({"include": ("*.txt", "a.png")}, ["a.png"]),
        ({"include": ("A.PNG", "*.JpG")}, ["a.png", "sub/c.jpg"]),
    ],
)
def test_globs_leave_out_images_without_counting_them(how, expected):
    touch("in/a.png", "in/sub/b.png", "in/sub/c.jpg", "in/notes.txt", "in/.a.png")
    assert found("in", recursive=True, **how) == ([f"in/{name}" for name in expected], 2)


@pytest.mark.parametrize("output", ["in/out", "in/out/", "./in/out", "in/sub/../out", "link/out"])
def test_an_output_folder_inside_the_input_is_neither_searched_nor_counted(output):
    touch("in/a.png", "in/out/b.png", "in/out/notes.txt", "in/out/.c.png", "in/sub/out/d.png")
    Path("link").symlink_to("in")
    assert found("in", output=output, recursive=True) == (["in/a.png", "in/sub/out/d.png"], 0)


@pytest.mark.parametrize("nested", [("in", "in/sub"), ("in/sub", "in")])
def test_a_folder_that_is_named_beside_its_own_folder_is_searched_twice(nested):
    touch("in/a.png", "in/sub/b.png")
    assert sorted(found(*nested, recursive=True)[0]) == ["in/a.png", "in/sub/b.png", "in/sub/b.png"]


def test_a_folder_where_all_is_passed_over_has_failed_and_is_named():
    touch("in/.a.png", "in/notes.txt")
    search = Search()
    (only,) = search.inputs(["in"], Naming(None, None, "nearest", parse_scale("2"), True).folder)
    assert only.failure.startswith("in: there is no image of a known extension")
    assert search.passed_over == ["in/.a.png", "in/notes.txt"]


def test_searching_opens_no_file(monkeypatch):
    touch("in/a.png", "in/sub/b.jpg", "in/notes.txt", "c.png")
    Path("in/link.png").symlink_to("a.png")
    os.mkfifo("in/pipe.png")

    def fail(*arguments, **_):
        raise AssertionError(arguments)

    with monkeypatch.context() as patch:
        for place, name in ((builtins, "open"), (os, "open"), (Image, "open"), (Path, "open")):
            patch.setattr(place, name, fail)
        paths, passed_over = found("in", "c.png", recursive=True)
    assert paths == ["in/a.png", "in/link.png", "in/pipe.png", "in/sub/b.jpg", "c.png"]
    assert passed_over == 1


def test_an_input_of_standard_input_is_passed_on():
    search, source = Search(), Input("stdin.png", data=b"x")
    assert list(search.inputs([source], Naming("-", None, "nearest", parse_scale("2"), False).folder)) == [source]


LISTS = [
    (b"", False, []),
    (b"\n\n", False, []),
    (b"a.png\nb c.png\n", False, ["a.png", "b c.png"]),
    (b"a.png\nb.png", False, ["a.png", "b.png"]),
    (b"a.png\r\n\r\nb.png\r\n", False, ["a.png", "b.png"]),
    (b"a\rb.png\r\n", False, ["a\rb.png"]),
    (b"\na.png\n\n\nb.png\n\n", False, ["a.png", "b.png"]),
    (b" a.png \n\t\n", False, [" a.png ", "\t"]),
    ("é.png\n".encode(), False, ["é.png"]),
    (b"\xe9\xff.png\n", False, [os.fsdecode(b"\xe9\xff.png")]),
    (b"-\n--help\n", False, ["-", "--help"]),
    (b"a.png\0b.png\0", True, ["a.png", "b.png"]),
    (b"a.png\0b.png", True, ["a.png", "b.png"]),
    (b"a\nb.png\0c\r\0", True, ["a\nb.png", "c\r"]),
    (b"\0\0a.png\0\0", True, ["a.png"]),
    (b"\xe9\0", True, [os.fsdecode(b"\xe9")]),
]


@pytest.mark.parametrize(("text", "null", "names"), LISTS)
def test_lists(text, null, names):
    assert listed(text, null) == names
    assert [os.fsencode(name) in text for name in names] == [True] * len(names)


def test_a_zero_byte_in_a_list_of_lines_points_to_its_option():
    with pytest.raises(InputError, match="-0"):
        listed(b"a.png\0b.png\0", False)
