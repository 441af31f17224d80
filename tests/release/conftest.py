"""What the tests of releases share."""

from __future__ import annotations


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: kills builds, or starts many of them")
