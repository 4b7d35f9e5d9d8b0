"""``pinxit view``: pictures, panoramas, videos and models in the browser, before and after, with live tone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pinxit.cli.options import Json, Overwrite, Quiet
from pinxit.cli.running import emit, note, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import CapacityError, InputError

if TYPE_CHECKING:
    from pinxit.viewer.page import View


def view(
    file: Annotated[Path, typer.Argument(help="A picture, panorama, video or .glb model.", show_default=False)],
    before: Annotated[
        Path | None, typer.Option(help="What to compare it with: a file of the same kind.", show_default=False)
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(help="Show the tone of this style live: a name, or a .pinxit or .cube file.", show_default=False),
    ] = None,
    projection: Annotated[
        Literal["auto", "equirectangular", "plain"],
        typer.Option(help="Whether a picture or video surrounds the viewer; auto goes by its metadata."),
    ] = "auto",
    stereo: Annotated[
        Literal["none", "top-bottom", "side-by-side"], typer.Option(help="How two eyes lie in a panorama.")
    ] = "none",
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 0,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    save: Annotated[
        Path | None,
        typer.Option(help="Write the page instead: a folder for a web host, or one .html file.", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a file on a local page, until Ctrl-C. Nothing leaves this machine.

    Example: pinxit view street-golden.jpg --before street.jpg
    """
    shown = _view(file, before, style, projection, stereo)
    facts = {"kind": shown.after.kind, "projection": shown.projection, "file": file, "before": before, "style": style}
    if save is not None:
        return _save(shown, save, overwrite=overwrite, facts=facts if json else None, quiet=quiet)
    _serve(shown, port, open_page=open_page, facts=facts if json else None, quiet=quiet)


def _view(file: Path, before: Path | None, style: str | None, projection: str, stereo: str) -> "View":
    from pinxit.opening import open_style
    from pinxit.panoramas.metadata import is_panorama
    from pinxit.viewer.media import open_media
    from pinxit.viewer.page import View

    media = open_media(file)
    if media.kind == "model" and (projection == "equirectangular" or stereo != "none"):
        raise InputError(f"{file.name} is a model, and --projection and --stereo are of pictures and videos")
    opened = None if style is None else open_style(style)
    stated = projection != "plain" and stereo == "none" and media.kind == "picture" and is_panorama(file)
    around = stated or projection == "equirectangular" or (projection == "auto" and stereo != "none")
    return View(
        after=media,
        before=None if before is None else open_media(before),
        style=opened,
        style_name="" if opened is None else opened.name or Path(style).stem,
        projection="flat" if not around else "mono" if stereo == "none" else stereo,
        area=_area(file) if stated else (0.0, 0.0, 1.0, 1.0),
    )


def _area(file: Path) -> tuple[float, float, float, float]:
    """The part of the sphere that a panorama covers, by its metadata: left, top, width, height."""
    from pinxit.panoramas.metadata import surface_of
    from pinxit.picture import Picture

    surface = surface_of(Picture.open(file, shrink_to=1024), file.name)
    height, width = surface.whole
    return surface.left / width, surface.top / height, surface.width / width, surface.height / height


def _save(shown: "View", target: Path, *, overwrite: bool, facts: dict | None, quiet: bool) -> None:
    from pinxit.viewer.saving import save_file, save_folder

    target = target.expanduser()
    if target.suffix.lower() in (".html", ".htm"):
        save_file(shown, make_folder_of(check_new_file(target, overwrite=overwrite)))
    else:
        if target.is_file():
            raise CapacityError(f"{target} is a file, and a folder was wanted; choose another name")
        if target.is_dir() and any(target.iterdir()) and not overwrite:
            raise InputError(f"{target} is not empty; add --overwrite to write into it, or choose another folder")
        save_folder(shown, target)
    if facts is not None:
        return emit({**facts, "target": target})
    if not quiet:
        say(str(target))


def _serve(shown: "View", port: int, *, open_page: bool, facts: dict | None, quiet: bool) -> None:
    import webbrowser

    from pinxit.viewer.page import page_contents
    from pinxit.viewer.server import Server

    with Server(page_contents(shown), port) as server:
        if facts is not None:
            emit({"url": server.url, **facts})
        else:
            say(server.url)
        note("Ctrl-C stops", quiet or facts is not None)
        if open_page and not webbrowser.open(server.url) and facts is None:
            note("no browser could be opened; open the address yourself", quiet)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            note("stopped", quiet or facts is not None)
