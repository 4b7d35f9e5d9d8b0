"""Every error that pinxit raises on purpose.

PinxitError
├ InputError(ValueError)     what came in is not what was wanted      exit 2
│ ├ PictureError             a picture cannot be read or written
│ ├ StyleError               a style file or a lookup table is not right
│ └ ShapeError               an array has another shape than promised
├ NotFoundError              a named style or file is not there       exit 3
├ CapacityError              too large, disk full, folder unwritable  exit 4
├ LearningError              learning cannot go on                    exit 5
└ MissingExtraError          an optional package is not installed     exit 6
"""


class PinxitError(Exception):
    """Root of the tree; its text says what came, what was wanted and what to do."""

    exit_code = 1


class InputError(PinxitError, ValueError):
    """What came in is not what was wanted."""

    exit_code = 2


class PictureError(InputError):
    """A picture cannot be read, is refused, or cannot be written in the wanted format."""


class StyleError(InputError):
    """A style file or a lookup table is damaged, of another version, or not allowed."""


class ShapeError(InputError):
    """An array or tensor has another shape, type or range than was promised."""


class NotFoundError(PinxitError):
    """A style, picture or folder with this name is not there."""

    exit_code = 3


class CapacityError(PinxitError):
    """Too large for the set limits, or the disk or folder does not take the result."""

    exit_code = 4


class LearningError(PinxitError):
    """Learning cannot go on: nothing to learn from, or a loss that is not finite."""

    exit_code = 5


class MissingExtraError(PinxitError):
    """An optional package is missing.

    Args:
        package: The import that failed.
        extra: The extra of pinxit that installs it.
    """

    exit_code = 6

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; install it with: pip install 'pinxit[{extra}]'")
        self.package = package
        self.extra = extra
