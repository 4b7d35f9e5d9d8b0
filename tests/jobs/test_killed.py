"""kill -9 of whoever works, at any moment: nothing is lost, nothing is done twice, nobody outlives who started them."""

import contextlib
import multiprocessing
import os
import random
import signal
import time

import pytest
from workshop import TINY, alive, children

from pinxit.jobs import Jobs, Supervisor
from pinxit.library.database import connected

LEASE = 1.0
UNITS = 60


def supervise(home):
    """What a killed process does: everything that waits, two jobs at once."""
    Supervisor(Jobs(home, kinds=TINY), workers=2, lease=LEASE).run()


class Program:
    """A supervisor in a process of its own, and all that it starts."""

    def __init__(self, home):
        context = multiprocessing.get_context("forkserver")  # forks from one that has imported everything: it is quick
        context.set_forkserver_preload(["pinxit.jobs", TINY])
        self.process = context.Process(target=supervise, args=(home,))
        self.process.start()

    def family(self):
        """Workers, and the children in which they do jobs."""
        workers = children(self.process.pid)
        return workers, [child for worker in workers for child in children(worker)]

    def kill(self):
        everybody = [pid for part in self.family() for pid in part]
        self.process.kill()
        self.process.join()
        return everybody


def gone(pids, seconds=5.0):
    """Whether none of these processes does anything any more."""
    end = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(alive, pids))


def kill_someone(program, chance, home):
    """Kill the supervisor, a worker or a child with a job; the program that goes on."""
    workers, jobs = program.family()
    who = chance.choice(["supervisor", "worker", "job"])
    victims = {"supervisor": [], "worker": workers, "job": jobs}[who]
    if victims:
        victim = chance.choice(victims)
        orphans = children(victim)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        assert gone(orphans), "a job outlived its worker"
        return program
    assert gone(program.kill()), "a worker outlived its supervisor"
    return Program(home)


def live_through(home, kills, seed, pause):
    """Let jobs of two users be done while somebody is killed again and again."""
    jobs, chance = Jobs(home, kinds=TINY), random.Random(seed)
    asked = [jobs.add("count", {"units": UNITS, "pause": 0.02}, user=user, key="first") for user in ("ann", "ben")]
    program = Program(home)
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(*pause))
            if len(jobs.list(states=["queued", "running"], limit=None)) < 3:
                asked.append(jobs.add("count", {"units": UNITS, "pause": 0.02}, user=chance.choice("abc")))
            program = kill_someone(program, chance, home)
    finally:
        program.kill()
    time.sleep(LEASE)
    Supervisor(jobs, workers=2, lease=LEASE).run(until_empty=True)
    return jobs, asked


def all_is_well(jobs, asked):
    kept = {}
    for job in asked:
        found = jobs.get(job.id)
        assert found.state == "done", (found.state, found.error)
        assert found.result == {"units": UNITS, "files": ["line.txt"]}
        lines = jobs.folders.result(job.id, "line.txt").read_text().split()
        assert lines == [str(unit) for unit in range(UNITS)]  # every unit, once, in order
        began = (jobs.folders.path(job.id) / "kept" / "began").read_text()
        assert 1 <= len(began) <= found.attempts
        kept[job.id] = began
    assert {path.name for path in jobs.folders.root.iterdir()} == {job.id for job in asked}
    with connected(jobs.database) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    # What is done is done: nobody begins it again.
    assert jobs.add("count", {"units": UNITS, "pause": 0.02}, user="ann", key="first").id == asked[0].id
    Supervisor(jobs, workers=1, lease=LEASE).run(until_empty=True)
    for job, began in kept.items():
        assert (jobs.folders.path(job) / "kept" / "began").read_text() == began


def test_killed_five_times(home):
    all_is_well(*live_through(home, kills=5, seed=4, pause=(0.4, 1.2)))


@pytest.mark.slow
def test_killed_a_hundred_times(home):
    all_is_well(*live_through(home, kills=100, seed=1, pause=(0.1, 2.0)))


def test_killed_between_the_end_of_the_work_and_the_queue(home):
    """The result is on the disk, the row does not know: the next attempt takes the result and does nothing again."""
    jobs = Jobs(home, kinds=TINY)
    job = jobs.add("count", {"units": 3})
    (jobs.folders.path(job.id) / "result.json").write_text('{"units": 3, "files": []}')
    Supervisor(jobs, workers=1).run(until_empty=True)
    assert jobs.get(job.id).result == {"units": 3, "files": []}
    assert not (jobs.folders.path(job.id) / "kept" / "began").exists()


def test_two_never_work_in_one_folder(home):
    """An attempt that is still there, though its lease is over, is waited for."""
    import fcntl

    jobs = Jobs(home, kinds=TINY)
    job = jobs.add("count", {"units": 3})
    with (jobs.folders.path(job.id) / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        supervisor = Supervisor(jobs, workers=1)
        supervisor.start()
        end = time.monotonic() + 30
        while jobs.get(job.id).state != "running" and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.5)
        assert not (jobs.folders.path(job.id) / "kept" / "began").exists()
    try:
        assert jobs.wait(job.id, 30).state == "done"
    finally:
        supervisor.stop(grace=1)
