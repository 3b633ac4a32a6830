"""How near the methods come to the truth, on Set14 where it is there, and on a sample photograph."""

import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import jit
from upscale_cli.evaluate.compare import compare
from upscale_cli.evaluate.rows import means

ROOT = Path(__file__).parent.parent.parent
SET14 = ROOT.parent / "shared" / "data" / "eval" / "set14"
REACHES = {"icbi": 30.5, "dcci": 30.25, "nedi": 29.85, "eedi3": 30.4, "region": 30.2}

pytestmark = pytest.mark.skipif(jit.interpreted(), reason="photographs take minutes, interpreted")


@functools.cache
def set14():
    rows = compare(str(SET14), 2, ["bilinear", *REACHES], convention="sr-luma", metrics="psnr")
    return {row.method: row.metrics["psnr"] for row in means(rows)}


@pytest.mark.skipif(not SET14.exists(), reason="Set14 is not there")
@pytest.mark.parametrize("method", REACHES)
def test_set14(method):
    assert set14()[method] >= REACHES[method] > set14()["bilinear"]


def test_edges_come_out_better_than_by_bicubic(samples):
    """The tripod's slanting edges."""
    with Image.open(samples / "grey.png") as image:
        rows = compare(np.array(image), 2, ["bicubic", *REACHES], metrics="psnr")
    found = {row.method: row.metrics["psnr"] for row in rows}
    assert found["bicubic"] < found["region"]
    assert found["bicubic"] + 0.25 < found["nedi"] < found["dcci"] < min(found["eedi3"], found["icbi"])
