"""StyleRecognizer: which known style a picture is in, how sure that is, and whether it is none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import unit_float
from pinxit.errors import InputError, ShapeError
from pinxit.picture.shrink import shrink
from pinxit.style import MAX_SIGNATURES, Signatures

if TYPE_CHECKING:
    from torch import Tensor

    from pinxit.networks.encoder import ContentEncoder
    from pinxit.networks.signature import Signature

SIDE = 384
"""Longest side at which a picture is looked at, in pixels."""
LEAST = 16
"""Shortest side that it needs then."""
READ = {"art": 24, "photo": 8}
"""References that are looked at for a style's signature at most, by the style's kind: a look is learned in a second."""


def signatures_of(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Signatures of pictures by the shipped networks.

    Args:
        arrays: Pictures, (H, W, 3), uint8, uint16 or float 0..1; 16 pixels or more a side when the longest has 384.

    Returns:
        (K, D) float32.

    Raises:
        ShapeError: No picture, or one that is smaller, narrower or of another shape.
    """
    import torch

    from pinxit.networks.weights import signature

    statistics, looks = statistics_of(arrays)
    with torch.inference_mode():
        return signature()(torch.from_numpy(statistics), torch.from_numpy(looks)).numpy()


def statistics_of(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What signatures are made of: the eye's statistics (K, 960) and look codes (K, 384), both float32.

    Raises:
        ShapeError: As of :func:`signatures_of`.
    """
    import torch

    from pinxit.networks.style_encoder import describe
    from pinxit.networks.weights import eye, look_predictor
    from pinxit.picture.sampling import thumbnails

    if not len(arrays):
        raise ShapeError("no picture came; one or more are wanted")
    predictor = look_predictor()
    with torch.inference_mode():
        seen = torch.cat([describe(_features(eye(), array)) for array in arrays])
        small = torch.from_numpy(thumbnails(arrays, predictor.settings["side"]))
        return seen.numpy(), torch.cat([predictor(one[None, None])["code"] for one in small]).numpy()


def signed(arrays: Sequence[np.ndarray], kind: str, old: Signatures | None = None) -> Signatures | None:
    """What a style with these references is recognized by.

    Args:
        arrays: References, (H, W, 3), of which at most ``READ`` are looked at, evenly chosen; those too small or too
            narrow are passed over.
        kind: "art" or "photo".
        old: Of the style that they continue; it counts where this pinxit made it.

    Returns:
        None when no reference is usable.
    """
    from pinxit.networks.weights import signature_version

    usable = [array for array in _even(arrays, READ[kind]) if _fits(array)]
    found = [signatures_of(usable)] if usable else []
    if old is not None and old.version == signature_version():
        found.insert(0, old.vectors)
    return Signatures(np.stack(_even(np.concatenate(found), MAX_SIGNATURES)), signature_version()) if found else None


def _even(items: Sequence[np.ndarray], most: int) -> list[np.ndarray]:
    """All of them, or as many as ``most``, evenly chosen."""
    return [items[i * len(items) // most] for i in range(most)] if len(items) > most else list(items)


@dataclass(frozen=True)
class Known:
    """What is known of a style.

    Args:
        mean: Mean of the signatures of its pictures, (D,).
        count: How many these are; 0 when nothing but its kind is known.
        kind: One of ``networks.signature.KINDS``; None asks the signatures.
    """

    mean: np.ndarray
    count: float
    kind: str | None = None

    @classmethod
    def of(cls, vectors: np.ndarray) -> Known:
        """What signatures (K, D) tell."""
        return cls(np.asarray(vectors, np.float64).mean(0), len(vectors))


class StyleRecognizer:
    """Open-set recognition from one picture of each style upward.

    Styles of a kind are taken to lie normally about the kind's centre, pictures normally about their style. From that
    follow in closed form what the next picture of a style will look like (widely spread after one picture, less after
    many) and what one of an unknown style will. The logarithm of the ratio of both, scaled and shifted as
    cross-validation has shown, becomes a confidence.

    Args:
        network: The signature's network, with its description of kinds of styles.
        known: Styles by name.
        unknown: Kinds that a picture in none of the styles may be of.
        trust: Row of the network's ``trust`` for all styles; None takes that of each one's kind.

    Raises:
        InputError: No style came.
        ShapeError: One of another length.

    Source:
        Ioffe 2006 (probabilistic linear discriminant analysis); Brummer and du Preez 2006 (calibrating ratios).
        Departures: two kinds of styles; the mean of references stands for all of them.
    """

    def __init__(
        self,
        network: Signature,
        known: Mapping[str, Known],
        unknown: Sequence[str] = ("painted", "photo"),
        trust: int | None = None,
    ) -> None:
        self.kinds = kinds_of(network)
        if not known:
            raise InputError("no style came that could be recognized; learn one: pinxit learn PICTURES --name NAME")
        length = len(next(iter(self.kinds.values())).centre)
        for name, one in known.items():
            if one.mean.shape != (length,):
                raise ShapeError(f"the style {name!r} has a signature of shape {one.mean.shape}; ({length},) is wanted")
        self.names = tuple(known)
        self._expected = [self._expectations(one) for one in known.values()]
        self._unknown = [(-np.log(len(unknown)), *self.kinds[kind].any_style()) for kind in unknown]
        rows = [list(self.kinds).index(self.kind_of(one)) if trust is None else trust for one in known.values()]
        self._trust = network.trust.double().numpy()[rows]

    def kind_of(self, known: Known) -> str:
        """The kind of a style that its signatures tell."""
        shares = self._shares(known)
        return max(shares, key=shares.__getitem__)

    def _shares(self, known: Known) -> dict[str, float]:
        """Logarithm of how probable each kind is, for those that are possible."""
        if known.kind is not None:
            return {known.kind: 0.0}
        each = {k: float(log_normal(known.mean[None], *p.any_style(known.count))[0]) for k, p in self.kinds.items()}
        total = np.logaddexp.reduce(list(each.values()))
        return {kind: value - total for kind, value in each.items()}

    def _expectations(self, known: Known) -> list[tuple[float, np.ndarray, np.ndarray]]:
        return [(share, *self.kinds[kind].next_of(known)) for kind, share in self._shares(known).items()]

    def ratios(self, vectors: np.ndarray) -> np.ndarray:
        """Signatures (Q, D) to log-likelihood ratios of each style over none of them, (Q, styles), not calibrated."""
        x = np.asarray(vectors, np.float64)
        none = _mixture(x, self._unknown)
        return np.stack([_mixture(x, each) - none for each in self._expected], 1)

    def confidences(self, vectors: np.ndarray) -> np.ndarray:
        """Signatures (Q, D) to the confidence in each style and, last, in none of them, (Q, styles + 1); sums are 1.

        Before looking, one half belongs to "none of these" and the other half to all styles alike.
        """
        scale, shift = self._trust.T
        logits = self.ratios(vectors) * scale + shift - np.log(len(self.names))
        logits = np.concatenate([logits, np.zeros((len(logits), 1))], 1)
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


@dataclass(frozen=True)
class Kind:
    """How the styles of a kind lie: their mean (D,), their covariance (D, D), and that of one style's pictures."""

    centre: np.ndarray
    between: np.ndarray
    within: np.ndarray

    def any_style(self, count: float = 1) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the mean of ``count`` pictures of a style that nothing is known of."""
        return self.centre, self.between + self.within / count

    def next_of(self, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the next picture of a style."""
        if not known.count:
            return self.any_style()
        gain = np.linalg.solve(self.between + self.within / known.count, self.between).T
        return self.centre + gain @ (known.mean - self.centre), self.within + self.between - gain @ self.between


def kinds_of(network: Signature) -> dict[str, Kind]:
    """The kinds of styles that a signature's network describes, by name."""
    from pinxit.networks.signature import KINDS

    parts = (x.double().numpy() for x in (network.centre, network.between, network.within))
    return {name: Kind(*each) for name, each in zip(KINDS, zip(*parts, strict=True), strict=True)}


def hand_recognizer(network: Signature) -> StyleRecognizer:
    """Recognizes the hands that come with the package, and photos as such."""
    from pinxit.networks.signature import PAINTED, PHOTO

    rows = zip(network.settings["hands"], network.prototypes.double().numpy(), network.counts.tolist(), strict=True)
    hands = {name: Known(mean, count, PAINTED) for name, mean, count in rows}
    hands[PHOTO] = Known(network.centre[1].double().numpy(), 0, PHOTO)
    return StyleRecognizer(network, hands, (PAINTED,), trust=-1)


def log_normal(x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Logarithm of the normal density at x (Q, D), less the constant of D; (Q,)."""
    root = np.linalg.cholesky(covariance)
    away = np.linalg.solve(root, (x - mean).T)
    return -0.5 * (away * away).sum(0) - np.log(np.diag(root)).sum()


def _mixture(x: np.ndarray, parts: Sequence[tuple[float, np.ndarray, np.ndarray]]) -> np.ndarray:
    return np.logaddexp.reduce([share + log_normal(x, mean, covariance) for share, mean, covariance in parts])


def _features(eye: ContentEncoder, array: np.ndarray) -> list[Tensor]:
    """What the eye sees of a picture; rounding to bfloat16 moves a signature by a hundredth of a style's spread."""
    import torch

    from pinxit.networks.precision import has_bfloat16

    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        return [x.float() for x in eye(_pixels(array))]


def _pixels(array: np.ndarray) -> Tensor:
    """(H, W, 3) to (1, 3, h, w), 0..1, longest side ``SIDE`` or less."""
    import torch

    if not _fits(array):
        raise ShapeError(
            f"a picture {array.shape} came; (H, W, 3) is wanted, with {LEAST} pixels or more a side "
            f"when the longest has {SIDE}"
        )
    small = unit_float(shrink(array, SIDE))
    return torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1)))[None]


def _fits(array: np.ndarray) -> bool:
    if array.ndim != 3 or array.shape[2] != 3 or not array.size:
        return False
    return min(array.shape[:2]) * min(1, SIDE / max(array.shape[:2])) >= LEAST
