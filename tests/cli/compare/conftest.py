"""Small pictures in a folder of the test's own, and a command line."""

import pytest

from upscale_cli.cli.door import main

from .runs import make_pictures, snapshot


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_pictures()


@pytest.fixture
def told(capfd):
    """Return a function that runs `upscale` and gives its exit code, standard output and standard error."""

    def run(*words):
        code = main([*words])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def refused(told):
    """Return a function that asserts that a command line ends with a code, one line and nothing changed."""

    def line(words, code):
        before = snapshot()
        ended, out, err = told(*words)
        assert (ended, out) == (code, ""), err
        assert snapshot() == before
        assert err.startswith("upscale: ")
        assert err.count("\n") == 1
        assert "defect" not in err
        return err

    return line
