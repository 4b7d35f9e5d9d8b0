"""A style's card as page, picture and files."""

import errno
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import CapacityError, InputError
from pinxit.measuring.skin_groups import GroupShift, SkinReport
from pinxit.personal import card_sheet
from pinxit.personal.card import Card, Sample, make_card
from pinxit.personal.card_file import card_paths, write_card
from pinxit.personal.card_page import card_page
from pinxit.personal.card_picture import card_picture
from pinxit.personal.card_sheet import font, wrapped
from pinxit.personal.card_warnings import Warned
from pinxit.provenance import Provenance, Training
from pinxit.style import Style
from pinxit.thumbnail import thumbnail_of
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

FLAG = "lightness of light and brown or dark skin is moved differently"
EVIL = '<script>alert("x")</script> & "quotes" \ud800 \u202e'


def half(**origin) -> Style:
    lut = Lut(Lut.identity(5).table * np.float32(0.5))
    thumbnail = thumbnail_of([np.full((20, 20, 3), 200, np.uint8)])
    return Style("half", Tone(lut, expected_error=3.0), provenance=Provenance(**origin), thumbnail=thumbnail)


@pytest.fixture
def card(tiny) -> Card:
    return make_card(half(references=3, created="2026-01-02", pinxit="9"), "half")


@pytest.fixture
def evil(card):
    """A card in which everything that others may write is hostile."""
    training = Training({"a": "cut"}, {EVIL: 1.0}, {EVIL: 2.0}, ({EVIL: 1.0},), 3, 1, 1.0)
    origin = Provenance(3, method=EVIL, licence=EVIL, consent=EVIL, notes=EVIL, created=EVIL, training=training)
    shown = [replace(one, label=EVIL) for one in card.samples]
    return replace(
        make_card(half(), "half"),
        origin=origin,
        samples=tuple(shown),
        skipped={EVIL: EVIL},
        warnings=(Warned("x", EVIL),),
    )


def flagged(card: Card) -> Card:
    groups = {"light": GroupShift(6, 1.5, (1.0, 2.0), -2.0, (-3.0, -1.0)), "brown or dark": GroupShift(0)}
    return replace(card, skin=SkinReport(groups, (FLAG,)), warnings=(Warned("skin", FLAG),))


