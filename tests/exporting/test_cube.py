"""Cube files: exact in, exact out, and whatever else calls itself .cube is refused or understood."""

import numpy as np
import pytest

from pinxit.errors import CapacityError, InputError, NotFoundError, StyleError
from pinxit.exporting.cube import read_cube, write_cube
from pinxit.tone.lut import Lut


def random_lut(size: int = 17, low: float = -0.3, high: float = 1.4, seed: int = 0) -> Lut:
    table = np.random.default_rng(seed).uniform(low, high, (size, size, size, 3))
    return Lut(table.astype(np.float32))


def cube(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "x.cube"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def rows(size: int, function=lambda r, g, b: (r, g, b)) -> str:
    axis = np.linspace(0, 1, size)
    return "".join("{:.9f} {:.9f} {:.9f}\n".format(*function(r, g, b)) for b in axis for g in axis for r in axis)


class TestWrite:
    def test_text_of_a_tiny_table(self, tmp_path):
        table = Lut.identity(2).table * np.array([2, 1, -1], np.float32)
        write_cube(Lut(table), tmp_path / "x.cube", size=2, title='a "b" é', notes=["so\nso"])
        lines = (tmp_path / "x.cube").read_text("ascii").split("\n")
        assert lines[:5] == [
            "TITLE \"a 'b' e\"",
            "# so_so",
            "LUT_3D_SIZE 2",
            "DOMAIN_MIN 0.0 0.0 0.0",
            "DOMAIN_MAX 1.0 1.0 1.0",
        ]
        # Red changes fastest; values beyond 0..1 stay; there is no -0.
        assert lines[5:8] == [
            "0.0000000 0.0000000 0.0000000",
            "2.0000000 0.0000000 0.0000000",
            "0.0000000 1.0000000 0.0000000",
        ]
        assert lines[9] == "0.0000000 0.0000000 -1.0000000" and lines[13] == "" and len(lines) == 14

    @pytest.mark.parametrize("size", [17, 33, 65])
    def test_round_trip(self, tmp_path, size):
        lut = random_lut(size)
        back = read_cube(write_cube(lut, tmp_path / "x.cube", size=size))
        assert back.size == size
        np.testing.assert_allclose(back.table, lut.table, atol=1e-6)

    def test_resized(self, tmp_path):
        back = read_cube(write_cube(Lut.identity(17), tmp_path / "x.cube", size=33))
        np.testing.assert_allclose(back.table, Lut.identity(33).table, atol=1e-6)

    @pytest.mark.parametrize("size", [1, 0, -3, 130])
    def test_size_refused(self, tmp_path, size):
        with pytest.raises(InputError, match="17, 33 or 65"):
            write_cube(Lut.identity(3), tmp_path / "x.cube", size=size)
        assert not list(tmp_path.iterdir())

    def test_unwritable(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CapacityError):
            write_cube(Lut.identity(3), tmp_path / "file" / "x.cube")


class TestRead:
    def test_comments_crlf_bom_blank_lines_and_tabs(self, tmp_path):
        head = '\ufeff# made by hand\r\n\r\nTITLE "x"\r\nLUT_3D_SIZE\t2\r\n# more\r\n'
        text = head + rows(2).replace("\n", "\r\n").replace(" ", "\t")
        np.testing.assert_allclose(read_cube(cube(tmp_path, text)).table, Lut.identity(2).table)

    def test_latin_1_title(self, tmp_path):
        text = 'TITLE "Café"\nLUT_3D_SIZE 2\n' + rows(2)
        assert read_cube(cube(tmp_path, text, "latin-1")).size == 2

    def test_plus_signs_exponents_and_no_last_line_end(self, tmp_path):
        text = "LUT_3D_SIZE 2\n" + "+1e-1 .5 -2.5E+0\n" * 7 + "1 2 3"
        table = read_cube(cube(tmp_path, text)).table.reshape(-1, 3)
        np.testing.assert_allclose(table[0], [0.1, 0.5, -2.5])
        np.testing.assert_allclose(table[-1], [1, 2, 3])

    @pytest.mark.parametrize(
        "domain", ["DOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 2 2\n", "LUT_3D_INPUT_RANGE 0.0 2.0\n", "DOMAIN_MAX 2 2 2\n"]
    )
    def test_wider_domain(self, tmp_path, domain):
        """Over 0..2 the table u -> u/2 is linear in its own domain: at x it says x/2."""
        text = domain + "LUT_3D_SIZE 5\n" + rows(5)
        lut = read_cube(cube(tmp_path, text))
        x = np.random.default_rng(1).random((50, 3), np.float32)
        np.testing.assert_allclose(lut.apply(x), x / 2, atol=1e-5)

    def test_narrow_domain_holds_its_edges(self, tmp_path):
        text = "DOMAIN_MIN 0.25 0.25 0.25\nDOMAIN_MAX 0.75 0.75 0.75\nLUT_3D_SIZE 2\n" + rows(2)
        lut = read_cube(cube(tmp_path, text))
        x = np.repeat(np.linspace(0, 1, 65, dtype=np.float32)[:, None], 3, 1)  # on the nodes
        np.testing.assert_allclose(lut.apply(x), np.clip((x - 0.25) * 2, 0, 1), atol=1e-5)

    def test_1d(self, tmp_path):
        values = np.linspace(0, 1, 1024)
        text = "LUT_1D_SIZE 1024\n" + "".join(f"{v**2:.8f} {v:.8f} {1 - v:.8f}\n" for v in values)
        lut = read_cube(cube(tmp_path, text))
        x = np.random.default_rng(2).random((100, 3), np.float32)
        wanted = np.stack([x[:, 0] ** 2, x[:, 1], 1 - x[:, 2]], -1)
        np.testing.assert_allclose(lut.apply(x), wanted, atol=1e-4)

    def test_1d_with_range(self, tmp_path):
        text = "LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0.0 4.0\n0 0 0\n4 4 4\n"
        np.testing.assert_allclose(read_cube(cube(tmp_path, text)).table, Lut.identity(65).table, atol=1e-6)

    def test_shaper_before_the_table(self, tmp_path):
        curve = "".join(f"{1 - v} {1 - v} {1 - v}\n" for v in (0.0, 0.5, 1.0))
        text = "LUT_1D_SIZE 3\nLUT_1D_INPUT_RANGE 0 1\nLUT_3D_SIZE 2\nLUT_3D_INPUT_RANGE 0 1\n" + curve
        text += rows(2, lambda r, g, b: (r / 2, g, b))
        lut = read_cube(cube(tmp_path, text))
        np.testing.assert_allclose(lut.apply(np.float32([0.25, 0.5, 1.0])), [0.375, 0.5, 0], atol=1e-6)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "no table"),
            ("LUT_3D_SIZE 2\n", "no table"),
            (rows(2), "no LUT_3D_SIZE"),
            ("LUT_3D_SIZE 2\n" + rows(2)[:-40], "three numbers|cut short|rows"),
            ("LUT_3D_SIZE 3\n" + rows(2), "cut short: 8 rows came and 27"),
            ("LUT_3D_SIZE 2\n" + rows(3), "more than the 8 rows"),
            ("LUT_3D_SIZE 2\n" + rows(2).replace(".", ","), "decimal points"),
            ("LUT_3D_SIZE 2\n" + "0,5 0,5 0,5\n" * 8, "decimal points"),
            ("LUT_3D_SIZE 2\n" + "0 0\n" * 8, "2 numbers"),
            ("LUT_3D_SIZE 2\n" + "0 0 0 0\n" * 8, "4 numbers"),
            ("LUT_3D_SIZE 2\n" + "0 0 x\n" * 8, "not three numbers"),
            ("LUT_3D_SIZE 2\n" + "0 0 nan\n" * 8, "NaN"),
            ("LUT_3D_SIZE 2\n" + "0 0 inf\n" * 8, "NaN"),
            ("LUT_3D_SIZE 2\n0 0 0\nLUT_3D_SIZE 2\n" + rows(2), "not three numbers"),
            ("LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n" + rows(2), "two LUT_3D_SIZE"),
            ("LUT_3D_SIZE 1\n0 0 0\n", "2 to 256"),
            ("LUT_3D_SIZE 257\n0 0 0\n", "2 to 256"),
            ("LUT_3D_SIZE -2\n0 0 0\n", "2 to 256"),
            ("LUT_3D_SIZE 99999999999999999999\n0 0 0\n", "2 to 256"),
            ("LUT_3D_SIZE 2.5\n0 0 0\n", "2 to 256"),
            ("LUT_1D_SIZE 65537\n0 0 0\n", "2 to 65536"),
            ("LUT_3D_SIZE 2\nDOMAIN_MIN 0 0\n" + rows(2), "DOMAIN_MIN needs 3"),
            ("LUT_3D_SIZE 2\nDOMAIN_MAX 0 0 0\n" + rows(2), "empty"),
            ("LUT_3D_SIZE 2\nDOMAIN_MAX nan 1 1\n" + rows(2), "DOMAIN_MAX needs 3"),
            ("LUT_3D_SIZE 2\nLUT_IN_VIDEO_RANGE\n" + rows(2), "video range"),
            ("LUT_3D_SIZE 2\nGAMMA 2\n" + rows(2), "no keyword"),
            ("<html>\n" * 300, "no keyword"),
            ("#\n" * 20_000, "too many empty or comment"),
            ("x" * 5000, "too long"),
            (b"\x89PNG\r\n\x1a\n\0\0\0", "no text|no keyword"),
            (b"\xff\xfeL\0U\0T\0", "UTF-16"),
            (b"LUT_3D_SIZE 2\n0 0 \0 0\n", "no text"),
        ],
    )
    def test_refused(self, tmp_path, text, reason):
        with pytest.raises(StyleError, match=reason) as caught:
            read_cube(cube(tmp_path, text))
        assert str(caught.value).startswith("x.cube") and "\n" not in str(caught.value)

    @pytest.mark.parametrize("seed", range(10))
    def test_garbage(self, tmp_path, seed):
        data = np.random.default_rng(seed).integers(0, 256, 3000, np.uint8).tobytes()
        with pytest.raises(StyleError):
            read_cube(cube(tmp_path, data))

    def test_missing_and_folder(self, tmp_path):
        with pytest.raises(NotFoundError):
            read_cube(tmp_path / "no.cube")
        with pytest.raises(StyleError, match="cannot be read"):
            read_cube(tmp_path)


