"""A small JPEG that shows what a style is about."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

SIDE = 256
_GAP = 4


def thumbnail_of(pictures: Sequence[np.ndarray], side: int = SIDE) -> bytes:
    """Lay up to four pictures side by side, square by square, into one JPEG.

    Args:
        pictures: (H, W, 3) uint8 sRGB, at least one; the first four are taken and cropped to squares.
        side: Width and height of the result, in pixels.

    Returns:
        A JPEG file without any metadata; the same pictures give the same bytes.
    """
    across = 1 if len(pictures) < 4 else 2
    cell = (side - (across - 1) * _GAP) // across
    sheet = Image.new("RGB", (side, side), (24, 24, 26))
    for index, array in enumerate(pictures[: across * across]):
        tile = _square(Image.fromarray(np.ascontiguousarray(array)), cell)
        sheet.paste(tile, ((index % across) * (cell + _GAP), (index // across) * (cell + _GAP)))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=82)
    return file.getvalue()


def color_card(height: int = SIDE, width: int = SIDE) -> np.ndarray:
    """A card of all hues from black over full colour to white, above a grey scale; shows a look that has no pictures.

    Returns:
        (height, width, 3) float32 sRGB, 0..1.
    """
    rows = height * 3 // 4
    hue = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    light = np.linspace(1, 0, rows, dtype=np.float32)[:, None, None]
    turn = np.array([0, 2 / 3, 1 / 3], np.float32)
    pure = np.clip(np.abs(((hue + turn) % 1) * 6 - 3) - 1, 0, 1)
    vivid = 0.35 + 0.65 * pure
    card = np.where(light > 0.5, vivid + (1 - vivid) * (light * 2 - 1), vivid * light * 2)
    grey = np.broadcast_to(hue, (height - rows, width, 3))
    return np.concatenate([np.broadcast_to(card, (rows, width, 3)), grey]).astype(np.float32)


def _square(image: Image.Image, side: int) -> Image.Image:
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    return image.resize((side, side), Image.Resampling.LANCZOS, (left, top, left + short, top + short), 3.0)
