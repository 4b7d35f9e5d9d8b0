"""A style's card as three files, written all or none."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

from pinxit.files import write_whole
from pinxit.personal.card import Card
from pinxit.personal.card_page import card_page
from pinxit.personal.card_picture import card_picture
from pinxit.style import check_name

SUFFIXES = (".card.png", ".card.json", ".card.html")


def card_paths(folder: Path, name: str) -> tuple[Path, ...]:
    """Where a style's card goes: picture, facts and page.

    Raises:
        InputError: The name cannot be that of a style, and so not that of a file.
    """
    return tuple(folder / f"{check_name(name)}{suffix}" for suffix in SUFFIXES)


def write_card(card: Card, folder: Path) -> tuple[Path, ...]:
    """Write a card into a folder, which has to be there; what has one of the names is replaced.

    Returns:
        The three files.

    Raises:
        CapacityError: The disk is full or the folder cannot be written; none of the files is there then.
    """
    paths = card_paths(folder, card.name)
    facts = json.dumps(card.as_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    drawn, page = card_picture(card), card_page(card)
    with ExitStack() as files:
        picture, document, sheet = (files.enter_context(write_whole(path)) for path in paths)
        drawn.save(picture, "PNG", optimize=True)
        # A half of a letter, which JSON may hold, becomes a backslash and its number, which JSON reads back.
        document.write_bytes(facts.encode("utf-8", "backslashreplace"))
        sheet.write_bytes(page.encode("utf-8", "backslashreplace"))
    return paths
