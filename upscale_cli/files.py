"""Resizing a whole file, with all that it holds, into one result or several."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from .codec import metadata
from .codec.decode import Header, Source
from .codec.encode import encode
from .codec.pillow import at_ease
from .codec.whole import size_if_whole
from .color.fill import BLACK
from .errors import GeometryError, InputError, OutputError, naming
from .filesystem.atomic import kind_of, replacing, standard_output
from .filesystem.remote import Url
from .formats import BY_EXTENSION, Format, Settings
from .geometry import Geometry
from .plan import Plan
from .raster import Raster
from .request import Request
from .run import get_ready, processors, run
from .steps import Promote, Reduce, ToPalette

STREAM = Path("-")  # how standard input and output are called
KEPT_WHOLE = ("PNG",)  # formats whose encoder keeps all frames
LONG_TO_DECODE = 1_000_000  # pixels; other work can be done meanwhile


@dataclass(slots=True)
class Result:
    """What was done to one file: sizes in pixels, times in milliseconds, notes on what was not kept.

    A path `-` is standard input or output. Of several frames the size and the plan are the first one's.
    `chosen` is the method that the picture asked for, if that was left to it. `bytes` are
    those of the input and of the output.
    """

    input: Path | Url
    output: Path | Url
    format: str
    mode: str
    size: tuple[int, int]
    out_size: tuple[int, int]
    plan: str
    chosen: str = ""
    bytes: tuple[int, int] = (0, 0)
    ms: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, *notes: str) -> None:
        """Add the notes that are not there yet."""
        self.notes += [note for note in dict.fromkeys(notes) if note and note not in self.notes]


class Skipped(NamedTuple):
    """A task that was left alone, and why."""

    reason: str


class Task(NamedTuple):
    """One result that is wanted of a file: where it goes (None: to standard output), as what, and what is asked."""

    output: Path | Url | None
    format: Format
    request: Request


class Manner(NamedTuple):
    """How files are written: over others, into `folders` that are made, by how many threads, or `dry`: not at all.

    With `skips` an output that is there, whole and of the size that it would have, is left alone.
    """

    settings: Settings = Settings()
    overwrite: bool = False
    skips: bool = False
    folders: bool = False
    threads: int | None = None
    dry: bool = False


def label_of(src: Path | Url | bytes) -> Path | Url:
    """Return what a file, or the bytes of standard input, is called in messages."""
    return STREAM if isinstance(src, bytes) else src


def probe(src: Path | Url | bytes, request: Request) -> tuple[Header, Geometry]:
    """Return what a file's (or its bytes') header says and the geometry of its result, without decoding."""
    with naming(label_of(src)), at_ease(), Source(_local(src), request.max_pixels, request.handling) as source:
        return source.header, request.geometry(source.header.width, source.header.height)


def extension_of(data: bytes) -> str:
    """Return an extension of the format that a file's bytes are in, "" where none is known."""
    try:
        with at_ease(), Source(data, 2**62) as source:
            name = "JPEG" if source.header.format == "MPO" else source.header.format
    except InputError:
        return ""
    known = (extension for extension, row in BY_EXTENSION.items() if name == (row.encoder or row.name))
    return next(known, name.lower())


def _local(src: Path | Url | bytes) -> Path | bytes:
    """Return what `Source` opens: a path, or the bytes of what lies elsewhere."""
    return src.read() if isinstance(src, Url) else src


