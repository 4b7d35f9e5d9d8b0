"""Pretraining of the shipped networks, by a recipe; a second run goes on where the first one stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch.distributed as dist

from pinxit.errors import InputError
from pinxit.files import writing_error
from pinxit.learning.pretrain_eye import prepare_eye
from pinxit.learning.pretrain_look import train_look
from pinxit.learning.pretrain_texture import prepare_texture
from pinxit.learning.recipe import EyeRecipe, LookRecipe, Recipe, read_recipe, with_steps
from pinxit.learning.sources import Sources

Progress = Callable[[int, int, str], None]


def pretrain(
    recipe: Path,
    sources: Sources,
    out: Path,
    *,
    steps: int | None = None,
    board: bool = False,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Train by a recipe, and write weights with their cards into a folder.

    ``[look]`` makes ``look`` and ``correct``, ``[eye]`` makes ``eye``, ``[texture]`` makes ``painter`` and ``critic``.
    Started by ``python -m torch.distributed.run``, the processes train an eye or a texture together.

    Args:
        recipe: TOML file, see ``learning.recipe``.
        sources: What to train on.
        out: Folder for weights, checkpoint and ``log.jsonl``; training goes on from the checkpoint in it.
        steps: Steps in all, in the place of the recipe's; None leaves them.
        board: Write the figures for TensorBoard too, into ``out/board``.
        on_progress: Called as (step, steps, text).

    Returns:
        What was trained: "weights" (path), "steps", "minutes", last figures.

    Raises:
        InputError: The recipe is wrong, or wants other sources than those that came.
        NotFoundError: A folder or file is not there.
        LearningError: There is nothing to train on, or losses are not finite again and again.
        StyleError: The checkpoint in ``out`` is damaged or of another training.
        CapacityError: ``out`` cannot be written.
        MissingExtraError: ``board`` wants the extra ``learn``.
    """
    options = read_recipe(recipe)
    options = options if steps is None else with_steps(options, steps)
    _check(options, sources, recipe)
    _make(out)
    with several_processes() as number:
        if isinstance(options, LookRecipe):
            if number > 1:
                raise InputError(f"{recipe} trains in one process, and {number} were started; start pinxit by itself")
            return train_look(options, sources, out, board=board, on_progress=on_progress)
        if isinstance(options, EyeRecipe):
            prepared = prepare_eye(options, sources)
        else:
            prepared = prepare_texture(options, sources, out, recipe.parent)
        return prepared.train(out, board=board, on_progress=on_progress)


def _check(options: Recipe, sources: Sources, recipe: Path) -> None:
    """Refuse sources that the recipe lacks or does not know."""
    given = [name for name in ("photos", "art", "recognition", "looks") if getattr(sources, name)]
    if lacking := [f"--{name} FOLDER" for name in options.wants if name not in given]:
        raise InputError(f"{recipe} trains by the table [{options.table}], which wants {' and '.join(lacking)}; add it")
    if needless := [f"--{name}" for name in given if name not in options.takes]:
        known = ", ".join(f"--{name}" for name in options.takes)
        raise InputError(
            f"{recipe} trains by the table [{options.table}], which has no use for {' and '.join(needless)}; "
            f"it takes {known}"
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise InputError(f"{folder} is a file, and a folder was wanted; choose another name") from error
    except OSError as error:
        raise writing_error(error, folder) from error


@contextmanager
def several_processes() -> Iterator[int]:
    """Join the other processes where ``torch.distributed.run`` started several; gives their number."""
    number = int(os.environ.get("WORLD_SIZE") or 1)
    if number == 1 or dist.is_initialized():
        yield number
        return
    dist.init_process_group("gloo")
    try:
        yield number
    finally:
        dist.destroy_process_group()
