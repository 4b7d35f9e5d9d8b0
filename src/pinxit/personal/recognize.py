"""Recognition over the library: which of the user's styles a picture is in, and which of them suit it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pinxit.errors import NotFoundError
from pinxit.learning.recognizer import SIDE, Known, StyleRecognizer, hand_recognizer, kinds_of, signatures_of
from pinxit.library import Library

if TYPE_CHECKING:
    from pinxit.picture import Picture
    from pinxit.style import Style

UNMARKED = "it has no signature: it was imported, mixed, or learned by an older pinxit"
OTHER = "its signature was made by another version of pinxit; learn it again"


@dataclass(frozen=True)
class Recognized:
    """What a picture was taken for.

    Args:
        styles: The library's styles, the most probable first, and how probable each is, 0..1; empty without any.
        none: How probable it is that the picture is in none of them, 0..1.
        hands: The same for the hands that come with the package, and "photo".
        no_hand: How probable it is that no such hand made it.

    The confidences of ``styles`` and ``none`` sum to 1, and those of ``hands`` and ``no_hand``: they are two questions.
    """

    styles: dict[str, float]
    none: float
    hands: dict[str, float]
    no_hand: float


@dataclass(frozen=True)
class Suited:
    """How well a style suits a content picture; all figures are 0..1, tried at 384 pixels.

    Args:
        name: The style.
        score: Root of ``keep`` times ``reach``: 1 keeps all of the content and looks like the style's own pictures.
        keep: Structural similarity of the result to the content.
        reach: 1 where the result lies no farther from the style than its own pictures mostly do, and else the ratio of
            that distance to its own.
        before: The same for the untouched content.
    """

    name: str
    score: float
    keep: float
    reach: float
    before: float


class LibraryRecognizer:
    """Recognizes the styles of a library, and the hands that come with the package.

    Args:
        home: Folder of the library; None takes ``PINXIT_HOME`` or the user's data folder.

    ``left_out`` says of every style that cannot be recognized why.
    """

    def __init__(self, home: str | os.PathLike[str] | None = None) -> None:
        from pinxit.networks.weights import signature, signature_version

        library = Library(home)
        each = {entry.name: library.get(entry.name) for entry in library.list()}
        self.styles, self.left_out = recognizable(each, signature_version())
        known = {name: Known.of(style.signature.vectors) for name, style in self.styles.items()}
        self._known = known
        self._recognizer = StyleRecognizer(signature(), known) if known else None
        self._hands = hand_recognizer(signature())

    def recognize(self, array: np.ndarray) -> Recognized:
        """What a picture (H, W, 3) is in.

        Raises:
            ShapeError: It is no such array, or has a side under 16 pixels.
        """
        vectors = signatures_of([array])
        styles, none = _ranked(self._recognizer, vectors) if self._recognizer else ({}, 1.0)
        return Recognized(styles, none, *_ranked(self._hands, vectors))

    def suited(self, content: Picture) -> list[Suited]:
        """The library's styles, those that suit a content best first.

        Every style is tried on the content in small. A style without a signature is not ranked; see ``left_out``.

        Raises:
            NotFoundError: No style of the library can be ranked.
        """
        if not self._known:
            raise NotFoundError(
                "the library has no style with a signature; learn one: pinxit learn PICTURES --name NAME"
            )
        from pinxit.picture.shrink import shrink

        small = content.with_array(shrink(content.array, SIDE))
        before = signatures_of([small.array])
        found = [self._tried(name, small, before) for name in self.styles]
        return sorted(found, key=lambda one: -one.score)

    def _tried(self, name: str, content: Picture, before: np.ndarray) -> Suited:
        from pinxit.engines.engine import Engine
        from pinxit.learning.texture import tensor
        from pinxit.measuring.style_pairs import luma_ssim

        result = Engine(self.styles[name]).transfer(content).array
        keep = max(0.0, luma_ssim(tensor(content.array), tensor(result)))
        reached = self._reach(name, signatures_of([result]))
        return Suited(name, (keep * reached) ** 0.5, keep, reached, self._reach(name, before))

    def _reach(self, name: str, vectors: np.ndarray) -> float:
        from pinxit.networks.weights import signature

        known = self._known[name]
        mean, covariance = kinds_of(signature())[self._recognizer.kind_of(known)].next_of(known)
        away = np.linalg.solve(np.linalg.cholesky(covariance), vectors[0] - mean)
        return float(min(1.0, (len(mean) / max(away @ away, 1e-9)) ** 0.5))


def recognizable(styles: Mapping[str, Style], version: str) -> tuple[dict[str, Style], dict[str, str]]:
    """Styles with a signature of this version, and of the others why they cannot be recognized."""
    reasons = {
        name: UNMARKED if style.signature is None else OTHER
        for name, style in styles.items()
        if style.signature is None or style.signature.version != version
    }
    return {name: style for name, style in styles.items() if name not in reasons}, reasons


def _ranked(recognizer: StyleRecognizer, vectors: np.ndarray) -> tuple[dict[str, float], float]:
    *shares, none = recognizer.confidences(vectors)[0].tolist()
    order = sorted(zip(recognizer.names, shares, strict=True), key=lambda item: -item[1])
    return dict(order), none
