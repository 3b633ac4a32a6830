"""How far a long run has come: a bar on a terminal, or with -v a line every few seconds."""

import os
import sys
import time

import click

from .words import one_line

PATIENCE = 0.5  # seconds before anything is shown
ON_TERMINAL, IN_LINES = 0.1, 5.0  # seconds from one state to the next
BAR = 24  # characters


class Progress:
    """The state of `total` jobs that were begun at `started`, seconds of `time.perf_counter`."""

    def __init__(self, total: int, started: float, verbose: bool) -> None:
        self.total, self.started = total, started
        self.on_terminal = sys.stderr.isatty()
        self.every = ON_TERMINAL if self.on_terminal else IN_LINES if verbose else None
        self.next = started + max(PATIENCE, self.every or 0)
        self.told = self.worked = 0
        self.shown = False

    def add(self, worked: bool, pixels: int, current: str) -> None:
        """Count a job, which took work or was skipped; show the state if it is time: pixels written, current file."""
        self.told += 1
        self.worked += worked
        now = time.perf_counter()
        if self.every is None or now < self.next or self.told == self.total:
            return
        self.next = now + self.every
        seconds = now - self.started
        left = duration(seconds * (self.total - self.told) / self.worked) if self.worked else "?"
        state = f"{self.told}/{self.total}  {megapixels(pixels / seconds)}/s  {left} left  {one_line(current)}"
        if not self.on_terminal:
            click.echo(state, err=True)
            return
        done = BAR * self.told // self.total
        bar = f"[{'#' * done}{'-' * (BAR - done)}] {state}"
        click.echo(f"\r{cut(bar, columns() - 1)}\033[K", err=True, nl=False)
        self.shown = True

    def clear(self) -> None:
        """Make room on the terminal for a line."""
        if self.shown:
            click.echo("\r\033[K", err=True, nl=False)
            self.shown = False


def amount(number: float, unit: str = "B") -> str:
    """Return a number of bytes, or of another unit, with three digits, as in 12.3 MB."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * factor:  # which three digits round to 1
            return f"{number / factor:.3g} {prefix}{unit}"
    return f"{number:.0f} {unit}"


def megapixels(number: float) -> str:
    """Return a number of pixels with three digits, as in 12.3 MP, or in full below 0.01 MP."""
    if number < 1e4:
        return f"{number:.0f} pixels"
    return f"{number / 1e6:.3g} MP" if number < 1e6 else amount(number, "P")


def duration(seconds: float) -> str:
    """Return hours, minutes and seconds, as in 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def columns() -> int:
    """Return the columns of the terminal that standard error is; standard output may be a file."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        import shutil

        return shutil.get_terminal_size().columns


def cut(text: str, columns: int) -> str:
    """Return as much of a text as fits into a terminal's columns."""
    import unicodedata

    taken = 0
    for place, character in enumerate(text):
        taken += 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > columns:
            return text[:place]
    return text
