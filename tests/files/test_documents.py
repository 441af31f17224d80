"""Index documents: a folder's URL is served by a file in it, and the URLs beside lead there."""

import pytest

from hiss.core.asset import Redirect
from hiss.core.policy import Policy
from hiss.files.documents import find_document, prefix_document

FILES = {"index.html", "a.css", "docs/index.html", "a:b é/index.html", "both", "both/index.html"}


def file(name):
    """The entry of a file: here, its name."""
    return name if name in FILES else None


def said(entry):
    """An entry, or where it redirects to."""
    if entry is None or isinstance(entry, str):
        return entry
    assert isinstance(entry.load(), Redirect)
    return f"-> {entry.load().location}"


@pytest.mark.parametrize(
    ("name", "without", "with_index"),
    [
        ("a.css", "a.css", "a.css"),
        ("", None, "index.html"),
        ("index.html", "index.html", "-> ./"),
        ("docs/", None, "docs/index.html"),
        ("docs", None, "-> ./docs/"),
        ("docs/index.html", "docs/index.html", "-> ./"),
        # No scheme, and nothing that a URL cannot say.
        ("a:b é", None, "-> ./a:b%20%C3%A9/"),
        ("a:b é/", None, "a:b é/index.html"),
        # A file goes before a folder of its name.
        ("both", "both", "both"),
        ("both/", None, "both/index.html"),
        ("none", None, None),
        ("none/", None, None),
        ("docs/none", None, None),
        ("none/index.html", None, None),
        ("docs/index.html/", None, None),
        ("docs//", None, None),
        ("/", None, None),
    ],
)
def test_find_document(name, without, with_index):
    """A name is its file's; with an index file, its folder's URL is too, and both others lead."""
    assert said(find_document(name, None, Policy(), file)) == without
    assert said(find_document(name, "index.html", Policy(), file)) == with_index


def test_another_index_file():
    """Only the file that was chosen stands for its folder."""
    assert said(find_document("docs/index.html", "a.css", Policy(), file)) == "docs/index.html"
    assert said(find_document("docs", "a.css", Policy(), file)) is None
    assert said(find_document("", "a.css", Policy(), file)) == "a.css"


@pytest.mark.parametrize(
    ("prefix", "index_file", "expected"),
    [
        ("/s/", "index.html", "-> ./s/"),
        ("/my/é:s/", "index.html", "-> ./%C3%A9:s/"),
        ("/", "index.html", None),
        ("/s/", None, None),
        ("/s/", "none.html", None),
    ],
)
def test_prefix_document(prefix, index_file, expected):
    """A prefix without its slash leads to its document, where there is one."""
    assert said(prefix_document(prefix, index_file, Policy(), file)) == expected


def test_the_policy_goes_along():
    """A redirect is answered by the site's own rules."""
    policy = Policy(always=(("X", "y"),))
    for entry in (
        find_document("docs", "index.html", policy, file),
        find_document("index.html", "index.html", policy, file),
        prefix_document("/s/", "index.html", policy, file),
    ):
        assert entry.load().policy is policy
