"""A supervisor and its workers: what is done, what is stopped, and what naughty jobs come to."""

import os
import signal
import time

import pytest
from workshop import TINY, WAIT, alive, done, soon, working

from pinxit.errors import CapacityError
from pinxit.jobs import Jobs, Supervisor
from pinxit.jobs.kind import Limits
from pinxit.library.database import connected


def begun(jobs, job):
    """The process that works at a sleeping job, once it does."""
    place = jobs.folders.path(job.id) / "kept" / "began"
    return int(soon(lambda: place.exists() and place.read_text()))


class TestWork:
    def test_results(self, busy):
        job = done(busy, "copy", {"file": "a b.jpg", "text": "!"}, files={"a b.jpg": b"123"})
        assert (job.state, job.attempts, job.error) == ("done", 1, None)
        assert job.result == {"bytes": 3, "odd": None, "path": "x"}
        assert busy.folders.result(job.id, "copy").read_bytes() == b"123!"
        assert job.progress.preview == "preview.jpg" and busy.folders.preview(job.id).read_bytes() == b"preview"
        assert job.created <= job.started <= job.ended

    def test_progress(self, busy):
        job = done(busy, "count", {"units": 40, "pause": 0.02})
        assert (job.progress.done, job.progress.total, job.progress.text) == (40, 40, "unit 39")
        assert job.progress.seconds_left == 0 and job.progress.losses == {"left": 1.0}

    def test_time_left_is_guessed_from_the_pace(self, busy):
        job = busy.add("count", {"units": 300, "pause": 0.02})
        seen = soon(lambda: (found := busy.get(job.id)).progress.seconds_left and found).progress
        assert 0 < seen.done < 300 and seen.seconds_left > 0.01 * (300 - seen.done)
        busy.cancel(job.id)
        assert busy.wait(job.id, WAIT).state == "cancelled"

    def test_what_an_attempt_took_is_told(self, busy):
        job = done(busy, "sleep", {"seconds": 0.2})
        (usage,) = [usage for ended, usage in soon(lambda: list(busy.ended)) if ended.id == job.id]
        assert usage.seconds >= 0.2 and 0 <= usage.processor < WAIT and usage.memory > 1 << 20

    def test_every_job_has_a_process_of_its_own_behind_others(self, busy):
        first, second = done(busy, "sleep", {}, user="ann").result, done(busy, "sleep", {}).result
        assert first["pid"] != second["pid"] and first["user"] == "ann"
        assert first["nice"] == min(19, os.nice(0) + 5)

    def test_no_network(self, busy):
        assert done(busy, "call", {}).result == dict.fromkeys(("AF_INET", "AF_INET6", "AF_UNIX"), "refused")

    def test_nothing_left_in_scratch_and_no_path_told(self, busy):
        job = done(busy, "bug", {})
        folder = busy.folders.path(job.id)
        assert job.state == "failed" and list((folder / "tmp").iterdir()) == []
        assert job.error["message"] == "the work failed in a way that nobody foresaw (ZeroDivisionError)"
        assert "ZeroDivisionError: division by zero" in (folder / "worker.log").read_text()


class TestNaughty:
    """Each of these ends, with words, and the next job is done by the same worker."""

    @pytest.fixture(autouse=True)
    def still_well(self, busy):
        yield
        assert done(busy, "sleep", {}).state == "done"

    def test_own_words(self, busy):
        error = done(busy, "fail", {}).error
        assert error == {"type": "InputError", "message": "this came, that was wanted", "exit_code": 2}

    def test_crash(self, busy):
        job = done(busy, "crash", {})
        assert (job.state, job.attempts, job.crashes) == ("failed", 3, 3)
        assert "ended its worker 3 times" in job.error["message"] and "SIGSEGV" in job.error["message"]
        assert "Fatal Python error: Segmentation fault" in (busy.folders.path(job.id) / "worker.log").read_text()

    def test_memory(self, busy):
        assert done(busy, "allocate", {"mib": 32}).state == "done"
        error = done(busy, "allocate", {"mib": 400}).error
        assert error["type"] == "CapacityError" and "256 MiB of memory" in error["message"]

    def test_processor_time(self, busy):
        job = done(busy, "spin", {})
        assert job.attempts == 1 and "1 s of processor time" in job.error["message"]

    def test_size_of_a_file(self, busy):
        job = done(busy, "write", {"mib": 3})
        assert (job.state, job.attempts) == ("failed", 1) and "1 MiB that a job may write" in job.error["message"]
        assert [path.name for path in (busy.folders.path(job.id) / "out").iterdir()] == []

    def test_silence(self, busy):
        job = done(busy, "quiet", {"seconds": 60})
        assert job.crashes == 3 and "nothing was heard of it" in job.error["message"]

    def test_deadline(self, busy):
        job = done(busy, "sleep", {"seconds": 60}, deadline=time.time() + 0.7)
        assert job.state == "failed" and "its deadline was over before it was done" in job.error["message"]

    def test_files_that_were_taken_away(self, busy):
        busy_before = busy.add("sleep", {"seconds": 0.5})
        job = busy.add("copy", {"file": "a"}, files={"a": b"x"})
        busy.folders.remove(job.id)
        assert busy.wait(busy_before.id, WAIT).state == "done"
        assert "are gone from the disk" in busy.wait(job.id, WAIT).error["message"]


