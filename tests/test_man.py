"""The manual page is what help says, and such that formatters take it."""

import shutil
import subprocess

import pytest

from tests.make_man import ENVIRONMENT, PAGE, exits, page
from upscale_cli.cli.door import COMMANDS, command_of
from upscale_cli.methods import METHODS


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "python -m tests.make_man brings it up to date"


def test_exit_codes_are_those_of_readme():
    assert [code for code, _ in exits()] == ["0", "1", "2", "3", "130"]


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_mandoc_finds_no_fault():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", PAGE], capture_output=True, text=True, check=False)
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_a_reader_finds_everything():
    words = ["groff", "-man", "-ww", "-T", "ascii", "-P", "-cbou", "-rLL=200n", PAGE]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    lines = [line.strip() for line in done.stdout.splitlines()]
    for name in ENVIRONMENT:
        assert name in lines
    for name in COMMANDS:
        assert any(line.split()[:2] == ["upscale", name] for line in lines), name
    for row in METHODS.values():
        assert any((line.split() or [""])[0].partition(":")[0] == row.name for line in lines), row.name
    for command in map(command_of, ("", *COMMANDS)):
        for param in command.params:
            names = [name for name in param.opts if name.startswith("-") and name != "--help"]
            assert all(any(name in line.replace(",", " ").split() for line in lines) for name in names), names
