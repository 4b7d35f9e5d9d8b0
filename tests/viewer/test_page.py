"""What the page is made of."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from shown_files import colours, glb, png, strong_lut, style

from pinxit.errors import InputError
from pinxit.style import Style
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.viewer.media import open_media
from pinxit.viewer.page import MODULES, View, page_contents, static, table_bytes


@pytest.fixture
def picture(tmp_path):
    return open_media(png(tmp_path / "x.png", colours()))


def config(contents) -> dict:
    text = contents["index.html"].data.decode()
    return json.loads(re.search(r'<script type="application/json" id="config">(.*?)</script>', text)[1])


def test_one_picture(picture):
    contents = page_contents(View(picture))
    assert set(contents) == {"index.html", "view.css", "after.png", *MODULES}
    assert contents["after.png"].path.name == "x.png"
    found = config(contents)
    assert found["after"] == {"url": "after.png", "name": "x.png"} and found["before"] is found["tone"] is None
    assert (found["kind"], found["projection"], found["area"]) == ("picture", "flat", [0, 0, 1, 1])


def test_before_and_style(picture, tmp_path):
    other = open_media(png(tmp_path / "y.png", colours()))
    given = style(finish=Finish(grain=0.1))
    contents = page_contents(View(picture, before=other, style=given, style_name="golden", projection="mono"))
    found = config(contents)
    assert contents[found["before"]["url"]].path.name == "y.png" and found["projection"] == "mono"
    assert (found["tone"]["size"], found["tone"]["name"]) == (9, "golden")
    assert found["tone"]["notes"] == ["vignette and grain are not in it"]
    assert len(contents["tone.bin"].data) == 9**3 * 4 * 2


def test_only_models_need_three(picture, tmp_path):
    model = open_media(glb(tmp_path / "x.glb"))
    assert "three.js" in page_contents(View(model)) and "three.js" not in page_contents(View(picture))
    assert b'<script defer src="three.js">' in page_contents(View(model))["index.html"].data


def test_table_is_red_first_in_half_floats():
    table = np.frombuffer(table_bytes(strong_lut()), "<f2").reshape(9, 9, 9, 4)
    np.testing.assert_allclose(table[..., :3], strong_lut().table, atol=2**-11)
    assert (table[..., 3] == 1).all()
    assert table[0, 0, 8, 0] == np.float16(1.1) and table[8, 0, 0, 1] == np.float16(0.4)  # red, then blue


def test_values_beyond_half_floats_stay_finite():
    table = np.frombuffer(table_bytes(Lut(Lut.identity(2).table * 1e9)), "<f2")
    assert np.isfinite(table).all()


@pytest.mark.parametrize("name", ["</script><b>&.png", "{config}{scripts}.png", '" onload="x.png', "a\\u003c.png"])
def test_names_are_text(picture, name):
    contents = page_contents(View(replace(picture, name=name)))
    text = contents["index.html"].data.decode()
    assert config(contents)["after"]["name"] == name
    assert text.count("</script>") == 2 and "<b>" not in text and 'onload="' not in text


def test_nothing_comes_from_outside():
    for name in ("index.html", "view.css", *MODULES):
        text = static(name).decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]+\.|@import|\beval\b|innerHTML|document\.write", text), name
    page = static("index.html").decode()
    assert not re.search(r"\son[a-z]+=|\sstyle=", page)  # neither would run under the policy


def test_modules_import_only_what_stands_before():
    for number, name in enumerate(MODULES):
        found = re.findall(r'from "\./([a-z]+\.js)"', static(name).decode())
        assert set(found) <= set(MODULES[:number]), name


def test_controls_have_names():
    page = static("index.html").decode()
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    for tag in re.findall(r"<(?:input|select)[^>]*>", page):
        assert "aria-label" in tag or re.search(r'id="([^"]+)"', tag)[1] in labelled, tag
    for tag, text in re.findall(r"<button([^>]*)>([^<]*)</button>", page):
        assert text.strip() or "aria-label" in tag


def test_refused(picture, tmp_path):
    model = open_media(glb(tmp_path / "x.glb"))
    with pytest.raises(InputError, match="one kind"):
        View(picture, before=model)
    with pytest.raises(InputError, match="no tone"):
        View(picture, style=Style(name="lines"), style_name="lines")
    with pytest.raises(InputError, match="flat, mono, top-bottom, side-by-side"):
        View(picture, projection="cube")
