"""Packaged weights: a safetensors file beside a JSON card with settings, format version and checksum. Never pickle."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pinxit.errors import StyleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from torch import Tensor, nn

    from pinxit.networks.correct import ExposureCorrector
    from pinxit.networks.discriminator import MultiScaleDiscriminator
    from pinxit.networks.encoder import ContentEncoder
    from pinxit.networks.look import LookPredictor
    from pinxit.networks.painter import Painter
    from pinxit.networks.signature import Signature

FORMAT = 1


def save_weights(module: nn.Module, folder: Path, name: str, *, about: dict[str, Any], half: bool = True) -> Path:
    """Write ``name.safetensors`` and ``name.json`` into a folder.

    Args:
        module: Network with ``settings``; floating tensors are stored as float16 when ``half``.
        folder: Where to.
        name: File stem.
        about: Recipe, data and figures for the card; JSON values.
        half: Store 16-bit floats.

    Returns:
        Path of the safetensors file.
    """
    from safetensors.torch import save

    from pinxit.files import write_whole

    tensors = {
        k: (v.half() if half and v.is_floating_point() else v).contiguous() for k, v in module.state_dict().items()
    }
    data = save(tensors)
    card = {
        "format": FORMAT,
        "network": type(module).__name__,
        "settings": module.settings,
        "sha256": hashlib.sha256(data).hexdigest(),
        "about": about,
    }
    with write_whole(folder / f"{name}.safetensors") as target:
        target.write_bytes(data)
    with write_whole(folder / f"{name}.json") as target:
        target.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return folder / f"{name}.safetensors"


def load_weights(name: str, folder: Path | None = None) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read weights that come with the package, or from a folder.

    Returns:
        The card (``settings``, ``sha256``, ``about``) and the tensors, floating ones as float32.

    Raises:
        StyleError: The files are missing, damaged or of another format.
    """
    from safetensors.torch import load

    root = files("pinxit") / "weights" if folder is None else folder
    try:
        card = json.loads((root / f"{name}.json").read_text(encoding="utf-8"))
        data = (root / f"{name}.safetensors").read_bytes()
    except (OSError, ValueError) as error:
        raise StyleError(f"the weights '{name}' cannot be read ({error}); install pinxit again") from error
    if card.get("format") != FORMAT or hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise StyleError(f"the weights '{name}' are damaged or of another format than {FORMAT}; install pinxit again")
    return card, {k: v.float() if v.is_floating_point() else v for k, v in load(data).items()}


@cache
def look_predictor() -> LookPredictor:
    """Return the shipped LookPredictor, ready to use (one copy a process, not to be changed)."""
    from pinxit.networks.look import LookPredictor

    return _filled(LookPredictor, "look")


@cache
def exposure_corrector() -> ExposureCorrector:
    """Return the shipped ExposureCorrector, ready to use (one copy a process, not to be changed)."""
    from pinxit.networks.correct import ExposureCorrector

    return _filled(ExposureCorrector, "correct")


@cache
def eye() -> ContentEncoder:
    """Return the shipped eye, ready to use (one copy a process, not to be changed)."""
    from pinxit.networks.encoder import ContentEncoder

    return _filled(ContentEncoder, "eye")


@cache
def signature() -> Signature:
    """Return the shipped Signature, ready to use (one copy a process, not to be changed)."""
    from pinxit.networks.signature import Signature

    return _filled(Signature, "signature")


@cache
def signature_version() -> str:
    """Which Signature this package ships: the first 16 hex digits of its weights' SHA-256."""
    return load_weights("signature")[0]["sha256"][:16]


@cache
def painter() -> Painter:
    """Return the shipped painter, ready to use (one copy a process, not to be changed)."""
    from pinxit.networks.painter import Painter

    return _filled(Painter, "painter")


@cache
def texture_critic() -> MultiScaleDiscriminator:
    """Return the discriminator that the painter was trained against (one copy a process, not to be changed)."""
    from pinxit.networks.discriminator import MultiScaleDiscriminator

    return _filled(MultiScaleDiscriminator, "critic")


@cache
def packaged_contents() -> list[np.ndarray]:
    """Photos that come with the package for painters to practise on, (H, W, 3) uint8."""
    import io

    import numpy as np
    from PIL import Image

    _, tensors = load_weights("contents")
    return [
        np.asarray(Image.open(io.BytesIO(tensors[key].numpy().tobytes())).convert("RGB")) for key in sorted(tensors)
    ]


@cache
def painter_version() -> str:
    """Which painter this package ships: the first 16 hex digits of its weights' SHA-256."""
    return load_weights("painter")[0]["sha256"][:16]


def painter_with(version: str, changes: Mapping[str, np.ndarray]) -> Painter:
    """Return the shipped painter with a style's changes to its generator.

    Raises:
        StyleError: The changes are for another painter, or do not fit.
    """
    import copy

    import torch

    from pinxit.networks.lora import apply_changes

    if version != painter_version():
        raise StyleError(
            f"the style was learned for the painter {version}, and this pinxit has {painter_version()}; "
            "learn it again: pinxit learn PICTURES --name NAME"
        )
    if not changes:
        return painter()
    changed = copy.deepcopy(painter())
    apply_changes(changed.generator, {k: torch.from_numpy(v.copy()) for k, v in changes.items()})
    return changed


def _filled(network: type[nn.Module], name: str) -> Any:
    import torch

    # Whoever asks first may be in inference mode; whoever asks later may want gradients through the same copy.
    with torch.inference_mode(False):
        card, tensors = load_weights(name)
        module = network(**card["settings"])
        module.load_state_dict(tensors)
        return module.eval().requires_grad_(False)


@cache
def ordinary_thumbnails() -> np.ndarray:
    """Packaged photos without a look, (128, 3, 48, 48) float32, 0..1."""
    _, tensors = load_weights("ordinary")
    return tensors["thumbnails"].numpy().astype("float32") / 255


@cache
def ordinary_colours() -> tuple[np.ndarray, np.ndarray]:
    """Colours of photos without a look, (photos, pixels, 3) float32 0..1, and the domain of each photo, (photos,)."""
    _, tensors = load_weights("ordinary")
    return tensors["clouds"].numpy().astype("float32") / 255, tensors["domains"].numpy().astype("int64")
