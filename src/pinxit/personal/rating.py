"""RatingSession: two results side by side, the user picks, and their setting is learned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.engines.engine import Engine
from pinxit.learning.taste import Taste
from pinxit.library import Library
from pinxit.library.personal_settings import PersonalSetting
from pinxit.library.ratings import Rating, check_user
from pinxit.personal.eye_looks import EyeLooks
from pinxit.personal.setting import keep_choice, parted, space_for, told, with_blended
from pinxit.picture import Picture

SIDE = 512
"""Longest side of what is shown, in pixels."""
_GAP = 16  # white pixels between two results
_POOL = 48  # points whose results the eye looks at


@dataclass(frozen=True)
class Pair:
    """A question: which of two results is better?

    Args:
        left: Settings of the left one.
        right: Settings of the right one.
        content: Which of the session's contents both are made of.
    """

    left: dict[str, float]
    right: dict[str, float]
    content: int


class RatingSession:
    """Questions to one user about one style; ratings of earlier sessions count.

    Args:
        library: Where the style is, and where ratings go.
        name: Of the style.
        user: None for the operating system's user.
        contents: Photos to show the style on, whatever ``Picture.open`` takes; None takes those of the package.
        others: Names of styles that may be blended in.
        eye: Let the eye's view of the results join the features. It looks at 48 results first, which takes a while,
            and only those are then asked about and chosen from.
        seed: Of the questions; None asks others every time.

    Raises:
        NotFoundError: There is no such style, or it is in the trash.
        PictureError: A content cannot be read.
    """

    def __init__(
        self,
        library: Library,
        name: str,
        *,
        user: str | None = None,
        contents: Iterable[Any] | None = None,
        others: Sequence[str] = (),
        eye: bool = False,
        seed: int | None = None,
    ) -> None:
        self.library, self.name, self.user = library, name, check_user(user)
        ratings = library.ratings.list(name, self.user)
        self.style = library.get(name)
        self.others = {other: library.get(other) for other in others}
        self.contents = _contents(contents)
        self._rng = np.random.default_rng(seed)
        self._engine = Engine(self.style)
        self.space = space_for(self.style, ratings, self.others)
        looks, pool = None, None
        if eye:
            pool = self.space.draw(_POOL, np.random.default_rng(0))
            looks = EyeLooks(lambda point: self._given(self.space.settings(point), self.contents[0]).array, pool)
        self.taste = told(Taste(self.space, looks=looks, pool=pool), ratings)

    def ask(self) -> Pair:
        """The pair whose comparison tells most, on one content after the other."""
        left, right = (self.space.settings(point) for point in self.taste.ask(self._rng))
        return Pair(left, right, self.taste.answers % len(self.contents))

    def results(self, pair: Pair) -> tuple[Picture, Picture]:
        """The two results, longest side at most 512 pixels."""
        content = self.contents[pair.content]
        return self._given(pair.left, content), self._given(pair.right, content)

    def sheet(self, pair: Pair) -> Picture:
        """Both results side by side."""
        left, right = (result.array for result in self.results(pair))
        gap = np.full((len(left), _GAP, 3), 255, left.dtype)
        return Picture.open(np.concatenate([left, gap, right], 1))

    def tell(self, pair: Pair, choice: str) -> Rating:
        """Keep the answer, "left", "right" or "same", and learn from it.

        Raises:
            InputError: Another answer.
        """
        content = hashlib.sha256(self.contents[pair.content].array.tobytes()).hexdigest()
        return self._keep(Rating(pair.left, pair.right, choice, content))

    def tell_single(self, settings: Mapping[str, float], choice: str) -> Rating:
        """Keep a "like" or "dislike" of one result, and learn from it.

        Raises:
            InputError: Another answer, or a dial that the style does not have.
        """
        return self._keep(Rating(self.space.check(settings), None, choice))

    @property
    def sure(self) -> bool:
        """Whether more answers would hardly change the setting."""
        return self.taste.answers > 0 and self.taste.choose().sure

    def finish(self) -> PersonalSetting:
        """Keep what was learned as a new version of the user's setting."""
        return keep_choice(self.library, self.name, self.user, self.taste.choose())

    def variety(self, count: int) -> list[dict[str, float]]:
        """Settings all over the space, the style's own first, to be liked or disliked."""
        points = self.space.draw(max(count - 1, 1), self._rng)[: count - 1]
        return [self.space.default, *(self.space.settings(point) for point in points)]

    def result(self, settings: Mapping[str, float], content: int = 0) -> Picture:
        """One result, longest side at most 512 pixels."""
        return self._given(settings, self.contents[content % len(self.contents)])

    def _keep(self, rating: Rating) -> Rating:
        self.library.ratings.add(self.name, self.user, [rating])
        told(self.taste, [rating])
        return rating

    def _given(self, settings: Mapping[str, float], content: Picture) -> Picture:
        dials, shares = parted(settings)
        engine = self._engine
        if shares:
            engine = Engine(with_blended(self.library, self.style, shares)[0])
        return engine.transfer(content, **dials)


def _contents(contents: Iterable[Any] | None) -> list[Picture]:
    if contents is None:
        from pinxit.networks.weights import packaged_contents

        contents = packaged_contents()
    return [Picture.open(Picture.open(content, shrink_to=SIDE).to_array()[..., :3]) for content in contents]
