"""Which method is best: images, scales and methods, measured one image after the other."""

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from ..auto import look
from ..batch.find import Input, Search
from ..errors import InputError, UpscaleError, UsageError, naming
from ..geometry import Scale, scale_of
from ..request import MAX_PIXELS, check_files
from ..run import processors
from ..spec import Spec
from .choice import DEFAULT_METRICS, MATLAB_BICUBIC, TIMES, check_scale, choose_methods, parse_metrics
from .images import Case, array_of, cases, samples_of
from .pictures import segmented
from .protocol import Protocol, Trial, alike, factors_between
from .rows import Block, Factor, Row, factor_of

SHORT = 0.1  # seconds: what takes less is timed twice, for the shorter time
UNSCALED = Scale(1, 1)
IMAGE = "image"  # what an array is called
MISSHAPEN = 1.05  # ratio of the factors of a reference that is perhaps of another picture
Key = tuple[str, str, Factor]


@dataclass
class Comparison:
    """Methods to be compared by a protocol: at `scales`, or at those that references say.

    `methods` are lists of specs, families and `all`. Results are timed one after the other, by `threads` threads, and
    then measured side by side. `pictures` says whether blocks hold them, `segments` whether also the regions found.
    """

    protocol: Protocol
    methods: Sequence[str]
    scales: Sequence[Scale] = ()
    threads: int | None = None
    max_pixels: int = MAX_PIXELS
    pictures: bool = False
    segments: bool = False
    timed: set = field(default_factory=set)

    def __post_init__(self) -> None:
        for scale in self.scales or [None]:
            if scale:
                check_scale(scale)
            specs = choose_methods(self.methods, scale)
            for spec in specs:
                check_files(spec)
            if self.segments and not any(spec.method.engine == "region" for spec in specs):
                raise UsageError("segments are those of the method region: compare that, too")

    def planned(self) -> Iterator[tuple[Factor, str]]:
        """Yield each scale with each of its methods."""
        for scale in self.scales:
            for spec in choose_methods(self.methods, scale):
                yield factor_of(scale), spec.text

    def run(self, found: Sequence[Case], known: Collection[Key] = ()) -> Iterator[Block | Exception]:
        """Yield a block for each image and scale, or why there is none: an UpscaleError names the image.

        What is in `known` (image, method, scale) is not measured again.
        """
        for case in found:
            try:
                yield from self._blocks(case, known)
            except Exception as error:
                yield _told(case.label, error)

    def again(self, case: Case, row: Row) -> Row | None:
        """Return a row of an earlier run as it is measured now; None for one that this comparison would not make."""
        scales = [scale for scale in self.scales if factor_of(scale) == row.scale]
        if self.scales and not scales:
            return None
        if row.method not in [spec.text for spec in choose_methods(self.methods, scales[0] if scales else None)]:
            return None
        one = replace(self, methods=(row.method,), scales=scales, pictures=False, segments=False)
        rows = [each for block in one.run([case]) if isinstance(block, Block) for each in block.rows]
        return next((each for each in rows if each.scale == row.scale), None)

    def _blocks(self, case: Case, known: Collection[Key]) -> Iterator[Block | Exception]:
        if case.failure:
            raise InputError(case.failure)
        wanted = [self._wanted(case.label, scale, known) for scale in self.scales]
        if case.truth is None and not any(wanted):
            return
        samples, notes = samples_of(case.image, self.max_pixels)
        if case.truth is not None:
            reference, more = samples_of(case.truth, self.max_pixels)
            with naming(case.label):
                yield self._referred(case.label, samples, reference, notes + more, known)
            return
        notes += [f"{case.label}: {note}" for note in _drawn(samples)]
        for scale, specs in zip(self.scales, wanted, strict=True):
            if specs:
                yield self._round_trip(case.label, samples, scale, specs, notes)
                notes = []

    def _round_trip(
        self, label: str, samples: np.ndarray, scale: Scale, specs: list[Spec], notes: list[str]
    ) -> Block | Exception:
        """Return a block or, where this scale cannot be had of the image, why; others may."""
        try:
            with naming(label):
                pair = self.protocol.round_trip(samples, scale, self.threads)
                return self._block(label, Trial(self.protocol, scale, *pair), specs, notes)
        except UpscaleError as error:
            return error

    def _referred(
        self, label: str, samples: np.ndarray, reference: np.ndarray, notes: list[str], known: Collection[Key]
    ) -> Block:
        truth, low = self.protocol.referred(samples, reference)
        scale = factors_between(low, truth)
        if min(scale) < 1 or scale == UNSCALED:
            sides = [f"{each.shape[1]}x{each.shape[0]}" for each in (low, truth)]
            raise InputError(f"it has {sides[0]} pixels and its reference {sides[1]}: give a larger reference")
        if not 1 / MISSHAPEN < scale.x / scale.y < MISSHAPEN:
            notes = [*notes, f"{label}: its width grows {float(scale.x):.4g} times and its height {float(scale.y):.4g}"]
        specs = self._wanted(label, scale, known)
        return self._block(label, Trial(self.protocol, scale, truth, low), specs, notes)

    def _wanted(self, label: str, scale: Scale, known: Collection[Key]) -> list[Spec]:
        specs = choose_methods(self.methods, scale)
        return [spec for spec in specs if (label, spec.text, factor_of(scale)) not in known]

    def _block(self, label: str, trial: Trial, specs: list[Spec], notes: list[str]) -> Block:
        block = Block(label, factor_of(trial.scale), trial.truth, [], [], [], list(notes))
        count = self.threads or processors()
        with ThreadPoolExecutor(count) as pool:
            for first in range(0, len(specs), count):
                made = []
                for spec in specs[first : first + count]:
                    try:
                        made.append((spec.text, *self._timed(trial, spec)))
                    except UpscaleError as error:
                        block.failures.append(type(error)(f"{label}: {spec.text}: {error}"))
                measured = pool.map(lambda each: trial.measure(each[1], each[2]), made)
                for (method, result, _), (figures, left_out) in zip(made, measured, strict=True):
                    self._add(block, method, result, figures, left_out)
        for spec in specs if self.segments else ():
            if spec.method.engine == "region":
                block.segments[spec.text] = segmented(trial.low, spec)
        return block

    def _add(self, block: Block, method: str, result: np.ndarray, figures: dict, left_out: list[str]) -> None:
        height, width = result.shape[:2]
        block.rows.append(Row(block.image, method, block.scale, width, height, figures))
        block.notes += [note for note in (f"{block.image}: {each}" for each in left_out) if note not in block.notes]
        if self.pictures:
            block.results.append((method, result))

    def _timed(self, trial: Trial, spec: Spec) -> tuple[np.ndarray, float]:
        """Return a result and the seconds that it took; the first of a kind is made twice, so that none compiles."""
        result, seconds = trial.enlarge(spec, self.threads)
        kind = spec.text, trial.scale, trial.low.dtype, trial.low.shape[2]
        if not TIMES & {*self.protocol.metrics}:
            return result, seconds
        if kind not in self.timed:
            self.timed.add(kind)
            return trial.enlarge(spec, self.threads)
        return result, min(seconds, trial.enlarge(spec, self.threads)[1]) if seconds < SHORT else seconds

    def run_between(
        self, truth: Case, results: Sequence[Case], known: Collection[Key] = ()
    ) -> Iterator[Block | Exception]:
        """Yield one block, of pictures that exist already against their truth, and why others are not in it.

        What is in `known` (truth, picture, 1) is not measured again; if that is all, there is no block.
        """
        results = [case for case in results if (truth.label, case.label, 1) not in known]
        if not results:
            return
        reference, notes = samples_of(truth.image, self.max_pixels)
        reference = self.protocol.prepared(reference)
        block = Block(truth.label, 1, reference, [], [], [], notes)
        for case in results:
            try:
                if case.failure:
                    raise InputError(case.failure)
                result, more = samples_of(case.image, self.max_pixels)
                with naming(case.label):
                    block.notes.extend(more)
                    both = alike(reference, _same_size(self.protocol.prepared(result), reference))
                    figures, left_out = Trial(self.protocol, UNSCALED, both[0]).measure(both[1])
                self._add(block, case.label, result, figures, left_out)
            except Exception as error:
                yield _told(case.label, error)
        yield block


