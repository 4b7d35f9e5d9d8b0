"""The kinds of job that come with the package."""

from pinxit.jobs.kind import Kind, Limits
from pinxit.jobs.learning import Learn, Search, learn, search
from pinxit.jobs.looking import Explain, Measure, Recognize, explain, measure, recognize
from pinxit.jobs.transferring import Transfer, Video, transfer, video

_HOUR, _GIB = 3600.0, 1 << 30
_LONG = Limits(memory=8 * _GIB, processor=48 * _HOUR, file=4 * _GIB)
_SHORT = Limits(memory=8 * _GIB, processor=8 * _HOUR)
_NETWORKS = (
    "torch",
    "numba",
    "scipy.linalg",
    "safetensors.torch",
    "pinxit.networks.weights",
    "pinxit.engines.painting",
)
_PICTURES = ("pinxit.engines.protect", "pinxit.engines.batch", "pinxit.jobs.transferring:warm_up")

KINDS = {
    "learn": Kind(Learn, learn, _LONG, long=True, warm=("pinxit.learning.style", "pinxit.learning.art")),
    "search": Kind(Search, search, _LONG, long=True, at_once=1),
    "transfer": Kind(Transfer, transfer, _SHORT, warm=(*_NETWORKS, *_PICTURES)),
    "video": Kind(Video, video, _LONG, long=True),
    "measure": Kind(Measure, measure, _SHORT),
    "recognize": Kind(Recognize, recognize, _SHORT),
    "explain": Kind(Explain, explain, _SHORT),
}
"""What can be asked for, by name."""
