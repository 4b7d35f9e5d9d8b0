"""TextureTask: photos repainted in the hand of references; batches and losses for the Learner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.learning.crops import CropBank
from pinxit.learning.verdict import Verdict
from pinxit.losses.adversarial import Adversarial
from pinxit.losses.content import feature_content_loss, structural_similarity
from pinxit.losses.regularize import identity_loss, shift_loss
from pinxit.losses.style import moment_style_loss, patch_directions, patch_ratio
from pinxit.losses.temporal import NOISE, moved, synthetic_motion, temporal_loss
from pinxit.networks.bands import BANDS
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.palette import linear_match
from pinxit.networks.settling import Settling, cloud, picture_quantiles
from pinxit.networks.style_encoder import SCALES, describe

JUDGED = 4
"""Maps that a judge other than the eye is asked for."""


@dataclass(frozen=True)
class TextureWeights:
    """How much each loss counts; 0 leaves it out.

    Args:
        structure: 1 - SSIM of luminance between content and result.
        features: Normalized features of the eye at 1/4 scale (of another judge at 1/8), content against result.
        moments: Moments of the judge's features, reference against result.
        colour: Sliced distance of patches, relative to the untouched content's.
        texture: The same without the patches' means.
        adversarial: Discriminator's verdict.
        hand: Class head's verdict.
        identity: A reference repainted in its own style stays itself.
        attention: The attention's logits tell references from photos.
        shift: Shifting the picture by whole pixels shifts the result.
        temporal: Moving the picture as a camera does, with new noise, moves the result.
        r1: Gradient penalty at real pictures; for "wgan" the weight of the penalty between real and fake.
        preference: What a classifier of one person's likes says against results, where there is one.
        settled: Share of the steps at which results are judged after settling, as users get them; 0..1.
    """

    structure: float = 1.0
    features: float = 0.3
    moments: float = 0.5
    colour: float = 1.0
    texture: float = 1.5
    adversarial: float = 0.1
    hand: float = 0.0
    identity: float = 1.0
    attention: float = 0.05
    shift: float = 0.0
    temporal: float = 0.0
    r1: float = 1.0
    preference: float = 0.0
    settled: float = 0.0


@dataclass
class TextureBatch:
    """Pictures of one step, (B, 3, S, S), sRGB 0..1; the first ``same`` contents are references themselves."""

    content: Tensor
    matched: Tensor
    reference: Tensor
    same: int
    rng: np.random.Generator
    hands: Tensor | None = None
    facts: dict[str, Tensor] = field(default_factory=dict)


class TextureTask:
    """Photos x references, any style.

    Args:
        photos: Contents.
        art: References; their groups are hands.
        eye: Reads the style's code; judges content and style where nobody else does; frozen.
        weights: Of the losses.
        judge: Judges in the eye's place, such as :class:`~pinxit.networks.vgg.Vgg19`: all its four maps for style, the
            coarsest for content, as in Huang and Belongie 2017. Frozen; None leaves it to the eye's first three maps.
        adversarial: Kind of the adversarial loss.
        sizes: Steps from which on crops have a side and batches a size: ((0, 128, 12), (4000, 192, 6)).
        photo_references: Share of references that are photos.
        recolour: Give references random gains and curves, so that styles are more than the pictures at hand.
        liking: Logits (B,) of pictures, high for what one person likes; None asks nobody.
    """

    def __init__(
        self,
        photos: CropBank,
        art: CropBank,
        eye: ContentEncoder,
        weights: TextureWeights,
        *,
        judge: nn.Module | None = None,
        adversarial: Adversarial = "softplus",
        sizes: tuple[tuple[int, int, int], ...] = ((0, 128, 12),),
        photo_references: float = 0.08,
        recolour: bool = True,
        liking: nn.Module | None = None,
    ) -> None:
        self.photos, self.art, self.eye, self.weights = photos, art, eye.eval().requires_grad_(False), weights
        self.sizes, self.photo_references = sizes, photo_references
        self.verdict = Verdict(adversarial, weights.adversarial, weights.hand, weights.r1)
        self.recolour, self.liking = recolour, liking
        self.judge = None if judge is None else judge.eval().requires_grad_(False)

    def judged(self, pixels: Tensor) -> list[Tensor]:
        """Maps of pictures (B, 3, H, W) by which content and style are judged."""
        return self.eye(pixels, SCALES) if self.judge is None else self.judge(pixels, JUDGED)

    def batch(self, rng: np.random.Generator, step: int) -> TextureBatch:
        """Crops of photos and of references, one of eight contents being its own reference."""
        _, side, count = next(s for s in reversed(self.sizes) if step >= s[0])
        content, _ = self.photos.draw(count, side, rng, scales=(0.5, 1.0))
        reference, numbers = self.art.draw(count, side, rng)
        hands = torch.from_numpy(self.art.groups[numbers])
        for i in np.flatnonzero(rng.random(count) < self.photo_references):
            reference[i] = self.photos.draw(1, side, rng)[0][0]
            hands[i] = -1
        reference = _recoloured(reference, rng) if self.recolour else reference
        same = max(1, count // 8) if self.weights.identity else 0
        content[:same] = reference[:same]
        return TextureBatch(content, self.matched(content, reference), reference, same, rng, hands)

    def matched(self, content: Tensor, reference: Tensor) -> Tensor:
        """Contents in the colours that they are painted in: here each in its own reference's."""
        return matched_colours(content, cloud(reference))

    def generator_losses(self, network: nn.Module, critic: nn.Module | None, batch: TextureBatch) -> dict[str, Tensor]:
        """Losses of a painter, see :class:`TextureWeights`."""
        w, same = self.weights, batch.same
        with torch.no_grad():
            read = self.eye(batch.reference, SCALES)
            wanted = read if self.judge is None else self.judged(batch.reference)
            shown = self.judged(batch.matched)
        code = network.encoder(describe(read))
        result, _, attention = network.generator.explain(batch.matched, code)
        painted = result.float()
        settle = self.settling(batch, painted.detach()) if w.settled and batch.rng.random() < w.settled else _as_it_is
        result = settle(painted)
        batch.facts |= {"result": result.detach(), "code": code.detach().float()}
        seen = self.judged(result)
        with torch.autocast("cpu", enabled=False):
            parts = self._pixel_losses(batch, result)
            parts["range"] = 2 * (painted - painted.clamp(0, 1)).abs().mean()
            parts["content/features"] = w.features * feature_content_loss(seen[-1][same:], shown[-1][same:])
            parts["style/moments"] = w.moments * moment_style_loss(seen, wanted)
            if attention is not None and w.attention and same:
                truth = torch.zeros_like(attention)
                truth[:same] = 1
                parts["attention"] = w.attention * F.binary_cross_entropy_with_logits(attention.float(), truth)
        calm = [name for name in ("shift", "temporal") if getattr(w, name)]
        if calm and batch.rng.random() < 0.5:
            name = calm[int(batch.rng.integers(len(calm)))]
            count = 2 * len(calm) * getattr(w, name)
            parts[name] = count * self._calm(name, network, batch, code, painted, settle)
        if critic is not None and w.adversarial:
            parts |= self.verdict.of_painter(critic, result[same:], batch.facts["code"][same:], batch.hands[same:])
        return {k: v for k, v in parts.items() if k.startswith("watch/") or v.requires_grad}

    def _pixel_losses(self, batch: TextureBatch, result: Tensor) -> dict[str, Tensor]:
        w, same, (content, reference) = self.weights, batch.same, (batch.content, batch.reference)
        similar = structural_similarity(content[same:], result[same:]).mean()
        seed = torch.Generator().manual_seed(int(batch.rng.integers(2**31)))
        ratios = {}
        for name, flat, least in (("colour", True, 0.03), ("texture", False, 0.015)):
            directions = patch_directions(16, flat=flat, generator=seed)
            compared = [self.compared(x[same:]) for x in (result, content, reference)]
            ratios[name] = patch_ratio(*compared, directions, least=least, strides=(3, 2, 1))
        parts = {
            "content/structure": w.structure * (1 - similar),
            "style/colour": w.colour * ratios["colour"],
            "style/texture": w.texture * ratios["texture"],
            **self._liked(result[same:]),
            "watch/ssim": similar.detach(),
            "watch/colour": ratios["colour"].detach(),
            "watch/texture": ratios["texture"].detach(),
            "watch/spread": result[same:].std(0).mean().detach(),
        }
        if same and w.identity:
            parts["identity"] = w.identity * identity_loss(result[:same], batch.reference[:same])
        return parts

    def compared(self, pixels: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) as their patches are compared: here each with its own reference's."""
        return pixels

    def _liked(self, result: Tensor) -> dict[str, Tensor]:
        """Cross-entropy of the verdict "liked"."""
        if self.liking is None or not self.weights.preference:
            return {}
        said = F.softplus(-self.liking(result).float()).mean()
        return {"preference": self.weights.preference * said, "watch/preference": said.detach()}

    def settling(self, batch: TextureBatch, painted: Tensor) -> Callable[[Tensor], Tensor]:
        """The map that settles this batch; here each picture after its own reference."""
        return Settling(painted, cloud(batch.reference), picture_quantiles(batch.reference, BANDS))

    def _calm(
        self, name: str, network: nn.Module, batch: TextureBatch, code: Tensor, painted: Tensor,
        settle: Callable[[Tensor], Tensor],
    ) -> Tensor:  # fmt: skip
        """Moved and noisy pictures, painted and settled by the same maps, beside the moved result."""
        n = max(1, len(painted) // 2)
        frames = batch.content[-n:]
        if name == "shift":
            dx, dy = (int(batch.rng.integers(0, 4)) for _ in range(2))
            frames = F.pad(frames[:, :, dy:, dx:], (0, dx, 0, dy), mode="reflect")
        else:
            motion = synthetic_motion(n, frames.shape[2:], batch.rng)
            frames = moved(frames, motion)
        frames = frames + torch.from_numpy(batch.rng.normal(0, NOISE, frames.shape)).float()
        again = network.generator(self.matched(frames, batch.reference[-n:]), code[-n:]).float()
        # Those in front fill the batch, because the maps are each picture's own.
        first, second = settle(painted)[-n:], settle(torch.cat([painted[:-n].detach(), again]))[-n:]
        away = shift_loss(first, second, dx, dy) if name == "shift" else temporal_loss(first, second, motion)
        return 100 * away

    def critic_losses(
        self, critic: nn.Module, batch: TextureBatch, *, penalty: bool, augment: float
    ) -> tuple[dict[str, Tensor], Tensor]:
        """As of :meth:`Verdict.of_critic`."""
        return self.verdict.of_critic(
            critic, batch.reference, batch.facts["result"], batch.facts["code"], batch.hands,
            same=batch.same, penalty=penalty, augment=augment, rng=batch.rng,
        )  # fmt: skip

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of 24 fixed pairs; "score", lower is better, weighs content, colour and texture."""
        rng = np.random.default_rng(99)
        found = self.figures(network, [self.batch(rng, 10**9) for _ in range(4)])
        return found | {"score": found["colour"] + found["texture"] - 2 * found["ssim"]}

    def figures(self, network: nn.Module, batches: Sequence[TextureBatch]) -> dict[str, float]:
        """Mean figures of what a network makes of batches; settled where the training looks at settled results too."""
        found: dict[str, float] = {}
        for batch in batches:
            with torch.no_grad():
                result, _ = network(batch.matched, describe(self.eye(batch.reference, SCALES)))
                result = result.float()
                result = self.settling(batch, result)(result) if self.weights.settled else result
                parts = self._pixel_losses(batch, result)
            for name in (key.removeprefix("watch/") for key in parts if key.startswith("watch/")):
                found[name] = found.get(name, 0.0) + float(parts[f"watch/{name}"]) / len(batches)
        return found


def matched_colours(content: Tensor, colours: Tensor) -> Tensor:
    """Contents (B, 3, H, W) with mean and covariance of colours (B, N, 3); may leave 0..1."""
    matrix, offset = linear_match(cloud(content), colours)
    moved = content.flatten(2).transpose(1, 2) @ matrix + offset
    return moved.transpose(1, 2).reshape(content.shape)


def _as_it_is(x: Tensor) -> Tensor:
    return x


def _recoloured(x: Tensor, rng: np.random.Generator) -> Tensor:
    """A gain and a curve a picture, so that styles are more than the pictures at hand."""
    n = len(x)
    gain = torch.from_numpy(rng.normal(1, 0.06, (n, 3, 1, 1))).float()
    curve = torch.from_numpy(np.exp(rng.normal(0, 0.15, (n, 1, 1, 1)))).float()
    return (x.clamp(0, 1) ** curve * gain).clamp(0, 1)
