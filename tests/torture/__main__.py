"""Feed the command damaged files: `python -m tests.torture [--cuts 50] [--flips 500] [--keep FOLDER] [PATTERN...]`.

Every valid sample (of those whose names match a pattern, if there are any) is cut off at many places, and has many
of its bytes changed. Each file goes through the command in a process that is watched: it must end within 10 s of the
processor and 1 GB, with exit code 0 and nothing said or 1 and one line. Those that do not are told, and kept in the
folder.
"""

import argparse
import fnmatch
import itertools
import sys
from pathlib import Path

from tests.torture.damage import flipped, truncated
from tests.torture.samples import samples
from tests.torture.worker import Worker


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__.partition(":")[0])
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--flips", type=int, default=500)
    parser.add_argument("--keep", type=Path, help="where files that were not taken well go")
    parser.add_argument("patterns", nargs="*", help="names of samples, such as *.tif")
    asked = parser.parse_args()
    worker, count, failed, slowest, largest, read = Worker(), 0, 0, 0.0, 0, 0
    for name, data in samples().items():
        if asked.patterns and not any(fnmatch.fnmatch(name, pattern) for pattern in asked.patterns):
            continue
        broken = itertools.chain(truncated(data, asked.cuts), flipped(data, asked.flips, name))
        for number, damaged in enumerate(broken):
            wrong, code, took, most = worker.attempt(name, number, damaged)
            count, read = count + 1, read + (code == 0)
            slowest, largest = max(slowest, took), max(largest, most)
            if wrong:
                failed += 1
                print(f"{name} {number}: {wrong}", flush=True)
                if asked.keep:
                    asked.keep.mkdir(parents=True, exist_ok=True)
                    (asked.keep / f"{number}-{name}").write_bytes(damaged)
    print(f"{count} files, {read} read, {failed} not taken well; {slowest:.2f} s and {largest >> 20} MB at most")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
