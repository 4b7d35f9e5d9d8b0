"""The journal of a folder run."""

import pytest

from pinxit.engines.journal import JOURNAL_NAME, Journal, identity, locked_journal
from pinxit.errors import CapacityError


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"picture")
    return path


def finished(folder, source, target="a.jpg", made_with="s") -> Journal:
    journal = Journal(folder)
    (folder / target).write_bytes(b"result")
    journal.add("started", target, identity(source), made_with)
    journal.add("done", target, identity(source), made_with, result_size=6)
    return journal


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_done_is_remembered(out, source):
    finished(out, source)
    journal = Journal(out)
    assert journal.done("a.jpg", identity(source), "s", out / "a.jpg") and journal.ours("a.jpg", out / "a.jpg")
    assert journal.targets == {str(source): "a.jpg"}
    assert not journal.done("a.jpg", identity(source), "other", out / "a.jpg")
    source.write_bytes(b"picture 2")
    assert not journal.done("a.jpg", identity(source), "s", out / "a.jpg")


def test_gone_or_changed_result(out, source):
    journal = finished(out, source)
    (out / "a.jpg").write_bytes(b"touched by hand")
    assert not journal.done("a.jpg", identity(source), "s", out / "a.jpg")
    assert not journal.ours("a.jpg", out / "a.jpg")
    (out / "a.jpg").unlink()
    assert not journal.done("a.jpg", identity(source), "s", out / "a.jpg")


def test_started_is_ours_and_failed_is_not(out, source):
    journal = Journal(out)
    journal.add("started", "a.jpg", identity(source), "s")
    assert Journal(out).ours("a.jpg", out / "a.jpg")
    journal.add("failed", "a.jpg", identity(source), "s")
    assert not Journal(out).ours("a.jpg", out / "a.jpg")


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_torn_last_line(out, source, cut):
    finished(out, source)
    path = out / JOURNAL_NAME
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(out)
    assert journal.done("a.jpg", identity(source), "s", out / "a.jpg") == (cut == 1)
    journal.add("done", "b.jpg", identity(source), "s", result_size=6)
    assert "b.jpg" in Journal(out).targets.values() and len(Journal(out).targets) == 1


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"[]", b"3", b'{"state": "done"}', b'{"state":"done","target":"../x","source":"y"}', b"{" * 9999],
)
def test_strange_lines_are_passed_over(out, line):
    (out / JOURNAL_NAME).write_bytes(line + b"\n")
    assert Journal(out).targets == {}


def test_names_that_are_no_text(out, tmp_path):
    source = tmp_path / "a\udcff.jpg"
    source.write_bytes(b"x")
    journal = Journal(out)
    journal.add("done", "a\udcff.jpg", identity(source), "s", result_size=1)
    assert Journal(out).targets == {str(source): "a\udcff.jpg"}


def test_one_run_at_a_time(out):
    with locked_journal(out), pytest.raises(CapacityError, match="another pinxit"), locked_journal(out):
        pass
    with locked_journal(out):
        pass
