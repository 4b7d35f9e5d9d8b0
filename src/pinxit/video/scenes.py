"""Scenes along a clip: measured on a few frames of each shot and held there."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from pinxit.engines.scene import Scene
from pinxit.video.clip import read_frames
from pinxit.video.facts import Clip
from pinxit.video.shots import Shot

SPACING = Fraction(10)
"""Seconds of a shot for which one scene stands; longer shots go slowly from one to the next."""
SAMPLES = 5
"""Frames that a scene is measured on."""


class ShotScenes:
    """The scene that holds for each frame of a clip.

    Inside a short shot it is one and the same, so that nothing pumps. A long shot has several, in the middle of even
    pieces, and goes from each to the next as a straight line, so that a walk from a cellar into the sun is followed.

    Args:
        clip: The clip.
        measure: Measures some frames, (H, W, 3) uint8 or uint16 each.
    """

    def __init__(self, clip: Clip, measure: Callable[[Sequence[np.ndarray]], Scene]) -> None:
        self._clip, self._measure = clip, measure
        self._measured: dict[tuple[int, int], Scene] = {}

    def at(self, shot: Shot, index: int) -> Scene:
        """The scene of a frame of a shot."""
        pieces = max(1, round(len(shot) / (self._clip.rate * SPACING)))
        place = min(max((index - shot.first + 0.5) / len(shot) * pieces - 0.5, 0.0), pieces - 1.0)
        share = place - int(place)
        scene = self._of_piece(shot, int(place), pieces)
        return scene.toward(self._of_piece(shot, int(place) + 1, pieces), share) if share else scene

    def _of_piece(self, shot: Shot, piece: int, pieces: int) -> Scene:
        name = (shot.first, piece)
        if name not in self._measured:
            self._measured = dict(list(self._measured.items())[-1:])  # two at a time are enough
            first, length = shot.first + piece * len(shot) / pieces, len(shot) / pieces
            wanted = sorted({int(first + (n + 0.5) / SAMPLES * length) for n in range(SAMPLES)})
            frames = [frame.pixels for n in wanted for frame in read_frames(self._clip, first=n, last=n + 1)]
            self._measured[name] = self._measure(frames)
        return self._measured[name]
