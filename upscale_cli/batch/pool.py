"""Many files side by side, each by one process: decoded, resized and encoded there, without a pixel passed on.

Processes, not threads: Pillow encodes under Python's lock unless it may write to the file itself, and threads wait for
each other where memory is given to them. 100 JPEG photographs at 2x took 7.6 s one after the other, 5.1 s in two
threads and 3.9 s in two processes.
"""

import contextlib
import ctypes
import multiprocessing
import os
import selectors
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection

from ..errors import UpscaleError
from ..files import Manner
from ..filesystem.atomic import sweep
from .memory import keep
from .work import Job, Outcome, do

try:
    import resource
except ImportError:  # pragma: no cover Windows, which has other limits
    resource = None

AHEAD = 2  # inputs that a worker knows of: one in work, one that it need not wait for,
PLENTY = 4  # as long as more than so many a worker are left
UNASKED = 32 << 20  # bytes that a worker takes without asking for them
FILES, RESERVED = 3, 12  # that are open for a worker, and for all else
PR_SET_PDEATHSIG = 1  # of prctl(2)


class Pool:
    """Processes that do jobs, `several` of each input, within a budget of memory in bytes.

    What takes more than the budget runs alone.
    """

    def __init__(self, jobs: list[Job], several: int, manner: Manner, workers: int, budget: int) -> None:
        self.jobs, self.several, self.manner = jobs, several, manner
        self.count = max(1, min(workers, len(jobs) // several, budget // UNASKED // 2, _may_be_open() // FILES))
        self.threads, self.room = workers, budget - self.count * UNASKED
        self.todo = deque(range(len(jobs) // several))
        self.workers: list[_Worker] = []
        self.asking: deque[tuple[_Worker, int]] = deque()
        self.selector = selectors.DefaultSelector()

    @property
    def current(self) -> str:
        """What is being resized, and has been for the longest."""
        numbers = [worker.inputs[0] for worker in self.workers if worker.inputs]
        return self.jobs[min(numbers) * self.several].source.label if numbers else ""

    def run(self) -> Iterator[Outcome]:
        """Yield the outcomes, those of one input after each other, as they come.

        What is in work when the iterator is closed is broken off, and leaves nothing behind.
        """
        try:
            for _ in range(self.count):
                self._start()
            while any(worker.inputs for worker in self.workers):
                for key, _ in self.selector.select():
                    yield from self._listen(key.data)
        finally:
            for worker in self.workers:
                worker.process.kill()
            for worker in self.workers:
                worker.process.join()
                self._sweep(worker.inputs)

    def _start(self) -> None:
        try:
            worker = _Worker(self.jobs, self.several, self.manner, [each.pipe for each in self.workers])
        except OSError as error:
            raise UpscaleError(f"no process can be started ({error.strerror}): -j 1 needs none") from error
        self.workers.append(worker)
        self.selector.register(worker.pipe, selectors.EVENT_READ, worker)
        self._hand(worker)

    def _hand(self, worker: "_Worker") -> None:
        """Give a worker something to do, and while there is plenty something to go on with."""
        while self.todo and len(worker.inputs) < (AHEAD if len(self.todo) > PLENTY * self.count else 1):
            worker.hand(self.todo.popleft())

    def _listen(self, worker: "_Worker") -> Iterator[Outcome]:
        """Take a message from a worker: bytes that it asks for, or the outcomes of its first input."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):  # the latter in the middle of a message
            yield from self._bury(worker)
            return
        if isinstance(message, int):
            worker.reserved = 0  # for another size of the same input
            self.asking.append((worker, message))
        else:
            worker.reserved = 0
            number = worker.inputs.popleft()
            self._hand(worker)
            first = number * self.several
            yield from (each._replace(job=self.jobs[first + place]) for place, each in enumerate(message))
        self._grant()

    def _grant(self) -> None:
        """Give the first that asks its memory, once it is free; who asks after it waits, too."""
        while self.asking:
            worker, needed = self.asking[0]
            taken = sum(each.reserved for each in self.workers)
            if taken and taken + needed > self.room:
                return
            self.asking.popleft()
            worker.reserved = needed
            waiting = [each for each, _ in self.asking]
            busy = sum(bool(each.inputs) and each not in waiting for each in self.workers)
            worker.pipe.send((max(1, self.threads // busy),))

    def _bury(self, worker: "_Worker") -> Iterator[Outcome]:
        """Tell what a worker died of, and have another go on with what it had not begun."""
        worker.process.join()
        self.selector.unregister(worker.pipe)
        self.workers.remove(worker)
        self.asking = deque((each, needed) for each, needed in self.asking if each is not worker)
        if not worker.inputs:  # it was done, and the others have what is left
            return
        self._sweep(worker.inputs)
        number, *rest = worker.inputs
        self.todo.extendleft(reversed(rest))
        code = worker.process.exitcode
        how = f"was ended by {signal.Signals(-code).name}" if code and code < 0 else f"ended with {code}"
        what = f"the process that resized it {how}: with too little memory, -j 1 or --memory may help"
        for job in self._jobs_of(number):
            yield Outcome("failed", job, f"{job.source.label}: {what}")
        if self.todo:
            self._start()
        self._grant()

    def _jobs_of(self, number: int) -> list[Job]:
        return self.jobs[number * self.several : (number + 1) * self.several]

    def _sweep(self, inputs: Iterable[int]) -> None:
        """Remove what was half-written of the outputs of these inputs."""
        jobs = [job for number in inputs for job in self._jobs_of(number) if job.output]
        for folder in {os.path.dirname(os.path.realpath(job.output)) for job in jobs}:
            sweep(folder)


def _may_be_open() -> int:
    """Return how many files the system lets the process open for workers."""
    if resource is None:
        return sys.maxsize
    return max(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVED)


class _Worker:
    """A process, and what its parent knows of it: which inputs it has, how many bytes it has reserved."""

    def __init__(self, jobs: list[Job], several: int, manner: Manner, others: list[Connection]) -> None:
        # A fork has the libraries and the list of jobs; elsewhere than on Linux system libraries do not survive it.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        self.pipe, theirs = context.Pipe()
        forked = [self.pipe, *others] if sys.platform == "linux" else []
        arguments = (jobs, several, manner, theirs, forked)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self.inputs: deque[int] = deque()
        self.reserved = 0

    def hand(self, number: int) -> None:
        self.inputs.append(number)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is dead, as reading from it tells
            self.pipe.send(number)


def _work(jobs: list[Job], several: int, manner: Manner, pipe: Connection, others: list[Connection]) -> None:
    """Do the jobs of one input after the other, as the numbers of the inputs come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent sees to it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    keep()
    for other in others:
        other.close()  # or a worker would not see that the parent has gone
    numbers: deque[int] = deque()

    def claim(needed: int) -> int:
        if needed <= UNASKED:
            return 1
        pipe.send(needed)
        while isinstance(answer := pipe.recv(), int):
            numbers.append(answer)
        return answer[0]

    try:
        while True:
            number = numbers.popleft() if numbers else pipe.recv()
            group = jobs[number * several : (number + 1) * several]
            pipe.send([outcome._replace(job=None) for outcome in do(group, manner, claim)])
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent has gone
        os._exit(1)
