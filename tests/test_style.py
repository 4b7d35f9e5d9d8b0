"""The style's file: what goes in comes out, and nothing that is not right goes in."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from pinxit.blending import blend_styles
from pinxit.container import MAX_BYTES
from pinxit.errors import CapacityError, InputError, NotFoundError, StyleError
from pinxit.provenance import Provenance, Training
from pinxit.style import Signatures, Style, check_name
from pinxit.texture import Texture
from pinxit.thumbnail import color_card, thumbnail_of
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

TRAINING = {
    "split": {"a" * 64: "train", "b" * 64: "test"},
    "before": {"ssim": 0.5},
    "after": {"ssim": 0.6},
    "history": [{"step": 1, "score": 0.25}],
    "steps": 4,
    "best": 2,
    "minutes": 0.5,
}


def darker(size: int = 9, gain: float = 0.5, **parts) -> Tone:
    return Tone(lut=Lut(Lut.identity(size).table * np.float32(gain)), **parts)


def texture(**parts) -> Texture:
    """A texture of the smallest parts."""
    bands = np.tile(np.linspace(-0.1, 0.1, 5, dtype=np.float32), (1, 2, 3, 1))
    parts = {"code": np.ones(3, np.float32), "palettes": np.full((1, 4, 3), 0.5, np.float32), "bands": bands} | parts
    return Texture(painter="0123456789abcdef", **parts)


@pytest.fixture
def style() -> Style:
    training = Training(**{**TRAINING, "history": tuple(TRAINING["history"])})
    return Style(
        name="abendrot 1",
        tone=darker(code=np.arange(4, dtype=np.float32), expected_error=2.5),
        provenance=Provenance(
            references=2, hashes=("a" * 64, "b" * 64), licence="CC0", consent="mine", notes="ü", training=training
        ),
        thumbnail=thumbnail_of([(color_card(64, 64) * 255).astype(np.uint8)]),
    )


def rebuilt(style: Style, change) -> bytes:
    """The style's file after ``change(header, tensors)``, written as an attacker would write it."""
    data = style.to_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["pinxit"])
    tensors = style._tensors()
    change(header, tensors)
    return save(tensors, metadata={"pinxit": json.dumps(header)})


