"""A page as a folder and as one file."""

import base64
import hashlib
import re

import numpy as np
import pytest
from PIL import Image
from shown_files import colours, glb, png, style

from pinxit.errors import CapacityError, InputError
from pinxit.picture import Picture
from pinxit.viewer import saving
from pinxit.viewer.media import open_media
from pinxit.viewer.page import MODULES, View, page_contents
from pinxit.viewer.saving import joined_modules, save_file, save_folder


@pytest.fixture
def view(tmp_path):
    return View(open_media(png(tmp_path / "x.png", colours())), style=style(), style_name="strong")


def test_folder_holds_the_page(view, tmp_path):
    folder = save_folder(view, tmp_path / "page")
    wanted = page_contents(view)
    assert {path.name for path in folder.iterdir()} == set(wanted)
    for name, content in wanted.items():
        assert (folder / name).read_bytes() == (content.data or content.path.read_bytes())


def test_half_a_folder_is_none(view, tmp_path, monkeypatch):
    view.after.content.path.unlink()
    with pytest.raises(InputError):
        save_folder(view, tmp_path / "page")
    assert not (tmp_path / "page").exists()
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "mine.txt").write_text("mine")
    with pytest.raises(InputError):
        save_folder(view, tmp_path / "page")
    assert (tmp_path / "page" / "mine.txt").read_text() == "mine" and not (tmp_path / "page" / "index.html").exists()


def test_one_file_allows_only_itself(view, tmp_path):
    text = save_file(view, tmp_path / "page.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    inline = re.findall(r'<script(?: type="module")?>(.*?)</script>', text, re.S)
    inline += re.findall(r"<style>(.*?)</style>", text, re.S)
    assert len(inline) == 2
    for code in inline:
        assert base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() in policy
    assert "'self'" not in policy and "http" not in policy and "unsafe" not in policy
    assert not re.search(r'<(script|link)[^>]*(src|href)="(?!data:)', text)
    data = re.search(r'"after": \{"url": "data:image/png;base64,([^"]+)"', text)[1]
    assert base64.b64decode(data) == view.after.content.path.read_bytes()


def test_models_in_one_file(tmp_path):
    view = View(open_media(glb(tmp_path / "x.glb", colours())))
    text = save_file(view, tmp_path / "page.html").read_text()
    # Within a script element these would end it, or keep its end from being seen.
    scripts = re.findall(r"<script[^>]*>", text)
    assert len(scripts) == text.count("</script>") == 3 and text.count("<!--") == 0


def test_modules_joined_keep_their_names_apart():
    text = joined_modules()
    assert not re.search(r"^(import|export)\b", text, re.M) and text.count("export ") == 0
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", text, re.M)
    names += [name for line in re.findall(r"^(?:const|let) (?:\[([^\]]+)\]|\{([^}]+)\})", text, re.M) for name in line]
    assert len(names) > 20 and len(names) == len(set(names) - {""}) + names.count("")
    assert len(MODULES) == 10


def test_one_file_has_a_limit(view, tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "LARGEST", 1000)
    with pytest.raises(CapacityError, match="save to a folder"):
        save_file(view, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_places_do_not_go_along(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x0112] = 6
    Image.fromarray(colours()).save(tmp_path / "x.jpg", exif=exif, quality=95)
    folder = save_folder(View(open_media(tmp_path / "x.jpg")), tmp_path / "page")
    with Image.open(folder / "after.jpg") as image:
        assert not image.getexif().get_ifd(0x8825) and image.size == (48, 64)
    difference = np.asarray(Picture.open(folder / "after.jpg")).astype(int) - np.asarray(
        Picture.open(tmp_path / "x.jpg")
    )
    assert np.abs(difference).mean() < 6
    assert Image.open(tmp_path / "x.jpg").getexif().get_ifd(0x8825)
