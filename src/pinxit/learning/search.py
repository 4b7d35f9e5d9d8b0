"""Search for the settings of an adaptation within a budget of time (Optuna), and go on with the best that was found."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from pinxit.errors import LearningError, StyleError
from pinxit.files import writing_error
from pinxit.learning.adapt import Adapted, Progress
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.learning.search_space import parameters_of, quiet_optuna, settings_of, steps_for, suggested
from pinxit.learning.texture import adapted_texture
from pinxit.style import Style
from pinxit.texture import Texture

TRIAL = 0.1
"""Share of the minutes that one trial has."""
SEARCH = 0.6
"""Share that all trials have together; what is left goes on with the best."""
ENOUGH = 4
"""Whole trials from which on it is said what mattered."""
_QUARTERS = 4  # of a trial, at which it may be given up


@dataclass(frozen=True)
class Searched:
    """What a search found.

    Scores are those of one yardstick (``AdaptTask.compare``), the same for all settings, against the validation
    references; lower is better. ``tested`` is against the test references, by which nothing was chosen.

    Args:
        settings: The best ones: policy, rank, side, batch, rates, and weights of losses.
        default: Score that the default settings reached in one trial's time.
        found: Score that the best ones reached in the same time.
        trials: How many settings were tried to the end, the default ones among them.
        pruned: How many were given up on the way.
        failed: How many came to nothing, such as losses that were not finite.
        minutes: Of one trial.
        mattered: Share of the scores' differences that each setting explains (fANOVA, Hutter et al. 2014), sum 1;
            empty below ``ENOUGH`` whole trials. From a dozen trials it is little more than a guess.
        tested_default: Figures of the default settings after a trial.
        tested_found: The same of the best ones.
    """

    settings: Mapping[str, float | str]
    default: float
    found: float
    trials: int
    pruned: int
    failed: int
    minutes: float
    mattered: Mapping[str, float] = field(default_factory=dict)
    tested_default: Mapping[str, float] = field(default_factory=dict)
    tested_found: Mapping[str, float] = field(default_factory=dict)


def searched_texture(
    texture: Texture,
    arrays: Sequence[np.ndarray],
    contents: Sequence[np.ndarray],
    defaults: AdaptOptions,
    *,
    liking: nn.Module | None = None,
    folder: Path | None = None,
    on_progress: Progress | None = None,
) -> tuple[Texture, Adapted, Searched]:
    """Adapt the shipped painter with settings that are searched for, within the minutes of the defaults.

    Trials have a tenth of the minutes each, the first one the default settings; those that fall behind are given up.
    The best goes on from where it ended. So the result is at least as good on the validation references as the default
    settings are after a trial.

    Args:
        texture: Where to begin, as read from the references in one pass.
        arrays: References, (H, W, 3) uint8.
        contents: Photos to practise on, (H, W, 3) uint8.
        defaults: Settings to beat, and the minutes of everything together.
        liking: As of :func:`~pinxit.learning.texture.adapted_texture`.
        folder: For trials, checkpoint and ``study.sqlite``, so that a search that was killed goes on; None keeps none.
        on_progress: Called as (seconds, of how many, text).

    Raises:
        MissingExtraError: Optuna is not installed.
        LearningError: The default settings came to nothing.
        StyleError: The study in ``folder`` is damaged.
        CapacityError: The folder cannot be written.
    """
    with _place(folder) as place, quiet_optuna() as optuna:
        search = _Search(optuna, texture, arrays, contents, defaults, liking, place, on_progress)
        search.run()
        number, texture, first = search.best()
        options = search.options_of(number)
        minutes = max(defaults.minutes - search.seconds() / 60, defaults.minutes * TRIAL)
        options = replace(options, minutes=minutes, steps=steps_for(defaults, minutes))
        texture, last = adapted_texture(
            texture, arrays, contents, options, liking=liking, folder=place / "final",
            on_progress=search.progress(f"going on with trial {number}"),
        )  # fmt: skip
        return texture, _joined(first, last, search.seconds() / 60), search.report(options)


class _Search:
    """Trials of one study, those of an earlier process included."""

    def __init__(
        self,
        optuna: Any,
        texture: Texture,
        arrays: Sequence[np.ndarray],
        contents: Sequence[np.ndarray],
        defaults: AdaptOptions,
        liking: nn.Module | None,
        place: Path,
        on_progress: Progress | None,
    ) -> None:
        self.optuna, self.states = optuna, optuna.trial.TrialState
        self.material = texture, arrays, contents
        self.defaults, self.liking, self.place, self.tell = defaults, liking, place, on_progress
        self.minutes = defaults.minutes * TRIAL
        self.study = _study(optuna, place, defaults.seed)

    def run(self) -> None:
        """Try settings until their time is over; the default ones in any case."""
        while not self._default() or self.seconds() + 60 * self.minutes <= SEARCH * self.defaults.minutes * 60:
            if not self._default() and not self.study.get_trials(states=(self.states.WAITING,)):
                self.study.enqueue_trial(parameters_of(self.defaults), user_attrs={"default": True})
            self._try(self.study.ask())

    def _try(self, trial: Any) -> None:
        default, start = trial.user_attrs.get("default", False), time.monotonic()
        options = suggested(trial, self.defaults)
        options = replace(options, minutes=self.minutes, steps=steps_for(self.defaults, self.minutes))
        state, score = self.states.COMPLETE, None
        try:
            texture, found = adapted_texture(
                *self.material, options, liking=self.liking,
                on_progress=self.progress(f"trial {trial.number + 1} ({options.policy})"),
                log=self._listener(trial, to_the_end=default),
            )  # fmt: skip
            score = found.after
            # The file comes first, so that no trial counts whose result is not there.
            Style(texture=texture).save(self._file(trial.number))
            facts = {k: v for k, v in vars(found).items() if k not in ("code", "adapter")}
            trial.set_user_attr("adapted", facts)
        except self.optuna.TrialPruned:
            state = self.states.PRUNED
        except LearningError:
            if default:
                raise
            state = self.states.FAIL
        trial.set_user_attr("seconds", time.monotonic() - start)
        self.study.tell(trial, score, state=state)

    def _listener(self, trial: Any, *, to_the_end: bool) -> Callable[[int, dict[str, float]], None]:
        """Reports a trial's first validation in every quarter of its time, and ends one that falls behind."""
        start, heard = time.monotonic(), set()

        def listen(step: int, parts: dict[str, float]) -> None:
            quarter = min(int(_QUARTERS * (time.monotonic() - start) / (60 * self.minutes)), _QUARTERS)
            if "validation/score" in parts and quarter not in heard:
                heard.add(quarter)
                trial.report(parts["validation/score"], quarter)
                if not to_the_end and trial.should_prune():
                    raise self.optuna.TrialPruned

        return listen

    def _file(self, number: int) -> Path:
        return self.place / f"trial-{number}.pinxit"

    def _default(self) -> Any:
        """The finished trial of the default settings, or None."""
        whole = self.study.get_trials(states=(self.states.COMPLETE,))
        return next((trial for trial in whole if trial.user_attrs.get("default")), None)

    def seconds(self) -> float:
        """Time that all trials took."""
        return sum(trial.user_attrs.get("seconds", 0.0) for trial in self.study.get_trials())

    def progress(self, what: str) -> Progress | None:
        """Tells the seconds of the whole search."""
        tell, before, start = self.tell, self.seconds(), time.monotonic()
        if tell is None:
            return None
        total = round(60 * self.defaults.minutes)
        return lambda done, of, text: tell(min(int(before + time.monotonic() - start), total), total, f"{what}: {text}")

    def options_of(self, number: int) -> AdaptOptions:
        """The settings of a trial."""
        return suggested(self.optuna.trial.FixedTrial(self.study.trials[number].params), self.defaults)

    def best(self) -> tuple[int, Texture, Adapted]:
        """Number, texture and facts of the best trial; of equal ones the first, so that ties go to the defaults."""
        best = min(self.study.get_trials(states=(self.states.COMPLETE,)), key=lambda trial: (trial.value, trial.number))
        texture = Style.load(self._file(best.number)).texture
        facts = best.user_attrs["adapted"]
        return best.number, texture, Adapted(code=texture.code, adapter=texture.adapter or {}, **facts)

    def report(self, options: AdaptOptions) -> Searched:
        """What was found, with the settings as they went on."""
        count = {state: len(self.study.get_trials(states=(state,))) for state in self.states}
        default, (number, *_) = self._default(), self.best()
        best = self.study.trials[number]
        return Searched(
            settings=settings_of(options),
            default=default.value,
            found=best.value,
            trials=count[self.states.COMPLETE],
            pruned=count[self.states.PRUNED],
            failed=count[self.states.FAIL],
            minutes=self.minutes,
            mattered=self._mattered(),
            tested_default=default.user_attrs["adapted"]["tested"],
            tested_found=best.user_attrs["adapted"]["tested"],
        )

    def _mattered(self) -> dict[str, float]:
        whole = self.study.get_trials(states=(self.states.COMPLETE,))
        if len(whole) < ENOUGH or len({trial.value for trial in whole}) == 1:
            return {}
        evaluator = self.optuna.importance.FanovaImportanceEvaluator(seed=self.defaults.seed)
        found = self.optuna.importance.get_param_importances(self.study, evaluator=evaluator)
        return {name: round(float(share), 3) for name, share in found.items()}


