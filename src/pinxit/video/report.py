"""VideoReport: what became of a clip."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class VideoReport:
    """What became of a clip.

    Args:
        source: The clip.
        target: The result.
        state: "done"; or "planned", with nothing written.
        codec: Of the result.
        width: Of a frame, in pixels.
        height: The same.
        frames: How many the result has.
        resumed: How many of them an earlier run had made.
        cuts: Times of the cuts in seconds; None where they were not looked for.
        seconds: Time taken.
        notes: What was left out, and what else is good to know.
    """

    source: Path
    target: Path
    state: Literal["done", "planned"]
    codec: str
    width: int
    height: int
    frames: int
    resumed: int = 0
    cuts: tuple[float, ...] | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def shots(self) -> int | None:
        """How many shots there are; None where cuts were not looked for."""
        return None if self.cuts is None else len(self.cuts) + 1

    @property
    def frames_per_second(self) -> float:
        """Frames that this run made, by the time it took."""
        return (self.frames - self.resumed) / max(self.seconds, 1e-9)

    def __str__(self) -> str:
        shots = "" if self.shots is None else f"{self.shots} shot{'s' * (self.shots != 1)}, "
        size = f"{self.frames} frames of {self.width}x{self.height}, {shots}{self.codec}"
        if self.state == "planned":
            return size
        speed = f"{self.seconds:.1f} s, {self.frames_per_second:.1f} frames/s"
        return f"{size}, in {speed}" + (f", {self.resumed} of them by an earlier run" if self.resumed else "")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        facts = asdict(self)
        return {**facts, "shots": self.shots, "frames_per_second": round(self.frames_per_second, 3)}
