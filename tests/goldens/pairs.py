"""Pairs of pictures that metrics are recorded of: whole-number formulas, the same on every machine."""

import numpy as np

SHAPES = {  # (h, w) or (h, w, channels): even and odd sides, the smallest that metrics take, and what five scales need
    "window": (11, 11),
    "small": (6, 7),
    "grey": (48, 64),
    "odd": (53, 37),
    "even-odd": (40, 31),
    "rgb": (25, 32, 3),
    "grey16": (33, 40),
    "float": (45, 30),
    "five": (161, 161),
    "five-even": (176, 208),
    "five-odd": (171, 240),
    "five-rgb": (200, 163, 3),
}
KINDS = {"grey16": np.uint16, "float": np.float64}  # others are uint8


def noise(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return whole numbers 0 to 255 that look like chance: int64 of a shape (h, w, channels)."""
    y, x, c = np.indices(shape, np.uint64)
    mixed = (x * np.uint64(73856093)) ^ (y * np.uint64(19349663)) ^ (c * np.uint64(83492791)) ^ np.uint64(seed)
    mixed = (mixed * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    mixed = ((mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    return (mixed >> np.uint64(24)).astype(np.int64)


def pair(name: str, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return a truth (slopes, edges and some noise) and an image of it: blurred, darker and noisier."""
    shape = SHAPES[name]
    full = shape if len(shape) == 3 else (*shape, 1)
    y, x, c = np.indices(full)
    truth = 30 + abs((3 * x + 5 * y + 40 * c) % 160 - 80) + 60 * ((x // 9 + y // 7) % 2) + noise(full, seed) // 6
    wide = np.pad(truth, ((1, 1), (1, 1), (0, 0)), mode="edge")
    blurred = sum(wide[i : i + full[0], j : j + full[1]] for i in range(3) for j in range(3)) // 9
    image = np.clip(blurred - 6 + noise(full, seed + 1) // 4 - 32, 0, 255)
    kind = KINDS.get(name, np.uint8)
    factor = {np.uint8: 1, np.uint16: 257, np.float64: 1 / 255}[kind]
    return tuple((each * factor).astype(kind).reshape(shape) for each in (truth, image))
