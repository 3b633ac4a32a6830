"""Which files are read and what their results are called, told from names alone wherever that is possible."""

import fnmatch
import os
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import OutputError, UsageError
from ..files import label_of
from ..filesystem.atomic import kind_of
from ..formats import BY_EXTENSION, READ_ONLY, Format, format_of
from ..geometry import Scale, Size

KNOWN = {*BY_EXTENSION, *READ_ONLY}
FIELDS = ("dir", "stem", "ext", "scale", "method", "width", "height")


class Input(NamedTuple):
    """A file to read; `within` is the input folder that it was found in, if any; `failure` why nothing was found.

    Of standard input `data` is what was read, and `path` what a file of it would be called.
    """

    path: Path
    within: Path | None = None
    failure: str = ""
    data: bytes | None = None

    @property
    def file(self) -> Path | bytes:
        """What is read: a path, or the bytes that came from standard input."""
        return self.path if self.data is None else self.data

    @property
    def label(self) -> Path:
        """What the input is called."""
        return label_of(self.file)


def fields_of(template: str) -> list[str]:
    """Return the names of a template's fields; ValueError where it is none."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def check_template(output: str | None, several: bool, n_sizes: int = 1) -> None:
    """Raise UsageError for an output that cannot serve.

    That is one with an unknown field, one file's name for several inputs, or one name for several sizes.
    """
    if output is None:
        return
    if output == "-":
        if several or n_sizes > 1:
            raise UsageError("-o - takes one image, and there are several: name a folder or a template")
        return
    if not output or "\0" in output:
        raise UsageError("-o needs the name of a file or a folder")
    try:
        fields = fields_of(output)
        unknown = next((name for name in fields if name not in FIELDS), None)
        if unknown is None:
            output.format(**dict.fromkeys(FIELDS[:5], ""), width=1, height=1)
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise UsageError(f"-o {output}: it is no template ({error}): write {{stem}}, or {{width:05d}}") from None
    if unknown is not None:
        raise UsageError(f"-o {output}: there is no field {{{unknown}}}: it has {{{'}, {'.join(FIELDS)}}}")
    if n_sizes > 1 and not {"scale", "width", "height"} & {*fields}:
        raise UsageError(f"-o {output}: several sizes need {{scale}}, {{width}} or {{height}} in the name")
    if several and not fields and Path(output).suffix.lower().removeprefix(".") in BY_EXTENSION:
        raise UsageError(f"-o {output} names one file, and there are several inputs: name a folder or a template")


def find(
    words: Iterable[Path | Input], recursive: bool, include: tuple[str, ...], exclude: tuple[str, ...], rule: "Naming"
) -> Iterator[Input]:
    """Yield every input: files as they are, a folder's images in order of name.

    Hidden files and what has no image's extension are passed over, and so is the output folder. A folder in which
    nothing is left is yielded as an input that has failed.
    """
    for word in words:
        if isinstance(word, Input) or kind_of(word) != "folder":
            yield word if isinstance(word, Input) else Input(word)
            continue
        found = [
            each
            for each in _walk(word, word, recursive, rule.folder(word))
            if each.failure or _wanted(each.path.relative_to(word), include, exclude)
        ]
        yield from found
        if not found:
            more = "" if recursive else " (its subfolders are searched with -r)"
            what = "that --include and --exclude leave" if include or exclude else "of a known extension"
            yield Input(word, failure=f"{word}: there is no image {what} in this folder{more}")


def _walk(folder: Path, top: Path, recursive: bool, leave_out: Path | None) -> Iterator[Input]:
    """Yield the images of a folder in order, and folders that cannot be read; links to folders are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        reason = f"{folder}: the folder cannot be read ({error.strerror}): change its permissions"
        yield Input(folder, top, reason)
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if recursive and not (leave_out and os.path.realpath(path) == os.path.realpath(leave_out)):
                yield from _walk(path, top, recursive, leave_out)
        elif path.suffix.lower().removeprefix(".") in KNOWN and kind_of(path) != "folder":
            yield Input(path, top)


