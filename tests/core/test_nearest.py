"""Nearest names: what somebody may have meant, the likeliest first."""

import pytest

from hiss.core.nearest import nearest

NAMES = [
    "css/app.css",
    "css/apps.css",
    "css/base.css",
    "js/app.js",
    "img/Logo.png",
    "img/old/logo.png",
    "admin/css/base.css",
    "app.css",
    "é/ö.css",
]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        # The same but for case.
        ("CSS/App.css", ("css/app.css", "app.css")),
        ("img/logo.png", ("img/Logo.png", "img/old/logo.png")),
        ("É/Ö.CSS", ("é/ö.css",)),
        # The same file elsewhere, in the order of names.
        ("logo.png", ("img/Logo.png", "img/old/logo.png")),
        ("styles/base.css", ("admin/css/base.css", "css/base.css")),
        ("nowhere/APP.JS", ("js/app.js",)),
        # Near misses in the same folder, the nearest first.
        ("css/appp.css", ("css/app.css", "css/apps.css", "css/base.css")),
        ("js/ap.js", ("js/app.js",)),
        ("ap.css", ("app.css",)),
        # Elsewhere comes before a near miss, and none is named twice.
        ("css/app.css", ("css/app.css", "app.css", "css/apps.css")),
        # Nothing like it.
        ("zzz", ()),
        ("js/zzz.woff2", ()),
        ("", ()),
        ("css/", ()),
    ],
)
def test_nearest(wanted, expected):
    """Case first, then the same file elsewhere, then near misses among its neighbours."""
    assert nearest(wanted, NAMES) == expected
    assert nearest(wanted, dict.fromkeys(NAMES)) == expected


@pytest.mark.parametrize(
    ("most", "expected"), [(1, ("css/app.css",)), (2, ("css/app.css", "app.css"))]
)
def test_at_most(most, expected):
    """No more are named than were asked for."""
    assert nearest("css/app.css", NAMES, most) == expected


def test_of_nothing():
    """Where there are no names none is near."""
    assert nearest("css/app.css", []) == ()
