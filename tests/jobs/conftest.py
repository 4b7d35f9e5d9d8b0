"""Queues of tiny jobs, and one supervisor for all tests of a file."""

from pathlib import Path

import pytest
from workshop import TINY, Clock, working

from pinxit.jobs import Jobs


@pytest.fixture(scope="session", autouse=True)
def importable():
    """Workers find the tiny kinds, as tests do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        yield


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(home, clock):
    """A queue without anybody who works, and with a clock of its own."""
    return Jobs(home, kinds=TINY, clock=clock)


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A queue with one worker."""
    jobs = Jobs(tmp_path_factory.mktemp("busy"), kinds=TINY)
    with working(jobs) as supervisor:
        jobs.ended = []
        supervisor.on_end = lambda job, usage: jobs.ended.append((job, usage))
        yield jobs
