"""The table on standard output: methods of an image, best first, the best figure of each column marked."""

import math
import sys
from collections.abc import Iterable, Sequence

import click

from ...evaluate.choice import METRICS
from ...evaluate.rows import Block, Factor, Row, best_first, means, scale_text
from ..words import one_line

BEST = "*"


class Table:
    """Prints a table for each image and scale, and in the end one of the means for each scale.

    `kept` are rows that were measured earlier; they stand among the new ones of their image.
    """

    def __init__(self, names: Sequence[str], kept: Iterable[Row]) -> None:
        self.names, self.kept = names, list(kept)
        self.shown: set[tuple[str, Factor]] = set()

    def add(self, block: Block) -> None:
        """Print what an image gave at a scale."""
        kept = [row for row in self.kept if (row.image, row.scale) == (block.image, block.scale)]
        self._show(kept + block.rows)

    def end(self, rows: list[Row]) -> None:
        """Print images that were all measured earlier, and the means of several."""
        groups = _groups((row.image, row.scale) for row in rows)
        for image, scale in groups:
            if (image, scale) not in self.shown:
                self._show([row for row in rows if (row.image, row.scale) == (image, scale)])
        if len({image for image, _ in groups}) < 2:
            return
        averages = means(rows)
        for scale in _groups(row.scale for row in averages):
            number = len({row.image for row in rows if row.scale == scale})
            members = [row for row in averages if row.scale == scale]
            click.echo(f"mean of {number} image{'s' * (number != 1)}, {scale_text(scale)}x\n" + self._text(members))

    def _show(self, rows: list[Row]) -> None:
        if not rows:
            return
        first = rows[0]
        self.shown.add((first.image, first.scale))
        scale = f"{scale_text(first.scale)}x to " * (first.scale != 1)
        click.echo(one_line(f"{first.image}, {scale}{first.width}x{first.height}"))
        click.echo(self._text(rows))

    def _text(self, rows: list[Row]) -> str:
        """Return rows as lines, below the metrics' names."""
        rows = best_first(rows, self.names[0])
        best = {name: _best(rows, name) for name in self.names}
        lines = [("method", *(_head(name) for name in self.names))]
        for row in rows:
            lines.append((one_line(row.method), *(_figure(row, name, best[name]) for name in self.names)))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = []
        for line in lines:
            cells = [f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True)]
            text.append("  ".join([f"  {line[0]:{widths[0]}}", *map(_bold, cells)]))
        return "\n".join(text) + "\n"


def _groups(keys: Iterable) -> list:
    return list(dict.fromkeys(keys))


def _head(name: str) -> str:
    return f"{name} {METRICS[name].unit}" if METRICS[name].unit not in ("", name) else name


def _best(rows: Sequence[Row], name: str) -> float | None:
    """Return the badness of the best figure; of one row alone none is."""
    return min(METRICS[name].badness(row.metrics[name]) for row in rows) if len(rows) > 1 else None


def _figure(row: Row, name: str, best: float | None) -> str:
    """Return a figure, marked if it is the best of its column."""
    value = row.metrics[name]
    if value is None:
        return "-"
    mark = BEST if METRICS[name].badness(value) == best else ""
    return f"{mark}{'inf' if math.isinf(value) else f'{value:.{METRICS[name].decimals}f}'}"


def _bold(cell: str) -> str:
    return click.style(cell, bold=True) if BEST in cell and sys.stdout.isatty() else cell
