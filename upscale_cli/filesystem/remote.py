"""Files that fsspec reaches: `s3://`, `gs://`, `memory://` and whatever else it has a library for."""

import contextlib
import io
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import InputError, OutputError

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

INSTALL = "pip install 'upscale-cli[cluster]'"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters at least: c:// is a drive
# Whose files appear whole, when they are closed; elsewhere they are written under another name first.
WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "az", "memory"}


class Url(str):
    """A file's URL."""

    __slots__ = ()

    def read(self) -> bytes:
        """Return the file's content."""
        with told():
            system, path = system_of(self)
            return system.cat_file(path)


def is_url(text: str) -> bool:
    """Whether a text is a URL, and no path."""
    return bool(_SCHEME.match(text))


def place_of(text: str) -> Path | Url:
    """Return what a text names: a file of this machine, or one of elsewhere."""
    if not is_url(text):
        return Path(text)
    if text.lower().startswith("file://"):
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(text).path))
    return Url(text)


def system_of(url: str) -> "tuple[AbstractFileSystem, str]":
    """Return the file system that a URL is in, and its path there."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InputError(f"{url} is a URL, which fsspec reads and writes: {INSTALL}") from None
    return url_to_fs(url)


@contextlib.contextmanager
def told(kind: type[InputError | OutputError] = InputError) -> Iterator[None]:
    """Make an error of this package of whatever a file system's library raises, but for the errors of files."""
    try:
        yield
    except (InputError, OutputError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise kind("there is no such file: check its name") from error
    except ImportError as error:  # its message names the library
        raise kind(f"its file system has a library of its own: {str(error).rstrip('.')}") from error
    except Exception as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise kind(f"its file system says: {words}") from error


def kind_of(url: str) -> str:
    """Return what a URL names: "file", "folder" or, where nothing can be seen, ""."""
    with told():
        system, path = system_of(url)
        try:
            kind = system.info(path)["type"]
        except FileNotFoundError:
            return ""
        return "folder" if kind == "directory" else kind


def size_of(url: str) -> int:
    """Return a file's bytes."""
    with told():
        system, path = system_of(url)
        return system.size(path)


def names_below(url: str, recursive: bool) -> list[str]:
    """Return the names of the files in a folder, relative to it, in order."""
    with told():
        system, path = system_of(url)
        found = system.find(path, maxdepth=None if recursive else 1)
        return sorted(posixpath.relpath(name, path) for name in found)


@contextlib.contextmanager
def replacing(url: str, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the URL's name when the block ends well.

    Raises OutputError where nothing can be written, or where the name is taken and not to be overwritten.
    """
    file = io.BytesIO()
    yield file
    with told(OutputError):
        system, path = system_of(url)
        if not overwrite and system.exists(path):
            raise OutputError(f"{url} exists: use --overwrite to replace it, or --skip-existing")
        protocols = {system.protocol} if isinstance(system.protocol, str) else {*system.protocol}
        if protocols & WHOLE:
            system.pipe_file(path, file.getvalue())
            return
        part = posixpath.join(posixpath.dirname(path), f".upscale-{os.urandom(8).hex()}.part")
        system.makedirs(posixpath.dirname(path), exist_ok=True)
        try:
            system.pipe_file(part, file.getvalue())
            system.mv(part, path)
        except BaseException:
            with contextlib.suppress(Exception):
                system.rm_file(part)
            raise
