"""What is given to strangers: the wheel and the sdist hold all that they should, and no more than 3 MB."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

hatchling = pytest.importorskip("hatchling.build")

ROOT = Path(__file__).parent.parent
LARGEST = 3_000_000  # bytes
PACKAGE = [path for path in (ROOT / "upscale_cli").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
TESTS = [path for path in (ROOT / "tests").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
DATA = ("py.typed", "network/trained/models.json", "network/trained/sesr-small-x2.npz", "evaluate/report.html")


def names(paths: list[Path]) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in paths}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist of this tree."""
    folder = tmp_path_factory.mktemp("built")
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return folder / hatchling.build_wheel(str(folder)), folder / hatchling.build_sdist(str(folder))
    finally:
        os.chdir(before)


def test_the_wheel_holds_the_package_and_the_manual_page(built):
    wheel, _ = built
    assert wheel.stat().st_size < LARGEST
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        (entry,) = (name for name in held if name.endswith("entry_points.txt"))
        assert b"upscale = upscale_cli.__main__:main" in archive.read(entry)
    rest = {name.partition("/")[2] for name in held - names(PACKAGE)}
    assert names(PACKAGE) <= held
    assert {f"upscale_cli/{name}" for name in DATA} <= held
    assert rest == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "data/share/man/man1/upscale.1",
    }  # fmt: skip


def test_the_sdist_holds_what_the_tests_need(built):
    _, sdist = built
    assert sdist.stat().st_size < 2 * LARGEST
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    others = [path for folder in ("sample_images", "man", ".ci") for path in (ROOT / folder).iterdir()]
    others += [ROOT / name for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")]
    assert names(PACKAGE) | names(TESTS) | names(others) <= held
    assert not {name for name in held if "__pycache__" in name or name.endswith(".pyc")}


def test_the_wheel_works_without_the_tree(built, tmp_path):
    """Its files are all that there is of the package: what is read beside the code must be among them."""
    with zipfile.ZipFile(built[0]) as archive:
        archive.extractall(tmp_path / "site")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    code = "import upscale_cli.cli.door as door, sys; print(door.__file__); sys.exit(door.main(sys.argv[1:]))"

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, *words],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(str(tmp_path))
        return done.stdout

    assert "nothing is broken" in run("doctor")  # which reads the networks, the report's parts and a font
    assert "lanczos3" in run("methods")
    assert "Usage: upscale" in run("--help")


@pytest.mark.parametrize("words", ["--help", "--version", "methods", "compare --help", "doctor --help"])
def test_python_finds_nothing_to_warn_of(words):
    run = [sys.executable, "-W", "error", "-m", "upscale_cli", *words.split()]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