def process(
    src: Path | Url | bytes, tasks: Sequence[Task], manner: Manner, claim: Callable[[int], int] | None = None
) -> Iterator[Result | Skipped | Exception]:
    """Resize one file, or the bytes of one, which is decoded once however many results are wanted of a still.

    Yields for each task what was done, or why it was not: an UpscaleError names the input. That the reader of standard
    output has gone is raised, as BrokenPipeError. `claim` is told before a task is begun how many bytes of memory it
    needs, and returns how many threads it may use, instead of the manner's.
    """
    first = tasks[0].request
    try:
        with naming(label_of(src)), at_ease():
            file = _local(src)
            stamp = _stamp(file)
            source = Source(file, first.max_pixels, first.handling)
    except Exception as error:
        yield from [error] * len(tasks)
        return
    with source:
        work = _Work(source, src, tasks, manner, claim, stamp)
        for task in tasks:
            try:
                with naming(label_of(src)), at_ease():
                    done = work.do(task)
            except BrokenPipeError:
                raise
            except Exception as error:
                done = error
            yield done


def _stamp(file: Path | bytes) -> tuple[int, int]:
    """Return a file's size and when it was changed last, so that a change can be told."""
    if isinstance(file, bytes):
        return len(file), 0
    with contextlib.suppress(OSError):  # which whoever opens the file meets again
        status = file.stat()
        return status.st_size, status.st_mtime_ns
    return 0, 0


