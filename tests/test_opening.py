"""What users name is opened: styles, paintings, masks, lists of pictures."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pinxit.errors import InputError, LearningError, NotFoundError, PictureError, StyleError
from pinxit.exporting.table_file import write_table
from pinxit.library import Library
from pinxit.opening import both_masks, expanded, open_mask, open_style
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

PAINTING = Image.fromarray(data.immunohistochemistry())
DARK = Lut(Lut.identity(5).table * np.float32(0.5))


class TestStyles:
    def test_a_style_comes_back_as_it_is(self):
        style = Style(tone=Tone(DARK))
        assert open_style(style) is style

    def test_names_and_files(self, tmp_path):
        style = Style(name="half", tone=Tone(DARK))
        Library().add(style)
        Library(tmp_path / "other").add(style, "elsewhere")
        style.save(tmp_path / "half.pinxit")
        write_table(DARK, tmp_path / "half.cube", size=17)
        opened = ["half", str(tmp_path / "half.pinxit"), tmp_path / "half.pinxit", tmp_path / "half.cube"]
        for one in opened:
            assert open_style(one).tone.lut.table.max() == pytest.approx(0.5)
        assert open_style("elsewhere", home=tmp_path / "other").name == "elsewhere"
        with pytest.raises(NotFoundError, match="elsewhere"):
            open_style("elsewhere")

    def test_a_folder_in_a_name_makes_it_a_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError, match="is no style"):
            open_style("styles/half")

    @pytest.mark.parametrize("name", ["x.jpg", "x.JPEG", "x.png", "x.webp", "x.tif"])
    def test_a_painting_is_read_in_one_pass(self, tiny, tmp_path, name):
        PAINTING.resize((120, 80)).save(tmp_path / name)
        style = open_style(tmp_path / name if name.islower() else str(tmp_path / name))
        assert style.texture.painter == tiny.version and style.texture.adapter is None
        assert style.tone is not None and style.name is None
        assert (style.provenance.kind, style.provenance.references) == ("art", 1)
        assert "one pass" in style.provenance.method
        colours, seen = style.texture.palettes[0], np.asarray(Image.open(tmp_path / name).convert("RGB")) / 255
        assert np.abs(colours.mean(0) - seen.mean((0, 1))).max() < 0.02

    def test_a_haldclut_is_a_table_and_a_photo_of_its_size_is_not(self, tiny, tmp_path):
        write_table(DARK, tmp_path / "table.png", level=8)
        PAINTING.save(tmp_path / "painting.png")
        assert PAINTING.size == Image.open(tmp_path / "table.png").size == (512, 512)
        table, painting = open_style(tmp_path / "table.png"), open_style(tmp_path / "painting.png")
        assert table.texture is None and table.provenance.kind == "table"
        assert table.tone.lut.table.max() == pytest.approx(0.5, abs=1e-4)
        assert painting.texture is not None and painting.provenance.kind == "art"

    def test_pictures_that_are_no_painting(self, tiny, tmp_path):
        (tmp_path / "bad.png").write_bytes(b"x")
        Image.new("RGB", (100, 80), (90, 90, 90)).save(tmp_path / "flat.jpg")
        PAINTING.resize((60, 20)).save(tmp_path / "small.jpg")
        for name, error, said in (
            ("missing.png", NotFoundError, "not there"),
            ("missing.jpg", NotFoundError, "not there"),
            ("bad.png", PictureError, "bad.png"),
            ("flat.jpg", LearningError, "flat colour"),
            ("small.jpg", LearningError, "32 pixels"),
        ):
            with pytest.raises(error, match=said):
                open_style(tmp_path / name)

    def test_damaged_styles(self, tmp_path):
        (tmp_path / "x.pinxit").write_bytes(b"x")
        with pytest.raises(StyleError, match="damaged"):
            open_style(tmp_path / "x.pinxit")


class TestMasks:
    def test_arrays_and_pictures(self, tmp_path):
        values = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
        Image.fromarray(values).save(tmp_path / "x.png")
        wanted = values / np.float32(255)
        for mask in (values, values.astype(np.uint16) * 257, wanted, tmp_path / "x.png", Image.fromarray(values)):
            found = open_mask(mask)
            assert found.shape == (3, 4) and np.abs(found - wanted).max() < 1e-6
        assert open_mask(values > 100).tolist() == (values > 100).tolist()

    def test_white_is_1_and_black_is_0_to_the_bit(self):
        for dtype, white in ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1)):
            pixels = np.zeros((2, 2, 3), dtype)
            pixels[0] = white
            assert open_mask(pixels).tolist() == [[1, 1], [0, 0]]

    def test_what_is_transparent_is_left_out(self):
        pixels = np.full((1, 3, 4), 255, np.uint8)
        pixels[0, :, 3] = 0, 51, 255
        assert open_mask(pixels)[0].tolist() == pytest.approx([0, 0.2, 1])

    def test_colours_count_as_their_mean(self):
        assert open_mask(np.array([[[255, 0, 0], [255, 255, 0]]], np.uint8))[0].tolist() == pytest.approx(
            [1 / 3, 2 / 3]
        )

    def test_missing_and_damaged(self, tmp_path):
        (tmp_path / "x.png").write_bytes(b"x")
        with pytest.raises(PictureError):
            open_mask(tmp_path / "x.png")
        with pytest.raises(NotFoundError):
            open_mask(tmp_path / "y.png")

    def test_both_let_a_style_through_where_each_does(self):
        picture = Picture.open(np.zeros((4, 6, 3), np.uint8))
        first, second = np.zeros((4, 6), np.float32), np.full((1, 1), 0.5, np.float32)
        first[:, 3:] = 1
        assert np.array_equal(both_masks(first, None, picture), first)
        assert both_masks(first, second, picture).tolist() == (first / 2).tolist()
        assert both_masks(second, second, picture).shape == (4, 6)


class TestLists:
    def test_folders_patterns_and_other_things(self, tmp_path):
        for name in ("b.jpg", "a.png", "notes.txt"):
            Image.new("RGB", (4, 4)).save(tmp_path / name, "PNG")
        array, image = np.zeros((2, 2, 3), np.uint8), Image.new("RGB", (3, 3))
        assert expanded(tmp_path) == [tmp_path / "a.png", tmp_path / "b.jpg"]
        assert expanded(str(tmp_path / "*.jpg")) == [tmp_path / "b.jpg"]
        found = expanded([tmp_path / "b.jpg", array, image, b"bytes", str(tmp_path)])
        assert found[0] == tmp_path / "b.jpg" and found[1] is array and found[2] is image and found[3] == b"bytes"
        assert found[4:] == [tmp_path / "a.png", tmp_path / "b.jpg"]

    def test_one_picture_is_one(self):
        file = io.BytesIO()
        Image.new("RGB", (3, 3)).save(file, "PNG")
        for one in (
            np.zeros((5, 2, 3), np.uint8),
            Image.new("RGB", (3, 3)),
            file.getvalue(),
            bytearray(file.getvalue()),
        ):
            assert len(expanded(one)) == 1

    def test_any_iterable(self):
        assert len(expanded(np.zeros((2, 2, 3), np.uint8) for _ in range(3))) == 3
        assert len(expanded((np.zeros((2, 2, 3), np.uint8),) * 2)) == 2

    def test_nothing(self):
        with pytest.raises(InputError, match="no picture"):
            expanded([])
        with pytest.raises(NotFoundError):
            expanded(Path("nowhere.jpg"))
