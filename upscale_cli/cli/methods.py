"""`upscale methods`: the table of methods."""

import click

from ..errors import UsageError
from ..methods import FAMILIES, METHODS, Method
from .words import GroupedCommand, OneOf


@click.command(cls=GroupedCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--family", type=OneOf("family", FAMILIES), help="Only the methods of one family.")
@click.option("--formats", is_flag=True, help="The file formats in place of the methods.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def methods(family: str | None, formats: bool, as_json: bool) -> None:
    """List the methods: name, parameters with their defaults, what each is and is good for."""
    if formats and family:
        raise UsageError("--formats and --family contradict each other: formats have no family")
    if formats:
        _list_formats(as_json)
        return
    rows = [row for row in METHODS.values() if family in (None, row.family)]
    if as_json:
        import json

        click.echo(json.dumps([_record(row) for row in rows], indent=2))
        return
    for number, name in enumerate(FAMILIES if family is None else (family,)):
        members = [row for row in rows if row.family == name]
        click.echo("\n" * bool(number) + f"{name}: {_reach(members)}\n")
        _table(members)
    aliases = [alias for row in rows for alias, _ in row.aliases]
    if aliases:
        click.echo(f"\nOther names: {', '.join(aliases)}.")
    click.echo("\nParameters follow the name, as in -m lanczos:lobes=4,antiring=1. All methods take")
    click.echo("edge there, too, those that blend refine, and traditional ones linear, sigmoid,")
    click.echo("antialias, antiring and like.")


def _list_formats(as_json: bool) -> None:
    from ..api import formats

    records = formats()
    if as_json:
        import json

        click.echo(json.dumps(records, indent=2))
        return
    rows = [record for record in records if record["modes"]]
    width = max(len(record["name"]) for record in rows) + 2
    for record in rows:
        state = {(True, True): "", (True, False): "read only", (False, True): "written only"}
        lacks = state.get((record["reads"], record["writes"]), "not installed: pip install 'upscale-cli[heif]'")
        facts = [", ".join(record["extensions"]), _held(record), f"keeps {_words(record)}" * bool(record["keeps"])]
        facts += [" ".join(f"--{name}" for name in record["settings"]), lacks]
        _wrapped(record["name"].ljust(width), "; ".join(fact for fact in facts if fact))
    rest = sorted(extension for record in records if not record["modes"] for extension in record["extensions"])
    click.echo(f"\nRead, too: {', '.join(rest)}.")


def _held(record: dict) -> str:
    """Return what kinds of image a format holds, in words."""
    modes = {*record["modes"]}
    words = {
        "black and white": modes == {"1"},
        "grey": modes & {"L", "LA", "I;16", "F"},
        "colour": modes & {"RGB", "RGBA"},
        "alpha": modes & {"LA", "RGBA"},
        "palette": "P" in modes,
        "CMYK": "CMYK" in modes,
        "16 bits": "u2" in record["deep"],
        "16-bit grey": "I;16" in modes and "u2" not in record["deep"],
        "floats": "F" in modes,
        record["frames"]: record["frames"],
    }
    return ", ".join(word for word, holds in words.items() if holds)


def _words(record: dict) -> str:
    names = {"icc_profile": "profile", "exif": "EXIF", "xmp": "XMP", "iptc": "IPTC", "dpi": "resolution"}
    return ", ".join(names.get(key, key) for key in record["keeps"] if key != "colour")


def _wrapped(head: str, text: str) -> None:
    """Print a text beside its head, wrapped to the terminal."""
    import shutil
    import textwrap

    for line in textwrap.wrap(text, max(shutil.get_terminal_size().columns - len(head) - 2, 24)):
        click.echo(f"  {head}{line}".rstrip())
        head = " " * len(head)


def _reach(rows: list[Method]) -> str:
    """Return what all the rows can do, in words."""
    factors = "whole factors, others by a shrink from the next" if rows[0].factors else "any factor"
    what = {(True, True): "enlarge and shrink", (True, False): "enlarge", (False, True): "shrink"}
    return f"{factors}, {what[rows[0].enlarges, rows[0].shrinks]}"


def _table(rows: list[Method]) -> None:
    """Print a name and parameters, and beside or below them, wrapped, what the method is and is good for."""
    import shutil

    names = max(len(row.name) for row in rows) + 2
    widest = names + max(len(parameters(row)) for row in rows) + 2
    indent = min(widest, shutil.get_terminal_size().columns // 2 + 4)
    for row in rows:
        head = f"{row.name:{names}}{parameters(row)}".rstrip()
        if len(head) >= indent:
            click.echo(f"  {head}")
            head = ""
        factors = f" By {', '.join(map(str, row.factors))}." if row.factors else ""
        _wrapped(head.ljust(indent), f"{row.about} Good for {row.use}.{factors}")


def parameters(row: Method) -> str:
    """Return `lobes=3,beta=6.5`; a parameter that follows from another has no value."""
    return ",".join(p.name if p.default is None else f"{p.name}={_word(p.default)}" for p in row.parameters)


def _word(value: float | str | bool) -> str:
    """Return a default as it is written in a spec."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.4g}"


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
            | ({"choices": list(p.choices)} if p.choices else {})
            | ({"file": f"*{p.suffix}"} if p.suffix else {})
            for p in row.parameters
        ],
        "about": row.about,
        "use": row.use,
        "paper": row.paper or None,
    }
