"""One picture with every result side by side: the truth first, labels under the tiles, perhaps maps of the errors.

heading
+-------+ +-------+ +-------+
| truth | | a     | | b     |
+-------+ +-------+ +-------+
| scale | | error | | error |      with `errors`
+-------+ +-------+ +-------+
          | parts | |       |      with `segments`, of methods that find regions
          +-------+ +-------+
truth     a         b
          psnr ..   psnr ..
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..errors import InputError
from ..request import MAX_PIXELS
from .choice import METRICS
from .pictures import error_colours, error_of, error_top, opaque, shown
from .rows import Block, Row, scale_text

PAPER, INK, PALE = (255, 255, 255), (20, 20, 20), (110, 110, 110)
GAP, LINE, BAR = 12, 17, 18  # pixels
LEGEND = 2 * LINE + BAR + 2  # pixels that the scale of the errors is high
SIDE = 256  # pixels that a tile's longer side has at least about
WIDEST = 2400  # pixels across, before tiles go to the next row
NARROWEST = 120  # pixels of a tile, for its label


class Tile(NamedTuple):
    """A picture, what stands under it, the map of its errors and the regions."""

    picture: Image.Image
    label: list[str]
    errors: Image.Image | None = None
    segments: Image.Image | None = None


def outside(image: str, crop: tuple[int, int, int, int], size: tuple[int, int]) -> str:
    """Return what is told of a crop that an image of that width and height does not hold, "" of one that it does."""
    left, top, wide, high = crop
    if left + wide <= size[0] and top + high <= size[1]:
        return ""
    return f"{image}: the crop {left},{top},{wide},{high} lies partly outside its {size[0]}x{size[1]} pixels"


def font() -> ImageFont.FreeTypeFont:
    """Return what labels are written in: it comes with Pillow, if that has FreeType."""
    return ImageFont.load_default(13)


class Grid:
    """Draws blocks one under the other.

    `crop` is the left, top, width and height, in pixels of the truth, of the part that is shown; `zoom` by how much
    pixels are enlarged; `errors` says whether maps of the errors are drawn. All tiles together have no more than
    `max_pixels`.
    """

    def __init__(
        self, crop: tuple[int, int, int, int] | None, zoom: int | None, errors: bool, max_pixels: int = MAX_PIXELS
    ) -> None:
        self.crop, self.zoom, self.errors, self.left = crop, zoom, errors, max_pixels
        self.font = font()
        self.parts: list[Image.Image] = []

    def add(self, block: Block) -> None:
        """Draw an image's results; raise InputError for a crop that lies outside of it, and for too many pixels."""
        height, width = block.truth.shape[:2]
        left, top, wide, high = self.crop or (0, 0, width, height)
        if reason := outside(block.image, (left, top, wide, high), (width, height)):
            raise InputError(reason)
        window = np.s_[top : top + high, left : left + wide]
        zoom = self.zoom or max(1, SIDE // max(wide, high))
        size = wide * zoom, high * zoom
        pixels = size[0] * size[1] * (1 + len(block.results)) * (1 + self.errors)
        if pixels > self.left:
            raise InputError(
                f"{block.image}: its tiles would have {pixels} pixels, and the grid has room for {self.left}: "
                "choose a smaller --zoom or --crop, or allow them with --max-pixels"
            )
        self.left -= pixels
        tiles = [Tile(self._enlarged(shown(block.truth[window]), size), ["truth"])]
        maps = [error_of(block.truth[window], result[window]) for _, result in block.results] if self.errors else []
        most = error_top(maps) if maps else 0
        for number, ((_, result), row) in enumerate(zip(block.results, block.rows, strict=True)):
            errors = self._map(maps[number], most, size) if maps else None
            regions = block.segments.get(row.method)
            segments = None if regions is None else self._part(regions, block.truth.shape, window, size)
            tiles.append(Tile(self._enlarged(shown(result[window]), size), _label(row, block.rows), errors, segments))
        if maps:
            tiles[0] = tiles[0]._replace(errors=self._scale(most, size))
        scale = f", {scale_text(block.scale)}x" * (block.scale != 1)
        part = f", {wide}x{high} at {left},{top}; figures are the whole image's" if self.crop else ""
        self.parts.append(self._drawn(f"{_one_line(block.image)}{scale}{part}", tiles))

    def picture(self) -> np.ndarray:
        """Return everything that was added: H x W x 3 of uint8."""
        width = max(part.width for part in self.parts)
        sheet = Image.new("RGB", (width, sum(part.height for part in self.parts)), PAPER)
        y = 0
        for part in self.parts:
            sheet.paste(part, (0, y))
            y += part.height
        return np.array(sheet)

    @staticmethod
    def _enlarged(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        return opaque(picture).convert("RGB").resize(size, Image.Resampling.NEAREST)

    @staticmethod
    def _map(errors: np.ndarray, most: int, size: tuple[int, int]) -> Image.Image:
        levels = np.clip(np.rint(errors * (255 / most)), 0, 255).astype(np.uint8)
        return Image.fromarray(error_colours()[levels]).resize(size, Image.Resampling.NEAREST)

    @staticmethod
    def _part(segments: np.ndarray, shape: tuple, window: tuple[slice, slice], size: tuple[int, int]) -> Image.Image:
        """Return the part of a picture of regions, which is smaller than the truth, that lies in the truth's window."""
        rows, columns = (n / m for n, m in zip(segments.shape[:2], shape, strict=False))
        y, x = window
        box = (x.start * columns, y.start * rows, x.stop * columns, y.stop * rows)
        return Image.fromarray(segments).resize(size, Image.Resampling.NEAREST, box)

    def _scale(self, most: int, size: tuple[int, int]) -> Image.Image:
        """Return the legend of the error maps: the colours from none to `most`, in levels of 255."""
        width = max(size[0], NARROWEST)
        tile = Image.new("RGB", (width, LEGEND), PAPER)
        draw = ImageDraw.Draw(tile)
        ramp = Image.fromarray(error_colours()[None]).resize((width, BAR), Image.Resampling.NEAREST)
        tile.paste(ramp, (0, LINE))
        draw.text((0, 0), "error of luma", PALE, self.font)
        draw.text((0, LINE + BAR + 2), "0", INK, self.font)
        draw.text((width, LINE + BAR + 2), f"{most} levels", INK, self.font, anchor="ra")
        return tile

    def _drawn(self, heading: str, tiles: Sequence[Tile]) -> Image.Image:
        wide, high = tiles[0].picture.size
        width = max(wide, NARROWEST)
        labels = [[part for line in tile.label for part in self._wrapped(line, width)] for tile in tiles]
        step = width + GAP
        across = max(1, min(len(tiles), (WIDEST - GAP) // step))
        rows = -(-len(tiles) // across)
        across = -(-len(tiles) // rows)
        parts = high + GAP // 2 + (max(high, LEGEND) + GAP // 2) * self.errors
        pictures = parts + (high + GAP // 2) * any(tile.segments for tile in tiles)
        tall = pictures + max(map(len, labels)) * LINE + GAP
        top = GAP + LINE
        sheet = Image.new(
            "RGB", (max(GAP + across * step, GAP * 2 + self._length(heading)), top + GAP + rows * tall), PAPER
        )
        draw = ImageDraw.Draw(sheet)
        draw.text((GAP, GAP // 2), heading, INK, self.font)
        for number, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
            x, y = GAP + number % across * step, top + number // across * tall + GAP // 2
            sheet.paste(tile.picture, (x, y))
            if tile.errors:
                sheet.paste(tile.errors, (x, y + high + GAP // 2))
            if tile.segments:
                sheet.paste(tile.segments, (x, y + parts))
            for place, line in enumerate(label):
                draw.text((x, y + pictures + place * LINE), line, PALE if place else INK, self.font)
        return sheet

    def _length(self, text: str) -> int:
        return round(self.font.getlength(text))

    def _wrapped(self, text: str, width: int) -> list[str]:
        """Return a text in lines that are no longer than a tile is wide."""
        lines = [""]
        for word in text:
            if lines[-1] and self._length(lines[-1] + word) > width:
                lines.append("")
            lines[-1] += word
        return lines


def _one_line(text: str) -> str:
    """Return a file's name with what cannot be drawn, such as a line feed, written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _label(row: Row, rows: Sequence[Row]) -> list[str]:
    """Return the method and its figures, those marked that are the best of the rows."""
    lines = [_one_line(row.method)]
    for name, value in row.metrics.items():
        metric = METRICS[name]
        if value is None:
            lines.append(f"{name} -")
            continue
        best = min(metric.badness(other.metrics[name]) for other in rows)
        mark = "*" if len(rows) > 1 and metric.badness(value) == best else ""
        lines.append(f"{name} {mark}{value:.{metric.decimals}f} {metric.unit * (metric.unit != name)}".rstrip())
    return lines
