"""The guided filter: a small picture's change, or mask, as lines that can be drawn at any size."""

from __future__ import annotations

import numpy as np

from pinxit.engines.strips import opencv


def guided_line(guide: np.ndarray, wanted: np.ndarray, radius: int, smooth: float) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset that give ``wanted`` as a line of ``guide`` around every pixel.

    Args:
        guide: (h, w) float32, 0..1.
        wanted: (h, w) float32.
        radius: Of the square around each pixel in which one line holds.
        smooth: Edges of the guide below this height are not followed, 0..1.

    Returns:
        Slope and offset, (h, w) float32 each.

    Source:
        He, Sun and Tang 2013, "Guided image filtering", equations 5, 6 and 8, by box means with mirrored borders.
    """
    cv2 = opencv()

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    guide, wanted = np.asarray(guide, np.float32), np.asarray(wanted, np.float32)
    middle, level = mean(guide), mean(wanted)
    slope = (mean(guide * wanted) - middle * level) / (np.maximum(mean(guide * guide) - middle**2, 0) + smooth**2)
    return mean(slope), mean(level - slope * middle)


def lines_at(lines: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset at another size, (H, W) float32 each, for the guide at that size (He and Sun 2015)."""
    cv2 = opencv()
    slope, offset = (cv2.resize(line, shape[::-1], interpolation=cv2.INTER_LINEAR) for line in lines)
    return slope, offset
