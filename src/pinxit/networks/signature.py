"""Signature: what marks the style of one picture, as a short vector in which hands and looks lie apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pinxit.errors import ShapeError

PAINTED, PHOTO = KINDS = ("painted", "photo")
"""Kinds of pictures: styles of the first differ by strokes, those of the second by colours."""
BUNDLED = "bundled"
"""Hands that come with the package are trusted otherwise: the projection was made for them."""


class Signature(nn.Module):
    """Statistics of a picture to its signature: a part for the hand, and a part for the look of its colours.

    Both parts are linear discriminants of standardized statistics: of the eye's features, and of the look code that a
    LookPredictor gives for the picture alone. Beside the projection it keeps what recognition needs: how styles of a
    kind differ, how pictures of one style differ, which hands it knows, and how far to trust its own figures.

    Args:
        statistics: Length of the eye's statistics.
        look: Length of the look code.
        hand: Numbers of the signature that tell hands.
        tone: Numbers that tell looks.
        hands: Names of the bundled hands.

    The buffers ``centre`` (2, D), ``between`` (2, D, D) and ``within`` (2, D, D), D = hand + tone, describe the styles
    of each of ``KINDS``: their mean, their covariance, and the covariance of the pictures of one style. ``prototypes``
    (N, D) are mean signatures of the bundled hands, ``counts`` (N,) the works behind each. ``trust`` (3, 2) scales
    and shifts the log-likelihood ratios of styles of each kind, and of the bundled hands; ``apart`` is the distance at
    which groups are cut.

    Source:
        Fisher 1936 (discriminants), Friedman 1989 (shrinkage), Ioffe 2006 (probabilistic discriminant analysis).
    """

    def __init__(
        self, *, statistics: int = 960, look: int = 384, hand: int = 29, tone: int = 24, hands: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.settings = {"statistics": statistics, "look": look, "hand": hand, "tone": tone, "hands": list(hands)}
        length = hand + tone
        for name, source, found in (("hand", statistics, hand), ("tone", look, tone)):
            self.register_buffer(f"{name}_mean", torch.zeros(source))
            self.register_buffer(f"{name}_axes", torch.eye(source, found))
        self.register_buffer("centre", torch.zeros(len(KINDS), length))
        self.register_buffer("between", torch.eye(length).repeat(len(KINDS), 1, 1))
        self.register_buffer("within", torch.eye(length).repeat(len(KINDS), 1, 1))
        self.register_buffer("prototypes", torch.zeros(len(hands), length))
        self.register_buffer("counts", torch.ones(len(hands)))
        self.register_buffer("trust", torch.tensor([[1.0, 0.0]]).repeat(len(KINDS) + 1, 1))
        self.register_buffer("apart", torch.tensor(0.0))

    def forward(self, statistics: Tensor, look: Tensor) -> Tensor:
        """Statistics (B, statistics) and look codes (B, look) to signatures (B, hand + tone).

        Raises:
            ShapeError: Other lengths.
        """
        wanted = self.settings["statistics"], self.settings["look"]
        if (*statistics.shape[1:], *look.shape[1:]) != wanted or len(look) != len(statistics):
            raise ShapeError(
                f"statistics {tuple(statistics.shape)} and look codes {tuple(look.shape)} came; "
                f"(B, {wanted[0]}) and (B, {wanted[1]}) are wanted"
            )
        parts = (statistics - self.hand_mean) @ self.hand_axes, (look - self.tone_mean) @ self.tone_axes
        return torch.cat(parts, 1)
