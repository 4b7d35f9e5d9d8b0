"""Learn a texture: read the references with the eye, write the style down, and adapt the painter to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.color import unit_float
from pinxit.errors import LearningError
from pinxit.learning.adapt import Adapted, AdaptedPainter, AdaptOptions, Log, Progress, adapt, split
from pinxit.learning.adapt_task import AdaptTask
from pinxit.learning.crops import CropBank
from pinxit.networks.bands import band_quantiles
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.painter import Painter
from pinxit.networks.precision import has_bfloat16
from pinxit.networks.style_encoder import SCALES, describe, pool
from pinxit.networks.works import Works
from pinxit.picture.sampling import clouds
from pinxit.texture import MAX_COLOURS, MAX_WORKS, Texture

LEAST = 32
"""Shortest side of a reference for texture, in pixels."""
_LOOK = 192  # side of the crops by which the eye tells photos from painted pictures
_LOOKED_AT = 8  # references that are asked at most
Kind = Literal["photo", "art"]


def read_texture(arrays: Sequence[np.ndarray], painter: Painter, eye: ContentEncoder, version: str) -> Texture:
    """Write references down as a texture in one pass, without learning.

    Args:
        arrays: References, (H, W, 3) uint8, longest side about 512.
        painter: The shipped painter.
        eye: The shipped eye.
        version: Of the painter, see ``networks.weights.painter_version``.

    Raises:
        LearningError: Every reference is smaller than 32 pixels on a side.
    """
    pictures = [tensor(a) for a in arrays if min(a.shape[:2]) >= LEAST]
    if not pictures:
        raise LearningError(f"every reference has a side under {LEAST} pixels; strokes need larger pictures")
    with torch.inference_mode():
        code = painter.encoder(pool(torch.cat([describe(eye(p, SCALES)) for p in pictures])))
        shown = pictures[:: -(-len(pictures) // MAX_WORKS)]
        bands = torch.stack([band_quantiles(p) for p in shown]).numpy()
    side = max(8, int((MAX_COLOURS / len(shown)) ** 0.5))
    palettes = clouds([p[0].permute(1, 2, 0).numpy() for p in shown], side)
    return Texture(
        code=code[0].numpy().copy(), palettes=palettes.astype(np.float32).clip(0, 1), bands=bands, painter=version
    )


def adapted_texture(
    texture: Texture,
    arrays: Sequence[np.ndarray],
    contents: Sequence[np.ndarray],
    options: AdaptOptions,
    *,
    liking: nn.Module | None = None,
    folder: Path | None = None,
    on_progress: Progress | None = None,
    log: Log | None = None,
) -> tuple[Texture, Adapted]:
    """Adapt the shipped painter, with what the texture has adapted already, to references.

    Args:
        texture: Where to begin: code and adapter.
        arrays: References, (H, W, 3) uint8.
        contents: Photos to practise on, (H, W, 3) uint8.
        options: Policy and budget, see :func:`~pinxit.learning.adapt.choose`.
        liking: What one person likes, as of :func:`~pinxit.learning.liking.learn_liking`; steers the adaptation.
        folder: For a checkpoint to go on from after an interruption; None keeps none.
        on_progress: Called as (done, total, text).
        log: As of :func:`~pinxit.learning.adapt.adapt`.
    """
    from pinxit.networks.weights import eye, painter_with, texture_critic

    generator = painter_with(texture.painter, texture.adapter or {}).generator
    usable = [a for a in arrays if min(a.shape[:2]) >= LEAST]
    code = torch.from_numpy(texture.code.copy())[None]
    works = Works.from_arrays(texture.palettes, texture.bands)
    found = adapt(
        generator,
        code,
        usable,
        contents,
        eye(),
        texture_critic(),
        options,
        works,
        liking=liking,
        folder=folder,
        on_progress=on_progress,
        log=log,
    )
    adapter = joined(texture.adapter or {}, found.adapter)
    return replace(texture, code=found.code, adapter=adapter or None), found


def figures_of(
    texture: Texture, arrays: Sequence[np.ndarray], contents: Sequence[np.ndarray], options: AdaptOptions
) -> tuple[dict[str, float], dict[str, float]]:
    """What a texture reaches as it is: figures against the validation and the test references.

    Args:
        texture: Of this painter.
        arrays: References, (H, W, 3) uint8, in the order in which an adaptation splits them.
        contents: Photos, (H, W, 3) uint8.
        options: Who judges; two textures are compared by the same ones.
    """
    from pinxit.networks.weights import eye, painter_with

    generator = painter_with(texture.painter, texture.adapter or {}).generator
    train, validation, test, _ = split([a for a in arrays if min(a.shape[:2]) >= LEAST])
    works = Works.from_arrays(texture.palettes, texture.bands)
    banks = (CropBank(pictures) for pictures in (contents, train, validation))
    task = AdaptTask(*banks, eye(), options, generator, works)
    network = AdaptedPainter(generator, torch.from_numpy(texture.code.copy())[None], "code", 1).eval()
    return task.validate(network), task.compare(network, CropBank(test))


def continued(old: Texture, new: Texture) -> Texture:
    """A texture to begin from when a style is continued: its code and adapter, and all works of both.

    Args:
        old: The style's texture.
        new: Of the added references, read in one pass.
    """
    if old.bands.shape[1:] != new.bands.shape[1:]:
        return replace(old, palettes=new.palettes, bands=new.bands)
    count = min(old.palettes.shape[1], new.palettes.shape[1])
    palettes = [t.palettes[:, np.linspace(0, t.palettes.shape[1] - 1, count).round().astype(int)] for t in (old, new)]
    step = -(-(len(old.bands) + len(new.bands)) // MAX_WORKS)
    both = (np.concatenate(palettes)[::step], np.concatenate([old.bands, new.bands])[::step])
    return replace(old, palettes=both[0], bands=both[1])


def joined(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Two adapters, the second learned on top of the first, as one: ranks side by side, whole parameters replaced."""
    both = dict(first)
    for key, value in second.items():
        if key in both and key.endswith(".up"):
            both[key] = np.concatenate([both[key], value], 1)
        elif key in both and key.endswith(".down"):
            both[key] = np.concatenate([both[key], value], 0)
        else:
            if key.endswith(".weight.whole"):  # holds the ranks before it already
                layer = key.removesuffix(".weight.whole")
                both.pop(f"{layer}.up", None), both.pop(f"{layer}.down", None)
            both[key] = value
    return both


