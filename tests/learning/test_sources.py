"""Which photos and works a training finds, and which it must not see."""

import pytest

from pinxit.errors import InputError, LearningError, NotFoundError
from pinxit.learning.sources import find_photos, find_works, read_names


def names(pairs, found):
    return [(path.name, found.groups[number]) for path, number in pairs]


def test_photos_by_domain(material):
    found = find_photos(material.photos, frozenset({"b.jpg", "turner/1.jpg"}))
    assert found.groups == ("", "scenes/food", "scenes/street")
    assert sorted(names(found.seen, found)) == [("a.jpg", "scenes/food"), ("c.jpg", "scenes/street"), ("d.jpg", "")]
    assert names(found.held_out, found) == [("b.jpg", "scenes/food")]
    assert found.paths == [path for path, _ in found.seen] and found.numbers == [n for _, n in found.seen]


def test_only_scenes_have_domains_within(tmp_path):
    for place in ("clothing/hats/a.jpg", "clothing/shirts/b.png", "scenes/food/warm/c.jpeg", "scenes/d.JPG"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    found = find_photos(tmp_path, frozenset())
    assert dict(names(found.seen, found)) == {
        "a.jpg": "clothing", "b.png": "clothing", "c.jpeg": "scenes/food", "d.JPG": "scenes",
    }  # fmt: skip


def test_research_only_is_never_trained_on(material):
    seen = find_photos(material.photos, frozenset())
    assert "e.jpg" not in [path.name for path in seen.paths] and len(seen.paths) == 4
    with pytest.raises(LearningError, match="no photos"):
        find_photos(material.photos / "research-only", frozenset())
    (material.art / "research-only").mkdir()
    (material.art / "dore" / "0.jpg").rename(material.art / "research-only" / "0.jpg")
    assert len(find_works(material.art, frozenset()).seen) == 5
    assert find_works(material.art, frozenset()).groups == ("dore", "pyle", "turner")


def test_works_are_left_out_by_hand_and_name(material):
    (material.art / "loose.jpg").write_bytes(b"beside the hands")
    (material.art / "pyle" / ".hidden.jpg").write_bytes(b"hidden")
    found = find_works(material.art, frozenset({"turner/1.jpg", "0.jpg", "d.jpg"}))
    assert found.groups == ("dore", "pyle", "turner") and len(found.seen) == 5
    assert names(found.held_out, found) == [("1.jpg", "turner")]


def test_a_hand_that_is_left_out_keeps_its_number(material):
    found = find_works(material.art, frozenset({"pyle/0.jpg", "pyle/1.jpg"}))
    assert found.groups == ("dore", "pyle", "turner") and found.numbers == [0, 0, 2, 2]


def test_nothing_left_to_train_on(material):
    everything = frozenset(f"{hand}/{i}.jpg" for hand in ("dore", "pyle", "turner") for i in range(2))
    with pytest.raises(LearningError, match="all 6 are left out"):
        find_works(material.art, everything)
    with pytest.raises(LearningError, match="no works to train on"):
        find_works(material.recognition, frozenset())
    with pytest.raises(NotFoundError, match="elsewhere is not there"):
        find_photos(material.photos / "elsewhere", frozenset())


def test_names_of_several_files(tmp_path):
    (tmp_path / "a").write_text("one.jpg\r\n  hand/two words.jpg \n\n# three.jpg\n")
    (tmp_path / "b").write_text("four.jpg")
    assert read_names([tmp_path / "a", tmp_path / "b"]) == {"one.jpg", "hand/two words.jpg", "four.jpg"}
    assert read_names([]) == frozenset()
    with pytest.raises(NotFoundError, match="c is not there"):
        read_names([tmp_path / "c"])
    (tmp_path / "d").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "d", tmp_path):
        with pytest.raises(InputError, match="cannot be read as text"):
            read_names([path])
