"""Turning figures into one Markdown table, and putting it between a page's markers."""

import datetime
import importlib.metadata
import math
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import peers
from .measure import OURS, Case, Figures, Reach, processors

BEGIN, END = "<!-- benchmarks -->\n", "<!-- /benchmarks -->"
COLUMNS = ("what", "ours", "peer", "peer's figure", "ratio", "spread", "reach", "met")


def line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |\n"


def rows(case: Case, figures: Figures) -> Iterator[str]:
    """Yield the table's lines for a case: ours against its own bound, if it has one, and against each peer."""
    spread = quartiles(figures[OURS])
    ours = f"{number(np.median(figures[OURS]))} {case.unit}{f' ({spread})' if spread else ''}"
    if reach := case.reaches.get(OURS):
        bound = f"<= {reach.limit:g} {case.unit}"
        yield line((case.what, ours, "", "", "", "", bound, mark(reach, np.median(figures[OURS]))))
    for peer in list(figures)[1:]:
        reach = case.reaches.get(peer)
        theirs = f"{number(np.median(figures[peer]))} {case.unit}"
        yield line((case.what, ours, peer, theirs, *against(figures[OURS], figures[peer], reach)))


def against(ours: list[float], theirs: list[float], reach: Reach | None) -> tuple[str, str, str, str]:
    """Return the ratio (the median of the rounds'), its quartiles, the bound and the mark."""
    ratios = np.array(ours) / np.array(theirs)
    if reach is None:
        return number(np.median(ratios)), quartiles(ratios), "", ""
    if reach.speed_up:
        ratios = 1 / ratios
    ratio = np.median(ratios)
    sign, times = (">=", " times") if reach.speed_up else ("<=", "")
    return f"{number(ratio)}{times}", quartiles(ratios), f"{sign} {reach.limit}{times}", mark(reach, ratio)


def mark(reach: Reach, value: float) -> str:
    """Return whether the number, as it is printed, meets the bound."""
    return "yes" if reach.met(float(number(value))) else "**no**"


def number(value: float) -> str:
    """Return three significant digits, and all digits before the point."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{max(0, digits)}f}"


def quartiles(values: list[float] | np.ndarray) -> str:
    """Return the first and the third quartile; nothing where all values are one."""
    low, high = np.percentile(values, (25, 75))
    return f"{number(low)} to {number(high)}" if max(values) > min(values) else ""


def table(lines: list[str]) -> str:
    """Return what stands between the markers: on what it was measured, and the table."""
    return f"{header()}\n{line(COLUMNS)}{line(('---',) * len(COLUMNS))}{''.join(lines)}"


def header() -> str:
    """Return the machine, the versions and what the columns hold, in lines of text."""
    used = [f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "numba")]
    cores = processors()
    text = (
        f"{datetime.date.today()}, {processor()}, {cores} core{'s' * (cores > 1)}, {platform.system()}; "
        f"Python {platform.python_version()}, {', '.join(used)};\n{', '.join(peers.versions())}.\n"
    )
    if peers.absent:
        text += f"Not installed, and so left out: {', '.join(sorted(peers.absent))}.\n"
    return text + (
        "Figures are medians of rounds in which ours and the peers took turns; quartiles stand in brackets and under\n"
        '"spread". A ratio is ours / peer, the median of the rounds; "times" is a speed-up, peer / ours.\n'
    )


def processor() -> str:
    """Return the processor's name where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [each.partition(": ")[2] for each in lines if each.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def replaced(text: str, block: str) -> str:
    """Return the text with a block between its markers; ValueError where it does not have each of them once."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"there is no one place for the table: write {BEGIN.strip()} and {END} on lines of their own")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}{block}{END}{rest.split(END)[1]}"
