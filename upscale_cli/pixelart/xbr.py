"""xBR (Hyllian 2011): each corner of an enlarged pixel is blended towards a neighbour if an edge cuts it off.

   A1 B1 C1        The corner at I is cut off if the colours change less along the edge, which runs through F and
A0 A  B  C  C4     H, than across it, from E to I. How flat or steep the edge is decides which cells are blended.
D0 D  E  F  F4     The other three corners are the same, turned by quarters.
G0 G  H  I  I4
   G5 H5 I5
"""

import functools
from collections.abc import Callable

import numpy as np

from ..jit import Kernel, helper, kernel
from .blending import NUMBER, hardener, meaner, mixer
from .planes import differs, distances, leveller, repeater, splitter, strip_of

HALO = 2
ALIKE = 155  # pixels are alike below this sum of differences in Y, U and V

f4 = np.float32
i8 = np.int64
u1 = np.uint8
u8 = np.uint64

# What a cut corner does to the cells (row, column) of E, with the corner at the lower right, in order: "22:6" blends
# six eighths of the neighbour in, "12=21" copies another cell. The shapes: the edge is uncertain; it is diagonal; it
# runs flat, steep, or is a corner itself.
SHAPES = ("uncertain", "diagonal", "flat", "steep", "both")
STEPS = {
    2: ("11:4", "11:4", "11:6 10:2", "11:6 01:2", "11:7 10:2 01=10"),
    3: ("22:4", "22:7 12:1 21:1", "21:6 12:2 20:2 22:8", "12:6 21:2 02:2 22:8", "21:6 20:2 12=21 02=20 22:8"),
    4: (
        "33:4",
        "23:4 32:4 33:8",
        "23:6 31:6 22:2 30:2 32:8 33:8",
        "32:6 13:6 22:2 03:2 23:8 33:8",
        "31:6 30:2 22=30 03=30 13=31 32:8 23:8 33:8",
    ),
}
PLACES = {
    "B": (-1, 0), "C": (-1, 1), "D": (0, -1), "E": (0, 0), "F": (0, 1), "G": (1, -1), "H": (1, 0), "I": (1, 1),
    "F4": (0, 2), "I4": (1, 2), "H5": (2, 0), "I5": (2, 1),
}  # fmt: skip
DIAGONAL = ("F-B", "H-D", "F-I4", "H-I5", "E-I", "E-G", "E-C")  # pairs whose distances stand in the planes of gradients
STRAIGHT = ("E-F", "E-H", "F-G", "H-C", "F-C", "H-G", "F-F4", "H-H5")  # other pairs; 3x alone needs the last four
EQUAL = ("E-G", "D-G", "E-C", "B-C")  # pairs that are tested for equality
COPY = 9  # in place of eighths


@functools.cache
def steps(factor: int) -> np.ndarray:
    """Return STEPS turned for the corners at I, C, A, G: int64 (4, shapes, steps, 3) of cell, eighths or COPY, cell.

    Eighths of 0 end a list.
    """
    turned = np.zeros((4, len(SHAPES), 9, 3), i8)
    cells = np.arange(factor * factor).reshape(factor, factor)
    for corner in range(4):
        for shape, text in enumerate(STEPS[factor]):
            for k, step in enumerate(text.split()):
                cell = cells[int(step[0]), int(step[1])]
                copied = cells[int(step[3]), int(step[4])] if "=" in step else 0
                turned[corner, shape, k] = cell, COPY if "=" in step else int(step[3]), copied
        cells = np.rot90(cells, -1)
    return turned


def around(width: int) -> tuple[np.ndarray, ...]:
    """Return where DIAGONAL, STRAIGHT and EQUAL are for the corners at I, C, A, G, each uint64 (4, pairs, 2).

    Places are counted from two pixels above and left of E; of DIAGONAL there is the plane of gradients and the place.
    """
    found = []
    places = dict(PLACES)
    for _ in range(4):
        at = {name: (y + 2) * width + x + 2 for name, (y, x) in places.items()}
        lists = [[sorted(at[name] for name in pair.split("-")) for pair in pairs] for pairs in (DIAGONAL, EQUAL)]
        blocks = [(int(b - a < width), a if b - a > width else a - 1) for a, b in lists[0]]
        found.append((blocks, [[at[name] for name in pair.split("-")] for pair in STRAIGHT], lists[1]))
        places = {name: (-x, y) for name, (y, x) in places.items()}
    return tuple(np.array(table, u8) for table in zip(*found, strict=True))


