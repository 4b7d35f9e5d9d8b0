"""A panorama, a cubemap or an environment map with a style, by its projection."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pinxit.errors import InputError
from pinxit.panoramas.cubemap import Cubemap, face_files, layout_of, stacked, unstacked
from pinxit.panoramas.environment import styled_light
from pinxit.panoramas.metadata import PROJECTIONS, surface_of
from pinxit.panoramas.radiance import read_radiance, write_radiance
from pinxit.panoramas.sphere import Surface
from pinxit.panoramas.stereo import eye_surface, eyes, joined, painted_pair
from pinxit.panoramas.transfer import PanoramaPainter, Progress
from pinxit.picture import Picture

if TYPE_CHECKING:
    from pinxit.engines.engine import Engine


def transfer_panorama(
    picture: Picture,
    engine: Engine,
    *,
    projection: str = "equirectangular",
    stereo: str = "none",
    mask: np.ndarray | None = None,
    name: str = "the picture",
    on_progress: Progress | None = None,
    **controls: Any,
) -> Picture:
    """Give a style to a panorama or a cubemap.

    Args:
        picture: Equirectangular, the whole sphere or a part of it by GPano metadata; or six faces in a strip or cross.
        engine: The style.
        projection: "equirectangular" or "cubemap".
        stereo: "top-bottom" or "side-by-side" for two eyes in one equirectangular picture, else "none".
        mask: Where the style goes, (h, w) 0..1, brought to the picture's size; of two eyes, to each.
        name: Of the picture, in errors.
        on_progress: Called as (done, total, text).
        controls: As ``Engine.transfer`` has them; without ``finish``.

    Returns:
        A new picture with the same alpha, profile and metadata.

    Raises:
        InputError: A projection or sides that do not fit, or a setting out of range.
        MissingExtraError: Two eyes came, and OpenCV is not installed.
    """
    if stereo != "none":
        if projection != "equirectangular":
            raise InputError(f"stereo {stereo!r} came with the projection {projection!r}; equirectangular is wanted")
        painter = PanoramaPainter(engine, eye_surface(picture.array, stereo, name), **_without_finish(controls))
        pair = painted_pair(painter, *eyes(picture.array, stereo), mask=mask, on_progress=on_progress)
        return picture.with_array(joined(*pair, stereo))
    painter = PanoramaPainter(engine, _surface(picture, projection, name), **_without_finish(controls))
    return picture.with_array(painter(picture.array, mask=mask, on_progress=on_progress))


def transfer_faces(
    paths: Sequence[str | os.PathLike[str]],
    engine: Engine,
    *,
    on_progress: Progress | None = None,
    opening: dict[str, Any] | None = None,
    **controls: Any,
) -> dict[Path, Picture]:
    """Give a style to a cubemap of six files, whose names end in px, nx, ... or right, left, ...

    Args:
        paths: The six files.
        engine: The style.
        on_progress: Called as (done, total, text).
        opening: Arguments of ``Picture.open``.
        controls: As in :func:`transfer_panorama`.

    Returns:
        Each file's result.

    Raises:
        InputError: Not six different faces, or not squares of one size.
    """
    files = list(face_files(paths).values())
    pictures = [Picture.open(path, **(opening or {})) for path in files]
    array = stacked(pictures)
    painter = PanoramaPainter(engine, Cubemap.strip(pictures[0].width), **_without_finish(controls))
    return dict(zip(files, unstacked(painter(array, on_progress=on_progress), pictures), strict=True))


def transfer_environment(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    engine: Engine,
    *,
    projection: str = "equirectangular",
    on_progress: Progress | None = None,
    **controls: Any,
) -> Path:
    """Give a style to an environment map, .hdr or .exr, and write another one of the same range of light.

    Args:
        source: Equirectangular, or six faces in a strip or cross.
        target: .hdr or .exr.
        engine: The style.
        projection: "equirectangular" or "cubemap".
        on_progress: Called as (done, total, text).
        controls: As in :func:`transfer_panorama`.

    Raises:
        NotFoundError, PictureError: The file is not there, or damaged.
        InputError: Sides that do not fit, or a setting out of range.
        MissingExtraError: OpenEXR is not installed.
    """
    light = read_radiance(source)
    surface = _surface(Picture(light), projection, str(source))
    painter = PanoramaPainter(engine, surface, **_without_finish(controls))
    return write_radiance(target, styled_light(light, surface, lambda shown: painter(shown, on_progress=on_progress)))


def _surface(picture: Picture, projection: str, name: str) -> Surface:
    if projection == "equirectangular":
        return surface_of(picture, name)
    if projection == "cubemap":
        return layout_of(picture.array, name)
    raise InputError(f"the projection {projection!r} came; {' or '.join(PROJECTIONS[:2])} is wanted for a panorama")


def _without_finish(controls: dict[str, Any]) -> dict[str, Any]:
    if controls.pop("finish", 0):
        raise InputError("a finish came, vignette and grain of flat pictures, which a panorama has not; leave it out")
    return controls
