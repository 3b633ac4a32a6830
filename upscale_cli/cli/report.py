"""What the user sees of the work: a line a failure, a line a file or a summary, JSON lines, a log."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import click

from .. import jit
from ..batch.work import Outcome
from ..errors import OutputError
from ..files import STREAM
from ..geometry import Scale
from .progress import Progress, amount, megapixels
from .words import one_line

COMPILING = 1.0  # seconds of compilation before it is told


def tell_of_compilation() -> None:
    """Tell a terminal's user once why a first run takes longer."""
    if not sys.stderr.isatty():
        return
    import mmap

    timers: list[threading.Timer] = []
    told = mmap.mmap(-1, 1)  # which processes that fork from this one share

    def listen(starts: bool) -> None:
        if starts:
            timers.append(threading.Timer(COMPILING, tell))
            timers[-1].daemon = True
            timers[-1].start()
        else:
            timers[-1].cancel()

    def tell() -> None:
        jit.listener = None
        if told[0]:
            return
        told[0] = 1
        click.echo("\r\033[Kupscale: compiling kernels for this processor, once", err=True)  # over a bar, if any

    jit.listener = listen


class Report:
    """Tells outcomes as they come; standard output gets only what was asked for, all else goes to standard error."""

    def __init__(self, total: int, as_json: bool, verbose: bool, quiet: bool, log: BinaryIO | None) -> None:
        self.total = total
        self.as_json, self.verbose, self.quiet, self.log = as_json, verbose, quiet, log
        self.counts = dict.fromkeys(("done", "planned", "skipped", "failed"), 0)
        self.pixels, self.bytes = [0, 0], [0, 0]  # of inputs and of outputs
        self.started = time.perf_counter()
        self.folders: set[str] = set()
        self.told, self.counted = "", None
        self.progress = Progress(total, self.started, verbose) if total > 1 and not quiet else None

    def add(self, outcome: Outcome, current: str) -> None:
        """Tell one outcome, and what is being resized now."""
        self.counts[outcome.status] += 1
        if self.as_json:
            self._write_record(outcome)
        if outcome.status == "failed":
            if outcome.reason != self.told:  # of an input that several results are wanted of, once
                self._say(f"upscale: {one_line(outcome.reason)}")
            self.told = outcome.reason
            if outcome.trace:
                self._say(outcome.trace.rstrip("\n"))
        elif not self.quiet and not (self.as_json and sys.stdout.isatty()):
            self._tell(outcome)
        if outcome.result:
            self._count(outcome)
        if self.log:
            self._write_log(f"{outcome.status} {self._logged(outcome)}")
        if self.progress:
            self.progress.add(outcome.status != "skipped", self.pixels[1], current)

    def _count(self, outcome: Outcome) -> None:
        result = outcome.result
        if outcome.job.output:
            self.folders.add(os.path.dirname(outcome.job.output))  # noqa: PTH120 may be a URL's
        again = outcome.job.source is self.counted  # in another size: it is read once
        self.counted = outcome.job.source
        for place, (width, height) in list(enumerate((result.size, result.out_size)))[again:]:
            self.pixels[place] += width * height
            self.bytes[place] += result.bytes[place]

    def _write_record(self, outcome: Outcome) -> None:
        import json

        try:
            self._say(json.dumps(record(outcome)), err=False)
        except BrokenPipeError:  # the reader has gone; the work goes on
            self.as_json = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _say(self, text: str, err: bool = True) -> None:
        if self.progress and (err or sys.stdout.isatty()):
            self.progress.clear()
        click.echo(text, err=err)

    def _tell(self, outcome: Outcome) -> None:
        result = outcome.result
        if outcome.status == "skipped":
            if self.verbose or self.total == 1:
                self._say(one_line(f"{outcome.job.source.label}: skipped, {outcome.reason}"))
            return
        line = _line(outcome)
        if outcome.status == "planned":
            if not self.as_json:
                self._say(f"{line}: {result.plan}", err=False)
            return
        if self.verbose:
            times = ", ".join(f"{name} {value:.1f}" for name, value in result.ms.items())
            self._say(f"{line}\n  {result.plan}\n  {times} ms")
        elif self.total == 1 and outcome.job.output:
            self._say(line)
        for note in result.notes:
            self._say(one_line(f"{outcome.job.source.label}: {note}"))

    def _logged(self, outcome: Outcome) -> str:
        if outcome.status == "failed":
            return outcome.reason
        if outcome.status == "skipped":
            return f"{outcome.job.source.label}: {outcome.reason}"
        notes = "".join(f"; {note}" for note in outcome.result.notes)
        total = outcome.result.ms.get("total")
        return f"{_line(outcome)}{f' in {total:.1f} ms' if total else ''}{notes}"

    def _write_log(self, text: str) -> None:
        try:
            self.log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {one_line(text)}\n".encode())
        except OSError as error:
            log, self.log = self.log, None
            raise OutputError(f"{log.name}: the log cannot be written ({error.strerror}): make room") from error

    def end(self, passed_over: Sequence[str] = ()) -> int:
        """Tell the summary of several files, and with -v what was passed over; return the exit code."""
        if self.progress:
            self.progress.clear()
        for path in passed_over:
            if self.verbose:
                self._say(one_line(f"{path}: passed over"))
            if self.log:
                self._write_log(f"passed over {path}")
        summary = one_line(self._summary(len(passed_over)))
        if self.total > 1 and not self.quiet:
            click.echo(summary, err=True)
        if self.log:
            self._write_log(summary)
        return 1 if self.counts["failed"] else 0

    def _summary(self, passed_over: int) -> str:
        seconds = time.perf_counter() - self.started
        counts = self.counts | {"left": self.total - sum(self.counts.values()), "passed over": passed_over}
        told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        folder = min(self.folders, key=len, default="").rstrip("/") + "/"
        folder = folder if all(f"{each}/".startswith(folder) for each in self.folders) else ""
        where = f" into {folder}" if self.counts["done"] and folder.strip("/") else ""
        if not self.counts["done"]:
            return f"{told}{where} in {seconds:.1f} s"
        sizes = " to ".join(megapixels(pixels) for pixels in self.pixels)
        amounts = " to ".join(amount(number) for number in self.bytes)
        return f"{told}{where} in {seconds:.1f} s: {sizes}, {amounts}"


