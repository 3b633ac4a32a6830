"""Files appear whole or not at all."""

import contextlib
import os
import stat
import threading
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli import resize_file
from upscale_cli.errors import OutputError
from upscale_cli.filesystem import atomic
from upscale_cli.filesystem.atomic import kind_of, replacing

OLD, NEW = b"old", b"new and whole"


def tree(folder):
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "in.png"
    Image.new("RGB", (3, 2), (1, 2, 3)).save(path)
    return path


def test_the_name_shows_the_old_file_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(OLD)
    with replacing(target, overwrite=True) as file:
        file.write(NEW[:3])
        file.flush()
        assert target.read_bytes() == OLD
        assert len(list(tmp_path.iterdir())) == 2
        file.write(NEW[3:])
    assert tree(tmp_path) == {"a": NEW}


@pytest.mark.parametrize("before", [{}, {"a": OLD}])
@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), SystemExit(3), OSError(28, ""), MemoryError()])
def test_a_failing_write_leaves_what_was_there(tmp_path, before, error):
    for name, content in before.items():
        (tmp_path / name).write_bytes(content)
    with (
        pytest.raises(OutputError if isinstance(error, OSError) else type(error)),
        replacing(tmp_path / "a", overwrite=True) as file,
    ):
        file.write(NEW)
        raise error
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied"), "may not be written"),
        (OSError("encoder error -2"), "encoder error -2"),
    ],
)
def test_what_the_disk_or_the_encoder_says_is_passed_on(tmp_path, error, says):
    with pytest.raises(OutputError, match=says) as caught, replacing(tmp_path / "a.png", overwrite=True):
        raise error
    assert "a.png" in str(caught.value)


def test_a_failing_encoder_leaves_what_was_there(tmp_path, image, monkeypatch):
    def fail(self, file, **_):
        file.write(b"half")
        raise OSError("encoder error -2")

    (tmp_path / "out.png").write_bytes(OLD)
    before = tree(tmp_path)
    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OutputError, match=r"in\.png"):
        resize_file(image, tmp_path / "out.png", 2, method="nearest", overwrite=True)
    assert tree(tmp_path) == before


def test_a_failing_rename_leaves_what_was_there(tmp_path, monkeypatch):
    def fail(self, target):
        raise PermissionError(1, "Operation not permitted")

    (tmp_path / "a").write_bytes(OLD)
    monkeypatch.setattr(atomic.Path, "replace", fail)
    with pytest.raises(OutputError), replacing(tmp_path / "a", overwrite=True) as file:
        file.write(NEW)
    assert tree(tmp_path) == {"a": OLD}


@contextlib.contextmanager
def umask(value):
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0, 0o666)])
@pytest.mark.parametrize("exists", [False, True])
def test_permissions_are_those_that_the_umask_gives(tmp_path, image, mask, mode, exists):
    target = tmp_path / "out.png"
    if exists:
        target.touch(0o640)
    with umask(mask):
        resize_file(image, target, 2, method="nearest", overwrite=True)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.parametrize("exists", [False, True])
def test_a_symlink_stays_and_its_target_is_replaced(tmp_path, image, exists):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "real.png", tmp_path / "link.png"
    if exists:
        target.write_bytes(OLD)
    link.symlink_to("far/real.png")
    resize_file(image, link, 2, method="nearest", overwrite=True)
    assert link.is_symlink()
    assert Image.open(target).size == (6, 4)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["far", "in.png", "link.png", "real.png"]


def test_a_symlink_is_an_output_that_exists(tmp_path, image):
    (tmp_path / "link.png").symlink_to("nowhere.png")
    with pytest.raises(OutputError, match="exists"):
        resize_file(image, tmp_path / "link.png", 2, method="nearest")


def test_devices_are_written_through(tmp_path, image):
    before = Path("/dev/null").stat()
    result = resize_file(image, "/dev/null", 2, method="nearest", format="png")
    after = Path("/dev/null").stat()
    assert result.out_size == (6, 4)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert kind_of(Path("/dev/null")) == "special"
    assert list(tmp_path.iterdir()) == [image]


def test_a_pipe_is_written_through(tmp_path, image):
    pipe, received = tmp_path / "pipe.png", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()), daemon=True)
    reader.start()
    resize_file(image, pipe, 2, method="nearest")
    reader.join(10)
    assert received[0].startswith(b"\x89PNG")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.png", "pipe.png"]