class TestFile:
    def test_everything_comes_back(self, style, tmp_path):
        path = style.save(tmp_path / "x.pinxit")
        back = Style.load(path)
        assert back.name == style.name and back.provenance == style.provenance and back.thumbnail == style.thumbnail
        np.testing.assert_array_equal(back.tone.lut.table, style.tone.lut.table)
        np.testing.assert_array_equal(back.tone.code, style.tone.code)
        assert back.tone.expected_error == 2.5 and back.tone.finish == style.tone.finish

    def test_same_style_same_bytes(self, style):
        assert style.to_bytes() == replace(style).to_bytes() == Style.from_bytes(style.to_bytes()).to_bytes()

    def test_texture(self):
        style = Style(texture=texture(adapter={"a.b": np.zeros((2, 2), np.float32)}))
        back = Style.from_bytes(style.to_bytes())
        assert back.tone is None and back.texture.painter == "0123456789abcdef"
        assert set(back.texture.tensors()) == set(style.texture.tensors())
        for key, value in style.texture.tensors().items():
            np.testing.assert_array_equal(back.texture.tensors()[key], value)

    def test_format_without_texture_is_still_read(self, style):
        def older(header, _):
            header["format"] = 1
            del header["texture"], header["signature"]

        assert Style.from_bytes(rebuilt(style, older)).to_bytes() == style.to_bytes()

    def test_format_without_signature_is_still_read(self, style):
        def older(header, _):
            header["format"] = 2
            del header["signature"]

        back = Style.from_bytes(rebuilt(style, older))
        assert back.signature is None and back.to_bytes() == style.to_bytes()

    @pytest.mark.parametrize("version", [2, 3])
    def test_strokes_of_earlier_formats_are_learned_again(self, version):
        def older(header, _):
            header["format"] = version
            if version == 2:
                del header["signature"]

        with pytest.raises(StyleError, match=f"as format {version} did, .* format 4; learn it again"):
            Style.from_bytes(rebuilt(Style(texture=texture()), older))

    @pytest.mark.parametrize("version", [1, 2])
    def test_older_formats_hold_nothing_newer(self, style, version):
        def older(header, _):
            header["format"] = version
            if version == 1:
                del header["texture"]

        with pytest.raises(StyleError, match="other entries"):
            Style.from_bytes(rebuilt(style, older))

    def test_signature(self, style):
        vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
        marked = replace(style, signature=Signatures(vectors, "0123456789abcdef"))
        back = Style.from_bytes(marked.to_bytes())
        np.testing.assert_array_equal(back.signature.vectors, vectors)
        assert back.signature.version == "0123456789abcdef" and back.renamed("b").signature is back.signature
        assert marked.fingerprint == style.fingerprint, "it changes no pixel"

    def test_finish_is_kept(self):
        tone = darker(finish=replace(Finish(), vignette=0.25))
        assert Style.from_bytes(Style(tone=tone).to_bytes()).tone.finish.vignette == 0.25

    def test_wrong_suffix(self, style, tmp_path):
        with pytest.raises(InputError, match="does not end in"):
            style.save(tmp_path / "x.safetensors")

    def test_failed_save_keeps_the_old_file(self, style, tmp_path, monkeypatch):
        path = style.save(tmp_path / "x.pinxit")
        before = path.read_bytes()
        monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(CapacityError, match="room"):
            replace(style, name="other").save(path)
        monkeypatch.undo()
        assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["x.pinxit"]

    def test_fingerprint_is_about_pixels(self, style):
        assert style.fingerprint == replace(style, name="b", thumbnail=None, provenance=Provenance()).fingerprint
        assert style.fingerprint != replace(style, tone=darker(gain=0.6)).fingerprint


