"""Tiny material that pretrainings are tested on: small labelled pictures, works of three hands, photos."""

from types import SimpleNamespace

import pytest
from material import CLASSES, jpeg, write_tar


@pytest.fixture
def material(tmp_path):
    """Folders ``recognition``, ``art``, ``photos`` and a file ``leave_out`` with one work and one photo in it."""
    found = SimpleNamespace(**{name: tmp_path / name for name in ("recognition", "art", "photos")})
    found.recognition.mkdir()
    for name, each in (("train", 3), ("val", 1)):
        members = {
            f"{c}/{i}.jpg": jpeg(100 * len(name) + 10 * k + i) for k, c in enumerate(CLASSES) for i in range(each)
        }
        write_tar(found.recognition / f"{name}.tar", members)
    files = {found.art / hand / f"{i}.jpg": (hand, i) for hand in ("dore", "pyle", "turner") for i in range(2)}
    files |= {found.photos / "scenes" / place: place for place in ("food/a.jpg", "food/b.jpg", "street/c.jpg")}
    files |= {found.photos / "d.jpg": "d", found.photos / "research-only" / "e.jpg": "e"}
    for seed, path in enumerate(files):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(seed, 72))
    found.leave_out = tmp_path / "leave-out.txt"
    found.leave_out.write_text("# held out\nturner/1.jpg\n\nb.jpg\n")
    return found
