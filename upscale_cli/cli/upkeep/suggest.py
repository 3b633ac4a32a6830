"""What a shell is told when it asks how a word may go on: methods, parameters, metrics, formats, names of files."""

from collections.abc import Iterable, Iterator

import click

from ...spec import choices_of, names, taken_by

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ...methods import Method


def file_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Have the shell complete the name of a file."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return how the spec of a method may go on."""
    return _items(_specs(incomplete))


def lists_of_methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return how a list of methods may go on: with a method or family, or a parameter of the last method."""
    from ...methods import FAMILIES

    head, comma, last = incomplete.rpartition(",")
    groups = [(f"@{family}", "") for family in FAMILIES] + [("all", "")]
    found = [(f"{head}{comma}{word}", about) for word, about in [*_specs(last), *groups] if word.startswith(last)]
    start = incomplete.rfind(",", 0, incomplete.rfind(":") + 1) + 1  # of the last method that has parameters
    if comma and ":" in incomplete[start:]:
        found += ((incomplete[:start] + word, about) for word, about in _specs(incomplete[start:]))
    return _items(found)


def downsamplers(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return how the spec of what shrinks may go on."""
    from ...evaluate.choice import MATLAB_BICUBIC

    usual = [(MATLAB_BICUBIC, "")] if MATLAB_BICUBIC.startswith(incomplete) else []
    return _items([*usual, *_specs(incomplete, shrinking=True)])


def metrics(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return how a list of metrics may go on."""
    from ...evaluate.choice import METRICS

    head, comma, last = incomplete.rpartition(",")
    rest = (row for row in METRICS.values() if row.name not in head.split(",") and row.name.startswith(last))
    return _items((f"{head}{comma}{row.name}", row.about) for row in rest)


def extensions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the extensions of formats."""
    from ...formats import BY_EXTENSION

    return [extension for extension in BY_EXTENSION if extension.startswith(incomplete)]


def _items(found: Iterable[tuple[str, str]]) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(value, help=about) for value, about in found]


def _specs(text: str, *, shrinking: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the specs that may come of a text, as far as one word goes, and what each is."""
    name, colon, rest = text.partition(":")
    known = {name: row for name, (row, _) in names().items() if row.shrinks or not shrinking}
    if not colon:
        yield from ((each, row.about) for each, row in known.items() if each.startswith(name))
    elif name in known:
        given, comma, pair = rest.rpartition(",")
        for more, about in _pairs(known[name], {part.partition("=")[0] for part in given.split(",")}, pair):
            yield f"{name}:{given}{comma}{more}", about


def _pairs(method: "Method", given: set[str], pair: str) -> Iterator[tuple[str, str]]:
    """Yield what `key=value` of a method may come of a text."""
    key, equals, value = pair.partition("=")
    own = {row.name: row for row in method.parameters}
    if not equals:
        rest = (each for each in taken_by(method) if each not in given and each.startswith(key))
        yield from ((f"{each}=", own[each].about if each in own else "") for each in rest)
        return
    for word in choices_of(method, key):
        if word.startswith(value):
            yield f"{key}={word}", ""
    if key in own and own[key].suffix:
        yield from ((f"{key}={path}", "") for path in _paths(value, own[key].suffix))


def _paths(start: str, suffix: str) -> Iterator[str]:
    """Yield the files with a suffix, and the folders, whose names start so; a file's name in a spec is no word."""
    from pathlib import Path

    folder, slash, name = start.rpartition("/")
    try:
        found = sorted(Path(folder + slash).iterdir())
    except OSError:
        return
    for path in found:
        if path.name.startswith(name) and not (path.name.startswith(".") and not name):
            if path.is_dir():
                yield f"{folder}{slash}{path.name}/"
            elif path.name.lower().endswith(suffix):
                yield f"{folder}{slash}{path.name}"
