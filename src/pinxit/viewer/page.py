"""The page: its text, its scripts, what it shows and the style's table, each under a name of its own."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import numpy as np

from pinxit.errors import InputError
from pinxit.exporting.notes import export_notes
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.viewer.media import Content, Media

_NAMES = ("tone", "frame", "flat", "sphere", "gestures", "labels", "video", "vr", "model", "main")
MODULES = tuple(f"{name}.js" for name in _NAMES)
"""The page's own scripts; each imports only from those before it, and the last one starts."""
PROJECTIONS = ("flat", "mono", "top-bottom", "side-by-side")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self' blob: data:; base-uri 'none'; form-action 'none'"
)
"""Content Security Policy: nothing from anywhere but the page's own place."""

_THREE = "three.js"
_TABLE = "tone.bin"


@dataclass(frozen=True)
class View:
    """What a page shows.

    Args:
        after: The file itself.
        before: What it is compared with; None compares with the file without the style, if there is a style.
        style: Whose tone is shown live on ``after``; None for none.
        style_name: What the style is called.
        projection: "flat", or how a picture surrounds the viewer: "mono", "top-bottom" or "side-by-side".
        area: Part of the whole sphere that the picture covers: left, top, width, height, 0..1.

    Raises:
        InputError: Files of different kinds, a style without a tone, or another projection.
    """

    after: Media
    before: Media | None = None
    style: Style | None = None
    style_name: str = "tone"
    projection: str = "flat"
    area: Sequence[float] = (0.0, 0.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if self.before is not None and self.before.kind != self.after.kind:
            raise InputError(
                f"{self.before.name} is a {self.before.kind} and {self.after.name} a {self.after.kind}; "
                "name two files of one kind"
            )
        if self.style is not None and self.style.tone is None:
            raise InputError(
                f"the style {self.style_name} has strokes and no tone, and only tone is shown live; "
                "transfer it first and view the result with --before"
            )
        if self.projection not in PROJECTIONS:
            raise InputError(f"projection {self.projection!r} came; one of {', '.join(PROJECTIONS)} is wanted")


def page_contents(view: View) -> dict[str, Content]:
    """Everything that the page is made of, by the name that it asks for; "index.html" is the page."""
    shown = shown_contents(view)
    links = "\n".join(f'<script defer src="{name}"></script>' for name in scripts(view) if name == _THREE)
    text = page_text(
        view,
        {name: name for name in shown},
        policy=POLICY,
        style='<link rel="stylesheet" href="view.css">',
        scripts=f'{links}\n<script type="module" src="{MODULES[-1]}"></script>',
    )
    return {
        "index.html": Content("text/html; charset=utf-8", text.encode()),
        "view.css": Content("text/css; charset=utf-8", static("view.css")),
        **{name: Content("text/javascript; charset=utf-8", static(name)) for name in scripts(view)},
        **shown,
    }


def shown_contents(view: View) -> dict[str, Content]:
    """The files that the page shows and the style's table, by name."""
    found = {_name(role, media): media.content for role, media in _roles(view)}
    if view.style is not None:
        found[_TABLE] = Content("application/octet-stream", table_bytes(view.style.tone.lut))
    return found


def page_text(view: View, addresses: Mapping[str, str], *, policy: str, style: str, scripts: str) -> str:
    """The page itself, from its template.

    Args:
        view: What it shows.
        addresses: Where the contents of :func:`shown_contents` are found, by name.
        policy: Content Security Policy.
        style: HTML that brings the style sheet.
        scripts: HTML that brings the scripts.
    """
    config: dict[str, object] = {"before": None, "tone": None}
    config |= {role: {"url": addresses[_name(role, media)], "name": media.name} for role, media in _roles(view)}
    if view.style is not None:
        tone = {"url": addresses[_TABLE], "size": view.style.tone.lut.size, "name": view.style_name}
        config["tone"] = tone | {"notes": _left_out(view.style)}
    config |= {"kind": view.after.kind, "projection": view.projection, "area": list(view.area)}
    # In a script element only "</script" and "<!--" could end the data: no "<", no end.
    data = json.dumps(config).replace("<", "\\u003c")
    values = {"title": escape(view.after.name), "config": data, "policy": policy, "style": style, "scripts": scripts}
    template = static("index.html").decode()
    return re.sub(r"\{(title|config|policy|style|scripts)\}", lambda found: values[found[1]], template)


def scripts(view: View) -> tuple[str, ...]:
    """Names of the scripts that a page needs, in the order in which they depend on each other."""
    return (_THREE, *MODULES) if view.after.kind == "model" else MODULES


def static(name: str) -> bytes:
    """A file that comes with the package."""
    folder = files("pinxit.viewer") / "static"
    return (folder / "vendor" / name if name == _THREE else folder / name).read_bytes()


def table_bytes(lut: Lut) -> bytes:
    """A table as the shader takes it: (N, N, N, 4) float16, [blue, green, red, RGBA], little-endian.

    Half precision is within 0.0005 up to 1; values beyond -60000..60000, which no screen shows, are cut there.
    """
    nodes = np.ones((*lut.table.shape[:3], 4), "<f2")
    nodes[..., :3] = np.clip(lut.table, -60000, 60000)
    return nodes.tobytes()


def _roles(view: View) -> list[tuple[str, Media]]:
    return [("after", view.after)] + ([("before", view.before)] if view.before is not None else [])


def _name(role: str, media: Media) -> str:
    return role + media.suffix


def _left_out(style: Style) -> list[str]:
    return export_notes(style) + (["strokes are not shown live"] if style.texture is not None else [])
