"""Adapters: neutral at first, exact when merged, complete when they travel, ranks only where they matter."""

import copy

import numpy as np
import pytest
import torch
from torch.nn.utils import parametrize

from pinxit.errors import StyleError
from pinxit.learning.checkpoint import load_checkpoint, save_checkpoint
from pinxit.networks.generator import Generator
from pinxit.networks.lora import POLICIES, LowRank, RankBudget, apply_changes, changes, inject, low_ranks, merge

LAYERS = (torch.nn.Conv2d, torch.nn.Linear)


def generator(seed=0):
    torch.manual_seed(seed)
    network = Generator(code=5, widths=(3, 4, 6), blocks=1).eval()
    for layer in network.paint:
        torch.nn.init.normal_(layer.weight, std=0.3)
    return network


def painted(network):
    random = torch.Generator().manual_seed(7)
    pixels, code = torch.rand(2, 3, 24, 32, generator=random), torch.randn(2, 5, generator=random)
    with torch.no_grad():
        return network(pixels, code)


def moved(network, seed=1, size=0.2):
    """The network with everything trainable moved at random, as if it had been trained."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter += size * torch.randn(parameter.shape, generator=random)
    return network


def travelled(found):
    """Through float32 arrays and back, as a style's file holds them."""
    return {k: torch.from_numpy(v.numpy().astype(np.float32)) for k, v in found.items()}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_fresh_adapter_changes_nothing_at_all(policy):
    network = generator()
    before, state = painted(network), copy.deepcopy(network.state_dict())
    inject(network, policy, rank=3)
    assert torch.equal(painted(network), before)
    assert not any(value.any() for key, value in changes(network, state).items() if not key.endswith(".down"))


def test_what_each_policy_trains():
    def trained(policy):
        network = generator()
        inject(network, policy, rank=2)
        return {name for name, p in network.named_parameters() if p.requires_grad}, network

    everything = {name for name, _ in generator().named_parameters()}
    layers = {name for name, layer in generator().named_modules() if isinstance(layer, LAYERS)}
    assert trained("code")[0] == set()
    assert trained("full")[0] == everything
    head = trained("head")[0]
    assert head == {n for n in everything if n.split(".")[0] in ("last", "paint") or n.startswith("up.1.")}
    assert head and head != everything
    for policy in ("lora", "adaptive-rank"):
        names, network = trained(policy)
        parts = ("down", "up", "gate")
        assert names == {f"{layer}.parametrizations.weight.0.{part}" for layer in layers for part in parts}
        assert set(low_ranks(network)) == layers


@pytest.mark.parametrize("policy", ["lora", "adaptive-rank", "head", "full"])
def test_only_what_is_named_learns(policy):
    network = generator()
    before = copy.deepcopy(network.state_dict())
    inject(network, policy, rank=2)
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], 0.05)
    for _ in range(2):  # at the first step the gradient of "down" is 0, as "up" is
        optimizer.zero_grad()
        network(torch.rand(1, 3, 24, 24), torch.randn(1, 5)).square().mean().backward()
        optimizer.step()
    after = {k.replace(".parametrizations.weight.original", ".weight"): v for k, v in network.state_dict().items()}
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    if policy in ("lora", "adaptive-rank"):
        assert not changed and all(change.up.any() for change in low_ranks(network).values())
    else:
        trainable = {name for name, p in network.named_parameters() if p.requires_grad}
        assert changed and changed <= trainable


def test_low_rank_against_its_definition():
    torch.manual_seed(2)
    weight = torch.randn(4, 3, 2, 2)
    change = LowRank(weight, rank=2, alpha=6.0)
    with torch.no_grad():
        change.up.normal_()
        change.gate[:] = torch.tensor([0.5, -2.0])
        found = change(weight).numpy()
    wanted = weight.numpy().reshape(4, -1).astype(np.float64)
    for r in range(2):
        wanted = wanted + 3.0 * change.gate[r].item() * np.outer(change.up[:, r].detach(), change.down[r].detach())
    assert found == pytest.approx(wanted.reshape(4, 3, 2, 2), abs=1e-5)


