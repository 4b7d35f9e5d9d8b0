"""The settings of an adaptation that a search may choose, and Optuna to choose them with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pinxit.errors import MissingExtraError
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.networks.lora import POLICIES

WEIGHED = ("structure", "texture", "adversarial", "moments")
"""Losses whose weights are searched."""


def suggested(trial: Any, defaults: AdaptOptions) -> AdaptOptions:
    """Settings for a trial of Optuna; rates and weights are factors of the defaults' own, or of the policy's.

    In a fixed time, side and batch decide how many steps there are; which of them is kept, validation decides.
    """
    factors = {name: trial.suggest_float(name, 1 / 3, 3, log=True) for name in (*WEIGHED, "rate", "critic_rate")}
    policy = trial.suggest_categorical("policy", list(POLICIES))
    plain = replace(defaults, policy=policy, rate=defaults.rate if policy == defaults.policy else 0.0)
    return replace(
        plain,
        rank=trial.suggest_int("rank", 2, 32, log=True),
        side=trial.suggest_int("side", 96, 224, step=32),
        batch=trial.suggest_int("batch", 3, 8),
        rate=plain.learning_rate * factors["rate"],
        critic_rate=plain.critic_rate * factors["critic_rate"],
        weights=replace(
            plain.weights, **{name: getattr(plain.weights, name) * factors[name] for name in WEIGHED}
        ),
    )  # fmt: skip


def parameters_of(defaults: AdaptOptions) -> dict[str, Any]:
    """What :func:`suggested` makes the defaults of."""
    same = dict.fromkeys((*WEIGHED, "rate", "critic_rate"), 1.0)
    return same | {name: getattr(defaults, name) for name in ("policy", "rank", "side", "batch")}


def settings_of(options: AdaptOptions) -> dict[str, float | str]:
    """The settings that are searched, as they are reported."""
    found = {name: getattr(options, name) for name in ("policy", "rank", "side", "batch", "critic_rate")}
    weights = {name: round(getattr(options.weights, name), 4) for name in WEIGHED}
    return found | {"rate": options.learning_rate} | weights


def steps_for(defaults: AdaptOptions, minutes: float) -> int:
    """Steps for so many of the defaults' minutes."""
    return max(10, round(defaults.steps * minutes / defaults.minutes))


@contextlib.contextmanager
def quiet_optuna() -> Iterator[Any]:
    """Optuna without its log lines, which go to the terminal otherwise.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError("optuna", "personal") from error
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield optuna
    finally:
        optuna.logging.set_verbosity(before)
