"""Learn a visual style from a handful of pictures and give it to any picture."""

from typing import Any

_HOMES = {
    "CapacityError": "pinxit.errors",
    "InputError": "pinxit.errors",
    "LearningError": "pinxit.errors",
    "Library": "pinxit.library",
    "Lut": "pinxit.tone.lut",
    "MissingExtraError": "pinxit.errors",
    "NotFoundError": "pinxit.errors",
    "Picture": "pinxit.picture",
    "PictureError": "pinxit.errors",
    "PinxitError": "pinxit.errors",
    "ShapeError": "pinxit.errors",
    "Style": "pinxit.style",
    "StyleError": "pinxit.errors",
    "export": "pinxit.doors",
    "learn": "pinxit.doors",
    "measure": "pinxit.doors",
    "transfer": "pinxit.doors",
    "transfer_model": "pinxit.doors",
    "transfer_video": "pinxit.doors",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import pinxit`` stays quick."""
    if name == "__version__":
        from pinxit.settings import pinxit_version

        return pinxit_version()
    if name not in _HOMES:
        raise AttributeError(f"module 'pinxit' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
