"""Completion: what shells are told of how a word goes on, and that bash and fish make of it what was meant."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from upscale_cli.cli.door import COMMANDS, main
from upscale_cli.methods import METHODS
from upscale_cli.spec import names, taken_by

ROOT = Path(__file__).parent.parent.parent
VARIABLE = "_UPSCALE_COMPLETE"


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Return a function that gives what a shell is told of a line's last word, in a folder with a few files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    for name in ("mine.npz", ".hidden.npz", "my.png"):
        (tmp_path / name).touch()

    def run(line, shell="fish"):
        last = line.split(" ")[-1]
        words = line.replace(" ", "\n") if shell == "bash" else line
        monkeypatch.setenv(VARIABLE, f"{shell}_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", last if shell == "fish" else str(line.count(" ")))
        assert main([]) == 0
        return [item.partition("\t")[0].removeprefix("plain,") for item in capsys.readouterr().out.splitlines() if item]

    return run


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("upscale c", ["cache", "compare", "file,c"]),
        ("upscale in.png c", ["file,c"]),
        ("upscale cache i", ["info"]),
        ("upscale cache ifno ", []),
        ("upscale --ov", ["--overwrite"]),
        ("upscale best in.png --met", ["--method", "--metric"]),
        ("upscale in.png -m icb", ["icbi"]),
        ("upscale in.png -m lanczos", ["lanczos", "lanczos2", "lanczos3", "lanczos4", "lanczos5"]),
        ("upscale in.png -m lanczos:lo", ["lanczos:lobes="]),
        ("upscale in.png -m lanczos:lobes=4,l", ["lanczos:lobes=4,linear=", "lanczos:lobes=4,like="]),
        ("upscale in.png -m lanczos:lobes=", []),
        ("upscale in.png -m lanzcos:l", []),
        ("upscale in.png -m dcci:", ["dcci:edge=", "dcci:refine="]),
        ("upscale in.png -m bicubic:edge=ren", ["bicubic:edge=renormalize"]),
        ("upscale in.png -m icbi:edge=re", ["icbi:edge=reflect", "icbi:edge=replicate"]),
        ("upscale in.png -m region:edge=co", []),
        ("upscale in.png -m bicubic:linear=", ["bicubic:linear=true", "bicubic:linear=false"]),
        ("upscale in.png -m sesr:self_ensemble=t", ["sesr:self_ensemble=true"]),
        ("upscale in.png -m sesr:weights=", ["sesr:weights=mine.npz", "sesr:weights=nets/"]),
        ("upscale in.png -m sesr:weights=no/such", []),
        ("upscale in.png -s ", []),
        ("upscale in.png --edge w", ["wrap"]),
        ("upscale in.png --edge=w", ["--edge=wrap"]),
        ("upscale in.png -o ou", ["file,ou"]),
        ("upscale in.png -f we", ["webp"]),
        ("upscale compare in.png -m @d", ["@directional"]),
        ("upscale compare in.png -m bicubic,icb", ["bicubic,icbi"]),
        ("upscale compare in.png -m icbi,kaiser:lobes=3,be", ["icbi,kaiser:lobes=3,beta="]),
        ("upscale compare in.png -m kaiser:lobes=3,b", [
            *(f"kaiser:lobes=3,{name}" for name in ("box", "bilinear", "bicubic", "bspline", "blackman")),
            "kaiser:lobes=3,beta=",
        ]),
        ("upscale compare in.png --metrics psnr,p", []),
        ("upscale compare in.png --metrics psnr,m", ["psnr,msssim", "psnr,mae", "psnr,max", "psnr,ms", "psnr,mps"]),
        ("upscale compare in.png --downsampler mat", ["matlab-bicubic"]),
        ("upscale compare in.png --downsampler mit", ["mitchell"]),
        ("upscale compare in.png --downsampler icb", []),
        ("upscale compare im", ["file,im"]),
        ("upscale pool im", ["file,im"]),
    ],
)  # fmt: skip
def test_words(line, words, told):
    assert told(line) == words


def test_every_command_method_and_parameter_is_offered(told):
    assert told("upscale ") == [*COMMANDS, "file,"]
    assert told("upscale -m ") == list(names())
    for row in METHODS.values():
        assert told(f"upscale -m {row.name}:") == [f"{row.name}:{key}=" for key in taken_by(row)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("upscale -m lanczos : lo", ["lobes="]),
        ("upscale -m dcci :", ["edge=", "refine="]),
        ("upscale -m lanczos : lobes = 4,antir", ["4,antiring="]),
        ("upscale -m bicubic : edge = wr", ["wrap"]),
        ("upscale --edge = wr", ["wrap"]),
        ("upscale --edge =", ["reflect", "replicate", "wrap", "constant", "renormalize"]),
        ("upscale -m icb", ["icbi"]),
    ],
)  # fmt: skip
def test_words_that_bash_cuts(line, words, told):
    assert told(line, "bash") == words


def test_zsh_is_told_of_colons_that_belong_to_a_value(monkeypatch, capsys):
    for name, value in ((VARIABLE, "zsh_complete"), ("COMP_WORDS", "upscale -m lanczos:l"), ("COMP_CWORD", "2")):
        monkeypatch.setenv(name, value)
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["plain", "lanczos\\:lobes=", "half-width in source pixels"]
    assert lines[3:6] == ["plain", "lanczos:linear=", "_"]


def test_templates_of_click_are_the_ones_that_are_mended(monkeypatch, capsys):
    for shell, part in (("zsh", "-U -S"), ("zsh", "unsorted -S"), ("fish", "-m 1"), ("bash", "nospace")):
        monkeypatch.setenv(VARIABLE, f"{shell}_source")
        assert main([]) == 0
        script = capsys.readouterr().out
        assert part in script
        if shutil.which(shell):
            subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_readme_says_how(shell):
    lines = [line for line in (ROOT / "README.md").read_text().splitlines() if f"{VARIABLE}=" in line]
    assert [line.split(f"{VARIABLE}=")[1].split("_source")[0] for line in lines] == ["bash", "zsh", "fish"]
    assert shell("bash", lines[0], "complete -p upscale") == ["complete -o nosort -F _upscale_completion upscale"]
    assert shell("fish", lines[2], "complete -C 'upscale poo' | cut -f 1") == ["pool"]


def test_an_unknown_shell_is_refused(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "tcsh_source")
    assert main([]) == 2
    assert capsys.readouterr().err == (
        "upscale: _UPSCALE_COMPLETE=tcsh_source asks for nothing known: "
        "it is one of bash_source, zsh_source, fish_source\n"
    )


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs lines in a shell for which `upscale` is this program and its completion is on."""
    program = tmp_path / "bin" / "upscale"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m upscale_cli "$@"\n')
    program.chmod(0o755)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "portrait.png").touch()
    environment = os.environ | {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path),
    }

    def run(name, start, *lines):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
        script = "\n".join([start, *lines])
        done = subprocess.run(
            [name, "-c", script], capture_output=True, text=True, check=True, env=environment, cwd=tmp_path
        )
        return done.stdout.splitlines()

    return run