def through_ffmpeg(image: np.ndarray, cube_path) -> np.ndarray:
    """The picture after ffmpeg's lut3d, in 16 bits so that its rounding does not count."""
    av = pytest.importorskip("av")
    frame = av.VideoFrame.from_ndarray(image, format="rgb48le")
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=1)
    lut = graph.add("lut3d", f"file='{cube_path}':interp=tetrahedral")
    sink = graph.add("buffersink")
    source.link_to(lut)
    lut.link_to(sink)
    graph.configure()
    graph.push(frame)
    return graph.pull().reformat(format="rgb48le").to_ndarray()


@pytest.mark.parametrize("size", [17, 33, 65])
def test_ffmpeg_agrees(tmp_path, size):
    """ffmpeg applies the written file as we apply the table: within 1/255."""
    axis = np.linspace(0, 1, 33, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    grey = (red + green + blue) / 3
    table = np.stack([0.1 + 0.9 * red**1.3, 0.7 * green + 0.3 * grey, np.sin(blue * 2) - 0.1], -1)
    lut = Lut(table.astype(np.float32))
    path = write_cube(lut, tmp_path / "x.cube", size=size)
    image = np.random.default_rng(3).integers(0, 65536, (64, 64, 3), np.uint16)
    theirs = through_ffmpeg(image, path).astype(np.float64) / 65535
    ours = lut.resized(size).apply(image).astype(np.float64) / 65535
    assert np.abs(theirs - ours).max() < 1 / 255
