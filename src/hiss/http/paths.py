"""Request paths: decoded once, and refused where they are not the plain name of a file.

A path is the decoded path of a URL, beginning with `/`. A name is what follows the prefix:
relative, `/` between its segments, `css/app.css`.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

# What RFC 3986, section 3.3, lets stand in a path segment, beyond letters and digits.
_PATH_SAFE: Final = "/!$&'()*+,;=:@-._~"

# The one dot folder that is meant to be public (RFC 8615).
_PUBLIC_DOT_NAMES: Final = frozenset({".well-known"})


def decode_wsgi_path(path_info: str) -> str:
    """The path behind WSGI's PATH_INFO: bytes in Latin-1's clothes (PEP 3333), UTF-8 beneath.

    Bytes that are not UTF-8 come out as lone surrogates, which no name of ours has.
    """
    if path_info.isascii():
        return path_info
    try:
        return path_info.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path_info


def has_encoded_slash(raw_path: str) -> bool:
    """Whether a path, not yet decoded, hides a separator: `%2F` would be a second URL for a file.

    `raw_path` may be a whole request target; its query does not count.
    """
    if "%" not in raw_path:
        return False
    return "%2f" in raw_path.partition("?")[0].lower()


def is_plain_name(name: str) -> bool:
    """Whether `name` can be a file below a root: no empty, dot or parent segment, no trick."""
    if "\\" in name or "\0" in name or not is_text(name):
        return False
    return all(segment not in {"", ".", ".."} for segment in name.split("/"))


def is_text(name: str) -> bool:
    """Whether `name` is Unicode text: bytes that are not UTF-8 come as lone surrogates."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_public_name(name: str) -> bool:
    """Whether nothing in `name` is hidden: dotfiles stay private, `.well-known` does not."""
    return all(
        not segment.startswith(".") or segment in _PUBLIC_DOT_NAMES for segment in name.split("/")
    )


def quote_path(path: str) -> str:
    """A path as it stands in a URL, percent-encoded as UTF-8."""
    return quote(path, safe=_PATH_SAFE)


def normalise_prefix(prefix: str) -> str:
    """A URL prefix with its slashes: `static` and `/static` are `/static/`, the empty one `/`."""
    inner = prefix.strip("/")
    return f"/{inner}/" if inner else "/"
