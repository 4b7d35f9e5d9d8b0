"""Judges: the scores that are explained. How surely a picture is in a style, and how much one person would like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.errors import StyleError
from pinxit.learning.recognizer import SIDE, Known, StyleRecognizer, signatures_of
from pinxit.measuring.attribution import (
    METHODS,
    Faithfulness,
    RegionGame,
    Score,
    attributions,
    faithfulness,
    occlusion,
    rank_correlation,
)
from pinxit.personal.recognize import recognizable
from pinxit.style import Style

_LEAST = 1e-300  # confidences below it are 0 to a logarithm


class StyleJudge:
    """How surely a picture is in a style: log-odds against "in no known style", 0 is even.

    Args:
        style: One with a signature of this version.

    Raises:
        StyleError: It has none.
    """

    def __init__(self, style: Style) -> None:
        from pinxit.networks.weights import signature, signature_version

        name = style.name or "the style"
        styles, reasons = recognizable({name: style}, signature_version())
        if not styles:
            raise StyleError(f"{name} cannot be recognized: {reasons[name]}")
        self._recognizer = StyleRecognizer(signature(), {name: Known.of(style.signature.vectors)})
        self._hand = signature().settings["hand"]

    def __call__(self, array: np.ndarray) -> float:
        """Log-odds of a picture (H, W, 3)."""
        return self.of(signatures_of([array])[0])

    def of(self, vector: np.ndarray) -> float:
        """Log-odds of a signature (D,)."""
        mine, none = np.log(self._recognizer.confidences(vector[None])[0].clip(_LEAST))
        return float(mine - none)

    def halves(self, before: np.ndarray, after: np.ndarray) -> dict[str, float]:
        """What the two halves of the signature bring from one picture to another: "strokes" and "colours".

        Shapley values of a game with two players, exact; their sum is the whole change. The half for strokes is read
        from the eye, which sees colours too.
        """
        old, new = signatures_of([before, after])
        cut = self._hand
        strokes, colours = np.r_[new[:cut], old[cut:]], np.r_[old[:cut], new[cut:]]
        none, one, other, both = (self.of(vector) for vector in (old, strokes, colours, new))
        return {"strokes": ((one - none) + (both - other)) / 2, "colours": ((other - none) + (both - one)) / 2}


def liking_judge(liked: Sequence[Any], disliked: Sequence[Any], seed: int = 0) -> Score:
    """How much one person would like a picture, as log-odds: a classifier of what they liked and disliked.

    Args:
        liked: Whatever ``Picture.open`` takes.
        disliked: The same.
        seed: Of the crops it is trained on.

    Raises:
        InputError: One side is missing.
    """
    import torch

    from pinxit.color import unit_float
    from pinxit.learning.liking import learn_liking
    from pinxit.learning.references import open_small
    from pinxit.networks.weights import eye
    from pinxit.picture.shrink import shrink

    classifier = learn_liking(*([open_small(one) for one in side] for side in (liked, disliked)), eye(), seed)

    def score(array: np.ndarray) -> float:
        pixels = torch.from_numpy(np.ascontiguousarray(unit_float(shrink(array, SIDE)).transpose(2, 0, 1)))
        with torch.inference_mode():
            return float(classifier(pixels[None])[0])

    return score


@dataclass(frozen=True, eq=False)
class Judged:
    """Why one judge finds what it finds, region by region.

    Args:
        before: Score of the photo.
        after: Score of the result.
        photo: What each region of the photo brings, (M,): how much the score falls when it is painted over with the
            picture's mean colour.
        result: The same of the result.
        gain: What the transfer brought in each region, (M,), by method: the result's regions against the photo's.
        faithfulness: Of KernelSHAP's answer to that.
        evaluations: How often the judge was asked.
    """

    before: float
    after: float
    photo: np.ndarray
    result: np.ndarray
    gain: dict[str, np.ndarray]
    faithfulness: Faithfulness
    evaluations: int

    def agreement(self) -> dict[str, float]:
        """Rank correlation of each pair of methods."""
        pairs = [(a, b) for i, a in enumerate(METHODS) for b in METHODS[i + 1 :]]
        return {f"{a} and {b}": rank_correlation(self.gain[a], self.gain[b]) for a, b in pairs}


def judged(
    judge: Score, photo: np.ndarray, result: np.ndarray, regions: np.ndarray, samples: int = 200, seed: int = 0
) -> Judged:
    """Ask a judge about a picture before and after, region by region.

    Args:
        judge: Score of a picture.
        photo: (H, W, 3) uint8.
        result: The same size.
        regions: Number of each pixel's region, (H, W).
        samples: Of KernelSHAP and of LIME.
        seed: Of these and of the random orders.

    Raises:
        InputError: Too few samples for so many regions.
        MissingExtraError: Captum or scikit-learn is not installed.
    """
    gained = RegionGame(judge, result, photo, regions)
    gain = attributions(gained, samples, seed)
    plain = [
        RegionGame(judge, one, one.reshape(-1, 3).mean(0).round().astype(np.uint8), regions) for one in (photo, result)
    ]
    ends = gained(np.repeat([[False], [True]], gained.count, 1))
    found = [occlusion(game) for game in plain]
    trust = faithfulness(gained, gain["KernelSHAP"], seed=seed)
    asked = sum(game.evaluations for game in (gained, *plain))
    return Judged(float(ends[0]), float(ends[1]), *found, gain, trust, asked)
