"""Painted: what the painter attended to in one picture, and which works and strokes it was brought to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pinxit.color import srgb_to_lab, unit_float
from pinxit.measuring.attribution import rank_correlation
from pinxit.picture.sampling import thumbnail
from pinxit.texture import Texture
from pinxit.tone.lut import Lut

LEAST_SHARE = 0.01
"""Works with less to say are left out."""
_BANDWIDTH = 8.0  # of colours that count as near, in units of Lab
_PIXELS, _COLOURS = 128, 1024  # looked at of a region and of a palette
_FRAME = 2  # places of the attention's map that are mirrored picture, as painting has it
_SAME = 0.02  # mean difference of quantiles up to which a picture's colours are those of a work


@dataclass(frozen=True, eq=False)
class Work:
    """One of the works behind a style.

    Args:
        number: Its place in the style, from 1.
        share: How much it had to say for this picture, 0..1.
        palette: Its colours, (N, 3), sRGB 0..1.
        name: Of its file; None where that is not at hand.
        array: The work, (H, W, 3) uint8; likewise.
    """

    number: int
    share: float
    palette: np.ndarray
    name: str | None = None
    array: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Painted:
    """What the painter did with one picture.

    Args:
        attention: Class-activation map, (h, w), one value for 8 x 8 pixels; None for a painter without attention.
        logit: Whether the photo is in the style already, as the attention's own head says; None likewise.
        works: Those that had a say, the largest share first.
        nearest: Place in ``works`` of the work whose colours each region's are nearest to, (M,).
        details: Mean size of details, finest first, each a factor of two coarser: of the photo, the result, the aim.
        lut: The table that brings this picture's colours to its palette.
    """

    attention: np.ndarray | None
    logit: float | None
    works: tuple[Work, ...]
    nearest: np.ndarray
    details: np.ndarray
    lut: Lut

    def moved(self, before: np.ndarray, after: np.ndarray) -> float:
        """Rank correlation of the attention with how much strokes changed each place, -1..1.

        Args:
            before: The picture without strokes, (H, W, 3) uint8.
            after: With them.
        """
        change = np.abs(unit_float(after) - unit_float(before)).mean(2)
        height, width = change.shape[0] // 8, change.shape[1] // 8
        pooled = change[: height * 8, : width * 8].reshape(height, 8, width, 8).mean((1, 3))
        return rank_correlation(pooled, self.attention[:height, :width])


def painted(
    photo: np.ndarray,
    result: np.ndarray,
    regions: np.ndarray,
    texture: Texture,
    references: Sequence[tuple[str, np.ndarray]] = (),
) -> Painted:
    """Look into the painter while it paints a picture.

    Args:
        photo: (H, W, 3) uint8, 512 pixels or less.
        result: What it became.
        regions: Number of each pixel's region, (H, W).
        texture: The style's.
        references: Names and pixels of pictures that may be the works, to show them.

    Raises:
        StyleError: The texture was learned for another painter.
    """
    import torch
    import torch.nn.functional as F

    from pinxit.engines.aim import Aim, cloud_of
    from pinxit.engines.painting import Painting
    from pinxit.networks.bands import band_quantiles

    painting = Painting(texture)
    pixels = unit_float(photo)
    colours = cloud_of(pixels)
    aim = Aim(*painting.works.suited(colours))
    with torch.inference_mode():
        planes = [torch.from_numpy(unit_float(one).transpose(2, 0, 1).copy())[None] for one in (photo, result)]
        framed = F.pad(aim.matched(planes[0]), [8 * _FRAME] * 4, mode="reflect")
        _, attention, logits = painting.generator.explain(framed, painting.code)
        sizes = aim.bands.shape[::2]
        bands = [*(band_quantiles(one, *sizes) for one in planes), aim.bands]
    shares = painting.works.shares(colours).numpy()
    works = _works(shares, texture.palettes, references)
    return Painted(
        attention=None if attention is None else attention[0, 0, _FRAME:-_FRAME, _FRAME:-_FRAME].numpy(),
        logit=None if logits is None else float(logits[0]),
        works=works,
        nearest=nearest_palettes(result, regions, [work.palette for work in works]),
        details=np.stack([one.abs().mean((1, 2)).numpy() for one in bands]),
        lut=aim.lut(pixels),
    )


def nearest_palettes(result: np.ndarray, regions: np.ndarray, palettes: Sequence[np.ndarray]) -> np.ndarray:
    """Which palette the colours of each region are nearest to.

    "Near" is the mean logarithm of a palette's density at the region's colours (Parzen 1962, Gaussian of 8 units of
    Lab). A density, not a distance: a work of many colours is not near to everything.

    Args:
        result: (H, W, 3) uint8.
        regions: Number of each pixel's region, (H, W), 0 to M - 1.
        palettes: Colours of each work, (N, 3), sRGB 0..1; one or more.

    Returns:
        (M,) numbers of palettes.
    """
    lab = srgb_to_lab(result)
    clouds = [srgb_to_lab(_some(palette, _COLOURS)) for palette in palettes]
    found = []
    for number in range(int(regions.max()) + 1):
        own = _some(lab[regions == number], _PIXELS)
        away = [((own[:, None] - cloud[None]) ** 2).sum(2) for cloud in clouds]
        near = [np.log(np.exp(-each / (2 * _BANDWIDTH**2)).mean(1) + 1e-9).mean() for each in away]
        found.append(int(np.argmax(near)))
    return np.array(found)


def _works(shares: np.ndarray, palettes: np.ndarray, references: Sequence[tuple[str, np.ndarray]]) -> tuple[Work, ...]:
    levels = np.linspace(0, 1, 17)
    side = int(len(palettes[0]) ** 0.5)  # of the grid at which palettes are read
    seen = [np.quantile(thumbnail(array, side).reshape(-1, 3), levels, axis=0) for _, array in references]
    found = []
    for number in np.argsort(-shares):
        if shares[number] < LEAST_SHARE:
            break
        own = np.quantile(palettes[number], levels, axis=0)
        away = [float(np.abs(one - own).mean()) for one in seen]
        best = int(np.argmin(away)) if away and min(away) <= _SAME else None
        name, array = (None, None) if best is None else references[best]
        found.append(Work(int(number) + 1, float(shares[number]), palettes[number], name, array))
    return tuple(found)


def _some(rows: np.ndarray, most: int) -> np.ndarray:
    """As many rows as ``most``, evenly chosen."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
