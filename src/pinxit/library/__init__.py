"""The user's styles, kept in a folder with a small database."""

from pinxit.library.library import Library, StyleEntry

__all__ = ["Library", "StyleEntry"]
