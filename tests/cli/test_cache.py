"""`upscale cache`: what is told, compiled ahead and deleted, and that nothing else is touched."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from upscale_cli import jit
from upscale_cli.cli.door import main
from upscale_cli.cli.upkeep import cache as command
from upscale_cli.jit import store
from upscale_cli.methods import METHODS

UPSCALE = [sys.executable, "-m", "upscale_cli"]
NAME = "separable-0123456789abcdef0123456789abcdef"
compiles = pytest.mark.skipif(jit.interpreted(), reason="nothing is compiled with NUMBA_DISABLE_JIT")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty store, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPSCALE_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


@pytest.fixture
def said(capsys):
    """Return a function that runs `upscale cache` and gives its exit code, standard output and standard error."""

    def run(*words):
        code = main(["cache", *words])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def filled(home):
    """A store of two kernels, what an interrupted process left, and files of others."""
    home.mkdir(mode=0o700)
    sizes = {
        f"{NAME}.kernel": 1200, f"nearest-{'0' * 32}.kernel": 34, f"{NAME}.0123456789ab.part": 5,
        "film.mkv.part": 7, "linux.kernel": 8, f"{NAME}.kernel.bak": 9, f"x{NAME}.part": 10,
    }  # fmt: skip
    for name, size in sizes.items():
        (home / name).write_bytes(bytes(size))
    (home / f"folder-{'0' * 32}.kernel").mkdir()
    (home / f"link-{'0' * 32}.kernel").symlink_to("linux.kernel")
    return home


@pytest.fixture
def little(monkeypatch):
    """Little for `warm` to do: one method, whose kernels are small, two kinds, two scales."""
    monkeypatch.setattr(command, "METHODS", {"nearest": METHODS["nearest"]})
    monkeypatch.setattr(command, "KINDS", {name: command.KINDS[name] for name in ("RGB", "16-bit grey")})
    monkeypatch.setattr(command, "SCALES", (2, 0.5))


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (2.5e9, "2.5 GB")],
)
def test_sizes(size, text):
    assert command._size({"a": size}) == text


def test_info_of_an_empty_store(said, home):
    assert said("info") == (0, f"{home}: 0 kernels, 0 B\n", "")
    code, out, err = said("info", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"folder": str(home), "reason": None, "kernels": 0, "bytes": 0}


def test_info_counts_kernels_only(said, filled):
    assert said("info") == (0, f"{filled}: 2 kernels, 1.2 kB\n", "")
    assert json.loads(said("info", "--json")[1]) == {
        "folder": str(filled), "reason": None, "kernels": 2, "bytes": 1234,
    }  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no such permissions")
@pytest.mark.parametrize("fault", ["world", "group", "owner", "file", "missing"])
def test_a_folder_that_is_not_safe(said, home, monkeypatch, tmp_path, fault):
    """`info` says why; the others, who need the store, fail."""
    home.mkdir(mode=0o700)
    says = {"world": "other users may write", "group": "other users may write", "owner": "another user owns it",
            "file": "File exists", "missing": "Not a directory"}[fault]  # fmt: skip
    if fault in ("world", "group"):
        home.chmod(0o702 if fault == "world" else 0o720)
    elif fault == "owner":
        monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    else:
        (tmp_path / "file").touch()
        home = tmp_path / "file" if fault == "file" else tmp_path / "file" / "kernels"
        monkeypatch.setenv("UPSCALE_CACHE_DIR", str(home))
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    code, out, err = said("info")
    assert (code, err) == (0, "")
    assert out.startswith(f"kernels are not kept: {home}: ")
    assert says in out
    record = json.loads(said("info", "--json")[1])
    assert record | {"reason": ""} == {"folder": None, "reason": "", "kernels": 0, "bytes": 0}
    assert out == f"kernels are not kept: {record['reason']}\n"
    for name in ("warm", "clear"):
        assert said(name) == (1, "", f"upscale: {record['reason']}\n")


def test_no_home(said, monkeypatch):
    monkeypatch.delenv("UPSCALE_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(store.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    code, out, err = said("info")
    assert (code, err) == (0, "")
    assert "no home folder" in out
    assert "UPSCALE_CACHE_DIR" in out


def test_clear_deletes_what_is_its_own(said, filled):
    assert said("clear") == (0, "", f"{filled}: deleted 3 files, 1.2 kB\n")
    assert sorted(path.name for path in filled.iterdir()) == sorted(
        ["film.mkv.part", "linux.kernel", f"{NAME}.kernel.bak", f"x{NAME}.part",
         f"folder-{'0' * 32}.kernel", f"link-{'0' * 32}.kernel"]
    )  # fmt: skip
    assert (filled / "linux.kernel").stat().st_size == 8
    assert said("clear") == (0, "", f"{filled}: there was nothing to delete\n")
    assert said("info")[1] == f"{filled}: 0 kernels, 0 B\n"


def test_clear_of_a_file_that_cannot_be_deleted(said, filled, monkeypatch):
    def refuse(self, missing_ok=False):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(store.Path, "unlink", refuse)
    code, out, err = said("clear")
    assert (code, out) == (1, "")
    assert err.startswith(f"upscale: {filled}/")
    assert "cannot be deleted (Operation not permitted)" in err


def test_the_work_is_the_table():
    """Every method meets every kind and scale that it has, once; neighbours start with different kernels."""
    work = command.portions()
    assert len(work) == len(command.KINDS) * len(command.SCALES)
    assert {(kind, scale) for kind, scale, _ in work} == {(k, s) for k in command.KINDS for s in command.SCALES}
    for _, scale, names in work:
        assert sorted(names) == sorted(n for n, row in METHODS.items() if (row.enlarges if scale > 1 else row.shrinks))
    for scale, other in zip(command.SCALES, command.SCALES[1:], strict=False):
        first = {s: names[0] for _, s, names in work}
        assert first[scale] != first[other]
    for scale in command.SCALES:
        assert (command.WIDTH * scale, command.HEIGHT * scale) == (
            int(command.WIDTH * scale), int(command.HEIGHT * scale),
        )  # fmt: skip


@pytest.mark.parametrize("kind", command.KINDS)
def test_kinds_are_what_they_are_called(monkeypatch, kind):
    seen = []
    monkeypatch.setattr("upscale_cli.api.resize", lambda image, scale, **how: seen.append(np.asarray(image)))
    monkeypatch.setattr("upscale_cli.api.resize_file", lambda *_, **how: None)
    monkeypatch.setattr("upscale_cli.evaluate.compare.compare", lambda *_, **how: None)
    monkeypatch.setattr(store, "unkept", [])
    monkeypatch.setattr(jit, "listener", None)
    assert command.compile_for(kind, 2, ["nearest"]) == 0
    channels = {"grey": 1, "RGB": 3, "alpha": 2, "RGBA": 4}[kind.split()[-1]]
    assert seen[0].shape == (command.HEIGHT, command.WIDTH, channels)
    assert seen[0].dtype == {"16-bit": np.uint16, "float": np.float32}.get(kind.split()[0], np.uint8)
    assert (seen[0] == (255 if "opaque" in kind else 0)).all()


@compiles
def test_after_warm_nothing_is_compiled(said, home, little, monkeypatch):
    code, out, err = said("warm", "--jobs", "2")
    assert (code, out) == (0, "")
    assert err.startswith(f"{home}: compiled ")
    assert err.endswith(f"; now 9 kernels, {command._size(store.kernels(home))}\n")
    assert len(list(home.iterdir())) == 9
    for name, dtype in (("rgb.png", np.uint8), ("grey.png", np.uint16)):
        Image.fromarray(np.zeros((9, 7, 3) if dtype == np.uint8 else (9, 7), dtype)).save(name)
    code = "import sys; from upscale_cli.cli.door import main; code = main(sys.argv[1:]); "
    code += "sys.exit(code or 'numba' in sys.modules)"
    words = ["rgb.png", "grey.png", "-s", "3", "-m", "nearest", "-o", "out/"]
    assert subprocess.run([sys.executable, "-c", code, *words], check=False).returncode == 0
    assert said("warm", "-j", "1")[2].startswith(f"{home}: nothing was left to compile in ")


@compiles
def test_warm_says_that_the_disk_is_full(said, home, little, monkeypatch):
    """The store's own folder is made, and a limit on the size of files does as a full disk does."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        code, out, err = said("warm")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (code, out) == (1, "")
    assert err == f"upscale: {home}: kernels cannot be kept (File too large): {store.ELSEWHERE}\n"
    assert list(home.iterdir()) == []


