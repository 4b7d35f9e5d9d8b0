"""Restyle: what every frame of a clip gets, as its dials move and its styles change."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from pinxit.engines.adjust import ADJUSTMENTS
from pinxit.engines.batch import BatchSettings
from pinxit.engines.strips import as_dtype
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.video.facts import Clip, Frame
from pinxit.video.keyframes import Automation
from pinxit.video.shots import Shot
from pinxit.video.voice import Voice, needs_scenes


@dataclass(frozen=True)
class Cast:
    """The styles that take part.

    Args:
        style: The one that holds where no keyframe names another.
        second: The same of the one that "blend" leads to; None where there is none.
        named: Those that keyframes name.
    """

    style: Style
    second: Style | None = None
    named: Mapping[str, Style] = field(default_factory=dict)

    @property
    def all(self) -> list[Style]:
        """Every one of them."""
        return [style for style in (self.style, self.second, *self.named.values()) if style is not None]

    def of(self, slot: str, name: str | None) -> Style:
        """The style in a place, "style" or "second", by the name that a keyframe set there, if any."""
        return getattr(self, slot) if name is None else self.named[name]


class Restyle:
    """Gives the frames of a clip their style, or two of them mixed.

    Args:
        clip: The clip.
        cast: The styles.
        shots: The shots; one is enough where nothing is measured and no style changes.
        automation: Dials and styles that move.
        dials: Those that do not; "strength", "tone" and "texture" hold where no keyframe says otherwise.
        mask: Where the style goes, (h, w) 0..1, or None.
        steady: Whether strokes stay on what they paint.
        projection: Of the frames: "plain", or "equirectangular".
        state: What :meth:`state` said after the frame before the first one to come, or None.
    """

    def __init__(
        self,
        clip: Clip,
        cast: Cast,
        shots: Sequence[Shot],
        automation: Automation,
        dials: BatchSettings,
        *,
        mask: np.ndarray | None = None,
        steady: bool = True,
        projection: str = "plain",
        state: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self._clip, self._cast, self._shots, self._automation = clip, cast, shots, automation
        self._dials, self._state = dials, dict(state or {})
        self._common = {"mask": mask, "steady": steady, "projection": projection}
        self._voices: dict[str, tuple[str | None, Voice]] = {}
        self._mixture: tuple[object, Lut] | None = None

    def __call__(self, frame: Frame) -> Frame:
        """The frame with its style; frames come in order."""
        shot = self._shot(frame.index)
        values, blend = self._values(frame.time)
        first = None if blend == 1 else self._voice("style", frame.time)(frame, shot, values)
        second = None if blend == 0 else self._voice("second", frame.time)(frame, shot, values)
        if first is None or second is None:
            return replace(frame, pixels=second if first is None else first)
        mixed = (1 - np.float32(blend)) * first + np.float32(blend) * second
        unit = np.float32(np.iinfo(frame.pixels.dtype).max)
        return replace(frame, pixels=as_dtype(mixed / unit, frame.pixels.dtype))

    def lut(self, index: int, time: Fraction) -> Lut:
        """The table of a frame where :func:`only_tables` holds; the same one as long as nothing changes."""
        shot = self._shot(index)
        values, blend = self._values(time)
        slots = {"style": 1 - blend, "second": blend}
        parts = [(self._voice(slot, time).lut(shot, index, values), share) for slot, share in slots.items() if share]
        if len(parts) == 1:
            return parts[0][0]
        if self._mixture is None or self._mixture[0] != parts:
            self._mixture = (parts, Lut.blend(parts))
        return self._mixture[1]

    def state(self) -> dict[str, np.ndarray]:
        """What the next frame goes on from, for numpy.savez."""
        states = {slot: voice.state() for slot, (_, voice) in self._voices.items()}
        return {f"{slot}.{key}": value.copy() for slot, state in states.items() for key, value in state.items()}

    def _values(self, time: Fraction) -> tuple[dict[str, float], float]:
        """Strength, tone and texture, and the share of the second style."""
        values = {name: getattr(self._dials, name) for name in ("strength", "tone", "texture")}
        values |= self._automation.dials(time)
        return values, values.pop("blend", 0.0)

    def _shot(self, index: int) -> Shot:
        return self._shots[max(0, bisect_right(self._shots, index, key=lambda shot: shot.first) - 1)]

    def _voice(self, slot: str, time: Fraction) -> Voice:
        name = self._automation.styles(time).get(slot)
        if slot not in self._voices or self._voices[slot][0] != name:
            state = {key.partition(".")[2]: value for key, value in self._state.items() if key.startswith(f"{slot}.")}
            self._state = {key: value for key, value in self._state.items() if not key.startswith(f"{slot}.")}
            style = self._cast.of(slot, name)
            voice = Voice(style, self._clip, self._dials, **self._common, state=state)
            self._voices[slot] = (name, voice)
        return self._voices[slot][1]


def only_tables(cast: Cast, dials: BatchSettings, mask: np.ndarray | None) -> bool:
    """Whether every frame gets one table and nothing else: the quick way."""
    plain = mask is None and not any(getattr(dials, name) for name in ADJUSTMENTS)
    return plain and all(
        style.texture is None and (not dials.finish or style.tone.finish.is_neutral) for style in cast.all
    )


def needs_shots(cast: Cast, dials: BatchSettings) -> bool:
    """Whether something is measured shot by shot."""
    return any(needs_scenes(style, dials) for style in cast.all)
