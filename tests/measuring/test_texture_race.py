"""The race in miniature: which pairs meet, what methods get, and what becomes of their scores."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, NotFoundError, ShapeError
from pinxit.measuring.style_pairs import measure_pair
from pinxit.measuring.texture_race import TexturePairs, at_strengths, chosen_pairs, race_textures, summary
from pinxit.measuring.texture_rivals import identity, reference_copied

S = 48


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root, rng = tmp_path_factory.mktemp("race"), np.random.default_rng(0)
    for folder, count, size in (("contents", 4, (60, 40)), ("references", 5, (50, 70))):
        (root / folder / "more").mkdir(parents=True)
        for number in range(count):
            small = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
            name = f"{'more/' if number % 2 else ''}{folder[0]}{number}.png"
            small.resize(size, Image.Resampling.BICUBIC).save(root / folder / name)
    return root / "contents", root / "references"


def pairs(**words):
    return TexturePairs(**{"count": 3, "per_content": 2, "size": S} | words)


def test_pairs_follow_from_the_names(folders):
    def rank(*words):
        return hashlib.sha256("/".join(["style-pairs-1", *words]).encode()).hexdigest()

    wanted = [
        (content, reference)
        for content in sorted((f"c{i}.png" for i in range(4)), key=rank)[:3]
        for reference in sorted((f"r{i}.png" for i in range(5)), key=lambda name: rank(content, name))[:2]
    ]
    assert [(a.name, b.name) for a, b in chosen_pairs(*folders, pairs())] == wanted
    assert len(chosen_pairs(*folders, pairs(count=9, per_content=9))) == 4 * 5


def test_scores_are_those_of_the_figures(folders):
    def darker(content, reference):
        assert content.shape == (S, S, 3) and content.dtype == reference.dtype == np.uint8
        assert reference.shape == (70, 50, 3)
        return content // 2

    told = []
    methods = {"darker": darker, "identity": identity, "copy": reference_copied}
    report = race_textures(*folders, methods, pairs(), lambda *words: told.append(words))
    kept = json.loads(json.dumps(report.to_dict()))
    first, second = chosen_pairs(*folders, pairs())[0]
    content = np.asarray(Image.open(first).resize((S, S), Image.Resampling.LANCZOS))
    wanted = measure_pair(content, content // 2, [np.asarray(Image.open(second))], size=S)
    assert kept["each"]["darker"][0] == [0, wanted.ssim, wanted.colour, wanted.texture]
    rows = {row["method"]: row for row in kept["rows"]}
    values = np.array(kept["each"]["darker"])[:, 2]
    assert rows["darker"]["colour"]["mean"] == pytest.approx(values.mean())
    assert rows["darker"]["colour"]["error"] == pytest.approx(values.std(ddof=1) / 6**0.5)
    assert rows["darker"]["colour"]["low"] <= values.mean() <= rows["darker"]["colour"]["high"]
    assert rows["identity"]["texture"]["mean"] == 1 and rows["copy"]["texture"]["mean"] == 0
    assert kept["protocol"] == "style-pairs-1" and kept["size"] == S and len(kept["pairs"]) == 6
    assert [done for done, _, _ in told] == [1, 2, 3, 4, 5, 6] and rows["darker"]["seconds"] >= 0
    assert "darker" in str(report) and "6 pairs at 48" in str(report)


def test_failures_stay_in_the_table(folders):
    calls = []

    def moody(content, reference):
        calls.append(1)
        if len(calls) % 2:
            raise RuntimeError("no mood\nfor details")
        return content

    def hopeless(content, reference):
        return np.full(content.shape, np.nan)

    report = race_textures(*folders, {"moody": moody, "hopeless": hopeless}, pairs())
    rows = {row["method"]: row for row in report.rows()}
    assert (rows["moody"]["pairs"], rows["moody"]["failed"]) == (3, 3)
    assert (rows["hopeless"]["pairs"], rows["hopeless"]["failed"]) == (0, 6)
    assert rows["moody"]["ssim"]["mean"] == pytest.approx(1) and rows["hopeless"]["ssim"]["mean"] is None
    assert report.failures["moody"] == dict.fromkeys((0, 2, 4), "RuntimeError: no mood")
    assert "moody failed on 3" in str(report) and "NaN" in str(report)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["failures"]["hopeless"]["5"].startswith("Shape")


def test_a_method_cannot_spoil_the_pair(folders):
    def vandal(content, reference):
        content[:] = 0
        reference[:] = 0
        return content

    report = race_textures(*folders, {"vandal": vandal, "identity": identity}, pairs())
    assert all(one.ssim > 0.9999 and one.colour == 1 for one in report.scores["identity"].values())
    assert len(report.scores["vandal"]) == 6 and all(one.ssim < 0.9 for one in report.scores["vandal"].values())


def test_curves(folders):
    def toward_grey(content, reference, strength):
        return content / 255 + strength * (0.5 - content / 255)

    report = race_textures(*folders, at_strengths("grey", toward_grey, [0.5, 0, 1]), pairs())
    curve = report.to_dict()["curves"]["grey"]
    assert [point["strength"] for point in curve] == [0, 0.5, 1] and set(report.scores) == {
        "grey 0.5",
        "grey 0",
        "grey 1",
    }
    assert curve[0]["ssim"] == pytest.approx(1) and curve[0]["ssim"] > curve[1]["ssim"] > curve[2]["ssim"]


def test_pairs_without_a_way_are_left_out(folders, tmp_path):
    source = chosen_pairs(*folders, pairs())[0][0]
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.png").write_bytes(source.read_bytes())
    report = race_textures(tmp_path / "a", tmp_path / "b", {"identity": identity}, pairs())
    assert "already" in report.dropped[0] and report.rows()[0]["failed"] == 0 and "0 pairs" in str(report)
    assert report.rows()[0]["ssim"]["mean"] is None


def test_summary_draws_whole_contents():
    values, names = [1.0, 1.0, 3.0, 3.0], ["a", "a", "b", "b"]
    found = summary(values, names)
    assert found["mean"] == 2 and found["error"] == pytest.approx(np.std(values, ddof=1) / 2)
    assert (found["low"], found["high"]) == (1, 3)  # with two contents, both may be the same
    assert summary([4.0] * 6, list("abcdef")) == {"mean": 4, "error": 0, "low": 4, "high": 4}
    assert summary([4.0], ["a"]) == {"mean": 4, "error": None, "low": None, "high": None}
    normal = np.random.default_rng(0).normal(0, 1, 100)
    found = summary(normal, [str(i) for i in range(100)])
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * found["error"], rel=0.1)


def test_refused(folders, tmp_path):
    contents, references = folders
    with pytest.raises(NotFoundError, match="folder"):
        race_textures(tmp_path / "none", references, {"identity": identity}, pairs())
    with pytest.raises(InputError, match="holds no picture"):
        race_textures(contents, tmp_path, {"identity": identity}, pairs())
    with pytest.raises(InputError, match="no method"):
        race_textures(contents, references, {}, pairs())
    with pytest.raises(InputError, match="1 or more"):
        race_textures(contents, references, {"identity": identity}, pairs(per_content=0))
    with pytest.raises(ShapeError, match="32 pixels"):
        race_textures(contents, references, {"identity": identity}, pairs(size=8))