class TestTurning:
    def test_pause_keeps_what_there_is(self, busy):
        job = busy.add("count", {"units": 60, "pause": 0.02})
        line = busy.folders.path(job.id) / "kept" / "line"
        soon(lambda: line.exists() and line.stat().st_size > 10)
        assert busy.pause(job.id).wish == "pause"
        assert busy.wait(job.id, WAIT).state == "paused"
        kept = line.read_text()
        time.sleep(0.3)
        assert line.read_text() == kept and 0 < kept.count("\n") < 60
        busy.resume(job.id)
        found = busy.wait(job.id, WAIT)
        assert (found.state, found.attempts, found.crashes) == ("done", 2, 0)
        assert busy.folders.result(job.id, "line.txt").read_text().split() == [str(n) for n in range(60)]

    def test_one_that_does_not_heed_is_killed(self, busy, monkeypatch):
        monkeypatch.setattr("pinxit.jobs.supervisor.GRACE", 0.3)
        job = busy.add("sleep", {"seconds": 60, "heeds": False})
        pid = begun(busy, job)
        busy.pause(job.id)
        assert busy.wait(job.id, WAIT).state == "paused" and not alive(pid)

    def test_cancel_kills(self, busy):
        job = busy.add("sleep", {"seconds": 60, "heeds": False})
        pid = begun(busy, job)
        start = time.monotonic()
        busy.cancel(job.id)
        assert busy.wait(job.id, WAIT).state == "cancelled" and not alive(pid) and time.monotonic() - start < 10


