"""Default settings of an adaptation, by the number of references and the minutes."""

from __future__ import annotations

from typing import Any

BY_COUNT: tuple[tuple[int, float, dict[str, Any]], ...] = (
    (8, 4.0, {"policy": "adaptive-rank", "rank": 16}),
    (2, 0.0, {"policy": "lora", "rank": 8}),
    (0, 0.0, {"policy": "lora", "rank": 4}),
)
"""Least references, least minutes and settings of ``AdaptOptions``; the first row that fits counts."""


def settings_for(count: int, minutes: float) -> dict[str, Any]:
    """The settings for so many references and minutes.

    Args:
        count: References, 0 and up.
        minutes: Of the adaptation, 0 and up.
    """
    return next(settings for least, time, settings in BY_COUNT if count >= least and minutes >= time)
