"""Times as people write them."""

import re
from fractions import Fraction

from pinxit.errors import InputError

_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?) ?s?")


def parse_time(value: object) -> Fraction:
    """Seconds from a number, or from text such as "5", "2.5s", "1:02.5" or "1:00:00".

    Raises:
        InputError: It is none of these, or negative.
    """
    found = _TIME.fullmatch(value.strip() if isinstance(value, str) else _plain(value))
    if found is None:
        raise InputError(f"the time {value!r} came; seconds such as 2.5 or 2.5s, or 1:02.5, are wanted")
    hours, minutes, seconds = (Fraction(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def parse_span(text: str) -> tuple[Fraction, Fraction]:
    """Start and end of a part of a clip, in seconds: "5s" is its beginning, "10s-15s" and "1:00-1:05" lie inside.

    Raises:
        InputError: Something else, or an end that is not after the start.
    """
    first, dash, last = text.partition("-")
    start, end = (parse_time(first), parse_time(last)) if dash else (Fraction(0), parse_time(first))
    if end <= start:
        raise InputError(f"the part {text!r} has no length; write such as 5s, or 10s-15s with the end after the start")
    return start, end


def _plain(value: object) -> str:
    """A number as digits; anything else as text that is no time."""
    number = isinstance(value, int | float | Fraction) and not isinstance(value, bool)
    return f"{float(value):.9f}" if number else ""
