"""``pinxit view``: what it says, writes and serves."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from PIL import Image
from shown_files import colours, glb, png, style

from commands import answer, pinxit, refused

GPANO = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"><GPano:ProjectionType>equirectangular'
    "</GPano:ProjectionType>{more}</rdf:Description></rdf:RDF></x:xmpmeta>"
)


@pytest.fixture
def picture(tmp_path):
    return png(tmp_path / "x.png", colours())


def panorama(path, width, height, **crop):
    more = "".join(f"<GPano:{name}>{value}</GPano:{name}>" for name, value in crop.items())
    Image.new("RGB", (width, height)).save(path, xmp=GPANO.format(more=more).encode())
    return path


def saved_config(path) -> dict:
    text = (path / "index.html").read_text()
    return json.loads(text.split('id="config">')[1].split("</script>")[0])


def test_folder(picture, tmp_path):
    style().save(tmp_path / "strong.pinxit")
    words = ("--before", picture, "--style", tmp_path / "strong.pinxit", "--save", tmp_path / "page")
    told = answer("view", picture, *words)
    assert told["kind"] == "picture" and told["target"] == str(tmp_path / "page")
    found = saved_config(tmp_path / "page")
    assert found["tone"]["name"] == "strong" and found["before"]["name"] == "x.png"


def test_one_file(picture, tmp_path):
    assert pinxit("view", picture, "--save", tmp_path / "page.html") == f"{tmp_path / 'page.html'}\n"
    assert "not empty" not in refused("view", picture, "--save", tmp_path / "page.html", code=2)
    pinxit("view", picture, "--save", tmp_path / "page.html", "--overwrite", "--quiet")


@pytest.mark.parametrize(
    ("words", "projection"),
    [
        ((), "mono"),
        (("--projection", "plain"), "flat"),
        (("--stereo", "top-bottom"), "top-bottom"),
        (("--projection", "equirectangular", "--stereo", "side-by-side"), "side-by-side"),
    ],
)
def test_projection(tmp_path, words, projection):
    path = panorama(tmp_path / "x.jpg", 128, 64)
    answer("view", path, *words, "--save", tmp_path / "page")
    assert saved_config(tmp_path / "page")["projection"] == projection


def test_plain_pictures_are_flat(tmp_path):
    answer("view", png(tmp_path / "x.png", colours(32, 64)), "--save", tmp_path / "page")
    assert saved_config(tmp_path / "page")["projection"] == "flat"


def test_part_of_a_panorama(tmp_path):
    crop = {"FullPanoWidthPixels": 400, "FullPanoHeightPixels": 200, "CroppedAreaImageWidthPixels": 200}
    crop |= {"CroppedAreaImageHeightPixels": 100, "CroppedAreaLeftPixels": 40, "CroppedAreaTopPixels": 60}
    answer("view", panorama(tmp_path / "x.jpg", 200, 100, **crop), "--save", tmp_path / "page")
    found = saved_config(tmp_path / "page")
    assert found["projection"] == "mono" and found["area"] == pytest.approx([0.1, 0.3, 0.5, 0.5])


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("nothing.png",), 3, "not there"),
        (("x.png", "--before", "y.glb"), 2, "one kind"),
        (("y.glb", "--projection", "equirectangular"), 2, "is a model"),
        (("x.png", "--style", "unknown"), 3, "unknown"),
        (("x.png", "--port", "99999", "--no-open"), 2, "65535"),
        (("x.png", "--save", "full"), 2, "not empty"),
        (("x.png", "--save", "x.png"), 4, "a folder was wanted"),
    ],
)
def test_refused(picture, tmp_path, monkeypatch, words, code, reason):
    monkeypatch.chdir(tmp_path)
    glb(tmp_path / "y.glb", colours())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    assert reason in refused("view", *words, code=code)


def test_serves_until_stopped(picture):
    words = [sys.executable, "-m", "pinxit", "view", str(picture), "--no-open", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        told = json.loads("".join(iter_document(running.stdout)))
        with urllib.request.urlopen(told["url"] + "after.png") as reply:
            assert reply.read() == picture.read_bytes()
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0 and running.stderr.read() == ""
    assert told["kind"] == "picture" and os.fspath(picture) == told["file"]


def iter_document(stream):
    """Lines up to the end of the first JSON document."""
    for line in stream:
        yield line
        if line == "}\n":
            return


def test_opens_the_browser(picture, monkeypatch):
    asked = []
    monkeypatch.setattr("webbrowser.open", lambda url: asked.append(url) or False)
    monkeypatch.setattr(
        "pinxit.viewer.server.Server.serve_forever", lambda self: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    assert pinxit("view", picture).strip() == asked[0]
    pinxit("view", picture, "--no-open")
    assert len(asked) == 1
