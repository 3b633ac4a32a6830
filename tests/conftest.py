"""What all tests share: a store of kernels beside the tests' own cache, and where the sample pictures are."""

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent

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


@pytest.fixture
def samples() -> Path:
    return ROOT / "sample_images"
