"""Fit the signature: projections, how styles lie, bundled hands, and how far to trust all that. Run:

    python recipes/signature.py ART PHOTOS LOOKS WEIGHTS

ART: folders of works, one for each hand. PHOTOS: as for look.toml. LOOKS: folder of .cube files; those named in
``AWAY`` are left out. WEIGHTS: folder for signature.safetensors. Held-out works and photos are never opened. About five
minutes.
"""
# ruff: noqa: T201

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.linalg import eigh
from scipy.optimize import minimize
from sklearn.metrics import adjusted_rand_score

from pinxit.exporting.cube import read_cube
from pinxit.learning.grouping import distances, linked
from pinxit.learning.looks import at_nodes, grid_nodes, mixed_looks, synthetic_looks
from pinxit.learning.recognizer import Known, StyleRecognizer, hand_recognizer, statistics_of
from pinxit.networks.signature import BUNDLED, PAINTED, PHOTO, Signature
from pinxit.networks.weights import look_predictor, save_weights
from pinxit.picture.sampling import thumbnail
from pinxit.picture.shrink import shrink

HERE = Path(__file__).parent
AWAY = (
    "fuji-160c fuji-800z polaroid-669 kodak-elite crispwinter softwarming ilford "  # validation
    "polaroid-px-680 kodak-ektachrome kodak-kodachrome fuji-provia fuji-fp-100c tealorange smokey "  # tests
    "kodak-tri-x kodak-t-max"
)
HAND, TONE, SHRINK = 29, 24, {"hand": 1.0, "tone": 3.0}
SPREAD = 0.3  # how far covariances are brought to their diagonals
FOLDS, GRID = 5, 17


