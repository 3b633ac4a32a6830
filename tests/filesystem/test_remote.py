"""URLs: read and written whole, found in folders, refused with one line; S3 by a server on this machine."""

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from upscale_cli.cli.door import main
from upscale_cli.errors import InputError, OutputError
from upscale_cli.filesystem import remote
from upscale_cli.filesystem.atomic import kind_of, replacing
from upscale_cli.filesystem.remote import Url, is_url, place_of

fsspec = pytest.importorskip("fsspec")

WORDS = ("-s", "2", "-m", "nearest")
PICTURES = {"a.png": (4, 3), "b.jpg": (5, 5), "sub/c.png": (3, 8), "sub/deeper/d d.png": (2, 2)}


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


def encoded(size, extension="png"):
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, {"jpg": "JPEG"}.get(extension, extension))
    return file.getvalue()


def fill(system, root):
    for name, size in PICTURES.items():
        system.pipe_file(f"{root}/{name}", encoded(size, name[-3:]))
    for name in (".hidden.png", ".git/e.png", "notes.txt"):
        system.pipe_file(f"{root}/{name}", b"no image")


def sizes(system, root):
    found = system.find(root)
    start = len(found[0]) - len(found[0].split(root.strip("/") + "/", 1)[1])
    return {name[start:]: Image.open(io.BytesIO(system.cat_file(name))).size for name in found}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("s3://bucket/a.png", True),
        ("memory://a", True),
        ("https://host/a.png", True),
        ("a.png", False),
        ("c://a.png", False),
        ("dir/s3://a", False),
        ("./s3:/a", False),
        ("s3:a", False),
    ],
)
def test_what_is_a_url(text, is_one):
    assert is_url(text) is is_one
    assert isinstance(place_of(text), Url if is_one else Path)


def test_file_urls_are_paths(tmp_path, monkeypatch, capsys):
    (tmp_path / "in put").mkdir()
    picture = tmp_path / "in put" / "a.png"
    picture.write_bytes(encoded((4, 3)))
    assert place_of(picture.as_uri()) == picture
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert main([picture.as_uri(), *WORDS, "-o", f"file://{tmp_path}/out/"]) == 0
    assert Image.open(tmp_path / "out" / "a.png").size == (8, 6)
    assert main([picture.parent.as_uri(), *WORDS]) == 0
    assert Image.open(tmp_path / "in put_x2_nearest" / "a.png").size == (8, 6)


def test_kinds(memory):
    fill(memory, "/in")
    kinds = {"memory://in": "folder", "memory://in/": "folder", "memory://in/a.png": "file", "memory://none": ""}
    assert {url: kind_of(url) for url in kinds} == kinds
    assert kind_of(Url("memory://in/a.png")) == "file"


def test_a_file_appears_whole_or_not_at_all(memory):
    url = Url("memory://out/a")
    with pytest.raises(KeyboardInterrupt), replacing(url, overwrite=False) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert memory.find("/") == []
    with replacing(url, overwrite=False) as file:
        file.write(b"whole")
        assert memory.find("/") == []
    with pytest.raises(OutputError, match="memory://out/a exists"), replacing(url, overwrite=False) as file:
        file.write(b"new")
    assert memory.cat_file("/out/a") == b"whole"
    with replacing(url, overwrite=True) as file:
        file.write(b"new")
    assert memory.cat_file("/out/a") == b"new"


@pytest.mark.parametrize("fails", ["", "mv", "pipe_file"])
def test_where_files_do_not_appear_whole_they_are_renamed(memory, monkeypatch, fails):
    """As sftp's and hdfs' do not; memory stands in for them."""
    memory.pipe_file("/out/a", b"old")
    monkeypatch.setattr(remote, "WHOLE", set())
    written = []
    real = type(memory).pipe_file

    def pipe_file(self, path, value, **keywords):
        written.append(path)
        if fails == "pipe_file":
            raise OSError("no room")
        return real(self, path, value, **keywords)

    monkeypatch.setattr(type(memory), "pipe_file", pipe_file)
    if fails == "mv":
        monkeypatch.setattr(type(memory), "mv", lambda *_, **__: (_ for _ in ()).throw(OSError("no rename")))
    if fails:
        with pytest.raises(OutputError, match="no r"), replacing(Url("memory://out/a"), overwrite=True) as file:
            file.write(b"new")
    else:
        with replacing(Url("memory://out/a"), overwrite=True) as file:
            file.write(b"new")
    assert [path.startswith("/out/.upscale-") for path in written] == [True]
    assert memory.find("/") == ["/out/a"]
    assert memory.cat_file("/out/a") == (b"old" if fails else b"new")


