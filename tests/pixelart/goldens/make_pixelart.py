"""Make the goldens of this folder with FFmpeg's filters.

    python make_pixelart.py

`pictures.npz`: low-colour noise and what `epx`, `hqx` and `xbr` make of it, under names such as hqx3.
`hqx_patterns.npz`: hqx's rules, measured. Every pattern of its 12 comparisons is shown to the filter often, in tiles of
3 x 3 pixels; of all blends of the middle pixel with its neighbours in sixteenths only one explains all results.
"""

import subprocess
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
FACTORS = {"epx": (2, 3), "hqx": (2, 3, 4), "xbr": (2, 3, 4)}
LIMITS = np.array([48, 7, 6])
PAIRS = ("EA", "EB", "EC", "ED", "EF", "EG", "EH", "EI", "BD", "BF", "DH", "FH")
N_PATTERNS = 1 << len(PAIRS)
OFTEN = 24  # tiles a pattern; any two blends differ in far fewer


def filtered(image, name, factor):
    """Return what FFmpeg makes of an RGB picture."""
    height, width, _ = image.shape
    command = f"ffmpeg -v error -f rawvideo -pix_fmt rgb24 -s {width}x{height} -i - -vf {name}=n={factor}"
    command += " -pix_fmt rgb24 -f rawvideo -"
    done = subprocess.run(command.split(), input=image.tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(height * factor, width * factor, 3)


def patterns_of(tiles):
    """Return the pattern of each tile (N, 3, 3, 3)."""
    red, green, blue = np.moveaxis(tiles.astype(int), -1, 0)
    y = (299 * red + 587 * green + 114 * blue) // 1000
    u = np.fix((500 * (blue - green) - 169 * (red - green)) / 1000)
    v = np.fix((500 * (red - green) - 81 * (blue - green)) / 1000)
    levels = np.stack([y, u, v], -1).reshape(-1, 9, 3)
    found = np.zeros(len(tiles), int)
    for k, (one, other) in enumerate(PAIRS):
        apart = abs(levels[:, "ABCDEFGHI".index(one)] - levels[:, "ABCDEFGHI".index(other)]) > LIMITS
        found |= apart.any(axis=1).astype(int) << k
    return found


def tiles_of(rng, n):
    """Return random tiles: neighbours near to the middle and far from it, in light or in blue."""
    light = rng.integers(-110, 111, (n, 3, 3, 1))
    light[rng.random((n, 3, 3)) < 0.4] //= 3
    tiles = rng.integers(60, 196, (n, 1, 1, 1)) + light + rng.integers(-3, 4, (n, 3, 3, 3))
    # a ring B, D, H, F of which only neighbours are alike, as light alone cannot have it
    ring = rng.integers(100, 156, (n, 1, 1, 1)) + light + np.zeros(3, int)
    places = ((0, 1), (1, 0), (1, 2), (2, 1))
    for (y, x), low, high in zip(places, (30, -45, 12, -24), (45, -30, 24, -12), strict=True):
        ring[:, y, x] = ring[:, 1, 1] + rng.integers(low, high, (n, 1))
        ring[:, y, x, 2] += rng.integers(*((4, 14) if abs(low) > 24 else (17, 20)), n)
    turned = [np.rot90(part, k, axes=(1, 2)) for k, part in enumerate(np.array_split(ring[: n // 4], 4))]
    return np.concatenate([tiles, *turned]).clip(0, 255).astype(np.uint8)


def enough_tiles():
    rng, counts, kept = np.random.default_rng(1), np.zeros(N_PATTERNS, int), []
    while counts.min() < OFTEN:
        tiles = tiles_of(rng, 400_000)
        found = patterns_of(tiles)
        order = np.argsort(found, kind="stable")
        rank = np.arange(len(tiles)) - np.searchsorted(found[order], found[order])
        wanted = order[rank + counts[found[order]] < OFTEN]
        kept.append(tiles[wanted])
        counts += np.bincount(found[wanted], minlength=N_PATTERNS)
    return np.concatenate(kept)


def measured():
    """Return the shares of E, A, B, D (patterns, 4) of each cell in the upper left quarter, named 4_01 and the like."""
    tiles = enough_tiles()
    found, columns = patterns_of(tiles), 600
    rows = -(-len(tiles) // columns)
    sheet = np.zeros((rows * columns, 3, 3, 3), np.uint8)
    sheet[: len(tiles)] = tiles
    sheet = np.ascontiguousarray(sheet.reshape(rows, columns, 3, 3, 3).swapaxes(1, 2).reshape(rows * 3, -1, 3))
    pixels = [tiles[:, y, x].astype(int) for y, x in ((1, 1), (0, 0), (0, 1), (1, 0))]
    blends = np.array([w for w in np.ndindex(17, 17, 17, 17) if sum(w) == 16])
    table = {}
    for n in FACTORS["hqx"]:
        out = filtered(sheet, "hqx", n).reshape(rows, 3 * n, columns, 3 * n, 3).swapaxes(1, 2)
        out = out.reshape(-1, 3 * n, 3 * n, 3)[: len(tiles), n : 2 * n, n : 2 * n]
        for y, x in np.ndindex((n + 1) // 2, (n + 1) // 2):
            possible = np.ones((N_PATTERNS, len(blends)), bool)
            for k, blend in enumerate(blends):
                got = sum(share * pixel for share, pixel in zip(blend, pixels, strict=True)) >> 4
                possible[found[(got != out[:, y, x]).any(axis=1)], k] = False
            assert (possible.sum(axis=1) == 1).all()
            table[f"{n}_{y}{x}"] = blends[possible.argmax(axis=1)].astype(np.uint8)
    return table


def pictures():
    rng = np.random.default_rng(7)
    dark = rng.integers(0, 256, (5, 3))
    near = rng.integers(90, 160, (5, 3))
    noise = np.concatenate([dark[rng.integers(0, 5, (24, 40))], near[rng.integers(0, 5, (24, 40))]], axis=1)
    image = noise.astype(np.uint8)
    blocks = dark[rng.integers(0, 3, (8, 14))].repeat(3, axis=0).repeat(3, axis=1)[:, :40]
    image[:, :20] = blocks[:, :20]
    made = {f"{name}{n}": filtered(image, name, n) for name, factors in FACTORS.items() for n in factors}
    return {"image": image, **made}


if __name__ == "__main__":
    np.savez_compressed(FOLDER / "pictures.npz", **pictures())
    np.savez_compressed(FOLDER / "hqx_patterns.npz", **measured())
