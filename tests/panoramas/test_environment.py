"""Environment maps: light without an upper end, in files and in between."""

import sys

import numpy as np
import pytest
from spheres import looks, smooth

from pinxit.color import srgb_to_linear
from pinxit.errors import InputError, MissingExtraError, NotFoundError, PictureError
from pinxit.panoramas.environment import KEY, KNEE, exposure_of, shown, styled_light
from pinxit.panoramas.radiance import BRIGHTEST, read_radiance, write_radiance
from pinxit.panoramas.sphere import Equirectangular
from pinxit.panoramas.still import transfer_environment

WHOLE = Equirectangular(64, 128)


def outdoors(height=64, width=128):
    """A smooth sphere with a sun ten thousand times as bright, and one black place; (H, W, 3) float32."""
    light = srgb_to_linear(smooth(looks(height, width)).astype(np.float32))
    light[12, 30] = 9000.0, 8000.0, 7000.0
    light[50, 10] = 0
    return light


def test_the_mean_light_is_shown_as_middle_grey():
    assert exposure_of(np.full((64, 128, 3), 3.0, np.float32), WHOLE) == pytest.approx(KEY / 3, rel=1e-4)
    assert exposure_of(np.zeros((64, 128, 3), np.float32), WHOLE) == 1


def test_every_solid_angle_counts_alike():
    """A cap of 45 degrees is a quarter of the picture, and 0.146 of the sphere."""
    light = np.ones((64, 128, 3), np.float32)
    light[:16] = 100.0
    wanted = KEY / 100 ** ((1 - np.cos(np.pi / 4)) / 2)
    assert exposure_of(light, WHOLE) == pytest.approx(wanted, rel=0.06)


def test_light_is_bent_above_the_knee_only():
    grey = np.array([0.1, KNEE, 1.0, 10.0, 1e5], np.float32)
    light = np.stack([grey, grey / 2, grey / 4], -1)[None]
    picture, gain = shown(light, 1.0)
    assert np.allclose(gain[0, :2], 1)
    linear = srgb_to_linear(picture)[0]
    assert np.allclose(linear[:2], light[0, :2], atol=1e-5)
    assert (np.diff(linear[:, 0]) > 0).all() and linear.max() <= 1
    assert np.allclose(linear[:, 1] / linear[:, 0], 0.5, atol=1e-3), "hues stay"
    # Above the knee k: k + (1 - k) u / (u + 1 - k) with u = x - k.
    assert linear[2, 0] == pytest.approx(KNEE + (1 - KNEE) * 0.5, abs=1e-4)


def test_no_change_gives_the_very_light():
    light = outdoors()
    result = styled_light(light, WHOLE, lambda picture: picture)
    assert np.allclose(result, light, rtol=2e-4, atol=1e-7)


def test_a_change_is_a_ratio_in_linear_light():
    """What halves the linear light of a picture halves that of the sun."""
    light = outdoors()

    def halved(picture):
        linear = srgb_to_linear(picture) / 2
        return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)

    result = styled_light(light, WHOLE, halved)
    assert np.allclose(result, light / 2, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("suffix", [".hdr", ".exr"])
def test_files(tmp_path, suffix):
    light = outdoors()
    path = write_radiance(tmp_path / f"light{suffix}", light)
    found = read_radiance(path)
    # Radiance keeps eight bits of the largest channel, half floats eleven of each.
    error = np.abs(found - light).max(2) / np.maximum(light.max(2), 1e-4)
    assert error.max() < (0.008 if suffix == ".hdr" else 0.0006)
    assert b"compositeWithTrainedAlgorithmicMedia" in path.read_bytes()
    plain = write_radiance(tmp_path / f"plain{suffix}", light, label=None)
    assert b"TrainedAlgorithmicMedia" not in plain.read_bytes()


def test_another_program_reads_them(tmp_path):
    cv2 = pytest.importorskip("cv2")
    path = write_radiance(tmp_path / "light.hdr", outdoors())
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert np.allclose(found, read_radiance(path), rtol=0.01)


def test_grey_and_infinite_exr(tmp_path):
    import OpenEXR

    values = np.full((8, 16), 0.5, np.float32)
    values[0, :3] = np.inf, np.nan, -1
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {"Y": values}) as file:
        file.write(str(tmp_path / "grey.exr"))
    found = read_radiance(tmp_path / "grey.exr")
    assert found.shape == (8, 16, 3) and found[0, :4, 1].tolist() == [BRIGHTEST, 0, 0, 0.5]
    with OpenEXR.File(header, {"depth": values}) as file:
        file.write(str(tmp_path / "depth.exr"))
    with pytest.raises(PictureError, match="has the channels depth; R, G and B are wanted"):
        read_radiance(tmp_path / "depth.exr")


def test_painting_keeps_the_range(engine, tmp_path):
    light = outdoors()
    for suffix in (".hdr", ".exr"):
        source = write_radiance(tmp_path / f"in{suffix}", light)
        target = transfer_environment(source, tmp_path / f"out{suffix}", engine)
        result = read_radiance(target)
        assert result.shape == light.shape and result[12, 30].max() > 500, "the sun is still one"
        assert np.abs(result - read_radiance(source)).mean() > 0.01


def test_a_damaged_file_leaves_nothing(engine, tmp_path):
    whole = write_radiance(tmp_path / "in.hdr", outdoors()).read_bytes()
    (tmp_path / "short.hdr").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "none.hdr").write_bytes(b"no light")
    (tmp_path / "none.exr").write_bytes(b"no light")
    for name in ("short.hdr", "none.hdr", "none.exr"):
        with pytest.raises(PictureError):
            transfer_environment(tmp_path / name, tmp_path / "out.hdr", engine)
    with pytest.raises(NotFoundError, match=r"missing\.exr is not there"):
        transfer_environment(tmp_path / "missing.exr", tmp_path / "out.hdr", engine)
    assert not (tmp_path / "out.hdr").exists()


def test_wrong_wishes(engine, tmp_path, monkeypatch):
    source = write_radiance(tmp_path / "in.hdr", outdoors()[:40])
    with pytest.raises(InputError, match="is 128x40"):
        transfer_environment(source, tmp_path / "out.hdr", engine)
    with pytest.raises(PictureError, match=r"in.jpg came; an environment map is a .hdr or .exr file"):
        write_radiance(tmp_path / "in.jpg", outdoors())
    with pytest.raises(PictureError, match="pixels"):
        read_radiance(source, max_pixels=100)
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(MissingExtraError, match=r"OpenEXR is not installed; .*pinxit\[panorama\]"):
        write_radiance(tmp_path / "out.exr", outdoors())
    assert not list(tmp_path.glob("*.part*"))