class TestRefused:
    @pytest.mark.parametrize("keep", [0, 4, 8, 9, 100, 1000, -1])
    def test_truncated(self, style, keep):
        with pytest.raises(StyleError, match="damaged"):
            Style.from_bytes(style.to_bytes()[:keep], "x.pinxit")

    @pytest.mark.parametrize("seed", range(8))
    def test_garbage(self, seed):
        data = np.random.default_rng(seed).integers(0, 256, 5000, np.uint8).tobytes()
        with pytest.raises(StyleError):
            Style.from_bytes(data)

    @pytest.mark.parametrize("seed", range(40))
    def test_flipped_bytes_never_crash(self, style, seed):
        random = np.random.default_rng(seed)
        data = bytearray(style.to_bytes())
        for position in random.integers(0, 1200, 3):
            data[position] = random.integers(0, 256)
        try:
            Style.from_bytes(bytes(data))
        except StyleError as error:
            assert "\n" not in str(error)

    def test_deep_json(self):
        text = b"[" * 200_000
        with pytest.raises(StyleError):
            Style.from_bytes(struct.pack("<Q", len(text)) + text)

    def test_pickle_and_zip(self, tmp_path):
        import pickle

        (tmp_path / "x.pinxit").write_bytes(pickle.dumps({"tone": 1}))
        with pytest.raises(StyleError, match=r"x\.pinxit is damaged"):
            Style.load(tmp_path / "x.pinxit")

    def test_other_safetensors(self):
        with pytest.raises(StyleError, match="not a style"):
            Style.from_bytes(save({"a": np.zeros(3, np.float32)}))

    @pytest.mark.parametrize("version", [5, 0, "1", None, True, 1.5])
    def test_version(self, style, version):
        with pytest.raises(StyleError, match=r"reads format 4; .*learn it again"):
            Style.from_bytes(rebuilt(style, lambda header, _: header.update(format=version)))

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("key", ["tone.lut", "tone.code"])
    def test_not_finite(self, style, key, value):
        def poison(_, tensors):
            tensors[key] = tensors[key].copy()
            tensors[key].flat[3] = value

        with pytest.raises(StyleError, match=f"{key} holds NaN or infinite"):
            Style.from_bytes(rebuilt(style, poison))

    @pytest.mark.parametrize(
        ("key", "array"),
        [
            ("tone.lut", np.zeros((3, 3, 3), np.float32)),
            ("tone.lut", np.zeros((3, 4, 3, 3), np.float32)),
            ("tone.lut", np.zeros((1, 1, 1, 3), np.float32)),
            ("tone.lut", np.zeros((130, 130, 130, 3), np.float32)),
            ("tone.lut", np.zeros((3, 3, 3, 3), np.float64)),
            ("tone.lut", np.zeros((3, 3, 3, 3), np.uint8)),
            ("tone.code", np.zeros((2, 2), np.float32)),
            ("tone.code", np.zeros(0, np.float32)),
            ("tone.code", np.zeros(5000, np.float32)),
            ("thumbnail", np.zeros(9, np.uint8)),
            ("thumbnail", np.zeros(9, np.float32)),
            ("strange", np.zeros(3, np.float32)),
        ],
    )
    def test_wrong_tensors(self, style, key, array):
        with pytest.raises(StyleError) as caught:
            Style.from_bytes(rebuilt(style, lambda _, tensors: tensors.update({key: array})), "x.pinxit")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "change",
        [
            lambda h, t: h.update(extra=1),
            lambda h, t: h.pop("tone"),
            lambda h, t: h.update(tone=None),
            lambda h, t: h.update(tone=[]),
            lambda h, t: h["tone"].update(expected_error="low"),
            lambda h, t: h["tone"].update(expected_error=float("inf")),
            lambda h, t: h["tone"].update(finish={"vignette": 1}),
            lambda h, t: h["tone"].update(finish=None),
            lambda h, t: h["tone"]["finish"].update(grain=None),
            lambda h, t: t.pop("tone.lut"),
            lambda h, t: h.update(provenance=[]),
            lambda h, t: h["provenance"].update(references=-1),
            lambda h, t: h["provenance"].update(hashes="aa"),
            lambda h, t: h["provenance"].update(created=5),
            lambda h, t: h["provenance"].update(more="x"),
            lambda h, t: h["provenance"].update(training={}),
            lambda h, t: h["provenance"].update(training=dict(TRAINING, steps="4")),
            lambda h, t: h["provenance"].update(training=dict(TRAINING, split={"a": "all"})),
            lambda h, t: h["provenance"].update(training=dict(TRAINING, history=[{"step": [1]}])),
            lambda h, t: h["provenance"].update(training=dict(TRAINING, before={"ssim": None})),
            lambda h, t: h.update(name="../x"),
            lambda h, t: h.update(name=7),
            lambda h, t: h.update(texture={"painter": "0123456789abcdef"}),
            lambda h, t: h.update(signature={"version": "0123456789abcdef"}),
            lambda h, t: h.update(signature=[]),
            lambda h, t: t.update(signature=np.zeros((1, 3), np.float32)),
            lambda h, t: (h.update(signature={"version": 3}), t.update(signature=np.zeros((1, 3), np.float32))),
            lambda h, t: (h.update(signature={"version": "0" * 16}), t.update(signature=np.zeros(3, np.float32))),
            lambda h, t: (h.update(signature={"version": "0" * 16}), t.update(signature=np.zeros((65, 3), np.float32))),
            lambda h, t: (h.update(signature={"version": "0" * 16}), t.update(signature=np.zeros((0, 3), np.float32))),
            lambda h, t: (h.update(signature={"version": "0" * 16}), t.update(signature=np.zeros((1, 0), np.float32))),
            lambda h, t: t.update(texture().tensors()),
            lambda h, t: (h.update(texture={"painter": 3}), t.update(texture().tensors())),
        ],
    )
    def test_wrong_header(self, style, change):
        with pytest.raises(StyleError):
            Style.from_bytes(rebuilt(style, change), "x.pinxit")

    def test_oversize_is_not_read(self, tmp_path):
        path = tmp_path / "x.pinxit"
        with path.open("wb") as file:
            file.truncate(MAX_BYTES + 1)
        with pytest.raises(StyleError, match="64 MiB is the most"):
            Style.load(path)

    def test_missing_and_folder(self, tmp_path):
        with pytest.raises(NotFoundError):
            Style.load(tmp_path / "x.pinxit")
        with pytest.raises(StyleError, match="cannot be read"):
            Style.load(tmp_path)

    def test_own_parts_are_checked(self):
        for wrong in (np.array([np.nan], np.float32), np.zeros(3, np.float64), np.zeros((2, 2), np.float32)):
            with pytest.raises(StyleError, match=r"texture\.code"):
                texture(code=wrong)
        with pytest.raises(StyleError, match="rising"):
            texture(bands=-texture().bands)
        with pytest.raises(StyleError, match="palette"):
            texture(palettes=np.zeros((3, 4), np.float32))
        with pytest.raises(StyleError, match="hex"):
            replace(texture(), painter="x")
        with pytest.raises(StyleError):
            Style(thumbnail=b"GIF89a")
        with pytest.raises(StyleError, match="too large"):
            Style(tone=Tone(lut=Lut.identity(130))).to_bytes()


