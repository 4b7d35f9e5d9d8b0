"""StyleEncoder: statistics of references to one code."""

import pytest
import torch

from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.style_encoder import SCALES, StyleEncoder, describe, pool

WIDTHS = (4, 6, 8, 10)
LENGTH = 2 * sum(WIDTHS[:SCALES])


def references(count=5, seed=0):
    """Pictures of different spread and brightness."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(count, 3, 16, 16, generator=generator)
    return x ** torch.linspace(0.3, 3, count).view(-1, 1, 1, 1)


@pytest.fixture(scope="module")
def statistics():
    torch.manual_seed(0)
    with torch.no_grad():
        return describe(ContentEncoder(widths=WIDTHS, classes=2, hands=2).eval()(references(), SCALES))


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return StyleEncoder(widths=WIDTHS[:SCALES], hidden=16, code=12).eval()


def test_statistics_are_as_long_as_the_encoder_wants(statistics, encoder):
    assert statistics.shape == (5, LENGTH)
    assert encoder(statistics).shape == (5, 12)
    assert StyleEncoder().mean.shape == (2 * (32 + 64 + 128),)


def test_description_is_one_of_means_and_spreads():
    flat = describe([torch.full((1, 2, 4, 4), 0.25), torch.full((1, 1, 2, 2), 3.0)])
    assert flat[0].numpy() == pytest.approx([0.25, 0.25, 1e-3, 1e-3, 3.0, 1e-3], rel=1e-2)


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
def test_order_of_references_does_not_matter(statistics, encoder, order):
    with torch.no_grad():
        codes = encoder(statistics)
        a, b = encoder(pool(statistics)), encoder(pool(statistics[order]))
    assert (codes[order] - codes).abs().max() > 1e-2, "the references differ"
    assert torch.allclose(a, b, atol=1e-4)


def test_pool_is_the_mean(statistics):
    values = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 1.0]])
    assert pool(values).tolist() == [[3.0, 3.0]]
    assert pool(statistics).shape == (1, LENGTH)
    assert torch.allclose(pool(statistics[:1].expand(7, -1)), statistics[:1])


def test_every_reference_counts(statistics, encoder):
    with torch.no_grad():
        whole = encoder(pool(statistics))
        for i in range(5):
            rest = [j for j in range(5) if j != i]
            assert (encoder(pool(statistics[rest])) - whole).abs().max() > 1e-4


def test_places_in_a_reference_do_not_matter():
    x = torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(describe([x.flip(3)]), describe([x]), atol=1e-6)


def test_statistics_are_read_in_units_of_their_own_spread(encoder):
    other = StyleEncoder(**encoder.settings).eval()
    other.load_state_dict(encoder.state_dict())
    unit = torch.randn(3, LENGTH, generator=torch.Generator().manual_seed(0))
    mean, spread = torch.linspace(-2, 5, LENGTH), torch.linspace(0.1, 4, LENGTH)
    other.mean.copy_(mean), other.spread.copy_(spread)
    with torch.no_grad():
        assert torch.allclose(other(unit * spread + mean), encoder(unit), atol=1e-4)
        assert (other(unit) - encoder(unit)).abs().max() > 0.1
    assert {"mean", "spread"} <= set(other.state_dict()), "they travel with the weights"


def test_a_fresh_code_has_mean_0_and_spread_1(encoder, statistics):
    with torch.no_grad():
        code = encoder(statistics).double().numpy()
    assert code.mean(1) == pytest.approx([0.0] * 5, abs=1e-5)
    assert code.std(1) == pytest.approx([1.0] * 5, rel=1e-2)
