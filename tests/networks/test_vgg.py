"""VGG-19: the network of torchvision's layout, from whichever file its weights are in."""

import hashlib
from collections import OrderedDict

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from pinxit.errors import InputError, NotFoundError, ShapeError
from pinxit.networks import vgg
from pinxit.networks.vgg import Vgg19, check_encoder, judge_for, vgg19

# The configuration "E" of the paper, from which torchvision counts; "M" is a pooling. Channels are small here.
PLAN = (4, 5, "M", 6, 7, "M", 8, 9, 10, 11, "M", 12, 13, 13, 13, "M", 13, 13, 13, 13, "M")


def layers():
    """("conv", before, after), ("relu",) or ("pool",) for each number of ``features``."""
    found, before = [], 3
    for item in PLAN:
        if item == "M":
            found.append(("pool",))
        else:
            found += [("conv", before, item), ("relu",)]
            before = item
    return found


@pytest.fixture(scope="module")
def tensors():
    generator, found = torch.Generator().manual_seed(0), OrderedDict()
    for number, (kind, *sizes) in enumerate(layers()):
        if kind == "conv":
            before, after = sizes
            weight = torch.randn(after, before, 3, 3, generator=generator) * (2 / before / 9) ** 0.5
            found[f"features.{number}.weight"] = weight
            found[f"features.{number}.bias"] = torch.randn(after, generator=generator) * 0.1
    found["classifier.0.weight"] = torch.randn(6, 13, generator=generator)
    return found


@pytest.fixture
def file(tensors, tmp_path):
    save_file(tensors, tmp_path / "narrow.safetensors")
    return tmp_path / "narrow.safetensors"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Torch's cache, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    return tmp_path / "torch" / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth"


def pictures(height=32, width=40):
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def reference(tensors, pixels):
    """The maps after the first ReLU behind the beginning and behind each of the first three poolings."""
    x = (pixels.double() - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(3, 1, 1)
    maps, fresh = [], True
    for number, (kind, *_) in enumerate(layers()):
        if kind == "conv":
            weight, bias = (tensors[f"features.{number}.{name}"].double() for name in ("weight", "bias"))
            columns = F.unfold(x, 3, padding=1)
            x = (weight.flatten(1) @ columns + bias[:, None]).view(len(x), -1, *x.shape[2:])
        elif kind == "relu":
            x = x * (x > 0)
            if fresh:
                maps.append(x)
            fresh = False
        else:
            height, width = x.shape[2] // 2, x.shape[3] // 2
            x = x[:, :, : 2 * height, : 2 * width].reshape(*x.shape[:2], height, 2, width, 2).amax((3, 5))
            fresh = True
    return maps[:4]


def test_features_are_those_of_the_paper(file, tensors):
    network = vgg19(file)
    with torch.no_grad():
        found, wanted = network(pictures()), reference(tensors, pictures())
    assert [tuple(x.shape) for x in found] == [(2, 4, 32, 40), (2, 6, 16, 20), (2, 8, 8, 10), (2, 12, 4, 5)]
    for a, b in zip(found, wanted, strict=True):
        assert b.std() > 0.1 and torch.allclose(a.double(), b, atol=1e-4)
    with torch.no_grad():
        assert len(network(pictures(), 2)) == 2 and torch.equal(network(pictures(), 2)[1], found[1])
        assert [x.shape[2:] for x in network(pictures(9, 23))] == [(9, 23), (4, 11), (2, 5), (1, 2)]
    assert not network.training and not any(p.requires_grad for p in network.parameters())


def test_real_widths():
    shapes = {k: tuple(v.shape) for k, v in Vgg19().state_dict().items() if k.endswith("weight")}
    assert shapes["features.0.weight"] == (64, 3, 3, 3) and shapes["features.19.weight"] == (512, 256, 3, 3)
    assert len(shapes) == 9


@pytest.mark.parametrize("modern", [True, False])
def test_torch_files(tensors, tmp_path, modern):
    torch.save(tensors, tmp_path / "x.pth", _use_new_zipfile_serialization=modern)
    network = vgg19(tmp_path / "x.pth")
    assert torch.equal(network.features["19"].weight, tensors["features.19.weight"])
    assert network.settings["widths"] == [4, 5, 6, 7, 8, 9, 10, 11, 12]


def test_half_precision_is_read_as_single(tensors, tmp_path):
    save_file({k: v.half() for k, v in tensors.items()}, tmp_path / "half.safetensors")
    assert {p.dtype for p in vgg19(tmp_path / "half.safetensors").parameters()} == {torch.float32}


class Trap:
    """Runs something when it is unpickled."""

    def __reduce__(self):
        return (print, ("caught",))


def test_other_files_are_refused(tensors, tmp_path, capsys):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"no weights at all")
    with pytest.raises(InputError, match="cannot be read as weights"):
        vgg19(path)
    torch.save({**tensors, "trap": Trap()}, tmp_path / "x.pth")
    with pytest.raises(InputError, match="cannot be read as weights"):
        vgg19(tmp_path / "x.pth")
    assert capsys.readouterr().out == ""
    save_file({k: v for k, v in tensors.items() if k != "features.12.bias"}, path)
    with pytest.raises(InputError, match=r"lacks features\.12\.bias"):
        vgg19(path)
    for wrong in (tensors["features.5.weight"][:, :4], tensors["features.5.weight"] * np.nan):
        save_file({**tensors, "features.5.weight": wrong.contiguous()}, path)
        with pytest.raises(InputError, match=r"features\.5\.weight in .*\(6, 5, 3, 3\) is wanted"):
            vgg19(path)
    with pytest.raises(NotFoundError, match=r"none\.pth is not there"):
        vgg19(tmp_path / "none.pth")


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 1, 16, 16), (1, 3, 7, 16)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="VGG-19 wants"):
        Vgg19(widths=(2,) * 9)(torch.zeros(shape))


def test_who_judges(file):
    assert judge_for("eye") is None and isinstance(judge_for(str(file)), Vgg19)
    for name in ("vgg16", "", "weights.bin"):
        with pytest.raises(InputError, match="eye, vgg19 or a file"):
            check_encoder(name)


def test_the_usual_file_in_torchs_cache(cache, tensors, monkeypatch):
    cache.parent.mkdir(parents=True)
    torch.save(tensors, cache)
    monkeypatch.setattr(vgg, "ADDRESS", "file:///nowhere/at/all")
    assert torch.equal(judge_for("vgg19").features["0"].bias, tensors["features.0.bias"])


def test_it_is_fetched_once_and_checked(cache, tensors, tmp_path, monkeypatch):
    torch.save(tensors, tmp_path / "there.pth")
    prefix = hashlib.sha256((tmp_path / "there.pth").read_bytes()).hexdigest()[:8]
    monkeypatch.setattr(vgg, "ADDRESS", (tmp_path / "there.pth").as_uri())
    with pytest.raises(NotFoundError, match="another file than its name promises"):
        vgg19()
    assert not any(cache.parent.iterdir())
    monkeypatch.setattr(vgg, "FILE", f"vgg19-{prefix}.pth")
    assert torch.equal(vgg19().features["0"].bias, tensors["features.0.bias"])
    assert [path.name for path in cache.parent.iterdir()] == [f"vgg19-{prefix}.pth"]
    (tmp_path / "there.pth").unlink()
    vgg19()


def test_without_a_network_one_line_says_where_the_file_goes(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(vgg, "ADDRESS", (tmp_path / "none.pth").as_uri())
    with pytest.raises(NotFoundError) as told:
        judge_for("vgg19")
    assert str(cache) in str(told.value) and "\n" not in str(told.value)
