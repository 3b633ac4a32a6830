"""Measuring by turns: each contestant once a round, so that whatever slows the machine meets all alike."""

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

OURS = "upscale"


@dataclass(frozen=True, slots=True)
class Reach:
    """A bound that is aimed at, from above; with `speed_up` one from below, on peer / ours."""

    limit: float
    speed_up: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.speed_up else value <= self.limit


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison.

    `turns` are the contestants, ours first, each a call that returns its figure in `unit`. `reaches` holds, by a peer's
    name, the bound on the ratio ours / peer, and under OURS that on our own figure, in `unit`.
    """

    what: str
    turns: dict[str, Callable[[], float]]
    reaches: dict[str, Reach] = field(default_factory=dict)
    unit: str = "ms"


Figures = dict[str, list[float]]


def timed(call: Callable[[], object], unit: float = 1e-3) -> Callable[[], float]:
    """Return a turn that makes the call, frees what it returns, and says how long both took, in `unit` seconds."""

    def turn():
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) / unit

    return turn


def measure(case: Case, rounds: int) -> Figures:
    """Return each contestant's figures, one a round; a round before them compiles and loads, and does not count."""
    figures = {name: [] for name in case.turns}
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds + 1):
            for name, turn in case.turns.items():
                figure = turn()
                if number:
                    figures[name].append(figure)
    finally:
        gc.enable()
    return figures


def processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
