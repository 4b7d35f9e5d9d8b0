"""Default settings of an adaptation, by the number of references and the minutes."""

from __future__ import annotations

from typing import Any

BY_COUNT: tuple[tuple[int, float, dict[str, Any]], ...] = (
    (8, 4.0, {"policy": "adaptive-rank", "rank": 16}),
    (2, 0.0, {"policy": "lora", "rank": 8}),
    (0, 0.0, {"policy": "lora", "rank": 4}),
)
"""Least references, least minutes and settings of ``AdaptOptions``; the first row that fits counts.

These are the settings that were there before any search: none has moved them yet. recipes/defaults.py searches for
better ones; on two training hands (Goble, Rackham), painter 6e83dc944ba0226d and the rates of that day (lora 2e-3), it
came no further than the noise. With the work of 12 steps, the defaults' validation score fell to 0.991 and 0.982 of
that before (two seeds) with one reference, and to 0.997 and 0.997 with three; against the test references that was
1.068 and 1.056, and 0.999 and 0.981. By the clock, half a minute each on a busy core, one reference gave 0.992 and
0.916 by seed, and three other settings 0.996 to 1. So two seeds differ by more than settings did. For ten references,
and with longer trials, nothing was tried.
"""


def settings_for(count: int, minutes: float) -> dict[str, Any]:
    """The settings for so many references and minutes.

    Args:
        count: References, 0 and up.
        minutes: Of the adaptation, 0 and up.
    """
    return next(settings for least, time, settings in BY_COUNT if count >= least and minutes >= time)
