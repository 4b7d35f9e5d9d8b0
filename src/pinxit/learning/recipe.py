"""Recipes: how the shipped networks are trained, and their TOML files."""

from __future__ import annotations

import inspect
import math
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from pinxit.errors import InputError
from pinxit.learning.strategy import LearnerOptions
from pinxit.learning.texture_task import TextureWeights
from pinxit.losses.adversarial import ADVERSARIAL, Adversarial
from pinxit.networks.generator import Generator


@dataclass(frozen=True)
class LookRecipe:
    """How LookPredictor is trained.

    Args:
        steps: Steps in all.
        thumbnails: Reference thumbnails a step, shared by the looks of the step.
        counts: Numbers of references to draw from.
        chances: How often each is drawn.
        rate: Highest learning rate; warmed up over 200 steps, then a cosine down to a fiftieth.
        decay: Weight decay of AdamW.
        average: Decay of the averaged weights that are shipped.
        side: Height and width of thumbnails.
        shapes: Look shapes.
        grid: Nodes an axis of looks in training.
        crops: Crops a photo in the bank.
        looks: Looks in the bank.
        synthetic: Share of purely synthetic looks; the rest is drawn near known ones.
        ungrade: Weight of the guessed statistics of photos before the look, in CIEDE2000 per unit.
        checkpoint: Steps between checkpoints.
        seed: Of everything.
        shares: How often each domain of photos is drawn; empty: by the square root of its photos.
        hold_out: Stems of known looks that are never trained on begin so.
        turned: Share of the looks near known ones whose colours or light and dark trade places, see ``turned_looks``.
        shipped: Begin from the weights that come with the package, not from nothing.
    """

    table: ClassVar[str] = "look"
    wants: ClassVar[tuple[str, ...]] = ("photos",)
    takes: ClassVar[tuple[str, ...]] = ("photos", "looks")

    steps: int = 12000
    thumbnails: int = 160
    counts: tuple[int, ...] = (1, 2, 3, 5, 8, 12, 20)
    chances: tuple[float, ...] = (0.16, 0.12, 0.12, 0.2, 0.16, 0.12, 0.12)
    rate: float = 1e-3
    decay: float = 0.02
    average: float = 0.998
    side: int = 48
    shapes: int = 96
    grid: int = 17
    crops: int = 26
    looks: int = 10240
    synthetic: float = 0.42
    ungrade: float = 10.0
    checkpoint: int = 500
    seed: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    hold_out: tuple[str, ...] = ()
    turned: float = 0.0
    shipped: bool = False

    @classmethod
    def read(cls, path: Path) -> LookRecipe:
        """Read the table ``[look]`` of a TOML file.

        Raises:
            InputError: The file cannot be read, or has an unknown key or a value of another kind.
        """
        return _filled(cls(), _tables(path, ("look",))["look"], path, "look")


@dataclass(frozen=True)
class EyeRecipe:
    """How the eye, a ContentEncoder, is trained.

    Args:
        objects: Small labelled pictures a step.
        hands: Crops of works and photos a step.
        side: Height and width of those crops.
        photos: Share of photos among them.
        grey: Share of them that lose their colours.
        weight: Of the loss of hands beside that of objects.
        smoothing: Label smoothing for objects.
        hands_smoothing: The same for hands.
        widths: Channels of the eye's four scales.
        learner: Optimization strategies.

    Raises:
        InputError: A value is out of range.
    """

    table: ClassVar[str] = "eye"
    wants: ClassVar[tuple[str, ...]] = ("recognition", "art", "photos")
    takes: ClassVar[tuple[str, ...]] = wants

    objects: int = 128
    hands: int = 16
    side: int = 96
    photos: float = 0.25
    grey: float = 0.2
    weight: float = 0.5
    smoothing: float = 0.1
    hands_smoothing: float = 0.05
    widths: tuple[int, ...] = (32, 64, 128, 256)
    learner: LearnerOptions = field(
        default_factory=lambda: LearnerOptions(rate=4e-3, momentum=0.9, decay=0.05, clip=5.0, warmup=330)
    )

    def __post_init__(self) -> None:
        _at_least(self, objects=2, hands=2, side=16, weight=0)
        for name in ("photos", "grey", "smoothing", "hands_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; give a share from 0 to below 1")
        if len(self.widths) != 4 or min(self.widths) < 2:
            raise InputError(f"widths are {list(self.widths)}; give the channels of four scales, 2 or more each")


