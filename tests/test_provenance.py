"""What a style says of a search for its settings."""

from dataclasses import asdict

import pytest

from pinxit.errors import StyleError
from pinxit.provenance import Training

PLAIN = {"split": {}, "before": {}, "after": {}, "history": [], "steps": 4, "best": 4, "minutes": 1.0}
SEARCH = {"settings": {"policy": "lora", "rank": 8}, "default": 2.0, "found": 1.5, "trials": 6, "mattered": {}}


def test_a_search_is_read_and_may_be_missing():
    assert Training.from_json(PLAIN, "x").search == {}
    training = Training.from_json({**PLAIN, "search": SEARCH}, "x")
    assert training.search == SEARCH == asdict(training)["search"]


@pytest.mark.parametrize(
    "search", [[], "x", {"default": None}, {"default": float("nan")}, {"settings": {"rank": [8]}}, {"mattered": [0.5]}]
)
def test_a_search_of_another_kind_is_refused(search):
    with pytest.raises(StyleError, match="of a wrong kind"):
        Training.from_json({**PLAIN, "search": search}, "x")


def test_an_entry_that_nobody_knows_is_refused():
    with pytest.raises(StyleError, match="than this version knows"):
        Training.from_json({**PLAIN, "luck": 1}, "x")
