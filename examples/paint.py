"""Learn a hand from painted pictures and give it to photos.

    python examples/paint.py [FOLDER] [MINUTES]

No paintings come with the packages that pinxit stands on, so a small program paints the references: strokes along the
forms of sample photos, in an evening palette. With paintings of your own: pinxit learn paintings/ --name NAME.
Everything is left in FOLDER (demo/).
"""
# ruff: noqa: T201

import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from skimage import data
from sklearn.datasets import load_sample_images

import pinxit

PALETTE = np.array([[24, 26, 54], [92, 44, 72], [186, 82, 60], [232, 158, 72], [246, 222, 160], [70, 110, 120]], float)


def painted(photo: np.ndarray, seed: int) -> np.ndarray:
    """A photo as a few thousand strokes, wide ones first, along its forms and in the palette's colours."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(photo).resize((512, 512 * photo.shape[0] // photo.shape[1]))
    smooth = np.asarray(image.filter(ImageFilter.GaussianBlur(4)), float)
    down, along = np.gradient(np.asarray(image.convert("L").filter(ImageFilter.GaussianBlur(6)), float))
    canvas = Image.new("RGB", image.size, (236, 214, 170))
    draw = ImageDraw.Draw(canvas)
    for width, count, reach in ((14, 2500, 26), (7, 6000, 15), (3, 9000, 8)):
        for _ in range(count):
            x, y = int(rng.integers(image.width)), int(rng.integers(image.height))
            turn = np.arctan2(along[y, x], -down[y, x]) + rng.normal(0, 0.25)
            near = PALETTE[((PALETTE - smooth[y, x]) ** 2).sum(1).argmin()]
            colour = np.clip(0.3 * smooth[y, x] + 0.7 * near + rng.normal(0, 12, 3), 0, 255).astype(int)
            dx, dy = reach * np.cos(turn), reach * np.sin(turn)
            draw.line((x - dx, y - dy, x + dx, y + dy), tuple(colour), width)
    return np.asarray(canvas)


def main(folder: Path, minutes: float) -> None:
    """Run the demonstration."""
    china, flower = load_sample_images().images
    works = [painted(photo, seed) for seed, photo in enumerate((china, data.coffee(), data.chelsea()))]
    photos = {"astronaut": data.astronaut(), "rocket": data.rocket(), "flower": flower}
    for name, arrays in (("paintings", works), ("painted", ())):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, array in enumerate(arrays):
            Image.fromarray(array).save(folder / name / f"{number + 1}.png")

    start = time.perf_counter()
    style = pinxit.learn(
        works, name="evening strokes", kind="art", minutes=minutes, home=folder / "library", replace=True
    )
    print(f"learned a hand from 3 paintings in {time.perf_counter() - start:.0f} s: {style.provenance.method}")
    style.save(folder / "evening strokes.pinxit")
    rows = []
    for name, photo in photos.items():
        result = pinxit.transfer(photo, style)
        result.save(folder / "painted" / f"{name}.png")
        figures = pinxit.measure(content=photo, result=result, references=works)
        kept, colour, texture = (figures[figure].value for figure in ("ssim", "colour", "texture"))
        print(f"  {name:10} structure kept {kept:.2f}   colour left {colour:.2f}   texture left {texture:.2f}")
        rows.append((photo, works[len(rows)], result.to_array()))
    sheet(rows).save(folder / "painted.jpg", quality=92)
    print("(1 is the untouched photo in all three; the reference's own colours and strokes have 0 left)")
    print(f"photo, painting, painted photo   {folder / 'painted.jpg'}")


def sheet(rows: list[tuple[np.ndarray, ...]], side: int = 400) -> Image.Image:
    """Rows of pictures, each scaled to a height."""
    lines = [[Image.fromarray(a).resize((a.shape[1] * side // a.shape[0], side)) for a in row] for row in rows]
    whole = Image.new("RGB", (max(sum(i.width for i in line) for line in lines), side * len(lines)), (22, 22, 24))
    for y, line in enumerate(lines):
        x = 0
        for image in line:
            whole.paste(image, (x, y * side))
            x += image.width
    return whole


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"), float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