class TestWorkers:
    @pytest.fixture
    def jobs(self, home):
        return Jobs(home, kinds=TINY)

    def test_a_killed_worker_is_replaced_and_its_job_done_again(self, jobs):
        job = jobs.add("count", {"units": 50, "pause": 0.02})
        with working(jobs) as supervisor:
            soon(lambda: (jobs.folders.path(job.id) / "kept" / "line").exists())
            os.kill(supervisor._crew[0].process.pid, signal.SIGKILL)
            found = jobs.wait(job.id, WAIT)
            assert (found.state, found.attempts) == ("done", 2) and supervisor.trouble is None
        assert jobs.folders.result(job.id, "line.txt").read_text().split() == [str(n) for n in range(50)]

    def test_a_worker_that_is_deaf_is_killed_itself(self, jobs, monkeypatch):
        monkeypatch.setattr("pinxit.jobs.crew._DEAF", 0.3)
        job = jobs.add("sleep", {"seconds": 60})
        with working(jobs) as supervisor:
            pid, worker = begun(jobs, job), supervisor._crew[0].process.pid
            os.kill(worker, signal.SIGSTOP)
            jobs.cancel(job.id)
            assert jobs.wait(job.id, WAIT).state == "cancelled"
            soon(lambda: not alive(pid) and not alive(worker), 5.0)
            assert done(jobs, "sleep", {}).state == "done"

    def test_a_worker_that_never_gets_ready_is_killed(self, jobs, monkeypatch):
        monkeypatch.setattr("pinxit.jobs.supervisor._SLOW", 0.01)
        with working(jobs) as supervisor:
            first = soon(lambda: [worker.process for worker in supervisor._crew])[0]
            assert soon(lambda: first.poll()) == -signal.SIGKILL
            monkeypatch.setattr("pinxit.jobs.supervisor._SLOW", 120.0)
            assert done(jobs, "sleep", {}).state == "done"

    def test_a_machine_that_slept(self, jobs, clock):
        """The clock runs on, nobody else took the jobs: they go on."""
        clock.now = time.time()
        jobs.clock = clock
        job = jobs.add("sleep", {"seconds": 1.5})
        with working(jobs, lease=5.0):
            begun(jobs, job)
            clock.now += 1000
            found = jobs.wait(job.id, WAIT)
        assert (found.state, found.attempts) == ("done", 1)

    def test_no_job_outlives_its_worker(self, jobs):
        job = jobs.add("sleep", {"seconds": 60, "heeds": False})
        with working(jobs) as supervisor:
            pid = begun(jobs, job)
            os.kill(supervisor._crew[0].process.pid, signal.SIGKILL)
            soon(lambda: not alive(pid), 5.0)

    def test_stopping_in_order(self, jobs):
        """What is nearly done ends, what heeds keeps what it has, what does not is killed; all in time."""
        supervisor = Supervisor(jobs, workers=3)
        supervisor.start()
        quick, heeds, deaf = (
            jobs.add("sleep", {"seconds": seconds, "heeds": heeds})
            for seconds, heeds in ((1.0, True), (60, True), (60, False))
        )
        pids = [begun(jobs, job) for job in (quick, heeds, deaf)]
        waits = jobs.add("sleep", {})
        start = time.monotonic()
        supervisor.stop(grace=4.0)
        assert time.monotonic() - start < 5.0 and not any(map(alive, pids))
        assert [jobs.get(job.id).state for job in (quick, heeds, deaf, waits)] == ["done", "queued", "queued", "queued"]
        assert {jobs.get(job.id).crashes for job in (heeds, deaf)} == {0}

    def test_long_jobs_leave_a_worker_free(self, jobs):
        long = [jobs.add("long", {"seconds": 60}) for _ in range(3)]
        with working(jobs, workers=2):
            begun(jobs, long[0])
            assert done(jobs, "sleep", {}).state == "done"
            assert [jobs.get(job.id).state for job in long] == ["running", "queued", "queued"]

    def test_one_worker_does_long_jobs_too(self, jobs):
        jobs.add("long", {})
        Supervisor(jobs, workers=1).run(until_empty=True)
        assert jobs.count() == {("long", "done"): 1}

    def test_so_many_of_a_kind_at_once(self, jobs):
        first, second = (jobs.add("single", {"seconds": 60}) for _ in range(2))
        with working(jobs, workers=2) as supervisor:
            begun(jobs, first)
            assert done(jobs, "sleep", {}).state == "done"
            assert supervisor.running == (first.id,) and jobs.get(second.id).state == "queued"

    def test_room_that_comes_back(self, jobs, clock):
        clock.now = time.time()
        jobs.clock = clock
        job = jobs.add("room", {})
        with working(jobs):
            found = soon(lambda: (found := jobs.get(job.id)).error and found)
            assert (found.state, found.error["message"]) == ("queued", "the disk has no room; free some space")
            (jobs.home / "room").write_text("")
            clock.now += 15
            assert jobs.wait(job.id, WAIT).state == "done" and jobs.get(job.id).error is None

    def test_a_database_without_room_is_written_later(self, jobs, monkeypatch):
        from pinxit.jobs.leases import Leases

        refused, end = [], Leases.end

        def full(leases, held, outcome):
            if len(refused) < 2:
                refused.append(outcome.how)
                raise CapacityError("the disk has no room for it")
            return end(leases, held, outcome)

        monkeypatch.setattr("pinxit.jobs.supervisor._AGAIN", 0.1)
        monkeypatch.setattr(Leases, "end", full)
        job = jobs.add("sleep", {})
        with working(jobs) as supervisor:
            soon(lambda: refused)
            soon(lambda: supervisor.trouble == "the disk has no room for it" or len(refused) == 2)
            found = jobs.wait(job.id, WAIT)
            assert (found.state, found.attempts) == ("done", 1) and refused == ["done", "done"]
            soon(lambda: supervisor.trouble is None)

    def test_workers_that_do_not_start(self, jobs, monkeypatch):
        monkeypatch.setattr("pinxit.jobs.supervisor._TRIES", 1)
        jobs.module = "no_such_kinds"
        job = jobs.add("sleep", {})
        with working(jobs) as supervisor:
            soon(lambda: supervisor.trouble)
            assert "before they are ready" in supervisor.trouble and supervisor.ready == 0
            jobs.module = TINY
            assert jobs.wait(job.id, WAIT).state == "done"
            soon(lambda: supervisor.trouble is None)

    def test_two_supervisors_share_the_work(self, jobs):
        asked = [jobs.add("sleep", {"seconds": 0.1}) for _ in range(8)]
        with working(jobs) as first, working(jobs) as second:
            soon(lambda: first.running and second.running)
            assert {jobs.wait(job.id, WAIT).attempts for job in asked} == {1}

    def test_a_lost_lease_ends_the_work(self, jobs):
        job = jobs.add("sleep", {"seconds": 60, "heeds": False})
        with working(jobs):
            pid = begun(jobs, job)
            with connected(jobs.database) as db:
                db.execute("UPDATE jobs SET lease = 'of another', lease_until = lease_until + 999")
            soon(lambda: not alive(pid))
            assert jobs.get(job.id).state == "running"  # as the other one left it

    def test_limits_are_the_supervisor_s_to_say(self, jobs):
        from dataclasses import replace

        jobs.kinds = {**jobs.kinds, "sleep": replace(jobs.kinds["sleep"], limits=Limits(silence=0.2))}
        with working(jobs):
            assert "nothing was heard of it" in done(jobs, "sleep", {"seconds": 60}).error["message"]

    def test_no_secrets_of_the_service(self, jobs, monkeypatch):
        monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
        monkeypatch.setenv("PINXIT_HOME", "/nowhere")
        with working(jobs):
            job = done(jobs, "environment", {})
        assert "hunter2" not in job.result.values() and job.result["PINXIT_HOME"] == str(jobs.home)
        assert job.result["TMPDIR"] == "tmp" and job.result["OMP_WAIT_POLICY"] == "PASSIVE"
