"""How options read: parameter types that refuse precisely, help in groups, complaints on one line."""

import math
from collections.abc import Callable, Iterable

import click

from ..errors import UsageError
from ..spec import nearest_name
from .upkeep.suggest import file_names

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class OneOf(click.ParamType):
    """One of some words; a misspelt one gets the nearest."""

    def __init__(self, what: str, words: Iterable[str]) -> None:
        self.name = what
        self.words = tuple(words)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Show the words themselves."""
        return "|".join(self.words)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Return the words that start so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word if it is one of the words."""
        if value not in self.words:
            hint = nearest_name(value, self.words) or f": it is one of {', '.join(self.words)}"
            self.fail(f"{value!r} is no {self.name}{hint}", param, ctx)
        return value


class Number(click.ParamType):
    """A number from low to high, whole or not; `nan` is none."""

    def __init__(self, low: float, high: float, *, whole: bool = False) -> None:
        self.low, self.high, self.whole = low, high, whole
        self.name = "n" if whole else "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number if it lies in the range."""
        try:
            number = int(value) if self.whole else float(value)
        except ValueError:
            number = math.nan
        if not self.low <= number <= self.high:
            kind = "a whole number" if self.whole else "a number"
            limits = f"from {self.low:g} to {self.high:g}" if math.isfinite(self.high) else f"of {self.low:g} or more"
            self.fail(f"{value!r} is not {kind} {limits}", param, ctx)
        return number


class Grouped(click.Option):
    """An option that help lists under a heading."""

    def __init__(self, *arguments, group: str, **keywords) -> None:
        super().__init__(*arguments, **keywords)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists its options by group, and whose epilog stands as it is written."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section a group."""
        for heading, records in self.groups(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(records, col_max=26)

    def groups(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Return how help shows each option, and what it says of it, under their headings."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                groups.setdefault(getattr(param, "group", "Help"), []).append(record)
        return groups

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the epilog line by line."""
        if self.epilog:
            formatter.write(self.epilog)


Groups = dict[str, tuple[tuple[tuple[str, ...], dict], ...]]  # heading: names and keywords of options, as help has them


def with_options(groups: Groups) -> Callable[[Callable], Callable]:
    """Return a decorator that gives a command all the options of some groups."""
    rows = [(group, names, keywords) for group, members in groups.items() for names, keywords in members]

    def decorate(command: Callable) -> Callable:
        for group, names, keywords in reversed(rows):
            usual = {} if {"type", "is_flag"} & keywords.keys() else {"shell_complete": file_names}
            command = click.option(*names, cls=Grouped, group=group, **(usual | keywords))(command)
        return command

    return decorate


class Parsed(click.ParamType):
    """Text that a function reads, here only to see that it can: the function's own message says why not."""

    def __init__(self, name: str, read: Callable[[str], object]) -> None:
        self.name = name
        self.read = read

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text if the function takes it."""
        try:
            self.read(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return value


def one_line(text: str) -> str:
    """Return the text with control characters, such as a line feed in a file's name, written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def complaint(error: click.ClickException) -> str:
    """Return a click error in one line, with the option's name and the nearest name of a misspelt one."""
    if isinstance(error, click.NoSuchOption):
        known = [name for param in error.ctx.command.params for name in param.opts + param.secondary_opts]
        hint = nearest_name(error.option_name, known, 0.65) if error.option_name.startswith("--") else ""
        file = "; if it is a file, write ./ before it" * (not hint or "." in error.option_name)
        return f"there is no option {error.option_name}{hint}{file}"
    if isinstance(error, click.MissingParameter):
        option = isinstance(error.param, click.Option)
        what = "/".join(error.param.opts) if option else error.param.make_metavar(error.ctx)
        return f"{what} is missing: see {error.ctx.command_path} --help"
    if isinstance(error, click.BadParameter) and error.param is not None:
        return f"{'/'.join(error.param.opts)}: {error.message.rstrip('.')}"
    message, path = error.format_message().rstrip("."), error.ctx.command_path if error.ctx else "upscale"
    return f"{message[:1].lower()}{message[1:]}: see {path} --help"
