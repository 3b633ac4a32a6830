"""Which files are read, told from names alone: of no file more is looked at than that it is there."""

import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import InputError, naming
from ..files import label_of
from ..filesystem import remote
from ..filesystem.atomic import kind_of
from ..filesystem.remote import Url, is_url, place_of
from ..formats import BY_EXTENSION, READ_ONLY

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {*BY_EXTENSION, *READ_ONLY}


class Input(NamedTuple):
    """A file to read: its path or URL; the input folder that it was found in, if any; why nothing was found.

    Of standard input `data` is what was read, and `path` what a file of it would be called.
    """

    path: str
    within: str = ""
    failure: str = ""
    data: bytes | None = None

    @property
    def file(self) -> "Path | Url | bytes":
        """What is read: a file, or the bytes that came from standard input."""
        return place_of(self.path) if self.data is None else self.data

    @property
    def label(self) -> str:
        """What the input is called."""
        return self.path if self.data is None else str(label_of(self.data))

    @property
    def tail(self) -> str:
        """The path below the input folder."""
        return self.path[len(self.within) :].lstrip(os.sep)


@dataclass
class Search:
    """How folders are searched; `passed_over` names what was hidden, no image, or a link to a folder or out of it."""

    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    passed_over: list[str] = field(default_factory=list)

    def inputs(self, words: Iterable[str | Input], outputs: Callable[[str], str | None]) -> Iterator[Input]:
        """Yield every input: files as they are, a folder's images in order of name.

        Hidden files and what has no image's extension are passed over, and so is what `outputs` tells to be a
        folder's output folder. A folder in which nothing is left is yielded as an input that has failed.
        """
        for word in words:
            if isinstance(word, Input):
                yield word
            elif kind_of(place_of(word)) != "folder":
                yield Input(word)
            else:
                yield from self._folder(word, outputs(word))

    def _folder(self, folder: str, leave_out: str | None) -> Iterator[Input]:
        found = False
        walk = self._walk_url(folder, leave_out) if is_url(folder) else self._walk(folder, folder, leave_out)
        for each in walk:
            if each.failure or not (self.include or self.exclude) or self._wanted(each):
                found = True
                yield each
        if not found:
            more = "" if self.recursive else " (its subfolders are searched with -r)"
            what = "that --include and --exclude leave" if self.include or self.exclude else "of a known extension"
            yield Input(folder, failure=f"{folder}: there is no image {what} in this folder{more}")

    def _walk(self, folder: str, top: str, leave_out: str | None) -> Iterator[Input]:
        """Yield the images of a folder in order, and folders that cannot be read.

        Links to folders are not followed, nor those that lead out of the folder `top`.
        """
        try:
            with os.scandir(folder) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            reason = f"{folder}: the folder cannot be read ({error.strerror}): change its permissions"
            yield Input(folder, top, reason)
            return
        for entry in entries:
            if entry.name.startswith("."):
                self.passed_over.append(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                if self.recursive and not (leave_out and os.path.realpath(entry.path) == os.path.realpath(leave_out)):
                    yield from self._walk(entry.path, top, leave_out)
            elif is_known(entry.name) and not (entry.is_symlink() and _leads_away(entry.path, top)):
                yield Input(entry.path, top)
            else:
                self.passed_over.append(entry.path)

    def _walk_url(self, folder: str, leave_out: str | None) -> Iterator[Input]:
        with naming(folder):
            names = remote.names_below(folder, self.recursive)
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            if leave_out and path.startswith(f"{leave_out.rstrip('/')}/"):
                continue
            if is_known(name) and not any(part.startswith(".") for part in name.split("/")):
                yield Input(path, folder)
            else:
                self.passed_over.append(path)

    def _wanted(self, source: Input) -> bool:
        """Globs are matched against the name and the path below the folder, whatever the case: cameras write .JPG."""
        texts = [text.lower() for text in (os.path.basename(source.path), source.tail.replace(os.sep, "/"))]

        def matches(globs: tuple[str, ...]) -> bool:
            return any(fnmatch.fnmatchcase(text, glob.lower()) for glob in globs for text in texts)

        return (not self.include or matches(self.include)) and not matches(self.exclude)


def _leads_away(link: str, top: str) -> bool:
    """Whether a link is to a folder, or to what is not below the folder `top`."""
    inside = os.path.join(os.path.realpath(top), "")
    return kind_of(link) == "folder" or not os.path.realpath(link).startswith(inside)


def is_known(name: str) -> bool:
    """Whether a file's name has an image's extension."""
    return os.path.splitext(name)[1].lower().removeprefix(".") in KNOWN


def listed(text: bytes, null: bool) -> list[str]:
    """Return the paths of a list, one a line or, with `null`, each ended by a zero byte."""
    separator = b"\0" if null else b"\n"
    lines = (line if null else line.removesuffix(b"\r") for line in text.split(separator))
    names = [os.fsdecode(line) for line in lines if line]
    for name in names:
        if "\0" in name:
            raise InputError(f"the list has a zero byte in {name[:40]!r}: give -0 if its paths end in them")
    return names
