"""`upscale doctor`: what it says of a sound program, and that it notices each thing that can be broken."""

import re
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest

from upscale_cli import __version__, api, jit
from upscale_cli.cli.door import main
from upscale_cli.cli.upkeep import doctor
from upscale_cli.errors import UpscaleError
from upscale_cli.evaluate import report
from upscale_cli.formats import FORMATS
from upscale_cli.jit import compiler, linker
from upscale_cli.network import models


@pytest.fixture
def asked(monkeypatch):
    """Return a function that says what the package asks for, and what of it is there."""

    def say(lines, versions):
        def version(name):
            if name not in versions:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        monkeypatch.setattr(metadata, "requires", lambda name: lines)
        monkeypatch.setattr(metadata, "version", version)

    return say


LINES = ["click>=8.2", "numpy>=2.0", 'tifffile>=2024.8; extra == "deep"', "imagecodecs>=2024.9; extra == 'deep'"]
LINES += ['pytest>=8; extra == "test"', 'upscale-cli[deep]; extra == "test"']


def test_a_sound_program(capsys):
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert lines[-2:] == ["", "nothing is broken"]
    assert [line.split(maxsplit=1)[0] for line in lines[:-2]] == list(doctor.CHECKS)
    assert lines[0].startswith(f"upscale    {__version__} in ")
    assert re.search(r"PNG, JPEG, .*: written, and read again \(\d+\.\d\d s\)$", lines[-3])
    assert linker.processor()[0] in lines[3]


def test_what_is_broken_is_named_and_the_rest_is_looked_at(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("UPSCALE_CACHE_DIR", str(tmp_path / "file" / "kernels"))
    monkeypatch.setattr(doctor, "CHECKS", {name: doctor.CHECKS[name] for name in ("store", "upscale")})
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"store      BROKEN: {tmp_path}/file/kernels: the folder cannot be made (")
    assert lines[1].startswith("upscale    ")
    assert lines[-1] == "broken: store"


def test_an_error_without_words_has_its_kind(monkeypatch, capsys):
    def nothing():
        raise RuntimeError

    monkeypatch.setattr(doctor, "CHECKS", {"nothing": nothing})
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.startswith("nothing    BROKEN: RuntimeError\n")


def test_versions(asked):
    asked(LINES, {"click": "8.2", "numpy": "2.4.6", "imagecodecs": "2024.9.22", "tifffile": "2024.12.12rc1"})
    assert doctor._needed() == "click 8.2, numpy 2.4.6"
    assert doctor._extras() == (
        "not cluster (pip install 'upscale-cli[cluster]'), deep (tifffile 2024.12.12rc1, imagecodecs 2024.9.22), "
        "not heif (pip install 'upscale-cli[heif]'), not train (pip install 'upscale-cli[train]')"
    )


@pytest.mark.parametrize(
    ("check", "versions", "fault"),
    [
        ("needed", {"click": "8.1.9", "numpy": "2.0.0"}, "click 8.1.9 is older than 8.2: .* --upgrade 'upscale-cli'"),
        ("needed", {"click": "8.2"}, "numpy is missing: pip install --upgrade 'upscale-cli'"),
        ("needed", {}, "click is missing, numpy is missing"),
        (
            "extras",
            {"click": "9", "numpy": "2", "tifffile": "2024.7", "imagecodecs": "2025"},
            r"tifffile 2024.7 is older than 2024.8: pip install --upgrade 'upscale-cli\[deep\]'",
        ),
    ],
)
def test_wrong_versions(check, versions, fault, asked):
    asked([*LINES[:1], "numpy>=2", *LINES[2:]], versions)
    with pytest.raises(UpscaleError, match=fault):
        doctor.CHECKS[check]()


def test_a_part_of_an_extra_is_none(asked):
    asked(LINES, {"click": "8.2", "numpy": "2.4.6", "tifffile": "2020.1"})
    assert "not deep (pip install 'upscale-cli[deep]')" in doctor._extras()


def test_of_a_source_tree_versions_are_unknown(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert doctor._needed() == doctor._extras() == doctor.UNKNOWN


def test_files_that_are_not_what_was_packed(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "PARTS", ("report.odt",))
    with pytest.raises(FileNotFoundError):
        doctor._packed()
    monkeypatch.undo()
    for path in models.SHIPPED.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes() + b" ")
    monkeypatch.setattr(models, "SHIPPED", tmp_path)
    models.shipped.cache_clear()
    with pytest.raises(UpscaleError, match="install this package again"):
        doctor._packed()


@pytest.mark.skipif(jit.interpreted(), reason="nothing is compiled with NUMBA_DISABLE_JIT")
def test_a_compiler_that_errs(monkeypatch):
    monkeypatch.setattr(compiler, "probe_agrees", lambda: False)
    with pytest.raises(UpscaleError, match="numba"):
        doctor._compiler()


def test_without_the_compiler(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert doctor._compiler().startswith("NUMBA_DISABLE_JIT is set")


def test_kernels_that_err(monkeypatch):
    monkeypatch.setattr(api, "resize", lambda image, scale, method: np.zeros((128, 128, 3), np.uint8))
    with pytest.raises(UpscaleError, match="a ramp"):
        doctor._ramp()


def test_a_format_that_fails_is_named_and_the_others_are_tried(monkeypatch):
    usual, tried = api.resize_file, []

    def fails(src, dst, scale):
        tried.append(dst.suffix)
        if dst.suffix == ".webp":
            raise UpscaleError(f"{dst}: no room")
        if dst.name.endswith("gif.ppm"):
            dst.write_bytes(b"P6 8 8 255\n")
        else:
            usual(src, dst, scale)

    monkeypatch.setattr(api, "resize_file", fails)
    with pytest.raises(UpscaleError) as caught:
        doctor._formats()
    assert str(caught.value) == (
        "WEBP: written.webp: no room; GIF: its picture has another size when it is read again: do not write it"
    )
    assert tried[-2:] == [f".{FORMATS[-3].extensions[0]}", ".ppm"]


def test_it_costs_nothing_when_it_is_not_used():
    code = "import sys; from upscale_cli.cli.door import main; main(['--help']); print([*sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "upscale_cli.cli.resize" in done.stdout
    assert "upscale_cli.cli.upkeep.doctor" not in done.stdout
