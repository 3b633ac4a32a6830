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
from .planes import WAYS as NEXT
from .planes import differs, distances, ends, leveller, repeater, splitter, strip_of

HALO = 2

f4 = np.float32
i8 = np.int64
u1 = np.uint8
u8 = np.uint64

# What a cut corner does to the cells (row, column) of E, with the corner at the lower right, in order: "22:6" blends
# six eighths of the neighbour in, "12=21:6" blends as much into what another cell was until then and stores it here.
# The shapes: the edge is uncertain; it is diagonal; it runs flat, steep, or is a corner itself.
STEPS = {
    2: ("11:4", "11:4", "11:6 10:2", "11:6 01:2", "11:7 01=10:2 10:2"),
    3: ("22:4", "22:7 12:1 21:1", "21:6 12:2 20:2 22:8", "12:6 21:2 02:2 22:8", "12=21:6 02=20:2 21:6 20:2 22:8"),
    4: (
        "33:4",
        "23:4 32:4 33:8",
        "23:6 31:6 22:2 30:2 32:8 33:8",
        "32:6 13:6 22:2 03:2 23:8 33:8",
        "22=30:2 03=30:2 13=31:6 31:6 30:2 32:8 23:8 33:8",
    ),
}
LONGEST = 8  # steps

PLACES = {
    "B": (-1, 0), "C": (-1, 1), "D": (0, -1), "E": (0, 0), "F": (0, 1), "G": (1, -1), "H": (1, 0), "I": (1, 1),
    "F4": (0, 2), "I4": (1, 2), "H5": (2, 0), "I5": (2, 1),
}  # fmt: skip
# Planes of distances; of the first four also where pixels differ and are unlike.
RIGHT, DOWN, FALLING, RISING = range(4)
WAYS = (*NEXT, (1, 2), (1, -2), (2, 1), (2, -1))
DISTANCES = ("E-F", "E-H", "F-G", "H-C")  # pairs whose distances are compared
UNLIKE = ("F-B", "H-D", "F-I4", "H-I5", "E-I", "E-G", "E-C", "F-C", "H-G", "F-F4", "H-H5")  # the last four: 3x alone
EQUAL = ("E-G", "D-G", "E-C", "B-C")  # pairs that are tested for equality


@functools.cache
def steps(factor: int) -> np.ndarray:
    """Return STEPS turned for the corners at I, C, A, G: int64 (4, shapes, LONGEST + 1, 3) of cell, eighths, cell.

    The second cell is the one that the neighbour is blended into. Eighths of 0 end a list.
    """
    turned = np.zeros((4, len(STEPS[factor]), LONGEST + 1, 3), i8)
    cells = np.arange(factor * factor).reshape(factor, factor)
    for corner in range(4):
        for shape, text in enumerate(STEPS[factor]):
            for k, step in enumerate(text.split()):
                to, _, eighths = step.partition(":")
                turned[corner, shape, k] = cells[int(to[0]), int(to[1])], int(eighths), cells[int(to[-2]), int(to[-1])]
        cells = np.rot90(cells, -1)
    return turned


@functools.lru_cache(16)  # a band after another asks
def around(width: int) -> tuple[np.ndarray, ...]:
    """Return where DISTANCES, UNLIKE and EQUAL are for the corners at I, C, A, G, each uint64 (4, pairs, 2).

    A pair is an index into WAYS and a place, counted from two pixels above and left of E. Then come the places of F
    and H, uint64 (4, 2).
    """
    found = []
    places = dict(PLACES)
    for _ in range(4):
        tables = []
        for pairs in (DISTANCES, UNLIKE, EQUAL):
            tables.append([])
            for pair in pairs:
                (y, x), (y1, x1) = sorted(places[name] for name in pair.split("-"))
                tables[-1].append((WAYS.index((y1 - y, x1 - x)), (y + 2) * width + min(x, x1) + 2))
        tables.append([(y + 2) * width + x + 2 for y, x in (places["F"], places["H"])])
        found.append(tables)
        places = {name: (-x, y) for name, (y, x) in places.items()}
    return tuple(np.array(table, u8) for table in zip(*found, strict=True))