def _wanted(path: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    """Globs are matched against the name and the path below the folder."""

    def matches(globs: tuple[str, ...]) -> bool:
        return any(fnmatch.fnmatch(text, glob) for glob in globs for text in (path.name, path.as_posix()))

    return (not include or matches(include)) and not matches(exclude)


class Naming(NamedTuple):
    """How outputs are called: `output` is what -o said, `extension` what -f said."""

    output: str | None
    extension: str | None
    method: str
    target: Scale | Size
    several: bool

    @property
    def _tail(self) -> str:
        return f"{'x' * isinstance(self.target, Scale)}{self.target}_{self.method}"

    @property
    def _names_folder(self) -> bool:
        kind = kind_of(self.output)
        return kind != "special" and (self.several or kind == "folder" or self.output.endswith(("/", os.sep)))

    def needs_size(self, source: Input) -> bool:
        """Whether the name cannot be told without the size of the result."""
        if self.output == "-":
            return False
        if self.output is None:
            return isinstance(self.target, Size) and source.within is None
        fields = fields_of(self.output)
        return "width" in fields or "height" in fields or ("scale" in fields and isinstance(self.target, Size))

    @property
    def follows_input(self) -> bool:
        """Whether outputs take their input's extension."""
        if self.extension or self.output is None:
            return not self.extension
        if self.output == "-":
            return True
        if "{" in self.output:
            return "{ext}" in self.output or self.output.endswith("/")
        return self._names_folder

    def format_of(self, source: Input, destination: Path | None) -> Format:
        """Return the format to write: what -f says, else what the name says, or for standard output the input's."""
        return format_of(self.extension or (destination or source.path).suffix)

    def folder(self, within: Path) -> Path | None:
        """Return the output folder of an input folder; None where a template tells it file by file."""
        if self.output is None:
            whole = Path(os.path.abspath(within))  # noqa: PTH100 resolve() follows links
            return whole.parent / f"{whole.name}_{self._tail}"
        return None if "{" in self.output else Path(self.output)

    def destination(self, source: Input, size: tuple[int, int] | None) -> Path | None:
        """Return the output's path, None for standard output; `size` is the result's where the name needs it."""
        if self.output == "-":
            return None
        path = source.path
        extension = f".{self.extension.lower().removeprefix('.')}" if self.extension else path.suffix
        sides = f"{size[0]}x{size[1]}" if size else ""
        if self.output and "{" in self.output:
            width, height = size or (0, 0)
            scale = str(self.target) if isinstance(self.target, Scale) else sides
            fields = (os.fspath(path.parent), path.stem, extension, scale, self.method, width, height)
            name = self.output.format(**dict(zip(FIELDS, fields, strict=True)))
            return Path(name, f"{path.stem}{extension}") if name.endswith("/") else Path(name)
        if source.within is not None:
            return self.folder(source.within) / path.relative_to(source.within).with_suffix(extension)
        if self.output is None:
            tail = f"{sides}_{self.method}" if size else self._tail
            return path.with_name(f"{path.stem}_{tail}{extension}")
        if self._names_folder:
            return Path(self.output) / f"{path.stem}{extension}"
        return Path(self.output)


def check_collisions(pairs: Iterable[tuple[Input, Path]]) -> None:
    """Raise OutputError where two inputs, or two sizes of one, would write the same output, before any work."""
    sources: dict[str, Input] = {}
    for source, destination in pairs:
        target = os.path.realpath(destination)
        first = sources.get(target)
        sources[target] = source
        if first is None or kind_of(destination) == "special":
            continue
        if first is source:
            raise OutputError(f"{source.label}: two of the sizes would be {destination}: give one of them")
        advice = (
            "give it once"
            if first.label == source.label
            else "tell them apart with {dir} or {stem} in -o, or in two runs"
        )
        raise OutputError(f"{first.label} and {source.label} would both write {destination}: {advice}")
