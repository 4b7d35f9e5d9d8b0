"""Fit the eye's second head (whose hand, and is it a photo?) again, on statistics of larger crops. Run:

    python recipes/hands.py ART PHOTOS WEIGHTS

ART: folders of works, one for each hand. PHOTOS: as for look.toml. WEIGHTS: folder with eye.safetensors, to be changed.
The network learns hands from crops of 96 pixels beside its small photos; a logistic regression on the finished
features, from crops of 192 pixels as ``learning.texture.kind_of`` cuts them, tells hands and photos better apart.
"""
# ruff: noqa: T201

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.linear_model import LogisticRegression

from pinxit.networks.encoder import ContentEncoder, channel_statistics
from pinxit.networks.weights import load_weights, save_weights

SIDE, HERE = 192, Path(__file__).parent
REGULARITY = 0.01  # C of the regression, chosen among 0.003, 0.01 and 0.03 for equal recall of photos and works


def crops(path: Path, count: int, rng: np.random.Generator, *, varied: bool) -> torch.Tensor:
    """Random crops (count, 3, 192, 192); all but the first get another tone where ``varied``."""
    picture = np.asarray(Image.open(path).convert("RGB"))
    side = min(SIDE, *picture.shape[:2])
    found = []
    for number in range(count):
        top, left = (int(rng.integers(n - side + 1)) for n in picture.shape[:2])
        x = torch.from_numpy(picture[top : top + side, left : left + side].copy()).permute(2, 0, 1)[None].float() / 255
        x = x if side == SIDE else F.interpolate(x, (SIDE, SIDE), mode="bilinear", align_corners=False)
        if varied and number:
            x = x.mean(1, True).expand(-1, 3, -1, -1) if rng.random() < 0.3 else x
            gain = torch.from_numpy(rng.normal(1, 0.12, (1, 3, 1, 1))).float()
            x = (x ** float(np.exp(rng.normal(0, 0.25))) * gain + float(rng.normal(0, 0.06))).clamp(0, 1)
        found.append(x)
    return torch.cat(found)


def main(art: Path, photos: Path, weights: Path) -> None:
    """Fit, report on held-out works and photos, write."""
    card, tensors = load_weights("eye", weights)
    eye = ContentEncoder(**card["settings"])
    eye.load_state_dict(tensors)
    held = set((HERE / "held-out-art.txt").read_text().split()), set((HERE / "held-out-photos.txt").read_text().split())
    folders = sorted(p.name for p in art.iterdir() if p.is_dir())
    works = [
        (p, folders.index(p.parent.name), f"{p.parent.name}/{p.name}" in held[0]) for p in sorted(art.rglob("*.jpg"))
    ]
    others = [p for p in sorted(photos.rglob("*.jpg")) if "research-only" not in p.parts]
    rng, known, judged = np.random.default_rng(0), [], []
    for path, hand, test in works + [(p, len(folders), p.name in held[1]) for p in others]:
        count = 4 if test else 3 if hand < len(folders) else 2
        with torch.inference_mode():
            found = torch.cat(channel_statistics(eye(crops(path, count, rng, varied=not test))), 1).numpy()
        (judged if test else known).append((found, hand))
    x, y = np.concatenate([f for f, _ in known]), np.concatenate([[hand] * len(f) for f, hand in known])
    mean, spread = x.mean(0), x.std(0) + 1e-3
    model = LogisticRegression(C=REGULARITY, max_iter=400).fit((x - mean) / spread, y)
    with torch.no_grad():
        eye.hands.weight.zero_(), eye.hands.bias.fill_(-20)  # a hand without works is never named
        rows = torch.from_numpy(model.classes_)
        eye.hands.weight[rows] = torch.from_numpy(model.coef_ / spread).float()
        eye.hands.bias[rows] = torch.from_numpy(model.intercept_ - (model.coef_ / spread) @ mean).float()
        said = torch.stack([eye.hands(torch.from_numpy(f)).softmax(1).mean(0) for f, _ in judged]).numpy()
    truth = np.array([hand for _, hand in judged])
    photo, met = truth == len(folders), np.isin(truth, model.classes_)
    print(f"hands of held-out works {np.mean(said.argmax(1)[met & ~photo] == truth[met & ~photo]):.3f}")
    print(f"photos known as photos {np.mean(said[photo, -1] > 0.5):.3f}")
    print(f"works known as works {np.mean(said[~photo, -1] <= 0.5):.3f}")
    print(f"works of hands never met, as works {np.mean(said[~met, -1] <= 0.5):.3f}")
    save_weights(eye, weights, "eye", about=card["about"])


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:4]))
