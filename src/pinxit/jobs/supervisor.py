"""Supervisor: takes jobs from the queue and has them done by workers that it keeps warm."""

import contextlib
import os
import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

from pinxit.errors import PinxitError
from pinxit.jobs.crew import Usage, Worker
from pinxit.jobs.job import Job
from pinxit.jobs.leases import Leases, Outcome, failure, late
from pinxit.jobs.queue import Jobs
from pinxit.tone.threads import cores

LEASE = 30.0
"""Seconds that a job is held without a sign of life of its supervisor."""
GRACE = 20.0
"""Seconds in which a supervisor stops."""
_LOOK = 0.1  # seconds between two looks at the queue
_WRITE = 0.5  # seconds between two writings of progress
_SWEEP = 600.0
_AGAIN = 1.0  # seconds until the disk or the database that refused something is asked again
_TRIES = 3
_NO_WORKERS = "workers end before they are ready; see what they say on stderr"
_SLOW = 120.0  # seconds in which a worker is ready
_UNWELL = 30.0  # longest seconds until a worker that does not start is started again


class Supervisor:
    """Has jobs done, from :meth:`start` or :meth:`run` to its end, once.

    Any number of supervisors, in any number of processes, share a queue. One that is killed takes its workers along,
    and its jobs go back to the queue when their leases are over. While the disk is full, what is to be written is kept
    and written when it goes again.

    Args:
        jobs: The queue.
        workers: How many jobs run at once; None is one for every two cores, two at least.
        lease: Seconds that a job is held without being renewed; renewed ten times as often.
        on_end: Called in the supervisor's thread with every job whose attempt ended, as it is then, and what it took.

    Attributes:
        trouble: Why nothing can be written or no worker starts, in one line; None when all is well.
        network: Who refuses workers the network, once one is warm; see :mod:`pinxit.jobs.network`.
    """

    def __init__(
        self,
        jobs: Jobs,
        *,
        workers: int | None = None,
        lease: float = LEASE,
        on_end: Callable[[Job, Usage], Any] | None = None,
    ) -> None:
        self.jobs, self.on_end = jobs, on_end or (lambda job, usage: None)
        self.size = max(2, cores() // 2) if workers is None else workers
        self.leases = Leases(jobs.database, jobs.clock, lease)
        self.trouble: str | None = None
        self.network: str | None = None
        self._crew: list[Worker] = []
        self._selector = selectors.DefaultSelector()
        self._bell, self._rope = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None
        self._stopping: float | None = None
        self._grace = GRACE
        self._due: dict[str, float] = {}
        self._failed_starts = 0

    def start(self) -> None:
        """Work in a thread of its own until :meth:`stop`."""
        self._thread = threading.Thread(target=self.run, name="pinxit-supervisor")
        self._thread.start()

    def stop(self, grace: float = GRACE) -> None:
        """Stop in order: jobs that are nearly done end, the others keep what they have and go back to the queue."""
        self.ask_to_stop(grace)
        if self._thread is not None:
            self._thread.join()

    def ask_to_stop(self, grace: float = GRACE) -> None:
        """The same without waiting for it; may be called in a signal handler."""
        if self._stopping is None:
            self._grace, self._stopping = grace, time.monotonic() + grace
        self.wake()

    def wake(self) -> None:
        """Look at the queue now: something came into it."""
        with contextlib.suppress(OSError):  # full, and so it wakes anyway; or closed
            os.write(self._rope, b"!")

    @property
    def alive(self) -> bool:
        """Whether its thread works; False before :meth:`start` and after its end, whatever ended it."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def running(self) -> tuple[str, ...]:
        """Names of the jobs that run here."""
        return tuple(worker.held.job.id for worker in list(self._crew) if worker.held is not None)

    @property
    def ready(self) -> int:
        """How many workers are warm, busy ones included."""
        return sum(worker.ready for worker in list(self._crew))

    def run(self, *, until_empty: bool = False) -> None:
        """Work in this thread, until :meth:`ask_to_stop`.

        Args:
            until_empty: Stop as well once nothing waits or runs, wherever.
        """
        try:
            while self._stopping is None or (self._busy() and time.monotonic() < self._stopping):
                self._hear(_LOOK)
                self._carefully(self._turn)
                if until_empty and self._stopping is None and self._empty():
                    self.ask_to_stop()
        finally:
            for worker in self._crew:
                self._dismiss(worker)
            self._crew.clear()
            self._selector.close()
            os.close(self._bell)
            os.close(self._rope)

    def _busy(self) -> list[Worker]:
        return [worker for worker in self._crew if worker.held is not None]

    def _empty(self) -> bool:
        with contextlib.suppress(PinxitError):
            return not self._busy() and not self.jobs.count(states=("queued", "running"))
        return False

    def _hear(self, seconds: float) -> None:
        """Take in what workers say, and a bell."""
        for key, _ in self._selector.select(seconds):
            if key.fd == self._bell:
                os.read(self._bell, 4096)
            else:
                key.data.listen()
                if key.data.gone:  # its pipe would be there to be read for ever
                    self._selector.unregister(key.data)

    def _carefully(self, step: Callable[[], None]) -> None:
        """Take a step; a disk that refuses it, or a database that is damaged, is asked again a little later."""
        if time.monotonic() < self._due.get("again", 0.0):
            return
        try:
            step()
        except PinxitError as error:
            self.trouble = str(error)
            self._due["again"] = time.monotonic() + _AGAIN
        else:
            self.trouble = _NO_WORKERS if self._failed_starts >= _TRIES else None

    def _turn(self) -> None:
        """One round of everything that there is to do."""
        self._end_jobs()
        self._tend()
        judging = self._is_due("reclaim", max(_WRITE, self.leases.seconds / 10))
        if judging or self._is_due("write", _WRITE):
            self._keep_hold(renew=judging)  # first: the machine may have slept, and nobody else has had our jobs
        if judging:
            self.leases.reclaim()
        if self._is_due("sweep", _SWEEP):
            self.jobs.sweep()
        if self._stopping is None:
            self._hire()
            self._hand_out()
        else:
            self._wind_up(self._stopping - time.monotonic())

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every
        return True

    def _end_jobs(self) -> None:
        """Write down how jobs ended whose children are gone."""
        for worker in self._busy():
            if worker.usage is not None:
                job = self.leases.end(worker.held, worker.outcome)
                usage = worker.usage
                worker.release()
                if job is not None:
                    self.on_end(job, usage)

    def _tend(self) -> None:
        """Look after jobs that take too long, and part with workers that are gone."""
        for worker in self._busy():
            if worker.kill_at is not None and time.monotonic() > worker.kill_at:
                worker.insist()
            elif worker.silent_for > worker.limits.silence:
                words = f"nothing was heard of it for {worker.limits.silence:.0f} s"
                worker.kill(Outcome("crashed", error=failure("Crashed", words)))
            elif worker.held.job.deadline is not None and self.jobs.clock() >= worker.held.job.deadline:
                worker.kill(Outcome("failed", error=late("done")))
        for worker in self._crew:
            if not worker.ready and time.monotonic() - worker.started > _SLOW:
                worker.process.kill()
        for worker in [worker for worker in self._crew if worker.gone]:
            worker.listen()
            if worker.held is None:
                self._crew.remove(worker)
                self._failed_starts += not worker.ready
                self._dismiss(worker)

    def _keep_hold(self, renew: bool) -> None:
        """Write progress down, renew leases, and do as is wished of running jobs."""
        held = {worker.held.job.id: worker for worker in self._busy()}
        if not held:
            return
        if renew or any(worker.held.progress is not None for worker in held.values()):
            for lost in self.leases.renew([worker.held for worker in held.values()]):
                held.pop(lost.job.id).kill(Outcome("stopped"))
        for job, wish in self.leases.wishes([worker.held for worker in held.values()]).items():
            if wish == "cancel":
                held[job].kill(Outcome("stopped"))
            else:
                held[job].stop(GRACE)

    def _hire(self) -> None:
        """Start workers that are missing; ones that do not come up are waited for longer and longer."""
        if self._failed_starts >= _TRIES and not self._is_due("hire", min(_UNWELL, 2.0**self._failed_starts)):
            return
        while len(self._crew) < self.size:
            worker = Worker(self.jobs.module, self.jobs.home)
            self._crew.append(worker)
            self._selector.register(worker, selectors.EVENT_READ, worker)

    def _hand_out(self) -> None:
        """Give free workers what is next in the queue; long jobs never get the last one."""
        at_once = {name: kind.at_once for name, kind in self.jobs.kinds.items() if kind.at_once is not None}
        for worker in [worker for worker in self._crew if worker.free]:
            self.network, self._failed_starts = worker.network, 0
            long = sum(self.jobs.kinds[other.held.job.kind].long for other in self._busy())
            room = self.size == 1 or long < self.size - 1
            kinds = [name for name, kind in self.jobs.kinds.items() if room or not kind.long]
            held = self.leases.claim(kinds, at_once)
            if held is None:
                return
            worker.begin(held, self.jobs.folders.path(held.job.id), self.jobs.kinds[held.job.kind].limits)

    def _wind_up(self, left: float) -> None:
        """While stopping: half of the time jobs may end by themselves, then they are asked to, and then killed."""
        for worker in self._busy():
            if left < self._grace / 10:
                worker.kill(Outcome("stopped"))
            elif left < self._grace / 2:
                worker.stop(left)

    def _dismiss(self, worker: Worker) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker)
        worker.end()
