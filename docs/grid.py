"""Paint eight sample photos in six styles, one pass, chosen by a seed and not by hand.

    python docs/grid.py PAINTINGS [--list held-out-art.txt] [--seed 0] [-o docs/grid.jpg]

The photos come with scikit-image and scikit-learn. PAINTINGS is a folder of folders; with a list only works named there
as FOLDER/NAME are taken.
"""
# ruff: noqa: T201

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images

import pinxit

SIDE, GAP = 240, 4


def main() -> None:
    """Write the grid."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--list", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/grid.jpg"))
    options = parser.parse_args()
    works = sorted(options.paintings.rglob("*.jpg"))
    if options.list:
        named = set(options.list.read_text().split())
        works = [w for w in works if f"{w.parent.name}/{w.name}" in named]
    rng = np.random.default_rng(options.seed)
    hands = rng.permutation(sorted({w.parent.name for w in works}))[:6]
    styles = [rng.choice([w for w in works if w.parent.name == hand]) for hand in hands]
    china, flower = load_sample_images().images
    camera = np.repeat(data.camera()[..., None], 3, 2)
    photos = [
        data.astronaut(),
        data.chelsea(),
        data.coffee(),
        data.rocket(),
        china,
        flower,
        camera,
        data.hubble_deep_field(),
    ]
    whole = Image.new("RGB", ((len(photos) + 1) * (SIDE + GAP), (len(styles) + 1) * (SIDE + GAP)), "white")
    for x, photo in enumerate(photos):
        whole.paste(square(photo), ((x + 1) * (SIDE + GAP), 0))
    for y, work in enumerate(styles):
        print(f"row {y + 1}: {work.parent.name}/{work.name}")
        whole.paste(square(np.asarray(Image.open(work).convert("RGB"))), (0, (y + 1) * (SIDE + GAP)))
        style = pinxit.learn(work, kind="art", minutes=0)
        for x, photo in enumerate(photos):
            whole.paste(
                square(pinxit.transfer(fitted(photo), style).to_array()),
                ((x + 1) * (SIDE + GAP), (y + 1) * (SIDE + GAP)),
            )
    whole.save(options.output, quality=85)
    print(options.output)


def fitted(photo: np.ndarray, longest: int = 640) -> np.ndarray:
    """The photo with this longest side."""
    image = Image.fromarray(photo)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(image)


def square(photo: np.ndarray) -> Image.Image:
    """The middle square, made small."""
    image = Image.fromarray(photo)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 3
    return image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
