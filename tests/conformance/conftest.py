"""The tree that all runners serve."""

from __future__ import annotations

import pytest

from .tree import make_tree


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """The root of the tree of the cases, recorded as a release."""
    return make_tree(tmp_path_factory.mktemp("conformance"))
