"""Learn a look from four photos, give it to three others, and see how near it comes to the truth.

    python examples/demo.py [FOLDER]

The photos come with scikit-image and scikit-learn. They get a look that is written down below and hidden from the
learner, so the right result is known and the distance to it can be measured. Everything is left in FOLDER (demo/).
"""
# ruff: noqa: T201

import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data
from sklearn.datasets import load_sample_images

import pinxit
from pinxit.color import ciede2000, srgb_to_lab, unit_float

INK, QUIET, PAPER = (236, 232, 224), (150, 146, 140), (22, 22, 24)
TILE, GAP = 300, 16


def sample_photos() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Photos to learn from and photos to give the look to, (H, W, 3) uint8."""
    china, flower = load_sample_images().images
    references = {
        "china": china,
        "coffee": data.coffee(),
        "motorcycle": data.stereo_motorcycle()[0],
        "rocket": data.rocket(),
    }
    return references, {"astronaut": data.astronaut(), "cat": data.chelsea(), "flower": flower}


def hidden_look(photo: np.ndarray) -> np.ndarray:
    """A faded evening: soft contrast, lifted blacks, teal shadows, amber lights, a little less colour."""
    rgb = unit_float(photo)
    rgb = rgb + 0.14 * np.sin(2 * np.pi * (rgb - 0.5)) * -0.6
    grey = rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    rgb = grey[..., None] + 0.78 * (rgb - grey[..., None])
    light = np.clip(grey, 0, 1)[..., None]
    rgb = rgb + (1 - light) ** 2 * np.array([-0.03, 0.02, 0.05]) + light**2 * np.array([0.07, 0.02, -0.09])
    return np.rint(np.clip(0.06 + 0.92 * rgb, 0, 1) * 255).astype(np.uint8)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean CIEDE2000 between two pictures."""
    return float(ciede2000(srgb_to_lab(a), srgb_to_lab(b)).mean())


def main(folder: Path) -> None:
    """Run the demonstration."""
    references, photos = sample_photos()
    graded = save_all(folder / "references", {name: hidden_look(photo) for name, photo in references.items()})
    originals = save_all(folder / "photos", photos)

    start = time.perf_counter()
    style = pinxit.learn(graded, name="faded evening", kind="photo", home=folder / "library", replace=True)
    seconds = time.perf_counter() - start
    style.save(folder / "faded evening.pinxit")
    cube = pinxit.export(style, folder / "faded evening.cube", size=33)

    rows = []
    for path in originals:
        result = pinxit.transfer(path, style)
        (folder / "results").mkdir(exist_ok=True)
        result.save(folder / "results" / path.name)
        before, truth = photos[path.stem], hidden_look(photos[path.stem])
        rows.append(
            (path.stem, before, result.to_array(), truth, distance(before, truth), distance(result.to_array(), truth))
        )
    sheet = contact_sheet([np.asarray(Image.open(path)) for path in graded], rows)
    sheet.save(folder / "before-after.jpg", quality=92)
    report(folder, cube, seconds, rows)


def save_all(folder: Path, photos: dict[str, np.ndarray]) -> list[Path]:
    """Save arrays as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [pinxit.Picture.open(photo).save(folder / f"{name}.png", label=None) for name, photo in photos.items()]


def report(folder: Path, cube: Path, seconds: float, rows: list[tuple]) -> None:
    """Say what was measured and where everything is."""
    print(f"learned a look from 4 photos in {seconds:.1f} s")
    print("mean CIEDE2000 to the hidden look's own result (1 is hardly visible):")
    for name, *_, before, after in rows:
        print(f"  {name:10} untouched {before:5.2f}   transferred {after:5.2f}")
    untouched, transferred = (float(np.mean([row[i] for row in rows])) for i in (4, 5))
    print(f"  {'mean':10} untouched {untouched:5.2f}   transferred {transferred:5.2f}")
    print(f"results        {folder / 'results'}")
    print(f"before/after   {folder / 'before-after.jpg'}")
    print(f"style          {folder / 'faded evening.pinxit'}")
    print(f"lookup table   {cube}")


def contact_sheet(references: list[np.ndarray], rows: list[tuple]) -> Image.Image:
    """The references above, then every photo before, after, and as it should be."""
    width = 3 * TILE + 4 * GAP
    small = (width - (len(references) + 1) * GAP) // len(references)
    top = 112 + small * 2 // 3
    step = TILE * 2 // 3 + 58
    sheet = Image.new("RGB", (width, top + 30 + step * len(rows)), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 18), "pinxit", INK, ImageFont.load_default(30))
    draw.text(
        (GAP, 62),
        "learned from these photos, which have a look that the learner was not told:",
        QUIET,
        ImageFont.load_default(16),
    )
    for i, photo in enumerate(references):
        sheet.paste(tile(photo, small, small * 2 // 3), (GAP + i * (small + GAP), 92))
    for line, (name, before, result, truth, untouched, transferred) in enumerate(rows):
        y = top + 24 + line * step
        labels = (
            f"{name}: before, CIEDE2000 {untouched:.1f}",
            f"with the learned look, CIEDE2000 {transferred:.1f}",
            "the hidden look itself",
        )
        for column, (photo, label) in enumerate(zip((before, result, truth), labels, strict=True)):
            x = GAP + column * (TILE + GAP)
            sheet.paste(tile(photo, TILE, TILE * 2 // 3), (x, y))
            draw.text((x, y + TILE * 2 // 3 + 8), label, INK if column == 1 else QUIET, ImageFont.load_default(15))
    return sheet


def tile(photo: np.ndarray, width: int, height: int) -> Image.Image:
    """A photo filling a tile; more is cut off below than above, where heads are."""
    image = Image.fromarray(photo)
    scale = max(width / image.width, height / image.height)
    image = image.resize(
        (round(image.width * scale + 0.5), round(image.height * scale + 0.5)), Image.Resampling.LANCZOS
    )
    left, top = (image.width - width) // 2, (image.height - height) // 3
    return image.crop((left, top, left + width, top + height))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
