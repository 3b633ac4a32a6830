"""What a comparison leaves: a table, CSV, JSON, pictures; each takes one image's block after the other."""

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ... import __version__
from ...errors import FullError, InputError, OutputError, naming
from ...evaluate.compare import Comparison
from ...evaluate.grid import Grid, outside
from ...evaluate.images import Case, size_of
from ...evaluate.pictures import write_picture
from ...evaluate.report import Report
from ...evaluate.rows import Block, Factor, Row, csv_text, document, means, read_csv, scale_text
from ...filesystem.atomic import FULL, check_place, kind_of, replacing
from ...filesystem.remote import is_url, place_of
from ..streams import STREAM
from .options import read_crop
from .table import Table

FILES = ("csv", "json", "grid", "report")
FORMS = ("png", "tiff")  # of results that are kept; PNG has no place for floats


def open_outputs(
    said: dict, comparison: Comparison, found: Sequence[Case], stack: contextlib.ExitStack
) -> tuple[list["Output"], list[Row]]:
    """Return what is to be written, and the rows that a CSV has already, with --resume.

    Raises, before any work, OutputError for what exists and may not be replaced, and for what has no place; InputError
    for a crop that no image holds.
    """
    if said["crop"]:
        _check_crop(read_crop(said["crop"]), found, said["max_pixels"])
    replaces = said["overwrite"] or said["resume"]
    inputs = [each for case in found for each in (case.image, case.truth) if each is not None and each.data is None]
    taken = {_resolved(each.path): f"{each.path} is an image that is compared" for each in inputs}
    for name in FILES:
        if said[name] not in (None, STREAM):
            _check_file(name, said[name], replaces, taken)
            taken[_resolved(said[name])] = f"{said[name]} is what --{name} writes"
    names, outputs, kept = comparison.protocol.metrics, [], []
    if said["save"]:
        outputs.append(Save(said["save"], comparison, found, replaces, taken))
    if said["csv"]:
        table = Csv(said["csv"], names, said["resume"], stack)
        outputs.append(table)
        kept = table.kept
    if STREAM not in (said["csv"], said["json"]) and not said["quiet"]:
        outputs.append(Table(names, kept))
    if said["json"]:
        outputs.append(Json(said, replaces))
    if said["grid"]:
        outputs.append(GridFile(said))
    if said["report"]:
        outputs.append(Page(said, comparison, stack))
    return outputs, kept


def _check_crop(crop: tuple[int, int, int, int], found: Sequence[Case], max_pixels: int) -> None:
    """Raise InputError for a crop that lies outside of all images that can be read, if their sizes are known."""
    reasons = []
    for case in found:
        if case.failure:
            continue
        with contextlib.suppress(InputError):  # which is met again, and told
            size = size_of(case.image if case.truth is None else case.truth, max_pixels)
            reasons.append(size and outside(case.label, crop, size))
            if not reasons[-1]:
                return
    if reasons:
        raise InputError(reasons[0])


class Output:
    """Something that is written of a comparison."""

    def add(self, block: Block) -> None:
        """Take an image's results."""

    def end(self, rows: list[Row]) -> None:
        """Write what is left to write, given all rows."""


class Csv(Output):
    """Rows as they come, then the means; `kept` are those that an earlier run has left.

    A row is in the file as soon as its image is done, so that an interrupted run can be resumed.
    """

    def __init__(self, path: str, names: Sequence[str], resume: bool, stack: contextlib.ExitStack) -> None:
        self.path, self.kept, self.file = path, [], sys.stdout.buffer
        if path == STREAM:
            self._write(csv_text([], names))
        elif kind_of(path) == "special":  # a pipe's reader would take a second opening for the end
            self.file = stack.enter_context(replacing(place_of(path), overwrite=True, option="--csv"))
            self._write(csv_text([], names))
        else:
            if resume and kind_of(path) == "file":
                with naming(path):
                    self.kept = read_csv(Path(path).read_bytes().decode("utf-8", "surrogateescape"), names)
            with replacing(place_of(path), overwrite=True, option="--csv") as file:
                file.write(_bytes(csv_text(self.kept, names)))
            self.file = stack.enter_context(Path(path).open("ab"))  # noqa: SIM115 closed by the stack

    def add(self, block: Block) -> None:
        """Write the image's rows."""
        self._write(csv_text(block.rows))

    def end(self, rows: list[Row]) -> None:
        """Write the means."""
        self._write(csv_text(means(rows)))

    def _write(self, text: str) -> None:
        try:
            self.file.write(_bytes(text))
            self.file.flush()
        except OSError as error:
            gone = isinstance(error, BrokenPipeError)
            if gone and self.path == STREAM:
                raise
            kind = FullError if gone or error.errno in FULL else OutputError  # after which no row can be written
            where, then = ("standard output", "") if self.path == STREAM else (self.path, ", then --resume")
            raise kind(f"{where} cannot be written ({error.strerror}): make room{then}") from error


