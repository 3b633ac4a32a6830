"""README is true: its commands run, its method table is the table, every command and option has help."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from upscale_cli import jit
from upscale_cli.cli.door import COMMANDS, command_of, main
from upscale_cli.cli.methods import parameters
from upscale_cli.evaluate.choice import METRICS
from upscale_cli.methods import METHODS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str, heading: str) -> list[str]:
    """Return the code blocks of a language below a heading."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def method_table() -> str:
    """Return the method table as README shows it; `python -m tests.test_readme` writes it there."""
    lines = ["| method | parameters | what it is | good for |", "| --- | --- | --- | --- |"]
    for row in METHODS.values():
        shown = f"`{parameters(row)}`" if row.parameters else ""
        lines.append(f"| `{row.name}` | {shown} | {row.about} | {row.use} |")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the sample images, and the current folder."""
    shutil.copytree(ROOT / "sample_images", tmp_path / "samples")
    monkeypatch.chdir(tmp_path / "samples")
    return tmp_path


PARTS = ("Use", "Recipes", "Compare", "Methods")
LINES = [line for part in PARTS for block in blocks("sh", part) for line in block.splitlines()]
COMMANDS_SHOWN = [line for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize("line", COMMANDS_SHOWN)
@pytest.mark.skipif(jit.interpreted(), reason="photographs take minutes, interpreted")
def test_command(line, folder, capsys):
    if any(word in line for word in ("|", "&&", "$(")):
        line = line.replace("upscale ", f"{shlex.quote(sys.executable)} -m upscale_cli ")
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert ("compare" in line) == bool(done.stdout)
        return
    words = shlex.split(line.replace("/tmp/upscale-readme", str(folder / "out")), comments=True)
    assert words[0] == "upscale"
    assert main(words[1:]) == 0, capsys.readouterr().err


@pytest.mark.skipif(jit.interpreted(), reason="photographs take minutes, interpreted")
def test_python(folder, capsys):
    for block in blocks("python", "Python"):
        exec(compile(block, "README", "exec"), {})
    assert (folder / "samples" / "half.jpg").exists()
    assert "bicubic" in capsys.readouterr().out


def test_method_table():
    shown = README.split("<!-- methods -->\n")[1].split("<!-- /methods -->")[0]
    assert shown == method_table()


def test_every_option_has_help():
    commands = [command_of(name) for name in ("", *COMMANDS)]
    for each in [*commands, *(part for group in commands for part in getattr(group, "commands", {}).values())]:
        assert each.help
        for param in each.params:
            assert param.param_type_name == "argument" or param.help, param.name


def test_every_metric_and_option_of_compare_is_told():
    section = README.split("\n## Compare\n")[1].split("\n## ")[0]
    heads = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    told = re.findall(r"`([a-z_]+)`", "".join(heads))
    assert [name for name in told if name in METRICS] == list(METRICS)
    for name in ("csv", "json", "grid", "report", "save", "resume", "fail-under", "reference", "between", "shave"):
        assert f"--{name}" in section, name


def test_command_in_readme_is_run_by_ci():
    script = (ROOT / ".ci" / "run").read_text()
    assert "README.md" in script


if __name__ == "__main__":
    head, rest = README.split("<!-- methods -->\n")
    tail = rest.split("<!-- /methods -->")[1]
    (ROOT / "README.md").write_text(f"{head}<!-- methods -->\n{method_table()}<!-- /methods -->{tail}")