class _Work:
    """The work on one source."""

    def __init__(
        self, source: Source, src: Path | Url | bytes, tasks: Sequence[Task], manner: Manner,
        claim: Callable[[int], int] | None, stamp: tuple[int, int],
    ) -> None:  # fmt: skip
        self.source, self.src, self.manner = source, src, manner
        self.claim, self.stamp = claim, stamp
        self.single = len(tasks) == 1
        self.threads = manner.threads or processors()
        self.decoded: dict[bool, Raster] = {}  # a still that is wanted again, with its palette kept or not
        self.failure: InputError | None = None
        self.reduction = 0  # by the decoder; not known yet
        self.tasks = tasks
        self.spent: dict[str, float] = {}
        self.geometries: dict[tuple[int, int, int], Geometry] = {}

    def do(self, task: Task) -> Result | Skipped:
        """Do one task; errors pass through."""
        started, header, row, output = time.perf_counter(), self.source.header, task.format, task.output
        geometry = self._geometry(task.request, header.width, header.height)
        overwrite = self.manner.overwrite
        if output is not None:
            if self.manner.skips and _is_taken(output):
                if _is_done(output, task, geometry):
                    return Skipped(f"{output} exists")
                overwrite = True
            check_output(self.src, output, overwrite)
        row.check_size(geometry.width, geometry.height)
        if header.width * header.height >= LONG_TO_DECODE:
            get_ready()
        every = bool(header.kind) and row.frames in ("pages", header.kind)
        frames = header.frames if every else header.frames[:1]
        _check_frames(len(frames), geometry, task)
        if self.claim and not self.manner.dry:
            self.threads = self.claim(_memory_needed(header, geometry, task, len(frames)))
        sizes = (header.width, header.height), (geometry.width, geometry.height)
        result = Result(label_of(self.src), output or STREAM, row.name, header.mode, *sizes, "")
        self.spent = {"decode": 0.0, "resize": 0.0}
        rasters = self._rasters(task, frames, result)
        first = next(rasters)
        if not self.manner.dry:
            try:
                with self._target(output, overwrite) as file:
                    self._encode(task, first, rasters, len(frames), file, result)
                    self._check_stamp()
                    with contextlib.suppress(OSError):  # of a pipe nobody knows
                        result.bytes = self.stamp[0], file.seek(0, os.SEEK_END)
            except OutputError as error:  # another run may have done it meanwhile
                appeared = self.manner.skips and isinstance(error.__cause__, FileExistsError)
                if not appeared or not _is_done(output, task, geometry):
                    raise
                return Skipped(f"{output} exists")
            total = time.perf_counter() - started
            spans = self.spent | {"encode": total - sum(self.spent.values()), "total": total}
            result.ms = {name: round(seconds * 1000, 3) for name, seconds in spans.items()}
        lost = f"only the first of {len(header.frames)} frames is kept" * (len(header.frames) > len(frames))
        result.notes, notes = [], result.notes
        result.note(*self.source.notes, lost, *notes)
        return result

    def _rasters(self, task: Task, frames: range, result: Result) -> Iterator[Raster]:
        """Yield each frame resized, or the first one as it is where nothing is to be written; plan the result."""
        for number in frames:
            started = time.perf_counter()
            raster, geometry = self._decoded(task, number)
            row = task.format.of_several() if len(frames) > 1 else task.format
            raster, plan = task.request.plan(raster, geometry.reduced(self.reduction), row)
            self.spent["decode"] += time.perf_counter() - started
            if not result.plan:
                result.chosen = plan.chosen
                steps = f"decode at 1/{self.reduction} | {plan}" if self.reduction > 1 else str(plan)
                result.plan = f"{len(frames)} frames | {steps}" if len(frames) > 1 else steps
            if self.manner.dry:
                yield raster
                return
            result.note(_told_of_depth(raster, plan, task.request))
            started = time.perf_counter()
            raster = _resized(raster, plan, geometry, task.request, self.threads)
            self.spent["resize"] += time.perf_counter() - started
            yield raster

    def _decoded(self, task: Task, number: int) -> tuple[Raster, Geometry]:
        """Return a frame's raster and geometry; a still is decoded for all tasks together."""
        header, copying = self.source.header, task.request.copying
        if header.kind:
            self.reduction = 1
            raster = self.source.decode(number, copying and header.kind == "pages")
            return raster, self._geometry(task.request, raster.width, raster.height)
        if not self.reduction:
            self.reduction = self.source.reduce(self._most_common_reduction())
        raster = self.decoded.get(copying)
        if raster is None:
            raster = self._first_decoded(number, copying)
        return raster, self._geometry(task.request, header.width, header.height)

    def _geometry(self, request: Request, width: int, height: int) -> Geometry:
        """Return the geometry of a result; of one request and size it is worked out once."""
        key = id(request), width, height
        if key not in self.geometries:
            self.geometries[key] = request.geometry(width, height)
        return self.geometries[key]

    def _most_common_reduction(self) -> int:
        """Return by how much a decoder may shrink the picture for all tasks that can be done."""
        header, wanted = self.source.header, []
        for task in self.tasks:
            with contextlib.suppress(GeometryError):
                wanted.append(task.request.reduction(self._geometry(task.request, header.width, header.height)))
        return min(wanted)

    def _first_decoded(self, number: int, copying: bool) -> Raster:
        """Decode a still, and remember what came of it if it is wanted again."""
        if self.failure:
            raise self.failure
        try:
            raster = self.source.decode(number, copying)
        except InputError as error:
            self.failure = error
            raise
        if not self.single:
            self.decoded[copying] = raster
        return raster

    def _check_stamp(self) -> None:
        """Raise InputError for a file that is no longer the one that was opened."""
        if isinstance(self.src, Path) and _stamp(self.src) not in (self.stamp, (0, 0)):
            raise InputError("it was changed while it was read: resize it again once it is whole")

    def _target(self, output: Path | Url | None, overwrite: bool) -> contextlib.AbstractContextManager[BinaryIO]:
        if output is None:
            return standard_output()
        return replacing(output, overwrite=overwrite, folders=self.manner.folders)

    def _encode(
        self, task: Task, first: Raster, rest: Iterator[Raster], count: int, file: BinaryIO, result: Result
    ) -> None:
        row, settings = task.format, self.manner.settings
        background = (task.request.background or BLACK)[:3]
        if count == 1:
            result.note(*encode(first, file, row, settings, background, self.threads))
            return
        from .codec.frames import encode_frames

        header = self.source.header
        if header.kind == "animation" and row.frames == "pages":
            result.note("delays are not kept")
        result.note(*encode_frames(first, rest, count, header.plays, file, row, settings, background))


