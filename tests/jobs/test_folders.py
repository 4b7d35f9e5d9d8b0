"""Folders of jobs: names that are no paths, files that are on the disk, nothing that belongs to nobody."""

import hashlib
import os
import time

import pytest

from pinxit.errors import CapacityError, InputError, NotFoundError
from pinxit.jobs.folders import JobFolders, check_file_name

JOB = "0123456789abcdef" * 2


@pytest.fixture
def folders(tmp_path):
    return JobFolders(tmp_path / "jobs")


@pytest.mark.parametrize("name", ["a.jpg", "Ä b (1).tif", "日本.png", "-rf", "x" * 150])
def test_names(folders, name):
    draft = folders.draft()
    folders.put(draft, name, b"x")
    assert folders.seal(draft, JOB) == {name: hashlib.sha256(b"x").hexdigest()}


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "../a", "/etc/passwd", "a\\b", "a\0b", "a\nb", "x" * 151, "\ud800", None, 3],
)
def test_names_refused(folders, name):
    with pytest.raises(InputError, match="cannot name a file"):
        check_file_name(name)
    with pytest.raises(InputError):
        folders.put(folders.draft(), name, b"x")


def test_a_copy_is_a_copy(folders, tmp_path):
    source = tmp_path / "mine.jpg"
    source.write_bytes(b"mine")
    draft = folders.draft()
    folders.put(draft, "a.jpg", source)
    folders.seal(draft, JOB)
    (folders.path(JOB) / "in" / "a.jpg").write_bytes(b"other")
    assert source.read_bytes() == b"mine"
    with pytest.raises(NotFoundError, match="is not there"):
        folders.put(folders.draft(), "b.jpg", tmp_path / "none.jpg")
    with pytest.raises(NotFoundError, match="no file"):
        folders.put(folders.draft(), "b.jpg", tmp_path)


def test_links_and_folders_are_no_files_of_a_job(folders, tmp_path):
    (tmp_path / "secret").write_text("secret")
    for make in (lambda path: path.symlink_to(tmp_path / "secret"), lambda path: path.mkdir(), os.mkfifo):
        draft = folders.draft()
        make(draft / "a.jpg")
        with pytest.raises(InputError, match="no plain file"):
            folders.seal(draft, JOB)


@pytest.mark.parametrize("job", ["", "..", "x", JOB + "0", JOB.upper(), "../" + JOB[3:], JOB[:-1] + "\n"])
def test_no_such_job(folders, job):
    with pytest.raises(NotFoundError):
        folders.path(job)


def test_results_lie_below_the_results(folders, tmp_path):
    folders.seal(folders.draft(), JOB)
    folder = folders.path(JOB)
    (folder / "out" / "sub").mkdir()
    (folder / "out" / "sub" / "a.jpg").write_bytes(b"a")
    (folder / "preview.jpg").write_bytes(b"p")
    (tmp_path / "secret").write_text("secret")
    (folder / "out" / "link").symlink_to(tmp_path / "secret")
    (folder / "out" / "up").symlink_to(tmp_path)
    assert folders.result(JOB, "sub/a.jpg").read_bytes() == b"a" and folders.preview(JOB).read_bytes() == b"p"
    for name in ("../preview.jpg", "link", "up/secret", "/etc/passwd", "sub", "", "none", "a\0b", "x" * 5000):
        with pytest.raises(NotFoundError, match="has no file"):
            folders.result(JOB, name)
    (folder / "out" / "link").unlink()
    (folder / "out" / "up").unlink()
    assert folders.size(JOB) == 2


def test_sweep_takes_old_folders_that_nobody_names(folders):
    folders.seal(folders.draft(), JOB)
    other = JOB[::-1]
    folders.seal(folders.draft(), other)
    draft, fresh = folders.draft(), folders.draft()
    mine = folders.root / "mine"
    mine.mkdir()
    old = time.time() - 7200
    for folder in (folders.path(JOB), folders.path(other), draft.parent, mine):
        for place in (folder / "in", folder):
            if place.exists():
                os.utime(place, (old, old))
    assert folders.sweep([JOB]) == 2
    assert sorted(folders.root.iterdir()) == sorted([folders.path(JOB), fresh.parent, mine])
    assert JobFolders(folders.root / "none").sweep([]) == 0


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "jobs").write_text("")
    with pytest.raises(CapacityError):
        JobFolders(tmp_path / "jobs").draft()
