"""`python -m tests.benchmarks [GROUP]... [--rounds N] [--write FILE]`: measure, print the table, write it."""

from pathlib import Path

import click

from . import batch, enlarging, kernels, metrics, processes, table
from .measure import measure

# By name: the cases, and as many rounds as their spread asks for and their time allows.
GROUPS = {
    "kernels": (kernels.cases, 21),
    "processes": (processes.files, 11),
    "start": (processes.start, 21),
    "memory": (processes.memory, 3),
    "cold": (processes.cold, 5),
    "photographs": (batch.photographs, 3),
    "icons": (batch.icons, 3),
    "names": (batch.names, 3),
    "metrics": (metrics.cases, 5),
    "enlarging": (enlarging.cases, 7),
    "growth": (kernels.growth, 9),
}


@click.command(help=f"Measure GROUPs of cases: {', '.join(GROUPS)}; all unless named.")
@click.argument("groups", nargs=-1, type=click.Choice(list(GROUPS)), metavar="[GROUP]...")
@click.option("--rounds", type=click.IntRange(1), help="Rounds for each case, instead of the group's own number.")
@click.option(
    "--write", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Replace the table in this file."
)
def main(groups: tuple[str, ...], rounds: int | None, write: Path | None) -> None:
    """Measure case by case, then print and write the table."""
    if not Path(processes.SCRIPT).exists():
        raise click.ClickException(f"there is no {processes.SCRIPT}: pip install '.[bench]' with this Python")
    if write:
        _insert(write, "")  # to fail at once where there are no markers
    lines = []
    for name in groups or GROUPS:
        cases, usual = GROUPS[name]
        for case in cases():
            click.echo(case.what, err=True)
            lines += table.rows(case, measure(case, rounds or usual))
    block = table.table(lines)
    click.echo(block, nl=False)
    if write:
        write.write_text(_insert(write, block))


def _insert(path: Path, block: str) -> str:
    try:
        return table.replaced(path.read_text(), block)
    except ValueError as error:
        raise click.ClickException(f"{path}: {error}") from None


if __name__ == "__main__":
    main()
