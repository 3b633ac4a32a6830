"""How much memory a run may take."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

SHARE = 2  # of the free memory, one part in two
UNKNOWN = 4 << 30  # bytes, where nobody tells what is free


def budget() -> int:
    """Return half of the bytes that are free, for the machine and for the control group that the process is in."""
    free = [*_machine(), *_groups()]
    return min(free) // SHARE if free else UNKNOWN


def _machine() -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        lines = Path("/proc/meminfo").read_text().splitlines() if os.path.exists("/proc/meminfo") else ()
        found = [line for line in lines if line.startswith("MemAvailable:")]
        pages = 0 if found else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        yield int(found[0].split()[1]) << 10 if found else pages


def _groups(root: Path = Path("/sys/fs/cgroup"), mine: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """Yield what is free in each control group (version 2) around the process, inside out."""
    with contextlib.suppress(OSError):
        path = mine.read_text().partition("0::")[2].split("\n")[0].strip("/")
        group = root / path
        for folder in (group, *group.parents):
            with contextlib.suppress(OSError, ValueError):  # no limit is "max"
                limit = int((folder / "memory.max").read_text())
                yield max(0, limit - _in_use(folder))
            if folder == root:
                return


def _in_use(folder: Path) -> int:
    """Return the bytes that a group has in use, but for files that the system keeps at hand while nobody needs room."""
    status = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return int((folder / "memory.current").read_text()) - int(status.get("inactive_file", 0))
