"""Recipes: the ones that come with the project, and everything that can be wrong with one."""

import json
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from pinxit.errors import InputError
from pinxit.learning.recipe import EyeRecipe, LookRecipe, TextureRecipe, read_recipe, with_steps

RECIPES = Path(__file__).parents[2] / "recipes"


def recipe(tmp_path, text):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("name", "kind"), [("look", LookRecipe), ("eye", EyeRecipe), ("texture", TextureRecipe)])
def test_recipes_of_the_project(name, kind):
    found = read_recipe(RECIPES / f"{name}.toml")
    assert type(found) is kind
    made = json.loads(json.dumps(asdict(found)))  # lists in the place of tuples
    table = tomllib.loads((RECIPES / f"{name}.toml").read_text())[name]
    for key, value in table.items():
        assert made[key] == (made[key] | value if isinstance(value, dict) else value)


def test_tables_are_laid_over_the_defaults(tmp_path):
    text = "[eye]\nside = 64\nphotos = 0\n[eye.learner]\nrate = 1\nsteps = 7\n"
    found = read_recipe(recipe(tmp_path, text))
    assert (found.side, found.photos, found.objects) == (64, 0.0, EyeRecipe().objects)
    assert found.learner.rate == 1.0 and found.learner.steps == 7 and found.learner.clip == EyeRecipe().learner.clip
    text = "[texture]\nsizes = [[0, 32, 3], [9, 64, 3]]\n[texture.generator]\nwidths = [8, 8, 9]\nadaptive = 'adain'\n"
    found = read_recipe(recipe(tmp_path, text))
    assert found.sizes == ((0, 32, 3), (9, 64, 3)) and found.weights.structure == 1.0
    assert found.generator["widths"] == (8, 8, 9) and found.generator["code"] == 128
    assert set(found.generator) == {"code", "widths", "blocks", "adaptive", "attention", "fusion"}


def test_steps_may_be_others(tmp_path):
    for text in ("[look]", "[eye]", "[texture]"):
        found = with_steps(read_recipe(recipe(tmp_path, text)), 20)
        assert (found.steps if text == "[look]" else found.learner.steps) == 20
        with pytest.raises(InputError, match="0 steps came"):
            with_steps(found, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "one table"),
        ("[look]\n[eye]", "one table"),
        ("[looks]", r"\['looks'\]; a recipe has one table, \[look\] or \[eye\] or \[texture\]"),
        ("steps = 3", "one table"),
        ("eye = 3", r"write a table \[eye\]"),
        ("[eye", "no recipe"),
        ("[eye]\nsied = 3", r"unknown keys \['sied'\] in \[eye\]; known are \['objects'"),
        ("[eye.learner]\nrat = 3", r"unknown keys \['rat'\] in \[eye.learner\]"),
        ("[eye]\nlearner = 3", r"write a table \[eye.learner\]"),
        ("[texture.weights]\nstrukture = 1", r"unknown keys \['strukture'\] in \[texture.weights\]"),
        ("[texture.generator]\nwide = 1", r"unknown keys \['wide'\] in \[texture.generator\]"),
        ("[texture.generator.widths]\na = 1", "generator.widths = .*a list is wanted"),
        ("[look]\nsteps = 3.5", "look.steps = 3.5; a whole number is wanted"),
        ("[look]\nrate = true", "look.rate = True; a number is wanted"),
        ("[look]\nhold_out = [3]", "look.hold_out = 3; text is wanted"),
        ("[look]\nshares = 3", r"write a table \[look.shares\]"),
        ("[look.shares]\na = 'b'", "look.shares.a = 'b'; a number is wanted"),
        ("[eye.learner]\nrate = 'fast'", "eye.learner.rate = 'fast'; a number is wanted"),
        ("[eye.learner]\nrate = -1.0", r"recipe.toml, \[eye.learner\]: rate is -1.0"),
        ("[eye.learner]\nschedule = 'sometimes'", "choose one of constant"),
        ("[eye]\nphotos = 1", "give a share"),
        ("[eye]\nobjects = 1", "objects is 1; give at least 2"),
        ("[eye]\nwidths = [1, 2]", "channels of four scales"),
        ("[texture]\nrecolour = 1", "true or false"),
        ("[texture]\nadversarial = 'rude'", "choose one of softplus"),
        ("[texture.generator]\nadaptive = 'no'", "choose adalin or adain"),
        ("[texture.generator]\nwidths = [8, 8]", "generator's three"),
        ("[texture.weights]\ntexture = nan", "the weight of texture is nan"),
        ("[texture]\nphoto_references = 2", "give a share"),
        ("[texture]\nsizes = []", "rising steps"),
        ("[texture]\nsizes = [[1, 64, 4]]", "rising steps"),
        ("[texture]\nsizes = [[0, 64]]", "rising steps"),
        ("[texture]\nsizes = [[0, 64, 4], [0, 64, 4]]", "rising steps"),
        ("[texture]\nsizes = [[0, 64, 2]]", "batches of 3"),
        ("[texture]\nsizes = [[0, 16, 4]]", "sides of 32"),
        ("[texture]\nsizes = [0, 64, 4]", "sizes = 0; a list is wanted"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, told):
    with pytest.raises(InputError, match=told) as caught:
        read_recipe(recipe(tmp_path, text))
    assert "recipe.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no recipe"):
        read_recipe(tmp_path / "recipe.toml")