@dataclass(frozen=True)
class TextureRecipe:
    """How the painter is trained, against its critic.

    Args:
        sizes: Steps from which on crops have a side and batches a size, ``(step, side, batch)`` each.
        adversarial: Kind of the adversarial loss.
        critic_width: Channels of the critic's first layers.
        photo_references: Share of references that are photos.
        recolour: Give references random gains and curves.
        measured: Crops of references from which the style encoder's mean and spread are measured beforehand.
        start: Folder with the checkpoint of an earlier texture training to begin from, beside the recipe or absolute;
            empty for none. Painter (averaged) and critic are taken from it, optimizers and steps are not.
        hidden: Width of the style encoder's hidden layer.
        generator: Settings of the Generator.
        weights: Of the losses.
        learner: Optimization strategies.

    Raises:
        InputError: A value is out of range.
    """

    table: ClassVar[str] = "texture"
    wants: ClassVar[tuple[str, ...]] = ("art", "photos")
    takes: ClassVar[tuple[str, ...]] = wants

    sizes: tuple[tuple[int, int, int], ...] = ((0, 128, 12),)
    adversarial: Adversarial = "softplus"
    critic_width: int = 32
    photo_references: float = 0.08
    recolour: bool = True
    measured: int = 384
    start: str = ""
    hidden: int = 256
    generator: dict[str, Any] = field(default_factory=lambda: _settings_of(Generator))
    weights: TextureWeights = field(default_factory=TextureWeights)
    learner: LearnerOptions = field(default_factory=LearnerOptions)

    def __post_init__(self) -> None:
        _at_least(self, critic_width=1, measured=2, hidden=1)
        if self.adversarial not in ADVERSARIAL:
            raise InputError(f"adversarial is {self.adversarial!r}; choose one of {', '.join(ADVERSARIAL)}")
        if self.generator["adaptive"] not in ("adalin", "adain"):
            raise InputError(f"adaptive is {self.generator['adaptive']!r}; choose adalin or adain")
        if len(self.generator["widths"]) != 3 or min(self.generator["widths"]) < 1:
            raise InputError(f"widths are {list(self.generator['widths'])}; give the generator's three, 1 or more each")
        for name, value in vars(self.weights).items():
            if not 0 <= value < math.inf:
                raise InputError(f"the weight of {name} is {value}; give 0 or more")
        if not 0 <= self.photo_references <= 1:
            raise InputError(f"photo_references is {self.photo_references}; give a share from 0 to 1")
        steps = [size[0] for size in self.sizes if len(size) == 3 and size[1] >= 32 and size[2] >= 3]
        if len(steps) != len(self.sizes) or steps[:1] != [0] or steps != sorted(set(steps)):
            raise InputError(
                f"sizes are {[list(size) for size in self.sizes]}; give [step, side, batch] of rising steps from 0 on, "
                "sides of 32 or more and batches of 3 or more"
            )


Recipe = LookRecipe | EyeRecipe | TextureRecipe
RECIPES: dict[str, type[Recipe]] = {kind.table: kind for kind in (LookRecipe, EyeRecipe, TextureRecipe)}


def read_recipe(path: Path) -> Recipe:
    """Read a TOML file with one table, ``[look]``, ``[eye]`` or ``[texture]``, that says what is trained.

    Raises:
        InputError: The file cannot be read, has none or several of the tables, an unknown key, or a value that is of
            another kind or out of range.
    """
    tables = _tables(path, tuple(RECIPES))
    (name,) = tables
    return _filled(RECIPES[name](), tables[name], path, name)


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The same recipe with another number of steps.

    Raises:
        InputError: Fewer than one.
    """
    if steps < 1:
        raise InputError(f"{steps} steps came; give at least 1")
    if isinstance(recipe, LookRecipe):
        return replace(recipe, steps=steps)
    return replace(recipe, learner=replace(recipe.learner, steps=steps))


def _at_least(recipe: Recipe, **least: float) -> None:
    for name, value in least.items():
        if not getattr(recipe, name) >= value:
            raise InputError(f"{name} is {getattr(recipe, name)}; give at least {value}")


def _settings_of(network: type) -> dict[str, Any]:
    """Names and defaults of a network's arguments."""
    return {p.name: p.default for p in inspect.signature(network).parameters.values()}


def _tables(path: Path, wanted: tuple[str, ...]) -> dict[str, Any]:
    words = " or ".join(f"[{name}]" for name in wanted)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no recipe with a table {words}: {error}") from error
    if len(tables) != 1 or not set(tables) <= set(wanted):
        raise InputError(f"{path} has {sorted(tables)}; a recipe has one table, {words}")
    return tables


def _filled(default: Any, table: Any, path: Path, name: str) -> Any:
    """A dataclass with the values of a table in the place of its defaults."""
    known = {f.name: getattr(default, f.name) for f in fields(default)}
    try:
        return replace(default, **_values(known, table, path, name))
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}, [{name}]: {error}") from error


def _values(known: dict[str, Any], table: Any, path: Path, name: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise InputError(f"{path} has {name} = {table!r}; write a table [{name}]")
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise InputError(f"{path} has unknown keys {unknown} in [{name}]; known are {list(known)}")
    return {key: _checked(value, known[key], path, f"{name}.{key}") for key, value in table.items()}


def _checked(value: Any, default: Any, path: Path, name: str) -> Any:
    """A value of the default's kind; an empty default is a list of names, or a table of numbers."""
    if is_dataclass(default):
        return _filled(default, value, path, name)
    if isinstance(default, dict):
        known = default or (dict.fromkeys(value, 0.0) if isinstance(value, dict) else {})
        return default | _values(known, value, path, name)
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(_checked(item, default[0] if default else "", path, name) for item in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, float) and number:
        return float(value)
    if type(value) is not type(default):
        kind = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a list"}
        raise InputError(f"{path} has {name} = {value!r}; {kind[type(default)]} is wanted")
    return value
