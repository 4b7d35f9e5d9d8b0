"""How long painting and steadying a frame take, part by part."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from pinxit.engines.engine import Engine
from pinxit.engines.strips import opencv
from pinxit.picture import Picture
from pinxit.video.flow import CHECKED, flow_to, grey, moved, trust
from pinxit.video.steady import mixed

SIZES = {"512 x 288": (512, 288), "1920 x 1080": (1920, 1080)}
"""Width and height."""
_STEP = 3  # pixels by which the frame moves


def steady_times(engine: Engine, runs: int = 2) -> dict[str, dict[str, float]]:
    """Processor seconds of each part of a painted frame, the least of some runs; reading and writing files apart.

    Args:
        engine: A style with a texture.
        runs: How often each part is timed, after one run that is not.

    Returns:
        Size to "painting", "flow" (there and back), "trust" and "blending" (moving and mixing).
    """
    found = {}
    for name, (width, height) in SIZES.items():
        large = _soft(width + _STEP, height)
        first, second = (np.ascontiguousarray(large[:, left : left + width]) for left in (0, _STEP))
        picture = Picture(second)
        scene = engine.scene([picture])
        before, now = grey(first), grey(second)
        flow = flow_to(now, before)
        parts: dict[str, Callable[[], object]] = {
            "painting": lambda picture=picture, scene=scene: engine.transfer(picture, scene=scene),
            "flow": lambda now=now, before=before: (flow_to(now, before), flow_to(before, now, CHECKED)),
            "trust": lambda now=now, before=before, flow=flow: trust(now, before, flow, -flow),
            "blending": lambda first=first, second=second, flow=flow, now=now: mixed(
                moved(first, flow), second, second - moved(first, flow), now / np.float32(255)
            ),
        }
        found[name] = {part: _least(work, runs) for part, work in parts.items()}
    return found


def _least(work: Callable[[], object], runs: int) -> float:
    work()
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def _soft(width: int, height: int) -> np.ndarray:
    """Soft shapes, (height, width, 3) float32 0..1, the same each time."""
    dots = np.random.default_rng(7).random((height // 12, width // 12, 3), np.float32)
    cv2 = opencv("video")
    return cv2.resize(dots, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)
