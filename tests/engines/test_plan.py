"""Where results go."""

from pathlib import Path

import pytest

from pinxit.engines.plan import plan_tasks
from pinxit.errors import InputError, NotFoundError


@pytest.fixture
def folder(tmp_path):
    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return tmp_path / "in"

    return make


def targets(inputs, out, **options) -> dict[str, str]:
    return {task.source.name: str(task.target) for task in plan_tasks(inputs, out, **options)}


def test_sub_folders_are_kept(folder, tmp_path):
    root = folder("a.jpg", "b/c/d.PNG", ".hidden/e.jpg", "notes.txt")
    assert targets([root], tmp_path / "out") == {"a.jpg": "a.jpg", "d.PNG": "b/c/d.PNG"}


def test_suffixes(folder, tmp_path):
    root = folder("a.heic", "b.NEF", "c.tiff", "d.avif", "e.bmp")
    assert targets(root, tmp_path / "out") == {
        "a.heic": "a.jpg",
        "b.NEF": "b.tif",
        "c.tiff": "c.tiff",
        "d.avif": "d.avif",
        "e.bmp": "e.bmp",
    }
    assert set(targets(root, tmp_path / "out", suffix=".png").values()) == {f"{x}.png" for x in "abcde"}


def test_same_stem_stays_apart(folder, tmp_path):
    root = folder("a.heic", "a.jpg", "a.png", "A.JPG")
    found = targets(root, tmp_path / "out")
    assert found["a.jpg"] == "a.jpg" and found["a.png"] == "a.png" and found["a.heic"] == "a-heic.jpg"
    # Two files whose names differ by case alone also stay apart where the disk knows no case.
    assert found["A.JPG"] == "A-2.JPG"
    one = targets(root, tmp_path / "out", suffix=".jpg")
    assert len({value.casefold() for value in one.values()}) == 4 and one["a.png"] == "a-png.jpg"


def test_earlier_names_stay(folder, tmp_path):
    root = folder("a.heic")
    first = {str(task.source.absolute()): str(task.target) for task in plan_tasks(root, tmp_path / "out")}
    folder("a.jpg")
    assert targets(root, tmp_path / "out", earlier=first) == {"a.heic": "a.jpg", "a.jpg": "a-2.jpg"}
    outside = dict.fromkeys(first, "../../a.jpg")
    assert targets(root, tmp_path / "out", earlier=outside)["a.heic"] == "a-heic.jpg"


def test_several_folders_become_sub_folders(folder, tmp_path):
    root = folder("x/a.jpg", "y/a.jpg", "a.jpg")
    found = [str(task.target) for task in plan_tasks([root / "x", root / "y", root / "a.jpg"], tmp_path / "out")]
    assert found == ["x/a.jpg", "y/a.jpg", "a.jpg"]


def test_files_of_one_name(folder, tmp_path):
    root = folder("x/a.jpg", "y/a.jpg")
    found = [
        str(t.target) for t in plan_tasks([root / "x/a.jpg", root / "y/a.jpg", root / "x/a.jpg"], tmp_path / "out")
    ]
    assert found == ["a.jpg", "a-2.jpg"]


def test_output_inside_the_input(folder):
    root = folder("a.jpg", "out/a.jpg")
    assert targets(root, root / "out") == {"a.jpg": "a.jpg"}
    (root / "a.jpg").unlink()
    with pytest.raises(InputError, match="output folder"):
        plan_tasks(root, root / "out")


def test_own_pictures_are_never_replaced(folder, tmp_path):
    root = folder("a.jpg")
    for out in (root, root / "." / ".." / "in"):
        with pytest.raises(InputError, match="your own pictures"):
            plan_tasks(root, out)
    (tmp_path / "link").symlink_to(root)
    with pytest.raises(InputError, match="your own pictures"):
        plan_tasks([root / "a.jpg"], tmp_path / "link")


def test_nothing_to_do(folder, tmp_path):
    folder("notes.txt")
    with pytest.raises(InputError, match="no picture"):
        plan_tasks(tmp_path / "in", tmp_path / "out")
    with pytest.raises(InputError, match="no picture"):
        plan_tasks([], tmp_path / "out")
    with pytest.raises(NotFoundError):
        plan_tasks([tmp_path / "nowhere"], tmp_path / "out")
    with pytest.raises(NotFoundError):
        plan_tasks([""], tmp_path / "out")