@contextlib.contextmanager
def opened_log(path: str | None) -> Iterator[BinaryIO | None]:
    """Give the log, to which lines are added; raise OutputError where it cannot be written."""
    if path is None:
        yield None
        return
    try:
        file = open(path, "ab", buffering=0)  # noqa: PTH123, SIM115 closed below
    except OSError as error:
        raise OutputError(f"{path}: the log cannot be written ({error.strerror}): choose another name") from error
    with file:
        yield file


def _line(outcome: Outcome) -> str:
    result, job = outcome.result, outcome.job
    return one_line(f"{job.source.label} {_size(result.size)} -> {job.output or STREAM} {_size(result.out_size)}")


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def record(outcome: Outcome) -> dict:
    """Return the JSON object of an outcome; keys without a value are null.

    Where the method is left to the picture, `chosen` is the one that it asks for; else there is no such key.
    """
    result, job = outcome.result, outcome.job
    target = job.request.target
    pair = None
    if isinstance(target, Scale):
        pair = [float(target.x), float(target.y)]
    elif result:
        pair = [out / size for out, size in zip(result.out_size, result.size, strict=True)]
    notes = "; ".join(result.notes) if result else ""
    width, height = result.size if result else (None, None)
    out_width, out_height = result.out_size if result else (None, None)
    chosen = {"chosen": result.chosen or None if result else None} if job.request.spec.method.engine == "auto" else {}
    return {
        "input": job.source.label,
        "output": (job.output or str(STREAM)) if job.format else None,
        "status": outcome.status,
        "reason": outcome.reason or notes or None,
        "format": job.format.name if job.format else None,
        "mode": result.mode if result else None,
        "width": width,
        "height": height,
        "out_width": out_width,
        "out_height": out_height,
        "scale": pair[0] if pair and pair[0] == pair[1] else pair,
        "method": job.request.spec.text,
        **chosen,
        "plan": result.plan if result else None,
        "ms": result.ms if result and result.ms else None,
    }