@compiles
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no groups of processes")
@pytest.mark.parametrize("sent_to", ["group", "process"])
def test_an_interrupt_keeps_what_is_compiled(home, sent_to):
    """A terminal's Ctrl-C goes to the whole group; the pipes close when the last process of it has ended."""
    process = subprocess.Popen(
        [*UPSCALE, "cache", "warm", "-j", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        process_group=0,
        # A job in the background is started deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 no thread runs here
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(home.glob("*.kernel")) and time.monotonic() < deadline:
        time.sleep(0.02)
    (os.killpg if sent_to == "group" else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "upscale: interrupted\n")
    found = store.kernels(home)
    assert found
    assert all(store.load(path.stem) for path in found)


def end(*portion):
    os._exit(1)


def test_warm_of_an_ended_process(said, little, monkeypatch):
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr(command, "compile_for", end)
    code, out, err = said("warm", "-j", "1")
    assert (code, out) == (1, "")
    assert err == "upscale: a process that compiled was ended, for want of memory perhaps: use fewer with -j\n"


def test_warm_without_compiler(said, home, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert said("warm") == (1, "", "upscale: NUMBA_DISABLE_JIT is set, so nothing is compiled: unset it\n")
    assert not home.exists()


@pytest.mark.parametrize("words", [["info"], ["info", "--json"], ["clear"], ["--help"], ["warm", "--help"]])
def test_nothing_heavy_is_imported(words):
    code = (
        "import sys; from upscale_cli.cli.door import main; code = main(sys.argv[1:]); "
        "heavy = {'numpy', 'numba', 'llvmlite', 'PIL', 'multiprocessing'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy or code else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code, "cache", *words], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "one of info, clear, warm"),
        (["inf"], "upscale cache has no command 'inf'; did you mean info?"),
        (["qqq"], "upscale cache has no command 'qqq': it is one of info, clear, warm"),
        (["info", "--jsn"], "did you mean --json?"),
        (["info", "a.png"], "a.png"),
        (["warm", "-j", "0"], "-j/--jobs: '0' is not a whole number from 1 to 1024"),
        (["--quiet"], "there is no option --quiet"),
    ],
)
def test_wrong_words(said, words, says):
    code, out, err = said(*words)
    assert (code, out) == (2, "")
    assert err.startswith("upscale: ")
    assert err.count("\n") == 1
    assert says in err


def test_help(said):
    code, out, _ = said("--help")
    assert code == 0
    assert out.startswith("Usage: upscale cache ")
    for name, each in command.cache.commands.items():
        assert f"  {name}" in out
        assert each.help
        assert all(param.help for param in each.params)
        assert said(name, "-h")[1].startswith(f"Usage: upscale cache {name} ")
    *scales, last = (f"{scale:g}" for scale in command.SCALES)
    assert f"{', '.join(scales)} and {last}" in said("warm", "-h")[1]


def test_a_file_of_the_commands_name_is_given_with_its_folder(capsys):
    assert main(["./cache", "-s", "2", "-f", "png"]) == 1
    assert "cache: there is no such file" in capsys.readouterr().err
