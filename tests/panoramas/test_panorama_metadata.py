"""What files say about their projection, and that they still say it when they are painted."""

import numpy as np
import pytest
from spheres import rough

from pinxit.errors import InputError
from pinxit.panoramas.metadata import is_panorama, surface_of
from pinxit.panoramas.sphere import Equirectangular
from pinxit.panoramas.still import transfer_panorama
from pinxit.picture import Picture
from pinxit.picture.metadata import Metadata
from pinxit.picture.xmp import read_entries

GPANO = "http://ns.google.com/photos/1.0/panorama/"
WHOLE = {"ProjectionType": "equirectangular", "FullPanoWidthPixels": "400", "FullPanoHeightPixels": "200"}
PART = WHOLE | {
    "CroppedAreaImageWidthPixels": "300", "CroppedAreaImageHeightPixels": "120",
    "CroppedAreaLeftPixels": "40", "CroppedAreaTopPixels": "50",
}  # fmt: skip


def packet(entries, as_elements=False):
    attributes = "" if as_elements else " ".join(f'GPano:{key}="{value}"' for key, value in entries.items())
    children = "".join(f"<GPano:{key}> {value} </GPano:{key}>" for key, value in entries.items() if as_elements)
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:GPano="{GPANO}" {attributes}>{children}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def picture(width, height, entries=None, as_elements=False):
    xmp = None if entries is None else packet(entries, as_elements)
    return Picture(np.zeros((height, width, 3), np.uint8), metadata=Metadata(xmp=xmp))


@pytest.mark.parametrize("as_elements", [False, True])
def test_entries_are_read_however_they_are_written(as_elements):
    assert read_entries(packet(PART, as_elements), GPANO) == PART
    assert read_entries(None, GPANO) == read_entries(b"nothing", GPANO) == {}


def test_the_whole_sphere():
    for entries in (None, WHOLE, {"ProjectionType": "Equirectangular"}, {"ProjectionType": "cylindrical"}):
        assert surface_of(picture(400, 200, entries)) == Equirectangular(200, 400)
    assert surface_of(picture(401, 200)) == Equirectangular(200, 401)


def test_a_part_of_it():
    assert surface_of(picture(300, 120, PART)) == Equirectangular(120, 300, (200, 400), top=50, left=40)
    # Made smaller after the metadata was written.
    assert surface_of(picture(150, 60, PART)) == Equirectangular(60, 150, (100, 200), top=25, left=20)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CroppedAreaImageWidthPixels": "200"},  # another ratio than the picture's
        {"CroppedAreaTopPixels": "150"},  # beyond the lower pole
        {"FullPanoHeightPixels": "300"},  # no sphere
        {"FullPanoWidthPixels": "nan"},
        {"FullPanoWidthPixels": "many"},
        {"ProjectionType": "cylindrical"},
    ],
)
def test_what_cannot_be_is_not_believed(wrong):
    odd = picture(300, 120, PART | wrong)
    assert not is_panorama(odd)
    with pytest.raises(InputError, match="it is 300x120, and an equirectangular panorama is twice as wide as high"):
        surface_of(odd, "it")


def test_too_small():
    with pytest.raises(InputError, match="a panorama of 40x20; 32 pixels or more"):
        surface_of(picture(40, 20))


def test_only_what_says_so_is_taken_for_a_panorama(tmp_path):
    assert is_panorama(picture(400, 200, WHOLE)) and is_panorama(picture(300, 120, PART))
    assert not is_panorama(picture(400, 200)) and not is_panorama(
        picture(400, 210, WHOLE | {"FullPanoWidthPixels": ""})
    )
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        path = picture(400, 200, WHOLE).save(tmp_path / f"p{suffix}")
        assert is_panorama(path) and is_panorama(str(path)) and is_panorama(Picture.open(path))
        assert not is_panorama(picture(400, 200).save(tmp_path / f"q{suffix}"))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert not is_panorama(tmp_path / "broken.jpg") and not is_panorama(tmp_path / "missing.jpg")


def test_a_painted_panorama_still_is_one(engine, tmp_path):
    path = Picture(rough(64, 128), metadata=Metadata(xmp=packet(WHOLE))).save(tmp_path / "in.jpg")
    result = transfer_panorama(Picture.open(path), engine)
    out = result.save(tmp_path / "out.jpg")
    assert is_panorama(out) and read_entries(Picture.open(out).metadata.xmp, GPANO) == WHOLE


def test_alpha_and_depth_stay(engine):
    alpha = np.full((64, 128), 40000, np.uint16)
    content = Picture(rough(64, 128).astype(np.uint16) * 257, alpha=alpha)
    result = transfer_panorama(content, engine)
    assert result.array.dtype == np.uint16 and np.array_equal(result.alpha, alpha)


def test_wrong_wishes(engine):
    with pytest.raises(InputError, match="the projection 'fisheye' came; equirectangular or cubemap is wanted"):
        transfer_panorama(picture(400, 200), engine, projection="fisheye")
    with pytest.raises(InputError, match="a finish came"):
        transfer_panorama(picture(400, 200), engine, finish=0.5)
    with pytest.raises(InputError, match="the picture is 300x200"):
        transfer_panorama(picture(300, 200), engine)
