"""What is known of a clip, and its frames."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from pinxit.video.colour import Colour

MAX_PIXELS = 16384 * 8192
"""Largest frame that is opened unless the caller says otherwise."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """When each frame is shown.

    Args:
        ticks: (N,) int64, rising strictly: presentation times of the frames as the file has them.
        ends: Time at which the last frame ends, in the same ticks.
        keys: (K,) int64: those of ``ticks`` from which decoding can begin.
        base: Seconds of one tick.
        origin: Tick that counts as time 0.
    """

    ticks: np.ndarray
    ends: int
    keys: np.ndarray
    base: Fraction
    origin: int = 0

    def __len__(self) -> int:
        return len(self.ticks)

    def time(self, index: int) -> Fraction:
        """Seconds from the clip's start to frame ``index``; the end of the last frame for N."""
        tick = self.ends if index >= len(self.ticks) else int(self.ticks[index])
        return (tick - self.origin) * self.base

    def index_at(self, time: Fraction | float) -> int:
        """Index of the first frame that begins at ``time`` seconds or later, 0..N."""
        tick = Fraction(time) / self.base + self.origin
        return int(np.searchsorted(self.ticks, -((-tick.numerator) // tick.denominator)))


@dataclass(frozen=True, eq=False)
class Clip:
    """A video, an animation or a sequence of pictures, not decoded.

    Args:
        path: File; folder or pattern for a sequence.
        kind: "video" (through FFmpeg), "animation" (GIF, WebP, APNG) or "sequence" (numbered pictures).
        width: Of a frame as it is shown, after rotation, in pixels.
        height: The same.
        rate: Frames per second, mean.
        timeline: Exact times of all frames.
        bits: Of one sample: 8, 10, 12, 16.
        colour: Tags, with what the file leaves open filled in.
        rotation: Degrees by which stored frames are turned clockwise to be shown: 0, 90, 180 or 270.
        mirrored: Whether stored frames are mirrored left to right before they are turned.
        has_audio: Whether there is a track of sound.
        has_alpha: Whether frames come with alpha.
        subsampling: Of chroma: "420", "422" or "444".
        pixel_aspect: Width of a pixel by its height, as shown.
        codec: FFmpeg's name of the video codec, or "gif", "webp", "png".
        loop: Times that an animation is shown, 0 for ever; None where it has no meaning.
        files: The pictures of a sequence.
    """

    path: Path
    kind: Literal["video", "animation", "sequence"]
    width: int
    height: int
    rate: Fraction
    timeline: Timeline = field(repr=False)
    bits: int = 8
    colour: Colour = field(default_factory=Colour)
    rotation: int = 0
    mirrored: bool = False
    has_audio: bool = False
    has_alpha: bool = False
    subsampling: Literal["420", "422", "444"] = "420"
    pixel_aspect: Fraction = Fraction(1)
    codec: str = ""
    loop: int | None = None
    files: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.timeline)

    @property
    def duration(self) -> Fraction:
        """Seconds from the clip's start to the end of its last frame."""
        return self.timeline.time(self.frames)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a clip.

    Args:
        index: Its number, from 0.
        time: Seconds from the clip's start.
        length: Seconds that it is shown.
        pixels: (H, W, 3) uint8, or uint16 where the clip has more than 8 bits, upright; the clip's own R'G'B' codes,
            which are sRGB's for BT.709 and BT.601.
        alpha: (H, W), dtype of ``pixels``, straight, or None.
    """

    index: int
    time: Fraction
    length: Fraction
    pixels: np.ndarray
    alpha: np.ndarray | None = None
