"""Packaged weights: whole or refused."""

import json

import pytest
import torch

from pinxit.errors import StyleError
from pinxit.networks.correct import ExposureCorrector
from pinxit.networks.weights import (
    exposure_corrector,
    eye,
    load_weights,
    look_predictor,
    ordinary_thumbnails,
    save_weights,
)


def test_round_trip(tmp_path):
    network = ExposureCorrector(code=8, width=16)
    save_weights(network, tmp_path, "x", about={"steps": 1}, half=False)
    card, tensors = load_weights("x", tmp_path)
    assert card["settings"] == network.settings and card["about"] == {"steps": 1}
    assert all(torch.equal(v, tensors[k]) for k, v in network.state_dict().items())


def test_damage_is_noticed(tmp_path):
    path = save_weights(ExposureCorrector(code=8, width=16), tmp_path, "x", about={})
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(StyleError, match="install pinxit again"):
        load_weights("x", tmp_path)


def test_other_formats_and_missing_files_are_refused(tmp_path):
    path = save_weights(ExposureCorrector(code=8, width=16), tmp_path, "x", about={})
    card = json.loads((tmp_path / "x.json").read_text())
    (tmp_path / "x.json").write_text(json.dumps(card | {"format": 99}))
    with pytest.raises(StyleError):
        load_weights("x", tmp_path)
    path.unlink()
    with pytest.raises(StyleError):
        load_weights("x", tmp_path)


def test_shipped_weights_load_and_have_a_card():
    predictor, corrector = look_predictor(), exposure_corrector()
    assert predictor.settings["side"] == corrector.settings["side"]
    assert corrector.settings["code"] == 2 * predictor.settings["width"]
    thumbs = ordinary_thumbnails()
    assert thumbs.shape[1:] == (3, 48, 48) and thumbs.min() >= 0 and thumbs.max() <= 1
    for name in ("look", "correct", "ordinary"):
        assert load_weights(name)[0]["about"], name


def test_who_asks_first_in_inference_mode_does_not_spoil_it_for_gradients():
    eye.cache_clear()
    with torch.inference_mode():
        eye()
    pixels = torch.rand(1, 3, 16, 16, requires_grad=True)
    eye()(pixels)[0].sum().backward()
    assert pixels.grad.abs().max() > 0
