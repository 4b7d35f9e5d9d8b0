"""Where a style comes from."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from pinxit.errors import StyleError
from pinxit.settings import pinxit_version

PARTS = ("train", "validation", "test", "cut")
"""What a reference may have served for."""


def today() -> str:
    """The day in UTC, as ISO date; ``SOURCE_DATE_EPOCH`` sets it for files that must come out the same."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return moment.date().isoformat()


@dataclass(frozen=True)
class Training:
    """How a style's adaptation went.

    Args:
        split: What each reference served for, by its SHA-256: "train", "validation", "test", or "cut" into all three.
        before: Figures against the test references without learning; "score" is what was minimized, lower is better.
        after: The same of what was kept. Nothing was chosen by the test references, but colours and bands, which are
            read and not learned, come from all of them.
        history: Validations: step, seconds and figures.
        steps: Steps made.
        best: Step that was kept; 0 where nothing was gained.
        minutes: Time taken.
        search: What a search for its settings found, see ``learning.search.Searched``; empty where none was made.
    """

    split: Mapping[str, str]
    before: Mapping[str, float]
    after: Mapping[str, float]
    history: tuple[Mapping[str, float], ...] = ()
    steps: int = 0
    best: int = 0
    minutes: float = 0.0
    search: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: object, file: str) -> "Training":
        """Check the values read from a file and take them."""
        if not isinstance(values, dict) or {"search", *values} != {item.name for item in fields(cls)}:
            raise _foreign(file, "a training of another kind than this version knows")
        tables = [
            values["before"],
            values["after"],
            *(values["history"] if isinstance(values["history"], list) else [0]),
        ]
        sound = all(isinstance(t, dict) and all(_number(v) for v in t.values()) for t in tables)
        sound &= isinstance(values["split"], dict) and set(values["split"].values()) <= set(PARTS)
        search = values.get("search", {})
        sound &= isinstance(search, dict) and all(
            isinstance(value, str) or _number(value)
            for entry in search.values()
            for value in (entry.values() if isinstance(entry, dict) else [entry])
        )
        if not sound or not all(_number(values[key]) for key in ("steps", "best", "minutes")):
            raise _foreign(file, "a training with entries of a wrong kind")
        return cls(**{**values, "history": tuple(values["history"])})


@dataclass(frozen=True)
class Provenance:
    """Where a style comes from.

    Args:
        references: How many reference pictures it was learned from; 0 for an imported table.
        hashes: SHA-256 of the reference files, hex.
        created: ISO date.
        pinxit: Version of pinxit that made it.
        kind: "photo", "art", "table" for an imported lookup table, "blend".
        method: How it was made, in a few words.
        licence: Licence of the references or of the table, as the user states it.
        consent: Whether and how the authors of the references agreed, as the user states it.
        notes: Anything else worth knowing.
        training: How its adaptation went; None where nothing was adapted.
    """

    references: int = 0
    hashes: tuple[str, ...] = ()
    created: str = field(default_factory=today)
    pinxit: str = field(default_factory=pinxit_version)
    kind: str = "photo"
    method: str = ""
    licence: str | None = None
    consent: str | None = None
    notes: str | None = None
    training: Training | None = None

    @classmethod
    def from_json(cls, values: object, file: str) -> "Provenance":
        """Check the values read from a file and take them."""
        if not isinstance(values, dict) or set(values) - {item.name for item in fields(cls)}:
            raise _foreign(file, "other entries than this version knows")
        hashes = values.get("hashes", [])
        texts = {key: value for key, value in values.items() if key not in ("references", "hashes", "training")}
        sound = isinstance(hashes, list) and all(isinstance(item, str) for item in hashes)
        sound &= all(isinstance(value, str) or (value is None and _optional(key)) for key, value in texts.items())
        count = values.get("references", 0)
        if not sound or not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise _foreign(file, "entries of a wrong kind")
        training = values.get("training")
        training = None if training is None else Training.from_json(training, file)
        return cls(references=count, hashes=tuple(hashes), training=training, **texts)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _optional(key: str) -> bool:
    return key in ("licence", "consent", "notes")


def _foreign(file: str, what: str) -> StyleError:
    return StyleError(f"{file} cannot be used: its provenance has {what}; learn or import the style again")
