"""ContentEncoder, the eye: what a picture shows and whose hand made it, as features at four scales."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import ShapeError
from pinxit.networks.adaptive import channel_moments

SIDE = 64
"""Height and width of the pictures that the eye learned to name, in pixels."""


class ContentEncoder(nn.Module):
    """A small plain convolutional network with ReLU; features at strides 1, 2, 4 and 8.

    Args:
        widths: Channels at the four scales.
        classes: Kinds of objects that the first head tells apart.
        hands: Folders of works that the second head tells apart; the last one is "photo".

    Source:
        Simonyan and Zisserman 2014 (arXiv:1409.1556). Departures: fewer channels; mean instead of maximum pooling, as
        Gatys et al. 2016 advise; batch normalization in training only, folded into the weights afterwards.
    """

    def __init__(self, *, widths: tuple[int, ...] = (32, 64, 128, 256), classes: int = 197, hands: int = 33) -> None:
        super().__init__()
        self.settings = {"widths": list(widths), "classes": classes, "hands": hands}
        a, b, c, d = widths
        plan = (((3, a // 2), (a // 2, a)), ((a, b),), ((b, c), (c, c)), ((c, d), (d, d)))
        self.stages = nn.ModuleList(nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in stage) for stage in plan)
        self.objects = nn.Linear(d, classes)
        self.hands = nn.Linear(2 * sum(widths), hands)

    def forward(self, pixels: Tensor, depth: int = 4) -> list[Tensor]:
        """Pictures (B, 3, H, W), sRGB 0..1, to ``depth`` maps (B, widths[i], H / 2**i, W / 2**i), not negative.

        Raises:
            ShapeError: Not (B, 3, H, W), or smaller than 8 pixels.
        """
        if pixels.ndim != 4 or pixels.shape[1] != 3 or min(pixels.shape[2:]) < 8:
            raise ShapeError(f"the eye wants pictures (B, 3, H, W) of 8 pixels or more, not {tuple(pixels.shape)}")
        features, x = [], (pixels - 0.5) * 4
        for i, stage in enumerate(self.stages[:depth]):
            x = F.avg_pool2d(x, 2) if i else x
            for layer in stage:
                x = self._layer(layer, x)
            features.append(x)
        return features

    def _layer(self, layer: nn.Module, x: Tensor) -> Tensor:
        return F.relu(layer(x))

    def name_objects(self, pixels: Tensor) -> Tensor:
        """Logits (B, classes) of what pictures of about 64 pixels show."""
        return self.objects(self(pixels)[-1].mean((2, 3)))

    def name_hands(self, pixels: Tensor) -> Tensor:
        """Logits (B, hands) of whose hand made the pictures; the last one is "photo"."""
        return self.hands(torch.cat(channel_statistics(self(pixels)), 1))


class LearningEncoder(ContentEncoder):
    """The eye while it learns: a batch normalization after every convolution; ``folded`` gives the eye itself."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self.norms = nn.ModuleDict(
            {
                self._key(i, j): nn.BatchNorm2d(c.out_channels)
                for i, s in enumerate(self.stages)
                for j, c in enumerate(s)
            }
        )
        self._names = {c: self._key(i, j) for i, s in enumerate(self.stages) for j, c in enumerate(s)}

    @staticmethod
    def _key(stage: int, layer: int) -> str:
        return f"{stage}_{layer}"

    def _layer(self, layer: nn.Module, x: Tensor) -> Tensor:
        return F.relu(self.norms[self._names[layer]](layer(x)))

    def folded(self) -> ContentEncoder:
        """Return the same function, in evaluation, without normalization."""
        eye = ContentEncoder(**self.settings)
        kept = {k: v for k, v in self.state_dict().items() if not k.startswith("norms.")}
        eye.load_state_dict(kept)
        with torch.no_grad():
            for i, stage in enumerate(eye.stages):
                for j, layer in enumerate(stage):
                    norm = self.norms[self._key(i, j)]
                    gain = norm.weight / (norm.running_var + norm.eps).sqrt()
                    layer.weight.mul_(gain.view(-1, 1, 1, 1))
                    layer.bias.sub_(norm.running_mean).mul_(gain).add_(norm.bias)
        return eye.eval()


def channel_statistics(features: list[Tensor]) -> list[Tensor]:
    """Mean and standard deviation of every channel of every map, (B, C) each: mean, deviation, mean, ..."""
    found = []
    for x in features:
        mean, variance = channel_moments(x)
        found += [mean, (variance + 1e-6).sqrt()]
    return found
