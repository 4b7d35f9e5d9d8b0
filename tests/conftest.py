"""What every test may rely on."""

import signal
from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A library of its own for every test; the user's is never touched."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PINXIT_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def interrupts():
    """Ctrl-C means what it usually means, also where the tests were started with it switched off (as by nohup)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def tiny(monkeypatch):
    """Small random networks in the place of the shipped painter, eye and critic; the painter paints boldly."""
    import numpy as np
    import torch

    from pinxit.networks import weights
    from pinxit.networks.discriminator import MultiScaleDiscriminator
    from pinxit.networks.encoder import ContentEncoder
    from pinxit.networks.painter import Painter
    from pinxit.networks.signature import Signature

    with torch.random.fork_rng([]):
        torch.manual_seed(5)
        painter = Painter(
            generator={"code": 8, "widths": (4, 6, 8), "blocks": 1},
            encoder={"widths": (4, 6, 8), "hidden": 8, "code": 8},
        )
        for layer in painter.generator.paint:
            torch.nn.init.normal_(layer.weight, std=0.2)
        eye = ContentEncoder(widths=(4, 6, 8, 10), classes=3, hands=4)
        critic = MultiScaleDiscriminator(width=4, scales=2, code=8)
        signature = Signature(statistics=2 * sum((4, 6, 8, 10)), hand=3, tone=2, hands=("a", "b"))
        for name in ("hand_axes", "tone_axes", "prototypes"):
            torch.nn.init.normal_(getattr(signature, name), std=0.1)
    rng = np.random.default_rng(6)
    found = SimpleNamespace(painter=painter, eye=eye, critic=critic, version="0123456789abcdef")
    for network in (painter, eye, critic):
        network.eval().requires_grad_(False)
    contents = [rng.integers(0, 256, (40, 48, 3), np.uint8) for _ in range(2)]
    for name, value in (
        ("painter", painter),
        ("eye", eye),
        ("texture_critic", critic),
        ("painter_version", found.version),
        ("packaged_contents", contents),
        ("signature", signature),
        ("signature_version", "fedcba9876543210"),
    ):
        monkeypatch.setattr(weights, name, lambda value=value: value)
    monkeypatch.setattr("pinxit.learning.adapt_task.SIDE", 32)  # of the crops that adaptations are scored on
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for networks this small, threads cost more than they bring
    yield found
    torch.set_num_threads(threads)
