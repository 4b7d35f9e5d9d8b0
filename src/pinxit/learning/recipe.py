"""LookRecipe: how LookPredictor is trained, and its TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from pinxit.errors import InputError


@dataclass(frozen=True)
class LookRecipe:
    """How LookPredictor is trained.

    Args:
        steps: Steps in all.
        thumbnails: Reference thumbnails a step, shared by the looks of the step.
        counts: Numbers of references to draw from.
        chances: How often each is drawn.
        rate: Highest learning rate; warmed up over 200 steps, then a cosine down to a fiftieth.
        decay: Weight decay of AdamW.
        average: Decay of the averaged weights that are shipped.
        side: Height and width of thumbnails.
        shapes: Look shapes.
        grid: Nodes an axis of looks in training.
        crops: Crops a photo in the bank.
        looks: Looks in the bank.
        synthetic: Share of purely synthetic looks; the rest is drawn near known ones.
        ungrade: Weight of the guessed statistics of photos before the look, in CIEDE2000 per unit.
        checkpoint: Steps between checkpoints.
        seed: Of everything.
        shares: How often each domain of photos is drawn; empty: by the square root of its photos.
        hold_out: Stems of known looks that are never trained on begin so.
    """

    steps: int = 12000
    thumbnails: int = 160
    counts: tuple[int, ...] = (1, 2, 3, 5, 8, 12, 20)
    chances: tuple[float, ...] = (0.16, 0.12, 0.12, 0.2, 0.16, 0.12, 0.12)
    rate: float = 1e-3
    decay: float = 0.02
    average: float = 0.998
    side: int = 48
    shapes: int = 96
    grid: int = 17
    crops: int = 26
    looks: int = 10240
    synthetic: float = 0.42
    ungrade: float = 10.0
    checkpoint: int = 500
    seed: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    hold_out: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> LookRecipe:
        """Read the table ``[look]`` of a TOML file.

        Raises:
            InputError: The file cannot be read, or has an unknown key.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))["look"]
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path} is no recipe with a table [look]: {error}") from error
        unknown = set(table) - {f.name for f in fields(cls)}
        if unknown:
            raise InputError(f"{path} has unknown keys {sorted(unknown)}; known are {[f.name for f in fields(cls)]}")
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})
