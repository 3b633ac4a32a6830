"""What runs on a Dask worker: its memory is made known once, and tasks are done within their claims."""

import pickle

from distributed import Worker, WorkerPlugin

from .. import __version__
from ..errors import InputError
from ..files import Manner
from .memory import SHARE, budget
from .work import Job, Outcome, do

RESOURCE = "upscale-memory"  # bytes


class _TooLargeError(BaseException):
    """An input needs more memory than its task has claimed; it passes through what makes other errors an outcome."""

    def __init__(self, needed: int) -> None:
        self.needed = needed


class Setup(WorkerPlugin):
    """Gives each worker, also one that comes later, `memory` bytes as a resource; None is half of its own limit."""

    name = "upscale"

    def __init__(self, memory: int | None) -> None:
        self.memory, self.version = memory, __version__

    async def setup(self, worker: Worker) -> None:
        """Raise InputError for a worker with another version of this package."""
        if self.version != __version__:
            raise InputError(f"worker {worker.address} has upscale-cli {__version__}, not {self.version}: install that")
        limit = worker.memory_manager.memory_limit
        await worker.set_resources(**{RESOURCE: self.memory or (limit // SHARE if limit else budget())})


def capacity(dask_worker: Worker) -> tuple[int, int]:
    """Return a worker's bytes of memory for tasks and its threads."""
    return int(dask_worker.state.total_resources[RESOURCE]), dask_worker.state.nthreads


def perform(packed: bytes, claimed: int, threads: int) -> list[list[Outcome] | int]:
    """Do the jobs of some inputs, a list of jobs for each, pickled with their manner.

    Returns the outcomes of each input, without their jobs, or the bytes that it needs where more were not claimed.
    """
    inputs: list[list[Job]]
    manner: Manner
    inputs, manner = pickle.loads(packed)

    def claim(needed: int) -> int:
        if needed > claimed:
            raise _TooLargeError(needed)
        return threads

    results = []
    for jobs in inputs:
        try:
            results.append([outcome._replace(job=None) for outcome in do(jobs, manner, claim)])
        except _TooLargeError as error:
            results.append(error.needed)
    return results
