"""Supervisors at work on tiny jobs, and waiting for what comes of it."""

import time
from contextlib import contextmanager
from pathlib import Path

from pinxit.jobs import Supervisor

TINY = "tiny_kinds"
WAIT = 30.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@contextmanager
def working(jobs, **options):
    """A supervisor at work in a thread."""
    supervisor = Supervisor(jobs, **{"workers": 1, **options})
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop(grace=2.0)


def soon(condition, seconds=WAIT):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
    return found


def alive(pid):
    """Whether a process still does anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


def children(pid):
    """Processes that a process started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def done(jobs, *asked, **more):
    """A job as it is when it is finished."""
    return jobs.wait(jobs.add(*asked, **more).id, WAIT)
