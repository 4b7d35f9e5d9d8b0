"""Learning a look from start to end, with the shipped weights, on photos that come with dependencies."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images

import pinxit
from pinxit.color import ciede2000, srgb_to_lab, unit_float
from pinxit.errors import InputError, LearningError, PictureError
from pinxit.learning.look import learn_look
from pinxit.learning.monochrome import as_monochrome, tint_by_lightness
from pinxit.learning.paired import fit_pairs, match_pairs
from pinxit.learning.references import read_references
from pinxit.tone.lut import Lut

PHOTOS = [photo[::2, ::2] for photo in (*load_sample_images().images, data.astronaut(), data.coffee(), data.rocket())]


def warm_fade(photo):
    x = unit_float(photo)
    return np.rint(np.clip(0.1 + 0.82 * x + x * np.array([0.06, 0, -0.12]), 0, 1) * 255).astype(np.uint8)


def instant_film(photo):
    x = unit_float(photo)
    return np.rint(np.clip(0.17 + 0.68 * x * np.array([1.1, 0.98, 0.72]), 0, 1) * 255).astype(np.uint8)


def grey(photo):
    luma = unit_float(photo) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return np.rint(np.repeat(luma[..., None], 3, -1) * 255).astype(np.uint8)


def difference(a, b):
    return float(ciede2000(srgb_to_lab(a), srgb_to_lab(b)).mean())


def test_a_learned_look_is_nearer_than_nothing():
    style = learn_look([instant_film(p) for p in PHOTOS])
    others = (data.chelsea(), data.stereo_motorcycle()[0])
    after = np.mean([difference(style.tone.lut.apply(p), instant_film(p)) for p in others])
    assert after < 0.7 * np.mean([difference(p, instant_film(p)) for p in others])
    assert style.provenance.references == len(PHOTOS) and len(style.provenance.hashes) == len(PHOTOS)
    assert 0.5 < style.tone.expected_error < 20


def test_order_does_not_matter_and_the_seed_does_not_either():
    graded = [warm_fade(p) for p in PHOTOS]
    a, b = learn_look(graded), learn_look(graded[::-1], seed=3)
    assert np.abs(a.tone.lut.table - b.tone.lut.table).max() < 0.02


def test_black_and_white_looks_leave_no_colour():
    style = learn_look([grey(p) for p in PHOTOS])
    result = style.tone.lut.apply(data.coffee()).astype(int)
    assert np.ptp(result, axis=-1).max() <= 2
    assert "monochrome" in style.provenance.method


def test_the_greys_of_a_learned_look_rise():
    style = learn_look([warm_fade(p) for p in PHOTOS])
    steps = np.linspace(0, 1, 33, dtype=np.float32)
    luma = style.tone.lut.apply(np.repeat(steps[:, None], 3, 1)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma) > -0.01).all()


def test_pairs_are_fitted_closely(tmp_path):
    for folder, change in (("before", np.asarray), ("after", warm_fade)):
        (tmp_path / folder).mkdir()
        for i, photo in enumerate(PHOTOS[:3]):
            Image.fromarray(change(photo)).save(tmp_path / folder / f"{i}.png")
    style = pinxit.learn(tmp_path / "after", before=tmp_path / "before")
    coffee = PHOTOS[3]
    assert difference(style.tone.lut.apply(coffee), warm_fade(coffee)) < 2.0
    assert "pairs" in style.provenance.method


def test_pairs_by_order_and_by_name(tmp_path):
    assert match_pairs(["x/A.jpg", "x/b.png"], ["y/a.tif", "y/c.png"]) == [("x/A.jpg", "y/a.tif")]
    with pytest.raises(InputError, match="as many"):
        match_pairs([PHOTOS[0]], PHOTOS[:2])
    with pytest.raises(InputError, match="same names"):
        match_pairs(["a.jpg"], ["b.jpg"])
    with pytest.raises(LearningError, match="same shape"):
        fit_pairs([(PHOTOS[0], PHOTOS[0][:50])])


def test_refinement_never_moves_held_out_references_away():
    from pinxit.learning.refine import RefineOptions, refine_tone
    from pinxit.networks.weights import ordinary_thumbnails
    from pinxit.picture.sampling import thumbnails

    content = ordinary_thumbnails()
    references = thumbnails([warm_fade(p) for p in PHOTOS], 48)
    result = refine_tone(Lut.identity(17), references, content, options=RefineOptions(steps=45))
    assert result.after <= result.before
    assert result.kept == (not np.array_equal(result.lut.table, Lut.identity(17).table))
    again = refine_tone(Lut.identity(17), references, content, options=RefineOptions(steps=45))
    assert np.array_equal(result.lut.table, again.lut.table)
    with pytest.raises(LearningError, match="needs 4"):
        refine_tone(Lut.identity(17), references[:3], content)


def test_refinement_finds_a_look_that_was_missed():
    """From no look at all, against a strong one, the adversarial step must go the right way."""
    from pinxit.learning.refine import RefineOptions, refine_tone
    from pinxit.networks.weights import ordinary_thumbnails

    content = ordinary_thumbnails()
    strong = np.moveaxis(np.clip(np.moveaxis(content[1::2], 1, -1) * [1.0, 0.8, 0.55] + [0.12, 0.05, 0], 0, 1), -1, 1)
    result = refine_tone(Lut.identity(17), strong.astype(np.float32), content[::2], options=RefineOptions(steps=120))
    assert result.kept and result.after < 0.8 * result.before


def test_bad_pictures_are_skipped_named_and_counted(tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.jpg"
    Image.fromarray(warm_fade(PHOTOS[0])).save(good)
    bad.write_bytes(b"no picture")
    references = read_references([bad, good, good])
    assert len(references.arrays) == 1 and references.repeated == 1
    assert references.skipped[0].startswith("bad.jpg: ")
    with pytest.raises(PictureError):
        read_references([bad, good], strict=True)
    with pytest.raises(PictureError, match="none of 1"):
        read_references([bad])


def test_provenance_says_what_was_left_out(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    graded = warm_fade(PHOTOS[0])
    facts = learn_look([tmp_path / "bad.jpg", graded, graded.copy(), warm_fade(PHOTOS[1])]).provenance
    assert (facts.kind, facts.references, len(facts.hashes)) == ("photo", 2, 2)
    first, second = facts.notes.split("; 1 copies")
    assert first.startswith("skipped bad.jpg: ") and second == " of other references were passed over"
    assert learn_look([graded]).provenance.notes is None


def test_a_wrong_setting_is_refused_before_the_work():
    with pytest.raises(InputError, match="'auto', 'on' or 'off'"):
        learn_look(["nowhere.jpg"], refine="yes")


def test_what_the_user_has_without_a_look_may_be_unreadable(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    graded = [warm_fade(p) for p in PHOTOS[:2]]
    plain, helped = learn_look(graded), learn_look(graded, neutral=[tmp_path / "bad.jpg"])
    assert np.array_equal(plain.tone.lut.table, helped.tone.lut.table)


def test_nothing_to_learn_from():
    with pytest.raises(InputError, match="no picture"):
        read_references([])
    with pytest.raises(LearningError, match="flat colour"):
        read_references([np.zeros((60, 80, 3), np.uint8)] * 3)


def test_one_reference_is_enough():
    style = learn_look([warm_fade(PHOTOS[0])])
    assert style.provenance.references == 1 and np.isfinite(style.tone.lut.table).all()


def test_tints_by_lightness():
    sepia = np.clip(grey(PHOTOS[2]) / 255 + np.array([0.06, 0.0, -0.06]), 0, 1).reshape(-1, 3).astype(np.float32)
    tint = tint_by_lightness(sepia)
    assert tint is not None and tint[12, 0] > 0.03 > -0.03 > tint[12, 2]
    assert tint_by_lightness(PHOTOS[2].reshape(-1, 3).astype(np.float32) / 255) is None
    toned = as_monochrome(Lut.identity(9), tint).apply(np.array([[0.9, 0.2, 0.2], [0.2, 0.2, 0.9]]))
    assert (toned[:, 0] > toned[:, 2]).all()


def test_doors_take_arrays_and_files(tmp_path):
    file = io.BytesIO()
    Image.fromarray(warm_fade(PHOTOS[1])).save(file, "JPEG", quality=90)
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    style = pinxit.learn([tmp_path / "a.jpg", warm_fade(PHOTOS[0])], kind="photo")
    for array in (PHOTOS[2], PHOTOS[2].astype(np.uint16) * 257, unit_float(PHOTOS[2])):
        result = np.asarray(pinxit.transfer(array, style))
        assert result.dtype == array.dtype and result.shape == array.shape
    assert style.name is None and not pinxit.Library().list()