@helper
def _cuts(flags, gradients, w, n, codes):
    """Find for each block of 2 x 2 pixels the corners that an edge through it cuts off; then gather them by pixel.

    A pixel's code has bits 1, 2, 4, 8 for its corners at I, C, A, G; 16 times as much where the edge is certain.
    """
    one = u8(1)
    falling, rising = gradients[0], gradients[1]
    beside, below, blocks = flags[0], flags[1], flags[2]
    for i in range(w + one, n - w - w - u8(2)):
        along = f4(4) * rising[i] + rising[i - w] + rising[i + w] + rising[i - one] + rising[i + one]
        across = f4(4) * falling[i] + falling[i - w] + falling[i + w] + falling[i - one] + falling[i + one]
        rises, falls = u1(along <= across), u1(across <= along)
        above, under, left, right = beside[i], beside[i + w], below[i], below[i + one]
        found = (
            (rises & left & above) | (falls & left & under) << one
            | (rises & right & under) << u8(2) | (falls & right & above) << u8(3)
        )  # fmt: skip
        blocks[i] = found | (found << u8(4) if rises != falls else u8(0))
    for i in range(w + w + u8(2), n - w - w - u8(2)):
        codes[i] = (
            (blocks[i] & u8(0x11)) | (blocks[i - w] & u8(0x22))
            | (blocks[i - w - one] & u8(0x44)) | (blocks[i - one] & u8(0x88))
        )  # fmt: skip


@functools.cache
def _shape_of(channels: int) -> Callable:
    """Return a helper that finds the index into SHAPES of the edge through a corner, if it is certain.

    `gaps` are the distances of STRAIGHT; `diagonal` (plane of gradients, place) and `equal` (two places) are where
    DIAGONAL and EQUAL are for this corner, from `start` on. 3x has a test of its own.
    """
    differ = differs(channels)

    @helper
    def unequal(planes, start, pair):
        return differ(planes, start + pair[0], start + pair[1])

    @helper
    def unlike(gradients, alike, start, pair):
        return gradients[pair[0], start + pair[1]] >= alike

    @helper
    def shape_of(planes, gradients, gaps, alike, start, diagonal, equal):
        fb, hd = unlike(gradients, alike, start, diagonal[0]), unlike(gradients, alike, start, diagonal[1])
        fi, hi = unlike(gradients, alike, start, diagonal[2]), unlike(gradients, alike, start, diagonal[3])
        opened, ended = fb & hd, fi & hi
        if gaps.size > 4:
            opened = (fb & (gaps[4] >= alike)) | (hd & (gaps[5] >= alike))
            ended = (fi & (gaps[6] >= alike)) | (hi & (gaps[7] >= alike))
        ei, eg = unlike(gradients, alike, start, diagonal[4]), unlike(gradients, alike, start, diagonal[5])
        ec = unlike(gradients, alike, start, diagonal[6])
        if not opened and eg and ec and (ei or not ended):
            return u8(0)
        fg, hc = gaps[2], gaps[3]
        flat = u1(f4(2) * fg <= hc) & unequal(planes, start, equal[0]) & unequal(planes, start, equal[1])
        steep = u1(fg >= f4(2) * hc) & unequal(planes, start, equal[2]) & unequal(planes, start, equal[3])
        return u8(1) + u8(flat) + u8(2) * u8(steep)

    return shape_of


@functools.cache
def _mix_of(sample: str, channels: int, alpha: bool) -> Callable:
    """Return a helper that blends eighths of the source pixel at `start` into a cell."""
    number, n_channels, colours = NUMBER[sample], u8(channels), u8(channels - 1)
    mixed, mean = mixer(sample), meaner(sample)
    none, whole = number(0), number(8)
    integers = sample != "f4"

    @helper
    def blend(share, v, w):
        if integers and share == 4:
            return (v >> 1) + (w >> 1)  # as the original has it, one less than the mean of two odd values
        return mixed(number(2) * (whole - share), v, number(2) * share, w, none, none)

    @helper
    def mix(cell, share, src, start):
        s = number(share)
        if alpha and cell[colours] != src[start + colours]:
            a, b = cell[colours], number(src[start + colours])
            for c in range(colours):
                cell[c] = mean((whole - s) * a, cell[c], s * b, number(src[start + c]), none, none)
            cell[colours] = mixed(number(2) * (whole - s), a, number(2) * s, b, none, none)
        else:
            n_mixed = colours if alpha else n_channels
            for c in range(n_mixed):
                cell[c] = blend(s, cell[c], number(src[start + c]))

    return mix


