"""Checkpoints: what goes in comes out, in the same format as ever, and what is wrong is refused in one line."""

import json
import resource
import struct

import pytest
import torch
from torch import nn

from pinxit.errors import CapacityError, NotFoundError, StyleError
from pinxit.learning.checkpoint import load_checkpoint, save_checkpoint


def trained(steps=3, width=4, seed=0):
    """A network with buffers after some steps of AdamW."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Linear(width, 1))
        optimizer = torch.optim.AdamW(network.parameters(), 0.1)
        for _ in range(steps):
            optimizer.zero_grad()
            network(torch.randn(8, 3)).square().mean().backward()
            optimizer.step()
    return network, optimizer


def save(folder, network, optimizer, tensors=None, facts=None):
    return save_checkpoint(folder, {"network": network}, {"network": optimizer}, tensors or {}, facts or {})


def header(path):
    """The header of a safetensors file by its definition: 8 bytes of length, little endian, and JSON."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length])


def test_everything_comes_back(tmp_path):
    network, optimizer = trained()
    tensors = {"best.a": torch.arange(6).view(2, 3), "state": torch.tensor([1, 2], dtype=torch.uint8)}
    facts = {"step": 3, "best_score": float("inf"), "history": [{"step": 1, "x": 0.1}], "large": 2**127 + 1}
    save(tmp_path, network, optimizer, tensors, facts)
    other, others = trained(1, seed=1)
    found, read = load_checkpoint(tmp_path, {"network": other}, {"network": others})
    assert read == facts and found.keys() == tensors.keys()
    assert all(torch.equal(found[k], v) and found[k].dtype == v.dtype for k, v in tensors.items())
    for key, value in network.state_dict().items():
        assert torch.equal(other.state_dict()[key], value), key
    for p, q in zip(network.parameters(), other.parameters(), strict=True):
        assert optimizer.state[p].keys() == others.state[q].keys() == {"step", "exp_avg", "exp_avg_sq"}
        assert all(torch.equal(v, others.state[q][k]) for k, v in optimizer.state[p].items())


def test_format_of_running_trainings(tmp_path):
    network, optimizer = trained(width=1)
    path = save(tmp_path, network, optimizer, {"best.w": torch.zeros(1)}, {"step": 3})
    assert path == tmp_path / "checkpoint.safetensors"
    found = header(path)
    assert json.loads(found.pop("__metadata__")["facts"]) == {"step": 3}
    modules = {f"module.network.{k}" for k in network.state_dict()}
    states = {f"optimizer.network.{i}.{k}" for i in range(6) for k in ("step", "exp_avg", "exp_avg_sq")}
    assert found.keys() == modules | states | {"tensor.best.w"}
    assert found["module.network.0.weight"]["shape"] == [1, 3]


def test_tensors_that_share_memory(tmp_path):
    network, optimizer = trained()
    save(tmp_path, network, optimizer, {"a": network[0].weight, "b": network[0].weight.T})
    found, _ = load_checkpoint(tmp_path, {}, {})
    assert torch.equal(found["a"], network[0].weight) and torch.equal(found["b"], network[0].weight.T)


def test_optimizers_that_have_not_begun(tmp_path):
    save(tmp_path, *trained(0))
    network, optimizer = trained(2)
    load_checkpoint(tmp_path, {"network": network}, {"network": optimizer})
    assert not optimizer.state_dict()["state"]


def test_no_checkpoint(tmp_path):
    network, optimizer = trained()
    assert load_checkpoint(tmp_path, {"network": network}, {"network": optimizer}) is None


def test_a_second_one_replaces_the_first(tmp_path):
    for step in (1, 2):
        save(tmp_path, *trained(step), facts={"step": step})
    assert load_checkpoint(tmp_path, {}, {})[1] == {"step": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def refused(folder, network, optimizer):
    with pytest.raises(
        StyleError, match=r"checkpoint.safetensors does not fit this training \(.*\); delete it"
    ) as error:
        load_checkpoint(folder, {"network": network}, {"network": optimizer})
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("damage", ["empty", "truncated", "noise", "folder"])
def test_damaged(tmp_path, damage):
    path = save(tmp_path, *trained())
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "truncated": data[: len(data) // 2], "noise": bytes(range(256))}[damage])
    refused(tmp_path, *trained())


def test_of_another_network(tmp_path):
    save(tmp_path, *trained(width=4))
    refused(tmp_path, *trained(width=5))


def test_of_an_optimizer_of_other_parameters(tmp_path):
    network, _ = trained()
    optimizer = torch.optim.AdamW(list(network.parameters())[2:], 0.1)
    save(tmp_path, *trained())
    refused(tmp_path, network, optimizer)
    refused(tmp_path, network, torch.optim.AdamW([network[2].weight, *network[0].parameters()], 0.1))


@pytest.mark.parametrize("metadata", [None, {"facts": "no json"}, {"other": "{}"}, {"facts": "3"}])
def test_other_safetensors_files(tmp_path, metadata):
    from safetensors.torch import save_file

    network, optimizer = trained()
    tensors = {f"module.network.{k}": v for k, v in network.state_dict().items()}
    save_file(tensors, tmp_path / "checkpoint.safetensors", metadata)
    refused(tmp_path, network, optimizer)


def test_a_full_disk_keeps_the_old_one(tmp_path):
    path = save(tmp_path, *trained(), facts={"step": 1})
    before, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # The size from which on this process may not write, which the system reports as it does a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
        with pytest.raises(CapacityError, match="no room") as error:
            save(tmp_path, *trained(), facts={"step": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(str(error.value).splitlines()) == 1
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_no_folder(tmp_path):
    with pytest.raises(NotFoundError, match="is not there"):
        save(tmp_path / "nowhere", *trained())
