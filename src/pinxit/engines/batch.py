"""Giving a style to many pictures: folders, several at once, going on where a stopped run ended."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pinxit.engines.adjust import ADJUSTMENTS, check_adjustments
from pinxit.engines.automatic import Strongest, read_strength
from pinxit.engines.engine import MOST, Engine, check_strokes
from pinxit.engines.enhance import EnhanceReport, enhanced, parse_enhance
from pinxit.engines.journal import Journal, identity, locked_journal
from pinxit.engines.leftovers import swept
from pinxit.engines.outcome import BatchReport, Outcome
from pinxit.engines.plan import Task, plan_tasks
from pinxit.engines.subject import check_shares, share_of_style
from pinxit.errors import CapacityError, InputError, PinxitError
from pinxit.files import writing_error
from pinxit.picture import DEFAULT_MAX_PIXELS, Picture
from pinxit.style import Style

Made = tuple[EnhanceReport | None, float | None]
"""What a picture's making has to tell: of the processing around it, and the strength where it was found."""
DIALS = ("strength", "tone", "texture", "finish", "correct", "brush", "keep_colours", "variation", "seed", *ADJUSTMENTS)
"""Settings that go to :meth:`Engine.transfer` as they are."""


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """How the pictures of a batch are made.

    Args:
        strength: Of the whole style, 0 and up; or automatic, as in :meth:`Engine.transfer`.
        tone: Of the tone half.
        texture: Of the texture half.
        finish: Of vignette and grain.
        correct: Of the exposure and white-balance correction of each picture.
        brush: Size of strokes, or None; as in :meth:`Engine.transfer`.
        keep_colours: Strokes change lightness alone.
        variation: How far strokes are moved at random.
        seed: Seed of variation and grain.
        warmth: Of the result, -1..1; as in :meth:`Engine.transfer`.
        contrast: The same.
        saturation: The same.
        protect: "faces" keeps the style off faces, None off nothing.
        subject_strength: Share of the style on the subject, 0..1.
        background_strength: Share of it on everything else, 0..1.
        enhance: Image processing around the transfer, as in :func:`~pinxit.engines.enhance.enhanced`.
        quality: 1..100 for JPEG, WebP and AVIF.
        profile: "srgb", or "source" for the picture's own ICC profile.
        keep_private: Keep GPS places and serial numbers.
        max_pixels: Most pixels of one picture.
        suffix: Suffix of all results, such as ".png"; None keeps each picture's own where it can be written.
        projection: Of the pictures, for a ``give`` that looks at it; see :func:`transfer_batch`.
        stereo: The same.
    """

    strength: float | str | Strongest = 1.0
    tone: float = 1.0
    texture: float = 1.0
    finish: float = 0.0
    correct: float = 0.0
    brush: float | None = None
    keep_colours: bool = False
    variation: float = 0.0
    seed: int = 0
    warmth: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    protect: Literal["faces"] | None = None
    subject_strength: float = 1.0
    background_strength: float = 1.0
    enhance: str | None = None
    quality: int = 95
    profile: Literal["srgb", "source"] = "srgb"
    keep_private: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS
    suffix: str | None = None
    projection: str = "auto"
    stereo: str = "none"

    def made_with(self, style: Style) -> str:
        """A short name for everything that the pixels of a result depend on beside the picture."""
        text = json.dumps({**asdict(self), "style": style.fingerprint, "max_pixels": None}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def controls(self, picture: Picture) -> dict[str, Any]:
        """The arguments of :meth:`Engine.transfer` for a picture."""
        from pinxit.engines.protect import faces_left_out

        mask = share_of_style(picture, self.subject_strength, self.background_strength)
        if self.protect == "faces":
            mask = faces_left_out(picture) * (1 if mask is None else mask)
        return {name: getattr(self, name) for name in DIALS} | {"mask": mask}

    def check(self) -> None:
        """Raise InputError for a strength or quality out of range, before any picture is opened."""
        check_strokes(self.brush, self.variation)
        check_shares(self.subject_strength, self.background_strength)
        parse_enhance(self.enhance)
        check_adjustments(**{name: getattr(self, name) for name in ADJUSTMENTS})
        if self.protect not in (None, "faces"):
            raise InputError(f"protect {self.protect!r} came; 'faces' is what can be protected")
        strength = read_strength(self.strength)
        values = {"strength": 1.0 if isinstance(strength, Strongest) else strength}
        values |= {name: getattr(self, name) for name in ("tone", "texture", "finish", "correct")}
        for name, value in values.items():
            if not 0 <= value <= MOST:
                raise InputError(f"{name} {value} came; 0 to {MOST:g} is wanted, 1 is the style as learned")
        if not 1 <= self.quality <= 100:
            raise InputError(f"quality {self.quality} came; 1 to 100 is wanted")


def transfer_batch(
    inputs: Iterable[str | Path],
    style: Style,
    out: str | Path,
    *,
    settings: BatchSettings | None = None,
    workers: int = 1,
    overwrite: bool = False,
    strict: bool = False,
    give: Callable[..., Picture] | None = None,
    on_progress: Callable[[Outcome, int, int], None] | None = None,
) -> BatchReport:
    """Give a style to every picture of files, folders and patterns.

    What is done is skipped: a result counts as done when it is there and the folder's journal says that it was made
    from this picture (path, size, time of change) with this style and these settings. The run may be interrupted or
    killed at any moment: results are written whole, and the next run does the rest. Pictures that fail are passed over.

    Args:
        inputs: Files, folders (their sub-folders are kept) and patterns.
        style: The style.
        out: Output folder, made when missing.
        settings: Strengths and file settings.
        workers: Pictures in work at once; each one needs memory of its own.
        overwrite: Replace files that no earlier run made, and make again what is done.
        strict: Stop at the first picture that fails.
        give: Gives the style, called with the engine, a picture, ``projection``, ``stereo`` and what
            :meth:`Engine.transfer` takes; None is that method, for which all pictures are flat.
        on_progress: Called in this thread with every outcome, how many there are so far, and how many there will be.

    Raises:
        InputError: No picture, a wrong setting, or a result that would replace one of the pictures.
        NotFoundError: A path is not there.
        CapacityError: The disk is full, the folder cannot be written or is in use by another run.
        PinxitError: The first picture's failure when ``strict`` is set.
    """
    start = time.monotonic()
    settings = settings or BatchSettings()
    settings.check()
    if workers < 1:
        raise InputError(f"{workers} workers came; 1 or more is wanted")
    out = Path(out).expanduser()
    inputs = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    plan_tasks(inputs, out, suffix=settings.suffix)  # what is wrong with the inputs shows before a folder is made
    _make_folder(out)
    with locked_journal(out) as journal:
        tasks = plan_tasks(inputs, out, suffix=settings.suffix, earlier=journal.targets)
        folders = {(out / target).parent for target in [*journal.targets.values(), *(task.target for task in tasks)]}
        outcomes: dict[Task, Outcome] = {}
        run = _Run(style, out, settings, journal, overwrite, give or _flat)
        with swept(folders), contextlib.closing(run.outcomes(tasks, workers)) as results:
            for task, outcome in results:
                if strict and outcome.state == "failed":
                    raise run.errors[task]
                outcomes[task] = outcome
                if on_progress:
                    on_progress(outcome, len(outcomes), len(tasks))
    return BatchReport(tuple(outcomes[task] for task in tasks), time.monotonic() - start)


class _Run:
    """One run over one output folder; the journal is written by the calling thread alone."""

    def __init__(
        self,
        style: Style,
        out: Path,
        settings: BatchSettings,
        journal: Journal,
        overwrite: bool,
        give: Callable[..., Picture],
    ) -> None:
        self.give = give
        self.settings, self.out, self.journal, self.overwrite = settings, out, journal, overwrite
        self.made_with = settings.made_with(style)
        self.engine = Engine(style)
        self.errors: dict[Task, PinxitError] = {}

    def outcomes(self, tasks: list[Task], workers: int) -> Iterator[tuple[Task, Outcome]]:
        """Do the tasks, up to ``workers`` at once; a stop lets those in work come to their end and starts no other."""
        waiting = iter(tasks)
        running: dict[Future[Made], tuple[Task, dict[str, Any]]] = {}
        pool = ThreadPoolExecutor(workers, thread_name_prefix="pinxit")
        try:
            while True:
                for task in waiting:
                    try:
                        source = self._begin(task)
                    except PinxitError as error:
                        yield task, self._failed(task, error)
                        continue
                    if source is None:
                        yield task, Outcome(task.source, self.out / task.target, "skipped")
                        continue
                    running[pool.submit(self._make, task)] = (task, source)
                    if len(running) >= workers:
                        break
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running[future][0], self._end(future, *running.pop(future))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for future, (task, source) in running.items():
                if future.done() and not future.cancelled():
                    self._end(future, task, source)

    def _begin(self, task: Task) -> dict[str, Any] | None:
        """Note that a picture is begun; None when there is nothing to do."""
        target = self.out / task.target
        try:
            source = identity(task.source)
            taken = target.exists()
        except OSError as error:
            raise InputError(f"{task.source} cannot be read ({error.strerror})") from error
        if not self.overwrite and self.journal.done(task.target, source, self.made_with, target):
            return None
        if taken and not self.overwrite and not self.journal.ours(task.target, target):
            raise InputError(f"{target} is there already and was not made by this; add --overwrite to replace it")
        self.journal.add("started", task.target, source, self.made_with)
        return source

    def _make(self, task: Task) -> "Made":
        chosen, strengths = self.settings, []
        picture = Picture.open(task.source, max_pixels=chosen.max_pixels, keep_private=chosen.keep_private)
        result, report = enhanced(
            picture,
            chosen.enhance,
            lambda mended: self.give(
                self.engine,
                mended,
                projection=chosen.projection,
                stereo=chosen.stereo,
                **chosen.controls(mended) | {"strength": read_strength(chosen.strength, strengths.append)},
            ),
        )
        target = self.out / task.target
        _make_folder(target.parent)
        result.save(target, quality=chosen.quality, profile=chosen.profile)
        return report, strengths[-1] if strengths else None

    def _end(self, future: "Future[Made]", task: Task, source: dict[str, Any]) -> Outcome:
        target = self.out / task.target
        try:
            report, strength = future.result()
        except CapacityError:
            raise  # no room or no right to write: the next picture would fare no better
        except MemoryError:
            reason = CapacityError(f"{task.source} needs more memory than there is; use fewer workers (-j 1)")
            self.journal.add("failed", task.target, source, self.made_with)
            return self._failed(task, reason)
        except PinxitError as error:
            self.journal.add("failed", task.target, source, self.made_with)
            return self._failed(task, error)
        self.journal.add("done", task.target, source, self.made_with, result_size=target.stat().st_size)
        return Outcome(task.source, target, "done", enhance=report, strength=strength)

    def _failed(self, task: Task, error: PinxitError) -> Outcome:
        self.errors[task] = error
        text = str(error) if task.source.name in str(error) else f"{task.source}: {error}"
        return Outcome(task.source, self.out / task.target, "failed", text, error.exit_code)


def _flat(engine: Engine, picture: Picture, *, projection: str, stereo: str, **controls: Any) -> Picture:
    return engine.transfer(picture, **controls)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise CapacityError(f"{folder} is a file, and a folder was wanted; choose another name") from error
    except OSError as error:
        raise writing_error(error, folder) from error
