"""The race of ways to paint models, and the commands of models."""

import json

import numpy as np
import pytest
from building import SQUARE, TWO, WHOLE, Building, coded, crate, picture_of
from skimage import data

from pinxit.cli.bench_models import models as bench_models
from pinxit.cli.transfer_model import named_models, transfer_models
from pinxit.color import ciede2000, srgb_to_lab
from pinxit.engines.batch import BatchSettings
from pinxit.engines.engine import Engine
from pinxit.errors import InputError, NotFoundError
from pinxit.models.race import METHODS, race_models, table_of, visible_step
from pinxit.models.seams import Seams

PHOTO = np.ascontiguousarray(data.astronaut()[::8, ::8])


def two_squares(array):
    building = Building()
    material = building.material(building.texture(building.image(coded(array))))
    second = SQUARE + np.array([1, 0, 0], np.float32)
    uv = WHOLE * np.array([0.25, 0.9], np.float32)
    corners, coordinates = np.concatenate([SQUARE, second]), np.concatenate([uv, uv + np.float32([0.7, 0.1])])
    building.mesh(building.primitive(corners, coordinates, np.concatenate([TWO, TWO + 4]), material))
    return building


def test_steps_are_by_length():
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:, 4:] = 100
    picture[2:, 4:] = 50
    places = np.array([[[1.5, 0.5], [6.5, 0.5]], [[1.5, 3.5], [6.5, 3.5]]])
    seams = Seams(np.zeros((2, 2), int), places, np.array([1.0, 3.0]), 2)
    visible = visible_step(seams, [picture], [(1, 1)])
    assert seams.step([picture], [(1, 1)]) == pytest.approx((100 + 3 * 50) / 4)
    black, grey, dark = (srgb_to_lab(np.array([v, v, v], np.uint8)) for v in (0, 100, 50))
    assert visible == pytest.approx((ciede2000(black, grey) + 3 * ciede2000(black, dark)) / 4, rel=1e-4)
    none = Seams(seams.sheets[:0], places[:0], np.zeros(0), 0)
    assert none.step([picture], [(1, 1)]) is None and visible_step(none, [picture], [(1, 1)]) is None


def test_the_race(tmp_path, painted):
    array = PHOTO.copy()
    array[:, :24] = array[:, 40:] = (120, 100, 90)
    array[::2, :24] += 3
    array[::2, 40:] += 3
    paths = [two_squares(array).glb(tmp_path / "squares.glb"), crate(coded(PHOTO)).glb(tmp_path / "crate.glb")]
    rows = race_models(paths, Engine(painted))
    assert [(row.model, row.method) for row in rows] == [(path.stem, m) for path in paths for m in METHODS]
    own, alone = rows[:2]
    assert own.seams == alone.seams == 1 and own.before == alone.before and own.ratio < alone.ratio
    assert rows[2].seams == 0 and rows[2].step is None and rows[2].ratio is None
    text = table_of(rows).split("\n")
    assert len(text) == 5 and text[1].startswith("squares")
    assert json.loads(json.dumps(rows[0].as_dict()))["ratio"] == own.ratio


class TestCommands:
    def give(self, sources, style, output, settings=None, **more):
        flags = {"overwrite": False, "dry_run": False, "json": False, "quiet": False} | more
        transfer_models(sources, style, output, settings or BatchSettings(), **flags)

    def test_models_among_the_inputs(self):
        assert [path.name for path in named_models(["a.GLB", "b/c.gltf"])] == ["a.GLB", "c.gltf"]
        assert named_models(["a.jpg", "folder"]) == []
        with pytest.raises(InputError, match="one kind at a time"):
            named_models(["a.glb", "a.jpg"])

    def test_one_to_a_file(self, tmp_path, graded, capsys):
        source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
        self.give([source], graded, tmp_path / "new" / "b.glb", json=True)
        told = json.loads(capsys.readouterr().out)["results"][0]
        assert told["pictures"][0]["slots"] == ["base colour"] and told["target"].endswith("b.glb")
        assert not np.array_equal(picture_of(tmp_path / "new" / "b.glb"), PHOTO)

    def test_several_to_a_folder(self, tmp_path, graded, capsys):
        sources = [crate(coded(PHOTO)).glb(tmp_path / name) for name in ("a.glb", "b.glb")]
        self.give(sources, graded, tmp_path / "out", dry_run=True)
        assert capsys.readouterr().out.count("->") == 2 and not (tmp_path / "out").exists()
        self.give(sources, graded, tmp_path / "out")
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.glb", "b.glb"]
        assert capsys.readouterr().out.count("1 pictures") == 2
        with pytest.raises(InputError, match="is there already"):
            self.give(sources, graded, tmp_path / "out")
        with pytest.raises(InputError, match="names one file for 2 models"):
            self.give(sources, graded, tmp_path / "c.glb")
        with pytest.raises(InputError, match="the same name"):
            self.give([sources[0], tmp_path / "other" / "a.glb"], graded, tmp_path / "out2")

    @pytest.mark.parametrize("setting", [{"finish": 0.5}, {"protect": "faces"}, {"enhance": "auto"}, {"suffix": ".png"},
                                         {"subject_strength": 0.5}])  # fmt: skip
    def test_settings_of_pictures_are_refused(self, tmp_path, graded, setting):
        source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
        with pytest.raises(InputError, match="goes with pictures, and a model came"):
            self.give([source], graded, tmp_path / "b.glb", BatchSettings(**setting))

    def test_bench(self, tmp_path, painted, capsys):
        folder = tmp_path / "models"
        folder.mkdir()
        crate(coded(PHOTO)).glb(folder / "crate.glb")
        painted.save(tmp_path / "s.pinxit")
        bench_models(folder, str(tmp_path / "s.pinxit"), json=True)
        rows = json.loads(capsys.readouterr().out)["rows"]
        assert [row["method"] for row in rows] == list(METHODS)
        with pytest.raises(NotFoundError, match="no folder with models"):
            bench_models(tmp_path / "none", str(tmp_path / "s.pinxit"))
