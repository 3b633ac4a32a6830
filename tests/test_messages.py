"""All messages of errors, read as a set: one form, one tone, and with a file's fault the next step."""

import ast
import re
from pathlib import Path

import pytest

import upscale_cli
from upscale_cli import errors

ROOT = Path(upscale_cli.__file__).parent
KINDS = [name for name in vars(errors) if name.endswith("Error")]
OF_FILES = {"InputError", "OutputError", "FullError", "GeometryError"}
CAPITALS = ("GIF", "HEIF", "NUMBA_DISABLE_JIT")  # with which a message may begin
TONE = re.compile(
    r"\b(please|sorry|invalid|illegal|error|failed|failure|unable|must not|you)\b|!$|\.$|\n", re.IGNORECASE
)
FILE = re.compile(r"^\{\.\.\.\}: (?!(check|choose|give|make) )")  # whose fault it is, unless that is all that is told
STEP = re.compile(r": |, not \{| has (no|at most) .*, use ")


def text_of(node):
    """Return the words of a message, `{...}` where a value stands."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{...}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return "{...}"


def messages(source):
    """Yield the kind and the words of each error of this package that a source makes, but for those handed on."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in KINDS and node.args:
            text = text_of(node.args[0])
            if text.replace("{...}", "").strip(": "):
                yield ast.unparse(node.func), text


def faults(kind, text):
    found = []
    if TONE.search(text):
        found.append("tone")
    if text[0].isupper() and not text.startswith(CAPITALS):
        found.append("capital")
    if kind in OF_FILES and not STEP.search(FILE.sub("", text)):
        found.append("step")
    return found


@pytest.mark.parametrize("path", [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.rglob("*.py"))])
def test_messages(path):
    found = [(text, faults(kind, text)) for kind, text in messages((ROOT / path).read_text())]
    assert [(text, wrong) for text, wrong in found if wrong] == []


def test_there_are_messages():
    assert len([text for path in ROOT.rglob("*.py") for _, text in messages(path.read_text())]) > 150


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('raise InputError(f"{path}: it is empty: get a whole copy of it")', []),
        ('raise InputError(f"{path}: it is empty")', ["step"]),
        ('raise OutputError("it cannot be written")', ["step"]),
        ('raise UsageError("give one of the two")', []),
        ('raise UsageError("Give one of the two.")', ["tone", "capital"]),
        ('raise UsageError("invalid scale")', ["tone"]),
        ('raise UsageError("give " + "a scale!")', ["tone"]),
        ('raise UsageError(f"{name} is an error")', ["tone"]),
    ],
)
def test_the_reader_fires(source, wrong):
    ((kind, text),) = messages(source)
    assert faults(kind, text) == wrong
