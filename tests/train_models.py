"""Trains the networks of the package: python -m tests.train_models DATA FOLDER [NAME...].

DATA is a folder of pictures, none of Set14 among them. Each network of RUNS (or of the names, such as sesr-m5-x2) that
FOLDER does not have is trained by `upscale train`, those that it starts from first, and a `.txt` beside it says how.
`python -m tests.make_models FOLDER SET14` measures them, then, and puts them into the package.
"""

import os
import subprocess
import sys
from pathlib import Path

# What a network for JPEG files, for 3x and for 4x begins as.
START = {"jpeg": "{kind}-x{scale}", 3: "{kind}-x2", 4: "{kind}-x2"}
STEPS = {2: 40_000, 3: 16_000, 4: 16_000, "jpeg": 10_000}  # of fsrcnn, whose steps take longer, two fifths
RATE = {2: 6e-3, 3: 5e-3, 4: 5e-3, "jpeg": 5e-3}
PATCH = {2: 48, 3: 40, 4: 32}  # as large as the pictures of BSDS500 allow
RUNS = [
    f"{kind}-x{scale}{jpeg}"
    for kind in ("sesr-m5", "sesr-small", "fsrcnn")
    for jpeg in ("", "-jpeg")
    for scale in (2, 3, 4)
    if not (kind == "fsrcnn" and jpeg)
]


def words_of(name: str) -> list[str]:
    """Return the options of `upscale train` for a network, but for where files are."""
    kind, _, rest = name.rpartition("-x")
    scale, jpeg = int(rest[0]), rest[1:]
    how = "jpeg" if jpeg else scale
    start = ["--start", START[how].format(kind=kind, scale=scale) + ".npz"] if how in START else []
    given = ["--input", "jpeg"] if jpeg else []
    steps = STEPS[how] * 2 // 5 if kind == "fsrcnn" else STEPS[how]
    return [
        *("-s", str(scale), "--arch", kind, *given, *start, "--steps", str(steps), "--rate", f"{RATE[how]:g}"),
        *("--patch", str(PATCH[scale]), "--fast"),
    ]


def main(data: Path, folder: Path, names: list[str]) -> None:
    """Train what is not there yet; an interrupted training is gone on with."""
    os.chdir(folder)
    for name in names or RUNS:
        if not Path(f"{name}.npz").exists():
            words = ["train", str(data), *words_of(name), "-o", f"{name}.npz", "--resume"]
            subprocess.run([sys.executable, "-m", "upscale_cli", *words], check=True)
            said = ["upscale train DATA", *words_of(name), "-o", f"{name}.npz"]
            Path(f"{name}.txt").write_text(" ".join(said) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:])
