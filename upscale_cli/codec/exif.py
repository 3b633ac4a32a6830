"""EXIF brought up to date where it stands (TIFF 6.0, Exif 3.0).

Nothing is moved: makers' notes point to places in the whole, and what is built anew breaks them. What cannot be read
is taken as absent, and stays as it is.
"""

import operator
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

PREFIX = b"Exif\0\0"
ORDERS = {b"II": "<", b"MM": ">"}
HEADER, ENTRY, NEXT = 8, 12, 4  # bytes of the header, of a directory's entry, and of the next directory's place
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}  # bytes, by kind
WHOLE = {3: ("H", 16), 4: ("I", 32), 8: ("h", 15), 9: ("i", 31), 13: ("I", 32)}  # whole numbers, and their usable bits
LONG, RATIONAL = 4, 5
EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005  # tags that lead to other directories
ORIENTATION, UNIT = 0x0112, 0x0128
RESOLUTION = (0x011A, 0x011B)  # x, y
WIDTHS, HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
PICTURES = ((0x0201, 0x0202), (0x0111, 0x0117))  # where a thumbnail's pieces are, and their bytes
INCH = 2
PARTS = 1000  # of a dot, for resolutions that are not whole
PADDING = 3  # bytes at the most that follow a thumbnail to make the length even


class _Entry(NamedTuple):
    tag: int
    kind: int
    count: int
    place: int
    start: int  # of the value
    stop: int


class _Directory(NamedTuple):
    start: int
    stop: int  # the place of the next directory's place
    entries: list[_Entry]

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield start and stop of the directory, and of the values but the resolution's."""
        yield self.start, self.stop
        for entry in self.entries:
            if entry.tag not in RESOLUTION:
                yield entry.start, entry.stop


class _Tiff:
    def __init__(self, exif: bytes) -> None:
        self.prefix = exif[: len(PREFIX)] if exif.startswith(PREFIX) else b""
        self.data = bytearray(exif[len(self.prefix) :])
        self.order = ORDERS.get(bytes(self.data[:2])) if 42 in self.data[2:4] else None
        self.main = self.directory(self.number("I", 4))

    def number(self, code: str, at: int) -> int:
        """Return the number at a place, 0 where there is none."""
        if self.order is None or at + struct.calcsize(self.order + code) > len(self.data):
            return 0
        return struct.unpack_from(self.order + code, self.data, at)[0]

    def directory(self, at: int) -> _Directory:
        """Return the directory at a place, as far as it goes."""
        if at < HEADER:
            return _Directory(0, 0, [])
        stop = at + 2 + ENTRY * self.number("H", at)
        entries = []
        for place in range(at + 2, min(stop, len(self.data) - ENTRY + 1), ENTRY):
            tag, kind, count, start = struct.unpack_from(self.order + "HHII", self.data, place)
            size = count * SIZES.get(kind, 0)
            start = place + 8 if size <= 4 else start
            entries.append(_Entry(tag, kind, count, place, start, start + size))
        return _Directory(at, stop, entries)

    def numbers(self, directory: _Directory, tag: int) -> list[int]:
        """Return the whole numbers of a tag; of two entries the first counts, as in Pillow."""
        for entry in directory.entries:
            if entry.tag == tag and entry.kind in WHOLE and entry.stop <= len(self.data):
                return [*struct.unpack_from(f"{self.order}{entry.count}{WHOLE[entry.kind][0]}", self.data, entry.start)]
        return []

    def led_to(self, directory: _Directory, tag: int) -> _Directory:
        return self.directory((self.numbers(directory, tag) or [0])[0])

    def put(self, directory: _Directory, tags: tuple[int, ...], value: int) -> None:
        """Set the tags that are there, as a LONG where their kind is too small."""
        for entry in directory.entries:
            if entry.tag in tags and entry.kind in WHOLE and entry.count == 1 and not value >> 32:
                kind = entry.kind if not value >> WHOLE[entry.kind][1] else LONG
                struct.pack_into(self.order + "H", self.data, entry.place + 2, kind)
                struct.pack_into(self.order + WHOLE[kind][0], self.data, entry.place + 8, value)

    def resolution(self) -> list[_Entry]:
        """Return the entries that say how dense the dots are."""
        found = [entry for entry in self.main.entries if entry.tag in RESOLUTION and entry.stop <= len(self.data)]
        return [entry for entry in found if (entry.kind, entry.count) == (RATIONAL, 1)]