def test_ranks_are_no_more_than_a_layer_has():
    assert LowRank(torch.zeros(3, 8), rank=16, alpha=8.0).gate.shape == (3,)
    assert LowRank(torch.zeros(8, 2, 1, 1), rank=16, alpha=8.0).gate.shape == (2,)
    assert LowRank(torch.zeros(8, 9), rank=0, alpha=8.0).gate.shape == (1,)


@pytest.mark.parametrize("policy", ["lora", "adaptive-rank"])
def test_merging_keeps_the_function(policy):
    network = generator()
    plain = painted(network)
    inject(network, policy, rank=3)
    before = painted(moved(network))
    merge(network)
    assert (before - plain).abs().max() > 0.05, "the adapter does something"
    assert (painted(network) - before).abs().max() < 1e-6
    assert not any(parametrize.is_parametrized(m) for m in network.modules())
    assert set(network.state_dict()) == set(generator().state_dict())
    assert not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("policy", ["lora", "adaptive-rank", "head", "full"])
def test_changes_travel_to_a_second_copy(policy):
    first, second = generator(), generator()
    state = copy.deepcopy(first.state_dict())
    inject(first, policy, rank=3)
    moved(first)
    found = changes(first, state)
    apply_changes(second, travelled(found))
    assert (painted(second) - painted(first)).abs().max() < 1e-4
    assert (painted(second) - painted(generator())).abs().max() > 0.01
    if policy == "head":
        assert all(key.endswith(".whole") for key in found) and len(found) < len(state)


def test_the_code_policy_has_nothing_to_travel():
    network = generator()
    state = copy.deepcopy(network.state_dict())
    inject(network, "code")
    assert changes(moved(network), state) == {}


def test_low_rank_changes_are_small():
    network = generator()
    state = copy.deepcopy(network.state_dict())
    inject(network, "lora", rank=1)
    sizes = {k: v.shape for k, v in changes(moved(network), state).items()}
    assert sizes["stem.up"] == (3, 1) and sizes["stem.down"] == (1, 12 * 9)


def wrong_parts():
    """What an adapter of ``stem`` (3, 12, 3, 3) must not look like, and what is said."""
    up, down = torch.zeros(3, 2), torch.zeros(2, 108)
    return {
        "another layer": ({"steam.up": up, "steam.down": down}, "does not have"),
        "another part": ({"stem.left": up}, "does not have"),
        "no part": ({"stem": up}, "does not have"),
        "no name": ({"": up}, "does not have"),
        "another parameter": ({"stem.wait.whole": up}, "does not have"),
        "up alone": ({"stem.up": up}, "not complete"),
        "down alone": ({"stem.down": down}, "not complete"),
        "ranks differ": ({"stem.up": up, "stem.down": down[:1]}, "not complete"),
        "a vector": ({"stem.up": up[0], "stem.down": down}, "not complete"),
        "more out": ({"stem.up": torch.zeros(4, 2), "stem.down": down}, "another shape"),
        "more in": ({"stem.up": up, "stem.down": torch.zeros(2, 109)}, "another shape"),
        "another whole": ({"stem.weight.whole": torch.zeros(3, 12, 3)}, "another shape"),
    }


@pytest.mark.parametrize("case", wrong_parts())
def test_what_does_not_fit_is_refused_and_changes_nothing(case):
    parts, said = wrong_parts()[case]
    network = generator()
    before = copy.deepcopy(network.state_dict())
    good = {"last.conv.up": torch.ones(3, 1), "last.conv.down": torch.ones(1, 27), "stem.bias.whole": torch.ones(3)}
    with pytest.raises(StyleError, match=said):
        apply_changes(network, good | parts)
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


def test_a_second_adapter_is_refused_and_the_first_stays_trainable():
    network = generator()
    inject(network, "lora", rank=2)
    with pytest.raises(StyleError, match="merge it first"):
        inject(network, "full")
    assert all(change.up.requires_grad for change in low_ranks(network).values())
    merge(network)
    inject(network, "lora", rank=2)


