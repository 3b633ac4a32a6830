"""Writing a file so that a reader sees the old one or the whole new one, whatever happens."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import OutputError

PREFIX, SUFFIX = ".upscale-", ".part"


def is_special(path: Path) -> bool:
    """Return whether the name is that of a device or a pipe, which is written through and never replaced."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the name `path` when the block ends well and vanishes when it does not.

    A symlink is followed and the file that it names replaced. Raises OutputError where nothing can be written.
    """
    with _telling(path):
        if is_special(path):
            with path.open("wb") as file:
                yield file
            return
        target = Path(os.path.realpath(path))
        part = target.with_name(f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}")
        try:
            with part.open("x+b") as file:
                yield file
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise OutputError(f"{path} has no folder to be written in: make {path.parent} first") from error
    except PermissionError as error:
        raise OutputError(f"{path} may not be written: choose another place with -o") from error
    except IsADirectoryError as error:
        raise OutputError(f"{path} is a folder: end it in / to write inside") from error
    except OSError as error:
        if error.errno is None:  # an encoder's own complaint
            raise OutputError(f"{path} cannot be encoded ({error})") from error
        raise OutputError(f"{path} cannot be written ({error.strerror})") from error