def test_a_tree_in_memory(memory, capsys):
    fill(memory, "/in")
    assert main(["memory://in", "-r", *WORDS, "-o", "memory://out"]) == 0
    assert sizes(memory, "out") == {name: (2 * w, 2 * h) for name, (w, h) in PICTURES.items()}
    assert "4 done, 3 passed over into memory://out/ in" in capsys.readouterr().err
    assert main(["memory://in", "-r", *WORDS, "-o", "memory://out", "--skip-existing"]) == 0
    assert "4 skipped" in capsys.readouterr().err
    memory.pipe_file("/out/a.png", encoded((8, 6))[:-20])
    assert main(["memory://in", "-r", *WORDS, "-o", "memory://out", "--skip-existing"]) == 0
    assert "1 done, 3 skipped" in capsys.readouterr().err
    assert main(["memory://in", "-r", *WORDS, "-o", "memory://out"]) == 1
    assert capsys.readouterr().err.count("exists: use --overwrite") == 4


def test_without_recursion_and_beside_the_input(memory):
    fill(memory, "/in")
    assert main(["memory://in/", *WORDS]) == 0
    assert sizes(memory, "in_x2_nearest") == {"a.png": (8, 6), "b.jpg": (10, 10)}
    assert main(["memory://in/a.png", *WORDS, "-f", "webp"]) == 0
    assert memory.exists("/in/a_x2_nearest.webp")


def test_an_output_folder_inside_the_input_is_no_input(memory):
    fill(memory, "/in")
    for _ in range(2):
        assert main(["memory://in", "-r", *WORDS, "-o", "memory://in/out", "--overwrite"]) == 0
    assert len(sizes(memory, "in/out")) == 4


def test_from_here_to_there_and_back(memory, tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "a.png").write_bytes(encoded((4, 3)))
    assert main([str(tmp_path / "in"), "-r", *WORDS, "-o", "memory://big"]) == 0
    assert sizes(memory, "big") == {"sub/a.png": (8, 6)}
    assert main(["memory://big", "-r", *WORDS, "-o", str(tmp_path / "bigger")]) == 0
    assert Image.open(tmp_path / "bigger" / "sub" / "a.png").size == (16, 12)
    assert main(["memory://big/sub/a.png", *WORDS, "-o", "memory://big/{stem}-{width}{ext}"]) == 0
    assert memory.exists("/big/a-16.png")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("memory://none.png -s 2", "memory://none.png: there is no such file"),
        ("memory://in/notes.txt -s 2 -f png", "memory://in/notes.txt: it is not an image"),
        ("memory://in/a.png -s 2 -o memory://in/a.png", "the output would be the input"),
        ("memory://in/a.png memory://in/sub/a.png -s 2 -o memory://out", "would both write memory://out/a.png"),
        ("nowhere://a/b.png -s 2", "nowhere"),
        ("memory://in -s 2 --include *.gif", "memory://in: there is no image that --include"),
    ],
)
def test_what_cannot_be_done_is_one_line(memory, capsys, words, says):
    fill(memory, "/in")
    memory.pipe_file("/in/sub/a.png", encoded((4, 3)))
    before = memory.find("/")
    assert main([*words.split(), "-m", "nearest", "--overwrite", "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert memory.find("/") == before


def test_without_fsspec_it_is_told_what_is_missing(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert main(["memory://a.png", *WORDS]) == 1
    assert "pip install 'upscale-cli[cluster]'" in capsys.readouterr().err


def test_a_library_that_is_missing_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match="s3fs"):
        Url("s3://bucket/a.png").read()


@pytest.fixture(scope="module")
def s3():
    """Return a file system on a server that answers as S3 does, and tell other processes where that is."""
    pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    said = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield s3fs.S3FileSystem()
    finally:
        server.terminate()
        server.wait(10)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.mark.parametrize(
    "more", [["-j", "2"], ["-j", "1"], ["--cluster", "local", "-j", "2"]], ids=["pool", "turn", "dask"]
)
def test_s3(s3, capsys, more):
    """Processes side by side each talk to the server."""
    bucket = f"s3://{'-'.join(more).strip('-')}".replace("---", "-")
    s3.mkdir(bucket)
    fill(s3, f"{bucket}/in")
    words = [f"{bucket}/in", "-r", *WORDS, "-o", f"{bucket}/out", *more]
    assert main(words) == 0
    assert "4 done" in capsys.readouterr().err
    s3.invalidate_cache()
    assert sizes(s3, f"{bucket[5:]}/out") == {name: (2 * w, 2 * h) for name, (w, h) in PICTURES.items()}
    s3.rm(f"{bucket}/out/sub/c.png")
    assert main([*words, "--skip-existing"]) == 0
    assert "1 done, 3 skipped" in capsys.readouterr().err
    assert main(words) == 1
    assert capsys.readouterr().err.count("exists: use --overwrite") == 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("s3://nobucket/a.png -s 2", "there is no such file"),
        ("s3://some/none.png -s 2", "there is no such file"),
        ("s3://some/a.png -s 2 -o s3://nobucket/a.png", "s3://some/a.png: "),
    ],
)
def test_what_s3_does_not_have(s3, capsys, words, says):
    s3.makedirs("s3://some", exist_ok=True)
    s3.pipe_file("s3://some/a.png", encoded((4, 3)))
    assert main([*words.split(), "-m", "nearest"]) == 1
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
