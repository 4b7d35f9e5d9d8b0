"""Step 2a, in closed form: what a predicted look leaves unexplained in the references, as far as it is not chance.

Ordinary photos with the predicted look should have the colours of the references. Where they do not, either the look
was missed or the references merely show other things. How much the latter does is known: few ordinary photos with the
same look are drawn again and again and compared with all of them. Only the excess over that is taken into the table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from pinxit.color import ciede2000, srgb_to_lab
from pinxit.networks.transport import Transport
from pinxit.tone.lut import Lut

CAUTION = 3.0  # how many times the energy of chance is taken off; chosen on validation looks
CAUTION_OWN = 2.0  # the same where the ordinary photos are the user's own, and so are like the references
LEAST = 4  # references; what fewer show beyond chance cannot be told from chance
DRAWS = 12
PIXELS = 24_000


@dataclass(frozen=True)
class OrdinaryColours:
    """Colours of photos without a look.

    Args:
        clouds: Colours of each photo, (photos, pixels, 3) float32, 0..1.
        domains: Domain of each photo, (photos,) int.
    """

    clouds: np.ndarray
    domains: np.ndarray

    def everything(self, rng: np.random.Generator) -> np.ndarray:
        """Pixels of all photos, an equal share from each domain, (n, 3)."""
        names = np.unique(self.domains)
        parts = [self.clouds[self.domains == name].reshape(-1, 3) for name in names]
        return np.concatenate([p[rng.integers(0, len(p), PIXELS // len(names))] for p in parts])

    def some(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Pixels of a few photos, drawn as one photographer might: evenly, or mostly of a few subjects; (n, 3)."""
        names = np.unique(self.domains)
        shares = np.ones(len(names)) if rng.random() < 0.6 else rng.random(len(names)) ** 3
        chosen = rng.choice(names, count, p=shares / shares.sum())
        photos = [self.clouds[rng.choice(np.flatnonzero(self.domains == name))] for name in chosen]
        return np.concatenate(photos)


def reconcile(
    lut: Lut, references: np.ndarray, ordinary: OrdinaryColours, *, caution: float = CAUTION, seed: int = 0
) -> tuple[Lut, float]:
    """Move a predicted table toward what the references show beyond chance.

    Args:
        lut: The predicted table.
        references: Colours of each reference, (K, N, 3) float32, 0..1.
        ordinary: Photos without the look.
        caution: Share of the move is ``max(0, 1 - caution * (chance / move)**2)``.
        seed: Of the draws.

    Returns:
        The table, and the share of the move that was made, 0..1; 0 from fewer than four references.

    Source:
        Shrinkage after James and Stein 1961. Departure: the size of chance is drawn, not known, and weighs double.
    """
    if len(references) < LEAST:
        return lut, 0.0
    rng = np.random.default_rng(seed)
    plain = ordinary.everything(rng)
    graded = lut.apply(plain)
    probes = graded[:: max(1, len(graded) // 3000)]
    move = _transport(graded, references.reshape(-1, 3))
    chance = [
        _size(_transport(graded, lut.apply(ordinary.some(len(references), rng))), probes) ** 2 for _ in range(DRAWS)
    ]
    size = _size(move, probes)
    share = max(0.0, 1 - caution * float(np.mean(chance)) / max(size, 1e-6) ** 2)
    if share == 0:
        return lut, 0.0
    table = lut.table.reshape(-1, 3)
    moved = table + share * (_apply(move, table) - table)
    return Lut(np.clip(moved, 0, 1).reshape(lut.table.shape)), share


def _transport(source: np.ndarray, target: np.ndarray) -> Transport:
    return Transport.between(*(torch.from_numpy(np.array(x, np.float32))[None] for x in (source, target)))


def _apply(move: Transport, colours: np.ndarray) -> np.ndarray:
    return move(torch.from_numpy(np.array(colours))[None])[0].numpy()


def _size(move: Transport, colours: np.ndarray) -> float:
    """Mean CIEDE2000 that a move makes."""
    moved = np.clip(_apply(move, colours), 0, 1)
    return float(ciede2000(srgb_to_lab(moved), srgb_to_lab(colours)).mean())
