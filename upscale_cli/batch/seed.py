"""What the process imports that the workers of a local Dask cluster are forked from: all that they need, and its ways.

It must tell the C library before a thread runs how to keep memory, and takes Dask's modules out of garbage collection.
"""

import gc

from . import tasks  # noqa: F401 for the workers
from .memory import keep

GARBAGE = 100_000  # objects, as of the command line's process

keep()
gc.freeze()
gc.set_threshold(GARBAGE)