class Json(Output):
    """One document with all rows and means."""

    def __init__(self, said: dict, replaces: bool) -> None:
        self.path, self.replaces, self.convention = said["json"], replaces, said["convention"]
        self.downsampler = said["downsampler"] if said["scale"] else None

    def end(self, rows: list[Row]) -> None:
        """Write the document."""
        text = json.dumps(document(rows, __version__, self.convention, self.downsampler), indent=2)
        if self.path == STREAM:
            click.echo(text)
            return
        with replacing(place_of(self.path), overwrite=self.replaces, option="--json") as file:
            file.write(_bytes(f"{text}\n"))


class GridFile(Output):
    """The grid of all results."""

    def __init__(self, said: dict) -> None:
        self.path, self.replaces = said["grid"], said["overwrite"]
        crop = read_crop(said["crop"]) if said["crop"] else None
        self.grid = Grid(crop, said["zoom"], said["error"], said["max_pixels"])

    def add(self, block: Block) -> None:
        """Draw an image's results, if there are any."""
        if block.results:
            self.grid.add(block)

    def end(self, rows: list[Row]) -> None:
        """Write the picture, unless there is nothing on it."""
        if self.grid.parts:
            write_picture(self.path, self.grid.picture(), self.replaces, "--grid")


class Page(Output):
    """The page for a browser, written as results come."""

    def __init__(self, said: dict, comparison: Comparison, stack: contextlib.ExitStack) -> None:
        self.path, self.replaces, self.stack = said["report"], said["overwrite"], stack
        self.pictures, self.names = said["report_images"] or "webp", comparison.protocol.metrics
        self.facts = comparison.protocol.facts(bool(said["scale"]), not said["between"]) | {"upscale": __version__}
        self.report: Report | None = None

    def add(self, block: Block) -> None:
        """Write an image's results, if there are any."""
        if not block.results:
            return
        if self.report is None:
            place = replacing(place_of(self.path), overwrite=self.replaces, option="--report")
            file = self.stack.enter_context(place)
            self.report = Report(file, self.facts, self.names, self.pictures)
        self.report.add(block)

    def end(self, rows: list[Row]) -> None:
        """Write the rest."""
        if self.report:
            self.report.end(means(rows) if len({row.image for row in rows}) > 1 else [])


class Save(Output):
    """Every result as a file of its own."""

    def __init__(
        self, folder: str, comparison: Comparison, found: Sequence[Case], replaces: bool, taken: dict[Path, str]
    ) -> None:
        self.folder, self.replaces, self.taken = folder, replaces, taken
        if kind_of(folder) not in ("", "folder"):
            raise OutputError(f"{folder} is no folder: give --save the name of one")
        found = [case for case in found if not case.failure]
        self.stems: dict[str, str] = {}
        owners: dict[str, str] = {}
        for case in found:
            stem = _stem(case)
            first = owners.setdefault(stem, case.label)
            if first != case.label:
                raise OutputError(f"{first} and {case.label} would both be saved as {stem}: compare them one by one")
            self.stems[case.label] = stem
        for case in found:
            for scale, spec in comparison.planned():
                for form in FORMS:
                    self._check(self._path(case.label, scale, spec, form))

    def _path(self, image: str, scale: Factor, method: str, form: str) -> str:
        name = f"{self.stems[image]}_x{scale_text(scale)}_{method.replace(':', '_').replace(' ', '')}.{form}"
        return f"{self.folder.rstrip('/')}/{name}"

    def _check(self, path: str) -> None:
        """Raise OutputError for what is there and may not be replaced."""
        if not kind_of(path):
            return
        if reason := self.taken.get(_resolved(path)):
            raise OutputError(f"{reason}: give --save another folder")
        if not self.replaces:
            raise OutputError(f"{path} exists: use --overwrite to replace it")

    def add(self, block: Block) -> None:
        """Write an image's results."""
        for method, samples in block.results:
            path = self._path(block.image, block.scale, method, FORMS[samples.dtype.kind == "f"])
            self._check(path)
            write_picture(path, samples, self.replaces, "--save", folders=True)


def _stem(case: Case) -> str:
    """Return what an image's results are called: its path below its folder, without the extension."""
    path = Path(case.image.tail if case.image.within else Path(case.image.path).name)
    return str(path.with_suffix(""))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _resolved(path: str) -> Path:
    return Path(place_of(path)).resolve()


def _check_file(name: str, path: str, replaces: bool, taken: dict[Path, str]) -> None:
    """Raise OutputError where a file may not be written; `taken` are those that have another use."""
    if name == "csv" and is_url(path):
        raise OutputError(f"{path}: rows are added to a file one by one: give --csv a file on this machine")
    kind = kind_of(path)
    if kind != "special" and (reason := taken.get(_resolved(path))):
        raise OutputError(f"{reason}: give --{name} another name")
    if kind == "file" and not replaces:
        more = ", or --resume to go on with it" * (name == "csv")
        raise OutputError(f"{path} exists: use --overwrite to replace it{more}")
    if not is_url(path):
        check_place(path, f"--{name}")
