"""Styles from the files of other programs."""

import numpy as np
import pytest

from pinxit.errors import InputError, NotFoundError
from pinxit.exporting.importing import style_from_file
from pinxit.exporting.table_file import read_table, write_table
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def bright(size: int = 9) -> Lut:
    return Lut(Lut.identity(size).table * np.float32(1.5) - np.float32(0.25))


def test_cube_keeps_values_beyond(tmp_path):
    style = style_from_file(write_table(bright(), tmp_path / "x.cube", size=9))
    np.testing.assert_allclose(style.tone.lut.table, bright().table, atol=1e-6)
    assert style.name is None and style.provenance.kind == "table" and len(style.provenance.hashes[0]) == 64
    assert Style.from_bytes(style.to_bytes()).thumbnail == style.thumbnail


def test_hald(tmp_path):
    style = style_from_file(write_table(Lut.identity(9), tmp_path / "x.png", level=4))
    np.testing.assert_allclose(style.tone.lut.table, Lut.identity(16).table, atol=1e-4)


def test_too_many_nodes_are_resampled(tmp_path):
    style = style_from_file(write_table(Lut.identity(9), tmp_path / "x.png", level=12))
    assert style.tone.lut.size == 129 and "144" in style.provenance.notes
    style.to_bytes()


def test_pinxit(tmp_path):
    path = Style(name="a", tone=Tone(lut=bright())).save(tmp_path / "x.pinxit")
    assert style_from_file(path).name == "a"


def test_other_suffix(tmp_path):
    with pytest.raises(InputError, match=r"\.pinxit, \.cube, \.png"):
        style_from_file(tmp_path / "x.3dl")
    with pytest.raises(InputError, match=r"\.cube"):
        write_table(bright(), tmp_path / "x.look")
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "x.cube")