KINDS = {
    "in.png": "file",
    ".": "folder",
    "pipe": "special",
    "/dev/null": "special",
    "to_file": "file",
    "to_folder": "folder",
    "to_pipe": "special",
    "dangling": "",
    "loop": "",
    "none": "",
    "none/": "",
    "in.png/": "",
    "x" * 300: "",
    "a\0": "",
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_kinds_of_names(tmp_path, image, name, kind):
    os.mkfifo(tmp_path / "pipe")
    links = {"to_file": "in.png", "to_folder": ".", "to_pipe": "pipe", "dangling": "nowhere", "loop": "loop"}
    for link, target in links.items():
        (tmp_path / link).symlink_to(target)
    assert kind_of(f"{tmp_path}/{name}" if name[0] != "/" else name) == kind


def test_a_circle_of_links_is_refused(tmp_path, image):
    (tmp_path / "a.png").symlink_to("b.png")
    (tmp_path / "b.png").symlink_to("a.png")
    with pytest.raises(OutputError, match=r"a\.png cannot be written \(Too many levels"):
        resize_file(image, tmp_path / "a.png", 2, method="nearest", overwrite=True)
    assert (tmp_path / "a.png").is_symlink()
    assert (tmp_path / "b.png").is_symlink()


def test_missing_folders_are_made_on_demand(tmp_path):
    with pytest.raises(OutputError, match="no folder"), replacing(tmp_path / "new" / "a", overwrite=False):
        pass
    assert tree(tmp_path) == {}
    with replacing(tmp_path / "new" / "deep" / "a", overwrite=False, folders=True) as file:
        file.write(NEW)
    assert tree(tmp_path / "new" / "deep") == {"a": NEW}


def test_a_missing_folder(tmp_path, image):
    with pytest.raises(OutputError, match="no folder"):
        resize_file(image, tmp_path / "missing" / "out.png", 2, method="nearest")
    assert list(tmp_path.iterdir()) == [image]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_no_file(tmp_path, image, overwrite):
    (tmp_path / "out.png").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        resize_file(image, tmp_path / "out.png", 2, method="nearest", overwrite=overwrite)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in.png", "out.png"]


def test_a_file_is_no_folder(tmp_path, image):
    with pytest.raises(OutputError):
        resize_file(image, image / "out.png", 2, method="nearest")
    assert list(tmp_path.iterdir()) == [image]


def test_an_unwritable_folder(tmp_path, image):
    closed = tmp_path / "closed"
    closed.mkdir(0o555)
    if os.access(closed, os.W_OK):
        pytest.skip("this user may write into every folder (root)")
    with pytest.raises(OutputError, match="may not be written"):
        resize_file(image, closed / "out.png", 2, method="nearest")
    assert not list(closed.iterdir())


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which nobody may write")
def test_a_folder_in_which_nobody_may_write(image):
    with pytest.raises(OutputError, match=r"/proc/self/out\.png"):
        resize_file(image, "/proc/self/out.png", 2, method="nearest")


def test_a_name_that_is_too_long(tmp_path, image):
    with pytest.raises(OutputError, match="too long"):
        resize_file(image, tmp_path / ("x" * 300 + ".png"), 2, method="nearest")


def test_an_input_is_never_written_to(tmp_path, image):
    (tmp_path / "link.png").symlink_to(image)
    (tmp_path / "hard.png").hardlink_to(image)
    before = image.read_bytes(), image.stat().st_mtime_ns
    for name in ("in.png", "link.png", "hard.png", "../" + tmp_path.name + "/in.png"):
        with pytest.raises(OutputError, match="input"):
            resize_file(image, tmp_path / name, 2, method="nearest", overwrite=True)
    assert (image.read_bytes(), image.stat().st_mtime_ns) == before


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_during_the_work_is_not_lost(tmp_path, monkeypatch, links):
    """With hard links the name is taken in one step; without, it is looked at once more."""
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", lambda self, target: (_ for _ in ()).throw(OSError(95, "no links")))
    target = tmp_path / "a"
    with pytest.raises(OutputError, match="exists: use --overwrite"), replacing(target, overwrite=False) as file:
        file.write(b"new")
        target.write_bytes(b"another's")
    assert target.read_bytes() == b"another's"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with replacing(tmp_path / "b", overwrite=False) as file:
        file.write(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
