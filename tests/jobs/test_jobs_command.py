"""``pinxit jobs``."""

import os
import signal
import subprocess
import sys
import time

import pytest
from workshop import TINY

from commands import answer, pinxit, refused, run
from pinxit.jobs import Jobs


@pytest.fixture
def jobs(home, monkeypatch):
    monkeypatch.setattr("pinxit.cli.jobs._queue", lambda: Jobs(home, kinds=TINY))
    return Jobs(home, kinds=TINY)


def test_nothing_there(jobs):
    assert pinxit("jobs") == pinxit("jobs", "list") == "no jobs\n" and answer("jobs", "list") == []


def test_list_and_show(jobs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    first = jobs.add("copy", {"file": "a.jpg"}, files={"a.jpg": b"123"}, user="ann")
    second = jobs.add("sleep", {}, user="ben")
    jobs.cancel(second.id)
    said = pinxit("jobs")
    assert first.id[:8] in said and "queued" in said and "ann" in said and "cancelled" in said
    assert [job["id"] for job in answer("jobs", "list", "--state", "queued")] == [first.id]
    assert [job["id"] for job in answer("jobs", "list", "--user", "ben")] == [second.id]
    assert len(answer("jobs", "list", "--last", "1")) == 1
    told = answer("jobs", "show", first.id[:8])
    assert told["arguments"] == {"file": "a.jpg", "text": ""} and told["bytes"] == 3
    assert str(jobs.folders.path(first.id)) == told["folder"] and told["created"].endswith("+00:00")
    assert f"id:         {first.id}" in pinxit("jobs", "show", first.id)


def test_turning(jobs):
    job = jobs.add("sleep", {})
    short = job.id[:8]
    for verb, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("retry", "queued")):
        assert pinxit("jobs", verb, short) == f"{short} {state}\n"
    assert answer("jobs", "pause", short)["state"] == "paused"
    assert pinxit("jobs", "resume", short, "--quiet") == ""


def test_clear(jobs):
    old, kept = jobs.add("sleep", {}), jobs.add("sleep", {})
    jobs.cancel(old.id)
    run("jobs", "clear", code=2, lines="n\n")
    assert len(jobs.list()) == 2
    assert answer("jobs", "clear", "--yes", "--days", "1") == {"cleared": 0}
    assert pinxit("jobs", "clear", "--yes") == "1 cleared\n" and [job.id for job in jobs.list()] == [kept.id]
    assert pinxit("jobs", "clear", kept.id[:8], "--yes") == "1 cleared\n" and jobs.list() == ()


def test_refused(jobs):
    job = jobs.add("sleep", {})
    assert "there is no job 'zz'" in refused("jobs", "show", "zz", code=3)
    assert "nothing to retry" in refused("jobs", "retry", job.id[:8], code=2)
    assert "no state of a job; known are queued" in refused("jobs", "list", "--state", "asleep", code=2)
    assert "there is no job" in refused("jobs", "clear", "zz", "--yes", code=3)


def test_run_until_empty(jobs):
    good, bad = jobs.add("sleep", {}), jobs.add("fail", {})
    result = run("jobs", "run", "--until-empty", "-j", "1")
    lines = result.stderr.splitlines()
    assert lines[0].startswith("pinxit: 1 workers") and result.stdout == ""
    assert f"{good.id[:8]} sleep done" in lines and f"{bad.id[:8]} fail failed: this came, that was wanted" in lines
    assert run("jobs", "run", "--until-empty", "--quiet").stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_stops_in_order(jobs, home, number):
    job = jobs.add("sleep", {"seconds": 1.0})
    code = f"import pinxit.cli.jobs as c, pinxit.jobs as j; c._queue = lambda: j.Jobs(kinds={TINY!r}); c.run(workers=1)"
    program = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PINXIT_HOME": str(home)})
    end = time.monotonic() + 30
    while jobs.get(job.id).state != "running" and time.monotonic() < end:
        time.sleep(0.02)
    program.send_signal(number)
    assert program.wait(25) == 0 and jobs.get(job.id).state == "done"  # it was nearly done