def budget_with(importances, **settings):
    """Two layers of three ranks each, with importances observed from gradients that would give them."""
    network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 4))
    inject(network, "adaptive-rank", rank=3)
    moved(network)
    with torch.no_grad():
        for change in low_ranks(network).values():
            change.gate.fill_(1)
    budget = RankBudget(network, **settings)
    for change, values in zip(low_ranks(network).values(), importances, strict=True):
        change.gate.grad = torch.tensor(values) / 0.15
    budget.observe()
    return network, budget


IMPORTANCES = ([0.5, 0.1, 0.3], [0.2, 0.6, 0.4])


def test_gates_close_by_importance_down_to_the_share_that_is_kept():
    network, budget = budget_with(IMPORTANCES, keep=0.5, start=10, end=20)
    assert [budget.close(step) for step in (0, 9)] == [6, 6]
    counts = [budget.close(step) for step in range(10, 40)]
    # the share falls cubically: 0.5 + 0.5 * (1 - done)**3
    shares = [0.5 + 0.5 * (1 - min(1, step / 10)) ** 3 for step in range(30)]
    assert counts == [round(6 * share) for share in shares] and counts[-1] == 3
    first, second = low_ranks(network).values()
    assert first.open.tolist() == [1, 0, 0] and second.open.tolist() == [0, 1, 1]


def test_a_closed_gate_has_no_part_in_anything():
    network, budget = budget_with(IMPORTANCES, keep=0.5, start=0, end=1)
    before = changes(network, {})
    budget.close(1)
    found = changes(network, {})
    assert torch.equal(found["0.up"], before["0.up"][:, :1]) and torch.equal(found["1.down"], before["1.down"][1:])
    x = torch.randn(5, 4)
    weight = network[0].parametrizations.weight.original + found["0.up"] @ found["0.down"]
    assert torch.allclose(network[0](x), x @ weight.T + network[0].bias, atol=1e-6)
    network.zero_grad()
    network(x).square().mean().backward()
    first = low_ranks(network)["0"]
    for grad in (first.gate.grad, first.down.grad, first.up.grad.T):
        assert grad[0].any() and not grad[1:].any()


def test_a_layer_whose_gates_are_all_closed_does_not_travel():
    network, budget = budget_with(([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]), keep=0.5, start=0, end=1)
    assert budget.close(5) == 3
    assert set(changes(network, network.state_dict())) == {"1.up", "1.down"}


def test_closed_gates_stay_closed_and_the_others_open():
    network, budget = budget_with(IMPORTANCES, keep=0.5, start=0, end=1)
    budget.close(1)
    for change in low_ranks(network).values():  # now the closed ones would matter more
        change.gate.grad = 10 * (1 - change.open)
    budget.observe()
    assert budget.close(2) == 3
    assert low_ranks(network)["0"].open.tolist() == [1, 0, 0]


def test_importance_is_an_average_of_gate_times_gradient():
    network, budget = budget_with(IMPORTANCES)
    change = low_ranks(network)["0"]
    with torch.no_grad():
        change.gate[:] = torch.tensor([2.0, -1.0, 0.0])
    change.gate.grad = torch.tensor([1.0, 3.0, 5.0])
    budget.observe()
    wanted = [0.85 * old + 0.15 * new for old, new in zip(IMPORTANCES[0], (2.0, 3.0, 0.0), strict=True)]
    assert change.importance.tolist() == pytest.approx(wanted)


def test_a_budget_survives_a_checkpoint(tmp_path):
    network, budget = budget_with(IMPORTANCES, keep=0.5, start=10, end=20)
    budget.close(13)
    save_checkpoint(tmp_path, {"network": network}, {}, {}, {})
    other = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 4))
    inject(other, "adaptive-rank", rank=3)
    resumed = RankBudget(other, keep=0.5, start=10, end=20)
    load_checkpoint(tmp_path, {"network": other}, {})
    assert [budget.close(step) for step in (13, 16, 30)] == [resumed.close(step) for step in (13, 16, 30)]
    for a, b in zip(low_ranks(network).values(), low_ranks(other).values(), strict=True):
        assert torch.equal(a.open, b.open) and torch.equal(a.importance, b.importance) and a.importance.any()
