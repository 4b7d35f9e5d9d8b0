"""Dials, simulated users, and what a taste makes of answers."""

import numpy as np
import pytest

from pinxit.errors import InputError
from pinxit.learning.dial_space import Dial, DialSpace
from pinxit.learning.simulated_users import KINDS, simulated_user
from pinxit.learning.taste import LOOKS, Taste


class TestDialSpace:
    def test_places(self):
        dial = Dial("tone", 0.2, 1.0, 1.5)
        assert [dial.place(v) for v in (0.2, 0.6, 1.0, 1.25, 1.5)] == pytest.approx([-1, -0.5, 0, 0.5, 1])
        assert [dial.value(p) for p in (-1, -0.5, 0, 0.5, 1)] == pytest.approx([0.2, 0.6, 1.0, 1.25, 1.5])
        brush = Dial("brush", 0.5, 1.0, 2.0, ratio=True)
        assert brush.place(2**0.5) == pytest.approx(0.5) and brush.value(-0.5) == pytest.approx(0.707)
        one_sided = Dial("blend:x", 0.0, 0.0, 0.7)
        assert one_sided.place(0.35) == 0.5 and one_sided.place(0.0) == 0 and one_sided.value(1) == 0.7

    def test_dials_of_a_style(self):
        assert DialSpace.of(texture=False).names == ("tone", "warmth", "contrast", "saturation")
        space = DialSpace.of(texture=True, blends=["film"])
        assert {"texture", "brush", "blend:film"} < set(space.names) and space.default["brush"] == 1
        np.testing.assert_array_equal(space.points([space.default, {}]), 0)

    def test_features(self):
        space = DialSpace((Dial("a", -1, 0, 1), Dial("b", -1, 0, 1)))
        assert space.features(np.array([[2.0, 3.0]])).tolist() == [[2, 3, 4, 9, 6]] and space.size == 5

    def test_draw_covers_every_step_of_every_dial_once(self):
        space = DialSpace.of(texture=True, blends=["x"])
        points = space.draw(20, np.random.default_rng(0))
        for column in points[:, :-1].T:
            assert sorted(np.floor((column + 1) * 10).astype(int)) == list(range(20))
        assert points[:, -1].min() >= 0 and sorted(np.floor(points[:, -1] * 20)) == list(range(20))

    def test_check(self):
        space = DialSpace.of(texture=False)
        assert space.check({"tone": 1, "warmth": -0.5}) == {"tone": 1.0, "warmth": -0.5}
        for bad in ({"tone": 3}, {"tone": "1"}, {"tone": True}, {"warmth": float("nan")}, {"brush": 1.0}, [1], None):
            with pytest.raises(InputError, match="a file"):
                space.check(bad, "a file")


class TestSimulatedUsers:
    def test_linear(self):
        user = simulated_user("linear", 3, 1)
        points = np.eye(3)
        np.testing.assert_allclose(user.utility(points), user.weights)
        assert np.linalg.norm(user.weights) == pytest.approx(1)

    def test_nonlinear_falls_from_its_peak(self):
        user = simulated_user("nonlinear", 4, 2)
        away = user.peak + np.outer([0, 0.1, 0.2, -0.1], [1, -1, 0.5, 0])
        values = user.utility(away)
        assert values[0] == 0 and values[1] > values[2] and values[3] < 0
        assert values[1] == pytest.approx(
            -sum(abs(float(row @ [0.1, -0.1, 0.05, 0])) ** user.power for row in user.axes)
        )

    def test_noise_is_as_frequent_as_told(self):
        user, rng = simulated_user("noisy", 2, 0), np.random.default_rng(0)
        better, worse = user.weights, -user.weights
        said = [user.answer(better, worse, rng) for _ in range(4000)]
        assert np.mean(said) == pytest.approx(0.85, abs=0.02)
        assert simulated_user("noisy", 2, 1).weights is None and simulated_user("linear", 2, 0, noise=0.3).noise == 0.3

    def test_drift_turns_by_sixty_degrees(self):
        user = simulated_user("drifting", 5, 3)
        start, end = user.utility(np.eye(5), 0), user.utility(np.eye(5), 32)
        assert start @ end == pytest.approx(np.cos(np.pi / 3)) and np.linalg.norm(end) == pytest.approx(1)

    def test_seeds_and_kinds(self):
        for kind in KINDS:
            points = np.random.default_rng(0).uniform(-1, 1, (9, 3))
            one, same, other = (simulated_user(kind, 3, seed).utility(points) for seed in (4, 4, 6))
            assert np.array_equal(one, same) and not np.allclose(one, other)
        with pytest.raises(InputError, match="linear, nonlinear"):
            simulated_user("fickle", 3, 0)


def answered(taste: Taste, prefers, count: int) -> Taste:
    rng = np.random.default_rng(5)
    for _ in range(count):
        first, second = taste.ask(rng)
        taste.tell(first, second, float(prefers(first) > prefers(second)))
        taste.learn()
    return taste


class TestTaste:
    def test_without_answers_the_defaults_are_chosen(self):
        space = DialSpace.of(texture=True)
        choice = Taste(space).choose()
        assert choice.settings == space.default and choice.likely_better == 0 and not choice.sure
        assert choice.agreeing is None and all(high - low > 0.5 for low, high in choice.interval.values())

    def test_one_rating_is_an_honest_wide_interval(self):
        choice = answered(Taste(DialSpace.of(texture=False)), lambda p: p[1], 1).choose()
        low, high = choice.interval["warmth"]
        assert low < -0.5 and high > 0.9 and choice.likely_better < 0.65 and choice.regret > 0.5

    def test_what_is_liked_is_found(self):
        choice = answered(Taste(DialSpace.of(texture=False)), lambda p: p[1] - p[3], 20).choose()
        assert choice.settings["warmth"] > 0.5 and choice.settings["saturation"] < -0.5
        assert choice.likely_better > 0.8 and choice.agreeing > 0.9 and choice.answers == 20

    def test_contradictions_choose_nothing(self):
        taste = Taste(DialSpace.of(texture=False), memory=None)
        point = np.array([0.3, -0.5, 0.8, 0.1])
        for said in [1.0, 0.0] * 6:
            taste.tell(point, -point, said)
        choice = taste.learn().choose()
        assert choice.settings == taste.space.default and choice.agreeing == 0.5 and not choice.sure

    def test_likes_move_the_choice(self):
        taste = Taste(DialSpace.of(texture=False))
        for warmth in (0.9, 0.7, -0.8, -0.6, 0.5, -0.9):
            taste.tell(np.array([0, warmth, 0, 0]), None, float(warmth > 0))
        assert taste.learn().choose().settings["warmth"] > 0.1

    def test_looks_join_the_features_and_keep_to_their_pool(self):
        space = DialSpace.of(texture=False)
        pool = space.draw(12, np.random.default_rng(0))
        taste = Taste(space, looks=lambda points: np.tile(points[:, :1] ** 3, LOOKS), pool=pool)
        assert taste.features(pool).shape == (12, space.size + LOOKS)
        first, second = taste.ask(np.random.default_rng(0))
        assert (pool == first).all(1).any() and (pool == second).all(1).any()
        settings = answered(taste, lambda p: p[0], 6).choose().settings
        assert settings in [space.default, *(space.settings(point) for point in pool)]
