"""The store of compiled kernels: one file each in a folder that belongs to the user alone.

A file is named by a digest of everything that its code depends on, and starts with a digest of its name and content,
so a file that is stale is not found, and one that is damaged or under another's name is not used.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import stat
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from .. import __version__
from ..errors import OutputError

SUFFIX = ".kernel"
DIGEST = 32  # bytes of SHA-256
ELSEWHERE = "name another folder with UPSCALE_CACHE_DIR"

_OWN_FILE = re.compile(r".+-[0-9a-f]{32}(\.kernel|\.[0-9a-f]{12}\.part)")  # what `save` writes, and nobody else

unkept: list[str] = []  # why kernels that this process compiled were not stored; nothing else tells


def folder() -> Path | None:
    """Return the store's folder, made if need be; None where there is none that is safe to use."""
    with contextlib.suppress(OutputError):
        return safe_folder()
    return None


def safe_folder() -> Path:
    """Return the store's folder, made if need be: UPSCALE_CACHE_DIR or `upscale/kernels` in the user's cache folder.

    Raises OutputError where it cannot be made, or where another user owns it or may write to it.
    """
    try:
        path = _place()
    except RuntimeError:
        raise OutputError(f"the user has no home folder to keep kernels in: {ELSEWHERE}") from None
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = _fault(path.stat())
    except OSError as error:
        raise OutputError(f"{path}: the folder cannot be made ({error.strerror or error}): {ELSEWHERE}") from error
    if fault:
        raise OutputError(f"{path}: {fault}: {ELSEWHERE}")
    return path


def _fault(state: os.stat_result) -> str:
    """Return why code in a folder or file of this state cannot be trusted; empty where it is the user's own."""
    if not hasattr(os, "getuid"):
        return ""
    if state.st_uid != os.getuid():
        return "another user owns it"
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "other users may write to it (chmod go-w ends that)"
    return ""


def _place() -> Path:
    if named := os.environ.get("UPSCALE_CACHE_DIR"):
        return Path(named)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "upscale" / "kernels"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "upscale" / "kernels"
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "upscale" / "kernels"


def key_of(function: types.FunctionType, signature: str, flags: str, machine: str) -> str:
    """Return the name of a kernel's file: what it is called, and a digest of all that its code depends on."""
    digest = hashlib.sha256()
    for part in (__version__, sys.version, _numba_version(), machine, signature, flags, *_code(function)):
        digest.update(part.encode())
        digest.update(b"\0")
    return f"{function.__module__.rpartition('.')[2]}-{digest.hexdigest()[:32]}"


def _numba_version() -> str:
    """Return the text of numba's version file, which does not import numba; empty where there is none."""
    spec = importlib.util.find_spec("numba")
    try:
        return (Path(spec.submodule_search_locations[0]) / "_version.py").read_text()
    except (AttributeError, OSError, TypeError):
        return ""


def _code(function: types.FunctionType) -> Iterator[str]:
    """Yield the bytecode of a function, the constants that it closes over or reads, and those of its helpers."""
    code = function.__code__
    yield f"{code.co_code.hex()} {code.co_consts} {code.co_names} {code.co_varnames} {code.co_freevars}"
    yield repr(function.__defaults__)
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    values = {name: cell.cell_contents for name, cell in cells}
    values |= {name: function.__globals__[name] for name in code.co_names if name in function.__globals__}
    for name, value in values.items():
        if isinstance(value, types.FunctionType):
            yield from _code(value)
        elif not isinstance(value, types.ModuleType | type) and hasattr(value, "tobytes"):
            yield f"{name}={value.dtype}{value.shape}{value.tobytes().hex()}"  # NumPy prints a part of an array
        elif not isinstance(value, types.ModuleType):
            yield f"{name}={value!r}"


def load(key: str) -> tuple[bytes, str] | None:
    """Return the object code and the symbol of a stored kernel; None where there is none that can be trusted.

    A file may be another's though the folder is not, where the folder was once open to all.
    """
    home = folder()
    if home is None:
        return None
    try:
        with (home / f"{key}{SUFFIX}").open("rb") as file:
            data = b"" if _fault(os.fstat(file.fileno())) else file.read()
    except OSError:
        return None
    body = data[DIGEST:]
    if not body or _digest(key, body) != data[:DIGEST]:
        return None
    symbol, _, code = body.partition(b"\0")
    return code, symbol.decode()


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + body).digest()


def save(key: str, code: bytes, symbol: str) -> None:
    """Store a kernel, if anything can be written at all; other processes see the whole file or none."""
    home = folder()
    if home is None:
        unkept.append("no folder is safe to use")
        return
    body = symbol.encode() + b"\0" + code
    part = home / f"{key}.{os.urandom(6).hex()}.part"
    try:
        part.touch(mode=0o600, exist_ok=False)  # whatever the umask, nobody else may write to it
        part.write_bytes(_digest(key, body) + body)
        part.replace(home / f"{key}{SUFFIX}")
    except OSError as error:
        unkept.append(error.strerror or str(error))
    finally:
        with contextlib.suppress(OSError):  # it has its own name now, unless something went wrong
            part.unlink()


def entries(home: Path) -> dict[Path, int]:
    """Return the store's files with their sizes in bytes: kernels, and what unfinished writing left.

    Raises OutputError for a folder that cannot be read.
    """
    try:
        names = sorted(home.iterdir())
    except OSError as error:
        raise OutputError(f"{home}: the folder cannot be read ({error.strerror or error}): {ELSEWHERE}") from error
    found = {}
    for path in names:
        with contextlib.suppress(FileNotFoundError):  # another process may be at work
            state = path.lstat()
            if _OWN_FILE.fullmatch(path.name) and stat.S_ISREG(state.st_mode):
                found[path] = state.st_size
    return found


def kernels(home: Path) -> dict[Path, int]:
    """Return the kernels' files in the store's folder with their sizes in bytes."""
    return {path: size for path, size in entries(home).items() if path.suffix == SUFFIX}


def clear(home: Path) -> dict[Path, int]:
    """Delete the store's files and return them with the sizes that they had; whatever else is there stays.

    Raises OutputError for a file that cannot be deleted.
    """
    found = entries(home)
    for path in found:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"{path}: it cannot be deleted ({error.strerror or error}): change its permissions, or its folder's"
            ) from error
    return found
