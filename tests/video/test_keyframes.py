"""Keyframes: dials along a clip by their closed forms, and one clear line for each mistake."""

import json
from fractions import Fraction

import pytest

from pinxit.errors import InputError, NotFoundError
from pinxit.video.keyframes import Automation, parse_keyframes, read_keyframes
from pinxit.video.shots import Shot
from pinxit.video.times import parse_span, parse_time

SHOTS = [Shot(0, 50, Fraction(0)), Shot(50, 75, Fraction(2)), Shot(75, 200, Fraction(3))]


def moving(*keys, shots=SHOTS):
    return Automation(parse_keyframes(list(keys)), shots)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (2, 2),
        (0.5, 0.5),
        ("2.5s", 2.5),
        ("3 s", 3),
        ("1:02.5", 62.5),
        ("1:00:01", 3601),
        (" 7 ", 7),
        (Fraction(1, 4), 0.25),
    ],
)
def test_times(text, seconds):
    assert parse_time(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["", "x", "-1", "1:2:3:4", "5m", None, True, [1], float("nan"), -2, "1e3"])
def test_wrong_times(text):
    with pytest.raises(InputError, match=r"seconds such as 2.5 or 2.5s, or 1:02.5, are wanted"):
        parse_time(text)


def test_spans():
    assert parse_span("5s") == (0, 5)
    assert parse_span("10s-15s") == (10, 15)
    assert parse_span("0:58-1:02.5") == (58, Fraction(125, 2))
    for wrong in ("0", "5-5", "6s-2s"):
        with pytest.raises(InputError, match="has no length"):
            parse_span(wrong)


def test_linear_and_smooth():
    found = moving(
        {"time": 1, "strength": 0.2}, {"time": 3, "strength": 1.0, "easing": "smooth"}, {"time": 5, "strength": 0}
    )
    assert [found.dials(Fraction(t))["strength"] for t in (0, 1, 2, 3, 5, 9)] == pytest.approx([0.2, 0.2, 0.6, 1, 0, 0])
    for share in (0.25, 0.5, 0.9):  # from 1 to 0, at rest at both ends
        value = found.dials(3 + 2 * Fraction(share))["strength"]
        assert value == pytest.approx(1 - (3 * share**2 - 2 * share**3))


def test_each_dial_has_its_own_keyframes():
    found = moving({"time": 0, "tone": 0}, {"time": 1, "texture": 0.5}, {"time": 4, "tone": 1})
    assert found.dials(Fraction(1)) == pytest.approx({"tone": 0.25, "texture": 0.5})
    assert found.moves("tone") and not found.moves("strength")


def test_jump_of_two_keyframes_at_one_time():
    found = moving({"time": 0, "blend": 0}, {"time": "cut 2", "blend": 0}, {"time": "cut 2", "blend": 1})
    assert [found.dials(Fraction(t))["blend"] for t in ("2.999", "3", "3.5")] == [0, 1, 1]


def test_styles_change_at_cuts():
    found = moving({"time": "cut 2", "style": "b"}, {"time": "cut 1", "style": "a"}, {"time": 0, "second": "c"})
    assert found.styles(Fraction("1.99")) == {"second": "c"}
    assert found.styles(Fraction(2)) == {"style": "a", "second": "c"}
    assert found.styles(Fraction(3)) == {"style": "b", "second": "c"}


def test_file(tmp_path):
    path = tmp_path / "k.json"
    path.write_text(json.dumps([{"time": "cut 1", "strength": 1, "style": "other", "easing": "smooth"}]))
    (key,) = read_keyframes(path)
    assert (key.cut, key.time, key.dials, key.styles, key.easing) == (
        1,
        None,
        {"strength": 1},
        {"style": "other"},
        "smooth",
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "no list of 1 to 10000 keyframes"),
        ([], "no list of 1 to 10000 keyframes"),
        ([{"strength": 1}], r'keyframe 1 has no "time"'),
        ([{"time": 0, "strength": 1}, 7], r'keyframe 2 has no "time"'),
        ([{"time": 0}], "keyframe 1 sets nothing; it can set strength, tone, texture, blend, style, second"),
        ([{"time": 0, "easing": "smooth"}], "keyframe 1 sets nothing"),
        ([{"time": 0, "stregnth": 1}], "keyframe 1 names 'stregnth', which cannot be set; known are time, strength"),
        ([{"time": 0, "strength": 9}], "keyframe 1 has strength 9; a number from 0 to 8 is wanted"),
        ([{"time": 0, "strength": float("nan")}], "keyframe 1 has strength nan; a number from 0 to 8"),
        ([{"time": 0, "strength": True}], "keyframe 1 has strength True"),
        ([{"time": 0, "strength": "1"}], "keyframe 1 has strength '1'"),
        ([{"time": 0, "blend": 1.5}], "keyframe 1 has blend 1.5; a number from 0 to 1 is wanted"),
        ([{"time": 0, "tone": 1, "easing": "bounce"}], "has the easing 'bounce'; linear or smooth is wanted"),
        ([{"time": 0, "tone": 1, "easing": []}], "has the easing"),
        ([{"time": -1, "tone": 1}], 'keyframe 1: the time -1 came; .* are wanted, or "cut 2"'),
        ([{"time": "cut 0", "tone": 1}], "the time 'cut 0'; cuts are counted from 1"),
        ([{"time": "cut", "tone": 1}], "keyframe 1: the time 'cut' came"),
        ([{"time": 2.5, "style": "x"}], r'changes the style at 2.5; styles change at 0 or a cut: "cut 1"'),
        ([{"time": 0, "style": 5}], "has style 5; the name or file of a style is wanted"),
        ([{"time": 0, "second": ""}], "has second ''; the name or file of a style is wanted"),
    ],
)
def test_mistakes(tmp_path, keys, words):
    path = tmp_path / "k.json"
    path.write_text(json.dumps(keys))
    with pytest.raises(InputError, match=f"^k.json.*{words}") as caught:
        read_keyframes(path)
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "k.json"
    with pytest.raises(NotFoundError, match=r"k\.json is not there"):
        read_keyframes(path)
    path.write_text('[{"time": 0,\n "strength" 1}]')
    with pytest.raises(InputError, match=r"k\.json is not JSON \(line 2, column 13\)"):
        read_keyframes(path)
    for data in (b"\xff\xfe\x00", b"[" * 100_000):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"k\.json .*JSON"):
            read_keyframes(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_keyframes(tmp_path)


def test_cut_that_is_not_there():
    with pytest.raises(
        InputError, match=r"^keyframes, keyframe 1 names cut 3; of cuts the clip has 2 \(2\.00, 3\.00 s\)$"
    ):
        moving({"time": "cut 3", "tone": 1})
    with pytest.raises(InputError, match="names cut 1; of cuts the clip has none"):
        moving({"time": "cut 1", "tone": 1}, shots=SHOTS[:1])
