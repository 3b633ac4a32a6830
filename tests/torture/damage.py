"""Damaged copies of files, and what the command must make of them."""

import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from upscale_cli.formats import BY_EXTENSION

PNG = b"\x89PNG\r\n\x1a\n"
# The command's words beside the names, one after the other: all that goes another way through the codec.
WAYS = (
    "-s 2 -m nearest", "-s 2", "-s 1", "-s 0.5 --profile srgb", "-s 2 -m nearest --palette keep",
    "-s 2 --no-orient -f tif", "-s 2 --depth 16 -f png", "--size 3x3! --strip -f gif", "-s 1 --frame 1",
    "-s 2 --dpi scale -f webp", "-s 1 -f jpg",
)  # fmt: skip


def truncated(data: bytes, count: int) -> Iterator[bytes]:
    """Yield `count` beginnings of a file, the first of them empty."""
    for place in range(count):
        yield data[: len(data) * place // count]


def flipped(data: bytes, count: int, seed: str) -> Iterator[bytes]:
    """Yield `count` copies of a file with one byte changed, a few in every fourth.

    Of PNG every other copy has its checksums made good: few others get past them.
    """
    chance = random.Random(seed)
    for number in range(count):
        copy = bytearray(data)
        for _ in range(1 if number % 4 else chance.randint(2, 8)):
            copy[chance.randrange(len(copy))] ^= chance.choice((1 << chance.randrange(8), chance.randint(1, 255)))
        yield with_checksums(copy) if number % 2 and data.startswith(PNG) else bytes(copy)


def with_checksums(data: bytearray) -> bytes:
    """Return a PNG file whose chunks have the checksums that they should have, as far as chunks go."""
    at = len(PNG)
    while at + 12 <= len(data):
        end = at + 8 + struct.unpack_from(">I", data, at)[0]
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


def words(source: str, number: int, folder: str) -> list[str]:
    """Return the command for a damaged file, of WAYS the one that a number says; outputs go to a folder."""
    way = WAYS[number % len(WAYS)].split()
    written = Path(source).suffix[1:] in BY_EXTENSION or "-f" in way
    return [source, *way, *([] if written else ["-f", "png"]), "-o", f"{folder}/", "--quiet", "--overwrite"]


def complaint(code: int, out: str, err: str) -> str:
    """Return what is wrong with the way in which a command ended, nothing if all is well."""
    lines = err.splitlines()
    if code not in (0, 1):
        return f"exit code {code}"
    if out:
        return "something on standard output"
    if len(lines) != code:
        return f"{len(lines)} lines on standard error and exit code {code}"
    if any(not line.startswith("upscale: ") or "this is a defect" in line for line in lines):
        return "no line of the command's own"
    return ""
