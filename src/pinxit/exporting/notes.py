"""What a lookup table leaves out of a style."""

from dataclasses import fields

from pinxit.style import Style


def export_notes(style: Style, *, for_picture: bool = False) -> list[str]:
    """What a table leaves out of a style, line by line; empty when it leaves nothing out."""
    if style.tone is None:
        return []
    notes = []
    if style.adaptive and not for_picture:
        notes.append("mean table: the correction of every single picture's exposure and white balance is not in it")
    if style.tone.expected_error is not None:
        notes.append(f"expected error of the learned tone: CIEDE2000 {style.tone.expected_error:.2f} on average")
    neutral = type(style.tone.finish)()
    if any(getattr(style.tone.finish, item.name) != getattr(neutral, item.name) for item in fields(neutral)):
        notes.append("vignette and grain are not in it")
    return notes
