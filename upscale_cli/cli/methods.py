"""`upscale methods`: the table of methods."""

import click

from ..methods import FAMILIES, METHODS, Method
from .words import GroupedCommand, OneOf


@click.command(cls=GroupedCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--family", type=OneOf("family", FAMILIES), help="Only the methods of one family.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def methods(family: str | None, as_json: bool) -> None:
    """List the methods: name, parameters with their defaults, what each is and is good for."""
    rows = [row for row in METHODS.values() if family in (None, row.family)]
    if as_json:
        import json

        click.echo(json.dumps([_record(row) for row in rows], indent=2))
        return
    for name in FAMILIES:
        members = [row for row in rows if row.family == name]
        if members:
            click.echo(f"{name}: {_reach(members)}\n" if len({_reach([row]) for row in members}) == 1 else f"{name}\n")
            _table(members)
    aliases = [alias for row in rows for alias, _ in row.aliases]
    if aliases:
        click.echo(f"\nOther names: {', '.join(aliases)}.")
    click.echo("\nParameters follow the name, as in -m lanczos:lobes=4,antiring=1. Every method also")
    click.echo("takes linear, sigmoid, antialias, edge, antiring and like there.")


def _reach(rows: list[Method]) -> str:
    factors = ", ".join(map(str, rows[0].factors)) if rows[0].factors else "any factor"
    what = {(True, True): "enlarge and shrink", (True, False): "enlarge", (False, True): "shrink"}
    return f"{factors}, {what[rows[0].enlarges, rows[0].shrinks]}"


def _table(rows: list[Method]) -> None:
    """Print a name and parameters, and beside them, wrapped to the terminal, what the method is and is good for."""
    import shutil
    import textwrap

    names = max(len(row.name) for row in rows) + 2
    indent = names + max(len(parameters(row)) for row in rows) + 2
    width = max(shutil.get_terminal_size().columns - indent - 2, 24)
    for row in rows:
        head = f"{row.name:{names}}{parameters(row)}".ljust(indent)
        for line in textwrap.wrap(f"{row.about} Good for {row.use}.", width):
            click.echo(f"  {head}{line}".rstrip())
            head = " " * indent


def parameters(row: Method) -> str:
    """Return `lobes=3,beta=6.5`; a parameter that follows from another has no value."""
    return ",".join(
        parameter.name if parameter.default is None else f"{parameter.name}={parameter.default:.4g}"
        for parameter in row.parameters
    )


def _record(row: Method) -> dict:
    return {
        "name": row.name,
        "aliases": [alias for alias, _ in row.aliases],
        "family": row.family,
        "factors": list(row.factors) or None,
        "enlarges": row.enlarges,
        "shrinks": row.shrinks,
        "parameters": [
            {"name": p.name, "default": p.default, "low": p.low, "high": p.high, "about": p.about}
            for p in row.parameters
        ],
        "about": row.about,
        "use": row.use,
    }
