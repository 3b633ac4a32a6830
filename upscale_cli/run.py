"""Obeys a plan: allocates each step's output, cuts its rows into bands and hands them to threads. Decides nothing."""

import contextlib
import functools
import os
import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from .errors import UpscaleError
from .interpolate.nearest import nearest_index, picker
from .interpolate.rows import working
from .interpolate.rules import NEAREST
from .interpolate.separable import resampler
from .plan import Plan
from .steps import (
    Bleed,
    Curve,
    Harden,
    Lattice,
    Nearest,
    Network,
    OnePass,
    Place,
    Promote,
    Radial,
    Reduce,
    Refine,
    Regions,
    Scaler,
    ToPalette,
    Unpool,
    Weigh,
)

BANDS_PER_THREAD = 2  # enough to even out uneven bands; each costs the loading of one window of rows
SMALLEST_BAND = 500_000  # samples; less is done before threads and their module stand

Rows = Callable[[np.ndarray, int, int], None]


def run(plan: Plan, samples: np.ndarray, threads: int | None = None) -> np.ndarray:
    """Return the samples (H x W x C) that the plan makes of these; the same array if it has no step.

    `threads` None takes every processor that the process may use. The result does not depend on it.
    """
    threads = threads or processors()
    for step in plan.steps:
        if isinstance(step, Place | Unpool):
            samples = _place(step, samples) if isinstance(step, Place) else _unpooled(step, samples)
            continue
        dst = np.empty(_shape(step, samples), _sample(step, samples))
        if isinstance(step, Reduce) and (step.sample, step.dither) == ("u1", "diffusion"):
            from .color.dither import diffuse

            diffuse(samples, dst, step.alpha)
        else:
            _in_bands(_rows(step, samples, threads), dst, max(samples.size, dst.size), threads)
        samples = dst
    return samples


@functools.cache
def get_ready() -> None:
    """Import in the background, while a file is decoded, what kernels are fetched with."""

    def fetch() -> None:
        with contextlib.suppress(UpscaleError, ImportError, MemoryError):  # which whoever needs it meets again
            from .jit import linker  # noqa: F401 it is found there

    with contextlib.suppress(RuntimeError):  # there is no memory for a thread
        threading.Thread(target=fetch, daemon=True).start()


def processors() -> int:
    """Return how many processors the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shape(step, src: np.ndarray) -> tuple[int, int, int]:
    """Return the height, width and channels of the step's output."""
    height, width, channels = src.shape
    match step:
        case Weigh() | Promote() | Curve() | Reduce() | Bleed() | Harden():
            return height, width, channels
        case Scaler(factor=factor) | Network(scale=factor):
            return factor * height, factor * width, channels
        case ToPalette():
            return height, width, 1
        case OnePass(axis=axis, vertical=vertical):
            return (axis.n_out, width, channels) if vertical else (height, axis.n_out, channels)
        case Refine(enlarging=(horizontal, vertical)):
            return vertical.n_out, horizontal.n_out, channels
    return step.vertical.n_out, step.horizontal.n_out, channels


def _sample(step, src: np.ndarray) -> np.dtype:
    """Return the type of the step's samples."""
    match step:
        case Promote():
            return np.dtype("u2")
        case Curve(back=back):
            return np.dtype(step.sample if back else "f4")
        case Reduce():
            return np.dtype(step.sample)
    return src.dtype


def _rows(step, src: np.ndarray, threads: int) -> Rows:
    """Return the function that fills the output's rows from y0 to y1."""
    match step:
        case Nearest(horizontal=x, vertical=y, rule=rule):
            index = NEAREST[rule] if rule else nearest_index
            return picker(src, index(x), index(y))
        case OnePass():
            from .interpolate.literal import passer

            return passer(src, step.axis, step.vertical, step.arithmetic, step.bits)
        case Weigh():
            from .interpolate.literal import weigh

            kernel = weigh(src.shape[2], step.back)
            return lambda dst, y0, y1: kernel(src, dst, y0, y1)
        case Promote() | Curve() | Reduce() | ToPalette() | Harden():
            return _changing(step, src)
        case Bleed() | Lattice() | Regions() | Scaler() | Network():
            return _enlarging(step, src)
        case Refine():
            from .interpolate.refine import refiner

            made = run(Plan(step.steps), src, threads)
            return refiner(src, made, step.times, step.shrinking, step.enlarging, step.alpha)
    fill = working(step.fill, step.sample, step.light, step.alpha)
    engine = resampler
    if isinstance(step, Radial):
        from .interpolate.radial import averager as engine
    return engine(src, step.horizontal, step.vertical, step.light, step.alpha, step.antiring, fill)


