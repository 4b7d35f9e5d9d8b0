"""Style pairs: does a result keep its content and reach its reference? Three figures that need no trained network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from pinxit.color import unit_float
from pinxit.errors import InputError, ShapeError
from pinxit.losses.content import structural_similarity
from pinxit.losses.style import patch_directions

PROTOCOL = "style-pairs-1"
SIZE = 512
LEAST_SIZE = 32
"""Below it the coarsest scale has no room for a patch."""
MEANING = {
    "ssim": "content kept: 1 all of it, 0 none",
    "colour": "way left to the references' colours: 0 none",
    "texture": "way left to their brush, line and grain: 0 none",
}

_STRIDES = (4, 2, 1)
"""Of the patches at full, half and quarter size: about as many at every scale."""
_PATCH, _DIRECTIONS = 7, 32
_ALIKE = 1e-5
"""Distances up to here are rounding: 8-bit pictures that differ at all lie well above it."""


@dataclass(frozen=True)
class PairFigures:
    """What a transfer kept and reached, by the protocol ``style-pairs-1``.

    Every picture is resized to 512 x 512 (Lanczos) first, whatever its shape, so that all results are scored on the
    same pixels.

    - ``ssim``: mean SSIM of luma between content and result; 11 x 11 Gaussian window with sigma 1.5, population
      moments, C1 = 0.01**2, C2 = 0.03**2, only windows that lie inside.
    - ``colour``: sliced Wasserstein-1 distance between the 7 x 7 RGB patches of result and reference, divided by that
      between content and reference. 32 fixed directions; mean over full, half and quarter size.
    - ``texture``: the same with directions of mean zero in every channel, so that a patch's mean drops out and brush,
      line and grain are left.

    The untouched content has (1, 1, 1). The reference copied has (little, 0, 0). No method wins by one figure: what
    counts is how low ``colour`` and ``texture`` are at one ``ssim``. More than 1 is further away than before.

    Args:
        ssim: -1..1; mostly 0..1.
        colour: 0 or more; mean over the references.
        texture: 0 or more; mean over the references.
        size: Pixels a side at which it was measured; only figures of one size compare, and the protocol's is 512.

    Source:
        SSIM: Wang, Bovik, Sheikh and Simoncelli 2004. Sliced Wasserstein distance of patches: after Rabin, Peyre, Delon
        and Bernot 2011 and, for patches of several scales, Karras et al. 2018. Departures: few directions, the same
        always; plain averages of 2 x 2 pixels make the scales; a ratio to the untouched content instead of a distance.
    """

    ssim: float
    colour: float
    texture: float
    size: int = SIZE

    def as_dict(self) -> dict[str, Any]:
        """The figures with the protocol's name and size, ready for JSON."""
        return {"protocol": PROTOCOL, **asdict(self)}

    def __str__(self) -> str:
        return f"ssim {self.ssim:.3f}, colour {self.colour:.3f}, texture {self.texture:.3f} (untouched: 1, 1, 1)"


class Projected:
    """A picture at the size of the measurement and its patches along the fixed directions, for any number of pairs.

    Args:
        array: (H, W, 3), uint8, uint16 or float 0..1, sRGB.
        what: The picture's part, for errors.
        size: Pixels a side at which everything is measured.

    Raises:
        ShapeError: An array of another shape, not finite, or ``size`` below 32.
    """

    def __init__(self, array: np.ndarray, what: str, size: int = SIZE) -> None:
        self.size, self.pixels = size, _planes(array, size, what)

    @cached_property
    def along(self) -> list[list[Tensor]]:
        """Patches of every scale along the directions for colour and along those for texture, in ascending order."""
        return [_projected(self.pixels, directions(zero_mean)) for zero_mean in (False, True)]


class Pair:
    """A content and a reference, held ready for any number of results.

    Args:
        content: (H, W, 3), uint8, uint16 or float 0..1, sRGB; or projected already, at ``size``.
        reference: The same, of any size of its own.
        size: Pixels a side at which everything is measured.

    Raises:
        ShapeError: An array of another shape, not finite, or ``size`` below 32.
        InputError: Content and reference are as good as the same, so that there is no way to go and no ratio of it.
    """

    def __init__(self, content: np.ndarray | Projected, reference: np.ndarray | Projected, size: int = SIZE) -> None:
        self.size = size
        self.content, self.reference = self._ready(content, "content"), self._ready(reference, "reference")
        self.whole = [_distance(a, b) for a, b in zip(self.content.along, self.reference.along, strict=True)]
        for kind, whole in zip(("colours", "texture"), self.whole, strict=True):
            if whole <= _ALIKE:
                raise InputError(
                    f"the content has the {kind} of the reference already, so the way to it is 0 and no ratio of it is "
                    f"defined; give another reference"
                )

    def _ready(self, picture: np.ndarray | Projected, what: str) -> Projected:
        return picture if isinstance(picture, Projected) else Projected(picture, what, self.size)

    def figures(self, result: np.ndarray | Projected) -> PairFigures:
        """Score one result, (H, W, 3), uint8, uint16 or float 0..1; or projected already.

        Raises:
            ShapeError: It has another shape or is not finite.
        """
        reached, wanted = self._ready(result, "result"), self.reference.along
        left = [_distance(a, b) / c for a, b, c in zip(reached.along, wanted, self.whole, strict=True)]
        return PairFigures(luma_ssim(self.content.pixels, reached.pixels), *left, self.size)


