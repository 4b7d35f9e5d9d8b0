"""Figures of a style's card: what is kept of photos, and how far their colours and strokes came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import srgb_to_lab
from pinxit.errors import MissingExtraError, PictureError
from pinxit.library.sources import digest_of
from pinxit.measuring.report import Measured, Report, mean_of
from pinxit.picture import Picture
from pinxit.picture.sampling import thumbnail

if TYPE_CHECKING:
    from pinxit.provenance import Provenance
    from pinxit.style import Style
    from pinxit.texture import Texture

Arrays = list[np.ndarray]
SIDE = 512
"""Longest side at which pictures are opened."""
SHOWN = ("ssim", "ciede2000", "edge_agreement", "recognition", "colour", "texture")
"""Figures of a card, in this order."""
MOST_REFERENCES = 6
"""Of more, so many, evenly chosen, stand for all."""

_DIRECTIONS, _LEVELS, _CLOUD = 32, 65, 64
_OWN = (
    Measured("colour", "own-palettes-1", "way left to the style's own palettes: 0 none", 1.0),
    Measured("texture", "own-bands-1", "way left to the style's own contrast of details: 0 none", 1.0),
)
_OWN_NOTE = "too kind: results are matched to these; --references measures by pictures"
_LIGHT = "of other subjects it stays near 1 for a light look"
_NOTHING = "the style keeps nothing of its references to compare with; add --references FOLDER"


@dataclass(frozen=True)
class Opened:
    """Pictures that were read, and why others were not."""

    names: list[str]
    arrays: Arrays
    skipped: dict[str, str]


def opened(paths: Sequence[Path], what: str) -> Opened:
    """Read pictures at a longest side of 512; those that cannot be read are passed over.

    Raises:
        PictureError: None can be read.
    """
    found: dict[Path, np.ndarray] = {}
    skipped = {}
    for path in paths:
        try:
            found[path] = Picture.open(path, shrink_to=SIDE).array
        except (PictureError, MissingExtraError) as error:
            skipped[str(path)] = str(error)
    if not found:
        raise PictureError(f"none of {len(paths)} {what} can be read; the first: {next(iter(skipped.values()))}")
    return Opened([path.name for path in found], list(found.values()), skipped)


def evenly(items: Sequence, most: int) -> list:
    """At most so many of them, from the first to the last."""
    return [items[n] for n in np.linspace(0, len(items) - 1, min(len(items), most)).round().astype(int)]


def unseen(paths: Sequence[Path], provenance: Provenance) -> tuple[list[Path], str]:
    """The references to measure by: those that learning did not see, or else all; and a sentence that says which."""
    split = provenance.training.split if provenance.training else {}
    seen = {digest for digest in provenance.hashes if split.get(digest) != "test"}
    digests = {path: digest_of(path) for path in paths}
    others = [path for path, digest in digests.items() if digest not in seen]
    chosen = others or list(paths)
    tested = sum(digests[path] in split for path in others)
    used = evenly(chosen, MOST_REFERENCES)
    of = f" of {len(chosen)}" if len(used) < len(chosen) else ""
    which = f"by {len(used)}{of} reference{'s' * (len(chosen) != 1)}"
    if not others:
        return used, f"{which} that it was learned from: too kind"
    held = f", {tested} of them held out as test" if tested else ""
    return used, f"{which} that it was not learned from{held}"


def figures_of(style: Style, contents: Arrays, results: Arrays, references: Arrays, note: str) -> Report:
    """Figures of pairs, means with intervals; ``colour`` and ``texture`` by references, else by the style's texture.

    Args:
        style: What the results were made with.
        contents: (H, W, 3) each.
        results: The same pictures after the transfer.
        references: Pictures with the style; may be empty.
        note: Which references these are.

    Raises:
        ShapeError: A picture is too small to be measured at all.
    """
    from pinxit.measuring.pictures import measure_pictures

    report = measure_pictures(list(zip(contents, results, strict=True)), references)
    toward = [one for one in report if one.name in ("colour", "texture")]
    if toward:
        light = "" if style.texture else _LIGHT
        toward = [replace(one, note="; ".join(filter(None, (note, one.note, light)))) for one in toward]
    elif style.texture is not None:
        toward = own_figures(style.texture, contents, results)
    else:
        toward = [replace(one, protocol="", note=_NOTHING) for one in _OWN]
    return Report((*(report[name] for name in SHOWN if name not in ("colour", "texture")), *toward), report.pairs)


def own_figures(texture: Texture, contents: Arrays, results: Arrays) -> list[Measured]:
    """Way left to the palettes and bands that a style carries, for when there are no references.

    ``colour`` is the sliced Wasserstein-1 distance of colours, 32 fixed directions, over that of the content;
    ``texture`` the mean distance of the quantiles of its frequency bands, likewise. Means over works, then over pairs.
    """
    wanted = [_quantiles(palette) for palette in texture.palettes]
    each = []
    for content, result in zip(contents, results, strict=True):
        near = [_quantiles(thumbnail(one, _CLOUD).reshape(-1, 3)) for one in (content, result)]
        details = [_bands(one, texture.bands.shape) for one in (content, result)]
        values = (_left(*near, wanted), _left(*details, list(texture.bands)))
        each.append([replace(kind, value=value, note=_OWN_NOTE) for kind, value in zip(_OWN, values, strict=True)])
    return [mean_of(one) for one in zip(*each, strict=True)]


def lightness_of(arrays: Arrays) -> list[float]:
    """Mean L* of each picture, 0..100."""
    return [float(srgb_to_lab(thumbnail(array, _CLOUD))[..., 0].mean()) for array in arrays]


def _left(before: np.ndarray, after: np.ndarray, wanted: Sequence[np.ndarray]) -> float:
    """Mean over works of the distance after, in parts of that before."""
    return float(np.mean([np.abs(after - one).mean() / max(np.abs(before - one).mean(), 1e-6) for one in wanted]))


def _quantiles(colours: np.ndarray) -> np.ndarray:
    """Of colours (N, 3) along fixed directions, (levels, directions)."""
    turns = np.random.default_rng(0).normal(size=(3, _DIRECTIONS))
    return np.quantile(colours @ (turns / np.linalg.norm(turns, axis=0)), np.linspace(0, 1, _LEVELS), 0)


def _bands(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Quantiles of a picture's bands, as many as the style has of each of its works (K, bands, 3, levels)."""
    from pinxit.learning.texture import tensor
    from pinxit.networks.bands import band_quantiles

    return band_quantiles(tensor(array), shape[1], shape[3]).numpy()
