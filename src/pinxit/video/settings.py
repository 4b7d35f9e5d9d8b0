"""VideoSettings: how a video is made."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from pinxit.engines.automatic import Strongest, read_strength
from pinxit.engines.batch import BatchSettings
from pinxit.errors import InputError
from pinxit.settings import pinxit_version
from pinxit.style import Style
from pinxit.video.keyframes import Key
from pinxit.video.restyle import Cast
from pinxit.video.times import parse_span

FORMAT = 1
"""Of the way in which frames are made; with another number what an earlier version kept is made anew."""
_SINGLE = ("protect", "subject_strength", "background_strength", "enhance")


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoSettings:
    """How the frames of a video are made and written.

    Args:
        dials: As for pictures, without those that look at each picture by itself: automatic strength, protection,
            subject and background, enhancement.
        second: A style that the first one turns into, evenly along the clip unless keyframes move "blend".
        keyframes: Dials that move and styles that change, from :func:`~pinxit.video.keyframes.read_keyframes`.
        mask: Where the style goes, (h, w) 0..1, on every frame; None is everywhere.
        preview: Part to make, such as "5s" or "10s-15s"; None makes all.
        codec: "auto", or one of :func:`~pinxit.video.codecs.codecs`.
        quality: 1..100; None takes the usual.
        rate: Frames a second of a sequence of pictures; None takes the usual.
        steady: Keep strokes on what they paint; without it every frame is painted by itself.
        projection: What the frames are: "plain", "equirectangular", or None for what the file says.
    """

    dials: BatchSettings = field(default_factory=BatchSettings)
    second: Style | None = None
    keyframes: Sequence[Key] = ()
    mask: np.ndarray | None = None
    preview: str | None = None
    codec: str = "auto"
    quality: int | None = None
    rate: Fraction | None = None
    steady: bool = True
    projection: str | None = None

    def check(self) -> None:
        """Refuse what is out of range, or for single pictures only.

        Raises:
            InputError: With what is wanted.
        """
        self.dials.check()
        if isinstance(read_strength(self.dials.strength), Strongest):
            raise InputError(f"strength {self.dials.strength} came; a video wants a number, or keyframes")
        plain = BatchSettings()
        for name in _SINGLE:
            value = getattr(self.dials, name)
            if value != getattr(plain, name):
                raise InputError(f"{name} {value} came; it is for single pictures, leave it out for a video")
        if self.preview is not None:
            parse_span(self.preview)
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise InputError(f"quality {self.quality} came; 1 to 100 is wanted")
        if self.rate is not None and not 0 < self.rate <= 1000:
            raise InputError(f"rate {self.rate} came; a number of frames a second up to 1000 is wanted")

    def cast(self, style: Style, open_style: Callable[[str], Style] | None) -> Cast:
        """Open the styles that keyframes name.

        Raises:
            InputError: A keyframe moves "blend" where there is no second style, or names are there and no opener.
            NotFoundError, StyleError: From ``open_style``.
        """
        names = dict.fromkeys(name for key in self.keyframes for name in key.styles.values())
        if names and open_style is None:
            raise InputError("keyframes name styles, and nothing was given that opens them")
        at_start = any("second" in key.styles and key.cut is None for key in self.keyframes)
        if self.turns and self.second is None and not at_start:
            raise InputError(
                'keyframes move "blend", and there is no second style; add --second STYLE, or "second" at time 0'
            )
        return Cast(style, self.second, {name: open_style(name) for name in names})

    @property
    def turns(self) -> bool:
        """Whether a second style takes part."""
        return self.second is not None or any("second" in key.styles or "blend" in key.dials for key in self.keyframes)

    def made_with(self, cast: Cast) -> str:
        """A short name for everything that the frames depend on beside the clip."""
        mask = None if self.mask is None else hashlib.sha256(repr(self.mask.shape).encode() + self.mask.tobytes())
        facts: dict[str, Any] = {
            "format": FORMAT,
            "pinxit": pinxit_version(),
            "dials": self.dials.made_with(cast.style),
            "styles": [style.fingerprint for style in cast.all],
            "keys": [[str(k.time), k.cut, dict(k.dials), dict(k.styles), k.easing] for k in self.keyframes],
            "mask": mask and mask.hexdigest(),
            "output": [self.preview, self.codec, self.quality, str(self.rate), self.steady, self.projection],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
