"""Rivals for texture transfer that anybody has for nothing: what a method must beat, as methods of ``texture_race``.

All take a content (H, W, 3) uint8 and a reference of any size and give a result like the content, float32 0..1 or
uint8. Those that compare pixels first bring the reference to the content's size, as the protocol does.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from pinxit.color import RGB_TO_WHITE_XYZ, linear_to_srgb, srgb_to_lab, unit_float
from pinxit.measuring.peers import histogram_map

TURNS = 12
OCTAVES = 5


def identity(content: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Do nothing: (1, 1, 1) by definition."""
    return content


def reference_copied(content: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Forget the content: colour and texture 0 by definition."""
    return _as_large(reference, content)


def reinhard(content: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Mean and spread of each channel of CIE Lab as in the reference.

    Source:
        Reinhard, Ashikhmin, Gooch and Shirley 2001. Departure: CIE Lab instead of their l-alpha-beta, as is common.
    """
    a, b = srgb_to_lab(content), srgb_to_lab(_as_large(reference, content))
    return lab_to_srgb((a - a.mean((0, 1))) / np.maximum(a.std((0, 1)), 1e-6) * b.std((0, 1)) + b.mean((0, 1)))


def colour_transport(content: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """All colours onto the reference's by sliced optimal transport: what colour alone can do, whatever the place.

    Source:
        Pitie, Kokaram and Dahyot 2005. Departure: maps of 257 quantiles; the turns of the axes are fixed.
    """
    moved = unit_float(content).reshape(-1, 3)
    wanted = unit_float(_as_large(reference, content)).reshape(-1, 3)
    random = np.random.default_rng(0)
    for turn in range(TURNS):
        axes = np.eye(3) if turn == 0 else np.linalg.qr(random.normal(size=(3, 3)))[0]
        along = moved @ axes
        moved = histogram_map(along, wanted @ axes)(along) @ axes.T
    return moved.reshape(content.shape).clip(0, 1).astype(np.float32)


def pyramid_matching(content: np.ndarray, reference: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Colours by :func:`colour_transport`, then the values of each octave of detail as in the reference.

    Args:
        content: (H, W, 3) uint8.
        reference: (H', W', 3) uint8.
        strength: 0 gives the content, 1 the reference's distributions.

    Source:
        Heeger and Bergen 1995. Departures: the content's own bands take the place of noise, so that its edges stay; a
        Laplacian pyramid, gone through once.
    """
    import torch

    from pinxit.networks.bands import join_bands, split_bands

    start, goal = unit_float(content), unit_float(_as_large(reference, content))
    moved = start + strength * (colour_transport(content, reference) - start)
    bands, wanted = (split_bands(torch.from_numpy(x.transpose(2, 0, 1)[None].copy()), OCTAVES) for x in (moved, goal))
    for i, (band, other) in enumerate(zip(bands[:-1], wanted[:-1], strict=True)):
        values, target = (x[0].flatten(1).T.numpy() for x in (band, other))
        mapped = torch.from_numpy(histogram_map(values, target)(values).T.astype(np.float32)).view_as(band)
        bands[i] = band + strength * (mapped - band)
    return join_bands(bands)[0].permute(1, 2, 0).clamp(0, 1).numpy()


def lab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """CIE Lab (D65) to sRGB, (..., 3) float32, clipped to 0..1; undoes ``color.srgb_to_lab``."""
    lightness, a, b = np.moveaxis(np.asarray(lab, np.float32), -1, 0)
    y = (lightness + 16) / 116
    roots = np.stack([y + a / 500, y, np.maximum(y - b / 200, 0)], -1)
    xyz = np.where(roots > 0.2068966, roots**3, (roots - 16 / 116) / 7.787037)
    return linear_to_srgb(xyz @ np.linalg.inv(RGB_TO_WHITE_XYZ).T).clip(0, 1)


def _as_large(reference: np.ndarray, content: np.ndarray) -> np.ndarray:
    height, width = content.shape[:2]
    return np.asarray(Image.fromarray(reference).resize((width, height), Image.Resampling.LANCZOS))


RIVALS = {
    "identity": identity,
    "reference copied": reference_copied,
    "reinhard": reinhard,
    "colour transport": colour_transport,
    "pyramid matching": pyramid_matching,
}
