"""Losses that keep a network well-behaved: identity, smoothness, calm under shifts and noise."""

from __future__ import annotations

from torch import Tensor

from pinxit.errors import ShapeError

BORDER = 8
"""Pixels at each edge of the overlap that a shift is not judged by."""


def identity_loss(result: Tensor, reference: Tensor) -> Tensor:
    """Mean absolute difference: a reference repainted in its own style stays itself (Zhu et al. 2017)."""
    return (result - reference).abs().mean()


def total_variation_loss(pixels: Tensor) -> Tensor:
    """Mean absolute difference of neighbours, across and down, of (B, 3, H, W)."""
    across = (pixels[..., :, 1:] - pixels[..., :, :-1]).abs().mean()
    return across + (pixels[..., 1:, :] - pixels[..., :-1, :]).abs().mean()


def shift_loss(result: Tensor, shifted: Tensor, dx: int, dy: int) -> Tensor:
    """Mean squared difference where two results overlap, 8 pixels at each edge left out.

    Args:
        result: Of a picture, (B, 3, H, W).
        shifted: Of the same picture moved left by ``dx`` and up by ``dy`` pixels.
        dx: 0 or more.
        dy: 0 or more.

    Raises:
        ShapeError: Nothing of the overlap is left between its edges.
    """
    height, width = result.shape[2:]
    if min(height - dy, width - dx) <= 2 * BORDER:
        raise ShapeError(f"results of {width} x {height} are too small to be compared after a shift by {dx}, {dy}")
    away = result[:, :, dy:, dx:] - shifted[:, :, : height - dy, : width - dx]
    return away[:, :, BORDER:-BORDER, BORDER:-BORDER].square().mean()
