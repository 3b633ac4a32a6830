"""Doing many files: every name is settled and checked first, then one after the other is resized."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..api import Request, Result, probe, process
from ..codec.atomic import kind_of
from ..errors import OutputError, UpscaleError, UsageError, naming
from ..formats import Format, Settings
from .names import Input, Naming, check_collisions


class Policy(NamedTuple):
    """What to do about files: `existing` is "refuse", "overwrite" or "skip"."""

    existing: str = "refuse"
    dry: bool = False
    threads: int | None = None


class Job(NamedTuple):
    """One input with its output and format, or with the reason why it cannot be done."""

    input: Path
    output: Path | None = None
    format: Format | None = None
    failure: str = ""


class Outcome(NamedTuple):
    """What became of a job: `status` is done, skipped, failed or planned; `reason` tells why of the middle two."""

    status: str
    job: Job
    reason: str = ""
    result: Result | None = None
    error: Exception | None = None


def prepare(inputs: Iterable[Input], naming_rule: Naming, request: Request, settings: Settings) -> list[Job]:
    """Return the jobs, their names settled.

    Raises UsageError for an extension or setting that no format has, OutputError where two inputs would write the same
    file or an input. A job has failed already if its input's own format cannot be written, or if its size was needed
    for a name and it cannot be opened.
    """
    jobs = []
    for source in inputs:
        if source.failure:
            jobs.append(Job(source.path, failure=source.failure))
            continue
        size = None
        if naming_rule.needs_size(source):
            try:
                _, geometry = probe(source.path, request)
            except UpscaleError as error:
                jobs.append(Job(source.path, failure=str(error)))
                continue
            size = geometry.width, geometry.height
        output = naming_rule.destination(source, size)
        try:
            with naming(source.path if naming_rule.follows_input else output):
                jobs.append(Job(source.path, output, naming_rule.format_of(output)))
        except UsageError as error:
            if not naming_rule.follows_input:
                raise
            jobs.append(Job(source.path, failure=_why_not(source.path, request) or str(error)))
    named = [job for job in jobs if job.output]
    if named:
        settings.check({job.format for job in named})
    check_collisions((job.input, job.output) for job in named)
    inputs_of = {os.path.realpath(job.input): job.input for job in jobs}
    for job in named:
        if (other := inputs_of.get(os.path.realpath(job.output))) is not None:
            raise OutputError(f"{job.input}: the output would be the input {other}: choose another name with -o")
    return jobs


def _why_not(path: Path, request: Request) -> str:
    """Return what keeps a file from being read, which matters more than what it would be written as."""
    try:
        probe(path, request)
    except UpscaleError as error:
        return str(error)
    return ""


def work(jobs: Iterable[Job], request: Request, settings: Settings, policy: Policy) -> Iterator[Outcome]:
    """Do the jobs in order and yield what became of each; a job that fails does not stop the rest."""
    for job in jobs:
        if job.failure:
            yield Outcome("failed", job, job.failure)
        elif policy.existing == "skip" and os.path.lexists(job.output) and kind_of(job.output) != "special":
            yield Outcome("skipped", job, f"{job.output} exists")
        else:
            yield _one(job, request, settings, policy)


def _one(job: Job, request: Request, settings: Settings, policy: Policy) -> Outcome:
    try:
        result = process(
            job.input, job.output, job.format, request, settings,
            overwrite=policy.existing == "overwrite", folders=True, threads=policy.threads, dry=policy.dry,
        )  # fmt: skip
    except UpscaleError as error:
        return Outcome("failed", job, str(error), error=error)
    except Exception as error:  # what nobody foresaw does not stop the other files
        what = f"{job.input}: this is a defect ({type(error).__name__}: {error}): UPSCALE_DEBUG=1 shows where"
        return Outcome("failed", job, what, error=error)
    return Outcome("planned" if policy.dry else "done", job, result=result)
