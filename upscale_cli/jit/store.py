"""The store of compiled kernels: one file each in a folder that belongs to the user alone.

A file is named by a digest of everything that its code depends on, and starts with a digest of its own content, so a
file that is stale is not found and one that is damaged is not used.
"""

import contextlib
import hashlib
import importlib.util
import os
import secrets
import stat
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from .. import __version__

SUFFIX = ".kernel"
DIGEST = 32  # bytes of SHA-256


def folder() -> Path | None:
    """Return the store's folder, made if need be; None where there is none that is safe to use.

    It is UPSCALE_CACHE_DIR or `upscale` in the user's cache folder, and is not used when another user owns it or may
    write to it.
    """
    try:
        path = _place()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = path.stat()
    except (OSError, RuntimeError):
        return None
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return path


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
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    values = {name: cell.cell_contents for name, cell in cells}
    values |= {name: function.__globals__[name] for name in code.co_names if name in function.__globals__}
    for name, value in values.items():
        if isinstance(value, types.FunctionType):
            yield from _code(value)
        elif not isinstance(value, types.ModuleType):
            yield f"{name}={value!r}"


def load(key: str) -> tuple[bytes, str] | None:
    """Return the object code and the symbol of a stored kernel; None where there is none, or a damaged one."""
    home = folder()
    try:
        data = (home / f"{key}{SUFFIX}").read_bytes() if home else b""
    except OSError:
        return None
    body = data[DIGEST:]
    if not body or hashlib.sha256(body).digest() != data[:DIGEST]:
        return None
    symbol, _, code = body.partition(b"\0")
    return code, symbol.decode()


def save(key: str, code: bytes, symbol: str) -> None:
    """Store a kernel, if anything can be written at all; other processes see the whole file or none."""
    home = folder()
    if home is None:
        return
    body = symbol.encode() + b"\0" + code
    part = home / f"{key}.{secrets.token_hex(6)}.part"
    try:
        part.write_bytes(hashlib.sha256(body).digest() + body)
        part.replace(home / f"{key}{SUFFIX}")
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
