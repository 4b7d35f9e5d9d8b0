"""ToneCritic: tells finished references from transferred pictures by patches and by colour statistics."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from pinxit.networks.statistics import ColourStatistics


class ToneCritic(nn.Module):
    """Two small discriminators with spectral normalization (Miyato et al. 2018, arXiv:1802.05957).

    Args:
        width: Channels of the first layer.
    """

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        self.settings = {"width": width}
        sizes = ((3, width, 2), (width, 2 * width, 2), (2 * width, 2 * width, 1))
        layers: list[nn.Module] = []
        for a, b, stride in sizes:
            layers += [spectral_norm(nn.Conv2d(a, b, 3, stride, 1)), nn.LeakyReLU(0.2)]
        self.patches = nn.Sequential(*layers, spectral_norm(nn.Conv2d(2 * width, 1, 1)))
        self.statistics = ColourStatistics(bins=4, levels=9, bands=4)
        self.colours = nn.Sequential(
            spectral_norm(nn.Linear(self.statistics.length, 64)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Linear(64, 1)),
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, H, W), sRGB 0..1, to logits of patches (B, 1, H/4, W/4) and of colours (B, 1)."""
        points = pixels[:, :, ::2, ::2].flatten(2).transpose(1, 2)
        return self.patches(pixels * 2 - 1), self.colours(self.statistics(points))
