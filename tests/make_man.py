"""Make the manual page out of what help says: `python -m tests.make_man` writes man/upscale.1."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from upscale_cli import __version__
from upscale_cli.cli.door import COMMANDS, command_of
from upscale_cli.cli.methods import parameters
from upscale_cli.methods import FAMILIES, METHODS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "man" / "upscale.1"
ENVIRONMENT = {
    "UPSCALE_CACHE_DIR": "The folder where compiled kernels are kept, in place of the user's cache folder.",
    "UPSCALE_DEBUG": "1 shows a traceback with every error.",
    "NUMBA_DISABLE_JIT": "1 interprets kernels instead of compiling them, which takes far longer.",
    "_UPSCALE_COMPLETE": "bash_source, zsh_source or fish_source prints the script for a shell's completion.",
}


def page() -> str:
    """Return the page in the language of man(7)."""
    resize = command_of("")
    context = _context(resize, "upscale")
    lines = [f'.TH UPSCALE 1 "" "upscale {__version__}" "User Commands"', ".SH NAME"]
    lines += [r"upscale \- resize images with every resampling method the field knows", ".SH SYNOPSIS"]
    lines += [r".B upscale", _plain("INPUT... [OPTIONS]"), ".br", ".B upscale", _plain("COMMAND [OPTIONS]")]
    lines += [".SH DESCRIPTION", *_paragraphs(resize.help), ".SH OPTIONS", *_options(resize, context, ".SS")]
    lines += [".SH METHODS", *_methods(), ".SH COMMANDS"]
    for name in COMMANDS:
        lines += _command(command_of(name), _context(command_of(name), f"upscale {name}"))
    lines += [".SH EXIT STATUS", *_list(exits()), ".SH ENVIRONMENT", *_list(ENVIRONMENT.items())]
    return "\n".join([*lines, ".SH EXAMPLES", *_examples(resize.epilog)]) + "\n"


def exits() -> list[tuple[str, str]]:
    """Return the exit codes as README's table has them."""
    table = (ROOT / "README.md").read_text().split("| exit | when |\n| --- | --- |\n")[1].split("\n\n")[0]
    return [tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|")) for line in table.splitlines()]


def _context(command: click.Command, name: str) -> click.Context:
    return click.Context(command, info_name=name, **command.context_settings)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    words = [param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)]
    yield f".SS {_plain(' '.join([context.info_name, *words]))}"
    yield from _paragraphs(command.help)
    yield from _options(command, context, ".PP\n.I")
    for name, part in getattr(command, "commands", {}).items():
        yield from _command(part, _context(part, f"{context.info_name} {name}"))
    if command.epilog:
        yield ".PP"
        yield from _examples(command.epilog)


def _options(command: click.Command, context: click.Context, heading: str) -> Iterator[str]:
    whole = context.info_name == "upscale"
    for title, records in command.groups(context).items():
        told = [record for record in records if whole or "--help" not in record[0]]
        if told:
            yield f"{heading} {_plain('Options' if title == 'Help' and not whole else title)}"
            yield from _list(told)


def _methods() -> Iterator[str]:
    for family in FAMILIES:
        yield f".SS {_plain(family.capitalize())}"
        rows = [row for row in METHODS.values() if row.family == family]
        names = [":".join(filter(None, (row.name, parameters(row)))) for row in rows]
        yield from _list((name, f"{row.about} Good for {row.use}.") for name, row in zip(names, rows, strict=True))


def _examples(epilog: str) -> list[str]:
    return [".nf", *map(_plain, epilog.split("Examples:\n")[1].strip("\n").splitlines()), ".fi"]


def _paragraphs(text: str) -> Iterator[str]:
    first, *rest = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    yield _plain(first)
    for paragraph in rest:
        yield from (".PP", _plain(paragraph))


def _list(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in pairs:
        yield from (".TP", f".B {_plain(term)}", _plain(text))


def _plain(text: str) -> str:
    """Return a text in which nothing means anything to roff."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return re.sub(r"^([.'])", r"\\&\1", text)


if __name__ == "__main__":
    PAGE.write_text(page())
