"""What all tests share: a store of kernels beside the tests' own cache, and where the sample pictures are."""

import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from upscale_cli.jit import Kernel

ROOT = Path(__file__).parent.parent
TRACED = 10  # calls of each kernel, which coverage makes 1.6 times as slow where they are interpreted

# Properties are tried on a few examples, always the same; `pytest --hypothesis-profile=long` tries others.
SLOW = list(hypothesis.HealthCheck)  # the first call of a kernel compiles it
hypothesis.settings.register_profile(
    "short", max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW
)
hypothesis.settings.register_profile(
    "long", max_examples=2000, database=None, deadline=None, suppress_health_check=SLOW
)
hypothesis.settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own store out of the tests, and the compiled kernels from one run to the next."""
    os.environ.setdefault("UPSCALE_CACHE_DIR", str(ROOT / ".pytest_cache" / "kernels"))


@pytest.fixture(autouse=True, scope="session")
def _kernels_are_traced_at_first():
    """Let coverage see the first calls of each kernel only."""
    ready = Kernel._ready

    def untraced_later(kernel: Kernel) -> Callable:
        run, calls = ready(kernel), itertools.count()

        def call(*arguments) -> None:
            tracer = sys.gettrace()
            if tracer and next(calls) >= TRACED:
                sys.settrace(None)
            try:
                run(*arguments)
            finally:
                sys.settrace(tracer)

        return call

    with pytest.MonkeyPatch.context() as patch:
        if sys.gettrace():
            patch.setattr(Kernel, "_ready", untraced_later)
        yield


@pytest.fixture
def samples() -> Path:
    return ROOT / "sample_images"
