"""Pack the photos on which painters practise: samples that come with scikit-image and scikit-learn.

    python recipes/contents.py FOLDER

Writes ``contents.safetensors`` and ``contents.json`` with the credits.
"""

import io
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images

from pinxit.networks.weights import save_weights

SIDE, QUALITY = 320, 85
PHOTOS = {
    "astronaut": (data.astronaut, "NASA, public domain"),
    "brick": (data.brick, "CC0"),
    "camera": (data.camera, "Lav Varshney, CC0"),
    "cat": (data.chelsea, "Stefan van der Walt, CC0"),
    "coffee": (data.coffee, "Rachel Michetti, CC0"),
    "grass": (data.grass, "CC0"),
    "gravel": (data.gravel, "CC0"),
    "hubble": (data.hubble_deep_field, "NASA, public domain"),
    "rocket": (data.rocket, "SpaceX, public domain"),
    "china": (lambda: load_sample_images().images[0], "danielbuechele on Flickr, CC BY 2.0, made smaller"),
    "flower": (lambda: load_sample_images().images[1], "vultilion on Flickr, CC BY 2.0, made smaller"),
}


class Contents(torch.nn.Module):
    """JPEG files as tensors, so that they are packed and checked as weights are."""

    def __init__(self, files: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.settings: dict = {}
        for name, file in files.items():
            self.register_buffer(name, file)


def packed(photo: np.ndarray) -> torch.Tensor:
    """A photo as JPEG, shortest side ``SIDE``."""
    image = Image.fromarray(photo).convert("RGB")
    scale = SIDE / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)


if __name__ == "__main__":
    contents = Contents({name: packed(read()) for name, (read, _) in PHOTOS.items()})
    about = {"what": "photos to practise on, JPEG", "credits": {name: credit for name, (_, credit) in PHOTOS.items()}}
    save_weights(contents, Path(sys.argv[1]), "contents", about=about)