class Reader(HTMLParser):
    """Tags that are open, and everything worth checking; void tags have no end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.found, self.text = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_what_a_card_holds(card):
    assert [one.label for one in card.samples] == ["astronaut"] and card.thumbnail.shape == (256, 256, 3)
    sample = card.samples[0]
    light = [int(array.mean()) for array in (sample.before, sample.half, sample.full)]
    assert light[2] == pytest.approx(light[0] / 2, abs=1) and light[1] == pytest.approx(light[0] * 3 / 4, abs=1)
    assert card.report.pairs == 2 and next(one.name for one in card.report) == "ssim"
    facts = json.loads(json.dumps(card.as_dict(), allow_nan=False))
    assert facts["name"] == "half" and facts["provenance"]["references"] == 3 and facts["texture"] is None
    assert facts["tone"]["curves"][-1] == pytest.approx([1, 0.5, 0.5, 0.5], abs=1e-3)
    assert facts["figures"]["ssim"]["protocol"] == "style-pairs-1" and facts["figures"]["ssim"]["low"] is not None
    assert facts["fingerprint"] == half().fingerprint and facts["skin"] is None
    assert {one["rule"] for one in facts["warnings"]} >= {"few references", "not stated"}


def test_a_thumbnail_that_is_damaged_is_left_out(tiny):
    assert make_card(replace(half(), thumbnail=b"\xff\xd8\xffnothing"), "half").thumbnail is None


def test_a_page_is_whole_and_asks_for_nothing(card):
    page = card_page(flagged(card))
    reader = Reader(page)
    assert reader.open == [] and not reader.all("script") and not reader.all("link")
    assert reader.all("html")[0] == {"lang": "en"} and "default-src 'none'" in page
    images = reader.all("img")
    assert len(images) == 4 and all(one["src"].startswith("data:image/jpeg;base64,") and one["alt"] for one in images)
    assert all(one["role"] == "img" and one["aria-label"] for one in reader.all("svg")) and reader.all("svg")
    assert all(one.get("scope") in ("col", "row") for one in reader.all("th"))
    assert "http:" not in page and "https:" not in page and "url(" not in page and "@import" not in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page


def test_a_page_says_what_is_flagged_in_red(card):
    plain = Reader(card_page(card))
    assert "flagged" not in plain.text and "add --portraits FOLDER" in plain.text
    reader = Reader(card_page(flagged(card)))
    assert reader.text.count(f"flagged: {FLAG}") == 2 and {"class": "flag"} in reader.all("p")
    assert "+1.5 L* [+1.0, +2.0]" in reader.text and "not measured" in reader.text


def test_what_others_wrote_is_escaped(evil):
    page = card_page(evil)
    reader = Reader(page)
    assert reader.open == [] and not reader.all("script") and "<script" not in page
    assert reader.text.count("<script>") >= 8
    assert not any(EVIL in str(name) for _, attributes in reader.found for name in attributes)


def test_a_picture_of_a_card(card):
    image = card_picture(card)
    assert image.size[0] == 1200 and 1000 < image.size[1] < 8000
    pixels = np.asarray(image)
    assert (pixels[:, :40] == 255).all() and (pixels[:, 1160:] == 255).all() and (pixels[-10:] == 255).all()
    red = np.array([0xB3, 0x00, 0x1B])
    assert not (pixels == red).all(-1).any() and (np.asarray(card_picture(flagged(card))) == red).all(-1).any()


def test_a_picture_of_long_and_hostile_texts(evil):
    long = replace(evil, name="W" * 80, origin=replace(evil.origin, licence="long " * 4000, method="m" * 4000))
    pixels = np.asarray(card_picture(long))
    assert (pixels[:, :40] == 255).all() and (pixels[:, 1160:] == 255).all()


def test_lines_are_wrapped():
    face = font("word", 18)
    lines = wrapped("several words " * 20 + "x" * 100, 300, 18)
    assert all(face.getlength(line) <= 300 for line in lines)
    assert "".join("".join(lines).split()) == "severalwords" * 20 + "x" * 100
    assert wrapped("", 300, 18) == [""] and "".join(wrapped("y" * 9999, 300, 18)) == "y" * 400 + "..."


def test_a_computer_without_fonts(card, monkeypatch):
    monkeypatch.setattr(card_sheet, "_face", lambda name, size: None)
    assert card_picture(card).size[0] == 1200


def test_three_files_or_none(card, tmp_path, monkeypatch):
    paths = write_card(card, tmp_path)
    assert [path.name for path in paths] == ["half.card.png", "half.card.json", "half.card.html"]
    assert Image.open(paths[0]).size[0] == 1200 and json.loads(paths[1].read_text()) == json.loads(
        json.dumps(card.as_dict())
    )
    assert paths[2].read_text() == card_page(card)

    other = tmp_path / "other"
    other.mkdir()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Image.Image, "save", full)
    monkeypatch.setattr("pinxit.personal.card_file.card_page", lambda card: "page")
    with pytest.raises(CapacityError, match="no room"):
        write_card(card, other)
    assert list(other.iterdir()) == []


def test_files_of_hostile_texts(evil, tmp_path):
    paths = write_card(evil, tmp_path)
    assert json.loads(paths[1].read_bytes())["provenance"]["licence"] == EVIL
    assert "<script" not in paths[2].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "nul\0"])
def test_names_that_are_no_names_of_files(name, tmp_path):
    with pytest.raises(InputError, match="cannot name a style"):
        card_paths(tmp_path, name)


def test_a_painted_style(tiny):
    from pinxit.learning.texture import read_texture

    drawn = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
    texture = read_texture([drawn], tiny.painter, tiny.eye, tiny.version)
    history = tuple({"step": n, "validation/score": 1.0 / n} for n in (1, 2, 3))
    training = Training({"a": "cut"}, {"score": 2.0}, {"score": 1.0}, history, 3, 3, 1.0)
    card = make_card(Style(texture=texture, provenance=Provenance(1, kind="art", training=training)), "hand")
    assert card.tone is None and card.texture.works == 1 and card.report["colour"].protocol == "own-palettes-1"
    assert "practised on these very photos" in card.measured_on
    text = Reader(card_page(card)).text
    assert "Palettes of all references" in text and "Validation score" in text and "Tone" not in text
    assert card_picture(card).size[0] == 1200


def test_own_contents_and_portraits(tiny, tmp_path):
    data = pytest.importorskip("skimage.data")
    for number in range(14):
        noise = np.random.default_rng(number).integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{number:02}.png")
    Image.fromarray(data.astronaut()).save(tmp_path / "face.png")
    contents = sorted(tmp_path.glob("[0-9]*.png"))
    card = make_card(half(), "half", contents=contents, portraits=[tmp_path / "face.png"])
    assert card.measured_on == "Measured on 12 of 14 photos." and card.report.pairs == 12
    assert [one.label for one in card.samples][::3] == ["00.png", "13.png"] and len(card.samples) == 4
    assert sum(group.portraits for group in card.skin.groups.values()) == 1
    assert "Not compared, with fewer than 5 portraits" in card.skin_words
    assert all(isinstance(one, Sample) for one in card.samples)
