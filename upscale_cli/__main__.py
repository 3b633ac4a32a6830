"""`python -m upscale_cli` and the `upscale` script."""

import gc
import os
import sys

from . import __version__


def main() -> int:
    """Run the command line and return its exit code, or end the process with it."""
    for number in range(3):  # or a file that is opened later takes a closed stream's place, which libraries write to
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started this
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 pathlib takes longer to import
    if sys.argv[1:] == ["--version"]:  # scripts ask it often; Click alone takes three times as long to import
        try:
            print(f"upscale {__version__}", flush=True)
        except OSError:  # which the door tells
            pass
        else:
            return 0
    gc.set_threshold(100_000)  # collecting what imports and compilations leave takes a tenth of their time
    from .cli.door import main

    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if "multiprocessing" not in sys.modules:  # which has things to put away
        os._exit(code)  # all files are closed; taking the libraries down takes a tenth of a small run's time
    return code


if __name__ == "__main__":
    sys.exit(main())
