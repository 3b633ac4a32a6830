"""Bands and threads: every row is filled once, and what goes wrong in a thread is not lost."""

import threading
import time

import numpy as np
import pytest

from upscale_cli import run


@pytest.fixture(autouse=True)
def small_bands(monkeypatch):
    monkeypatch.setattr(run, "SMALLEST_BAND", 1)


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 50])
@pytest.mark.parametrize("height", [1, 2, 7, 100])
def test_every_row_is_filled_once(height, threads):
    dst = np.zeros((height, 4, 1), np.uint8)
    lock = threading.Lock()

    def rows(dst, y0, y1):
        with lock:
            dst[y0:y1] += 1

    run._in_bands(rows, dst, dst.size, threads)
    assert (dst == 1).all()


@pytest.mark.parametrize("where", ["caller", "helper"])
def test_a_failure_in_any_thread_is_raised_and_ends_the_work(where):
    dst = np.zeros((1000, 4, 1), np.uint8)
    caller, both, begun = threading.get_ident(), threading.Barrier(2, timeout=10), []
    before = set(threading.enumerate())

    def rows(dst, y0, y1):
        begun.append(y0)
        if len(begun) <= 2:
            both.wait()  # one band in each thread
        if (threading.get_ident() == caller) == (where == "caller"):
            raise ArithmeticError("no")

    with pytest.raises(ArithmeticError, match="no"):
        run._in_bands(rows, dst, dst.size, 2)
    assert len(begun) <= 2 * run.BANDS_PER_THREAD
    assert set(threading.enumerate()) == before


def test_an_interrupt_waits_for_the_bands_in_flight_only():
    dst = np.zeros((1000, 4, 1), np.uint8)
    caller, both, begun = threading.get_ident(), threading.Barrier(2, timeout=10), []

    def rows(dst, y0, y1):
        begun.append(y0)
        both.wait()
        if threading.get_ident() == caller:
            raise KeyboardInterrupt
        time.sleep(0.2)  # a band in flight

    with pytest.raises(KeyboardInterrupt):
        run._in_bands(rows, dst, dst.size, 2)
    assert len(begun) == 2