def kind_of(arrays: Sequence[np.ndarray], eye: ContentEncoder) -> tuple[Kind, float]:
    """Whether references are photos or drawn and painted, and how sure the eye is, 0.5..1.

    Args:
        arrays: (H, W, 3) uint8.
        eye: The shipped eye.
    """
    chosen = arrays[:: max(1, -(-len(arrays) // _LOOKED_AT))]
    crops = torch.cat([_looks(a, 3 if len(chosen) < 4 else 2) for a in chosen])
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        photo = eye.name_hands(crops).float().softmax(1)[:, -1].mean().item()
    return ("photo", photo) if photo >= 0.5 else ("art", 1 - photo)


def _looks(array: np.ndarray, count: int) -> Tensor:
    """Crops of a picture, (count, 3, 192, 192): its middle, then corners."""
    side = min(_LOOK, *array.shape[:2])
    height, width = array.shape[:2]
    found = []
    for down, across in ((0.5, 0.5), (0, 0), (1, 1))[:count]:
        top, left = int(down * (height - side)), int(across * (width - side))
        found.append(tensor(array[top : top + side, left : left + side]))
    crops = torch.cat(found)
    return crops if side == _LOOK else F.interpolate(crops, (_LOOK, _LOOK), mode="bilinear", align_corners=False)


def tensor(array: np.ndarray) -> Tensor:
    """(H, W, 3) of any depth to (1, 3, H, W), 0..1."""
    return torch.from_numpy(np.ascontiguousarray(unit_float(array).transpose(2, 0, 1)))[None]
