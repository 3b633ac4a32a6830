"""Finding the colours of a picture in a palette."""

import functools

import numpy as np

from ..jit import Kernel, kernel

u8 = np.uint64


def merged(samples: np.ndarray, colours: bytes, mode: str, clear: int | bytes | None) -> np.ndarray:
    """Return a palette's indices (uint8, any shape) with the first of each colour in place of the others of its kind.

    `colours` are in a Pillow `mode` (RGB, RGBA, L ...), `clear` is the transparent index or the alpha of the first
    ones. What is fully transparent is of one kind; indices beyond the palette stay what they are.
    """
    entries = np.frombuffer(colours, np.uint8).reshape(-1, len(mode))[:256].astype(np.int64)
    if not mode.endswith("A"):
        entries = np.concatenate([entries, np.full((len(entries), 1), 255)], axis=1)
    if isinstance(clear, int) and clear < len(entries):
        entries[clear, -1] = 0
    elif isinstance(clear, bytes):
        alpha = np.frombuffer(clear, np.uint8)[: len(entries)]
        entries[: len(alpha), -1] = alpha
    entries[entries[:, -1] == 0] = 0
    _, first, kind = np.unique(entries, axis=0, return_index=True, return_inverse=True)
    table = np.arange(256, dtype=np.uint8)
    table[: len(entries)] = first[kind.ravel()]
    return table[samples]


def nearest_colour(src: np.ndarray, palette: np.ndarray, dst: np.ndarray, y0: int, y1: int) -> None:
    """Write for each pixel of rows y0 to y1 the index of the nearest colour, the lowest of several.

    `src` uint8 (H x W x C) is grey, grey and straight alpha, RGB or RGBA, `palette` uint8 (N x C) likewise, with N from
    1 to 256; `dst` is uint8 (H x W x 1); all are C-contiguous. Distances are Euclidean; colours with an alpha are
    multiplied by it first, so that all that is fully transparent is alike.
    """
    colours = palette.astype(np.int64)
    if palette.shape[1] in (2, 4):
        colours[:, :-1] *= colours[:, -1:]
        colours[:, -1] *= 255
    run, number = _finder(palette.shape[1])
    keys = 256 * (colours**2).sum(axis=1) + np.arange(len(colours))
    columns = np.ascontiguousarray(colours.T, dtype=np.int32)
    run(src, columns, keys.astype(number), np.zeros(len(columns), np.int32), dst, y0, y1)


@functools.cache
def _finder(channels: int) -> tuple[Kernel, type]:
    """Return the kernel for pixels of some channels, and the integer that it counts in.

    |p - q|^2 is least where |q|^2 - 2 p q is. 256 times that plus the index is the key, so that a plain minimum, which
    vectorises, finds both. It is below 2^27 without an alpha, below 2^44 with one.
    """
    alpha = channels in (2, 4)
    integer = np.int64 if alpha else np.int32
    code = "i8" if alpha else "i4"

    @kernel(f"void(u1[:,:,::1],i4[:,::1],{code}[::1],i4[::1],u1[:,:,::1],i8,i8)")
    def run(src, columns, keys, pixel, dst, y0, y1):
        """Use `pixel` as scratch."""
        for y in range(y0, y1):
            for x in range(u8(src.shape[1])):
                same = x > 0
                for c in range(channels):
                    same = same and src[y, x, c] == src[y, x - u8(1), c]
                if same:
                    dst[y, x, 0] = dst[y, x - u8(1), 0]
                    continue
                for c in range(channels):
                    v = np.int32(src[y, x, c])
                    if alpha:
                        v *= np.int32(src[y, x, channels - 1]) if c < channels - 1 else 255
                    pixel[c] = 512 * v
                least = keys[0]
                for j in range(u8(keys.size)):
                    key = keys[j]
                    for c in range(channels):
                        key -= integer(pixel[c]) * integer(columns[c, j])
                    least = min(least, integer(key))
                dst[y, x, 0] = np.uint8(least & 255)

    return run, integer
