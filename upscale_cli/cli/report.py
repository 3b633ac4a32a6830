"""What the user sees of the work: a line a failure, a line a file or a summary, JSON lines, the state of a long run."""

import os
import sys
import threading
import time
from pathlib import Path

import click

from .. import jit
from ..batch.work import Outcome
from ..files import STREAM
from ..geometry import Scale
from .words import one_line

PATIENCE = 0.5  # seconds before the state of the run is shown
COMPILING = 1.0  # seconds of compilation before it is told


def tell_of_compilation() -> None:
    """Tell a terminal's user once why a first run takes longer."""
    timers: list[threading.Timer] = []

    def listen(starts: bool) -> None:
        if starts:
            timers.append(threading.Timer(COMPILING, tell))
            timers[-1].daemon = True
            timers[-1].start()
        else:
            timers[-1].cancel()

    def tell() -> None:
        jit.listener = None
        click.echo("upscale: compiling kernels for this processor, once", err=True)

    if sys.stderr.isatty():
        jit.listener = listen


class Report:
    """Tells outcomes as they come; standard output gets only what was asked for, all else goes to standard error."""

    def __init__(self, total: int, as_json: bool, verbose: bool, quiet: bool) -> None:
        self.total = total
        self.as_json, self.verbose, self.quiet = as_json, verbose, quiet
        self.counts = dict.fromkeys(("done", "planned", "skipped", "failed"), 0)
        self.started = time.perf_counter()
        self.folders: set[Path] = set()
        self.told = ""
        self.shows_state = total > 1 and not quiet and sys.stderr.isatty()

    def add(self, outcome: Outcome) -> None:
        """Tell one outcome."""
        self.counts[outcome.status] += 1
        self._clear_state()
        if self.as_json:
            self._write_record(outcome)
        if outcome.status == "failed":
            if outcome.reason != self.told:  # of an input that several results are wanted of, once
                click.echo(f"upscale: {one_line(outcome.reason)}", err=True)
            self.told = outcome.reason
            if outcome.error is not None and os.environ.get("UPSCALE_DEBUG") == "1":
                import traceback

                traceback.print_exception(outcome.error)
        elif not self.quiet and not (self.as_json and sys.stdout.isatty()):
            self._tell(outcome)
        if outcome.result and outcome.job.task.output:
            self.folders.add(outcome.job.task.output.parent)
        self._show_state(outcome)

    def _write_record(self, outcome: Outcome) -> None:
        import json

        try:
            click.echo(json.dumps(record(outcome)))
        except BrokenPipeError:  # the reader has gone; the work goes on
            self.as_json = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _tell(self, outcome: Outcome) -> None:
        result = outcome.result
        if outcome.status == "skipped":
            if self.verbose or self.total == 1:
                click.echo(one_line(f"{outcome.job.source.label}: skipped, {outcome.reason}"), err=True)
            return
        line = one_line(f"{result.input} {_size(result.size)} -> {result.output} {_size(result.out_size)}")
        if outcome.status == "planned":
            if not self.as_json:
                click.echo(f"{line}: {result.plan}")
            return
        if self.verbose:
            times = ", ".join(f"{name} {value:.1f}" for name, value in result.ms.items())
            click.echo(f"{line}\n  {result.plan}\n  {times} ms", err=True)
        elif self.total == 1 and outcome.job.task.output:
            click.echo(line, err=True)
        for note in result.notes:
            click.echo(one_line(f"{result.input}: {note}"), err=True)

    def end(self) -> int:
        """Tell the summary of several files; return the exit code."""
        self._clear_state()
        if self.total > 1 and not self.quiet:
            seconds = time.perf_counter() - self.started
            counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
            folder = next(iter(self.folders)) if len(self.folders) == 1 else Path()
            where = f" into {folder}{os.sep}" if self.counts["done"] and folder != Path() else ""
            click.echo(one_line(f"{counts}{where} in {seconds:.1f} s"), err=True)
        return 1 if self.counts["failed"] else 0

    def _show_state(self, outcome: Outcome) -> None:
        if self.shows_state and time.perf_counter() - self.started > PATIENCE:
            told = sum(self.counts.values())
            left = (time.perf_counter() - self.started) * (self.total - told) / told
            click.echo(
                f"\r{told}/{self.total}, {left:.0f} s left: {outcome.job.source.label}"[:100], err=True, nl=False
            )

    def _clear_state(self) -> None:
        if self.shows_state:
            click.echo("\r\033[K", err=True, nl=False)


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def record(outcome: Outcome) -> dict:
    """Return the JSON object of an outcome; keys without a value are null."""
    result, task, request = outcome.result, outcome.job.task, outcome.job.request
    target = request.target
    pair = None
    if isinstance(target, Scale):
        pair = [float(target.x), float(target.y)]
    elif result:
        pair = [out / size for out, size in zip(result.out_size, result.size, strict=True)]
    notes = "; ".join(result.notes) if result else ""
    width, height = result.size if result else (None, None)
    out_width, out_height = result.out_size if result else (None, None)
    return {
        "input": str(outcome.job.source.label),
        "output": str(task.output or STREAM) if task else None,
        "status": outcome.status,
        "reason": outcome.reason or notes or None,
        "format": task.format.name if task else None,
        "mode": result.mode if result else None,
        "width": width,
        "height": height,
        "out_width": out_width,
        "out_height": out_height,
        "scale": pair[0] if pair and pair[0] == pair[1] else pair,
        "method": request.spec.text,
        "plan": result.plan if result else None,
        "ms": result.ms if result and result.ms else None,
    }
