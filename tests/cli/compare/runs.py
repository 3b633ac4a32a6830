"""What the tests of `upscale compare` and `upscale best` share: small pictures, and how files are read again."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 24, 20
TWO = ("-m", "bicubic,nearest")
PAIR = ["bicubic", "nearest"]
COARSE = np.random.default_rng(5).integers(0, 256, (5, 6, 3), np.uint8)
PICTURE = np.asarray(Image.fromarray(COARSE).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def make_pictures():
    """Make the pictures that tests stand among: in `set` three, one of them below, a hidden one and a text."""
    for name, samples in {
        "a.png": PICTURE,
        "b.png": PICTURE[::-1],
        "grey.png": PICTURE[..., 0],
        "low.png": PICTURE[::2, ::2],
        "tiny.png": PICTURE[:3, :3],
        "set/a.png": PICTURE,
        "set/b.jpg": PICTURE[:, ::-1],
        "set/.hidden.png": PICTURE,
        "set/sub/c.png": PICTURE[::-1],
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(samples).save(name)
    Path("set/note.txt").write_text("no picture")
    Path("text.png").write_text("no picture")
    Path("empty").mkdir()


def rows_of(path):
    """Return the rows of a CSV as dictionaries of text."""
    with Path(path).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def snapshot():
    """Return all files here with what they hold."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(Path().rglob("*"))}
