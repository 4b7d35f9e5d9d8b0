"""What became of the pictures of a batch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pinxit.engines.enhance import EnhanceReport


@dataclass(frozen=True)
class Outcome:
    """What became of one picture.

    Args:
        source: The picture.
        target: Where its result is, or would be.
        state: "done", "skipped" (was done before) or "failed".
        error: Why it failed, one line.
        exit_code: That of the error, 0 without one.
        enhance: What was measured and done around the transfer, if anything was asked for.
        strength: The strength that was found for the picture; None where it was named.
    """

    source: Path
    target: Path
    state: Literal["done", "skipped", "failed"]
    error: str | None = None
    exit_code: int = 0
    enhance: EnhanceReport | None = None
    strength: float | None = None


@dataclass(frozen=True)
class BatchReport:
    """What became of all pictures, in their order.

    Args:
        outcomes: One per picture; fewer when the run was stopped by ``strict``.
        seconds: Wall time.
    """

    outcomes: tuple[Outcome, ...] = field(default_factory=tuple)
    seconds: float = 0.0

    def count(self, state: str) -> int:
        """How many pictures are "done", "skipped" or "failed"."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The pictures that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")
