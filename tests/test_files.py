"""Finding pictures, and writing whole files."""

import errno
import os
from pathlib import Path

import pytest

from pinxit.errors import CapacityError, InputError, NotFoundError
from pinxit.files import find_pictures, write_whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("img10.jpg", "img2.JPG", "sub/a.png", ".hidden.jpg", ".cache/b.jpg", "notes.txt", "raw/x.NEF"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


def test_folder_is_searched_in_natural_order_without_hidden_files(folder: Path) -> None:
    assert names(find_pictures([folder]), folder) == ["img2.JPG", "img10.jpg", "raw/x.NEF", "sub/a.png"]


def test_pattern_file_and_doubles(folder: Path) -> None:
    found = find_pictures([str(folder / "*.jpg"), folder / "img10.jpg", folder / "notes.txt"])
    assert names(found, folder) == ["img10.jpg", "notes.txt"]
    assert names(find_pictures([str(folder / "**/*.png")]), folder) == ["sub/a.png"]


def test_name_with_pattern_signs_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a[1].jpg").write_bytes(b"x")
    assert find_pictures([tmp_path / "a[1].jpg"]) == [tmp_path / "a[1].jpg"]


@pytest.mark.parametrize("missing", ["nothing.jpg", "*.gif", "", "a\0b"])
def test_missing_is_not_found(folder: Path, missing: str) -> None:
    with pytest.raises(NotFoundError):
        find_pictures([str(folder / missing) if missing.strip("\0ab") else missing])


def test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no picture"):
        find_pictures([tmp_path])
    with pytest.raises(InputError, match="no picture was named"):
        find_pictures([])


def test_write_whole_replaces_only_when_done(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), write_whole(target) as file:
        file.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    with write_whole(target) as file:
        assert file.suffix == ".txt"
        file.write_text("new")
    assert target.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_write_whole_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    with write_whole(tmp_path / "link.txt") as file:
        file.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_write_whole_refuses_folders_devices_and_loops(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for target in (tmp_path, Path("/dev/null"), tmp_path / "loop"):
        with pytest.raises(InputError), write_whole(target):
            pass


def test_write_whole_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not there"), write_whole(tmp_path / "no" / "a.txt"):
        pass
    (tmp_path / "file").write_text("x")
    with pytest.raises(CapacityError, match="is a file"), write_whole(tmp_path / "file" / "a.txt"):
        pass


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_full_or_closed_disk_is_one_clear_line(tmp_path: Path, number: int) -> None:
    with pytest.raises(CapacityError) as caught, write_whole(tmp_path / "a.txt"):
        raise OSError(number, os.strerror(number))
    assert "a.txt" in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
