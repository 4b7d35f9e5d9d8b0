"""Feature networks: which crops they see, and by which name."""

import numpy as np
import pytest
import torch

from pinxit.errors import InputError, ShapeError
from pinxit.measuring.features import FeatureNetwork, crops, eye_network, feature_network, small_squares, tensor
from pinxit.networks.weights import load_weights

PLAIN = FeatureNetwork("plain", lambda x, depth=4: [x])


def places(height, width):
    """A picture whose red is the row and whose green is the column."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([y, x, 0 * x], -1)


def test_crops_reach_from_border_to_border():
    found = crops(tensor(places(10, 22)), 6)
    corners = [(int(one[0, 0, 0]), int(one[1, 0, 0])) for one in found]
    assert found.shape == (9, 3, 6, 6)
    assert corners == [(y, x) for y in (0, 2, 4) for x in (0, 8, 16)]
    with pytest.raises(ShapeError, match=r"22 x 10.*11 pixels"):
        crops(tensor(places(10, 22)), 11)


def test_samples_are_means_of_crops():
    found = PLAIN.samples(places(128, 256))
    assert found.shape == (9, 3) and found.dtype == np.float64
    assert found[:, 0] == pytest.approx([63.5] * 9)
    assert sorted(set(found[:, 1])) == pytest.approx([63.5, 127.5, 191.5])


def test_views():
    found = small_squares(places(100, 140) / 140, 10)
    assert found.shape == (10, 3, 10, 10)
    middle = found.mean((2, 3)) * 140
    assert middle[0, :2].tolist() == pytest.approx([49.5, 69.5], abs=0.1)
    assert middle[1, :2].tolist() == pytest.approx([37, 37], abs=0.1)  # the first of nine: 75 pixels from the corner
    assert middle[9, :2].tolist() == pytest.approx([62, 102], abs=0.1)


def test_layouts():
    rng = np.random.default_rng(0)
    a, b = (np.kron(rng.random((8, 8, 3)), np.ones((16, 16, 1))).astype(np.float32) for _ in range(2))
    one, other = PLAIN.layout(a), PLAIN.layout(b)
    assert one @ one == pytest.approx(1, abs=1e-5) and abs(one @ other) < 0.3
    assert one @ PLAIN.layout(0.3 + 0.2 * a) == pytest.approx(1, abs=1e-3)


def test_the_eye_is_named_by_its_weights():
    network = feature_network()
    assert network.name == eye_network().name == "eye-" + load_weights("eye")[0]["sha256"][:8]
    picture = np.random.default_rng(1).random((128, 130, 3)).astype(np.float32)
    assert [x.shape[1] for x in network.maps(picture)] == [32, 64, 128, 256]
    assert network.samples(picture).shape == (9, 128)


def test_vgg_where_its_weights_are(tmp_path):
    from safetensors.torch import save_file

    from pinxit.networks.vgg import Vgg19

    torch.manual_seed(0)
    judge = Vgg19(widths=(2, 2, 3, 3, 4, 4, 4, 4, 5))
    save_file(judge.state_dict(), tmp_path / "judge.safetensors")
    network = feature_network(str(tmp_path / "judge.safetensors"))
    assert network.name == "vgg19" and network.samples(places(128, 128) / 128).shape == (9, 4)
    with pytest.raises(InputError, match=r"'inception'.*eye, vgg19"):
        feature_network("inception")
