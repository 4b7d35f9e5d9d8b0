"""A training of a few steps, on photos that come with scikit-learn."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from pinxit.errors import InputError, LearningError
from pinxit.learning.bank import PhotoBank, random_crop, table_from_lut
from pinxit.learning.correct import CorrectRecipe, train_corrector
from pinxit.learning.looks import grid_nodes, synthetic_looks
from pinxit.learning.pretrain import pretrain
from pinxit.learning.pretrain_look import LookTrainer
from pinxit.learning.recipe import LookRecipe
from pinxit.learning.sources import Sources
from pinxit.networks.weights import load_weights
from pinxit.tone.lut import Lut

SMALL = "steps = 4\nthumbnails = 8\nlooks = 256\nshapes = 8\ngrid = 5\ncrops = 4\ncheckpoint = 2\nhold_out = ['held']\n"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    for name, photo in zip(("scenes/china/a", "scenes/flower/b"), load_sample_images().images, strict=True):
        (folder / name).parent.mkdir(parents=True)
        Image.fromarray(photo[::2, ::2]).save(folder / f"{name}.png")
    (folder / "research-only").mkdir()
    Image.fromarray(photo).save(folder / "research-only" / "c.png")
    return folder


def recipe(tmp_path, text=SMALL):
    path = tmp_path / "recipe.toml"
    path.write_text("[look]\n" + text)
    return path


def test_trains_and_writes_weights(photos, tmp_path):
    known = {"known": Lut.identity(5), "held-out": Lut.identity(5)}
    out = tmp_path / "out"
    result = pretrain(recipe(tmp_path), Sources(photos=photos, looks=known), out, board=True)
    card, _ = load_weights("look", out)
    assert result["steps"] == 4 and card["about"]["photos"] == 2 and card["about"]["known_looks"] == 1
    assert result["weights"] == str(out / "look.safetensors")
    assert load_weights("correct", out)[0]["about"]["recipe"]["steps"] == 4, "no more than the look's"
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]


def test_resumed_training_equals_an_uninterrupted_one(photos, tmp_path):
    bank = PhotoBank.read(sorted(photos.glob("scenes/*/*.png")), ["a", "b"], 48, 4, 0)
    options = LookRecipe.read(recipe(tmp_path))
    whole = LookTrainer(bank, None, options)
    for _ in range(3):
        whole.train_one()
    first = LookTrainer(bank, None, options)
    first.train_one()
    first.save(tmp_path)
    second = LookTrainer(bank, None, options)
    assert second.resume(tmp_path)
    for _ in range(2):
        second.train_one()
    for a, b in zip(whole.average.parameters(), second.average.parameters(), strict=True):
        assert torch.equal(a, b)


def test_unknown_keys_and_missing_photos(tmp_path, photos):
    with pytest.raises(InputError, match="setps"):
        LookRecipe.read(recipe(tmp_path, "setps = 3\n"))
    with pytest.raises(LearningError, match="no photos"):
        pretrain(recipe(tmp_path), Sources(photos=photos / "research-only"), tmp_path / "o")


def test_shares_of_domains(photos):
    paths = sorted(photos.glob("scenes/*/*.png"))
    bank = PhotoBank.read(paths, ["a", "b"], 16, 4, 0, {"a": 3.0, "b": 1.0})
    picked = bank.pick(4000, bank.shares, np.random.default_rng(0))
    assert np.mean(picked < 4) == pytest.approx(0.75, abs=0.03)
    with pytest.raises(InputError, match="shares"):
        PhotoBank.read(paths, ["a", "b"], 16, 4, 0, {"a": 1.0})


def test_crops_pick_real_pixels():
    array = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    crop = random_crop(array, 16, np.random.default_rng(0))
    colours = {tuple(c) for c in array.reshape(-1, 3)}
    assert crop.shape == (16, 16, 3) and all(tuple(c) in colours for c in crop.reshape(-1, 3))


def test_table_from_lut_is_read_at_the_nodes():
    assert torch.allclose(table_from_lut(Lut.identity(9), 5), grid_nodes(5), atol=1e-6)


def test_corrector_learns_to_undo_casts(photos):
    from pinxit.networks.look import LookPredictor

    torch.manual_seed(0)
    bank = PhotoBank.read(sorted(photos.glob("scenes/*/*.png")), ["a", "b"], 48, 8, 0)
    predictor = LookPredictor(width=16, layers=1, heads=2, shapes=4, grid=5).eval()
    looks = synthetic_looks(8, 5, torch.Generator().manual_seed(0))
    recipe = CorrectRecipe(steps=120, batch=16, untouched=0.2)
    corrector = train_corrector(predictor, bank, looks, recipe)
    pixels = bank.pixels(np.arange(16)).permute(0, 3, 1, 2)
    dark = (pixels**2.2 * 0.45) ** (1 / 2.2)
    code = torch.zeros(16, corrector.settings["code"])
    assert corrector(dark, code).mean() > corrector(pixels, code).mean() * 1.3
