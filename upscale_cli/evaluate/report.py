"""The page of a comparison: one HTML file that holds its pictures and asks for no other.

    report.html   {{style}}  <- report.css
                  {{facts}}
                  {{blocks}} <- written by and by: a script of JSON for each block, and one of base64 for each picture
                  {{script}} <- report.js

Pictures stand in scripts of an unknown type, which browsers keep as text: only what is looked at is decoded.
"""

import base64
import html
import io
import json
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import BinaryIO

import numpy as np

from ..errors import OutputError
from ..geometry import Scale
from ..spec import check_choice
from .choice import METRICS
from .pictures import error_colours, error_of, error_top, opaque, shown
from .rows import Block, Factor, Row

PARTS = ("report.html", "report.css", "report.js")
LONGEST = {"webp": 16383, "jpeg": 65500}  # pixels of a side: of the format, and of libjpeg
NEXT_STEP = {"webp": "use --report-images jpeg", "jpeg": "cut the image, or leave out --report"}
# Of method 1 and quality 20 a megapixel takes 0.2 s; the defaults take 0.9 s, for the same size.
SAVING = {
    "webp": {"lossless": True, "exact": True, "method": 1, "quality": 20},
    "jpeg": {"quality": 90, "subsampling": 0},
}


class Report:
    """Writes the page piece by piece, so that only one image's pictures are in memory.

    `facts` are labels and texts for the head, `metrics` names of METRICS in the order of columns. `pictures` is "webp"
    (lossless) or "jpeg" (quality 90, all colours, transparency on mid-grey).
    """

    def __init__(self, file: BinaryIO, facts: dict[str, str], metrics: Sequence[str], pictures: str = "webp") -> None:
        check_choice("format of pictures", pictures, LONGEST)
        self._file, self._metrics, self._format, self._blocks = file, tuple(metrics), pictures, 0
        before, self._after = part("report.html").split("{{blocks}}")
        before = before.replace("{{style}}", part("report.css")).replace("{{facts}}", _facts(facts))
        self._write(before)
        about = {
            "metrics": [_metric(name) for name in self._metrics],
            "colours": error_colours().tolist(),
            "format": pictures,
        }
        self._data(about, 'id="about"')

    def add(self, block: Block) -> None:
        """Write one image at one scale, its pictures and figures.

        Raises OutputError for a picture that is too large for its format.
        """
        height, width = block.truth.shape[:2]
        if max(width, height) > LONGEST[self._format]:
            raise OutputError(
                f"{block.image}: of {width}x{height} pixels a side is longer than the {LONGEST[self._format]} of "
                f"{self._format}: {NEXT_STEP[self._format]}"
            )
        pictures = [block.truth, *(samples for _, samples in block.results)]
        with ThreadPoolExecutor() as pool:
            for number, encoded in enumerate(pool.map(self._encoded, pictures)):
                self._write(f'<script type="text/plain" id="picture-{self._blocks}-{number}">')
                self._file.write(base64.b64encode(encoded))
                self._write("</script>\n")
        about = {
            "image": block.image,
            "scale": _times(block.scale),
            "width": width,
            "height": height,
            "limit": error_top(error_of(block.truth, samples) for samples in pictures[1:]),
            "pictures": [method for method, _ in block.results],
            "rows": [self._row(row) for row in block.rows],
        }
        self._data(about, 'class="block"')
        self._blocks += 1

    def end(self, means: Sequence[Row]) -> None:
        """Write the means of several images, and the rest of the page."""
        self._data([self._row(row) for row in means], 'id="averages"')
        self._write(self._after.replace("{{script}}", part("report.js")))

    def _row(self, row: Row) -> dict[str, object]:
        values = [_number(row.metrics.get(name)) for name in self._metrics]
        return {"method": row.method, "scale": _times(row.scale), "values": values}

    def _encoded(self, samples: np.ndarray) -> bytes:
        picture = shown(samples)
        if self._format == "jpeg":
            picture = opaque(picture)
        target = io.BytesIO()
        picture.save(target, self._format, **SAVING[self._format])
        return target.getvalue()

    def _data(self, value: object, mark: str) -> None:
        """Write a value for the page's script; no text of it can end the element, whatever it is."""
        text = json.dumps(value, allow_nan=False).replace("<", "\\u003c")
        self._write(f'<script type="application/json" {mark}>{text}</script>\n')

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8"))


def part(name: str) -> str:
    """Return one of PARTS."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _facts(facts: dict[str, str]) -> str:
    pairs = ((html.escape(label), html.escape(text)) for label, text in facts.items())
    text = "".join(f"<div><dt>{label}</dt><dd>{text}</dd></div>\n" for label, text in pairs)
    # A file's name may be bytes of no encoding, lone surrogates here, that UTF-8 has no place for.
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _metric(name: str) -> dict[str, object]:
    row = METRICS[name]
    return {key: getattr(row, key) for key in ("name", "better", "unit", "decimals", "about")}


def _number(value: float | None) -> float | str | None:
    """Return a metric's value as JSON can hold it: infinity by the name that JavaScript has for it."""
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else f"{'-' * (value < 0)}Infinity"


def _times(scale: Factor) -> str:
    """Return a scale as people write it; nothing for 1, where nothing was enlarged."""
    text = str(Scale(*scale) if isinstance(scale, tuple) else Scale(scale, scale))
    return "" if text == "1" else f"\u00d7{text}"
