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
    """Write modules, optimizers, further tensors and JSON facts, whole or not at all.

    Args:
        folder: Where to; the file is ``checkpoint.safetensors``.
        modules: By name; parameters and buffers are kept.
        optimizers: By name; their states are kept, their settings are not.
        tensors: Whatever else is needed, by name.
        facts: Values that JSON can hold.

    Returns:
        Path of the file.

    Raises:
        CapacityError: There is no room, or the folder may not be written to; an older checkpoint stays.
    """
    from safetensors.torch import save

    found = {f"module.{name}.{k}": v for name, module in modules.items() for k, v in module.state_dict().items()}
    for name, optimizer in optimizers.items():
        for i, state in optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{name}.{i}.{k}": v for k, v in state.items()}
    found |= {f"tensor.{k}": v for k, v in tensors.items()}
    # Clones, because safetensors refuses tensors that share memory. Not its save_file, which hides a full disk's error.
    data = save({k: v.detach().clone().contiguous() for k, v in found.items()}, {"facts": json.dumps(facts)})
    with write_whole(folder / NAME) as target:
        target.write_bytes(data)
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
            facts = dict(json.loads(file.metadata()["facts"]))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
        for name, module in modules.items():
            module.load_state_dict(_under(tensors, f"module.{name}."))
        for name, optimizer in optimizers.items():
            _fill(optimizer, _under(tensors, f"optimizer.{name}."))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise StyleError(f"{path} does not fit this training ({why}); delete it to begin anew") from error
    return _under(tensors, "tensor."), facts


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _fill(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    whole = optimizer.state_dict()
    parameters = dict(enumerate(p for group in optimizer.param_groups for p in group["params"]))
    whole["state"] = {}
    for key, value in tensors.items():
        index, part = key.split(".", 1)
        if value.ndim and value.shape != parameters[int(index)].shape:
            raise ValueError(f"parameter {index} has another shape")
        whole["state"].setdefault(int(index), {})[part] = value
    optimizer.load_state_dict(whole)
