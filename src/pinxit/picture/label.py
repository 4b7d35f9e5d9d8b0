"""The label that tells an edited or generated picture from a photograph."""

import json
from dataclasses import dataclass
from typing import Literal

_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True)
class EditLabel:
    """What a saved picture says about its making.

    Two statements are written into the XMP packet: IPTC's ``DigitalSourceType`` and the ``AIGC`` property of China's
    labelling standard. The latter's Label "1" means "is made or composed by artificial intelligence".

    Args:
        kind: "edited" for a real picture changed with a trained model, "generated" for one made by it alone.
        producer: Name or code of the service that made the picture.
        produce_id: Number of this result; empty takes one derived from the pixels.

    Source:
        IPTC NewsCodes "Digital Source Type"; GB 45438-2025, appendix E, and practice guide TC260-PG-20258A.
        Departure: the two reserved fields for signatures are left empty.
    """

    kind: Literal["edited", "generated"] = "edited"
    producer: str = "pinxit"
    produce_id: str = ""

    @property
    def source_type(self) -> str:
        """The IPTC code, an address."""
        generated = self.kind == "generated"
        return _SOURCES + ("trainedAlgorithmicMedia" if generated else "compositeWithTrainedAlgorithmicMedia")

    def aigc(self, produce_id: str) -> str:
        """The JSON text of the AIGC property."""
        fields = {
            "Label": "1",
            "ContentProducer": self.producer,
            "ProduceID": self.produce_id or produce_id,
            "ReservedCode1": "",
            "ContentPropagator": "",
            "PropagateID": "",
            "ReservedCode2": "",
        }
        return json.dumps(fields, ensure_ascii=False)


EDITED = EditLabel()
"""A picture changed with a trained model."""
GENERATED = EditLabel(kind="generated")
"""A picture made by a trained model alone."""
