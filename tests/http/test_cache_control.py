"""Cache-Control: the values, in the order that other tools compare."""

import pytest

from hiss.http.cache_control import IMMUTABLE, NO_STORE, format_max_age


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(60, "max-age=60, public"), (0, "max-age=0, public"), (None, None)],
)
def test_format_max_age(seconds, expected):
    """What may change is fresh for so many seconds; `None` sends no field."""
    assert format_max_age(seconds) == expected


def test_constants():
    """A hashed file is kept a year and never asked for again; a miss is not kept."""
    assert IMMUTABLE == "max-age=31536000, public, immutable"
    assert NO_STORE == "no-store"