@contextlib.contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """The folder, made when missing, or one that goes away in the end."""
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pinxit-")))
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise writing_error(error, place) from error
        yield place


def _study(optuna: Any, place: Path, seed: int) -> Any:
    """The study in a folder; what a killed process left half done counts for nothing."""
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

    path, states = place / "study.sqlite", optuna.trial.TrialState
    try:
        study = optuna.create_study(
            storage=optuna.storages.RDBStorage(str(URL.create("sqlite", database=str(path)))),
            study_name="settings",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=2),
            load_if_exists=True,
        )
        for trial in study.get_trials(states=(states.RUNNING,)):
            study.tell(trial.number, state=states.FAIL)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, AttributeError) as error:
        raise StyleError(f"the search in {path} cannot be gone on with ({error}); delete it to begin anew") from error
    # Another seed after a stop, or the first suggestions would come again.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials), n_startup_trials=ENOUGH)
    return study


def _joined(first: Adapted, last: Adapted, earlier: float) -> Adapted:
    """An adaptation and the one that went on from it, as one; ``earlier`` minutes went into all trials."""
    moved = [{**figures, "step": figures["step"] + first.steps} for figures in last.history]
    return replace(
        last,
        before=first.before,
        after=min(first.after, last.after),
        steps=first.steps + last.steps,
        best=first.steps + last.best if last.best else first.best,
        minutes=earlier + last.minutes,
        history=(*first.history, *moved),
        events=(*first.events, *last.events),
        untrained=first.untrained,
        tested=last.tested if last.best else first.tested,
    )
