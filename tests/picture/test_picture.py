"""Pictures in and out: every door, every format, and the law that lossless files come back unchanged."""

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from pinxit.errors import MissingExtraError, NotFoundError, PictureError
from pinxit.picture import EDITED, GENERATED, Picture
from pinxit.picture.xmp import read_label

RNG = np.random.default_rng(1)
TOPS = {"uint8": 255, "uint16": 65535, "float32": 1}


def noise(dtype: str, channels: int = 3, size: tuple[int, int] = (13, 17)) -> np.ndarray:
    return (RNG.random((*size, channels)) * TOPS[dtype]).astype(dtype)


def smooth() -> np.ndarray:
    down, across = np.mgrid[0:64, 0:80]
    return np.stack([across * 3, down * 3, 255 - across * 2], axis=-1).astype(np.uint8)


def encoded(array: np.ndarray, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_lossless_files_come_back_unchanged(tmp_path: Path, suffix: str, dtype: str, channels: int) -> None:
    array = noise(dtype, channels)
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(array))
    else:
        extra = ["unassalpha"] if channels == 4 else None
        tifffile.imwrite(path, array, photometric="rgb", extrasamples=extra)
    picture = Picture.open(path)
    assert np.array_equal(picture.to_array(), array) and picture.array.dtype == array.dtype
    saved = picture.save(tmp_path / f"b{suffix}")
    assert np.array_equal(Picture.open(saved).to_array(), array)
    independent = imagecodecs.png_decode(saved.read_bytes()) if suffix == ".png" else tifffile.imread(saved)
    assert np.array_equal(independent, array)


def test_other_lossless_round_trips(tmp_path: Path) -> None:
    array = noise("uint8")
    for name, options in (("BMP", {}), ("WEBP", {"lossless": True})):
        path = tmp_path / f"a.{name.lower()}"
        path.write_bytes(encoded(array, name, **options))
        picture = Picture.open(path)
        assert np.array_equal(picture.array, array), name
        assert np.array_equal(Picture.open(picture.save(tmp_path / f"b.{name.lower()}")).array, array), name
    floats = noise("float32")
    assert np.array_equal(Picture.open(Picture.open(floats).save(tmp_path / "f.tiff")).array, floats)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
def test_lossy_formats_are_close_and_labelled(tmp_path: Path, suffix: str) -> None:
    path = Picture.open(smooth()).save(tmp_path / f"a{suffix}")
    result = Picture.open(path)
    assert np.abs(result.array.astype(int) - smooth()).mean() < 2
    assert Image.open(path).info["icc_profile"]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_every_result_is_labelled_unless_unwanted(tmp_path: Path, suffix: str) -> None:
    picture = Picture.open(smooth())
    source_type, aigc = read_label(_xmp(picture.save(tmp_path / f"a{suffix}")))
    assert source_type == EDITED.source_type and source_type.endswith("/compositeWithTrainedAlgorithmicMedia")
    assert aigc["Label"] == "1" and aigc["ContentProducer"] == "pinxit" and len(aigc["ProduceID"]) == 32
    generated = read_label(_xmp(picture.save(tmp_path / f"g{suffix}", label=GENERATED)))[0]
    assert generated.endswith("/trainedAlgorithmicMedia")
    assert read_label(_xmp(picture.save(tmp_path / f"n{suffix}", label=None))) == ("", {})


def _xmp(path: Path) -> bytes | None:
    with Image.open(path) as image:
        return image.info.get("xmp")


