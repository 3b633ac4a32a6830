"""What is compared by which metrics, told from words alone: the table of metrics, lists of them and of methods."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import UsageError
from ..geometry import Scale, parse_scale
from ..methods import FAMILIES, METHODS, Method
from ..spec import Spec, check_choice, nearest_name, parse_method

CONVENTIONS = ("sr", "sr-luma", "full")
SPACES = ("rgb", "y", "linear")
MATLAB_BICUBIC = "matlab-bicubic"
ALL = "all"


class Metric(NamedTuple):
    """A figure of merit; `better` is "high", "low" or "one" (the nearer to 1), `decimals` how many are shown.

    One that is `of_scaling` says something of the way from input to result, and nothing of two given images.
    """

    name: str
    better: str
    unit: str
    decimals: int
    about: str
    of_scaling: bool = False

    def badness(self, value: float | None) -> float:
        """Return a number that is smaller the better the value is; the worst for none."""
        if value is None:
            return math.inf
        return {"high": -value, "low": value, "one": abs(value - 1)}[self.better]


TIMES = {"ms", "mps"}  # which no two runs have alike
METRICS: dict[str, Metric] = {
    row.name: row
    for row in (
        Metric("psnr", "high", "dB", 3, "peak signal-to-noise ratio"),
        Metric("ssim", "high", "", 4, "structural similarity (Wang 2004)"),
        Metric("msssim", "high", "", 4, "the same on five scales (Wang 2003)"),
        Metric("gmsd", "low", "", 4, "gradient magnitude similarity deviation (Xue 2014)"),
        Metric("mae", "low", "levels", 3, "mean absolute error"),
        Metric("rmse", "low", "levels", 3, "root of the mean squared error"),
        Metric("max", "low", "levels", 1, "largest error"),
        Metric("sharpness", "one", "", 3, "energy of the gradient, against the truth's"),
        Metric("lr_psnr", "high", "dB", 3, "PSNR of the result shrunk again, against the input", True),
        Metric("ms", "low", "ms", 2, "milliseconds to enlarge, in memory", True),
        Metric("mps", "high", "MP/s", 1, "megapixels of the result a second", True),
    )
}
DEFAULT_METRICS = ("psnr", "ssim", "lr_psnr", "ms")


def parse_metrics(text: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names of metrics that a comma-separated list says; UsageError for one that there is not."""
    names = [name.strip().lower() for name in (text.split(",") if isinstance(text, str) else text)]
    for number, name in enumerate(names):
        check_choice("metric", name, METRICS)
        if name in names[:number]:
            raise UsageError(f"metric {name} is given twice: give it once")
    return tuple(names)


def parse_limits(text: str) -> list[tuple[str, float]]:
    """Return the metrics and the values that `psnr=30,ssim=0.9` says."""
    return [_limit(part) for part in text.split(",")]


def _limit(text: str) -> tuple[str, float]:
    name, equals, value = (part.strip() for part in text.lower().partition("="))
    if not equals:
        raise UsageError(f"{text!r} is not metric=value, as in psnr=30")
    check_choice("metric", name, METRICS)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{text!r}: {value!r} is not a number, as in psnr=30")
    return name, number


def parse_scales(text: str) -> list[Scale]:
    """Return the scales of a comma-separated list; UsageError for one that is given twice or cannot go both ways."""
    scales = [parse_scale(part) for part in text.split(",")]
    for number, scale in enumerate(scales):
        check_scale(scale)
        if scale in scales[:number]:
            raise UsageError(f"scale {scale} is given twice: give it once")
    return scales


def check_scale(scale: Scale) -> None:
    """Raise UsageError for a scale by which nothing is enlarged."""
    if min(scale) < 1 or max(scale) == 1:
        raise UsageError(
            f"a round trip shrinks an image and enlarges it again, by more than 1, not by {scale}: give a larger scale"
        )


def split_methods(text: str) -> list[str]:
    """Return the specs of a comma-separated list; a comma followed by `key=` continues a method's parameters."""
    words: list[str] = []
    for part in text.split(","):
        if not re.match(r"\s*[\w-]+\s*=", part):
            words.append(part.strip())
        elif not words or ":" not in words[-1]:
            raise UsageError(f"{part.strip()!r} belongs to no method: parameters follow a colon, as in bicubic:a=-0.75")
        else:
            words[-1] += f",{part.strip()}"
    return words


def choose_methods(texts: str | Iterable[str], scale: Scale | None = None) -> list[Spec]:
    """Return the methods that lists, families such as `@traditional` and `all` name, each once.

    Of families those are taken that can enlarge by the scale. Raises UsageError for a wrong name.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    chosen: dict[str, Spec] = {}
    for word in (word for text in texts for word in split_methods(text)):
        for each in _members(word, scale):
            spec = parse_method(each)
            chosen.setdefault(spec.text, spec)
    if not chosen:
        raise UsageError("there is no method to compare: name some with -m, as in -m bicubic,lanczos3")
    return list(chosen.values())


def _members(word: str, scale: Scale | None) -> list[str]:
    if word != ALL and not word.startswith("@"):
        return [word]
    family = word.removeprefix("@")
    if word != ALL and family not in FAMILIES:
        known = [f"@{name}" for name in FAMILIES]
        hint = nearest_name(word, known) or f": it is one of {', '.join(known)}"
        raise UsageError(f"there is no family {word!r}{hint}")
    rows = [row for row in METHODS.values() if row.family == family or (word == ALL and row.engine != "auto")]
    return [row.name for row in rows if _reaches(row, scale)]


def _reaches(row: Method, scale: Scale | None) -> bool:
    return row.enlarges and (scale is None or not row.factors or (scale.x == scale.y and scale.x in row.factors))