def _drawn(samples: np.ndarray) -> list[str]:
    """Return what is to be known of the figures of a picture that was drawn pixel by pixel."""
    kind, _ = look(np.ascontiguousarray(samples), False)
    if kind not in ("pixel art", "pixel art in blocks", "dithered", "label image"):
        return []
    what = "a label image" if kind == "label image" else "pixel art"
    return [f"it looks like {what}: shrinking mixes its colours, and figures say how well methods undo that"]


def _same_size(result: np.ndarray, truth: np.ndarray) -> np.ndarray:
    if result.shape[:2] != truth.shape[:2]:
        sides = [f"{each.shape[1]}x{each.shape[0]}" for each in (result, truth)]
        raise InputError(f"it has {sides[0]} pixels and the truth {sides[1]}: compare pictures of one size")
    return result


def _told(label: str, error: Exception) -> Exception:
    """Return an error that tells of itself; what nobody foresaw does not stop the other images."""
    if isinstance(error, UpscaleError):
        return error
    if os.environ.get("UPSCALE_DEBUG") == "1":
        raise error
    return InputError(f"{label}: this is a defect ({type(error).__name__}: {error}): UPSCALE_DEBUG=1 shows where")


def compare(
    image: object, scale: float | str | tuple[float, float] | Sequence | None = None,
    methods: str | Sequence[str] = "all", *, reference: object = None, convention: str = "sr",
    metrics: str | Sequence[str] = DEFAULT_METRICS, downsampler: str = MATLAB_BICUBIC, space: str | None = None,
    shave: int | None = None, recursive: bool = False, threads: int | None = None, max_pixels: int = MAX_PIXELS,
) -> list[Row]:  # fmt: skip
    """Return what each method makes of each image, measured.

    `image` is a file's or a folder's name or a list of such, a PIL image, or an array (H x W or H x W x C of uint8,
    uint16 or float32 from 0 to 1; with 2 or 4 channels the last is a straight alpha). It is shrunk by `scale` (a
    factor, "2x3" for one each side, or a list of scales) and enlarged again; or, with a `reference` (file, folder, PIL
    image or array), enlarged to that one's size. `methods` are specs, families such as "@traditional", or "all". The
    other arguments are the command line's options. Means are `upscale_cli.evaluate.rows.means` of the rows.

    Raises UsageError for a wrong argument, and the first error of an image or a method.
    """
    if (scale is None) == (reference is None):
        raise UsageError("give exactly one of scale and reference")
    if threads is not None and threads < 1:
        raise UsageError(f"threads must be 1 or more, not {threads}")
    scales = [] if scale is None else [scale_of(each) for each in (scale if isinstance(scale, list) else [scale])]
    protocol = Protocol(convention, parse_metrics(metrics), downsampler, space, shave)
    comparison = Comparison(protocol, [methods] if isinstance(methods, str) else methods, scales, threads, max_pixels)
    rows: list[Row] = []
    for block in comparison.run(_cases(image, reference, recursive)):
        for error in (block,) if isinstance(block, Exception) else block.failures:
            raise error
        rows += block.rows
    return rows


def _cases(image: object, reference: object, recursive: bool) -> list[Case]:
    if isinstance(image, (str, os.PathLike)):
        image = [image]
    if isinstance(image, (list, tuple)) and all(isinstance(each, (str, os.PathLike)) for each in image):
        folder = None if reference is None else os.fspath(reference)
        return cases([os.fspath(each) for each in image], Search(recursive), folder)
    if isinstance(reference, (str, os.PathLike)):
        return [Case(IMAGE, array_of(image), Input(os.fspath(reference)))]
    return [Case(IMAGE, array_of(image), None if reference is None else array_of(reference))]
