"""Adapters: small changes to a frozen network, which start neutral, travel alone and merge exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from pinxit.errors import StyleError

Policy = Literal["code", "lora", "adaptive-rank", "head", "full"]
POLICIES: tuple[Policy, ...] = ("code", "lora", "adaptive-rank", "head", "full")
"""What adapts: the code alone; low ranks on all layers; the same with ranks where they matter; the last layers; all."""
HEAD = ("up.1.", "last.", "paint.")
"""Beginnings of the names of a generator's last layers."""


class LowRank(nn.Module):
    """A weight plus ``scale * up @ diag(gate * open) @ down``.

    Args:
        weight: What is changed, (out, ...); used for its shape alone.
        rank: Rank of the change.
        alpha: ``scale`` is ``alpha / rank``.

    Attributes:
        open: 1 for ranks that count, 0 for those that a :class:`RankBudget` has closed, (rank,).
        importance: What that budget has seen of every rank, (rank,). Both are buffers, so checkpoints keep them.

    Source:
        Hu et al. 2021 (LoRA), arXiv:2106.09685; the gates as in Zhang et al. 2023 (AdaLoRA), arXiv:2303.10512.
        Departure: the gates start at 1 and ``up`` at 0, so a fresh adapter changes nothing.
    """

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        rank = max(1, min(rank, weight.shape[0], weight[0].numel()))
        self.scale = alpha / rank
        self.down = nn.Parameter(torch.randn(rank, weight[0].numel()) / weight[0].numel() ** 0.5)
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))
        self.gate = nn.Parameter(torch.ones(rank))
        self.register_buffer("open", torch.ones(rank))
        self.register_buffer("importance", torch.zeros(rank))

    def forward(self, weight: Tensor) -> Tensor:
        """The changed weight, shape of ``weight``."""
        return weight + self.scale * ((self.up * (self.gate * self.open)) @ self.down).view_as(weight)


def inject(module: nn.Module, policy: Policy, *, rank: int = 8, alpha: float = 8.0) -> None:
    """Freeze a module and make trainable what a policy adapts.

    Args:
        module: A generator; changed in place.
        policy: See ``POLICIES``.
        rank: Of the low-rank changes.
        alpha: Their scale times the rank.

    Raises:
        StyleError: The module has adapters already.
    """
    if any(parametrize.is_parametrized(m) for m in module.modules()):
        raise StyleError("this network carries an adapter already; merge it first")
    module.requires_grad_(False)
    if policy in ("head", "full"):
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(policy == "full" or name.startswith(HEAD))
    elif policy in ("lora", "adaptive-rank"):
        for layer in _layers(module):
            parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank, alpha))
            layer.parametrizations["weight"].original.requires_grad_(False)


def merge(module: nn.Module) -> None:
    """Write the changes into the weights and take the adapters away; the function stays the same."""
    for layer in list(_layers(module)):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
    module.requires_grad_(False)


def low_ranks(module: nn.Module) -> dict[str, LowRank]:
    """The low-rank changes that a module carries, by the name of their layer."""
    found = {}
    for name, layer in module.named_modules():
        if isinstance(layer, LowRank):
            found[name.split(".parametrizations.")[0]] = layer
    return found


def changes(module: nn.Module, before: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What an adapter holds, small enough to travel: low-rank factors, or whole parameters that differ.

    Args:
        module: An adapted network.
        before: Its state before :func:`inject`.
    """
    carried = low_ranks(module)
    if not carried:
        state = module.state_dict()
        return {f"{k}.whole": v.clone() for k, v in state.items() if not torch.equal(v, before[k])}
    found: dict[str, Tensor] = {}
    for name, change in carried.items():
        gate = change.gate * change.open
        if keep := gate.nonzero().flatten().tolist():
            found[f"{name}.up"] = (change.scale * change.up * gate)[:, keep].detach().clone()
            found[f"{name}.down"] = change.down[keep].detach().clone()
    return found


def apply_changes(module: nn.Module, found: Mapping[str, Tensor]) -> None:
    """Give a network the changes of another one of the same shape; the reverse of :func:`changes`.

    Raises:
        StyleError: They do not fit; the network is then unchanged.
    """
    state, new = module.state_dict(), {}
    for key, value in sorted(found.items(), key=lambda item: not item[0].endswith(".whole")):
        layer, _, kind = key.rpartition(".")
        name = layer if kind == "whole" else f"{layer}.weight"
        if name not in state or kind not in ("up", "down", "whole"):
            raise StyleError(f"the adapter changes {key!r}, which this generator does not have; learn the style again")
        if kind == "whole":
            change, fits = value, value.shape == state[name].shape
        else:
            up, down = (found.get(f"{layer}.{part}") for part in ("up", "down"))
            if up is None or down is None or up.ndim != 2 or down.ndim != 2 or up.shape[1] != down.shape[0]:
                raise StyleError(f"the adapter's part {key!r} is not complete; learn the style again")
            weight = new.get(name, state[name])
            fits = (up.shape[0], down.shape[1]) == (weight.shape[0], weight[0].numel())
            change = weight + (up @ down).view_as(weight) if fits and kind == "up" else weight
        if not fits:
            raise StyleError(f"the adapter's part {key!r} has another shape than the generator's; learn it again")
        new[name] = change
    module.load_state_dict(state | new)


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            yield layer


class RankBudget:
    """Gives ranks where they matter: gates of little importance are closed, down to a share of all.

    Args:
        module: A network with low-rank changes.
        keep: Share of gates that stay open at the end.
        start: Step of the first closing.
        end: Step of the last one.

    Source:
        Zhang et al. 2023 (AdaLoRA), arXiv:2303.10512: importance is the averaged |gate * gradient|, the budget falls
        cubically. Departure: the importance of a triplet counts its gate alone.
    """

    def __init__(self, module: nn.Module, *, keep: float = 0.5, start: int = 50, end: int = 300) -> None:
        self.changes = low_ranks(module)
        self.keep, self.start, self.end = keep, start, end

    def observe(self) -> None:
        """Take in the gradients of this step, before the optimizer's."""
        for change in self.changes.values():
            if change.gate.grad is not None:
                size = (change.gate * change.gate.grad).detach().abs()
                change.importance.mul_(0.85).add_(size, alpha=0.15)

    def close(self, step: int) -> int:
        """Close gates according to the budget of this step, for good; returns how many are open."""
        if step >= self.start:
            done = min((step - self.start) / max(self.end - self.start, 1), 1.0)
            share = self.keep + (1 - self.keep) * (1 - done) ** 3
            ranked = torch.cat([c.importance.masked_fill(c.open == 0, -1.0) for c in self.changes.values()])
            least = ranked.topk(max(1, round(share * len(ranked)))).values[-1]
            for change in self.changes.values():
                change.open[change.importance < least] = 0
        return sum(int(change.open.sum()) for change in self.changes.values())
