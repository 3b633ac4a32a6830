"""What is to be done to many files, settled and checked before any of it is begun; and the doing of one file's part."""

import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ..errors import FullError, UpscaleError, UsageError, naming
from ..files import Manner, Result, Skipped, Task, probe, process
from ..filesystem.atomic import sweep
from ..filesystem.remote import is_url, place_of
from ..formats import Format, Settings
from ..request import Request
from .find import Input
from .names import Naming, check_names

HERE = "memory:"  # of URLs


class Job(NamedTuple):
    """What is to be done to an input, or the reason why it cannot be done.

    `output` is a path or a URL, None for standard output.
    """

    source: Input
    request: Request
    output: str | None = None
    format: Format | None = None
    failure: str = ""

    @property
    def is_here(self) -> bool:
        """Whether the input or the output is in this process's memory, where no other process sees it."""
        return self.source.path.startswith(HERE) or (self.output or "").startswith(HERE)

    @property
    def task(self) -> Task:
        """The job without its input."""
        return Task(None if self.output is None else place_of(self.output), self.format, self.request)


class Outcome(NamedTuple):
    """What became of a job: `status` is done, skipped, failed or planned; `reason` tells why of the middle two.

    `trace` is the traceback of a failure; `full` says that there is no room for any other output either.
    """

    status: str
    job: Job
    reason: str = ""
    result: Result | None = None
    trace: str = ""
    full: bool = False


def prepare(inputs: Iterable[Input], rule: Naming, requests: list[Request], settings: Settings) -> list[Job]:
    """Return the jobs, one for each input and request, their names settled; those of an input follow each other.

    Raises UsageError for an extension or setting that no format has, OutputError where two inputs would write the same
    file or an input. A job has failed already if its input's own format cannot be written, or if its size was needed
    for a name and it cannot be opened.
    """
    rules = [rule.of(request.target) for request in requests]
    pairs = list(zip(requests, rules, strict=True))
    jobs = [_job(source, rule, request) for source in inputs for request, rule in pairs]
    named = [(job, rule) for job, rule in zip(jobs, itertools.cycle(rules)) if not job.failure]
    formats = {job.format for job, _ in named}
    if formats:
        settings.check(formats)
        _check_depth(formats, requests[0])
    named = [(job.source, rule, job.output) for job, rule in named if job.output is not None]
    check_names(named, [job.source for job in jobs[:: len(requests)]])
    return jobs


def _job(source: Input, rule: Naming, request: Request) -> Job:
    job = Job(source, request, failure=source.failure)
    if source.failure:
        return job
    size = None
    if rule.needs_size(source):
        try:
            _, geometry = probe(source.file, request)
        except UpscaleError as error:
            return job._replace(failure=str(error))
        size = geometry.width, geometry.height
    output = rule.destination(source, size)
    try:
        with naming(source.label if rule.follows_input else output):
            return Job(source, request, output, rule.format_of(source, output))
    except UsageError as error:
        if not rule.follows_input:
            raise
        return job._replace(failure=_why_not(job) or str(error))


def _why_not(job: Job) -> str:
    """Return what keeps a file from being read, which matters more than what it would be written as."""
    try:
        probe(job.source.file, job.request)
    except UpscaleError as error:
        return str(error)
    return ""


def _check_depth(formats: set[Format], request: Request) -> None:
    """Raise UsageError for 16 bits that none of the formats holds."""
    if request.handling.depth == "16" and not any(row.holds("u2", True) for row in formats):
        kinds = ", ".join(sorted({row.extensions[0] for row in formats}))
        raise UsageError(f"--depth 16 means nothing to {kinds}: it is for png and tiff")


def sweep_folders(jobs: Iterable[Job]) -> None:
    """Remove what killed runs have left half-written beside the outputs."""
    resolve = functools.cache(os.path.realpath)
    for folder in {resolve(os.path.dirname(job.output)) for job in jobs if job.output and not is_url(job.output)}:
        sweep(folder)


class InTurn:
    """Does jobs, `several` of each input, one after the other in this process; `current` is what it is at."""

    def __init__(self, jobs: list[Job], several: int, manner: Manner) -> None:
        self.jobs, self.several, self.manner = jobs, several, manner
        self.current = ""

    def run(self) -> Iterator[Outcome]:
        """Yield the outcomes in the order of the jobs."""
        for first in range(0, len(self.jobs), self.several):
            self.current = self.jobs[first].source.label
            yield from do(self.jobs[first : first + self.several], self.manner)


def do(jobs: Sequence[Job], manner: Manner, claim: Callable[[int], int] | None = None) -> Iterator[Outcome]:
    """Do the jobs of one input, which is decoded once, and yield what became of each.

    `claim` is called with the bytes of memory that a job needs, before it takes them; it may wait until they are free,
    and returns how many threads to use.
    """
    ready = [job for job in jobs if not job.failure]
    done = process(ready[0].source.file, [job.task for job in ready], manner, claim) if ready else iter(())
    for job in jobs:
        yield Outcome("failed", job, job.failure) if job.failure else _outcome(job, next(done), manner)


def _outcome(job: Job, done: Result | Skipped | Exception, manner: Manner) -> Outcome:
    if isinstance(done, Result):
        return Outcome("planned" if manner.dry else "done", job, result=done)
    if isinstance(done, Skipped):
        return Outcome("skipped", job, done.reason)
    what = str(done)
    if not isinstance(done, UpscaleError):  # what nobody foresaw does not stop the other files
        what = f"{job.source.label}: this is a defect ({type(done).__name__}: {done}): UPSCALE_DEBUG=1 shows where"
    trace = ""
    if os.environ.get("UPSCALE_DEBUG") == "1":
        import traceback

        trace = "".join(traceback.format_exception(done))
    return Outcome("failed", job, what, trace=trace, full=isinstance(done, FullError))
