"""Doing many files: every name is settled and checked first, then one after the other is resized."""

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import OutputError, UpscaleError, UsageError, naming
from ..files import Manner, Result, Task, probe, process
from ..filesystem.atomic import kind_of
from ..formats import Settings
from ..request import Request
from .names import Input, Naming, check_collisions


class Job(NamedTuple):
    """What is to be done to an input, or the reason why it cannot be done."""

    source: Input
    request: Request
    task: Task | None = None
    failure: str = ""


class Outcome(NamedTuple):
    """What became of a job: `status` is done, skipped, failed or planned; `reason` tells why of the middle two."""

    status: str
    job: Job
    reason: str = ""
    result: Result | None = None
    error: Exception | None = None


def prepare(inputs: Iterable[Input], rule: Naming, requests: list[Request], settings: Settings) -> list[Job]:
    """Return the jobs, one for each input and request, their names settled.

    Raises UsageError for an extension or setting that no format has, OutputError where two inputs would write the same
    file or an input. A job has failed already if its input's own format cannot be written, or if its size was needed
    for a name and it cannot be opened.
    """
    jobs = [_job(source, rule._replace(target=request.target), request) for source in inputs for request in requests]
    named = [job for job in jobs if job.task]
    if named:
        settings.check({job.task.format for job in named})
        _check_depth(named)
    outputs = [(job, job.task.output) for job in named if job.task.output is not None]
    check_collisions((job.source, output) for job, output in outputs)
    inputs_of = {
        os.path.realpath(job.source.file): job.source.label for job in jobs if isinstance(job.source.file, Path)
    }
    for job, output in outputs:
        if (other := inputs_of.get(os.path.realpath(output))) is not None:
            raise OutputError(f"{job.source.label}: the output would be the input {other}: choose another name with -o")
    return jobs


def _job(source: Input, rule: Naming, request: Request) -> Job:
    job = Job(source, request, failure=source.failure)
    if source.failure:
        return job
    size = None
    if rule.needs_size(source):
        try:
            _, geometry = probe(job.source.file, request)
        except UpscaleError as error:
            return job._replace(failure=str(error))
        size = geometry.width, geometry.height
    output = rule.destination(source, size)
    try:
        with naming(job.source.label if rule.follows_input else output):
            return job._replace(task=Task(output, rule.format_of(source, output), request))
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


def _check_depth(jobs: list[Job]) -> None:
    """Raise UsageError for 16 bits that none of the formats holds."""
    if jobs[0].request.handling.depth == "16" and not any(job.task.format.holds("u2", True) for job in jobs):
        kinds = ", ".join(sorted({job.task.format.extensions[0] for job in jobs}))
        raise UsageError(f"--depth 16 means nothing to {kinds}: it is for png and tiff")


def work(jobs: Iterable[Job], manner: Manner, skips: bool = False) -> Iterator[Outcome]:
    """Do the jobs in order and yield what became of each; a job that fails does not stop the rest.

    With `skips` outputs that exist are left as they are. Jobs of one input that follow each other decode it once.
    """
    for _, group in itertools.groupby(jobs, key=lambda job: id(job.source)):
        todo = []
        for job in group:
            if job.failure:
                yield Outcome("failed", job, job.failure)
            elif skips and job.task.output and os.path.lexists(job.task.output) and not _through(job.task.output):
                yield Outcome("skipped", job, f"{job.task.output} exists")
            else:
                todo.append(job)
        if todo:
            for job, done in zip(todo, process(todo[0].source.file, [job.task for job in todo], manner), strict=True):
                yield _outcome(job, done, manner)


def _through(output: Path) -> bool:
    """Whether an output is written through, so that its being there is no reason to leave it."""
    return kind_of(output) == "special"


def _outcome(job: Job, done: Result | Exception, manner: Manner) -> Outcome:
    if isinstance(done, UpscaleError):
        return Outcome("failed", job, str(done), error=done)
    if isinstance(done, Exception):  # what nobody foresaw does not stop the other files
        what = f"{job.source.label}: this is a defect ({type(done).__name__}: {done}): UPSCALE_DEBUG=1 shows where"
        return Outcome("failed", job, what, error=done)
    return Outcome("planned" if manner.dry else "done", job, result=done)
