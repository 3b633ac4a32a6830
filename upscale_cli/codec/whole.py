"""Whether a file is a whole image, told from where its format says that it ends, or by decoding it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..errors import InputError
from ..spec import Handling
from .decode import Source, stream

ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"\0\0\0\0IEND\xaeB`\x82", "GIF": b";"}
UNLIMITED = 2**62


def size_if_whole(file: Path | bytes, handling: Handling) -> tuple[int, int] | None:
    """Return the size of an image file, upright unless `handling` says otherwise; None for what is cut off or none."""
    try:
        with Source(file, UNLIMITED, replace(handling, frame=None)) as source:
            name = source.header.format
            if name in ENDS or name == "WEBP":
                with stream(file) as content:
                    return (source.header.width, source.header.height) if _ends(content, name) else None
            for number in source.header.frames:
                source.decode(number)
            return source.header.width, source.header.height
    except (InputError, OSError):
        return None


def _ends(file: BinaryIO, name: str) -> bool:
    """Whether a file ends as its format says."""
    length = file.seek(0, os.SEEK_END)
    if name == "WEBP":
        file.seek(4)
        return int.from_bytes(file.read(4), "little") + 8 == length
    end = ENDS[name]
    file.seek(max(0, length - len(end)))
    return file.read() == end