@helper
def _cuts(gaps, unequal, w, n, blocks, found, cut):
    """Find for each block of 2 x 2 pixels the corners that an edge through it cuts off; then gather them by pixel.

    `found` (4, n) gets 1 where the corner at I, C, A, G is cut off, 16 more where the edge is certain, and `cut` what
    any of the four has.
    """
    one = u8(1)
    falling, rising = gaps[FALLING], gaps[RISING]
    beside, below = unequal[RIGHT], unequal[DOWN]
    for i in range(w + one, n - w - w - u8(2)):
        along = f4(4) * rising[i] + rising[i - w] + rising[i + w] + rising[i - one] + rising[i + one]
        across = f4(4) * falling[i] + falling[i - w] + falling[i + w] + falling[i - one] + falling[i + one]
        rises, falls = u1(along <= across), u1(across <= along)
        above, under, left, right = beside[i], beside[i + w], below[i], below[i + one]
        corners = (
            (rises & left & above) | (falls & left & under) << one
            | (rises & right & under) << u8(2) | (falls & right & above) << u8(3)
        )  # fmt: skip
        blocks[i] = corners | (corners << u8(4) if rises != falls else u8(0))
    for corner in range(u8(4)):
        back = w * u8(0 < corner < 3) + u8(corner > 1)  # to the block that has the pixel at this corner's E
        for i in range(w + w + u8(2), n - w - w - u8(2)):
            found[corner, i] = blocks[i - back] >> corner & u8(0x11)
    for i in range(w + w + u8(2), n - w - w - u8(2)):
        cut[i] = found[0, i] | found[1, i] | found[2, i] | found[3, i]


@helper
def _of(planes, pair):
    return planes[pair[0], pair[1] :]


@helper
def _shapes(gaps, unlike, unequal, factor, n, distances, likes, equals, found):
    """Turn what was `found` for a corner of n pixels into what becomes of it.

    Bit 0 says whether it is cut off, bit 1 that H is nearer to E than F is; the rest is the index into a list of STEPS.
    3x asks in its own way whether the edge goes on on either side.
    """
    one, two = u8(1), u8(2)
    thrice, others = u1(factor == 3), u1(factor != 3)
    ef, eh, fg, hc = _of(gaps, distances[0]), _of(gaps, distances[1]), _of(gaps, distances[2]), _of(gaps, distances[3])
    fb, hd, fi, hi = _of(unlike, likes[0]), _of(unlike, likes[1]), _of(unlike, likes[2]), _of(unlike, likes[3])
    ei, eg, ec = _of(unlike, likes[4]), _of(unlike, likes[5]), _of(unlike, likes[6])
    fc, hg, ff, hh = _of(unlike, likes[7]), _of(unlike, likes[8]), _of(unlike, likes[9]), _of(unlike, likes[10])
    ge, dg, ce, bc = _of(unequal, equals[0]), _of(unequal, equals[1]), _of(unequal, equals[2]), _of(unequal, equals[3])
    for i in range(n):
        opened = (fb[i] & hd[i] & others) | (((fb[i] & fc[i]) | (hd[i] & hg[i])) & thrice)
        ended = (fi[i] & hi[i] & others) | (((fi[i] & ff[i]) | (hi[i] & hh[i])) & thrice)
        flat = u1(f4(2) * fg[i] <= hc[i]) & ge[i] & dg[i]
        steep = u1(fg[i] >= f4(2) * hc[i]) & ce[i] & bc[i]
        certain = (found[i] >> u8(4)) & (opened | (eg[i] & ec[i] & (ei[i] | (ended ^ one)) ^ one))
        shape = certain + (certain & flat) + ((certain & steep) << one)
        found[i] = (found[i] & one) | u1(ef[i] > eh[i]) << one | shape << two


@functools.cache
def _mix_of(sample: str, channels: int, alpha: bool) -> Callable:
    """Return a helper that puts eighths of the source pixel `start` and a rest of the cell `old` into the cell `to`."""
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
    def mix(src, start, share, dst, old, to):
        s = number(share)
        if alpha:
            a, b = number(dst[old + colours]), number(src[start + colours])
            dst[to + colours] = mixed(number(2) * (whole - s), a, number(2) * s, b, none, none)
            if a != b:
                for c in range(colours):
                    v, w = number(dst[old + c]), number(src[start + c])
                    dst[to + c] = mean((whole - s) * a, v, s * b, w, none, none)
                return
        for c in range(colours if alpha else n_channels):
            dst[to + c] = blend(s, number(dst[old + c]), number(src[start + c]))

    return mix


