"""`upscale cache`: the store of compiled kernels."""

import contextlib
import signal
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import OutputError, UpscaleError, UsageError
from ...methods import METHODS, Method
from ...spec import nearest_name
from ..words import GroupedCommand, Number, one_line

if TYPE_CHECKING:
    from concurrent.futures import Future

# kind of image: its samples' type (in the letters of `struct`), its channels, and the byte that it is full of. Kernels
# for an alpha that is full everywhere are others than for one that is not.
KINDS = {
    "grey": ("B", 1, 0),
    "grey with alpha": ("B", 2, 0),
    "RGB": ("B", 3, 0),
    "RGBA": ("B", 4, 0),
    "opaque RGBA": ("B", 4, 255),
    "16-bit grey": ("H", 1, 0),
    "float grey": ("f", 1, 0),
}
SCALES = (2, 3, 4, 1.5, 0.5)
HEIGHT, WIDTH = 12, 16  # of the images that are resized: all five scales give whole numbers


class Commands(GroupedCommand, click.Group):
    """Commands of a command; a misspelt one gets the nearest."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str, click.Command, list[str]]:
        """Return the command that the first word names, and the words after it."""
        if args[0] not in self.commands:
            hint = nearest_name(args[0], self.commands) or f": it is one of {', '.join(self.commands)}"
            raise UsageError(f"{ctx.command_path} has no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    subcommand_metavar="COMMAND",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def cache(context: click.Context) -> None:
    """Look after the store of kernels that were compiled for this processor.

    It is in the user's cache folder, or where UPSCALE_CACHE_DIR says.
    """
    if context.invoked_subcommand is None:
        raise UsageError(f"what about the store? say one of {', '.join(cache.commands)} (see upscale cache --help)")


@cache.command(cls=GroupedCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a line.")
def info(as_json: bool) -> None:
    """Tell where the store is and what it holds."""
    import json

    from ...jit import store

    home, reason, sizes = None, None, {}
    try:
        home = store.safe_folder()
        sizes = store.kernels(home)
    except OutputError as error:
        reason = str(error)
    if as_json:
        record = {"folder": str(home) if home else None, "reason": reason}
        click.echo(json.dumps(record | {"kernels": len(sizes), "bytes": sum(sizes.values())}, indent=2))
    elif home:
        click.echo(one_line(holdings(home)))
    else:
        click.echo(one_line(f"kernels are not kept: {reason}"))


@cache.command(cls=GroupedCommand)
def clear() -> None:
    """Delete the kernels; they are compiled again when they are needed."""
    from ...jit import store

    home = store.safe_folder()
    deleted = store.clear(home)
    what = f"deleted {_count(len(deleted), 'file')}, {_size(deleted)}" if deleted else "there was nothing to delete"
    click.echo(one_line(f"{home}: {what}"), err=True)


def holdings(home: Path) -> str:
    """Return what the store in a folder holds, in words; OutputError for a folder that cannot be read."""
    from ...jit import store

    sizes = store.kernels(home)
    return f"{home}: {_count(len(sizes), 'kernel')}, {_size(sizes)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _size(sizes: dict[Path, int]) -> str:
    """Return the sum in human units: `12.5 kB`."""
    total = sum(sizes.values())
    for unit in ("B", "kB", "MB"):
        if total < 999.95:
            return f"{total:.{0 if unit == 'B' else 1}f} {unit}"
        total /= 1000
    return f"{total:.1f} GB"


@cache.command(cls=GroupedCommand)
@click.option(
    "-j", "--jobs", type=Number(1, 1024, whole=True), metavar="N", help="Processes.  [default: all processors]"
)
def warm(jobs: int | None) -> None:
    """Compile everything now, so that no later run has to.

    That is what resizing by 2, 3, 4, 1.5 and 0.5 needs, by every method, of grey and colour images of 8 bits, with
    alpha or without, and grey ones of 16 bits and floats, and what comparing needs. Rarer requests (--linear,
    --antiring, --like) still compile when they first come.
    """
    from ... import jit
    from ...jit import store
    from ...run import processors

    if jit.interpreted():
        raise UpscaleError("NUMBA_DISABLE_JIT is set, so nothing is compiled: unset it")
    home, started = store.safe_folder(), time.perf_counter()
    work, compiled = portions(), 0
    _show(f"0/{len(work)}")
    try:
        with contextlib.closing(_spread(work, jobs or processors())) as counts:
            for done, count in enumerate(counts, 1):
                compiled += count
                left = (time.perf_counter() - started) * (len(work) - done) / done
                _show(f"{done}/{len(work)}, {left:.0f} s left, {_count(compiled, 'kernel')} compiled")
    finally:
        _show("")
    what = f"compiled {_count(compiled, 'kernel')}" if compiled else "nothing was left to compile"
    sizes = store.kernels(home)
    holds = f"now {_count(len(sizes), 'kernel')}, {_size(sizes)}"
    click.echo(one_line(f"{home}: {what} in {time.perf_counter() - started:.1f} s; {holds}"), err=True)


def portions() -> list[tuple[str, float, tuple[str, ...]]]:
    """Return what there is to resize: a kind of image, a scale, and methods.

    Portions share few kernels with each other, and those that stand together start with different ones.
    """
    found = []
    for number, scale in enumerate(SCALES):
        names = [name for name, row in METHODS.items() if _reaches(row, scale)]
        turn = number * len(names) // len(SCALES)
        found += [(kind, scale, (*names[turn:], *names[:turn])) for kind in KINDS]
    return found


def _reaches(row: Method, scale: float) -> bool:
    return row.enlarges if scale > 1 else row.shrinks


def compile_for(kind: str, scale: float, methods: Iterable[str]) -> int:
    """Resize an image by each of the methods, and return how many kernels were compiled for it.

    Raises OutputError where the store does not keep them.
    """
    import tempfile

    from ... import jit
    from ...api import resize, resize_file
    from ...evaluate.compare import compare
    from ...jit import store

    starts = []
    jit.listener = starts.append
    form, channels, byte = KINDS[kind]
    samples = bytearray([byte]) * (struct.calcsize(form) * HEIGHT * WIDTH * channels)
    with tempfile.TemporaryDirectory() as folder:  # writing PNG has a kernel, too
        pixel = Path(folder, "pixel.ppm")
        pixel.write_bytes(b"P6 1 1 255\n\0\0\0")
        resize_file(pixel, pixel.with_suffix(".png"), scale=2, method="nearest")
    image = memoryview(samples).cast(form, [HEIGHT, WIDTH, channels])
    if scale > 1:  # comparing shrinks, and measures
        compare(image, scale, "nearest", convention="full", metrics=("ssim", "gmsd", "lr_psnr"), threads=1)
    for name in methods:
        resize(image, scale, method=name, threads=1)
        if store.unkept:
            raise OutputError(f"{store.safe_folder()}: kernels cannot be kept ({store.unkept[0]}): {store.ELSEWHERE}")
    return sum(starts)


def _spread(work: list[tuple], jobs: int) -> Iterator[int]:
    """Yield the result of `compile_for` for each portion as it is done, by as many processes."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(min(jobs, len(work)), multiprocessing.get_context("spawn"))
    running: list[Future] = []
    try:
        with _deaf():
            running += [pool.submit(compile_for, *portion) for portion in work]
        for future in as_completed(running):
            yield future.result()
    except BrokenProcessPool:
        raise UpscaleError("a process that compiled was ended, for want of memory perhaps: use fewer with -j") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if not all(future.done() for future in running):  # nobody waits for them any more
            for process in multiprocessing.active_children():
                process.terminate()


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: this one ends them, and they say nothing of it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _show(state: str) -> None:
    """Tell a terminal how far the work is, over what it was told before."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{state}", err=True, nl=False)
