"""What the tests of big runs share: trees of tiny pictures, real processes, waiting with a deadline."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

from PIL import Image

UPSCALE = [sys.executable, "-m", "upscale_cli"]
EXTENSIONS = ("png", "jpg", "webp", "gif", "tif", "bmp")
PART = ".upscale-*.part"

Value = TypeVar("Value")


def picture(name: str | Path, size: tuple[int, int] = (4, 3), seed: int = 0) -> Path:
    """Save noise, which no encoder makes small, under a name in a folder that is made."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = Random(seed).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, pixels).save(path)
    return path


def pictures(folder: str, count: int, seed: int = 0) -> None:
    """Make a tree of small pictures of all kinds."""
    random = Random(seed)
    for number in range(count):
        below = random.choice(("", "a/", "a/b/", "c d/"))
        name = f"{folder}/{below}{number:03}.{random.choice(EXTENSIONS)}"
        picture(name, (random.randint(1, 24), random.randint(1, 16)), number)


def contents(folder: str) -> dict[str, bytes]:
    """Return what is visible in a folder, by its path in it."""
    top = Path(folder)
    files = [path for path in top.rglob("[!.]*") if path.is_file()]
    return {str(path.relative_to(top)): path.read_bytes() for path in files}


def parts() -> list[Path]:
    """Return the half-written files anywhere below."""
    return list(Path().rglob(PART))


def until(holds: Callable[[], Value], seconds: float = 60) -> Value:
    """Wait until something holds, and return it."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.002)
    return value


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started deaf to Ctrl-C


def start(*words: str) -> subprocess.Popen[str]:
    """Start the program in a process group of its own."""
    return subprocess.Popen(
        [*UPSCALE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=_hear_interrupts,  # noqa: PLW1509 no thread of the tests runs here
    )  # fmt: skip


def run(*words: str) -> tuple[int, str]:
    """Run the program; return its exit code and what it said on standard error."""
    done = subprocess.run([*UPSCALE, *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == ""
    return done.returncode, done.stderr


def children(parent: int) -> list[int]:
    """Return the living processes that a process has started, told by /proc."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [number for number in numbers if _parent(number) == parent]


def lives(process: int) -> bool:
    """Whether a process is there and no zombie."""
    return _parent(process) is not None


def _parent(process: int) -> int | None:
    try:
        state, parent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)
