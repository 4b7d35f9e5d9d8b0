"""The door ``measure``: what a transfer kept and how far it came."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pinxit.opening import expanded

if TYPE_CHECKING:
    from pinxit.doors.sources import Source
    from pinxit.measuring.report import Report


def measure(
    *,
    content: "Source | Iterable[Source]",
    result: "Source | Iterable[Source]",
    references: "Source | Iterable[Source] | None" = None,
    encoder: str = "eye",
    on_progress: Callable[..., Any] | None = None,
) -> "Report":
    """Measure what a transfer kept of its content and how far it came toward its references.

    Args:
        content: The picture before, as in :func:`transfer`; or many: a folder, a pattern or a list.
        result: The picture after, of any size. Of many: files with the same names, or else as many in the same order.
        references: Pictures that have the style, or folders of them; None measures only what was kept.
        encoder: The feature network: "eye", "vgg19" or a file, as in :func:`learn`.
        on_progress: Called as (done, total, text).

    Returns:
        Figures by name, such as ``report["ssim"].value``; of many pictures means, and figures of the results as a set.

    Raises:
        InputError: Contents and results do not belong together, an empty list, or another encoder.
        NotFoundError, PictureError: A picture is not there, or damaged or refused.
    """
    from pinxit.errors import InputError
    from pinxit.learning.paired import match_pairs
    from pinxit.measuring.pictures import measure_pictures

    contents, results = expanded(content), expanded(result)
    several = len(contents) > 1 or len(results) > 1
    pairs = match_pairs(contents, results) if several else [(contents[0], results[0])]
    if not len({id(before) for before, _ in pairs}) == len(contents) == len(results) == len(pairs):
        count = f"{len(contents)} contents and {len(results)} results"
        raise InputError(f"{count} came, not one for one; give two folders in which the file names agree")
    wanted = [] if references is None else expanded(references)
    return measure_pictures(pairs, wanted, as_sets=several, encoder=encoder, on_progress=on_progress)
