"""Cache-Control: how long an answer may be used without asking again (RFC 9111, RFC 8246)."""

from __future__ import annotations

from typing import Final

# A year, which is what "forever" is called here: RFC 2616 asked for no more, and caches cap it.
YEAR: Final = 31_536_000

# The order of the directives is WhiteNoise's: what compares strings goes on working.
IMMUTABLE: Final = f"max-age={YEAR}, public, immutable"

# A miss may turn into a file with the next deploy; a cache that keeps it makes the outage last.
NO_STORE: Final = "no-store"


def format_max_age(seconds: int | None) -> str | None:
    """The value for what may change, fresh for so many seconds; `None`: no field at all."""
    return None if seconds is None else f"max-age={seconds}, public"
