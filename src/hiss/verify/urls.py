"""URLs as pages and servers write them: what is none is `None`, and never an error."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin, urlsplit

_PORTS: Final = {"http": 80, "https": 443}


def join(base: str, url: str) -> str | None:
    """The URL that `url` means at `base`; `None` where it is none, such as `http://[`."""
    try:
        joined = urljoin(base, url)
        urlsplit(joined)
    except ValueError:
        return None
    return joined


def host_of(url: str) -> str:
    """The host, with its port where one is written, without what may stand before an @."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def origin_of(url: str) -> str:
    """Scheme, host and port, as they are written."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_same_origin(one: str, other: str) -> bool:
    """Whether two URLs have scheme, host and port in common (RFC 6454, 5)."""
    known = _origin(one)
    return known is not None and known == _origin(other)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port
