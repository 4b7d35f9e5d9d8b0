"""What a door takes for a picture."""

import os

import numpy as np
from PIL import Image

from pinxit.picture import Picture

Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray | Picture
"""A path, the bytes of a file, a PIL image, an array (H, W, 3) of uint8, uint16 or float 0..1, or a Picture."""
