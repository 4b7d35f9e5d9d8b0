"""Leases: who is served next, who holds what until when, how an attempt ends; by a clock that is moved by hand."""

import pytest

from pinxit.errors import NotFoundError
from pinxit.jobs.job import Progress
from pinxit.jobs.leases import Leases, Outcome, failure

CRASHED = Outcome("crashed", error=failure("Crashed", "it ended by signal 11"))
FULL = Outcome("waits", error=failure("CapacityError", "the disk has no room", 4))


@pytest.fixture
def leases(queue, clock):
    return Leases(queue.database, clock, 30.0)


@pytest.fixture
def claim(queue, leases):
    return lambda **at_once: leases.claim(list(queue.kinds), at_once)


def add(queue, user="ann", **more):
    return queue.add(more.pop("kind", "sleep"), {}, user=user, **more).id


def order(claim):
    """Whose jobs come, to the last one."""
    found = []
    while (held := claim()) is not None:
        found.append(held.job.user)
    return "".join(found)


class TestOrder:
    def test_users_in_turn(self, queue, claim):
        for user in "aaaabbc":
            add(queue, user)
        assert order(claim) == "abcabaa"

    def test_whoever_comes_later_is_next(self, queue, claim):
        for user in "aaaa":
            add(queue, user)
        assert claim().job.user == claim().job.user == "a"
        add(queue, "b"), add(queue, "b")
        assert order(claim) == "baba"

    def test_priority_comes_before_turns(self, queue, claim):
        add(queue, "a"), add(queue, "b", priority=-1), add(queue, "a", priority=5), add(queue, "a", priority=5)
        assert order(claim) == "aaab"

    def test_turns_within_a_priority(self, queue, claim):
        for user, priority in (("a", 1), ("a", 1), ("b", 1), ("a", 0), ("b", 0), ("c", 0)):
            add(queue, user, priority=priority)
        assert order(claim) == "aba" + "cba"

    def test_a_user_s_own_jobs_in_the_order_they_came(self, queue, claim):
        jobs = [add(queue) for _ in range(4)]
        assert [claim().job.id for _ in range(4)] == jobs and claim() is None

    def test_fair_to_many(self, queue, claim):
        for user in "a" * 30 + "bcd":
            add(queue, user)
        assert set(order(claim)[:4]) == set("abcd")

    def test_so_many_of_a_kind_at_once(self, queue, leases, claim):
        first, second, other = add(queue, kind="single"), add(queue, kind="single"), add(queue)
        held = claim(single=1)
        assert held.job.id == first and claim(single=1).job.id == other and claim(single=1) is None
        leases.end(held, Outcome("done", {}))
        assert claim(single=1).job.id == second

    def test_only_the_kinds_that_are_asked_for(self, queue, leases):
        add(queue, kind="long")
        assert leases.claim(["sleep"], {}) is None and leases.claim([], {}) is None
        assert leases.claim(["sleep", "long"], {}).job.kind == "long"

    def test_paused_and_not_yet_ready_ones_wait(self, queue, leases, claim, clock):
        queue.pause(add(queue))
        assert claim() is None
        add(queue)
        leases.end(claim(), FULL)
        assert claim() is None
        clock.now += 15
        assert claim() is not None


class TestHolding:
    def test_claimed(self, queue, claim, clock):
        job = add(queue)
        clock.now += 5
        held = claim()
        assert (held.job.state, held.job.attempts, held.job.started) == ("running", 1, clock())
        assert queue.get(job).state == "running" and claim() is None

    def test_renewed_leases_hold(self, queue, leases, claim, clock):
        add(queue)
        held = claim()
        for _ in range(5):
            clock.now += 29
            assert leases.renew([held]) == [] and leases.reclaim() == []
        clock.now += 31
        (back,) = leases.reclaim()
        assert (back.state, back.error["type"]) == ("queued", "Lost")

    def test_a_lost_lease_changes_nothing(self, queue, leases, claim, clock):
        job = add(queue)
        first = claim()
        clock.now += 31
        leases.reclaim()
        second = claim()
        assert second.job.id == job and second.job.attempts == 2
        assert leases.renew([first, second]) == [first]
        assert leases.end(first, Outcome("done", {"wrong": 1})) is None and queue.get(job).state == "running"
        first.job = second.job
        assert leases.wishes([first]) == {}
        assert leases.end(second, Outcome("done", {"right": 1})).result == {"right": 1}
        assert leases.end(second, Outcome("done", {"again": 1})) is None

    def test_progress_is_written_with_the_lease(self, queue, leases, claim):
        job = add(queue)
        held = claim()
        before = queue.get(job).revision
        leases.renew([held])
        assert queue.get(job).revision == before  # nothing that anybody looks at
        held.progress = Progress(3, 10, "step", 7.0, "preview.jpg", {"total": 0.5})
        leases.renew([held])
        found = queue.get(job)
        assert found.progress == Progress(3, 10, "step", 7.0, "preview.jpg", {"total": 0.5}) and held.progress is None
        assert found.revision == before + 1

    def test_a_running_job_is_not_deleted(self, queue, claim):
        job = add(queue)
        claim()
        with pytest.raises(Exception, match="cancel it first"):
            queue.delete(job)
        assert queue.clear() == 0 and queue.get(job).state == "running"

    def test_wishes(self, queue, leases, claim):
        job = add(queue)
        held = claim()
        assert leases.wishes([held]) == {}
        assert queue.pause(job).wish == "pause" and leases.wishes([held]) == {job: "pause"}
        assert queue.resume(job).wish is None and leases.wishes([held]) == {}
        queue.cancel(job)
        assert leases.wishes([held]) == {job: "cancel"}


