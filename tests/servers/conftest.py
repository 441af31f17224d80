"""What the tests of servers share."""

import pytest


@pytest.fixture(autouse=True)
def _quiet_index(monkeypatch):
    """The index is not looked at in the midst of a test: for what is due a lane steps aside, and
    the tests here say to the request when it does. Servers that are started keep the second.
    """
    monkeypatch.setattr("hiss.files.indexed._INTERVAL", 3600.0)
