"""Completion in bash, zsh and fish: Click's own, taught what a first word may be and how a method's spec is cut."""

import os
from typing import ClassVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

from ...errors import UsageError
from ..door import COMMANDS, command_of

# Click's template takes an item for a word that ends; here `key=` goes on, and file names may stand beside commands.
BASH = r"""%(complete_func)s() {
    local current="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n' type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        if [[ $type == plain ]]; then
            COMPREPLY+=("$value")
            [[ $value == *[=/] ]] && compopt -o nospace
        else
            compopt -o default -o filenames
            [[ ${COMPREPLY[*]} ]] && COMPREPLY+=($(compgen -f -- "$current"))
        fi
    done < <(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
BREAKS = (":", "=")  # at which bash cuts words


class _Completion:
    """What all shells are told."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return how a word goes on: the first may be a command's name; others belong to the command."""
        name = args[0] if args and args[0] in COMMANDS else ""
        self.cli = command_of(name)
        try:
            found = super().get_completions(args[1:] if name else args, incomplete)
        except UsageError:  # the words before are wrong already
            return []
        if incomplete.startswith("--") and "=" in incomplete:  # Click gives values alone
            option = incomplete[: incomplete.index("=") + 1]
            return [CompletionItem(option + item.value, item.type, item.help) for item in found]
        if args:
            return found
        helps = {each: command_of(each).get_short_help_str(80) for each in COMMANDS if each.startswith(incomplete)}
        return [CompletionItem(each, help=about) for each, about in helps.items()] + found


class Bash(_Completion, BashComplete):
    """Words that bash has cut at a colon or an equals sign are joined, and what it keeps of them is not said again."""

    source_template: ClassVar[str] = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before and the one to go on with."""
        words = [*os.environ["COMP_WORDS"].split("\n"), ""][: int(os.environ["COMP_CWORD"]) + 1]
        joined: list[str] = []
        self._kept = 0
        for number, word in enumerate(words):
            if number and (word in BREAKS or words[number - 1] in BREAKS):
                self._kept = len(joined[-1]) + len(word) * (word in BREAKS)
                joined[-1] += word
            else:
                self._kept = 0
                joined.append(word)
        return [_unquoted(word) for word in joined[1:-1]], joined[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """Return the type and what bash is to put in the place of the cut word."""
        return f"{item.type},{item.value[self._kept :]}"


class Zsh(_Completion, ZshComplete):
    """Nothing follows `key=`."""

    source_template: ClassVar[str] = ZshComplete.source_template.replace(
        "with_descriptions -U", 'with_descriptions -U -S "${${completions_with_descriptions[1]:#*[=/]:*}:+ }"'
    ).replace("-V unsorted -a completions", '-V unsorted -S "${${completions[1]:#*[=/]}:+ }" -a completions')

    def format_completion(self, item: CompletionItem) -> str:
        """Return type, value and help on lines of their own; in front of a help colons are escaped."""
        value = item.value.replace(":", r"\:") if item.help else item.value
        return f"{item.type}\n{value}\n{item.help or '_'}"


class Fish(_Completion, FishComplete):
    """A value may hold commas."""

    source_template: ClassVar[str] = FishComplete.source_template.replace('split ","', 'split -m 1 ","')


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def _unquoted(word: str) -> str:
    from click.shell_completion import split_arg_string

    return "".join(split_arg_string(word))


def complete(variable: str) -> int:
    """Do what the variable tells: `bash_source` prints the script for bash, which asks with `bash_complete`."""
    shell, _, what = os.environ[variable].partition("_")
    if shell not in SHELLS or what not in ("source", "complete"):
        kinds = ", ".join(f"{each}_source" for each in SHELLS)
        raise UsageError(f"{variable}={os.environ[variable]} asks for nothing known: it is one of {kinds}")
    completion = SHELLS[shell](command_of(""), {}, "upscale", variable)
    click.echo(completion.source() if what == "source" else completion.complete())
    return 0
