"""Everything that a training needs to go on to the same weights, in one safetensors file; never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pinxit.errors import StyleError
from pinxit.files import write_whole

NAME = "checkpoint.safetensors"


def save_checkpoint(
    folder: Path,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    tensors: Mapping[str, Tensor],
    facts: Mapping[str, Any],
) -> Path:
    """Write modules, optimizers, further tensors and JSON facts, whole or not at all."""
    from safetensors.torch import save_file

    found = {f"module.{name}.{k}": v for name, module in modules.items() for k, v in module.state_dict().items()}
    for name, optimizer in optimizers.items():
        for i, state in optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{name}.{i}.{k}": v for k, v in state.items()}
    found |= {f"tensor.{k}": v for k, v in tensors.items()}
    with write_whole(folder / NAME) as target:
        # Clones, because safetensors refuses tensors that share memory.
        save_file({k: v.detach().clone().contiguous() for k, v in found.items()}, target, {"facts": json.dumps(facts)})
    return folder / NAME


def load_checkpoint(
    folder: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, torch.optim.Optimizer]
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Fill modules and optimizers from a folder's checkpoint.

    Returns:
        The further tensors and the facts; None where there is no checkpoint.

    Raises:
        StyleError: The checkpoint is damaged or of other networks.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / NAME
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["facts"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
        for name, module in modules.items():
            module.load_state_dict(_under(tensors, f"module.{name}."))
        for name, optimizer in optimizers.items():
            _fill(optimizer, _under(tensors, f"optimizer.{name}."))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise StyleError(f"{path} does not fit this training ({error}); delete it to begin anew") from error
    return _under(tensors, "tensor."), facts


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _fill(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, part = key.split(".", 1)
        state.setdefault(int(index), {})[part] = value
    whole = optimizer.state_dict()
    whole["state"] = state
    optimizer.load_state_dict(whole)
