"""Many files on the workers of a Dask cluster, which see the same files and have this package.

A task is some inputs in a row. Dask gives it to another worker when one is lost, so that it must do no harm to do it
again: whether an output exists is looked up here, before, and the task replaces it.
"""

import contextlib
import importlib.util
import logging
import multiprocessing
import multiprocessing.forkserver
import os
import pickle
import signal
from collections import deque
from collections.abc import Iterator

from ..errors import InputError, OutputError, UpscaleError, naming
from ..files import Manner, check_output
from ..filesystem import remote
from ..filesystem.remote import is_url, place_of
from .work import Job, Outcome, sweep_folders

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster, as_completed

LOCAL = "local"
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
PATIENCE = 10  # seconds for a scheduler to answer, and for its first worker
IN_FLIGHT = 4  # tasks for each thread
SHARES, LONGEST = 8, 16  # of what is left a task is one part in so many for each thread, but no more inputs than that


class Cluster:
    """The workers of the scheduler at `address`, or for "local" as many processes as `workers` says, started here.

    They do jobs, `several` of each input. `memory` in bytes is what the processes started here take together, or what
    each worker of a scheduler takes, where None is half of its limit. Raises UpscaleError for a cluster that is of no
    use.
    """

    def __init__(
        self, jobs: list[Job], several: int, manner: Manner, address: str, workers: int, memory: int | None
    ) -> None:
        self.jobs, self.several, self.manner = jobs, several, manner
        self.address, self.workers, self.memory = address, workers, memory
        self.todo = deque(range(len(jobs) // several))
        self.asked: dict[Future, list[int]] = {}  # the inputs of each task in flight
        self.listings: dict[str, set[str]] = {}  # of remote folders
        self.inside = any(job.is_here for job in jobs)  # this process's memory, which only its threads see

    @property
    def current(self) -> str:
        """The first of the inputs that are with the workers."""
        numbers = next(iter(self.asked.values()), ())
        return self._jobs_of(numbers[0])[0].source.label if numbers else ""

    def run(self) -> Iterator[Outcome]:
        """Yield the outcomes, those of one input after each other, as they come.

        When the iterator is closed, tasks that wait are taken back, and processes started here are ended.
        """
        if not importlib.util.find_spec("distributed"):
            raise InputError("--cluster needs Dask: pip install 'upscale-cli[cluster]'")
        if self.address == LOCAL and not self.inside:
            _start_fork_server()
        import distributed

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told by this package
        with contextlib.ExitStack() as stack:
            here = stack.enter_context(self._started()) if self.address == LOCAL else None
            client = stack.enter_context(_connected(here or self.address, self.address))
            self._prepare(client)
            done = distributed.as_completed(loop=client.loop)
            self._fill(client, done)
            for future in done:
                yield from self._take(client, done, future)
                self._fill(client, done)

    @contextlib.contextmanager
    def _started(self) -> "Iterator[LocalCluster]":
        import dask
        import distributed

        with dask.config.set(
            {"distributed.worker.multiprocessing-method": METHOD, "distributed.worker.profile.enabled": False}
        ):
            cluster = distributed.LocalCluster(
                n_workers=1 if self.inside else self.workers, threads_per_worker=self.workers if self.inside else 1,
                processes=not self.inside, memory_limit=0, dashboard_address=":0", silence_logs=logging.CRITICAL,
                **({} if self.inside else {"env": dict(os.environ)}),  # of now, not of when the fork server started
            )  # fmt: skip
        try:
            yield cluster
        except BaseException:
            for nanny in cluster.workers.values() if not self.inside else ():
                nanny.auto_restart = False
                os.kill(nanny.pid, signal.SIGKILL)  # or the end would wait for what is at work
            raise
        finally:
            cluster.close()
            sweep_folders(self.jobs)

    def _prepare(self, client: "Client") -> None:
        """Make the workers' memory known, and learn what they have in common."""
        from .tasks import Setup, capacity

        each = self.memory // self.workers if self.address == LOCAL else self.memory
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
            client.register_plugin(Setup(each))
        except TimeoutError:
            raise InputError(f"the scheduler at {self.address} has no workers: start one with `dask worker`") from None
        except ModuleNotFoundError as error:
            raise InputError(f"a worker of {self.address} lacks {error.name}: pip install it there") from error
        workers = client.run(capacity).values()
        # Any worker can then do what is claimed, though all others be lost.
        self.most = min(memory for memory, _ in workers)
        self.share = min(memory // threads for memory, threads in workers)
        self.fewest = min(threads for _, threads in workers)
        self.threads = sum(threads for _, threads in workers)

    def _fill(self, client: "Client", done: "as_completed") -> None:
        """Keep the workers busy."""
        while self.todo and len(self.asked) < IN_FLIGHT * self.threads:
            length = max(1, min(LONGEST, len(self.todo) // (SHARES * self.threads)))
            numbers = [self.todo.popleft() for _ in range(length)]
            for number in numbers:
                self._look_up(number)
            self._submit(client, done, numbers, self.share)

    def _look_up(self, number: int) -> None:
        """Have those jobs of an input fail whose outputs exist, if they are not to be replaced or skipped."""
        if self.manner.overwrite or self.manner.skips:
            return
        for place, job in enumerate(self._jobs_of(number), number * self.several):
            if not job.failure:
                try:
                    with naming(job.source.label):
                        self._check(job)
                except UpscaleError as error:
                    self.jobs[place] = job._replace(failure=str(error))

    def _check(self, job: Job) -> None:
        if not is_url(job.output):
            check_output(job.source.file, place_of(job.output), overwrite=False)
            return
        folder, name = os.path.split(job.output)
        if folder not in self.listings:
            self.listings[folder] = set(remote.names_below(folder, False))
        if name in self.listings[folder]:
            raise OutputError(f"{job.output} exists: use --overwrite to replace it, or --skip-existing")

    def _submit(self, client: "Client", done: "as_completed", numbers: list[int], needed: int) -> None:
        from .tasks import RESOURCE, perform

        inputs = [[_absolute(job) for job in self._jobs_of(number)] for number in numbers]
        threads = self.fewest if needed >= self.most else 1
        claimed = {RESOURCE: min(needed, self.most)}
        manner = self.manner._replace(overwrite=not self.manner.skips)
        packed = pickle.dumps((inputs, manner))  # opaque to Dask, which would look for futures in each of its fields
        future = client.submit(perform, packed, needed, threads, pure=False, resources=claimed)
        self.asked[future] = numbers
        done.add(future)

    def _take(self, client: "Client", done: "as_completed", future: "Future") -> Iterator[Outcome]:
        """Take what came of a task; what needs more memory is sent again with a larger claim."""
        numbers = self.asked.pop(future)
        try:
            results = future.result()
        except Exception as error:
            if client.status != "running":
                raise OutputError(f"the scheduler at {self.address} has gone: the rest is left") from error
            if len(numbers) > 1:  # which of them it was shows when each goes alone
                for number in numbers:
                    self._submit(client, done, [number], self.share)
                return
            what = f"the workers that resized it were lost, the last one too ({type(error).__name__})"
            for job in self._jobs_of(numbers[0]):
                yield Outcome("failed", job, f"{job.source.label}: {what}: --memory may help")
            return
        for number, result in zip(numbers, results, strict=True):
            if isinstance(result, int):
                self._submit(client, done, [number], result)
            else:
                yield from (each._replace(job=job) for each, job in zip(result, self._jobs_of(number), strict=True))

    def _jobs_of(self, number: int) -> list[Job]:
        return self.jobs[number * self.several : (number + 1) * self.several]


def _start_fork_server() -> None:
    """Have the process that workers are forked from import what they need, while this one imports Dask.

    Neither it nor they hear of Ctrl-C, which this one sees to.
    """
    if METHOD == "forkserver":
        multiprocessing.set_forkserver_preload(["upscale_cli.batch.seed"])
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a program takes over from who starts it
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _connected(where: "LocalCluster | str", address: str) -> "Iterator[Client]":
    """Give a client, whose tasks are taken back in the end."""
    from distributed import Client

    try:
        client = Client(where, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, AssertionError) as error:  # the last by a client that cannot close
        raise InputError(f"no Dask scheduler answers at {address}: start one with `dask scheduler`") from error
    with client:
        yield client


def _absolute(job: Job) -> Job:
    """Return the job with names that are the same in every process's folder."""
    path, output = (text if is_url(text) else os.path.abspath(text) for text in (job.source.path, job.output or ""))
    return job._replace(source=job.source._replace(path=path), output=job.output and output)
