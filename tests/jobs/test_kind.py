"""Arguments that come as JSON: what is wanted is said by a dataclass, everything else is refused."""

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

import pytest

from pinxit.engines.batch import BatchSettings
from pinxit.errors import InputError
from pinxit.jobs.kind import Input, checked
from pinxit.jobs.kinds import KINDS


@dataclass(frozen=True, kw_only=True)
class Inner:
    depth: int = 1


@dataclass(frozen=True, kw_only=True)
class Form:
    name: str
    share: float = 0.5
    many: bool = False
    count: int | None = None
    way: Literal["up", "down"] = "up"
    strength: float | str = 1.0
    pictures: tuple[Input, ...] = ()
    mask: Input | None = None
    inner: Inner = field(default_factory=Inner)


def made(**values):
    return checked(Form, {"name": "x", **values}, {"a.jpg", "b.jpg"})


def test_everything_at_its_best():
    values = {"share": 1, "many": True, "count": 3.0, "way": "down", "strength": "auto"}
    found = made(**values, pictures=["b.jpg", "a.jpg"], mask="a.jpg", inner={"depth": 4})
    assert found == Form(
        name="x", share=1.0, many=True, count=3, way="down", strength="auto", pictures=("b.jpg", "a.jpg"),
        mask="a.jpg", inner=Inner(depth=4),
    )  # fmt: skip
    assert isinstance(found.share, float) and isinstance(found.count, int) and made().strength == 1.0
    assert made(strength=2).strength == 2.0 and made(count=None).count is None


def test_what_was_kept_is_read_again():
    first = made(pictures=["a.jpg"], inner={"depth": 2}, strength="auto:0.7")
    assert checked(Form, json.loads(json.dumps(asdict(first))), {"a.jpg"}) == first


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"share": "1"}, "share is '1'; a number is wanted"),
        ({"share": True}, "a number is wanted"),
        ({"share": float("nan")}, "a number is wanted"),
        ({"share": float("inf")}, "a number is wanted"),
        ({"count": 1.5}, "count is 1.5; a whole number is wanted"),
        ({"many": 1}, "true or false is wanted"),
        ({"name": 3}, "name is 3; text is wanted"),
        ({"name": "x" * 2001}, "2001 characters"),
        ({"way": "left"}, "one of 'up', 'down' is wanted"),
        ({"pictures": "a.jpg"}, "a list is wanted"),
        ({"pictures": ["c.jpg"]}, "no file of the job; its files are 'a.jpg', 'b.jpg'"),
        ({"mask": "../a.jpg"}, "no file of the job"),
        ({"mask": "/etc/passwd"}, "no file of the job"),
        ({"mask": ["a.jpg"]}, "no file of the job"),
        ({"inner": {"width": 1}}, "unknown 'width'; known are depth"),
        ({"inner": 3}, "an object with names and values is wanted"),
        ({"colour": 1}, "unknown 'colour'; known are count"),
    ],
)
def test_refused(values, words):
    with pytest.raises(InputError, match=words):
        made(**values)


@pytest.mark.parametrize("values", [None, [], "x", 3, [["name", "x"]]])
def test_no_object_at_all(values):
    with pytest.raises(InputError, match="an object with names and values is wanted"):
        checked(Form, values, set())


def test_lacking():
    with pytest.raises(InputError, match="lack 'name'"):
        checked(Form, {}, set())


def test_hostile_json_is_refused_and_never_shown_whole():
    deep = json.loads("[" * 500 + "]" * 500)
    for value in (deep, "y" * 10_000, 10**400, {"x" * 5000: 1}):
        with pytest.raises(InputError) as caught:
            made(share=value)
        assert len(str(caught.value)) < 200


def test_settings_of_pictures_are_typed_by_their_dataclass():
    kind = KINDS["transfer"]
    found = checked(
        kind.arguments,
        {"pictures": ["a.jpg"], "style": "s", "settings": {"strength": "auto:0.7", "seed": 4}},
        {"a.jpg"},
    )
    assert found.settings == BatchSettings(strength="auto:0.7", seed=4)
    with pytest.raises(InputError, match="unknown 'strenght'"):
        checked(kind.arguments, {"pictures": [], "style": "s", "settings": {"strenght": 1}}, set())


def test_real_kinds_are_sound():
    assert {"learn", "search", "transfer", "video", "measure", "recognize", "explain"} <= set(KINDS)
    for kind in KINDS.values():
        assert kind.arguments.__doc__ and kind.work.__doc__ and kind.limits.memory > 1 << 30