class TestName:
    @pytest.mark.parametrize(
        "name", ["golden hour", "a", "Kodak-400_v1.2, warm", "黄金时刻", "सुनहरा", "e\u0301te\u0301"]
    )
    def test_allowed(self, name):
        assert check_name(check_name(name)) == check_name(name)

    def test_one_spelling(self):
        assert check_name("e\u0301t") == "\u00e9t"

    @pytest.mark.parametrize(
        "name",
        ["", " a", "a ", "a.", ".", "..", "a/b", "a\\b", "../a", "-x", "a\0b", "a\nb", "a:b", "x" * 81, 5, None, "~"],
    )
    def test_refused(self, name):
        with pytest.raises(InputError, match="cannot name a style"):
            check_name(name)


class TestBlend:
    def test_average_of_tables(self):
        mixed = blend_styles([(Style("a", darker(gain=1.0)), 0.75), (Style("b", darker(gain=0.0)), 0.25)], "c")
        np.testing.assert_allclose(mixed.tone.lut.table, Lut.identity(9).table * 0.75, atol=1e-6)
        assert (
            mixed.name == "c" and mixed.provenance.kind == "blend" and "0.75 x a + 0.25 x b" in mixed.provenance.method
        )

    def test_weights_are_shares_and_sizes_may_differ(self):
        mixed = blend_styles([(Style("a", darker(5, gain=1.0)), 2), (Style("b", darker(9, gain=0.0)), 2)])
        np.testing.assert_allclose(mixed.tone.lut.table, Lut.identity(9).table * 0.5, atol=1e-6)

    def test_provenance_adds_up(self, style):
        mixed = blend_styles([(style, 1), (Style("b", darker()), 1)])
        assert mixed.provenance.references == 2 and mixed.provenance.hashes == style.provenance.hashes
        assert mixed.provenance.licence == "abendrot 1: CC0" and "left out" in mixed.provenance.notes
        assert mixed.tone.code is None

    @pytest.mark.parametrize("weights", [(-1, 1), (0, 0), (float("nan"), 1), (float("inf"), 1)])
    def test_wrong_weights(self, style, weights):
        with pytest.raises(InputError):
            blend_styles([(style, weights[0]), (style, weights[1])])

    def test_nothing_to_blend(self):
        with pytest.raises(InputError):
            blend_styles([])
        with pytest.raises(StyleError, match="no tone"):
            blend_styles([(Style("a"), 1)])
