"""Texture: the half of a style that a hand leaves: code, colours and strokes of the references."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.errors import StyleError

MAX_CODE = 4096
"""Longest style code, in numbers."""
MAX_WORKS = 64
"""Most references whose colours and strokes are kept one by one."""
MAX_COLOURS = 4096
"""Most colours of one of them."""


@dataclass(frozen=True, eq=False)
class Texture:
    """What a generator needs to repaint a picture in the references' hand.

    Args:
        code: Style vector, (S,) float32.
        palettes: Colours of each of K references, (K, M, 3) float32, sRGB 0..1.
        bands: Quantiles of every opponent axis of each one's frequency bands, finest first, (K, bands, 3, L) float32.
        painter: Which generator reads the code: the first 16 hex digits of its weights' SHA-256.
        adapter: Changes to that generator's parameters by name, float32; empty for none.

    Raises:
        StyleError: A part has a wrong shape or type, or holds NaN or infinite values.
    """

    code: np.ndarray
    palettes: np.ndarray
    bands: np.ndarray
    painter: str
    adapter: Mapping[str, np.ndarray] | None = None

    def __post_init__(self) -> None:
        for key, value in self.tensors().items():
            check_floats(key, value)
        check_code("texture.code", self.code)
        works, colours = self.palettes.shape[0] if self.palettes.ndim == 3 else 0, self.palettes.shape[1:]
        if not 1 <= works <= MAX_WORKS or colours[1:] != (3,) or not 1 <= colours[0] <= MAX_COLOURS:
            raise StyleError(
                f"texture.palettes has the shape {self.palettes.shape}; (K, M, 3) is wanted, "
                f"K to {MAX_WORKS}, M to {MAX_COLOURS}"
            )
        if self.palettes.min() < 0 or self.palettes.max() > 1:
            raise StyleError("texture.palettes has to hold colours of 0 to 1; learn the style again")
        if self.bands.ndim != 4 or self.bands.shape[2] != 3 or not 2 <= self.bands.shape[3] <= 1025:
            raise StyleError(f"texture.bands has the shape {self.bands.shape}; (K, bands, 3, quantiles) is wanted")
        if len(self.bands) != works or not 1 <= self.bands.shape[1] <= 8 or (np.diff(self.bands, axis=3) < 0).any():
            raise StyleError(
                f"texture.bands has to hold rising quantiles of 1 to 8 bands for each of {works} works; "
                "learn the style again"
            )
        if not isinstance(self.painter, str) or len(self.painter) != 16:
            raise StyleError(f"texture.painter is {self.painter!r}; 16 hex digits are wanted")

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything in it by its name in a style's file."""
        found: dict[str, Any] = {f"texture.{key}": getattr(self, key) for key in ("code", "palettes", "bands")}
        return found | {f"texture.adapter.{key}": value for key, value in (self.adapter or {}).items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], painter: str) -> "Texture":
        """The reverse of :meth:`tensors`.

        Raises:
            StyleError: A part is missing, unknown or wrong.
        """
        prefix = "texture.adapter."
        adapter = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        others = {key.removeprefix("texture."): v for key, v in tensors.items() if not key.startswith(prefix)}
        if set(others) != {"code", "palettes", "bands"}:
            raise StyleError(f"its texture holds {sorted(others)}; code, palettes and bands are wanted")
        return cls(painter=painter, adapter=adapter or None, **others)


def check_floats(label: str, array: object) -> None:
    """Refuse what is no float32 array of finite numbers.

    Raises:
        StyleError: With the label in it.
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.float32 or not np.isfinite(array).all():
        raise StyleError(f"{label} has to be a float32 array of finite numbers; learn the style again")


def check_code(label: str, code: np.ndarray) -> None:
    """Refuse what is no vector of 1 to ``MAX_CODE`` finite numbers.

    Raises:
        StyleError: With the label in it.
    """
    check_floats(label, code)
    if code.ndim != 1 or not 1 <= code.size <= MAX_CODE:
        raise StyleError(f"{label} has the shape {code.shape}, and a vector of 1 to {MAX_CODE} numbers was wanted")
