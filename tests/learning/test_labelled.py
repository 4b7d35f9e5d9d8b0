"""Tar files of labelled pictures: good ones, and those that somebody made to do harm."""

import gzip
import io
import tarfile

import numpy as np
import pytest
import torch
from material import jpeg, write_tar
from PIL import Image

from pinxit.errors import InputError, NotFoundError
from pinxit.learning.labelled import MOST_BYTES, read_labelled


def test_pictures_and_classes(material):
    found = read_labelled(material.recognition / "train.tar")
    assert found.classes == ("cat", "dog", "elk", "fox")
    assert found.pixels.shape == (12, 3, 64, 64) and found.pixels.dtype == torch.uint8
    assert found.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3] and found.labels.dtype == torch.int64
    wanted = np.asarray(Image.open(io.BytesIO(jpeg(500 + 21))))  # the second elk, as the fixture made it
    assert np.array_equal(found.pixels[7].permute(1, 2, 0).numpy(), wanted)


def test_classes_keep_their_numbers(tmp_path):
    path = write_tar(tmp_path / "val.tar", {"./fox/a.JPEG": jpeg(1), "elk/b.jpg": jpeg(2)})
    assert read_labelled(path).labels.tolist() == [1, 0]
    assert read_labelled(path, ("elk", "dog", "fox")).labels.tolist() == [2, 0]
    with pytest.raises(InputError, match="the class 'elk', which the pictures to train on have not"):
        read_labelled(path, ("dog", "fox"))


def test_grey_pictures_and_folders(tmp_path):
    grey = io.BytesIO()
    Image.new("L", (64, 64), 77).save(grey, "JPEG")
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        folder = tarfile.TarInfo("cat")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        info = tarfile.TarInfo("cat/a.jpg")
        info.size = len(grey.getvalue())
        tar.addfile(info, io.BytesIO(grey.getvalue()))
    assert (read_labelled(path).pixels == 77).all()


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg",
        "/cat/a.jpg",
        "./../a.jpg",
        "cat/../a.jpg",
        "..\\a/b.jpg",
        "a/b/c.jpg",
        "a.jpg",
        "cat/a.png",
        "./a.jpg",
    ],
)
def test_names_that_are_no_class_and_picture(tmp_path, name):
    path = write_tar(tmp_path / "x.tar", {"cat/fine.jpg": jpeg(0), name: jpeg(1)})
    with pytest.raises(InputError, match=r"files CLASS/NAME\.jpg are wanted") as caught:
        read_labelled(path)
    assert repr(name) in str(caught.value)
    assert [p.name for p in tmp_path.rglob("*")] == ["x.tar"], "nothing is extracted"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices(tmp_path, kind):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        info = tarfile.TarInfo("cat/a.jpg")
        info.type, info.linkname = kind, str(tmp_path / "secret")
        tar.addfile(info)
    with pytest.raises(InputError, match=r"files CLASS/NAME\.jpg are wanted"):
        read_labelled(tmp_path / "x.tar")


def test_names_are_shown_without_harm(tmp_path):
    path = write_tar(tmp_path / "x.tar", {"\x1b[2J\n" + "a" * 300: b""})
    with pytest.raises(InputError) as caught:
        read_labelled(path)
    assert "\x1b" not in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 400


def other(side=64, form="JPEG"):
    file = io.BytesIO()
    Image.new("RGB", (side, 64)).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"hello, I am no picture", "no picture of 64 x 64 pixels"),
        (jpeg(0)[:-300], "no picture of 64 x 64 pixels"),
        (other(80), "has 80 x 64 pixels; 64 x 64 are wanted"),
        (other(20_000), "no picture of 64 x 64 pixels"),
        (b"", "of 0 bytes"),
        (jpeg(0) + bytes(MOST_BYTES), f"of {len(jpeg(0)) + MOST_BYTES} bytes; 1 to {MOST_BYTES} bytes"),
    ],
)
def test_members_that_are_no_small_picture(tmp_path, data, told):
    path = write_tar(tmp_path / "x.tar", {"cat/fine.jpg": jpeg(0), "cat/odd.jpg": data})
    with pytest.raises(InputError, match=told) as caught:
        read_labelled(path)
    assert "'cat/odd.jpg'" in str(caught.value) and "fine" not in str(caught.value)


def test_a_member_as_large_as_may_be_is_read(tmp_path):
    data = jpeg(0)
    path = write_tar(tmp_path / "x.tar", {"cat/a.jpg": data + bytes(MOST_BYTES - len(data))})
    assert len(read_labelled(path).labels) == 1


def test_a_promised_giant_is_refused_before_it_is_read(tmp_path, monkeypatch):
    info = tarfile.TarInfo("cat/a.jpg")
    info.size = 2**40
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + jpeg(0))
    monkeypatch.setattr(tarfile.TarFile, "extractfile", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(InputError, match=r"of 1099511627776 bytes"):
        read_labelled(tmp_path / "x.tar")


@pytest.mark.parametrize("data", [b"", b"hello" * 300, bytes(10240)])
def test_no_tar_or_an_empty_one(tmp_path, data):
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(InputError, match=r"no plain tar file|holds no picture"):
        read_labelled(tmp_path / "x.tar")


def test_compressed_cut_and_missing_files(material, tmp_path):
    whole = (material.recognition / "val.tar").read_bytes()
    (tmp_path / "x.tar").write_bytes(gzip.compress(whole))
    with pytest.raises(InputError, match="no plain tar file"):
        read_labelled(tmp_path / "x.tar")
    (tmp_path / "x.tar").write_bytes(whole[:900])
    with pytest.raises(InputError):
        read_labelled(tmp_path / "x.tar")
    with pytest.raises(NotFoundError, match=r"give a folder with train.tar and val.tar"):
        read_labelled(tmp_path / "y.tar")
    with pytest.raises(InputError, match="no plain tar file"):
        read_labelled(tmp_path)
