"""What a file says about itself: harmless entries are kept, places are not, and the label is added."""

from pinxit.picture.label import EditLabel
from pinxit.picture.xmp import passed_on

_HARMLESS = {
    "title", "artist", "album", "album_artist", "author", "composer", "genre", "date", "year", "creation_time",
    "copyright", "description", "synopsis", "show", "comment", "track", "network", "language", "handler_name",
    "make", "model", "com.apple.quicktime.make", "com.apple.quicktime.model", "com.apple.quicktime.title",
    "com.apple.quicktime.author", "com.apple.quicktime.copyright", "com.apple.quicktime.creationdate",
}  # fmt: skip
"""Entries that stay, lower case; whatever else there is may tell a place, a person or a device."""
_LONGEST = 4096


def harmless(metadata: dict[str, str]) -> dict[str, str]:
    """The entries of a container or track that may stay."""
    return {name: text for name, text in metadata.items() if name.lower() in _HARMLESS and len(text) <= _LONGEST}


def label_entries(label: EditLabel, produce_id: str, before: dict[str, str]) -> dict[str, str]:
    """The two statements of the label as entries of a container.

    A source that calls itself wholly generated stays so, and a maker whom its AIGC entry names stays named there.

    Args:
        label: The label.
        produce_id: Number of this result.
        before: The source's entries.
    """
    old = {name.lower(): text for name, text in before.items()}
    source_type = label.source_type
    if old.get("digitalsourcetype", "").endswith("/trainedAlgorithmicMedia"):
        source_type = old["digitalsourcetype"]
    return {"DigitalSourceType": source_type, "AIGC": passed_on(old.get("aigc", ""), label.aigc(produce_id))}
