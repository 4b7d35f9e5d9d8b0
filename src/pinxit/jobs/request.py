"""Request: what somebody asks for, checked before it becomes a job."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pinxit.errors import InputError
from pinxit.jobs import rows
from pinxit.jobs.kind import Kind, checked
from pinxit.library import Library
from pinxit.library.ratings import check_user

PRIORITIES = range(-100, 101)
MOST_ARGUMENTS = 60_000
"""Bytes of a job's arguments, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What somebody asks for; the arguments are those of ``Jobs.add``."""

    kind: str
    arguments: Mapping[str, Any]
    user: str | None
    priority: int
    deadline: float | None
    key: str | None

    def columns(self, kind: Kind, library: Library, files: Collection[str], now: float) -> dict[str, Any]:
        """The columns of the job that it asks for, with everything in them as wanted.

        Args:
            kind: Its kind.
            library: Where the styles are that the arguments may name.
            files: Names of the files that came with it.
            now: Seconds since 1970.

        Raises:
            InputError: Something is not as wanted.
            NotFoundError: A style that is named is not there.
        """
        form = checked(kind.arguments, self.arguments, files)
        if hasattr(form, "check"):
            form.check(library, files)
        text = rows.text_of(asdict(form))
        if len(text) > MOST_ARGUMENTS:
            raise InputError(f"the arguments have {len(text)} bytes; {MOST_ARGUMENTS} are the most")
        if self.priority not in PRIORITIES:
            raise InputError(f"priority {self.priority} came; -100 to 100 is wanted, higher goes first")
        if self.deadline is not None and not self.deadline > now:
            raise InputError("the deadline is over already; give a later one, or none")
        if self.key is not None and not (0 < len(self.key) <= 200 and self.key.isprintable()):
            raise InputError("the key of a request has 1 to 200 letters; give another one, or none")
        facts = {"owner": check_user(self.user), "kind": self.kind, "arguments": text, "request_key": self.key}
        return facts | {
            "state": "queued", "priority": self.priority, "created": now, "ready": now, "deadline": self.deadline
        }  # fmt: skip


def digest_of(columns: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """What tells a request from another one: its kind, arguments and files.

    Args:
        columns: Of the job.
        files: Name to SHA-256.
    """
    return hashlib.sha256(rows.text_of([columns["kind"], columns["arguments"], files]).encode()).hexdigest()
