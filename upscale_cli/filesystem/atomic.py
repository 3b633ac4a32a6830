"""Writing a file so that a reader sees the old one or the whole new one, whatever happens."""

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import FullError, OutputError, UndeliveredError
from . import remote
from .remote import Url, is_url, place_of

try:
    import fcntl
except ImportError:  # pragma: no cover Windows, where the parts of killed runs stay
    fcntl = None

PREFIX, SUFFIX = ".upscale-", ".part"
FULL = (errno.ENOSPC, errno.EDQUOT)


class _Writer(io.BufferedRandom):
    """A file of which encoders do not see the number.

    Given one they write to it themselves, and take for done what a full disk has cut off.
    """

    def fileno(self) -> int:
        """Refuse."""
        raise io.UnsupportedOperation


class _OneWayWriter(io.BufferedWriter):
    """The same for what cannot be read or sought in."""

    fileno = _Writer.fileno


def kind_of(path: str | Path) -> str:
    """Return what a name is: "file", "folder", "special" (a device or a pipe) or, where nothing can be seen, ""."""
    if isinstance(path, str) and is_url(path):
        path = place_of(path)
        if isinstance(path, Url):
            return remote.kind_of(path)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 takes text with a trailing slash as it is
    except (OSError, ValueError):
        return ""
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "special"


def check_place(path: str | Path, option: str = "-o") -> None:
    """Raise OutputError for a name that nothing can be written under, before the work that it is for.

    `option` is what the user gave it with.
    """
    parent = Path(os.path.realpath(path)).parent
    if kind_of(path) == "folder":
        raise OutputError(f"{path} is a folder: give {option} the name of a file")
    if kind_of(parent) != "folder":
        raise OutputError(_homeless(path, parent if Path(path).is_symlink() else Path(path).parent, option))
    as_who = {"effective_ids": os.access in os.supports_effective_ids}
    if kind_of(path) != "special" and not os.access(parent, os.W_OK, **as_who):
        raise OutputError(f"{path} may not be written: give {option} a name in another folder")


def _homeless(path: str | Path, folder: Path, option: str) -> str:
    """Return what is said of a file whose folder is none."""
    if kind_of(folder):
        return f"{path} cannot be written, since {folder} is no folder: choose another place with {option}"
    return f"{path} has no folder to be written in: make {folder} first"


@contextlib.contextmanager
def replacing(path: Path | Url, *, overwrite: bool, folders: bool = False, option: str = "-o") -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the name `path` when the block ends well and vanishes when it does not.

    A symlink is followed and the file that it names replaced; a device or a pipe is written through. Raises OutputError
    where nothing can be written, or where the name is taken and not to be overwritten. `folders` makes the folders
    that are missing; `option` is what the user named the file with.
    """
    if isinstance(path, Url):
        with remote.replacing(path, overwrite=overwrite) as file:
            yield file
        return
    with _telling(path, option):
        if kind_of(path) == "special":
            with _OneWayWriter(io.FileIO(path, "w")) as file:
                yield file
            return
        target = Path(os.path.realpath(path))
        if target.is_symlink():  # it leads round in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if folders:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except FileExistsError as error:  # a file
                raise NotADirectoryError from error
        part, lock = None, -1
        try:
            while lock < 0:
                part = target.with_name(f"{PREFIX}{os.urandom(8).hex()}{SUFFIX}")
                raw = io.FileIO(part, "x+")
                lock = _held(raw)
            with _Writer(raw) as file:
                yield file
            _take(part, target, overwrite)
        except BaseException:
            if part:
                part.unlink(missing_ok=True)
            raise
        finally:
            if lock >= 0:
                os.close(lock)


def _held(raw: io.FileIO) -> int:
    """Return the descriptor of a new part's lock, -1 if somebody swept it before it was locked.

    Whoever writes a part holds its lock until it has its name: that tells it from what a killed run has left.
    """
    lock = os.dup(raw.fileno())  # which stays when the file is closed
    if _locks(lock) and not os.fstat(lock).st_nlink:
        raw.close()
        os.close(lock)
        return -1
    return lock


def _locks(descriptor: int) -> bool:
    """Lock a file against `sweep`; False where another process has, or files cannot be locked at all."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, AttributeError):
        return False
    return True


def sweep(folder: str | os.PathLike) -> int:
    """Remove the parts that killed runs have left in a folder, and return how many; those being written stay."""
    count = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX):
                with contextlib.suppress(OSError):
                    count += _sweep_part(entry.path)
    return count


def _sweep_part(path: str) -> bool:
    part = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        stale = _locks(part)
        if stale:
            os.unlink(path)  # noqa: PTH108 text as it came from the folder
        return stale
    finally:
        os.close(part)


@contextlib.contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give a file to write to, all of which goes to standard output when the block ends well, and nothing else."""
    file = io.BytesIO()
    yield file
    try:
        left = file.getbuffer()
        while left:  # an unbuffered stream may take less than it is given
            left = left[sys.stdout.buffer.write(left) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise UndeliveredError from error
    except OSError as error:
        kind = FullError if error.errno in FULL else OutputError
        raise kind(f"standard output cannot be written ({error.strerror})") from error


def _take(part: Path, target: Path, overwrite: bool) -> None:
    """Give the finished part its name; a file that has appeared since the work began is not lost."""
    if not overwrite:
        try:
            target.hardlink_to(part)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if target.exists():
                raise FileExistsError from None
        else:
            part.unlink()
            return
    part.replace(target)


@contextlib.contextmanager
def _telling(path: Path, option: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        if kind_of(path.parent) != "folder":
            raise OutputError(_homeless(path, path.parent, option)) from error
        raise OutputError(f"{path} cannot be made: choose another place with {option}") from error
    except PermissionError as error:
        raise OutputError(f"{path} may not be written: choose another place with {option}") from error
    except FileExistsError as error:
        raise OutputError(f"{path} exists: use --overwrite to replace it, or --skip-existing") from error
    except IsADirectoryError as error:
        raise OutputError(f"{path} is a folder: end it in / to write inside") from error
    except OSError as error:
        if error.errno is None:  # an encoder's own complaint
            raise OutputError(f"{path} cannot be encoded ({error}): choose another format with -f") from error
        what = f"{path} cannot be written ({error.strerror})"
        if error.errno in FULL:
            raise FullError(f"{what}: make room") from error
        raise OutputError(f"{what}: choose another place or name with {option}") from error