@functools.cache
def blender(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel; `steps` are of the function `steps`, for any factor; the pairs of `around`."""
    n_channels, colours, number = u8(channels), u8(channels - 1), NUMBER[sample]
    work = "f8" if sample == "f4" else "i8"
    split, level = splitter(channels, alpha), leveller(sample, channels)
    differ, distance, repeat = differs(channels), distances(channels), repeater(channels)
    shape_of, mix, harden = _shape_of(channels), _mix_of(sample, channels, alpha), hardener(sample)

    @helper
    def edit(
        src, origin, planes, levels, gradients, alike, code, start, steps, diagonal, straight, equal, gaps, cells
    ):  # fmt: skip
        for corner in range(u8(straight.shape[0])):  # a count the compiler does not know: it would unroll
            if code >> corner & u8(1):
                pairs = straight[corner]
                certain = code >> corner & u8(16)
                for k in range(u8(gaps.size) if certain else u8(2)):
                    gaps[k] = distance(levels, start + pairs[k, 0], start + pairs[k, 1])
                shape = u8(0)
                if certain:
                    shape = shape_of(planes, gradients, gaps, alike, start, diagonal[corner], equal[corner])
                nearer = start + (pairs[0, 1] if gaps[0] <= gaps[1] else pairs[1, 1])  # F or H
                for step in steps[corner, shape]:
                    if step[1] == 0:
                        break
                    if step[1] == COPY:
                        for c in range(n_channels):
                            cells[step[0], c] = cells[step[2], c]
                    else:
                        mix(cells[step[0]], step[1], src, (origin + nearer) * n_channels)

    @kernel(
        f"void({sample}[::1],i8,i8,i8,f4,i8[:,:,:,::1],u8[:,:,::1],u8[:,:,::1],u8[:,:,::1],i8,"
        f"{sample}[:,::1],f4[:,::1],f4[:,::1],u1[:,::1],u1[::1],f4[::1],{work}[:,::1],{sample}[::1])",
        strict=sample == "f4",
    )
    def run(
        src, width, height, factor, alike, steps, diagonal, straight, equal, hard,
        planes, levels, gradients, flags, codes, gaps, cells, dst,
    ):  # fmt: skip
        w, one, two, n_cells = u8(width), u8(1), u8(2), u8(factor)
        inner = w - u8(4)
        rows = u8(planes.shape[1]) // w - u8(4)
        for top in range(u8(0), u8(height), rows):
            n_rows = min(rows, u8(height) - top)
            n = (n_rows + u8(4)) * w
            split(src, top * w, n, planes)
            level(planes, n, levels)
            for i in range(n - w - one):
                gradients[0, i] = distance(levels, i, i + w + one)
                gradients[1, i] = distance(levels, i + one, i + w)
            for i in range(n - w):
                flags[0, i] = differ(planes, i, i + one)
                flags[1, i] = differ(planes, i, i + w)
            _cuts(flags, gradients, w, n, codes)
            for y in range(n_rows):
                line = (top + y) * n_cells * inner * n_cells * n_channels
                repeat(src, ((top + y + two) * w + two) * n_channels, inner, n_cells, dst, line)
                for x in range(inner):
                    e = (y + two) * w + x + two
                    code = u8(codes[e])
                    if code == u8(0):
                        continue
                    for k in range(n_cells * n_cells):
                        for c in range(n_channels):
                            cells[k, c] = number(src[(top * w + e) * n_channels + c])
                    edit(
                        src, top * w, planes, levels, gradients, alike, code, e - w - w - two,
                        steps, diagonal, straight, equal, gaps, cells,
                    )  # fmt: skip
                    for row in range(n_cells):
                        to = line + (row * inner + x) * n_cells * n_channels
                        for column in range(n_cells):
                            cell = cells[row * n_cells + column]
                            if alpha:
                                cell[colours] = harden(cell[colours], hard)
                            for c in range(n_channels):
                                dst[to + column * n_channels + c] = cell[c]

    return run


def blend(factor: int, sample: str, channels: int, alpha: bool, tolerance: float, hard: bool) -> Callable:
    """Return a function (src, dst) as `scalers.scaler` does."""
    run = blender(sample, channels, alpha)
    turned = steps(factor)
    work = np.float64 if sample == "f4" else i8

    def xbr(src: np.ndarray, dst: np.ndarray) -> None:
        height, width = src.shape[0] - 2 * HALO, src.shape[1]
        n = (min(strip_of(width, HALO), height) + 2 * HALO) * width
        planes, levels = np.zeros((channels, n), src.dtype), np.zeros((channels, n), f4)
        gradients, flags, codes = np.zeros((2, n), f4), np.zeros((3, n), u1), np.zeros(n, u1)
        gaps, cells = np.zeros(8 if factor == 3 else 4, f4), np.zeros((factor * factor, channels), work)
        run(
            src.reshape(-1), width, height, factor, f4(tolerance), turned, *around(width), int(hard),
            planes, levels, gradients, flags, codes, gaps, cells, dst.reshape(-1),
        )  # fmt: skip

    return xbr
