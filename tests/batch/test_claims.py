"""What a task claims is what it takes: the memory of real runs, each in a process of its own."""

import subprocess
import sys

import pytest
from PIL import Image, features

from tests.benchmarks.pictures import picture
from upscale_cli import jit

MEASURE = """
import sys
from pathlib import Path
from upscale_cli.files import Manner, Task, process
from upscale_cli.formats import format_of
from upscale_cli.request import make_request
from upscale_cli.spec import Handling

small, large, output, depth, method = sys.argv[1:]
request = make_request(2, method=method, handling=Handling(depth=depth))
task = Task(Path(output), format_of(Path(output).suffix), request)
claims, peaks = [], []
for path in (small, large):
    (done,) = process(Path(path), [task], Manner(overwrite=True), lambda needed: claims.append(needed) or 1)
    if isinstance(done, Exception):
        raise done
    lines = Path("/proc/self/status").read_text().splitlines()
    peaks.append(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")))
print(peaks[1] - peaks[0], claims[1])
"""

ENLARGING = ("dcci", "nedi", "icbi", "icbi:iterations=50", "eedi3", "region", "hqx", "scale3x", "auto")
CASES = [
    ("RGB", "png", "keep"),
    ("RGB", "jpg", "keep"),
    ("RGB", "png", "16"),
    ("RGB", "webp", "keep"),
    ("RGB", "gif", "keep"),
    ("RGB", "tif", "keep"),
    ("RGB", "avif", "keep"),
    ("RGB", "jp2", "keep"),
    ("RGB", "sgi", "keep"),
    ("RGBA", "png", "keep"),
    ("RGBA", "webp", "keep"),
    *(("RGBA", "png", "keep", method) for method in ENLARGING),
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Return by mode a small and a large picture's path."""
    folder = tmp_path_factory.mktemp("claims")
    image = Image.fromarray(picture("RGBA", 1500, 1000))
    found = {}
    for mode in ("RGB", "RGBA"):
        found[mode] = [str(folder / f"{mode}-{size}.png") for size in ("small", "large")]
        for each, path in zip((image.crop((0, 0, 30, 20)), image), found[mode], strict=True):
            each.convert(mode).save(path)
    return found


@pytest.mark.skipif(jit.interpreted(), reason="pictures take minutes, interpreted")
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc how much was taken")
@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_no_more_is_taken_than_claimed(pictures, tmp_path, case):
    """And not much less: while a claim of ten times as much is held, others wait for nothing."""
    mode, extension, depth, method = case if len(case) == 4 else (*case, "bicubic")
    if extension == "avif" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    command = [sys.executable, "-c", MEASURE, *pictures[mode], str(tmp_path / f"out.{extension}"), depth, method]
    for _ in range(2):  # the first run compiles what is not in the store, in the same process
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    taken, claimed = map(int, done.stdout.split())
    assert claimed / 4 < taken < claimed * 1.1, f"{taken / 1e6:.0f} MB of {claimed / 1e6:.0f}"
