"""Make README's pictures: a detail of a sample photograph under several methods, and how far off they are.

`python -m tests.make_hero` writes sample_images/methods.jpg and compare.png.
"""

import contextlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from upscale_cli import resize
from upscale_cli.cli.door import main

SAMPLES = Path(__file__).parent.parent / "sample_images"
DETAIL = (132, 60, 188, 102)  # the cat's eye
METHODS = ("nearest", "bilinear", "bicubic", "mitchell", "lanczos3", "ewa-lanczos-sharp")
FACTOR, COLUMNS, GAP, LABEL = 5, 3, 6, 22


def hero() -> Image.Image:
    """Return the tiles, each with its method's name above it."""
    with Image.open(SAMPLES / "photo.png") as photo:
        detail = photo.crop(DETAIL)
    width, height = (side * FACTOR for side in detail.size)
    rows = -(-len(METHODS) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (width + GAP) - GAP, rows * (height + LABEL + GAP) - GAP), "white")
    draw = ImageDraw.Draw(page)
    for position, method in enumerate(METHODS):
        x, y = position % COLUMNS * (width + GAP), position // COLUMNS * (height + LABEL + GAP)
        draw.text((x + 2, y + 2), method, "black", ImageFont.load_default(14))
        page.paste(resize(detail, FACTOR, method=method), (x, y + LABEL))
    return page


if __name__ == "__main__":
    hero().save(SAMPLES / "methods.jpg", quality=92)
    grid = ["--grid", "compare.png", "--overwrite", "--quiet", "--crop", "150,70,48,32", "--error"]
    names = ["-m", "nearest,bilinear,bicubic,lanczos3", "--metrics", "psnr,ssim,gmsd,sharpness"]
    with contextlib.chdir(SAMPLES):
        main(["compare", "photo.png", "-s", "4", *names, *grid])
