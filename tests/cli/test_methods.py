"""`upscale methods`: the table of methods as text and as JSON."""

import json

import pytest

from upscale_cli.cli.door import main
from upscale_cli.cli.methods import parameters
from upscale_cli.formats import FORMATS, READ_ONLY
from upscale_cli.methods import FAMILIES, METHODS


@pytest.fixture
def said(capsys):
    """Return a function that runs a command line and gives its exit code, standard output and standard error."""

    def run(*words):
        code = main(["methods", *words])
        return code, *capsys.readouterr()

    return run


def test_the_table_has_a_line_for_every_row(said, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = said()
    assert (code, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ") and line.split()}
    for row in METHODS.values():
        for text in (row.about, row.use, parameters(row)):
            assert text in lines[row.name]
    assert list(lines) == list(METHODS)


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_is_too_long_for_the_terminal(said, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, said()[1].splitlines())) <= int(columns) + 6  # names and parameters are never cut


def test_json_has_an_object_for_every_row(said):
    code, out, err = said("--json")
    records = json.loads(out)
    assert (code, err) == (0, "")
    assert [record["name"] for record in records] == list(METHODS)
    for record in records:
        row = METHODS[record["name"]]
        assert list(record) == [
            "name", "aliases", "family", "factors", "enlarges", "shrinks", "parameters", "about", "use", "paper",
        ]  # fmt: skip
        assert record["aliases"] == [alias for alias, _ in row.aliases]
        assert record["factors"] == (list(row.factors) or None)
        assert [(p["name"], p["default"], p["low"], p["high"]) for p in record["parameters"]] == [
            (p.name, p.default, p.low, p.high) for p in row.parameters
        ]


def test_formats(said, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = said("--formats")
    assert (code, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ")}
    assert list(lines) == [row.name for row in FORMATS]
    for row in FORMATS:
        assert ", ".join(row.extensions) in lines[row.name]
        assert all(f"--{name}" in lines[row.name] for name in row.settings)
    rest = out.splitlines()[-1].removeprefix("Read, too: ").rstrip(".").split(", ")
    assert rest == sorted(READ_ONLY)


def test_formats_as_json_tell_what_is_there(said, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    records = json.loads(said("--formats", "--json")[1])
    lacking = [record["name"] for record in records if not record["writes"] and record["modes"]]
    assert lacking == ["HEIF", "JPEG2000"]
    assert {extension for record in records if record["reads"] for extension in record["extensions"]} >= {"png", "psd"}
    assert "not installed: pip install 'upscale-cli[heif]'" in said("--formats")[1]
    assert said("--formats", "--family", "traditional")[0] == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family(said, family):
    names = [row.name for row in METHODS.values() if row.family == family]
    code, out, _ = said("--family", family)
    assert code == 0
    assert [record["name"] for record in json.loads(said("--family", family, "--json")[1])] == names
    assert all(f"  {name}" in out for name in names)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--family", "traditionl"], "did you mean traditional?"),
        (["--family", "x"], "--family: 'x' is no family: it is one of traditional"),
        (["--family"], "--family"),
        (["--jsn"], "did you mean --json?"),
        (["bicubic"], "bicubic"),
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
    assert out.startswith("Usage: upscale methods ")
    assert "--family" in out
    assert "--json" in out


def test_a_file_of_the_commands_name_is_given_with_its_folder(capsys):
    assert main(["./methods", "-s", "2", "-f", "png"]) == 1
    assert "methods: there is no such file" in capsys.readouterr().err
