"""Make README's pictures: details of the sample images under several methods, and how far off they are.

`python -m tests.make_hero` writes methods.jpg, edges.png, pixelart.png, networks.jpg and compare.png in sample_images.
"""

import contextlib
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from upscale_cli import resize
from upscale_cli.cli.door import main

SAMPLES = Path(__file__).parent.parent / "sample_images"
COLUMNS, GAP, LABEL = 3, 6, 22


class Sheet(NamedTuple):
    """A detail (left, top, right, bottom) of a sample, enlarged by some methods."""

    sample: str
    detail: tuple[int, int, int, int]
    factor: int
    methods: tuple[str, ...]


SHEETS = {
    "methods.jpg": [  # the cat's eye
        Sheet(
            "photo.png", (132, 60, 188, 102), 5,
            ("nearest", "bilinear", "bicubic", "mitchell", "lanczos3", "ewa-lanczos-sharp"),
        )
    ],
    "edges.png": [Sheet("drawing.png", (2, 18, 62, 58), 4, ("nearest", "bicubic", "dcci", "nedi", "icbi", "eedi3"))],
    "pixelart.png": [
        Sheet("sprite.png", (14, 0, 48, 26), 8, ("nearest", "scale2x", "scale3x", "scale4x", "hqx", "xbr")),
        Sheet("labels.png", (20, 20, 54, 46), 8, ("nearest", "bicubic", "region")),
    ],
    "networks.jpg": [
        Sheet("photo.png", (132, 60, 188, 102), 5, ("bicubic", "icbi", "sesr")),
    ],
}  # fmt: skip


def drawn(sheets: list[Sheet]) -> Image.Image:
    """Return the tiles, each with its method's name above it, all of one size."""
    tiles = [(sheet, method) for sheet in sheets for method in sheet.methods]
    left, top, right, bottom = sheets[0].detail
    width, height = (right - left) * sheets[0].factor, (bottom - top) * sheets[0].factor
    rows = -(-len(tiles) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (width + GAP) - GAP, rows * (height + LABEL + GAP) - GAP), "white")
    draw = ImageDraw.Draw(page)
    for position, (sheet, method) in enumerate(tiles):
        x, y = position % COLUMNS * (width + GAP), position // COLUMNS * (height + LABEL + GAP)
        draw.text((x + 2, y + 2), method, "black", ImageFont.load_default(14))
        with Image.open(SAMPLES / sheet.sample) as image:
            tile = resize(image.crop(sheet.detail), sheet.factor, method=method).convert("RGBA")
        page.paste(tile, (x, y + LABEL), tile)
    return page


if __name__ == "__main__":
    for name, sheets in SHEETS.items():
        drawn(sheets).save(SAMPLES / name, quality=92)
    grid = ["--grid", "compare.png", "--overwrite", "--quiet", "--crop", "150,70,48,32", "--error"]
    names = ["-m", "nearest,bilinear,bicubic,lanczos3", "--metrics", "psnr,ssim,gmsd,sharpness"]
    with contextlib.chdir(SAMPLES):
        main(["compare", "photo.png", "-s", "4", *names, *grid])