def _check_frames(count: int, geometry: Geometry, task: Task) -> None:
    """Raise GeometryError for frames that are too much for an encoder that keeps them all."""
    total = count * geometry.width * geometry.height
    if count > 1 and task.format.name in KEPT_WHOLE and total > task.request.max_pixels:
        raise GeometryError(
            f"the result would have {count} frames of {geometry.width}x{geometry.height}, more than "
            f"{task.request.max_pixels} pixels in all, and {task.format.name} needs them in memory: allow them with "
            "--max-pixels, or choose webp with -f"
        )


def _told_of_depth(raster: Raster, plan: Plan, request: Request) -> str:
    """Return a note on bits that the format does not hold."""
    sample, asked = raster.samples.dtype.str[1:], request.handling.depth
    promoted = "u2" if any(isinstance(step, Promote) for step in plan.steps) else sample
    stored = next((step.sample for step in plan.steps if isinstance(step, Reduce)), promoted)
    before, after = {"u1": 8, "u2": 16, "f4": 32}[sample], {"u1": 8, "u2": 16, "f4": 32}[stored]
    if after < before and asked != str(after):
        return f"{'32-bit floats' if before == 32 else '16 bits'} become {after}{' bits' * (before == 32)}"
    return "the format has 8 bits: --depth 16 is not kept" if asked == "16" and after == 8 else ""


def _resized(raster: Raster, plan: Plan, geometry: Geometry, request: Request, threads: int) -> Raster:
    """Return what the plan makes of a raster, with info that tells the truth of it."""
    samples = run(plan, raster.samples, threads)
    scale = tuple(float(factor) for factor in geometry.scale)
    info = metadata.update(raster.info, request.handling, (geometry.width, geometry.height), scale)
    space, alpha = raster.space, raster.alpha
    if any(isinstance(step, ToPalette) for step in plan.steps):
        space, alpha = ("palette" if "palette" in info else "bilevel"), False
        samples = samples if "palette" in info else samples * np.uint8(255)
    return Raster(samples, space, alpha, info)


def _is_taken(output: Path | Url) -> bool:
    """Whether an output's name is a file's, or a link's that leads nowhere."""
    kind = kind_of(output)
    return kind == "file" or (not kind and os.path.lexists(output))


def _is_done(output: Path | Url, task: Task, geometry: Geometry) -> bool:
    """Whether an output that is there is whole and of the size that it would have."""
    size = size_if_whole(_local(output), task.request.handling)
    return size == (geometry.width, geometry.height)


def _memory_needed(header: Header, geometry: Geometry, task: Task, count: int) -> int:
    """Return about how many bytes a task takes at most.

    Of source and result that are the samples and Pillow's four bytes a pixel; where frames are kept, those of all.
    """
    letters, _, bits = header.mode.partition(";")
    deep = bool(bits) or task.request.handling.depth == "16"
    sample = 4 if letters in ("I", "F") or "32" in bits else 2 if deep else 1
    pixel = (4 if letters == "P" else len(letters)) * sample + 4
    pixels = geometry.width * geometry.height
    if count > 1 and task.format.name in KEPT_WHOLE:
        pixels *= count
    on_the_way = task.request.scratch(header.width * header.height, geometry)
    return header.width * header.height * pixel + pixels * (pixel + task.format.memory) + on_the_way


def check_output(src: Path | Url | bytes, dst: Path | Url, overwrite: bool) -> None:
    """Raise OutputError where the output is the input, a folder, or exists and may not be replaced."""
    kind = kind_of(dst)
    if kind == "special":
        return
    if kind == "folder":
        raise OutputError(f"{dst} is a folder: end it in / to write inside")
    if src == dst or (kind and isinstance(src, Path) and isinstance(dst, Path) and dst.samefile(src)):
        raise OutputError("the output would be the input itself: choose another name with -o")
    if not overwrite and _is_taken(dst):
        raise OutputError(f"{dst} exists: use --overwrite to replace it, or --skip-existing")
