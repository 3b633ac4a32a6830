"""Rows: what was measured of each image and method, and how files hold it."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..errors import InputError, UsageError
from ..geometry import Scale, parse_scale
from .choice import METRICS

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    import numpy as np

MEAN = "(mean)"
DECIMALS = 6  # that rows keep
SCHEMA = 1  # of JSON
COLUMNS = ("image", "method", "scale", "width", "height")
Factor = float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """What one method made of one image: `metrics` holds a number for each metric, or None where it means nothing.

    `scale` is the factor, or one for each side; `width` and `height` are the result's. The mean of several images has
    the image MEAN and no size. What was compared without enlarging has a file's name for its method, and scale 1.
    """

    image: str
    method: str
    scale: Factor
    width: int | None
    height: int | None
    metrics: dict[str, float | None] = field(default_factory=dict)


@dataclass(slots=True)
class Block:
    """An image at one scale: the truth, what each method made of it, and the rows.

    Pictures are H x W x C arrays of uint8, uint16 or float32 (0 to 1), all of the truth's height and width; with 2 or 4
    channels the last is a straight alpha. `results` pairs methods with their pictures, in the order of the rows; it is
    empty where nobody wants to see them. `segments` holds, by a method's spec, the regions that it finds in the low
    image (h x w x 3 of uint8). `failures` are of methods that could not do it, `notes` on what was left out.
    """

    image: str
    scale: Factor
    truth: "np.ndarray"
    results: list[tuple[str, "np.ndarray"]]
    rows: list[Row]
    failures: list[Exception] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    segments: dict[str, "np.ndarray"] = field(default_factory=dict)


def factor_of(scale: Scale) -> Factor:
    """Return a scale as rows hold it: six digits, a whole number where it is one."""
    sides = [float(f"{float(side):g}") for side in scale]
    x, y = (int(side) if side == int(side) else side for side in sides)
    return x if x == y else (x, y)


def means(rows: Iterable[Row]) -> list[Row]:
    """Return the mean of each method and scale, in the order in which they come; of what was left out there is none.

    An image of which all methods have an infinite figure, since it is flat perhaps, tells none of them from another:
    it has no part in that metric's means, which would all be infinite.
    """
    groups: dict[tuple[str, Factor], list[Row]] = {}
    finite: set[tuple[str, Factor, str]] = set()
    for row in rows:
        groups.setdefault((row.method, row.scale), []).append(row)
        finite |= {(row.image, row.scale, name) for name, value in row.metrics.items() if value not in (None, math.inf)}
    return [
        Row(MEAN, method, scale, None, None, {name: _mean(group, name, finite) for name in group[0].metrics})
        for (method, scale), group in groups.items()
    ]


def _mean(rows: list[Row], name: str, finite: set[tuple[str, Factor, str]]) -> float | None:
    known = [row for row in rows if row.metrics[name] is not None]
    telling = [row for row in known if (row.image, row.scale, name) in finite]
    values = [row.metrics[name] for row in telling or known]
    return round(math.fsum(values) / len(values), DECIMALS) if values else None


def best_first(rows: Iterable[Row], name: str) -> list[Row]:
    """Return rows in order of a metric; those without it come last."""
    return sorted(rows, key=lambda row: METRICS[name].badness(row.metrics[name]))


def scale_text(scale: Factor) -> str:
    """Return `4`, `2.5` or `2x3`."""
    return "x".join(f"{side:g}" for side in scale) if isinstance(scale, tuple) else f"{scale:g}"


def csv_text(rows: Iterable[Row], names: Sequence[str] | None = None) -> str:
    """Return rows as lines of CSV, below the columns' names if `names`, the metrics', are given.

    What a metric says nothing about is empty, what is infinite `inf`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if names is not None:
        writer.writerow([*COLUMNS, *names])
    for row in rows:
        figures = ("" if value is None else f"{value:.{DECIMALS}f}" for value in row.metrics.values())
        writer.writerow([row.image, row.method, scale_text(row.scale), row.width, row.height, *map(_short, figures)])
    return text.getvalue()


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def read_csv(text: str, names: Sequence[str]) -> list[Row]:
    """Return the rows of a CSV but for the means; a line that is cut off or damaged is passed over.

    Raises InputError where the columns are others.
    """
    if not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
    try:
        head, *lines = csv.reader(io.StringIO(text, newline="")) if text else [[]]
    except csv.Error as error:
        raise InputError(f"it is no CSV ({error}): use --overwrite to replace it") from error
    if head != [*COLUMNS, *names]:
        raise InputError(
            f"its columns are not those of --metrics {','.join(names)}: ask for the same metrics, or use --overwrite"
        )
    rows = []
    for line in lines:
        try:
            rows += _read_row(line, names)
        except (ValueError, UsageError):
            continue
    return rows


def _read_row(line: list[str], names: Sequence[str]) -> list[Row]:
    image, method, scale, width, height, *figures = line
    if image == MEAN and not width:
        return []
    values = [float(figure) if figure else None for figure in figures]
    metrics = dict(zip(names, values, strict=True))
    return [Row(image, method, factor_of(parse_scale(scale)), int(width), int(height), metrics)]


def document(rows: Iterable[Row], version: str, convention: str, downsampler: str | None) -> dict:
    """Return the JSON document of rows and their means; `downsampler` is None where nothing was shrunk."""
    rows = list(rows)
    return {
        "schema": SCHEMA,
        "version": version,
        "convention": convention,
        "downsampler": downsampler,
        "rows": [_record(row) for row in rows],
        "means": [_record(row) for row in means(rows)],
    }


def _record(row: Row) -> dict:
    """Return a row as JSON has it, without infinities, which JSON does not know; a mean has no image and no size."""
    figures = {name: None if value is None or math.isinf(value) else value for name, value in row.metrics.items()}
    infinite = [name for name, value in row.metrics.items() if value is not None and math.isinf(value)]
    record = {"method": row.method, "scale": row.scale, "metrics": figures, "infinite": infinite}
    return record if row.image == MEAN and row.width is None else {
        "image": row.image, "method": row.method, "scale": row.scale, "width": row.width, "height": row.height,
    } | record  # fmt: skip
