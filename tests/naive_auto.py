"""A slow obvious twin of the counting behind `-m auto`."""

import numpy as np


def count(picture):
    """Return what is counted in a picture of levels, H x W x C: a dict of numbers."""
    height, width, _ = picture.shape
    levels = picture.astype(int)
    found = dict.fromkeys(("pairs", "equal", "soft", "hard", "details", "sharp", "through", "squares", "checks"), 0)
    at = {(y, x): tuple(levels[y, x].tolist()) for y in range(height) for x in range(width)}
    for (y, x), here in at.items():
        for dy, dx in ((0, 1), (1, 0)):
            two, three = at.get((y + dy, x + dx)), at.get((y + 2 * dy, x + 2 * dx))
            if two:
                step = max(abs(a - b) for a, b in zip(here, two, strict=True))
                found["pairs"] += 1
                found["equal"] += step == 0
                found["soft"] += 0 < step <= 16
                found["hard"] += step > 48
            if three:
                edge = max(abs(a - b) for a, b in zip(here, three, strict=True)) > 48
                found["details"] += here == three != two
                found["sharp"] += edge and two in (here, three)
                between = (sum(two) - sum(here)) * (sum(three) - sum(two)) > 0
                found["through"] += edge and two not in (here, three) and between
        if (y + 1, x + 1) in at:
            right, below, beyond = at[y, x + 1], at[y + 1, x], at[y + 1, x + 1]
            found["squares"] += 1
            found["checks"] += here == beyond != right == below
    found["colours"] = len(set(at.values()))
    around = ((0, 1), (0, -1), (1, 0), (-1, 0))
    inner = {here for (y, x), here in at.items() if all(at.get((y + dy, x + dx)) == here for dy, dx in around)}
    found["areas"] = len(inner)
    return found


def changes(picture):
    """Return where columns, and where rows, differ from the one before."""
    columns = [x for x in range(1, picture.shape[1]) if not np.array_equal(picture[:, x], picture[:, x - 1])]
    return columns, [y for y in range(1, picture.shape[0]) if not np.array_equal(picture[y], picture[y - 1])]
