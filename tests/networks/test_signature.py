"""The signature: two linear projections side by side, and the shipped one."""

import numpy as np
import pytest
import torch

from pinxit.errors import ShapeError
from pinxit.networks.signature import KINDS, Signature
from pinxit.networks.weights import eye, load_weights, look_predictor, save_weights, signature, signature_version


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = Signature(statistics=5, look=4, hand=2, tone=3, hands=("a", "b", "c"))
    for buffer in made.buffers():
        buffer.copy_(torch.randn(buffer.shape))
    return made


def test_both_parts(network):
    seen, look = torch.randn(6, 5), torch.randn(6, 4)
    found = network(seen, look).numpy()
    for row in range(6):
        for column in range(5):
            part, x, at = ("hand", seen, column) if column < 2 else ("tone", look, column - 2)
            mean, axes = (getattr(network, f"{part}_{name}").numpy() for name in ("mean", "axes"))
            wanted = sum((x[row, i].item() - mean[i]) * axes[i, at] for i in range(len(mean)))
            assert found[row, column] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    "shapes", [((2, 4), (2, 4)), ((2, 5), (2, 5)), ((2, 5), (3, 4)), ((5,), (4,)), ((1, 2, 5), (1, 4))]
)
def test_other_lengths_are_refused(network, shapes):
    with pytest.raises(ShapeError, match=r"\(B, 5\) and \(B, 4\)"):
        network(*(torch.zeros(shape) for shape in shapes))


def test_round_trip(network, tmp_path):
    save_weights(network, tmp_path, "x", about={}, half=False)
    card, tensors = load_weights("x", tmp_path)
    back = Signature(**card["settings"])
    back.load_state_dict(tensors)
    assert back.settings["hands"] == ["a", "b", "c"] and len(tensors) == 11
    assert all(torch.equal(v, getattr(back, k)) for k, v in network.state_dict().items())


def test_shipped():
    network = signature()
    assert network.settings["statistics"] == 2 * sum(eye().settings["widths"])
    assert network.settings["look"] == 2 * look_predictor().settings["width"]
    assert len(signature_version()) == 16 and len(set(network.settings["hands"])) == len(network.prototypes) == 29
    for name in ("between", "within"):
        for kind in range(len(KINDS)):
            covariance = getattr(network, name)[kind].double().numpy()
            np.testing.assert_allclose(covariance, covariance.T, atol=1e-4)
            assert np.linalg.eigvalsh(covariance).min() > 0
    assert (network.trust[:, 0] > 0).all() and 0 < network.apart < 1 and (network.counts >= 2).all()
