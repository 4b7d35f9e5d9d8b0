"""The kinds that come with the package: what they do, and what another attempt does after a kill."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from workshop import working

from pinxit.errors import InputError, NotFoundError
from pinxit.jobs import Jobs
from pinxit.jobs.kind import checked
from pinxit.jobs.learning import last_figures
from pinxit.jobs.task import Task
from pinxit.library import Library
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def negative(name="negative"):
    return Style(name, Tone(Lut(1 - Lut.identity(5).table)))


def picture(seed, tint=(1.0, 1.0, 1.0), size=(64, 48), suffix="PNG"):
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3)) * np.array(tint)
    file = io.BytesIO()
    Image.fromarray(small.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC).save(file, suffix)
    return file.getvalue()


def pixels(source):
    return np.asarray(Image.open(io.BytesIO(source) if isinstance(source, bytes) else source))


@pytest.fixture
def jobs(home):
    Library(home).add(negative())
    return Jobs(home)


@pytest.fixture
def attempt(jobs):
    """Do an attempt at a job in this process; ``told`` gathers its progress."""
    told = []

    def run(kind, arguments, files=None, job=None, user="ann"):
        job = job or jobs.add(kind, arguments, files=files, user=user)
        folder = jobs.folders.path(job.id)
        form = checked(jobs.kinds[kind].arguments, job.arguments, {path.name for path in (folder / "in").iterdir()})
        task = Task(id=job.id, user=user, arguments=form, folder=folder, home=jobs.home, report=told.append)
        return SimpleNamespace(job=job, out=folder / "out", task=task, result=jobs.kinds[kind].work(task))

    run.told = told
    return run


class TestTransfer:
    def test_many(self, attempt):
        files = {"a.png": picture(1), "b.jpg": picture(2, suffix="JPEG"), "c.jpg": b"nonsense"}
        made = attempt("transfer", {"pictures": ["a.png", "b.jpg", "c.jpg"], "style": "negative"}, files)
        assert (pixels(made.out / "a.png") == 255 - pixels(files["a.png"])).all()
        assert [(one["state"], str(one["file"])) for one in made.result["results"]] == [
            ("done", "a.png"), ("done", "b.jpg"), ("failed", "c.jpg")
        ]  # fmt: skip
        assert list(map(str, made.result["files"])) == ["a.png", "b.jpg"]
        assert "not a picture" in made.result["results"][2]["error"]
        assert attempt.told[-1]["done"] == 3 and Image.open(made.task.preview).format == "JPEG"

    def test_another_attempt_does_only_the_rest(self, attempt):
        files = {"a.png": picture(1), "b.png": picture(2)}
        made = attempt("transfer", {"pictures": ["a.png", "b.png"], "style": "negative"}, files)
        (made.out / "b.png").unlink()
        before = (made.out / "a.png").stat().st_mtime_ns
        again = attempt("transfer", None, job=made.job)
        assert (again.out / "a.png").stat().st_mtime_ns == before and (again.out / "b.png").exists()
        assert [one["state"] for one in again.result["results"]] == ["done", "done"]

    def test_all_failed(self, attempt):
        with pytest.raises(InputError, match="not a picture"):
            attempt("transfer", {"pictures": ["a.png"], "style": "negative"}, {"a.png": b"x"})

    def test_a_style_that_came_along(self, attempt, tmp_path):
        negative(None).save(tmp_path / "own.pinxit")
        files = {"a.png": picture(1), "own.pinxit": tmp_path / "own.pinxit"}
        made = attempt("transfer", {"pictures": ["a.png"], "style": "own.pinxit"}, files)
        assert (pixels(made.out / "a.png") == 255 - pixels(files["a.png"])).all()

    def test_mask_and_second_style(self, attempt, jobs):
        half = np.zeros((48, 64), np.uint8)
        half[:, 32:] = 255
        file = io.BytesIO()
        Image.fromarray(half).save(file, "PNG")
        files = {"a.png": picture(1), "mask.png": file.getvalue()}
        made = attempt("transfer", {"pictures": ["a.png"], "style": "negative", "mask": "mask.png"}, files)
        before, after = pixels(files["a.png"]), pixels(made.out / "a.png")
        assert (after[:, :30] == before[:, :30]).all() and (after[:, 34:] == 255 - before[:, 34:]).all()
        jobs.library.add(Style("same", Tone(Lut.identity(5))))
        asked = {"pictures": ["a.png"], "style": "negative", "second": "same", "across": "mask.png"}
        after = pixels(attempt("transfer", asked, files).out / "a.png")
        assert (after[:, 34:] == before[:, 34:]).all() and (after[:, :30] == 255 - before[:, :30]).all()

    def test_the_user_s_own_setting(self, attempt, jobs):
        jobs.library.personal.add("negative", "ann", {"strength": 0.5}, {"likely_better": 0.99, "answers": 9})
        asked, files = {"pictures": ["a.png"], "style": "negative"}, {"a.png": picture(1)}
        hers, plain, his = (
            attempt("transfer", asked | more, files, user=user)
            for user, more in (("ann", {}), ("ann", {"personal": False}), ("ben", {}))
        )
        assert "setting of ann" in hers.result["note"] and plain.result["note"] is his.result["note"] is None
        whole = pixels(plain.out / "a.png").astype(int)
        assert (whole == pixels(his.out / "a.png")).all() and np.abs(pixels(hers.out / "a.png") - whole).max() > 20

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"style": "nobody"}, NotFoundError, "there is no style 'nobody'"),
            ({"style": "../../etc/passwd"}, NotFoundError, "there is no style"),
            ({"style": "/etc/passwd"}, NotFoundError, "there is no style"),
            ({"second": "a/b.pinxit"}, NotFoundError, "there is no style"),
            ({"pictures": []}, InputError, "no picture came"),
            ({"settings": {"strength": 99}}, InputError, "strength 99"),
            ({"settings": {"strength": "much"}}, InputError, "'much' came"),
            ({"settings": {"suffix": ".exe"}}, InputError, "cannot be written"),
            ({"settings": {"suffix": "/../../x.png"}}, InputError, "cannot be written"),
            ({"settings": {"max_pixels": 0}}, InputError, "1 or more is wanted"),
            ({"settings": {"profile": "cmyk"}}, InputError, "'srgb', 'source'"),
            ({"pictures": ["a.png", "b.png"], "mask": "a.png"}, InputError, "they are for one"),
            ({"across": "somewhere"}, InputError, "left-right, top-bottom or a file"),
            ({"across": "/etc/passwd"}, InputError, "left-right, top-bottom or a file"),
        ],
    )
    def test_refused_before_the_work(self, jobs, change, error, words):
        asked = {"pictures": ["a.png"], "style": "negative"} | change
        with pytest.raises(error, match=words):
            jobs.add("transfer", asked, files={"a.png": b"x", "b.png": b"x"})
        assert jobs.list() == ()


class TestVideo:
    @pytest.fixture
    def clip(self):
        frames = [Image.fromarray(np.full((24, 32, 3), value, np.uint8)) for value in (0, 85, 170, 255)]
        file = io.BytesIO()
        frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=40, lossless=True)
        return file.getvalue()

    def test_frames_in_the_style(self, attempt, clip):
        made = attempt("video", {"clip": "a.webp", "style": "negative", "suffix": ".png"}, {"a.webp": clip})
        assert made.result["files"] == ["a.png"] and made.result["report"]["frames"] == 4
        with Image.open(made.out / "a.png") as film:
            found = []
            for frame in range(film.n_frames):
                film.seek(frame)
                found.append(np.asarray(film.convert("RGB")).mean())
        assert found == [255, 170, 85, 0]
        assert attempt.told[-1]["total"] == 4
        # a next attempt finds what is written whole, and does nothing again
        before = (made.out / "a.png").stat().st_mtime_ns
        assert attempt("video", None, job=made.job).result == {"files": ["a.png"], "report": None}
        assert (made.out / "a.png").stat().st_mtime_ns == before

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"suffix": "/../x.mp4"}, "one such as '.mp4'"),
            ({"preview": "some"}, "some"),
            ({"quality": 0}, "1 to 100"),
            ({"settings": {"strength": "auto"}}, "a video wants a number"),
            ({"style": "nobody"}, "there is no style"),
            ({"keyframes": "k.json"}, "no file of the job"),
        ],
    )
    def test_refused_before_the_work(self, jobs, clip, change, words):
        with pytest.raises((InputError, NotFoundError), match=words):
            jobs.add("video", {"clip": "a.webp", "style": "negative"} | change, files={"a.webp": clip})


GOLD = {"name": "gold", "pictures": ["a.png"], "contents": ["b.png"], "consent": "mine", "minutes": 3}
FILES = {"a.png": b"a", "b.png": b"b"}


class TestLearn:
    @pytest.fixture
    def learned(self, monkeypatch):
        """Learning without a network; notes how often it was asked."""
        calls = []

        def learn_style(pictures, *, resume, on_progress, on_decision, **options):
            calls.append({"pictures": [path.name for path in pictures], "resume": resume, **options})
            on_decision("the references look like photos")
            (resume / "0123").mkdir(exist_ok=True)
            (resume / "0123" / "log.jsonl").write_text('{"step": 50, "total": 1.5}\n{"step": 100, "total": 0.5}\n{"st')
            on_progress(3, 10, "learning")
            return negative(None)

        monkeypatch.setattr("pinxit.learning.style.learn_style", learn_style)
        return calls

    def test_into_the_library(self, attempt, jobs, learned):
        made = attempt("learn", GOLD, FILES)
        assert made.result["style"] == "gold" and made.result["files"] == ["gold.pinxit"]
        style = jobs.library.get("gold")
        assert style.provenance.consent == "mine" and Style.load(made.out / "gold.pinxit").name == "gold"
        assert (learned[0]["pictures"], learned[0]["minutes"]) == (["a.png"], 3)
        assert learned[0]["contents"] == [made.task.file("b.png")] and learned[0]["resume"] == made.task.kept
        sources = jobs.library.sources.of("gold")
        assert [(one.role, one.path.name, one.state) for one in sources.sources] == [
            ("reference", "a.png", "there"), ("contents", "b.png", "there")
        ]  # fmt: skip
        assert attempt.told[0]["text"] == "the references look like photos"
        json.dumps(made.result)

    def test_losses_are_those_of_the_log(self, attempt, learned, monkeypatch, tmp_path):
        monkeypatch.setattr("pinxit.jobs.task._OFTEN", 0)
        attempt("learn", GOLD, FILES)
        assert attempt.told[-1]["losses"] == {"step": 100, "total": 0.5}
        assert last_figures(tmp_path / "none") is None

    def test_an_attempt_after_one_that_was_killed(self, attempt, jobs, learned):
        made = attempt("learn", GOLD, FILES)
        attempt("learn", None, job=made.job)  # all was done, and nobody knew
        jobs.library.delete("gold")
        jobs.library.purge()
        attempt("learn", None, job=made.job)  # only the file was written
        assert len(learned) == 1 and len(jobs.library.list()) == 2 and jobs.library.list(trash=True) == ()

    def test_replacing_is_done_once(self, attempt, jobs, learned):
        made = attempt("learn", GOLD | {"name": "negative", "replace": True}, FILES)
        attempt("learn", None, job=made.job)
        assert len(jobs.library.list()) == 1 and len(jobs.library.list(trash=True)) == 1

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"name": "negative"}, InputError, "is there already"),
            ({"name": "../x"}, InputError, "cannot name a style"),
            ({"name": "../x", "replace": True}, InputError, "cannot name a style"),
            ({"name": "nobody", "more": True}, NotFoundError, "there is no style"),
            ({"pictures": []}, InputError, "no picture came"),
            ({"minutes": -1}, InputError, "0 to 1440"),
            ({"kind": "music"}, InputError, "'auto', 'photo', 'art'"),
        ],
    )
    def test_refused_before_the_work(self, jobs, change, error, words):
        with pytest.raises(error, match=words):
            jobs.add("learn", GOLD | change, files=FILES)


class TestSearch:
    def test_refused_before_the_work(self, jobs):
        with pytest.raises(NotFoundError, match="there is no style"):
            jobs.add("search", {"name": "nobody"})
        with pytest.raises(InputError, match="more than 0"):
            jobs.add("search", {"name": "negative", "minutes": 0})

    def test_an_attempt_after_one_that_was_killed(self, attempt, jobs, monkeypatch):
        """The first one changed the style and was killed; the next sees that and searches no more."""
        from dataclasses import dataclass, replace

        from pinxit.provenance import Training

        @dataclass
        class Found:
            gained: bool = True

        calls = []

        def tune(library, plan, **_):
            calls.append(plan.references)
            style = library.get("negative")
            told = replace(style.provenance, training=Training(split={}, before={}, after={}, search={"trials": 3}))
            library.add(replace(style, provenance=told), "negative", continues=True)
            return Found()

        monkeypatch.setattr("pinxit.personal.tuning.tune", tune)
        monkeypatch.setattr(
            "pinxit.personal.tuning.plan_tuning",
            lambda library, name, minutes, references, contents: SimpleNamespace(references=references, lost={}),
        )
        made = attempt("search", {"name": "negative", "references": ["a.png"]}, {"a.png": b"x"})
        assert made.result == {"style": "negative", "lost": {}, "gained": True} and calls == [[made.task.file("a.png")]]
        again = attempt("search", None, job=made.job)
        assert again.result == {"style": "negative", "gained": True, "search": {"trials": 3}} and len(calls) == 1


class TestLooking:
    def test_measure(self, attempt):
        files = {"a.png": picture(1), "b.png": picture(1)}
        made = attempt("measure", {"contents": ["a.png"], "results": ["b.png"]}, files)
        assert made.result["figures"]["ssim"]["value"] == pytest.approx(1)
        with pytest.raises(InputError, match="give one for one"):
            attempt("measure", {"contents": ["a.png"], "results": []}, files)

    def test_recognize(self, attempt, tiny):
        made = attempt("recognize", {"pictures": ["a.png", "b.png"]}, {"a.png": picture(1), "b.png": b"x"})
        (told,) = made.result["pictures"]
        assert told["picture"] == "a.png" and {"a", "b"} <= set(told["recognized"]["hands"])
        assert set(made.result["skipped"]) == {"b.png"} and "negative" in made.result["left_out"]
        with pytest.raises(InputError, match="not a picture"):
            attempt("recognize", {"pictures": ["b.png"]}, {"b.png": b"x"})

    def test_explain_refused(self, jobs):
        for change, words in (({"samples": 5}, "50 to 10000"), ({"style": "/etc/passwd"}, "there is no style")):
            with pytest.raises((InputError, NotFoundError), match=words):
                jobs.add("explain", {"picture": "a.png", "style": "negative"} | change, files={"a.png": b"x"})


def test_learned_and_given_by_workers(home):
    """From pictures to pictures, in processes that may be killed; the same as the door gives."""
    import pinxit

    jobs = Jobs(home)
    warm = {f"{n}.png": picture(n, tint=(1.0, 0.8, 0.5)) for n in range(3)}
    with working(jobs) as supervisor:
        learning = jobs.add("learn", {"name": "warm", "pictures": list(warm), "kind": "photo"}, files=warm)
        transfer = {"pictures": ["x.png"], "style": "warm"}
        found = jobs.wait(learning.id, 100)
        assert found.state == "done", found.error
        threads = Path(f"/proc/{supervisor._crew[0].process.pid}/task")
        assert not threads.exists() or len(list(threads.iterdir())) == 1  # a process with threads must not fork
        job = jobs.wait(jobs.add("transfer", transfer, files={"x.png": picture(9)}).id, 60)
    assert job.state == "done", job.error
    given = pixels(jobs.folders.result(job.id, "x.png"))
    (home / "x.png").write_bytes(picture(9))
    assert (given == np.asarray(pinxit.transfer(home / "x.png", "warm", home=home))).all()
    assert given[..., 2].mean() < pixels(picture(9))[..., 2].mean()
    assert Path(jobs.folders.preview(job.id)).stat().st_size > 500
