"""Writing PNG in several threads: Pillow writes the metadata, the pixels are filtered and deflated here in stripes.

Pillow's encoder weighs five filters a row and deflates in one thread, which takes most of a run's time. Paeth's filter
is nearly always the one that it chooses for an enlarged picture, so it is the only one here. Each stripe is deflated on
its own, up to a byte's border, and the pieces are joined into one stream: RFC 1950, 1951, PNG specification, clause 9.
"""

import contextlib
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from ..jit import kernel
from ..raster import Raster

STRIPE = 2**18  # bytes of samples: the next one starts without the 32 kB before it, which costs half a percent
WORTH_THREADS = 4  # stripes
SAMPLES, SAMPLED = 8, 4  # stripes at the most, of each the 4th part, that are tried to choose how to deflate
SIGNATURE = 8  # bytes before the first chunk
BLOCK = 2**20  # bytes that are read at a time
TEXT = (b"tEXt", b"zTXt", b"iTXt")
COLOUR = (b"cICP", b"cHRM", b"gAMA", b"sRGB")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the kind that the header tells
SMALLEST = 1032  # bytes of samples that a byte of deflate's makes at the most
PAETH = 4
HEADER = b"\x78\x01"  # deflate, a window of 32 kB
# zlib's level and strategy, where none is asked for, the one that deflates a sample of the rows further: runs and
# Huffman codes for what a camera saw, matches for what was drawn.
QUICK = ((1, zlib.Z_RLE), (2, zlib.Z_DEFAULT_STRATEGY))


def holds(raster: Raster) -> bool:
    """Whether the raster's samples can be written as they are: grey and colour of 8 or 16 bits."""
    whole = raster.samples.dtype.kind == "u" and raster.info.get("mode") != "I"
    return raster.space in ("grey", "rgb") and whole


def write(file: BinaryIO, model: bytes, samples: np.ndarray, level: int | None, threads: int) -> None:
    """Write the samples (H x W x C, uint8 or uint16) as a PNG file.

    `model` is a PNG file of one pixel with as many channels, whose chunks but the header and the pixels are taken over.
    `level` is zlib's, from 0 to 9. The file does not depend on `threads`.
    """
    height, width, channels = samples.shape
    rows = samples.astype(samples.dtype.newbyteorder(">"), copy=False).view(np.uint8).reshape(height, -1)
    pixel = channels * samples.itemsize
    file.write(model[:SIGNATURE])
    for name, data in _chunks(model):
        if name == b"IHDR":
            file.write(_chunk(name, struct.pack(">IIB", width, height, 8 * samples.itemsize) + data[9:]))
        elif name == b"IDAT":
            _write_pixels(file, rows, pixel, level, threads)
        else:
            file.write(_chunk(name, data))


