"""Automatic strength: the most of a style that leaves enough of a picture's content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.color import unit_float
from pinxit.errors import InputError
from pinxit.picture.shrink import shrink

AUTO = "auto"
LONGEST = 512
"""Longest side at which content is compared, in pixels."""
_LEAST = 11  # shortest side that has an SSIM
_HALVINGS = 10  # to a strength that is right to 1 in 1024


@dataclass(frozen=True)
class Strongest:
    """The largest strength, 0..1, whose result keeps enough of its content.

    Content is kept by the SSIM of luminance at a longest side of 512 pixels between a picture and the mixture of the
    picture and the style at full strength, which is what the engine gives (but for corrections of exposure). Grain,
    vignette, adjustments and masks do not count: whoever asks for these has said how much of them is wanted.

    Args:
        keep: Least SSIM, 0..1; 1 changes nothing.
        on_found: Told the strength of every picture.

    Raises:
        InputError: ``keep`` is out of range.
    """

    keep: float = 0.6
    on_found: Callable[[float], Any] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.keep <= 1:
            raise InputError(f"a share of {self.keep} of the content to keep came; 0 to 1 is wanted, such as 0.6")

    def share(self, array: np.ndarray, styled: np.ndarray) -> float:
        """The strength for one picture, found by bisection; SSIM falls on the way from a picture to its result.

        Args:
            array: The picture, (H, W, 3) uint8, uint16 or float 0..1.
            styled: The style at full strength, the same shape and any of these depths.

        Raises:
            InputError: The picture has a side under 11 pixels, for which no SSIM is defined.
        """
        import torch

        from pinxit.losses.content import structural_similarity

        content, full = (_small(x) for x in (array, styled))
        if min(content.shape[2:]) < _LEAST:
            size = "x".join(str(n) for n in array.shape[1::-1])
            raise InputError(f"a picture of {size} is too small for an automatic strength; name one, such as 0.7")

        def enough(share: float) -> bool:
            with torch.inference_mode():
                return structural_similarity(content, content + share * (full - content)).item() >= self.keep

        low, high = 0.0, 1.0
        if enough(high):
            low = high
        for _ in range(_HALVINGS if low < high else 0):
            middle = (low + high) / 2
            low, high = (middle, high) if enough(middle) else (low, middle)
        if self.on_found:
            self.on_found(low)
        return low


def read_strength(value: object, on_found: Callable[[float], Any] | None = None) -> float | Strongest:
    """A strength as users give it.

    Args:
        value: A number or its text, "auto", "auto:0.7" with the SSIM to keep, or a :class:`Strongest`.
        on_found: For an automatic one that tells nobody yet.

    Raises:
        InputError: It is none of these.
    """
    if isinstance(value, Strongest):
        return value if value.on_found else Strongest(value.keep, on_found)
    name, colon, keep = value.partition(":") if isinstance(value, str) else ("", "", "")
    try:
        if name == AUTO:
            return Strongest(float(keep), on_found) if colon else Strongest(on_found=on_found)
        return float(value)  # type: ignore[arg-type]
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"the strength {value!r} came; a number, 'auto' or such as 'auto:0.7' is wanted") from error


def _small(array: np.ndarray) -> Any:
    """(1, 3, h, w) float64 0..1: variances of flat places are small differences of large numbers."""
    import torch

    small = unit_float(shrink(array, LONGEST))
    return torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1), np.float64))[None]
