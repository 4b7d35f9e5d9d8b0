"""Make the packaged set of ordinary photos: small thumbnails without a look, and clouds of colours by domain.

    python recipes/ordinary.py PHOTOS MANIFEST.csv OUT [--leave-out NAMES.txt]

Thumbnails are only of photos whose licence in the manifest is CC0 or public domain, and of no portraits. Clouds are of
all photos, 128 colours each without their places, so that no picture can be seen in them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save

from pinxit.picture.sampling import thumbnail

SIDE = 48
SHARES = {"people-and-offices": 40, "food": 32, "nature-and-city": 32, "clothing": 24}


def colour_clouds(photos: Path, paths: list[str], left_out: set[str]) -> tuple[np.ndarray, np.ndarray]:
    """128 colours of up to 80 photos a domain, (photos, 128, 3) uint8, and their domains, (photos,) uint8."""
    rng = np.random.default_rng(0)
    groups: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda p: hashlib.sha256(p.encode()).hexdigest()):
        parts = Path(path).parts
        if "research-only" not in parts and parts[-1] not in left_out:
            groups.setdefault("/".join(parts[1:3]) if parts[1] == "scenes" else parts[1], []).append(path)
    clouds, domains = [], []
    for number, name in enumerate(sorted(groups)):
        for path in groups[name][:80]:
            with Image.open(photos / Path(path).relative_to("photos")) as image:
                pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
            clouds.append(pixels[rng.integers(0, len(pixels), 128)])
            domains.append(number)
    return np.stack(clouds), np.array(domains, np.uint8)


def main() -> None:
    """Pick by a hash of the name, so that the choice is fixed and nobody's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--leave-out", type=Path)
    arguments = parser.parse_args()
    left_out = set(arguments.leave_out.read_text().split()) if arguments.leave_out else set()
    with arguments.manifest.open(newline="", encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if r["path"].startswith("photos/")]
    free = [
        r["path"] for r in rows if r["licence"].startswith(("CC0", "public domain")) and "portraits" not in r["path"]
    ]
    free = sorted(free, key=lambda p: hashlib.sha256(p.encode()).hexdigest())
    chosen = []
    for word, count in SHARES.items():
        chosen += [p for p in free if f"/{word}/" in p and Path(p).name not in left_out][:count]
    thumbs = []
    for path in chosen:
        with Image.open(arguments.photos / Path(path).relative_to("photos")) as image:
            thumbs.append(np.rint(thumbnail(np.asarray(image.convert("RGB")), SIDE) * 255).astype(np.uint8))
    clouds, domains = colour_clouds(arguments.photos, [r["path"] for r in rows], left_out)
    data = save(
        {
            "thumbnails": np.ascontiguousarray(np.stack(thumbs).transpose(0, 3, 1, 2)),
            "clouds": clouds,
            "domains": domains,
        }
    )
    about = {"thumbnails": len(chosen), "licences": "CC0 1.0 or public domain", "shares": SHARES, "clouds": len(clouds)}
    card = {
        "format": 1,
        "sha256": hashlib.sha256(data).hexdigest(),
        "about": about,
    }
    (arguments.out / "ordinary.safetensors").write_bytes(data)
    (arguments.out / "ordinary.json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
