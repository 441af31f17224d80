"""What the tests of builds share: a cache of their own, and folders of sources."""

from __future__ import annotations

import pytest

from hiss.build.cache import Cache


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: kills builds, or starts many of them")


@pytest.fixture(scope="session", autouse=True)
def _not_the_users_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HISS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def cache_folder(tmp_path_factory, monkeypatch):
    """A fresh cache, for builds here and in processes that are started."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("HISS_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def cache(cache_folder):
    """The cache, open."""
    return Cache(str(cache_folder))
