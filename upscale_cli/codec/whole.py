"""Whether a file is a whole image, told from where its format says that it ends, or by decoding it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..errors import InputError
from ..spec import Handling
from .decode import Source, stream

END_OF_IMAGE = b"\xff\xd9"  # which compressed samples never hold
ENDS = {
    "JPEG": END_OF_IMAGE,
    "MPO": END_OF_IMAGE,
    "JPEG2000": END_OF_IMAGE,
    "PNG": b"\0\0\0\0IEND\xaeB`\x82",
    "QOI": b"\0\0\0\0\0\0\0\1",
}
TELLING = ("JPEG", "MPO", "PNG", "GIF", "WEBP")  # whose end says that all that comes before it is there
UNLIMITED = 2**62


def size_if_whole(file: Path | bytes, handling: Handling) -> tuple[int, int] | None:
    """Return the size of an image file, upright unless `handling` says otherwise; None for what is cut off or none."""
    try:
        with Source(file, UNLIMITED, replace(handling, frame=None)) as source:
            name = source.header.format
            with stream(file) as content:
                if not _ends(content, name):
                    return None
            for number in source.header.frames if name not in TELLING else ():
                source.decode(number)
            return source.header.width, source.header.height
    except (InputError, OSError):
        return None


def _ends(file: BinaryIO, name: str) -> bool:
    """Whether a file ends as its format says, if that says anything."""
    if name == "GIF":
        return _gif_ends(file)
    length = file.seek(0, os.SEEK_END)
    if name == "WEBP":
        file.seek(4)
        return int.from_bytes(file.read(4), "little") + 8 == length
    end = ENDS.get(name, b"")
    file.seek(max(0, length - len(end)))
    return file.read() == end


def _gif_ends(file: BinaryIO) -> bool:
    """Whether a file's blocks follow each other up to the trailer, a byte that stands within them, too (GIF89a, 17)."""
    _skip_palette(file, 10, 2)
    while (kind := file.read(1)) in (b",", b"!"):
        if kind == b",":
            _skip_palette(file, 8, 0)
        file.seek(1, os.SEEK_CUR)  # an extension's label, or the size of the first codes
        while (size := file.read(1)) > b"\0":
            file.seek(size[0], os.SEEK_CUR)
    return kind == b";" and not file.read(1)


def _skip_palette(file: BinaryIO, before: int, after: int) -> None:
    """Skip a descriptor, with so many bytes before and after its flags, and the palette that they announce."""
    file.seek(before, os.SEEK_CUR)
    flags = (file.read(1) or b"\0")[0]
    file.seek(after + (6 << (flags & 7) if flags & 0x80 else 0), os.SEEK_CUR)