def statistics(paths: list[Path], look: torch.Tensor | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Statistics and look codes of pictures, with a look, (nodes, 3), if one came."""
    arrays = [shrink(np.asarray(Image.open(path).convert("RGB")), 384) for path in paths]
    return statistics_of([graded(a, look) for a in arrays] if look is not None else arrays)


def graded(array: np.ndarray, look: torch.Tensor) -> np.ndarray:
    """A picture with a look, uint8."""
    pixels = torch.from_numpy(array.reshape(1, -1, 3) / np.float32(255))
    return (at_nodes(look[None], pixels)[0].numpy() * 255).round().astype(np.uint8).reshape(array.shape)


def look_codes(paths: list[Path], looks: torch.Tensor, each: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Look codes of ``each`` photos with every look, and the look's number; from thumbnails alone."""
    network, codes = look_predictor(), []
    small = np.stack([thumbnail(np.asarray(Image.open(path).convert("RGB")), 48) for path in paths])
    for look in looks:
        chosen = torch.from_numpy(small[rng.choice(len(small), each, replace=False)].reshape(1, -1, 3))
        pixels = (at_nodes(look[None], chosen) * 255).round().view(each, 1, 48, 48, 3).permute(0, 1, 4, 2, 3) / 255
        with torch.inference_mode():
            codes.append(network(pixels)["code"].numpy())
    return np.concatenate(codes), np.repeat(np.arange(len(looks)), each)


def moments(x: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of the classes, covariance within them and, freed of chance, between them; weights by roots of sizes."""
    members = [x[truth == one] for one in np.unique(truth)]
    weights = np.array([len(m) for m in members]) ** 0.5
    within = sum(w * np.cov(m.T, ddof=1) for w, m in zip(weights, members, strict=True)) / weights.sum()
    means = np.stack([m.mean(0) for m in members])
    chance = np.mean([1 / len(m) for m in members])
    return means.mean(0), within, np.cov(means.T) - chance * within


def discriminants(x: np.ndarray, truth: np.ndarray, count: int, shrunk: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean (F,) and axes (F, count) along which classes lie farthest apart, beside how their members scatter."""
    mean, spread = x.mean(0), x.std(0) + 1e-3
    _, within, between = moments((x - mean) / spread, truth)
    within += shrunk * np.trace(within) / len(within) * np.eye(len(within))
    values = eigh(between, within, subset_by_index=(len(within) - count, len(within) - 1))[1]
    return mean, values[:, ::-1] / spread[:, None]


def describe(network: Signature, row: int, x: np.ndarray, truth: np.ndarray) -> None:
    """Write down how the styles of a kind lie."""
    centre, within, between = moments(x, truth)
    within, between = ((1 - SPREAD) * c + SPREAD * np.diag(np.diag(c).clip(1e-3)) for c in (within, between))
    values, vectors = np.linalg.eigh(between)
    parts = {"centre": centre, "within": within, "between": (vectors * values.clip(1e-3)) @ vectors.T}
    for name, value in parts.items():
        getattr(network, name)[row] = torch.from_numpy(value).float()


def fitted(art: dict, looks: dict) -> Signature:
    """A network from works and plain photos, and photos with looks: trust and apart are still unset."""
    hands = sorted(set(art["truth"]) - {PHOTO})
    network = Signature(hand=min(HAND, len(hands)), tone=TONE, hands=hands)
    sources = {"hand": (art["statistics"], art["truth"]), "tone": (looks["many"], looks["many_truth"])}
    for part, (x, truth) in sources.items():
        mean, axes = discriminants(x, truth, network.settings[part], SHRINK[part])
        setattr(network, f"{part}_mean", torch.from_numpy(mean).float())
        setattr(network, f"{part}_axes", torch.from_numpy(axes.copy()).float())
    x = projected(network, art["statistics"], art["codes"])
    works = art["truth"] != PHOTO
    describe(network, 0, x[works], art["truth"][works])
    describe(network, 1, projected(network, looks["statistics"], looks["codes"]), looks["truth"])
    for row, hand in enumerate(hands):
        network.prototypes[row] = torch.from_numpy(x[art["truth"] == hand].mean(0))
        network.counts[row] = float((art["truth"] == hand).sum())
    return network


def projected(network: Signature, seen: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Signatures of statistics."""
    with torch.inference_mode():
        return network(torch.from_numpy(seen).float(), torch.from_numpy(codes).float()).numpy()


def trials(network: Signature, x: np.ndarray, truth: np.ndarray, rng: np.random.Generator, count: int) -> list:
    """Sets of up to 12 styles from 1 to 10 references, and pictures in them or in none: ratios and the right place."""
    found, names = [], np.unique(truth)
    for _ in range(count):
        drawn = rng.permutation(names)
        known = drawn[: rng.integers(1, min(len(names) - 1, 12) + 1)]
        references, asked, right = {}, [], []
        for name in drawn[:16]:
            place = rng.permutation(np.flatnonzero(truth == name))
            each = min(int(rng.choice([1, 3, 5, 10])), len(place) - 2) if name in known else 0
            references |= {name: Known.of(x[place[:each]])} if each else {}
            asked += [*x[place[each : each + 4]]]
            right += [list(known).index(name) if each else -1] * len(place[each : each + 4])
        found.append((StyleRecognizer(network, references).ratios(np.stack(asked)), np.array(right)))
    return found


def trust(found: list) -> np.ndarray:
    """Scale and shift of ratios that make right answers most probable, pictures in none counting one half."""

    def loss(values: np.ndarray) -> float:
        total = 0.0
        for ratios, right in found:
            logits = np.concatenate(
                [values[0] * ratios + values[1] - np.log(ratios.shape[1]), np.zeros((len(right), 1))], 1
            )
            logs = logits - np.logaddexp.reduce(logits, 1)[:, None]
            each = -np.take_along_axis(logs, (right % logits.shape[1])[:, None], 1)[:, 0]
            total += sum(
                each[right < 0].mean() if side else each[right >= 0].mean()
                for side in (0, 1)
                if np.any((right < 0) == side)
            )
        return total / len(found)

    return minimize(loss, [0.5, 0.0], method="Nelder-Mead").x


def parted(source: dict, away: np.ndarray) -> tuple[dict, dict]:
    """A source without some of its rows, and these."""
    return {k: v[~away] for k, v in source.items()}, {k: v[away] for k, v in source.items()}


def known_hands(network: Signature, kept_back: dict, away: dict) -> tuple[np.ndarray, np.ndarray]:
    """Ratios of bundled hands for works kept back, and for those of hands that are not among them; the right place."""
    recognizer = hand_recognizer(network)
    x = np.concatenate([projected(network, part["statistics"], part["codes"]) for part in (kept_back, away)])
    right = [recognizer.names.index(hand) for hand in kept_back["truth"]] + [-1] * len(away["truth"])
    return recognizer.ratios(x), np.array(right)


def mixed_set(x: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """1 to 6 styles with 4 to 20 pictures each, and the truth."""
    names = np.unique(truth)
    drawn = rng.permutation(names)[: rng.integers(1, min(6, len(names)) + 1)]
    place = np.concatenate([rng.permutation(np.flatnonzero(truth == n))[: rng.integers(4, 21)] for n in drawn])
    return x[place], truth[place]


def main(art: Path, photos: Path, cubes: Path, weights: Path) -> None:
    """Describe, fit on folds of hands and of looks to learn what to trust, fit on all, write."""
    rng = np.random.default_rng(0)
    held = {word for kind in ("art", "photos") for word in (HERE / f"held-out-{kind}.txt").read_text().split()}
    works = [p for p in sorted(art.rglob("*.jpg")) if f"{p.parent.name}/{p.name}" not in held]
    plain = [p for p in sorted(photos.rglob("*.jpg")) if p.name not in held and "research-only" not in p.parts]
    chosen = [plain[i] for i in sorted(rng.permutation(len(plain))[:330])]
    seen, codes = statistics(works + chosen)
    drawn = {
        "statistics": seen,
        "codes": codes,
        "truth": np.array([p.parent.name for p in works] + [PHOTO] * len(chosen)),
    }
    print(len(works), "works", len(chosen), "photos", flush=True)
    files = [p for p in sorted(cubes.glob("*.cube")) if not p.stem.startswith(tuple(AWAY.split()))]
    films = torch.stack([torch.from_numpy(read_cube(p).resized(GRID).table.reshape(-1, 3).copy()) for p in files])
    seed = torch.Generator().manual_seed(0)
    made = torch.cat([synthetic_looks(180, GRID, seed), mixed_looks(120, films, seed)])
    many = torch.cat([grid_nodes(GRID)[None], films, made])
    few = torch.cat([grid_nodes(GRID)[None], films, made[rng.permutation(len(made))[:60]]])
    parts = [statistics([plain[i] for i in rng.permutation(len(plain))[:7]], look) for look in few]
    looks = {"statistics": np.concatenate([s for s, _ in parts]), "codes": np.concatenate([c for _, c in parts])}
    looks["truth"] = np.repeat(np.arange(len(few)), 7)
    looks["many"], looks["many_truth"] = look_codes(plain, many, 12, rng)
    print(len(many), "looks", flush=True)
    save(drawn, looks, len(films), weights, np.random.default_rng(1))


def save(drawn: dict, looks: dict, films: int, weights: Path, rng: np.random.Generator) -> None:
    """Learn from folds how far to trust, and write the network of all."""
    order = rng.permutation(sorted(set(drawn["truth"]) - {PHOTO}))
    found, sets = {PAINTED: [], PHOTO: [], BUNDLED: []}, []
    many = {k: v for k, v in looks.items() if k.startswith("many")}
    full = {k: v for k, v in looks.items() if k not in many}
    for fold in range(FOLDS):
        film = np.arange(1, 1 + films)[fold::FOLDS]
        rest, away = parted(drawn, np.isin(drawn["truth"], order[fold::FOLDS]))
        rest, back = parted(rest, rng.random(len(rest["truth"])) < 1 / FOLDS)
        plain, away_film = parted(full, np.isin(full["truth"], film))
        network = fitted(rest, plain | parted(many, np.isin(many["many_truth"], film))[0])
        found[BUNDLED].append(known_hands(network, back, away))
        for kind, source in ((PAINTED, away), (PHOTO, away_film)):
            x, truth = projected(network, source["statistics"], source["codes"]), source["truth"].astype(str)
            found[kind] += trials(network, x, truth, rng, 40)
            sets += [(network, *mixed_set(x, truth, rng)) for _ in range(20)]
    network, figures = fitted(drawn, looks), {}
    for row, (kind, each) in enumerate(found.items()):
        network.trust[row] = torch.from_numpy(trust(each))
        right = [np.mean(ratios[t >= 0].argmax(1) == t[t >= 0]) for ratios, t in each]
        figures[f"{kind}, named"] = round(float(np.mean(right)), 3)
    for other, _, _ in sets:
        other.trust.copy_(network.trust)
    tried = [(distances(x, other), truth) for other, x, truth in sets]
    cuts = np.linspace(0.2, 0.9, 36)
    scores = [np.mean([adjusted_rand_score(truth, linked(d, cut)) for d, truth in tried]) for cut in cuts]
    network.apart.fill_(float(cuts[int(np.argmax(scores))]))
    figures |= {"groups, adjusted Rand": round(float(max(scores)), 3)}
    print(figures, network.trust.tolist(), network.apart.item())
    save_weights(network, weights, "signature", about={"recipe": "recipes/signature.py", **figures}, half=False)


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:5]))