def ancillary(file: BinaryIO) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Return the chunks of TEXT and COLOUR in a PNG file, in their order, and whether metadata follows the pixels.

    What is cut off is left out. Raises ValueError for pixels with a wrong checksum, at which Pillow does not look, and
    for fewer bytes than can make as many pixels as the header says, for which Pillow takes memory all the same.
    """
    found, late, seen, needed, packed = [], False, False, 0, 0
    file.seek(SIGNATURE)
    while len(head := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        seen = seen or name == b"IDAT"
        late = late or (seen and name in (*TEXT, b"eXIf"))
        if name in TEXT or name in COLOUR:
            data = file.read(size)
            if len(data) == size:
                found.append((name, data))
            file.seek(4, 1)
        elif name == b"IDAT":
            _check(file, size)
            packed += size
        elif name == b"IHDR" and size == 13:
            width, height, bits, kind = struct.unpack(">IIBB3x4x", file.read(17))
            needed = height * (1 - -width * bits * CHANNELS.get(kind, 1) // 8)  # a row's filter, and its samples
        else:
            file.seek(size + 4, 1)
    if packed * SMALLEST < needed:
        raise ValueError("its pixels are truncated")
    return found, late


def _check(file: BinaryIO, size: int) -> None:
    """Go past a chunk of pixels; ValueError if it is whole and its checksum is wrong."""
    check = zlib.crc32(b"IDAT")
    while size and (block := file.read(min(size, BLOCK))):
        check, size = zlib.crc32(block, check), size - len(block)
    told = file.read(4)
    if not size and len(told) == 4 and told != struct.pack(">I", check):
        raise ValueError("the checksum of its pixels is wrong")


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = SIGNATURE
    while at < len(file):
        (size,) = struct.unpack_from(">I", file, at)
        yield file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


def _write_pixels(file: BinaryIO, rows: np.ndarray, pixel: int, level: int | None, threads: int) -> None:
    n_rows = max(1, STRIPE // rows.shape[1])
    starts = range(0, len(rows), n_rows)
    ways = QUICK if level is None else ((level, zlib.Z_DEFAULT_STRATEGY),)
    if len(ways) > 1 and len(rows) > n_rows // SAMPLED:
        ways = (_quickest(rows, starts, pixel),)

    def piece(start: int) -> tuple[bytes, int, int]:
        data = _filtered(rows, start, n_rows, pixel)
        packed = min((_deflated(data, *how, start == starts[-1]) for how in ways), key=len)
        return packed, zlib.adler32(data), data.size

    total = zlib.adler32(b"")
    with _mapping(threads if len(starts) >= WORTH_THREADS else 1) as mapped:
        for start, (data, check, size) in zip(starts, mapped(piece, starts), strict=True):
            total = _joined(total, check, size)
            head = HEADER if start == 0 else b""
            tail = struct.pack(">I", total) if start == starts[-1] else b""
            file.write(_chunk(b"IDAT", head + data + tail))


@contextlib.contextmanager
def _mapping(threads: int) -> Iterator[Callable]:
    if threads == 1:
        yield map
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(threads)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt waits for the stripes in flight only


def _filtered(rows: np.ndarray, start: int, n_rows: int, pixel: int) -> np.ndarray:
    """Return up to n_rows rows from `start` on, each after the filter's number, as bytes (n)."""
    stop = min(start + n_rows, len(rows))
    out = np.full((stop - start, rows.shape[1] + 1), PAETH, np.uint8)
    _subtract_paeth(rows, np.zeros(rows.shape[1], np.uint8), start, stop, pixel, out)
    return out.reshape(-1)


@kernel("void(u1[:,::1],u1[::1],i8,i8,i8,u1[:,::1])")
def _subtract_paeth(rows, nothing, y0, y1, pixel, out):
    """Write, after the first byte, the differences of rows y0 to y1 from Paeth's prediction.

    c b     a, b or c, whichever is nearest to a + b - c; left of the rows and above the first stand zeros
    a x
    """
    for y in range(y0, y1):
        row, above, differences = rows[y], rows[y - 1] if y > 0 else nothing, out[y - y0]
        for i in range(pixel):
            differences[1 + i] = np.uint8(np.int32(row[i]) - np.int32(above[i]))
        for j in range(np.uint64(row.size - pixel)):
            i = j + np.uint64(pixel)
            a, b, c = np.int32(row[j]), np.int32(above[i]), np.int32(above[j])
            to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - c - c)
            nearest = a if to_a <= to_b and to_a <= to_c else b if to_b <= to_c else c
            differences[i + np.uint64(1)] = np.uint8(np.int32(row[i]) - nearest)


def _quickest(rows: np.ndarray, starts: range, pixel: int) -> tuple[int, int]:
    """Return the level and strategy that deflate a few rows from all over the picture furthest."""
    n_rows = max(1, starts.step // SAMPLED)
    sample = np.concatenate([_filtered(rows, y, n_rows, pixel) for y in starts[:: len(starts) // SAMPLES + 1]])
    return min(QUICK, key=lambda how: len(_deflated(sample, *how, True)))


def _deflated(data: np.ndarray, level: int, strategy: int, last: bool) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return stream.compress(data) + stream.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _joined(one: int, two: int, size: int) -> int:
    """Return the Adler-32 of two pieces from those of each; `size` is that of the second in bytes."""
    base = 65521
    a1, b1, a2, b2 = one & 0xFFFF, one >> 16, two & 0xFFFF, two >> 16
    return (b1 + b2 + size * (a1 - 1)) % base << 16 | (a1 + a2 - 1) % base
