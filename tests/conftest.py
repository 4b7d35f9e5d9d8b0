"""What every test may rely on."""

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A library of its own for every test; the user's is never touched."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PINXIT_HOME", str(folder))
    return folder