def measure_pair(
    content: np.ndarray, result: np.ndarray, references: Sequence[np.ndarray], size: int = SIZE
) -> PairFigures:
    """Score a result against its content and one or more references.

    Args:
        content: (H, W, 3), uint8, uint16 or float 0..1, sRGB.
        result: The same picture after a transfer; its size may differ.
        references: One or more, each of its own size; ``colour`` and ``texture`` are means over them.
        size: Pixels a side at which everything is measured; 512 is the protocol's.

    Raises:
        ShapeError: An array of another shape, not finite, or ``size`` below 32.
        InputError: No reference, or one that the content equals.
    """
    if not len(references):
        raise InputError("no reference came; give at least one picture that has the style")
    before, after = Projected(content, "content", size), Projected(result, "result", size)
    each = [Pair(before, reference, size).figures(after) for reference in references]
    colour, texture = (float(np.mean([getattr(one, name) for one in each])) for name in ("colour", "texture"))
    return PairFigures(each[0].ssim, colour, texture, size)


def squared(array: np.ndarray, size: int = SIZE) -> np.ndarray:
    """A picture at ``size`` x ``size`` by Lanczos, whatever its shape was.

    Args:
        array: (H, W, 3); uint8, or uint16 or float 0..1.
        size: Pixels a side.

    Returns:
        (size, size, 3); uint8 stays uint8 and is rounded as Pillow rounds; the others become float32 0..1.

    Raises:
        ShapeError: ``size`` below 32.
    """
    if size < LEAST_SIZE:
        raise ShapeError(f"a size of {size} came; {LEAST_SIZE} pixels or more are wanted, and the protocol's is {SIZE}")
    if array.dtype == np.uint8:
        image = Image.fromarray(np.ascontiguousarray(array))
        return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))
    values = unit_float(array)
    if values.shape[:2] != (size, size):
        planes = [Image.fromarray(np.ascontiguousarray(values[..., c])) for c in range(3)]
        values = np.stack([np.asarray(p.resize((size, size), Image.Resampling.LANCZOS)) for p in planes], -1)
    return values.clip(0, 1)


@cache
def directions(zero_mean: bool) -> Tensor:
    """The protocol's directions in the space of patches, (32, 3, 7, 7) of length 1."""
    fixed = torch.Generator().manual_seed(0)
    return patch_directions(_DIRECTIONS, size=_PATCH, flat=not zero_mean, generator=fixed)


def luma_ssim(a: Tensor, b: Tensor) -> float:
    """Mean SSIM of the luma (Rec. 601) of two pictures (1, 3, H, W), 0..1."""
    return structural_similarity(a, b).mean().item()


def _projected(pixels: Tensor, along: Tensor) -> list[Tensor]:
    """The patches of every scale along every direction, in ascending order, (32, patches) each."""
    found = []
    for stride in _STRIDES:
        found.append(F.conv2d(pixels, along, stride=stride).flatten(2)[0].sort(1).values)
        pixels = F.avg_pool2d(pixels, 2)
    return found


def _distance(a: list[Tensor], b: list[Tensor]) -> float:
    """Wasserstein-1 distance along each direction, mean over directions and scales."""
    return sum((x - y).abs().mean().item() for x, y in zip(a, b, strict=True)) / len(a)


def _planes(array: np.ndarray, size: int, what: str) -> Tensor:
    """(H, W, 3) to (1, 3, size, size) float 0..1."""
    array = np.asarray(array)
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0 or array.dtype.kind not in "uf":
        raise ShapeError(f"the {what} is {array.dtype} {array.shape}; (H, W, 3) of uint8, uint16 or float is wanted")
    if not np.isfinite(array).all():
        raise ShapeError(f"the {what} holds NaN or infinite values; only finite pixels can be measured")
    return torch.from_numpy(unit_float(squared(array, size)).transpose(2, 0, 1)[None].copy())
