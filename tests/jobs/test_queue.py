"""The queue without workers: what is taken, kept, turned and removed."""

import sqlite3
import threading

import pytest

from pinxit.errors import CapacityError, InputError, NotFoundError
from pinxit.jobs import Jobs
from pinxit.jobs.leases import Leases, Outcome
from pinxit.library.database import connected


def ids(jobs):
    return [job.id for job in jobs]


class TestAdd:
    def test_what_came_is_there(self, queue, clock):
        job = queue.add("copy", {"file": "a.jpg"}, files={"a.jpg": b"12"}, user="ann", priority=3, deadline=clock() + 9)
        assert (job.state, job.user, job.kind, job.priority, job.attempts) == ("queued", "ann", "copy", 3, 0)
        assert job.arguments == {"file": "a.jpg", "text": ""} and job.created == job.ready == clock()
        again = Jobs(queue.home, kinds="tiny_kinds").get(job.id)
        assert again == job and (queue.folders.path(job.id) / "in" / "a.jpg").read_bytes() == b"12"
        assert job.as_dict()["deadline"] == "1970-01-12T13:46:49.000+00:00" and job.as_dict()["ended"] is None

    def test_a_draft_becomes_the_job_s_folder(self, queue):
        draft = queue.draft()
        (draft / "a.jpg").write_bytes(b"12")
        job = queue.add("copy", {"file": "a.jpg"}, draft=draft)
        assert not draft.exists() and ids(queue.list()) == [job.id]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"kind": "paint"}, "'paint' is no kind of job; known are allocate"),
            ({"arguments": {"file": "b.jpg"}}, "no file of the job"),
            ({"arguments": {"file": "a.jpg", "x": 1}}, "unknown 'x'"),
            ({"arguments": {"file": "a.jpg", "text": "x" * 2001}}, "2001 characters"),
            ({"files": {"../a.jpg": b""}}, "cannot name a file"),
            ({"priority": 101}, "-100 to 100"),
            ({"priority": 0.5}, "-100 to 100"),
            ({"deadline": 1.0}, "deadline is over"),
            ({"deadline": float("nan")}, "deadline is over"),
            ({"user": "a/b"}, "cannot name a user"),
            ({"key": ""}, "1 to 200 letters"),
            ({"key": "x\n"}, "1 to 200 letters"),
        ],
    )
    def test_refused_and_nothing_left(self, queue, change, words):
        asked = {"kind": "copy", "arguments": {"file": "a.jpg"}, "files": {"a.jpg": b"12"}} | change
        with pytest.raises(InputError, match=words):
            queue.add(**asked)
        assert queue.list() == () and list(queue.folders.root.iterdir()) == []

    def test_a_kind_s_own_check(self, queue):
        with pytest.raises(InputError, match="1 or more is wanted"):
            queue.add("count", {"units": 0})

    def test_a_full_disk_leaves_nothing(self, queue, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("pinxit.jobs.folders.os.fsync", full)
            with pytest.raises(CapacityError, match="no room"):
                queue.add("copy", {"file": "a.jpg"}, files={"a.jpg": b"12"})
        assert queue.list() == () and list(queue.folders.root.iterdir()) == []
        queue.add("sleep", {})

    def test_a_full_database_leaves_nothing(self, queue, monkeypatch):
        def full(*_):
            raise sqlite3.OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr("pinxit.jobs.rows.insert", full)
            with pytest.raises(CapacityError, match="no room"):
                queue.add("sleep", {})
        assert queue.list() == () and list(queue.folders.root.iterdir()) == []


class TestKey:
    def test_the_same_request_is_the_same_job(self, queue):
        asked = {"kind": "copy", "arguments": {"file": "a.jpg"}, "files": {"a.jpg": b"12"}, "user": "ann", "key": "k"}
        first, second = queue.add(**asked), queue.add(**asked)
        assert first == second and len(list(queue.folders.root.iterdir())) == 1
        assert queue.add(**asked | {"user": "ben"}).id != first.id
        assert queue.add(**asked | {"key": None}).id != first.id

    @pytest.mark.parametrize(
        "change", [{"arguments": {"file": "a.jpg", "text": "x"}}, {"files": {"a.jpg": b"13"}}, {"kind": "other"}]
    )
    def test_another_request_is_refused(self, queue, change):
        queue.kinds = queue.kinds | {"other": queue.kinds["copy"]}
        asked = {"kind": "copy", "arguments": {"file": "a.jpg"}, "files": {"a.jpg": b"12"}, "key": "k"}
        first = queue.add(**asked)
        with pytest.raises(InputError, match="use a new key"):
            queue.add(**asked | change)
        assert ids(queue.list()) == [first.id] and len(list(queue.folders.root.iterdir())) == 1

    def test_at_the_same_time(self, queue):
        found = []
        threads = [threading.Thread(target=lambda: found.append(queue.add("sleep", {}, key="k").id)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 6 and len(set(found)) == 1 and len(list(queue.folders.root.iterdir())) == 1

    def test_a_deleted_job_frees_its_key(self, queue):
        first = queue.add("sleep", {}, key="k")
        queue.delete(first.id)
        assert queue.add("sleep", {"seconds": 1}, key="k").id != first.id


class TestLooking:
    def test_list(self, queue):
        jobs = [queue.add(kind, {}, user=user) for kind, user in zip(["sleep", "crash"] * 3, "aabbcc", strict=True)]
        everything = [job.id for job in reversed(jobs)]
        assert ids(queue.list()) == everything and ids(queue.list(limit=2)) == everything[:2]
        assert ids(queue.list(before=jobs[2].number, limit=1)) == [jobs[1].id]
        assert ids(queue.list(user="b")) == [jobs[3].id, jobs[2].id] and queue.list(states=["done"]) == ()
        assert ids(queue.list(user="b", kinds=["crash"])) == [jobs[3].id]
        assert queue.count() == {("sleep", "queued"): 3, ("crash", "queued"): 3}
        assert queue.count("c", ["queued"]) == {("sleep", "queued"): 1, ("crash", "queued"): 1}
        for look in (queue.list, queue.count):
            with pytest.raises(InputError, match="asleep is no state"):
                look(states=["asleep"])

    def test_of_one_user_alone(self, queue):
        job = queue.add("sleep", {}, user="ann")
        assert queue.get(job.id, "ann") == job
        for verb in (queue.get, queue.find, queue.pause, queue.resume, queue.cancel, queue.retry, queue.delete):
            with pytest.raises(NotFoundError, match="there is no job"):
                verb(job.id, "ben")
        assert queue.get(job.id) == job and queue.pause(job.id, "ann").state == "paused"

    def test_find(self, queue):
        jobs = [queue.add("sleep", {}) for _ in range(17)]  # more than there are first digits
        assert queue.find(jobs[3].id) == jobs[3] and queue.find(jobs[3].id[:12]).id == jobs[3].id
        firsts = [job.id[0] for job in jobs]
        twice = next(first for first in firsts if firsts.count(first) > 1)
        with pytest.raises(InputError, match="several jobs"):
            queue.find(twice)
        for start in ("", "zz", "%", "' OR 1=1"):
            with pytest.raises(NotFoundError):
                queue.find(start)


class TestTurning:
    def test_pause_and_resume(self, queue):
        job = queue.add("sleep", {})
        assert queue.pause(job.id).state == queue.pause(job.id).state == "paused"
        found = queue.resume(job.id)
        assert found.state == "queued" and found.revision > job.revision

    def test_cancel_and_retry(self, queue, clock):
        job = queue.add("sleep", {})
        found = queue.cancel(job.id)
        assert (found.state, found.ended, found.finished) == ("cancelled", clock(), True)
        assert queue.cancel(job.id).state == "cancelled"
        found = queue.retry(job.id)
        assert (found.state, found.ended, found.error) == ("queued", None, None)

    def test_what_cannot_be(self, queue):
        job = queue.add("sleep", {})
        with pytest.raises(InputError, match="is queued; there is nothing to retry"):
            queue.retry(job.id)
        queue.cancel(job.id)
        for verb in (queue.pause, queue.resume):
            with pytest.raises(InputError, match="is cancelled; there is nothing to"):
                verb(job.id)
        for verb in (queue.pause, queue.resume, queue.cancel, queue.retry, queue.delete, queue.get):
            with pytest.raises(NotFoundError, match="there is no job"):
                verb("f" * 32)


class TestGone:
    def test_delete(self, queue):
        job, other = queue.add("copy", {"file": "a"}, files={"a": b"x"}), queue.add("sleep", {})
        queue.delete(job.id)
        assert ids(queue.list()) == [other.id] and list(queue.folders.root.iterdir()) == [queue.folders.path(other.id)]

    def test_clear(self, queue, clock):
        jobs = [queue.add("sleep", {}, user=user) for user in "aabb"]
        for job in jobs[:3]:
            queue.cancel(job.id)
            clock.now += 10
        assert queue.clear(older_than=15) == 2 and ids(queue.list()) == [jobs[3].id, jobs[2].id]
        assert queue.clear(user="a") == 0 and queue.clear(states=["done"]) == 0
        assert queue.clear(states=["cancelled"]) == 1 and queue.clear() == 0
        with pytest.raises(InputError, match="can be cleared"):
            queue.clear(states=["queued"])
        with pytest.raises(InputError, match="asleep came"):
            queue.clear(states=["asleep"])
        assert list(queue.folders.root.iterdir()) == [queue.folders.path(jobs[3].id)]

    def test_nothing_is_known_of_a_user_who_has_no_jobs_left(self, queue, clock):
        leases = Leases(queue.database, clock, 30.0)
        for user in ("ann", "ben"):
            queue.add("sleep", {}, user=user)
            leases.end(leases.claim(["sleep"], {}), Outcome("done", {}))
        queue.clear(user="ann")
        with connected(queue.database) as db:
            text = "".join(
                str(tuple(row)) for table in ("jobs", "turns") for row in db.execute(f"SELECT * FROM {table}")
            )
        assert "ann" not in text and "ben" in text

    def test_sweep_spares_what_is_named(self, queue):
        job = queue.add("copy", {"file": "a"}, files={"a": b"x"})
        assert queue.sweep() == 0 and queue.folders.path(job.id).exists()

    def test_integrity(self, queue):
        queue.add("sleep", {})
        with connected(queue.database) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_library_of_an_older_pinxit_gets_the_table(home):
    from pinxit.library.migrations import MIGRATIONS

    db = sqlite3.connect(home / "library.sqlite", isolation_level=None)
    for step in MIGRATIONS[:4]:
        step(db)
    db.execute("PRAGMA user_version = 4")
    db.close()
    queue = Jobs(home, kinds="tiny_kinds")
    assert queue.get(queue.add("sleep", {}).id).state == "queued"


def test_closed_and_asked_again(queue):
    job = queue.add("sleep", {})
    queue.close()
    assert queue.get(job.id) == job and not queue.database.with_name("library.sqlite-wal").exists()
