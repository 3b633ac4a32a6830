"""What all tests share: a store of kernels beside the tests' own cache, and where the sample pictures are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own store out of the tests, and the compiled kernels from one run to the next."""
    os.environ.setdefault("UPSCALE_CACHE_DIR", str(ROOT / ".pytest_cache" / "kernels"))


@pytest.fixture
def samples() -> Path:
    return ROOT / "sample_images"