def test_bash(shell):
    start = 'eval "$(_UPSCALE_COMPLETE=bash_source upscale)"; compopt() { :; }'
    ask = '_upscale_completion upscale; echo "${COMPREPLY[*]}"'
    assert shell(
        "bash", start,
        f"COMP_WORDS=(upscale po); COMP_CWORD=1; {ask}",
        f"COMP_WORDS=(upscale pi); COMP_CWORD=1; {ask}",
        f"COMP_WORDS=(upscale -m lanczos : lobes = 4,antir); COMP_CWORD=6; {ask}",
        f"COMP_WORDS=(upscale -m lanczos :); COMP_CWORD=3; {ask}",
        "complete -p upscale",
    ) == [
        "pool portrait.png", "", "4,antiring=",
        "lobes= linear= sigmoid= antialias= antiring= edge= refine= like=",
        "complete -o nosort -F _upscale_completion upscale",
    ]  # fmt: skip


def test_fish(shell):
    start = "_UPSCALE_COMPLETE=fish_source upscale | source"
    asked = [f"complete -C 'upscale {words}' | cut -f 1" for words in ("p", "-m lanczos:lobes=4,antir")]
    assert shell("fish", start, *asked) == ["pictures/", "pool", "portrait.png", "lanczos:lobes=4,antiring="]


def test_a_completion_pays_for_nothing_heavy():
    code = (
        "import sys; from upscale_cli.cli.door import main; main([]); "
        "sys.exit(str({'numpy', 'numba', 'llvmlite', 'PIL', 'torch'} & set(sys.modules) or '') or 0)"
    )
    environment = os.environ | {VARIABLE: "bash_complete", "COMP_WORDS": "upscale\n-m\nlan", "COMP_CWORD": "2"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "plain,lanczos\n" in done.stdout
