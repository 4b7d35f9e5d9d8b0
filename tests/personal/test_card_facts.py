"""What a style's card says of table, texture, training and figures."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from pinxit.errors import PictureError
from pinxit.personal.card_chart import grey_chart, history_chart, hue_charts
from pinxit.personal.card_figures import evenly, figures_of, lightness_of, opened, own_figures, unseen
from pinxit.personal.card_learned import main_colours, texture_facts, training_facts
from pinxit.personal.card_tone import HUES, PATCHES, tone_facts
from pinxit.provenance import Provenance, Training
from pinxit.style import Style
from pinxit.texture import Texture
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

TRAINING = Training(
    split={"a": "train", "b": "train", "c": "validation", "d": "test"},
    before={"score": 1.5, "ssim": 0.75, "new figure": 3.0},
    after={"score": 1.25, "ssim": 0.7},
    history=({"step": 10, "validation/score": 1.6}, {"step": 20, "validation/score": 1.2}),
    steps=30,
    best=20,
    minutes=1.5,
)


def toned(table, **tone) -> Style:
    return Style(tone=Tone(Lut(np.asarray(table, np.float32)), **tone))


def texture(palettes, adapter=None) -> Texture:
    bands = np.tile(np.linspace(-1, 1, 5, dtype=np.float32), (len(palettes), 2, 3, 1))
    return Texture(np.ones(3, np.float32), np.asarray(palettes, np.float32), bands, "0123456789abcdef", adapter)


def test_a_table_that_changes_nothing():
    tone = tone_facts(toned(Lut.identity(9).table))
    assert [row[0] for row in tone.curves] == pytest.approx(np.linspace(0, 1, 33), abs=1e-4)
    assert all(row[1:] == pytest.approx([row[0]] * 3, abs=1e-4) for row in tone.curves)
    assert all((one.turn, one.chroma, one.lightness) == pytest.approx((0, 1, 0), abs=1e-3) for one in tone.hues)
    assert len(tone.hues) == HUES and len(tone.patches) == len(PATCHES) == 24
    assert tone.expected_error is None and "foretold" in tone.expects and tone.use == "" and not tone.corrects


def test_a_table_that_changes_channels_round():
    identity = Lut.identity(2).table
    tone = tone_facts(toned(identity[..., [1, 2, 0]], expected_error=3.25))
    assert tone.expects.startswith("Colours are expected to be 3.2 (CIEDE2000) off")
    names = {one.label: one for one in tone.patches}
    assert names["orange"].after == pytest.approx([126 / 255, 44 / 255, 214 / 255], abs=1e-4)
    # Red with its channels moved on by one is the blue of the same wheel, so the turn is from the one to the other.
    wheel = {one.label: one for one in tone.hues}
    assert wheel["0°"].after == pytest.approx(wheel["240°"].before, abs=1e-4)
    assert names["medium grey"].chroma is None and names["medium grey"].turn is None


def test_a_table_without_colours_has_no_hues_to_turn():
    luma = Lut.identity(5).table @ np.array([0.299, 0.587, 0.114], np.float32)
    tone = tone_facts(toned(np.repeat(luma[..., None], 3, -1)))
    assert all(one.turn is None and one.chroma < 0.01 for one in tone.hues)
    chroma, turn = hue_charts(tone)
    assert "everything is grey" in turn.about and chroma.about.startswith("From 0 % to 0 %")
    assert not [point for line in turn.lines for point in line.points if point]


def test_a_painted_style_says_what_its_table_is_for():
    style = replace(toned(Lut.identity(3).table), texture=texture(np.zeros((1, 4, 3))))
    assert "Painting does not use this table" in tone_facts(style).use
    assert tone_facts(Style()) is None and texture_facts(None) is None and training_facts(None) is None


def test_main_colours_of_two():
    palette = np.array([[0.8, 0.6, 0.4]] * 3 + [[0.2, 0.0, 0.2]], np.float32)
    assert main_colours(palette) == (
        (0.25, pytest.approx((0.2, 0.0, 0.2))),
        (0.75, pytest.approx((0.8, 0.6, 0.4))),
    )


def test_texture_facts():
    many = texture_facts(texture(np.random.default_rng(0).random((20, 9, 3))))
    assert many.works == 20 and len(many.palettes) == 8
    assert all(sum(share for share, _ in one) == pytest.approx(1, abs=1e-3) for one in many.palettes)
    assert many.adapter.startswith("changes nothing")
    one = np.ones((2, 2), np.float32)
    ranks = texture_facts(texture(np.zeros((1, 1, 3)), {"a.up": one, "a.down": one, "b.up": one, "b.down": one}))
    assert ranks.adapter == "changes 2 layers by low ranks"
    assert texture_facts(texture(np.zeros((1, 1, 3)), {"a.weight.whole": one})).adapter.endswith(
        "1 parameters as a whole"
    )


def test_training_facts():
    facts = training_facts(TRAINING)
    assert [row[:3] for row in facts.rows] == [("ssim", 0.75, 0.7), ("score", 1.5, 1.25), ("new figure", 3.0, None)]
    assert "against 1 test reference: 2 trained, 1 told when to stop" in facts.meaning
    assert facts.validations == "30 steps in 1.5 minutes, 2 validations; step 20 was kept."
    cut = training_facts(replace(TRAINING, split={"a": "cut", "b": "cut"}, best=0))
    assert "a quarter of each reference (2 in all)" in cut.meaning and "nothing was gained" in cut.validations


def test_history_chart():
    chart = history_chart(TRAINING)
    assert list(chart.lines[0].points) == [(10, 1.6), (20, 1.2)] and chart.mark == (20, "kept: step 20")
    assert chart.across == (0, 30) and chart.up == pytest.approx((1.16, 1.64))
    assert chart.place(15, 1.4) == pytest.approx((0.5, 0.5))
    assert chart.place(-5, 9) == (0.0, 0.0)
    assert history_chart(replace(TRAINING, history=TRAINING.history[:1])) is None
    assert history_chart(replace(TRAINING, history=({"step": 1}, {"validation/score": 2.0}, {}))) is None


def test_grey_chart_has_room_for_what_lies_outside():
    chart = grey_chart(tone_facts(toned(Lut.identity(3).table * 2 - 0.5)))
    assert chart.up == pytest.approx((-0.5, 1.5))
    assert chart.about == "A middle grey of 0.5 becomes red 0.50, green 0.50, blue 0.50."


def test_own_figures_are_one_before_and_none_at_the_goal():
    rng = np.random.default_rng(1)
    work, content = rng.integers(0, 256, (64, 64, 3), np.uint8), rng.integers(90, 140, (64, 64, 3), np.uint8)
    from pinxit.learning.texture import tensor
    from pinxit.networks.bands import band_quantiles

    own = Texture(
        np.ones(2, np.float32),
        work.reshape(1, -1, 3).astype(np.float32) / 255,
        band_quantiles(tensor(work))[None].numpy(),
        "0123456789abcdef",
    )
    assert [one.value for one in own_figures(own, [content], [content])] == pytest.approx([1, 1])
    colour, strokes = own_figures(own, [content, content], [work, work])
    assert colour.value == pytest.approx(0, abs=1e-3) and strokes.value == pytest.approx(0, abs=1e-3)
    assert colour.protocol == "own-palettes-1" and "too kind" in colour.note


def test_figures_without_references_say_why(tiny):
    content = np.random.default_rng(2).integers(0, 256, (40, 48, 3), np.uint8)
    report = figures_of(toned(Lut.identity(3).table), [content], [content], [], "")
    assert report["ssim"].value == pytest.approx(1, abs=1e-4) and report["ciede2000"].value == 0
    assert report["colour"].value is None and "--references" in report["colour"].note
    other = np.random.default_rng(3).integers(0, 128, (40, 48, 3), np.uint8)
    given = figures_of(toned(Lut.identity(3).table), [content], [other], [other], "by 1 references")
    assert given["colour"].value == pytest.approx(0, abs=1e-3)
    assert given["colour"].note.startswith("by 1 references; of other subjects")


def written(folder, *names):
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths, [hashlib.sha256(path.name.encode()).hexdigest() for path in paths]


def test_references_that_were_not_learned_from_count_alone(tmp_path):
    paths, digests = written(tmp_path, "a", "b", "c")
    learned = Provenance(references=2, hashes=tuple(digests[:2]))
    chosen, note = unseen(paths, learned)
    assert chosen == paths[2:]
    assert note == "by 1 reference that it was not learned from"
    held = replace(learned, training=replace(TRAINING, split={digests[0]: "train", digests[1]: "test"}))
    chosen, note = unseen(paths, held)
    assert chosen == paths[1:] and "2 references that it was not learned from, 1 of them held out as test" in note
    chosen, note = unseen(paths[:2], learned)
    assert chosen == paths[:2] and note == "by 2 references that it was learned from: too kind"
    many, _ = written(tmp_path, *(f"m{n}" for n in range(11)))
    chosen, note = unseen(many, learned)
    assert chosen == many[::2] and note.startswith("by 6 of 11 references that it was not")


def test_evenly():
    assert evenly([], 3) == [] and evenly([1], 3) == [1] and evenly(range(9), 3) == [0, 4, 8]


def test_lightness():
    greys = [np.full((8, 8, 3), value, np.uint8) for value in (0, 255)]
    assert lightness_of(greys) == pytest.approx([0, 100], abs=0.01)


def test_pictures_that_cannot_be_read(tmp_path):
    from PIL import Image

    bad, good = tmp_path / "bad.png", tmp_path / "good.png"
    bad.write_bytes(b"no picture")
    Image.new("RGB", (20, 20)).save(good)
    found = opened([bad, good], "contents")
    assert found.names == ["good.png"] and list(found.skipped) == [str(bad)]
    with pytest.raises(PictureError, match=r"none of 1 contents can be read; the first: .*bad\.png"):
        opened([bad], "contents")
