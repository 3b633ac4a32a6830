"""Which room may import what: the arrows of the design, read from the code."""

import ast
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import upscale_cli

ROOT = Path(upscale_cli.__file__).parent
LIGHT = {"errors", "methods", "geometry", "spec", "formats"}

# room: the rooms that it may import. A room is a folder or a file beside it.
ARROWS = {
    "errors": set(),
    "methods": set(),
    "spec": {"errors", "methods"},
    "geometry": {"errors", "spec"},
    "formats": {"errors", "spec"},
    "jit": {"errors", "__init__"},
    "raster": {"errors"},
    "color": {"errors", "jit", "raster"},
    "interpolate": {"color", "jit"},
    "directional": {"interpolate", "jit"},
    "pixelart": {"interpolate", "jit"},
    "network": {"errors", "interpolate", "jit", "raster"},
    "layers": {"network"},
    "training": {"api", "errors", "filesystem", "formats", "network"},
    "steps": {"interpolate", "raster"},
    "emulate": {"errors", "geometry", "interpolate", "raster", "spec", "steps"},
    "census": {"jit"},
    "auto": {"census"},
    "enlarging": {"auto", "census", "interpolate", "raster", "spec", "steps"},
    "networks": {"enlarging", "errors", "interpolate", "network", "raster", "spec", "steps"},
    "plan": {"networks", "errors", "geometry", "spec"}
    | {"color", "emulate", "enlarging", "interpolate", "raster", "steps"},
    "run": {"errors", "color", "directional", "interpolate", "jit", "network", "pixelart", "plan", "steps"},
    "filesystem": {"errors"},
    "codec": {"color", "errors", "filesystem", "formats", "jit", "raster", "spec"},
    "request": LIGHT | {"auto", "color", "directional", "emulate", "enlarging", "networks", "plan", "raster"},
    "files": LIGHT | {"codec", "color", "filesystem", "plan", "raster", "request", "run", "steps"},
    "pool": LIGHT | {"codec", "color", "files", "filesystem", "network", "raster", "request"},
    "api": LIGHT | {"codec", "files", "raster", "request", "run"},
    "batch": {"errors", "filesystem", "files", "formats", "geometry", "request", "__init__"},
    "evaluate": LIGHT
    | {"api", "auto", "batch", "codec", "color", "directional", "filesystem", "jit", "raster", "request"}
    | {"run", "steps"},
    "cli": LIGHT
    | {
        "api",
        "batch",
        "evaluate",
        "files",
        "filesystem",
        "jit",
        "network",
        "pool",
        "request",
        "run",
        "training",
        "__init__",
    },
    "__init__": {"api", "errors", "evaluate", "methods"},
    "__main__": {"cli", "__init__"},
}
# foreign package: the rooms that may import it
FOREIGN = {
    "click": {"cli"},
    "PIL": {"api", "codec", "evaluate", "request", "training"},
    "numba": {"jit"},
    "llvmlite": {"jit"},
    "numpy": ARROWS.keys() - LIGHT - {"cli", "batch", "filesystem", "__init__", "__main__"},
    "scipy": set(),
    "torch": {"cli", "training"},
    "cv2": set(),
    "dask": {"batch"},
    "distributed": {"batch"},
    "fsspec": {"filesystem"},
}


def imports(source, path):
    """Yield what the file at `path`, relative to the package, imports: (room or None, foreign package or None)."""
    package = ["upscale_cli", *Path(path).parent.parts]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, *rest = name.split(".")
            if top != "upscale_cli":
                yield None, top
            else:
                yield (rest[0] if rest and (is_room(rest[0]) or rest[0] in ARROWS) else "__init__"), None


def is_room(name):
    return (ROOT / name).is_dir() or (ROOT / f"{name}.py").exists()


def room_of(path):
    return Path(path).parts[0].removesuffix(".py")


def violations(source, path):
    """Return what is wrong with the imports of one file."""
    room, wrong = room_of(path), []
    for inner, foreign in imports(source, path):
        if inner and inner != room and inner not in ARROWS.get(room, set()):
            wrong.append(f"{room} imports {inner}")
        if foreign and room not in FOREIGN.get(foreign, {room}):
            wrong.append(f"{room} imports {foreign}")
    return wrong


def files():
    return [path.relative_to(ROOT) for path in sorted(ROOT.rglob("*.py"))]


@pytest.mark.parametrize("path", [str(path) for path in files()])
def test_arrows(path):
    assert violations((ROOT / path).read_text(), path) == []


def test_every_room_has_its_row_and_nothing_points_up():
    assert {room_of(path) for path in files()} <= set(ARROWS)
    below: set[str] = set()
    while rest := {room for room in ARROWS if room not in below}:
        ready = {room for room in rest if ARROWS[room] - {"__init__"} <= below}
        assert ready, f"a circle among {rest}"
        below |= ready


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("errors.py", "from .spec import Options", ["errors imports spec"]),
        ("geometry.py", "def f():\n    import numpy as np", ["geometry imports numpy"]),
        ("interpolate/taps.py", "from ..plan import Plan", ["interpolate imports plan"]),
        ("interpolate/taps.py", "from .. import run", ["interpolate imports run"]),
        ("interpolate/taps.py", "import upscale_cli.cli.door", ["interpolate imports cli"]),
        ("interpolate/taps.py", "from upscale_cli import api", ["interpolate imports api"]),
        ("run.py", "from . import api, steps", ["run imports api"]),
        ("run.py", "from numba import njit", ["run imports numba"]),
        ("color/fill.py", "from PIL.Image import open", ["color imports PIL"]),
        ("batch/work.py", "import os, click", ["batch imports click"]),
        ("codec/decode.py", "from ..plan import Plan", ["codec imports plan"]),
        ("interpolate/deep/taps.py", "from ...run import run\nfrom .. import axis", ["interpolate imports run"]),
        ("attic.py", "from .errors import UpscaleError", ["attic imports errors"]),
        ("interpolate/taps.py", "from .axis import Axis\nfrom ..jit import kernel\nimport math, numpy", []),
    ],
)
def test_the_checker_fires(path, source, expected):
    assert violations(source, path) == expected


def names_of_numba(path):
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    return [t.string for t in tokens if t.type == tokenize.NAME and ("njit" in t.string or "numba" in t.string.lower())]


def test_only_jit_speaks_of_numba(tmp_path):
    assert [str(path) for path in files() if room_of(path) != "jit" and names_of_numba(ROOT / path)] == []
    (tmp_path / "stray.py").write_text("@njit\ndef f(): ...\n")
    assert names_of_numba(tmp_path / "stray.py") == ["njit"]


@pytest.mark.parametrize(
    "words", ["--help", "--version", "methods", "methods --help", "cache info", "compare --help", "best --help"]
)
def test_a_start_pays_for_nothing_heavy(words):
    code = (
        "import sys; from upscale_cli.cli.door import main; code = main(sys.argv[1:]); "
        "heavy = {'numpy', 'numba', 'llvmlite', 'PIL', 'scipy'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy or code else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code, *words.split()], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout
