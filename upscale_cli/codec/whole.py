"""Whether a file is a whole image, told from where its format says that it ends, or by decoding it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..errors import InputError
from ..spec import Handling
from .decode import Source, stream
from .pillow import gif_blocks

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
    kind = next((kind for kind, _ in gif_blocks(file) if kind not in (b",", b"!")), b"")
    return kind == b";" and not file.read(1)