class TestEnds:
    @pytest.mark.parametrize(
        ("wish", "outcome", "state"),
        [
            (None, Outcome("done", {"n": 1}), "done"),
            ("cancel", Outcome("done", {"n": 1}), "done"),  # it was quicker
            (None, Outcome("failed", error=failure("InputError", "no", 2)), "failed"),
            (None, Outcome("stopped"), "queued"),
            ("pause", Outcome("stopped"), "paused"),
            ("cancel", Outcome("stopped"), "cancelled"),
            (None, CRASHED, "queued"),
            ("pause", CRASHED, "paused"),
            ("cancel", CRASHED, "cancelled"),
            (None, FULL, "queued"),
        ],
    )
    def test_states(self, queue, leases, claim, clock, wish, outcome, state):
        job = add(queue)
        held = claim()
        if wish:
            getattr(queue, wish)(job)
        found = leases.end(held, outcome)
        assert (found.state, found.wish) == (state, None) and queue.get(job) == found
        assert found.ended == (clock() if state in ("done", "failed", "cancelled") else None)

    def test_wishes_of_a_job_that_nobody_does_any_more(self, queue, leases, claim, clock):
        jobs = [add(queue) for _ in range(2)]
        claim(), claim()
        queue.pause(jobs[0]), queue.cancel(jobs[1])
        clock.now += 31
        leases.reclaim()
        assert [queue.get(job).state for job in jobs] == ["paused", "cancelled"]

    def test_three_crashes(self, queue, leases, claim):
        job = add(queue)
        for crashes in (1, 2):
            assert leases.end(claim(), CRASHED).crashes == crashes
        found = leases.end(claim(), CRASHED)
        assert found.state == "failed" and found.attempts == 3
        assert found.error["message"].startswith(
            "the job ended its worker 3 times without getting further: it ended by"
        )
        found = queue.retry(job)
        assert (found.state, found.crashes, found.error) == ("queued", 0, None)

    def test_crashes_count_no_more_once_it_got_further(self, queue, leases, claim):
        add(queue)
        for done in range(1, 20):
            held = claim()
            held.progress = Progress(done, 100)
            assert leases.end(held, CRASHED).state == "queued"
        for crashes in (2, 3):
            held = claim()
            held.progress = Progress(19, 100)
            found = leases.end(held, CRASHED)
            assert found.crashes == crashes
        assert found.state == "failed"

    def test_beginning_again_is_not_getting_further(self, queue, leases, claim):
        add(queue)
        for _ in range(3):
            held = claim()
            for part in (Progress(5, 5, "reading"), Progress(7, 100, "learning")):
                held.progress = part
                leases.renew([held])
            found = leases.end(held, CRASHED)
        assert found.state == "failed" and found.crashes == 3

    def test_lost_again_and_again(self, queue, leases, claim, clock):
        job = add(queue)
        for _ in range(9):
            claim()
            clock.now += 31
            leases.reclaim()
            assert queue.get(job).state == "queued"
        claim()
        clock.now += 31
        leases.reclaim()
        assert queue.get(job).state == "failed" and queue.get(job).error["type"] == "Lost"

    def test_stops_in_order_count_for_nothing(self, queue, leases, claim):
        add(queue)
        for _ in range(25):
            found = leases.end(claim(), Outcome("stopped"))
        assert (found.state, found.attempts, found.crashes) == ("queued", 25, 0)

    def test_waiting_for_room_is_longer_each_time(self, queue, leases, claim, clock):
        job = add(queue)
        waits = []
        for _ in range(9):
            found = leases.end(claim(), FULL)
            assert found.state == "queued" and found.error["message"] == "the disk has no room"
            waits.append(found.ready - clock())
            clock.now = found.ready
        assert waits == [15, 30, 60, 120, 240, 480, 600, 600, 600]
        assert leases.end(claim(), FULL).state == "failed" and queue.get(job).error["exit_code"] == 4


class TestDeadlines:
    def test_of_a_job_that_waits(self, queue, leases, claim, clock):
        job, paused, other = (add(queue, deadline=clock() + 10) for _ in range(3))
        queue.pause(paused)
        clock.now += 9
        held = claim()
        assert held.job.id == job and leases.reclaim() == []
        clock.now += 1
        assert claim() is None
        assert {found.id for found in leases.reclaim()} == {paused, other}
        found = queue.get(other)
        assert found.state == "failed" and "its deadline was over before it was begun" in found.error["message"]
        assert queue.get(job).state == "running"  # its supervisor looks after it
        assert queue.retry(other).deadline is None and claim().job.id == other


def test_two_queues_never_take_the_same_job(queue, clock):
    import threading

    jobs = {add(queue, user) for user in "abcdef" * 4}
    taken = []

    def take():
        leases = Leases(queue.database, clock, 30.0)
        while (held := leases.claim(list(queue.kinds), {})) is not None:
            taken.append(held.job.id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 24 and set(taken) == jobs


def test_nobody_finds_a_job_of_an_unknown_kind(queue, leases):
    add(queue)
    assert leases.claim(["other"], {}) is None
    with pytest.raises(NotFoundError):
        queue.get("x")
