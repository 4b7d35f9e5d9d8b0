"""Works: which of several references a picture is brought to."""

import numpy as np
import pytest
import torch

from pinxit.networks.works import PERPLEXITY, Works


def works(*means, colours=200, spread=0.05):
    rng = np.random.default_rng(0)
    palettes = np.stack([rng.normal(mean, spread, (colours, 3)) for mean in means]).astype(np.float32)
    bands = torch.linspace(-1, 1, 5).expand(len(means), 2, 3, 5) * torch.arange(1, len(means) + 1).view(-1, 1, 1, 1)
    return Works(torch.from_numpy(palettes), bands)


def cloud(mean, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).normal(mean, 0.05, (300, 3)).astype(np.float32))


def perplexity(shares):
    p = shares.double().numpy()
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


def test_one_work_has_all_to_say():
    alone = works((0.2, 0.3, 0.8))
    assert alone.shares(cloud(0.9)).tolist() == [1.0]
    palette, bands = alone.suited(cloud(0.9))
    assert torch.allclose(bands, alone.bands[0])
    assert {tuple(c) for c in palette.tolist()} == {tuple(c) for c in alone.palettes[0].tolist()}


def test_nearer_works_have_more_to_say():
    shares = works(0.1, 0.3, 0.5, 0.7, 0.9, 0.2, 0.8).shares(cloud(0.32))
    assert shares.sum().item() == pytest.approx(1, abs=1e-6)
    assert shares.argsort(descending=True)[:2].tolist() == [1, 5]
    assert shares[4] == shares.min()


@pytest.mark.parametrize("count", [2, 3, 4, 6, 7, 20])
@pytest.mark.parametrize("spread", [0.01, 1.0])
def test_about_so_many_share_whatever_the_distances(count, spread):
    means = 0.5 + spread * np.linspace(-0.4, 0.4, count)
    shares = works(*means).shares(cloud(0.5 - 0.4 * spread))
    assert perplexity(shares) == pytest.approx(max(1, min(PERPLEXITY, count / 2)), rel=0.02)


def test_palettes_are_mixed_by_the_shares():
    several = works(0.1, 0.35, 0.5, 0.65, 0.9, 0.99)
    shares = several.shares(cloud(0.6))
    palette, bands = several.suited(cloud(0.6))
    assert bands.numpy() == pytest.approx(several.bands.numpy().mean(0), abs=1e-5), "strokes are those of all"
    owners = [{tuple(c) for c in p.tolist()} for p in several.palettes]
    counts = np.array([sum(tuple(c) in owner for c in palette.tolist()) for owner in owners])
    assert counts / counts.sum() == pytest.approx(shares.numpy(), abs=2e-3)


def test_the_order_of_pixels_and_works_does_not_matter():
    several, colours = works(0.1, 0.4, 0.6, 0.9), cloud(0.5)
    turned = Works(several.palettes.flip(0).flip(1), several.bands.flip(0))
    assert turned.shares(colours.flip(0)).flip(0).numpy() == pytest.approx(several.shares(colours).numpy(), abs=1e-5)
