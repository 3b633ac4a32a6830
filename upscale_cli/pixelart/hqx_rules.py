"""The rules of hqx (M. Stepin, 2003), as arrays over all its patterns.

A B C      A pattern has 12 bits, 1 where two pixels are apart in Y, U or V: E against A B C D F G H I, and
D E F      the pairs B-D, B-F, D-H, F-H. Rules are written for the upper left corner of E and mirrored
G H I      for the others. They were found by showing FFmpeg's hqx filter every pattern.
"""

import functools

import numpy as np

BITS = ("A", "B", "C", "D", "F", "G", "H", "I", "BD", "BF", "DH", "FH")
N_PATTERNS = 1 << len(BITS)
PLACES = {name: (i // 3 - 1, i % 3 - 1) for i, name in enumerate("ABCDEFGHI")}

# What a corner is made of, in sixteenths of E, A, B, D: the corner of 2x and of 3x; of 4x the corner itself, what is
# right of it (towards B), below it (towards D) and the one next to the middle.
MIXES = {
    #               2x           3x           4x
    "keep":        ("16  0 0 0", "16 0 0 0", "16 0 0 0", "16 0  0 0", "16 0 0  0", "16 0 0 0"),
    "plain":       (" 8  0 4 4", " 8 0 4 4", " 8 0 4 4", "10 0  4 2", "10 0 2  4", "12 0 2 2"),
    "corner":      ("12  4 0 0", "12 4 0 0", "10 6 0 0", "12 4  0 0", "12 4 0  0", "14 2 0 0"),
    "side B":      ("12  0 4 0", "12 0 4 0", "10 0 6 0", "10 0  6 0", "14 0 2  0", "14 0 2 0"),
    "side D":      ("12  0 0 4", "12 0 0 4", "10 0 0 6", "14 0  0 2", "10 0 0  6", "14 0 0 2"),
    "half B":      (" 8  4 4 0", "12 4 0 0", "10 6 0 0", "10 2  4 0", "12 4 0  0", "14 2 0 0"),
    "half D":      (" 8  4 0 4", "12 4 0 0", "10 6 0 0", "12 4  0 0", "10 2 0  4", "14 2 0 0"),
    "beside B":    ("10  0 4 2", " 8 0 4 4", "12 0 4 0", " 4 0 12 0", "10 0 0  6", "14 0 0 2"),
    "beside D":    ("10  0 2 4", " 8 0 4 4", "12 0 0 4", "10 0  6 0", " 4 0 0 12", "14 0 2 0"),
    "tip":         ("14  0 1 1", " 8 0 4 4", " 8 0 4 4", "16 0  0 0", "16 0 0  0", "16 0 0 0"),
    "blunt":       ("12  0 2 2", " 8 0 4 4", " 8 0 4 4", "12 0  4 0", "12 0 0  4", "16 0 0 0"),
    "round":       (" 8  0 4 4", " 2 0 7 7", " 0 0 8 8", " 8 0  8 0", " 8 0 0  8", "16 0 0 0"),
    "shallow":     (" 4  0 6 6", " 0 0 8 8", " 0 0 8 8", " 0 0 10 6", " 4 0 4  8", "12 0 2 2"),
    "steep":       (" 4  0 6 6", " 0 0 8 8", " 0 0 8 8", " 4 0  8 4", " 0 0 6 10", "12 0 2 2"),
}  # fmt: skip
KINDS = tuple(MIXES)

# Where B and D are alike but both unlike E: the kind, by A C G (rows) and F H I (columns), 0 where alike E.
CUT = {letter: name for name in ("tip", "blunt", "round", "shallow", "corner") for letter in name[0]} | {"/": "steep"}
CUTS = """
    000 001 010 011 100 101 110 111
000  r   r   r   b   r   b   b   b
001  /   /   c   b   b   b   b   c
010  s   s   b   b   c   b   b   c
011  b   b   c   c   c   c   c   c
100  r   r   r   r   r   r   r   r
101  /   /   r   r   r   /   r   r
110  s   s   r   s   r   r   r   r
111  t   t   t   t   t   t   t   t
"""


def bits() -> dict[str, np.ndarray]:
    """Return for each name of BITS whether its bit is set, in all patterns."""
    return {name: (np.arange(N_PATTERNS) >> k & 1).astype(bool) for k, name in enumerate(BITS)}


def seen(turn: str) -> np.ndarray:
    """Return for each pattern the one that is seen where the pixels A to I are those named in `turn`."""
    now = dict(zip("ABCDEFGHI", turn, strict=True))
    pairs = {frozenset(name): k for k, name in enumerate(BITS)}
    found = np.zeros(N_PATTERNS, np.int64)
    for k, name in enumerate(BITS):
        found |= (np.arange(N_PATTERNS) >> pairs[frozenset(now[letter] for letter in name)] & 1) << k
    return found


@functools.cache
def corners() -> np.ndarray:
    """Return the kind of the upper left corner (an index into KINDS) of every pattern."""
    a, b, c, d, f, g, h, i, bd, bf, dh, _ = bits().values()
    cuts = np.array([[KINDS.index(CUT[x]) for x in line.split()[1:]] for line in CUTS.strip().splitlines()[1:]])
    choices = [
        (~b & ~d, "plain"),
        (~b & ~a, "half B"),
        (~d & ~a, "half D"),
        (~b & h & ~i & ~dh & (~f | (c & g)), "beside D"),
        (~d & f & ~i & ~bf & (~h | (c & g)), "beside B"),
        (~b, "side B"),
        (~d, "side D"),
        (bd & (a | (~c & ~g & ~i & (f != h))), "keep"),
        (bd, "corner"),
    ]
    cut = cuts[4 * a + 2 * c + g, 4 * f + 2 * h + i]
    return np.select([where for where, _ in choices], [KINDS.index(kind) for _, kind in choices], cut)


def edges() -> np.ndarray:
    """Return for 3x the share of B, in sixteenths, in the middle of the upper edge, of every pattern."""
    a, b, c, d, f, g, h, i, bd, bf, _, _ = bits().values()
    left = np.array(KINDS)[corners()]
    right = np.array(KINDS)[corners()[seen("CBAFEDIHG")]]
    share = np.zeros(N_PATTERNS, np.int64)
    for one, other in ((left, right), (right, left)):
        share = np.maximum(share, 2 * ((one == "round") & ~np.isin(other, ("round", "tip", "keep"))))
        share = np.maximum(share, 4 * (one == "steep"))
        share = np.maximum(share, 12 * (one == "shallow"))
    alone = a & b & c & d & f & h & (g != i)  # but for one far corner E is alone
    share[alone & np.where(g, ~bd, ~bf)] = 2
    share[~b] = 4
    return share


@functools.cache
def cells(factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what each cell of the enlarged pixel E is made of.

    `kinds` uint8 (patterns, factor * factor) says for each pattern which of `mixes` int64 (M, 9) a cell is: shares of
    the pixels A to I, in sixteenths.
    """
    flips = {(0, 0): "ABCDEFGHI", (0, 1): "CBAFEDIHG", (1, 0): "GHIDEFABC", (1, 1): "IHGFEDCBA"}
    shares = np.zeros((N_PATTERNS, factor, factor, 9), np.int64)
    for y, x in np.ndindex(factor, factor):
        turn = flips[int(2 * y >= factor), int(2 * x >= factor)]
        top, left = min(y, factor - 1 - y), min(x, factor - 1 - x)
        if factor == 3 and 1 in (top, left):
            shares[:, y, x] = _middle(top, left, turn)
            continue
        column = factor - 2 if factor < 4 else 2 + 2 * top + left
        kinds = corners()[seen(turn)]
        for k, pixel in enumerate("EABD"):
            by_kind = np.array([int(mix[column].split()[k]) for mix in MIXES.values()])
            shares[:, y, x, "ABCDEFGHI".index(turn["ABCDEFGHI".index(pixel)])] = by_kind[kinds]
    codes = shares @ 17 ** np.arange(9)
    _, first, kinds = np.unique(codes, return_index=True, return_inverse=True)
    return kinds.reshape(N_PATTERNS, -1).astype(np.uint8), shares.reshape(-1, 9)[first]


def _middle(top: int, left: int, turn: str) -> np.ndarray:
    """Return the shares of a cell of 3x that is on no diagonal, or the middle of all."""
    shares = np.zeros((N_PATTERNS, 9), np.int64)
    if not (top and left):
        if left == 0:  # an upper edge lies on its side
            turn = "".join(turn["ABCDEFGHI".index(pixel)] for pixel in "ADGBEHCFI")
        shares[:, "ABCDEFGHI".index(turn[1])] = edges()[seen(turn)]
    shares[:, 4] = 16 - shares.sum(axis=1)
    return shares
