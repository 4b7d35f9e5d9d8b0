"""The front doors: each of them does a whole job in one call."""

from pinxit.doors.exporting import export
from pinxit.doors.learning import learn
from pinxit.doors.measuring import measure
from pinxit.doors.media import transfer_model, transfer_video
from pinxit.doors.transferring import transfer

__all__ = ["export", "learn", "measure", "transfer", "transfer_model", "transfer_video"]
