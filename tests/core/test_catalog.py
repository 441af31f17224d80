"""The catalog: what is at a path, what is a miss of ours, and what is the application's."""

import pytest

from hiss.core.asset import Missing, Redirect
from hiss.core.catalog import Catalog, Fixed
from hiss.core.policy import Policy

POLICY = Policy()
APP = Fixed(Redirect(POLICY, "./"))


def miss(_path):
    return Fixed(Missing(POLICY))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/static/app.css", "file"),
        ("/static/none.css", "miss"),
        ("/static/", "miss"),
        ("/static/../secret", "miss"),
        ("/robots.txt", "file"),
        ("/robots", None),
        ("/static", None),
        # B4: a prefix is not its look-alikes.
        ("/static-pages/", None),
        ("/staticx", None),
        ("static/app.css", None),
        ("/other/static/app.css", None),
        ("", None),
        ("/", None),
    ],
)
def test_find(path, expected):
    """A file, a 404 of our own under an owned prefix, or nothing of ours."""
    entries = {"/static/app.css": APP, "/robots.txt": APP}
    entry = Catalog(entries, owned=("/static/",), miss=miss).find(path)
    if expected == "miss":
        assert isinstance(entry.load(), Missing)
    else:
        assert entry is (APP if expected else None)


def test_nothing_owned_leaves_all_misses_to_the_application():
    """Without an owned prefix no path is a miss of ours."""
    catalog = Catalog({"/a": APP}, miss=miss)
    assert catalog.find("/a") is APP
    assert catalog.find("/b") is None
    assert catalog.miss("/a") is None


def test_fixed_is_what_it_is():
    """A fixed entry has its resource at once, and forgetting does not lose it."""
    APP.forget()
    assert APP.load() is APP.resource
    assert isinstance(APP.resource, Redirect)
