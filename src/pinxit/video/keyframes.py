"""Keyframes: dials that move along a clip, and styles that change at its cuts."""

import json
import math
import os
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pinxit.engines.engine import MOST
from pinxit.errors import InputError, NotFoundError
from pinxit.video.shots import Shot
from pinxit.video.times import parse_time

DIALS = {"strength": MOST, "tone": MOST, "texture": MOST, "blend": 1.0}
"""What can move along a clip, each from 0 to its greatest value."""
STYLES = ("style", "second")
"""What can change at a cut: the style, and the one that ``blend`` leads to."""
EASINGS = ("linear", "smooth")
"""How a dial goes from one keyframe to the next; "smooth" starts and ends at rest."""
_CUT = re.compile(r"cut ?(\d+)")
_MOST_KEYS = 10_000


@dataclass(frozen=True)
class Key:
    """One keyframe.

    Args:
        name: What to call it in an error: file and number.
        time: In seconds, or None at a cut.
        cut: Number of the cut from 1 on, or None.
        dials: Dials by name.
        styles: Names or files of styles, by "style" and "second".
        easing: Way to the next keyframe of the same dial.
    """

    name: str
    time: Fraction | None
    cut: int | None
    dials: Mapping[str, float]
    styles: Mapping[str, str]
    easing: str


def read_keyframes(path: str | os.PathLike[str]) -> tuple[Key, ...]:
    """Read keyframes from a JSON file.

    The file holds a list, in any order, such as ``[{"time": 0, "strength": 0.2}, {"time": "1:02.5", "strength": 1,
    "easing": "smooth"}, {"time": "cut 2", "style": "other"}]``.

    Raises:
        NotFoundError: The file is not there.
        InputError: It is not JSON, or a keyframe is wrong; the text names the first mistake.
    """
    path = Path(path).expanduser()
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; name a JSON file with keyframes") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as a JSON file with keyframes") from error
    except ValueError as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path.name} is not JSON{place}; wanted is such as {_EXAMPLE}") from error
    return parse_keyframes(found, path.name)


def parse_keyframes(found: object, name: str = "keyframes") -> tuple[Key, ...]:
    """Check keyframes as JSON gives them; errors as in :func:`read_keyframes`."""
    if not isinstance(found, list) or not found or len(found) > _MOST_KEYS:
        raise InputError(f"{name} is no list of 1 to {_MOST_KEYS} keyframes; wanted is such as {_EXAMPLE}")
    return tuple(_key(item, f"{name}, keyframe {number}") for number, item in enumerate(found, 1))


def _key(item: object, name: str) -> Key:
    if not isinstance(item, dict) or "time" not in item:
        raise InputError(f'{name} has no "time"; wanted is such as {_EXAMPLE[1:-1]}')
    known = ("time", *DIALS, *STYLES, "easing")
    for word in item:
        if word not in known:
            raise InputError(f"{name} names {word!r}, which cannot be set; known are {', '.join(known)}")
    time, cut = _moment(item["time"], name)
    dials = {word: _dial(word, item[word], name) for word in DIALS if word in item}
    styles = {word: item[word] for word in STYLES if word in item}
    easing = item.get("easing", "linear")
    if easing not in EASINGS:
        raise InputError(f"{name} has the easing {easing!r}; {' or '.join(EASINGS)} is wanted")
    for word, style in styles.items():
        if not isinstance(style, str) or not style:
            raise InputError(f"{name} has {word} {style!r}; the name or file of a style is wanted")
        if cut is None and time:
            raise InputError(f'{name} changes the {word} at {item["time"]!r}; styles change at 0 or a cut: "cut 1"')
    if not dials and not styles:
        raise InputError(f"{name} sets nothing; it can set {', '.join([*DIALS, *STYLES])}")
    return Key(name, time, cut, dials, styles, easing)


def _moment(value: object, name: str) -> tuple[Fraction | None, int | None]:
    found = _CUT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        if int(found[1]) < 1:
            raise InputError(f"{name} has the time {value!r}; cuts are counted from 1")
        return None, int(found[1])
    try:
        return parse_time(value), None
    except InputError as error:
        raise InputError(f'{name}: {error}, or "cut 2"') from error


def _dial(word: str, value: object, name: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not 0 <= value <= DIALS[word]:
        raise InputError(f"{name} has {word} {value!r}; a number from 0 to {DIALS[word]:g} is wanted")
    return float(value)


class Automation:
    """Dials and styles at every moment of a clip.

    Args:
        keys: Keyframes.
        shots: The clip's shots from its very start; needed where a keyframe names a cut.

    Raises:
        InputError: A cut that the clip does not have.
    """

    def __init__(self, keys: Sequence[Key] = (), shots: Sequence[Shot] = ()) -> None:
        placed = sorted(((_time(key, shots), key) for key in keys), key=lambda pair: pair[0])
        self._dials = {word: [(t, k.dials[word], k.easing) for t, k in placed if word in k.dials] for word in DIALS}
        self._styles = {word: [(t, k.styles[word]) for t, k in placed if word in k.styles] for word in STYLES}

    def moves(self, word: str) -> bool:
        """Whether a dial or style is set anywhere."""
        return bool(self._dials.get(word) or self._styles.get(word))

    def dials(self, time: Fraction) -> dict[str, float]:
        """Values of the dials that are set anywhere, at a time in seconds.

        A dial holds its first value before its first keyframe, and its last one after the last. Of two keyframes at one
        time the later in the file holds from there on.
        """
        return {word: _value(track, time) for word, track in self._dials.items() if track}

    def styles(self, time: Fraction) -> dict[str, str]:
        """Names of the styles that are set at or before a time in seconds."""
        found = {word: [style for t, style in track if t <= time] for word, track in self._styles.items()}
        return {word: names[-1] for word, names in found.items() if names}


def _time(key: Key, shots: Sequence[Shot]) -> Fraction:
    if key.cut is None:
        return key.time or Fraction(0)
    if key.cut >= len(shots):
        cuts = ", ".join(f"{float(shot.start):.2f}" for shot in shots[1:21])
        there = f"{len(shots) - 1} ({cuts} s)" if shots[1:] else "none"
        raise InputError(f"{key.name} names cut {key.cut}; of cuts the clip has {there}")
    return shots[key.cut].start


def _value(track: Sequence[tuple[Fraction, float, str]], time: Fraction) -> float:
    place = bisect_right(track, time, key=lambda key: key[0])
    if place in (0, len(track)):
        return track[min(place, len(track) - 1)][1]
    (start, before, easing), (end, after, _) = track[place - 1], track[place]
    share = float((time - start) / (end - start))
    if easing == "smooth":
        share = share * share * (3 - 2 * share)
    return before + share * (after - before)


_EXAMPLE: Any = '[{"time": 0, "strength": 0.2}]'