def test_every_door_gives_the_same_picture(tmp_path: Path) -> None:
    data = encoded(smooth(), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    first = Picture.open(path)
    for source in (str(path), data, bytearray(data), memoryview(data), Image.open(path), smooth(), first):
        picture = Picture.open(source)
        assert np.array_equal(picture.array, smooth()) and picture.size == (80, 64)
    assert np.array_equal(np.asarray(first), smooth())
    assert np.array_equal(np.asarray(first.to_pil()), smooth())
    assert first.pixels.shape == (3, 64, 80) and first.pixels.dtype == np.float32
    assert first.pixels.max() <= 1 and first.pixels[0, 0, 79] == np.float32(237 / 255)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("channels", [3, 4])
def test_array_in_and_out_keeps_dtype_and_shape(dtype: str, channels: int) -> None:
    array = (RNG.random((5, 6, channels)) * TOPS.get(dtype, 1)).astype(dtype)
    back = np.asarray(Picture.open(array))
    assert back.dtype == array.dtype and back.shape == array.shape
    assert np.abs(back.astype(float) - array).max() < 1e-6
    assert np.asarray(Picture.open(array), dtype=np.float64).dtype == np.float64


def test_gray_and_bool_arrays_become_rgb() -> None:
    gray = noise("uint8", 1)[..., 0]
    assert np.array_equal(Picture.open(gray).array, np.dstack([gray] * 3))
    assert Picture.open(gray > 100).array.max() == 255


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 8, 9), np.uint8), "transpose"),
        (np.zeros((8, 9, 2), np.uint8), "wanted"),
        (np.zeros((0, 9, 3), np.uint8), "1x1"),
        (np.zeros(7, np.uint8), "wanted"),
        (np.zeros((8, 9, 3), np.int64), "uint8"),
        (np.full((8, 9, 3), np.nan), "NaN"),
        (np.full((8, 9, 3), 200.0), "divide"),
        (object(), "object"),
        (None, "NoneType"),
    ],
)
def test_unfitting_arrays_are_refused_with_advice(array: object, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        Picture.open(array)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F"])
def test_every_pillow_mode_opens(mode: str) -> None:
    if mode in ("I", "F", "I;16"):
        image = Image.fromarray(
            np.linspace(0, 1 if mode == "F" else 60000, 48)
            .reshape(6, 8)
            .astype({"I": np.int32, "F": np.float32, "I;16": np.uint16}[mode])
        )
    elif mode == "LAB":
        image = Image.new("LAB", (8, 6), (255, 0, 0))
    else:
        image = Image.fromarray(smooth()[:6, :8]).convert(mode)
    picture = Picture.open(image)
    assert picture.size == (8, 6)
    if mode in ("CMYK", "YCbCr", "HSV"):
        assert np.abs(picture.array.astype(int) - np.asarray(image.convert("RGB"))).max() <= 1


def test_sixteen_bit_kinds_keep_their_depth(tmp_path: Path) -> None:
    gray_alpha = noise("uint16", 2)
    picture = Picture.open(imagecodecs.png_encode(gray_alpha))
    assert np.array_equal(picture.array[..., 1], gray_alpha[..., 0])
    assert picture.alpha is not None and np.array_equal(picture.alpha, gray_alpha[..., 1])
    planes = noise("uint16")
    tifffile.imwrite(tmp_path / "p.tif", planes.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    assert np.array_equal(Picture.open(tmp_path / "p.tif").array, planes)
    tifffile.imwrite(tmp_path / "w.tif", planes[..., 0], photometric="miniswhite")
    assert np.array_equal(Picture.open(tmp_path / "w.tif").array[..., 0], 65535 - planes[..., 0])


def test_multiplied_alpha_is_divided_out(tmp_path: Path) -> None:
    pixel = np.array([[[20000, 10000, 0, 32768]]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixel, photometric="rgb", extrasamples=["assocalpha"])
    assert np.abs(Picture.open(tmp_path / "a.tif").array[0, 0].astype(int) - [39999, 20000, 0]).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_stands_upright_and_is_saved_so(tmp_path: Path, suffix: str, orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(smooth()).save(path, exif=exif)
    with Image.open(path) as image:
        wanted = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    picture = Picture.open(path)
    assert np.array_equal(picture.array, wanted)
    with Image.open(picture.save(tmp_path / f"b{suffix}")) as saved:
        assert saved.size == picture.size and saved.getexif().get(0x0112, 1) == 1


def test_deep_tiff_stands_upright(tmp_path: Path) -> None:
    array = noise("uint16")
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", extratags=[(274, "H", 1, 6, True)])
    assert np.array_equal(Picture.open(tmp_path / "a.tif").array, np.rot90(array, -1))


@pytest.mark.parametrize("source", ["jpeg", "png", "deep"])
def test_shrink_to_bounds_the_longest_side(source: str) -> None:
    big = np.repeat(np.repeat(smooth(), 10, axis=0), 10, axis=1)
    data = imagecodecs.png_encode(big.astype(np.uint16) * 257) if source == "deep" else encoded(big, source)
    picture = Picture.open(data, shrink_to=100)
    assert picture.size == (100, 80)
    top = 65535 if source == "deep" else 255
    assert np.abs(picture.array.mean((0, 1)) / top - smooth().mean((0, 1)) / 255).max() < 0.01
    assert Picture.open(data, shrink_to=5000).size == (800, 640)
    assert Picture.open(big, shrink_to=100).size == (100, 80)


def test_with_array_keeps_the_rest() -> None:
    picture = Picture.open(noise("uint8", 4))
    deep = picture.with_array(picture.array.astype(np.uint16) * 257)
    assert deep.alpha is not None and np.array_equal(deep.alpha, picture.alpha.astype(np.uint16) * 257)
    assert np.abs(picture.with_array(picture.array / np.float32(255)).alpha - picture.alpha / 255).max() < 1e-6
    with pytest.raises(PictureError):
        picture.with_array(np.zeros((1, 1, 3), np.uint8))


def test_alpha_is_laid_on_white_where_it_cannot_be_kept(tmp_path: Path) -> None:
    array = np.zeros((8, 8, 4), np.uint8)
    for suffix in (".jpg", ".bmp"):
        assert Picture.open(Picture.open(array).save(tmp_path / f"a{suffix}")).array.min() > 250


def test_cmyk_without_profile_is_saved_as_rgb(tmp_path: Path) -> None:
    image = Image.fromarray(smooth()).convert("CMYK")
    image.save(tmp_path / "a.jpg", quality=100)
    picture = Picture.open(tmp_path / "a.jpg")
    assert np.abs(picture.array.astype(int) - np.asarray(image.convert("RGB"))).mean() < 3
    with Image.open(picture.save(tmp_path / "b.jpg", profile="source")) as saved:
        assert saved.mode == "RGB"


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_goes_through_its_profile_and_back(tmp_path: Path, suffix: str, ink_profile: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    options = {"quality": 100} if suffix == ".jpg" else {}
    Image.new("CMYK", (16, 16), (0, 0, 0, 128)).save(path, icc_profile=ink_profile, **options)
    picture = Picture.open(path)
    assert picture.profile == ink_profile
    assert np.abs(picture.array.astype(int) - 118).max() <= 2  # L* 49.8; without the profile it would be 127
    with Image.open(picture.save(tmp_path / f"b{suffix}", profile="source")) as saved:
        assert saved.mode == "CMYK" and saved.info["icc_profile"] == ink_profile
        inks = np.asarray(saved).reshape(-1, 4).astype(int)
    assert np.abs(inks - [0, 0, 0, 128]).max() <= 2
    with Image.open(picture.save(tmp_path / f"c{suffix}")) as saved:
        assert saved.mode == "RGB"
    for other in (".png", ".webp", ".avif", ".bmp"):
        with pytest.raises(PictureError, match="holds no CMYK"):
            picture.save(tmp_path / f"d{other}", profile="source")


def test_deep_cmyk_goes_through_its_profile(tmp_path: Path, ink_profile: bytes) -> None:
    inks = np.zeros((4, 4, 4), np.uint16)
    inks[..., 3] = 32896
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", iccprofile=ink_profile)
    picture = Picture.open(tmp_path / "a.tif")
    assert picture.array.dtype == np.uint16 and np.abs(picture.array / 257 - 118).max() < 2
    saved = picture.save(tmp_path / "b.tif", profile="source")
    assert np.abs(tifffile.imread(saved)[..., 3].astype(int) - 32896).max() < 500


@pytest.mark.parametrize("name", ["a.gif", "a", "a.heic", "a.jp2", "a.dng"])
def test_formats_that_are_not_written_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureError, match=r"choose one of|suffix"):
        Picture.open(smooth()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_too_long_sides_are_refused_before_writing(tmp_path: Path) -> None:
    long = Picture.open(np.zeros((1, 70_000, 3), np.uint8))
    for suffix in (".jpg", ".webp", ".avif"):
        with pytest.raises(PictureError, match="a side"):
            long.save(tmp_path / f"a{suffix}")
    assert Picture.open(long.save(tmp_path / "a.png")).size == (70_000, 1)


def test_missing_and_wrong_paths(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        Picture.open(tmp_path / "no.jpg")
    with pytest.raises(PictureError, match="folder"):
        Picture.open(tmp_path)
    with pytest.raises(PictureError, match="device"):
        Picture.open("/dev/zero")


@pytest.mark.parametrize(("suffix", "package"), [(".heic", "pi_heif"), (".nef", "rawpy")])
def test_missing_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, package: str
) -> None:
    heads = {".heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", ".nef": b"MM\0*\0\0\0\x08\0\0"}
    (tmp_path / f"a{suffix}").write_bytes(heads[suffix] + b"\0" * 100)
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pinxit\[photo\]"):
        Picture.open(tmp_path / f"a{suffix}")
