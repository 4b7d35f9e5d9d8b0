"""Hand recognition: whose hand made a picture, told from line and grain alone, by a judge that no loss knows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pinxit.color import LUMA, unit_float
from pinxit.errors import InputError, MissingExtraError, NotFoundError, ShapeError
from pinxit.files import find_pictures
from pinxit.picture import Picture
from pinxit.picture.shrink import shrink
from pinxit.picture.writing import to_bits

SIDE = 512
"""Pictures are looked at with this longest side."""
LEAST = 48
"""Pixels that a side needs at least."""
PHOTO = "photo"
"""Name of what no hand made."""
_SCALES = 3
_PATTERNS = ((8, 1, 10), (16, 2, 18))  # neighbours, radius and bins of uniform local binary patterns
_EDGE = 2  # pixels that are left out at each edge
_TURNS, _STEPS = 8, (0.25, 0.5, 1.0, 2.0, 4.0)
_DECAY = 0.005  # of the regression's weights


class HandRecognizer:
    """Multinomial logistic regression on :func:`line_statistics`.

    Args:
        works: Hand to its works, (H, W, 3) uint8, uint16 or float 0..1; two hands or more. All hands count alike,
            however many works they have.

    Raises:
        InputError: Fewer than two hands, or one without works.
        ShapeError: A work has another shape or a side under 48 pixels.
        MissingExtraError: The extra ``bench`` is not installed.
    """

    def __init__(self, works: Mapping[str, Sequence[np.ndarray]]) -> None:
        if len(works) < 2 or not all(len(each) for each in works.values()):
            raise InputError(f"works of {sorted(works)} came; two hands or more with works are wanted")
        self.hands = sorted(works)
        seen = [np.concatenate([line_statistics(work) for work in works[hand]]) for hand in self.hands]
        rows = np.concatenate(seen)
        self.mean, self.spread = rows.mean(0), rows.std(0) + 1e-3
        truth = np.repeat(np.arange(len(seen)), [len(each) for each in seen])
        share = 1 / len(seen) / np.array([len(each) for each in seen])[truth]
        self.weights = _regression(self._scaled(rows), torch.from_numpy(truth), torch.from_numpy(share))

    def _scaled(self, rows: np.ndarray) -> Tensor:
        """Standardized, with a one in front."""
        scaled = torch.from_numpy((rows - self.mean) / self.spread)
        return torch.cat([torch.ones(len(scaled), 1, dtype=scaled.dtype), scaled], 1)

    def shares(self, picture: np.ndarray) -> dict[str, float]:
        """How much each hand is believed to have made a picture (H, W, 3); they sum to 1.

        Geometric means over the picture and its four quarters.
        """
        logs = (self._scaled(line_statistics(picture)) @ self.weights).log_softmax(1).mean(0)
        return dict(zip(self.hands, logs.softmax(0).tolist(), strict=True))

    def name(self, picture: np.ndarray) -> str:
        """The hand that most probably made a picture (H, W, 3)."""
        shares = self.shares(picture)
        return max(shares, key=shares.__getitem__)


def line_statistics(picture: np.ndarray) -> np.ndarray:
    """Statistics of line and grain of a picture and of its four quarters, blind for colour, brightness and contrast.

    Luma is smoothed a little, so that compression counts less, and looked at with a longest side of 512 pixels, at half
    and at a quarter of it. At each scale: uniform local binary patterns of 8 and of 16 neighbours, edge directions in 8
    bins weighted by strength, and edge strengths relative to their mean in 6 bins. All are roots of histograms.

    Args:
        picture: (H, W, 3) uint8, uint16 or float 0..1; 48 pixels or more a side.

    Returns:
        (5, 126) float64, 0..1.

    Raises:
        ShapeError: Another shape.
        MissingExtraError: The extra ``bench`` is not installed.

    Source:
        Ojala, Pietikainen and Maenpaa 2002 (patterns), Dalal and Triggs 2005 (directions), Arandjelovic and Zisserman
        2012 (roots).
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < LEAST:
        raise ShapeError(f"a picture {picture.shape} came; (H, W, 3) with sides of {LEAST} or more is wanted")
    luma = shrink(unit_float(picture) @ np.asarray(LUMA, np.float32), SIDE)
    for axis in (0, 1):
        luma = (np.roll(luma, 1, axis) + 2 * luma + np.roll(luma, -1, axis))[1:-1, 1:-1] / 4
    found: list[list[np.ndarray]] = [[] for _ in range(5)]
    for _ in range(_SCALES):
        for codes, weights, bins in _coded(luma):
            for view, place in zip(found, _views(*codes.shape), strict=True):
                counts = np.bincount(codes[place].ravel(), weights[place].ravel(), bins)
                view.append(np.sqrt(counts / max(counts.sum(), 1e-9)))
        height, width = luma.shape[0] // 2 * 2, luma.shape[1] // 2 * 2
        luma = luma[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    return np.stack([np.concatenate(view) for view in found])


def recognizer_of(
    others: Path, hand: str, *, never: Collection[str], photos: Sequence[np.ndarray], per_hand: int = 24
) -> HandRecognizer:
    """Learn to tell the hands of a folder, photos among them.

    Args:
        others: Folder whose sub-folders are hands.
        hand: Sub-folder that has to be among them.
        never: SHA-256 of files that are not learned from, hex: those that a method or a figure uses.
        photos: What no hand made, (H, W, 3); none leaves photos out.
        per_hand: Works of each hand, a fixed choice; fewer where there are fewer.

    Raises:
        NotFoundError: A folder is not there.
        InputError: The hand has no works besides those never learned from.
        PictureError: A picture cannot be read.
    """
    if not (others / hand).is_dir():
        raise NotFoundError(f"{others / hand} is not a folder that is there; name a sub-folder of {others} as the hand")
    works = {}
    for folder in sorted(path for path in others.iterdir() if path.is_dir() and not path.name.startswith(".")):
        digests = {digest_of(path): path for path in find_pictures([folder])}
        chosen = sorted(set(digests) - set(never))[:per_hand]
        if chosen:
            works[folder.name] = [read_small(digests[digest]) for digest in chosen]
    if hand not in works:
        raise InputError(f"{others / hand} holds only references and held-out works; add others of the same hand")
    return HandRecognizer(works | ({PHOTO: photos} if photos else {}))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_small(path: Path, side: int = SIDE) -> np.ndarray:
    """A picture's pixels with this longest side or less, (H, W, 3) uint8."""
    return to_bits(Picture.open(path, shrink_to=side).array, np.uint8)


def _coded(luma: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Maps of whole numbers, their weights, and how many numbers there are."""
    try:
        from skimage.feature import local_binary_pattern
    except ImportError as error:
        raise MissingExtraError("scikit-image", "bench") from error
    inside = (slice(_EDGE, -_EDGE), slice(_EDGE, -_EDGE))  # beyond the edge, patterns would find black
    # Steps of a thirty-second of the spread: a grain finer than that is no pattern, whatever the contrast.
    levels = np.round((luma - luma.mean()) / max(luma.std(), 1e-4) * 32 + 128).clip(0, 255).astype(np.uint8)
    found = []
    for neighbours, radius, bins in _PATTERNS:
        codes = local_binary_pattern(levels, neighbours, radius, "uniform").astype(np.int64)[inside]
        found.append((codes, np.ones(codes.shape), bins))
    down, across = (slope[inside] for slope in np.gradient(luma.astype(np.float64)))
    strength = np.hypot(down, across)
    turns = (np.arctan2(down, across) / np.pi * _TURNS).round().astype(np.int64) % _TURNS
    steps = np.digitize(strength / max(strength.mean(), 1e-9), _STEPS)
    return [*found, (turns, strength, _TURNS), (steps, np.ones(steps.shape), len(_STEPS) + 1)]


def _views(height: int, width: int) -> list[tuple[slice, slice]]:
    """The whole, and its quarters."""
    rows, columns = ((slice(0, n // 2), slice(n // 2, n)) for n in (height, width))
    return [(slice(0, height), slice(0, width)), *((row, column) for row in rows for column in columns)]


def _regression(rows: Tensor, truth: Tensor, share: Tensor) -> Tensor:
    """Weights (features + 1, classes) of least cross-entropy, rows weighted by their share, plus decay."""
    weights = torch.zeros(rows.shape[1], int(truth.max()) + 1, dtype=rows.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=300, line_search_fn="strong_wolfe", tolerance_grad=1e-8)

    def loss() -> Tensor:
        optimizer.zero_grad()
        right = (rows @ weights).log_softmax(1).gather(1, truth[:, None])[:, 0]
        value = -(share * right).sum() + _DECAY / 2 * weights[1:].square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach()