def _enlarging(step, src: np.ndarray) -> Rows:
    """Return the function for a step of a method that only enlarges."""
    match step:
        case Bleed():
            from .color.bleed import bleeder

            return bleeder(src)
        case Lattice():
            from .directional.lattice import doubler

            arguments = dict(step.arguments)
            return doubler(
                src, step.method, arguments, step.passes, step.horizontal, step.vertical, step.shares, step.fill
            )
        case Regions():
            from .directional.region import regioner
            from .directional.segments import segments

            labels = segments(src, *step.segmenting)
            inside = step.horizontal.filter
            return regioner(src, labels, step.horizontal, step.vertical, inside, step.alpha, step.labels)
        case Network():
            from .network.models import enlarger_of

            return enlarger_of(
                src, step.method, dict(step.parameters), step.scale, step.planes, step.luma, step.edge, step.fill
            )
    from .pixelart.bands import scaled

    return scaled(src, step.engine, step.factor, step.tolerance, step.alpha, step.hard, step.edge, step.fill)


def _changing(step, src: np.ndarray) -> Rows:
    """Return the function for a step that changes pixels where they are; few runs need one."""
    from .color import dither, light, palette

    match step:
        case Harden():
            from .color.harden import harden

            return lambda dst, y0, y1: harden(src, dst, y0, y1)
        case Promote():
            return lambda dst, y0, y1: np.multiply(src[y0:y1], np.uint16(257), out=dst[y0:y1], dtype=np.uint16)
        case Curve():
            curve = light.from_light if step.back else light.to_light
            return lambda dst, y0, y1: curve(src, dst, y0, y1, step.curves, step.alpha, step.sigmoid)
        case ToPalette():
            colours = np.frombuffer(step.colours, np.uint8).reshape(-1, step.channels)
            return lambda dst, y0, y1: palette.nearest_colour(src, colours, dst, y0, y1)
        case Reduce(sample="u2"):
            return lambda dst, y0, y1: _to_16_bits(src, dst, y0, y1)
        case Reduce(dither="ordered"):
            return lambda dst, y0, y1: dither.ordered(src, dst, y0, y1, step.alpha)
    return lambda dst, y0, y1: dither.rounded(src, dst, y0, y1)


def _to_16_bits(src: np.ndarray, dst: np.ndarray, y0: int, y1: int) -> None:
    for y in range(y0, y1):
        dst[y] = np.nan_to_num(src[y]).clip(0, 1) * np.float32(65535) + np.float32(0.5)


def _in_bands(rows: Rows, dst: np.ndarray, samples: int, threads: int) -> None:
    """Fill dst band by band; this thread works, too, since another takes a while to wake up."""
    height = dst.shape[0]
    count = min(height, threads * BANDS_PER_THREAD, max(1, samples // SMALLEST_BAND))
    if threads == 1 or count == 1:
        rows(dst, 0, height)
        return
    todo = deque((height * band // count, height * (band + 1) // count) for band in range(count))
    failures = []

    def work() -> None:
        while todo:
            try:
                y0, y1 = todo.popleft()
            except IndexError:  # another thread took the last
                return
            rows(dst, y0, y1)

    def assist() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
            todo.clear()

    helpers = [threading.Thread(target=assist) for _ in range(min(threads, count) - 1)]
    try:
        with contextlib.suppress(RuntimeError):  # there is no memory for so many: fewer do it
            for helper in helpers:
                helper.start()
        work()
    finally:
        todo.clear()  # an interrupt waits for the bands in flight only
        for helper in helpers:
            if helper.ident:
                helper.join()
    if failures:
        raise failures[0]


def _unpooled(step: Unpool, samples: np.ndarray) -> np.ndarray:
    from pathlib import Path

    from .network import indices

    places = None if step.indices is None else indices.read(Path(step.indices)).places
    return indices.unpooled(samples, step.width, step.height, step.factors, places)


def _place(step: Place, samples: np.ndarray) -> np.ndarray:
    canvas = np.empty((step.height, step.width, samples.shape[2]), samples.dtype)
    canvas[:] = np.array(step.fill, samples.dtype)
    canvas[step.y : step.y + samples.shape[0], step.x : step.x + samples.shape[1]] = samples
    return canvas
