"""Vgg19: in the place of the eye, where a loss shall be judged by the network that papers judge by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import InputError, NotFoundError, ShapeError
from pinxit.files import write_whole

FILE = "vgg19-dcbb9e9d.pth"
"""Name of the usual file; the end of its stem begins the SHA-256 of what it holds."""
ADDRESS = f"https://download.pytorch.org/models/{FILE}"
SUFFIXES = (".safetensors", ".pth")
STAGES = ((0,), (2, 5), (7, 10), (12, 14, 16, 19))
"""Numbers of the convolutions in torchvision's ``features``; what the last of each stage gives is read."""
WIDTHS = (64, 64, 128, 128, 256, 256, 256, 256, 512)
_NUMBERS = tuple(number for stage in STAGES for number in stage)
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as the network was trained with
_SECONDS = 30  # without an answer, and the server counts as away


class Vgg19(nn.Module):
    """The first nine convolutions of VGG-19; features relu1_1, relu2_1, relu3_1 and relu4_1 at strides 1, 2, 4 and 8.

    The interface is that of :class:`~pinxit.networks.encoder.ContentEncoder` without its heads.

    Args:
        widths: Channels of the convolutions, in order.

    Source:
        Simonyan and Zisserman 2014 (arXiv:1409.1556); the four maps are those of Huang and Belongie 2017
        (arXiv:1703.06868). Departure from the latter: borders are padded with zeros, as the weights were trained, not
        mirrored.
    """

    def __init__(self, *, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.settings = {"widths": list(widths)}
        # The names are torchvision's, so that its files fit.
        self.features = nn.ModuleDict(
            {
                str(number): nn.Conv2d(before, after, 3, padding=1)
                for number, before, after in zip(_NUMBERS, (3, *widths[:-1]), widths, strict=True)
            }
        )
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(_SPREAD).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor, depth: int = 4) -> list[Tensor]:
        """Pictures (B, 3, H, W), sRGB 0..1, to ``depth`` maps (B, C, H / 2**i, W / 2**i), not negative.

        Raises:
            ShapeError: Not (B, 3, H, W), or smaller than 8 pixels.
        """
        if pixels.ndim != 4 or pixels.shape[1] != 3 or min(pixels.shape[2:]) < 8:
            raise ShapeError(f"VGG-19 wants pictures (B, 3, H, W) of 8 pixels or more, not {tuple(pixels.shape)}")
        found, x = [], (pixels - self.mean) / self.spread
        for stage in STAGES[:depth]:
            for number in stage:
                x = F.max_pool2d(x, 2) if found and number == stage[-1] else x
                x = F.relu(self.features[str(number)](x))
            found.append(x)
        return found


def judge_for(encoder: str) -> Vgg19 | None:
    """Who judges content and style in the losses: None, which is the eye, for "eye"; "vgg19" or a file: VGG-19.

    Raises:
        InputError: Another name, or a file that holds no VGG-19.
        NotFoundError: The weights are neither here nor to be had.
    """
    check_encoder(encoder)
    return None if encoder == "eye" else vgg19(None if encoder == "vgg19" else Path(encoder))


def check_encoder(encoder: str) -> None:
    """Refuse, before any work, what :func:`judge_for` does not know.

    Raises:
        InputError: Neither "eye" nor "vgg19" nor a file that could hold weights.
    """
    if encoder not in ("eye", "vgg19") and Path(encoder).suffix.lower() not in SUFFIXES:
        raise InputError(f"the encoder {encoder!r} came; eye, vgg19 or a file of its weights (.safetensors) is wanted")


def vgg19(path: Path | None = None) -> Vgg19:
    """VGG-19 with trained weights, ready to use.

    Args:
        path: A .safetensors or .pth file with tensors ``features.N.weight`` and ``features.N.bias``, as torchvision
            numbers them; widths are read from the tensors, further ones are passed over. None takes the usual file
            from torch's cache, and fetches it first (548 MB) where it is not there.

    Raises:
        NotFoundError: The file is not there and cannot be fetched.
        InputError: It is damaged or holds something else.
        CapacityError: There is no room for it.
    """
    path = _usual() if path is None else path.expanduser()
    if not path.is_file():
        raise NotFoundError(f"{path} is not there; name a .safetensors or .pth file with the weights of VGG-19")
    tensors = _read(path)
    lacking = [key for n in _NUMBERS for key in (f"features.{n}.weight", f"features.{n}.bias") if key not in tensors]
    if lacking:
        raise InputError(f"{path} lacks {lacking[0]} and is no VGG-19 as torchvision numbers it; give another file")
    network = Vgg19(widths=tuple(len(tensors[f"features.{number}.bias"]) for number in _NUMBERS))
    wanted = network.state_dict()
    for key, value in wanted.items():
        if tensors[key].shape != value.shape or not tensors[key].isfinite().all():
            found = tuple(tensors[key].shape)
            raise InputError(f"{key} in {path} is {found} or not finite; {tuple(value.shape)} is wanted there")
    network.load_state_dict({key: tensors[key].float() for key in wanted})
    return network.eval().requires_grad_(False)


def _read(path: Path) -> Mapping[str, Tensor]:
    """The tensors that are needed, or all; never runs what a file says."""
    names = {f"features.{number}.{kind}" for number in _NUMBERS for kind in ("weight", "bias")}
    try:
        if path.suffix.lower() == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, "pt") as file:
                found = {key: file.get_tensor(key) for key in file.keys() if key in names}  # noqa: SIM118
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
            found = {key: value for key, value in found.items() if key in names and isinstance(value, Tensor)}
    except Exception as error:  # the readers of both formats fail in many ways
        why = " ".join(str(error).split())[:120]
        raise InputError(f"{path} cannot be read as weights ({why}); delete it or give another file") from error
    return found


def _usual() -> Path:
    """Path of the usual file; fetched where it is not there."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / FILE
    if not path.is_file():
        try:
            _fetch(path)
        except OSError as error:  # no network, no such host, no answer
            raise NotFoundError(
                f"the weights of VGG-19 are not at {path} and {ADDRESS} does not give them ({error}); "
                f"put that file there, or name a .safetensors file, or judge by the eye"
            ) from error
    return path


def _fetch(path: Path) -> None:
    """Fetch the usual file whole or not at all.

    Raises:
        OSError: The network does not give it.
        NotFoundError: It gives another file than the name promises.
        CapacityError: There is no room for it.
    """
    from urllib.request import urlopen

    digest, promised = hashlib.sha256(), Path(FILE).stem.rpartition("-")[2]
    with urlopen(ADDRESS, timeout=_SECONDS) as answer:
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(path) as target:
            with target.open("wb") as file:
                while part := answer.read(1 << 20):
                    digest.update(part)
                    file.write(part)
            if not digest.hexdigest().startswith(promised):
                raise NotFoundError(f"{ADDRESS} gave another file than its name promises; put the right one at {path}")
