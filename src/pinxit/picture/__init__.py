"""Pictures in and out: open, stand upright, convert to sRGB, keep depth, alpha and harmless metadata, label, save."""

from pinxit.picture.decoded import DEFAULT_MAX_PIXELS
from pinxit.picture.label import EDITED, GENERATED, EditLabel
from pinxit.picture.metadata import Metadata
from pinxit.picture.picture import Picture, Source

__all__ = ["DEFAULT_MAX_PIXELS", "EDITED", "GENERATED", "EditLabel", "Metadata", "Picture", "Source"]
