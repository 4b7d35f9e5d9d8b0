"""Step 1, amortized: the shipped network looks at the references and writes their look as a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from pinxit.networks.look import LookPredictor
from pinxit.networks.transport import moments
from pinxit.picture.sampling import clouds, thumbnails
from pinxit.tone.lut import Lut, identity_table

MOST_AT_ONCE = 40  # references the network reads together; more are read in groups, whose answers are averaged


@dataclass(frozen=True)
class Predicted:
    """A predicted look: the table, its code (C,), and the expected mean CIEDE2000 to the true look."""

    lut: Lut
    code: np.ndarray
    error: float


def predict_look(
    network: LookPredictor, arrays: list[np.ndarray], neutral: list[np.ndarray] | None = None, size: int = 33
) -> Predicted:
    """Predict the look of references.

    Args:
        network: A trained LookPredictor.
        arrays: References, (H, W, 3) uint8 each.
        neutral: The same person's pictures without the look, if known; at least a few.
        size: Nodes an axis of the table.
    """
    side = network.settings["side"]
    groups = np.array_split(np.arange(len(arrays)), -(-len(arrays) // MOST_AT_ONCE))
    plain = ordinary_colours(neutral, side) if neutral else None
    tables, codes, errors = [], [], []
    for group in groups:
        thumbs = torch.from_numpy(thumbnails([arrays[i] for i in group], side))[None]
        with torch.inference_mode():
            answer = network(thumbs, plain)
            tables.append(table_of(network, answer, size))
        codes.append(answer["code"][0].numpy())
        errors.append(float(answer["error"].exp()))
    return Predicted(Lut(np.mean(tables, 0)), np.mean(codes, 0).astype(np.float32), float(np.mean(errors)))


def ordinary_colours(neutral: list[np.ndarray], side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean (1, 3) and covariance (1, 3, 3) of pictures without a look."""
    return moments(torch.from_numpy(clouds(neutral, side).reshape(1, -1, 3)))


def table_of(network: LookPredictor, answer: dict[str, torch.Tensor], size: int) -> np.ndarray:
    """The table of the first answer of a batch, (size, size, size, 3), clipped to 0..1."""
    grid = network.settings["grid"]
    nodes = torch.from_numpy(identity_table(size).reshape(-1, 3))
    shape = (answer["shapes"][0] @ network.basis).view(1, grid, grid, grid, 3).permute(0, 4, 1, 2, 3)
    added = F.interpolate(shape, size=(size,) * 3, mode="trilinear", align_corners=True)[0].permute(1, 2, 3, 0)
    x = nodes.unsqueeze(0)
    moved = x[:1] + answer["gate"][:1] * (answer["first"](x) - x)
    return (moved.view(size, size, size, 3) + added).clamp(0, 1).numpy()
