"""Board: a training's figures and pictures for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinxit.errors import MissingExtraError, ShapeError

if TYPE_CHECKING:
    from pinxit.learning.learner import Learner


class Board:
    """Writes what a learner logs into TensorBoard's event files; look at them with ``tensorboard --logdir FOLDER``.

    Hand ``log`` to ``Learner.run`` and close the board in the end, or use it in a ``with`` block. Where the learner's
    task has a method ``samples(network)`` that returns a sheet of pictures (3, H, W), sRGB 0..1, for the averaged
    network, that is written too. Of several processes the first one writes. After a resume, figures of steps that are
    made again replace the old ones.

    Args:
        folder: For the event files; made where it is not there.
        learner: Whose figures come.
        pictures_every: Steps between sheets; 0 for none.

    Raises:
        MissingExtraError: The extra ``learn`` is not installed.
        ShapeError: From ``log``, when the task's samples are no sheet of pictures.
    """

    def __init__(self, folder: Path, learner: Learner, *, pictures_every: int = 500) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError("tensorboard", "learn") from error
        self._make: Any = SummaryWriter
        self.folder, self.learner, self.pictures_every = folder, learner, pictures_every
        self.writer: Any = None
        self._sheet = 0

    def log(self, step: int, parts: Mapping[str, float]) -> None:
        """Write the figures of a step, and a sheet at the first call at or after every so many steps."""
        if self.learner.rank:
            return
        if self.writer is None:
            self.writer = self._make(str(self.folder), purge_step=step)
            self._sheet = (step - 1) // self.pictures_every if self.pictures_every else 0
        for name, value in parts.items():
            self.writer.add_scalar(name, value, step)
        samples = getattr(self.learner.task, "samples", None)
        if samples is not None and self.pictures_every and step // self.pictures_every > self._sheet:
            self._sheet = step // self.pictures_every
            self.writer.add_image("samples", self._checked(samples(self.learner.average)), step)
        self.writer.flush()

    @staticmethod
    def _checked(sheet: Any) -> Any:
        if getattr(sheet, "ndim", 0) != 3 or len(sheet) != 3:
            found = tuple(getattr(sheet, "shape", ())) or type(sheet).__name__
            raise ShapeError(f"the task's samples are {found}; return one sheet of pictures (3, H, W)")
        return (sheet.detach().float().nan_to_num(0).clamp(0, 1) * 255).round().byte().cpu()

    def close(self) -> None:
        """Finish the files."""
        if self.writer is not None:
            self.writer.close()

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