@functools.cache
def blender(sample: str, channels: int, alpha: bool) -> Kernel:
    """Return the kernel; `steps` are of the function `steps`, for any factor, with places in dst; then as `around`."""
    n_channels, colours, number = u8(channels), u8(channels - 1), NUMBER[sample]
    split, level = splitter(channels, alpha), leveller(sample, channels)
    differ, distance, repeat = differs(channels), distances(channels), repeater(channels)
    mix, harden = _mix_of(sample, channels, alpha), hardener(sample)

    @helper
    def compare(planes, levels, alike, n, far, gaps, unlike, unequal):
        for k in range(u8(far.shape[0])):  # a plane at a time: a loop that fills several is not vectorised
            first, second = far[k, 0], far[k, 1]
            for i in range(n - second):
                gaps[k, i] = distance(levels, i + first, i + second)
        for k in range(u8(unlike.shape[0])):
            first, second = far[k, 0], far[k, 1]
            for i in range(n - second):
                unlike[k, i] = gaps[k, i] >= alike
            for i in range(n - second):
                unequal[k, i] = differ(planes, i + first, i + second)

    @kernel(
        f"void({sample}[::1],i8,i8,i8,f4,i8[:,:,:,::1],u8[:,::1],u8[:,:,::1],u8[:,:,::1],u8[:,:,::1],u8[:,::1],i8,"
        f"{sample}[:,::1],f4[:,::1],f4[:,::1],u1[:,::1],u1[:,::1],u1[::1],u1[:,::1],u1[::1],{sample}[::1])",
        strict=sample == "f4",
    )
    def run(
        src, width, height, factor, alike, steps, far, distances, likes, equals, nearest, hard,
        planes, levels, gaps, unlike, unequal, blocks, found, cut, dst,
    ):  # fmt: skip
        w, one, two, n_cells = u8(width), u8(1), u8(2), u8(factor)
        inner = w - u8(4)
        rows = u8(planes.shape[1]) // w - u8(4)
        for top in range(u8(0), u8(height), rows):
            n_rows = min(rows, u8(height) - top)
            n = (n_rows + u8(4)) * w
            split(src, top * w, n, planes)
            level(planes, n, levels)
            compare(planes, levels, alike, n, far, gaps, unlike, unequal)
            _cuts(gaps, unequal, w, n, blocks, found, cut)
            for corner in range(u8(4)):
                _shapes(
                    gaps, unlike, unequal, factor, n_rows * w - u8(4),
                    distances[corner], likes[corner], equals[corner], found[corner, w + w + two :],
                )  # fmt: skip
            for y in range(n_rows):
                line = (top + y) * n_cells * inner * n_cells * n_channels
                repeat(src, ((top + y + two) * w + two) * n_channels, inner, n_cells, dst, line)
                for x in range(inner):
                    e = (y + two) * w + x + two
                    if cut[e] == 0:
                        continue
                    to = line + x * n_cells * n_channels
                    for corner in range(u8(steps.shape[0])):  # a count the compiler does not know: it would unroll
                        action = u8(found[corner, e])
                        if not action & one:
                            continue
                        start = (top * w + e - w - w - two + nearest[corner, action >> one & one]) * n_channels
                        for step in steps[corner, action >> two]:
                            if step[1] == 0:
                                break
                            mix(src, start, step[1], dst, to + u8(step[2]), to + u8(step[0]))
                    if alpha and hard:
                        for row in range(n_cells):
                            for column in range(n_cells):
                                k = to + (row * n_cells * inner + column) * n_channels + colours
                                dst[k] = harden(number(dst[k]), hard)

    return run


def blend(factor: int, sample: str, channels: int, alpha: bool, tolerance: float, hard: bool) -> Callable:
    """Return a function (src, dst) as `scalers.scaler` does."""
    run = blender(sample, channels, alpha)
    turned = steps(factor)

    def xbr(src: np.ndarray, dst: np.ndarray) -> None:
        height, width = src.shape[0] - 2 * HALO, src.shape[1]
        n = (min(strip_of(width, HALO), height) + 2 * HALO) * width
        places = turned.copy()
        for column in (0, 2):
            row, cell = np.divmod(turned[..., column], factor)
            places[..., column] = (row * dst.shape[1] + cell) * channels
        planes, levels = np.zeros((channels, n), src.dtype), np.zeros((channels, n), f4)
        gaps, unlike, unequal = np.zeros((8, n), f4), np.zeros((4, n), u1), np.zeros((4, n), u1)
        blocks, found, cut = np.zeros(n, u1), np.zeros((4, n), u1), np.zeros(n, u1)
        run(
            src.reshape(-1), width, height, factor, f4(tolerance), places, ends(WAYS, width), *around(width), int(hard),
            planes, levels, gaps, unlike, unequal, blocks, found, cut, dst.reshape(-1),
        )  # fmt: skip

    return xbr
