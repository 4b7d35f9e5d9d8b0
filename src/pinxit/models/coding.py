"""Pictures of a model coded again: in their own formats, and as finely as seams need."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pinxit.models.seams import Seams
from pinxit.models.sheets import KEPT, Sheet
from pinxit.picture import Picture

QUALITIES = (95, 98, 100)
"""Tried in turn where no quality is named. The sides of a seam are coded apart, and what that adds to each shows."""
ROUGHER = 1.03
"""Coding may make steps at seams so many times as large,"""
SLACK = 0.1
"""and so much larger, of 255."""


def coded_sheets(
    sheets: Sequence[Sheet], arrays: Sequence[np.ndarray], seams: Seams, quality: int | None
) -> list[bytes]:
    """The pictures' files, each in its own format, with the label that says it is edited.

    Args:
        sheets: The pictures.
        arrays: Their new pixels.
        seams: Between them.
        quality: Of JPEG, WebP and AVIF, 1..100; None takes the first of :data:`QUALITIES` at which seams hold.
    """
    pictures = [sheet.picture.with_array(array) for sheet, array in zip(sheets, arrays, strict=True)]
    lossy = [n for n, picture in enumerate(pictures) if not picture.metadata.lossless]
    wraps = [sheet.wrap for sheet in sheets]
    least = seams.step(arrays, wraps)
    files = [encoded(picture, QUALITIES[0] if quality is None else quality) for picture in pictures]
    for finer in QUALITIES[1:]:
        if quality is not None or not lossy or not seams.edges:
            break
        read = [Picture.open(files[n]).array if n in lossy else array for n, array in enumerate(arrays)]
        if seams.step(read, wraps) <= ROUGHER * least + SLACK:
            break
        for n in lossy:
            files[n] = encoded(pictures[n], finer)
    return files


def encoded(picture: Picture, quality: int) -> bytes:
    """A picture as a file of its own format, with the label that says it is edited."""
    with tempfile.TemporaryDirectory() as folder:
        return picture.save(Path(folder) / f"picture{KEPT[picture.metadata.format]}", quality=quality).read_bytes()
