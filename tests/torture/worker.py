"""A process that runs the command on file after file, and is watched."""

import contextlib
import gc
import io
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from tests.torture.damage import complaint, words

SECONDS, BYTES = 10, 1 << 30  # of the processor, of memory
PATIENCE = 120  # seconds: it hangs, be the machine as busy as it may
MOST = 6 << 30  # of addresses: what would take more is refused, and does not take the machine


def peak() -> int:
    """Return the most bytes of memory that this process has had since `forget_peak`; 0 where that is not known."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


def forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def work(connection: Connection) -> None:
    """Run the command on each file that is sent, and send back what was wrong, the seconds and the bytes."""
    from upscale_cli.cli.door import main

    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as told:
        os.chdir(folder)
        os.dup2(told.fileno(), 2)  # what C libraries write, too
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        most = 0
        while (case := connection.recv()) is not None:
            if most > BYTES // 2:
                gc.collect()  # the next one is not to be blamed
            name, number, data = case
            Path(name).write_bytes(data)
            told.seek(0)
            told.truncate()
            forget_peak()
            start, out = time.process_time(), io.StringIO()
            with contextlib.redirect_stdout(out):
                code = main(words(name, number, "out"))
            took, most = time.process_time() - start, peak()
            told.seek(0)
            err = told.read().decode(errors="replace")
            wrong = complaint(code, out.getvalue(), err)
            if most > BYTES or took > SECONDS:
                wrong = wrong or f"{took:.1f} s and {most >> 20} MB"
            connection.send((f"{wrong}: {err.strip()}" if wrong else "", code, took, most))
            for path in Path("out").glob("*"):
                path.unlink()


class Worker:
    """A process that tries files; another takes its place when it dies or hangs."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=work, args=(there,), daemon=True)
        self._process.start()
        there.close()

    def attempt(self, name: str, number: int, data: bytes) -> tuple[str, int, float, int]:
        """Return what was wrong with the command's end (nothing if all is well), its code, the seconds, the bytes."""
        try:
            self._here.send((name, number, data))
            if self._here.poll(PATIENCE):
                return self._here.recv()
            wrong = f"it hung for {PATIENCE} s"
        except (EOFError, OSError):
            self._process.join()
            wrong = f"the interpreter died ({self._process.exitcode})"
        self._process.kill()
        self._process.join()
        self._start()
        return wrong, -1, PATIENCE, 0

    def close(self) -> None:
        self._here.send(None)
        self._process.join()
