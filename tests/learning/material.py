"""Makers of tiny material for tests of pretraining."""

import io
import tarfile

import numpy as np
from PIL import Image

CLASSES = ("cat", "dog", "elk", "fox")


def jpeg(seed, side=64):
    """A soft random picture as a JPEG file."""
    small = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(file, "JPEG", quality=92)
    return file.getvalue()


def write_tar(path, members):
    """A tar file with members by name."""
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path
