"""The subject of a picture: people, or whatever stands out from the rest, as a soft mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import LUMA, srgb_to_lab, unit_float
from pinxit.engines.guided import guided_line, lines_at
from pinxit.engines.strips import ROWS, opencv
from pinxit.errors import InputError
from pinxit.picture.faces import faces
from pinxit.picture.shrink import shrink

if TYPE_CHECKING:
    from pinxit.picture import Picture

_LONGEST = 320  # the cut is made at this longest side
_LEAST = 24  # pixels a side below which nothing is cut
_ROUNDS = 4
_RADIUS, _SMOOTH = 4, 0.04  # of the soft border, in pixels and lightness of the small picture


def share_of_style(picture: Picture, subject: float, background: float) -> np.ndarray | None:
    """How much of a style goes where, (H, W) float32 0..1; None where it is everywhere the whole.

    Args:
        picture: Any depth.
        subject: Share of the style on the subject, 0..1.
        background: Share on everything else, 0..1.

    Raises:
        InputError: A share outside 0..1.
        MissingExtraError: OpenCV or scikit-image is not installed.
    """
    check_shares(subject, background)
    if subject == background == 1:
        return None
    if subject == background:
        return np.full((picture.height, picture.width), subject, np.float32)
    mask = subject_mask(picture)
    mask *= np.float32(subject - background)
    mask += np.float32(background)
    return np.clip(mask, 0, 1, out=mask)


def check_shares(subject: float, background: float) -> None:
    """Refuse shares outside 0..1.

    Raises:
        InputError: With what is wanted.
    """
    for name, value in (("subject_strength", subject), ("background_strength", background)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} {value} came; 0 to 1 is wanted, 1 is as much of the style as everywhere")


def subject_mask(picture: Picture) -> np.ndarray:
    """Where the subject is, (H, W) float32: 1 on it, 0 off it, soft along its border.

    Faces that are found are the subject, with the head and shoulders that belong to them. Without one it is what
    differs from the picture's border and lies toward its middle.

    Raises:
        MissingExtraError: OpenCV or scikit-image is not installed.

    Source:
        GrabCut, Rother, Kolmogorov and Blake 2004 (OpenCV), seeded as above on a small copy; the border is made soft
        and brought to full size by a fast guided filter (He and Sun 2015, arXiv:1505.00996). A guess: clothes of the
        background's colour are lost, and arms that reach out of the expected shape.
    """
    cv2 = opencv()
    if min(picture.height, picture.width) < _LEAST:
        return np.zeros((picture.height, picture.width), np.float32)
    small = np.ascontiguousarray(np.rint(unit_float(shrink(picture.array, _LONGEST)) * 255).astype(np.uint8))
    scale = small.shape[0] / picture.height
    found = [tuple(scale * side for side in face) for face in faces(picture)]
    seeds = _people(small.shape[:2], found) if found else _standing_out(small)
    guide = unit_float(small) @ np.asarray(LUMA, np.float32)
    cut = _cut(small, seeds).astype(np.float32)
    soft = cv2.GaussianBlur(cut, (0, 0), 1.0)
    slope, offset = lines_at(guided_line(guide, soft, _RADIUS, _SMOOTH), (picture.height, picture.width))
    for start in range(0, picture.height, ROWS):
        rows = slice(start, start + ROWS)
        slope[rows] *= unit_float(picture.array[rows]) @ np.asarray(LUMA, np.float32)
    slope += offset
    # What the filter leaves a little off 0 and 1 inside either part is none or all of the style.
    return np.clip((slope - 0.1) / 0.8, 0, 1, out=slope)


def _cut(small: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """GrabCut from seeds of OpenCV's four kinds; (h, w) bool."""
    cv2 = opencv()
    if not ((seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)).any() or not (seeds == cv2.GC_BGD).any():
        return np.zeros(seeds.shape, bool)
    cv2.setRNGSeed(0)
    try:
        mask, *_ = cv2.grabCut(small, seeds.copy(), None, None, None, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # a picture of too few colours for its mixtures
        mask = seeds
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def _people(shape: tuple[int, int], found: list[tuple[float, ...]]) -> np.ndarray:
    """Seeds around faces: the face itself is sure, head and shoulders are likely, what is far from them is not it."""
    cv2 = opencv()
    seeds = np.full(shape, cv2.GC_BGD, np.uint8)
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None]
    for kind, head, wide, fall in ((cv2.GC_PR_BGD, 1.25, 2.4, 0.9), (cv2.GC_PR_FGD, 0.85, 1.45, 1.25)):
        for top, left, height, width in found:
            middle, centre, chin = top + 0.45 * height, left + width / 2, top + 1.05 * height
            on_head = np.hypot((rows - middle) / (0.95 * head * height), (columns - centre) / (0.8 * head * width)) < 1
            # Shoulders widen over ``fall`` heights below the chin, and the body goes down to the picture's end.
            reach = wide * width * np.clip((rows - chin + 0.2 * height) / (fall * height), 0.25, 1)
            body = (rows > chin - 0.2 * height) & (np.abs(columns - centre) < reach)
            seeds[on_head | body] = kind
    for top, left, height, width in found:
        middle, centre = top + height / 2, left + width / 2
        seeds[np.hypot((rows - middle) / (0.5 * height), (columns - centre) / (0.4 * width)) < 1] = cv2.GC_FGD
        torso = (rows > top + 1.6 * height) & (np.abs(columns - centre) < 0.45 * width)
        seeds[torso] = cv2.GC_FGD
    return seeds


def _standing_out(small: np.ndarray) -> np.ndarray:
    """Seeds without a face: Mahalanobis distance of colours to those of the border, times nearness to the middle."""
    cv2 = opencv()
    height, width = small.shape[:2]
    lab = cv2.GaussianBlur(srgb_to_lab(small), (0, 0), 2.0)
    edge = max(1, round(0.04 * min(height, width)))
    rim = np.ones((height, width), bool)
    rim[edge:-edge, edge:-edge] = False
    border = lab[rim].astype(np.float64)
    inverse = np.linalg.inv(np.cov(border.T) + 4 * np.eye(3))
    off = lab - border.mean(0)
    far = np.sqrt(np.einsum("ijk,kl,ijl->ij", off, inverse, off))
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    stands = far * np.exp(-(down**2 + across**2) / (2 * 0.55**2))
    seeds = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    seeds[stands > np.percentile(stands, 70)] = cv2.GC_PR_FGD
    seeds[rim] = cv2.GC_BGD
    return seeds
