"""Reports of pairs and of sets: the untouched have what is promised, copies and collapse are found, gaps say why."""

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

import pinxit
from pinxit.errors import InputError
from pinxit.measuring import sets
from pinxit.measuring.distribution import FrechetDistance
from pinxit.measuring.features import eye_network
from pinxit.measuring.pictures import measure_pictures
from pinxit.measuring.sets import Seen, set_figures
from pinxit.measuring.style_pairs import measure_pair

PAIR = [
    "ssim", "ms_ssim", "psnr", "ciede2000", "edge_agreement", "feature_distance", "recognition", "recognition_overlap",
    "faces_kept", "face_shift",
]  # fmt: skip
SETS = ["frechet", "kernel", "precision", "recall", "diversity", "nearest_reference", "memorised"]


def soft(seed, side=128, blur=3.0):
    """Blots of colour, (side, side, 3) uint8."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(side, side, 3)), (blur, blur, 0))
    return (255 * (0.5 + noise / noise.std() * 0.15).clip(0, 1)).astype(np.uint8)


def values(report):
    return {figure.name: figure.value for figure in report}


class TestPair:
    def test_untouched(self, tiny):
        face = np.ascontiguousarray(data.astronaut()[:256, 100:356])
        report = measure_pictures([(face, face)], [soft(0), soft(1)])
        assert [figure.name for figure in report] == [*PAIR, "colour", "texture"] and report.pairs == 1
        for figure in report:
            assert figure.value == pytest.approx(figure.untouched, abs=1e-5), figure.name
            assert figure.protocol and figure.meaning and figure.low is None

    def test_copied_reference(self, tiny):
        face, other = np.ascontiguousarray(data.astronaut()[:256, 100:356]), soft(0, 256)
        report = measure_pictures([(face, other)], [other])
        assert report["colour"].value == report["texture"].value == report["faces_kept"].value == 0
        assert report["ssim"].value < 0.5 and report["edge_agreement"].value < 0.4
        assert report["face_shift"].value is None and "again" in report["face_shift"].note
        assert report["psnr"].value < 20 and report["ciede2000"].value > 10

    def test_without_references(self, tiny):
        report = measure_pictures([(soft(0), soft(1))])
        assert [figure.name for figure in report] == PAIR

    def test_small_pictures(self, tiny):
        report = measure_pictures([(soft(0, 40), soft(1, 40))], [soft(2, 40)])
        assert "40 x 40" in report["ms_ssim"].note and "176 pixels" in report["ms_ssim"].note
        assert "64 pixels" in report["recognition"].note and "no face" in report["faces_kept"].note
        missing = {name for name, value in values(report).items() if value is None}
        assert missing == {"ms_ssim", "recognition", "recognition_overlap", "faces_kept", "face_shift"}

    def test_a_reference_that_the_content_equals(self, tiny):
        report = measure_pictures([(soft(0), soft(1))], [soft(0)])
        assert report["colour"].value is None and "another reference" in report["texture"].note
        assert report["ssim"].value is not None

    def test_without_scikit_image(self, tiny, monkeypatch):
        for name in ("skimage", "skimage.data", "skimage.feature"):
            monkeypatch.setitem(sys.modules, name, None)
        report = measure_pictures([(soft(0), soft(1))])
        assert "pinxit[personal]" in report["edge_agreement"].note and "pinxit[faces]" in report["faces_kept"].note
        assert report["psnr"].value is not None

    def test_many_references(self, tiny, monkeypatch):
        monkeypatch.setattr("pinxit.measuring.pictures.MOST_REFERENCES", 2)
        three = [soft(seed, 64) for seed in (1, 2, 3)]
        report = measure_pictures([(soft(0), soft(4))], three)
        wanted = measure_pair(soft(0), soft(4), [three[0], three[2]])
        assert report["colour"].value == pytest.approx(wanted.colour) and report["ssim"].value == wanted.ssim
        assert report["colour"].note == "by 2 of 3 references"

    def test_no_pair(self):
        with pytest.raises(InputError, match="no pair"):
            measure_pictures([])


class TestSets:
    def test_means_and_sets(self, tiny):
        contents = [soft(seed) for seed in range(2)]
        results = [soft(seed, blur=6.0) for seed in range(2)]
        references = [soft(seed, blur=6.0) for seed in range(10, 12)]
        seen = []
        report = measure_pictures(
            list(zip(contents, results, strict=True)), references, as_sets=True, on_progress=lambda *x: seen.append(x)
        )
        assert [figure.name for figure in report] == [*PAIR, "colour", "texture", *SETS] and report.pairs == 2
        assert seen[-1] == (2, 2, "measuring")
        one = [peak_signal_noise_ratio(a, b) for a, b in zip(contents, results, strict=True)]
        psnr = report["psnr"]
        assert psnr.value == pytest.approx(np.mean(one)) and psnr.low < psnr.value < psnr.high
        frechet, network = report["frechet"], eye_network()
        x, y, z = (np.stack([network.samples(p / np.float32(255)) for p in s]) for s in (contents, results, references))
        assert frechet.value == pytest.approx(FrechetDistance(y, z)(), rel=1e-4)
        assert frechet.untouched == pytest.approx(FrechetDistance(x, z)(), rel=1e-4)
        assert frechet.value < frechet.untouched and "9x128-2-2" in frechet.protocol
        assert frechet.low is None and "5 pictures or more" in frechet.note  # too few for an interval
        json.dumps(report.to_dict(), allow_nan=False)

    def test_intervals_of_sets(self, tiny, monkeypatch):
        monkeypatch.setattr(sets, "DRAWS", 20)
        monkeypatch.setattr(sets, "_DRAWS", 20)
        network = eye_network()
        x, y, z = ([Seen(soft(s) / np.float32(255), network) for s in range(k, k + 5)] for k in (0, 10, 20))
        for figure in set_figures(x, y, z, "test"):
            assert figure.low <= figure.value <= figure.high, figure.name

    def test_sets_of_one(self, tiny):
        pairs = [(soft(0), soft(1)), (soft(2), soft(3))]
        report = measure_pictures(pairs, [soft(4)], as_sets=True)
        for name in ("frechet", "kernel", "precision"):
            assert report[name].value is None and "a set of 1 came" in report[name].note
        assert report["diversity"].value is not None
        alone = measure_pictures(pairs[:1], [soft(4), soft(5)], as_sets=True)
        assert "a set of 1 came" in alone["frechet"].note and "a set of 1 came" in alone["diversity"].note
        assert alone["psnr"].value is not None and alone["psnr"].low is None

    def test_small_pictures_have_no_crops(self, tiny):
        report = measure_pictures([(soft(s, 100), soft(s + 1, 100)) for s in range(2)], [soft(9)] * 2, as_sets=True)
        assert "100 x 100" in report["kernel"].note and report["memorised"].value is not None

    def test_planted_copies_are_found_and_nothing_else(self):
        network = eye_network()
        names = ("astronaut", "camera", "coffee", "chelsea", "rocket", "hubble_deep_field", "moon", "coins")
        pictures = [Image.fromarray(getattr(data, name)()).convert("RGB") for name in names]
        references, photos = pictures[:4], pictures[4:]

        def compressed(image):
            file = io.BytesIO()
            image.save(file, "JPEG", quality=30)
            return Image.open(file).convert("RGB")

        copies = [
            compressed(references[0]),
            references[1].transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            ImageEnhance.Brightness(references[2]).enhance(0.6),
            references[3].crop((10, 8, references[3].width - 12, references[3].height - 6)).convert("L").convert("RGB"),
        ]

        def seen(images):
            return [Seen(np.asarray(image.resize((100, 100))) / np.float32(255), network) for image in images]

        figures = {one.name: one for one in set_figures(seen(pictures), seen(copies + photos), seen(references), "x")}
        assert figures["memorised"].value == 0.5 and figures["memorised"].untouched == 0.5  # of eight, four each
        clean = {one.name: one for one in set_figures(seen(photos), seen(photos), seen(references), "x")}
        assert clean["memorised"].value == 0 and clean["nearest_reference"].value < 0.35
        assert figures["nearest_reference"].value > 0.5

    def test_planted_collapse(self, tiny):
        contents = [soft(seed) for seed in range(4)]
        results = [np.clip(soft(9).astype(int) + seed, 0, 255).astype(np.uint8) for seed in range(4)]
        report = measure_pictures(list(zip(contents, results, strict=True)), as_sets=True)
        assert report["diversity"].value < 0.2 and report["diversity"].untouched == 1
        assert "frechet" not in values(report)


class TestDoor:
    def test_folders_meet_by_name(self, tiny, tmp_path):
        for folder, suffix in (("c", "jpg"), ("r", "png")):
            (tmp_path / folder).mkdir()
            for seed in range(2):
                Image.fromarray(soft(seed, 64)).save(tmp_path / folder / f"{seed}.{suffix}")
        report = pinxit.measure(content=tmp_path / "c", result=tmp_path / "r")
        assert report.pairs == 2 and report["ssim"].value > 0.95
        (tmp_path / "r" / "1.png").rename(tmp_path / "r" / "7.png")
        with pytest.raises(InputError, match=r"2 contents and 2 results.*names agree"):
            pinxit.measure(content=tmp_path / "c", result=tmp_path / "r")
        with pytest.raises(InputError, match="2 contents and 1 results"):
            pinxit.measure(content=tmp_path / "c", result=[tmp_path / "r" / "0.png"])

    def test_lists_meet_in_order(self, tiny):
        report = pinxit.measure(content=[soft(0, 64), soft(1, 64)], result=[soft(0, 64), soft(1, 64)])
        assert report.pairs == 2 and report["ciede2000"].value == 0
        with pytest.raises(InputError, match="1 after came"):
            pinxit.measure(content=[soft(0, 64), soft(1, 64)], result=soft(0, 64))
        with pytest.raises(InputError, match="'inception'"):
            pinxit.measure(content=soft(0), result=soft(1), encoder="inception")