def orientation_of(exif: bytes) -> int:
    """Return how the picture is to be turned, 1 to 8; 1 where that is not said, or damaged."""
    tiff = _Tiff(exif)
    match tiff.numbers(tiff.main, ORIENTATION):
        case [value] if 1 <= value <= 8:
            return value
    return 1


def has_resolution(exif: bytes) -> bool:
    """Whether dots per length are said, in a way that `renewed` can set."""
    return bool(_Tiff(exif).resolution())


def renewed(
    exif: bytes, width: int, height: int, orientation: int | None = 1, dpi: tuple[float, float] | None = None
) -> bytes:
    """Return EXIF (with or without JPEG's prefix) of a picture as that of its resized copy.

    The size, the orientation unless it is None, and the resolution (x, y in dots per inch) if it is given are set where
    they are said, and added nowhere. The thumbnail is dropped: cut off at the end, blanked elsewhere. All other bytes
    stay where and as they are. It never raises and never grows.
    """
    tiff = _Tiff(exif)
    if not tiff.main.entries:
        return exif
    detail = tiff.led_to(tiff.main, EXIF)
    directories = (tiff.main, detail, tiff.led_to(tiff.main, GPS), tiff.led_to(detail, INTEROPERABILITY))
    kept = _marked(len(tiff.data), [(0, HEADER), *(extent for part in directories for extent in part.extents())])
    for directory in directories[:2]:
        tiff.put(directory, WIDTHS, width)
        tiff.put(directory, HEIGHTS, height)
    if orientation is not None:
        tiff.put(tiff.main, (ORIENTATION,), orientation)
    if dpi:
        _set_resolution(tiff, kept, dpi)
    ends = any(kept[tiff.main.stop : tiff.main.stop + NEXT])  # some writers leave out the next directory's place
    for entry in tiff.resolution():
        kept[entry.start : entry.stop] = b"\1" * (entry.stop - entry.start)
    return tiff.prefix + bytes(tiff.data if ends else _without_thumbnail(tiff, kept))


def _marked(size: int, extents: Iterable[tuple[int, int]]) -> bytearray:
    """Return a byte for each of `size`, 1 within any of the extents: in linear time, however they overlap."""
    mask, done = bytearray(size), 0
    for start, stop in sorted(extents):
        part = slice(max(start, done), min(stop, size))
        if part.start < part.stop:
            mask[part] = b"\1" * (part.stop - part.start)
            done = part.stop
    return mask


def _set_resolution(tiff: _Tiff, kept: bytearray, dpi: tuple[float, float]) -> None:
    """Set the resolution where nothing else has its value at the same place."""
    free = [entry for entry in tiff.resolution() if not any(kept[entry.start : entry.stop])]
    for entry in free:
        dots = dpi[RESOLUTION.index(entry.tag)]
        parts = 1 if float(dots).is_integer() else PARTS
        struct.pack_into(tiff.order + "II", tiff.data, entry.start, min(round(dots * parts), 2**32 - 1), parts)
    if free:
        tiff.put(tiff.main, (UNIT,), INCH)


def _without_thumbnail(tiff: _Tiff, kept: bytearray) -> bytes:
    """Return the data without the second directory and the picture that it leads to, but for bytes that are kept."""
    data, thumbnail = tiff.data, tiff.directory(tiff.number("I", tiff.main.stop))
    if not thumbnail.entries:
        return data
    struct.pack_into(tiff.order + "I", data, tiff.main.stop, 0)
    extents = [*thumbnail.extents(), (thumbnail.stop, thumbnail.stop + NEXT)]
    for starts, sizes in PICTURES:
        pairs = zip(tiff.numbers(thumbnail, starts), tiff.numbers(thumbnail, sizes), strict=False)
        extents += [(start, start + size) for start, size in pairs]
    extents += [(e.start, e.stop) for e in thumbnail.entries]
    gone = _marked(len(data), extents)
    end = max(len(data.rstrip(b"\0")), len(data) - PADDING)
    if gone[end - 1]:
        gone[end:] = b"\1" * len(gone[end:])
    left = bytes(map(operator.le, gone, kept))
    return bytes(map(operator.mul, data, left))[: left.rfind(1) + 1]
