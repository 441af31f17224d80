"""Entity tags: how they are made, read and compared (RFC 9110, section 8.8.3)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from typing import Final

# entity-tag = [ weak ] opaque-tag
# weak       = %s"W/"
# opaque-tag = DQUOTE *etagc DQUOTE
# etagc      = %x21 / %x23-7E / obs-text
_ENTITY_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST: Final = re.compile(rf"[ \t,]*{_ENTITY_TAG}(?:[ \t]*,[ \t,]*{_ENTITY_TAG})*[ \t,]*")
_TAGS: Final = re.compile(_ENTITY_TAG)

# 16 bytes of SHA-256 are enough that no two contents of a site ever share a tag (2**64 files for
# an even chance), and short enough for every request to carry.
_DIGEST_BYTES: Final = 16


def make_etag(sha256: bytes, coding: str = "") -> str:
    """The strong entity tag of a representation: its identity bytes' SHA-256, and its coding.

    Compressed bytes are not the same on every platform, identity bytes are; so a rebuild, another
    replica and another machine all give the same tag.
    """
    opaque = urlsafe_b64encode(sha256[:_DIGEST_BYTES]).rstrip(b"=").decode("ascii")
    return f'"{opaque}-{coding}"' if coding else f'"{opaque}"'


def parse_etags(value: str) -> tuple[str, ...]:
    """The entity tags of an If-Match or If-None-Match field; `("*",)` for the asterisk.

    A value that is not of the grammar names no tag at all.
    """
    value = value.strip(" \t")
    if value == "*":
        return ("*",)
    if _LIST.fullmatch(value) is None:
        return ()
    return tuple(_TAGS.findall(value))


def strong_match(tags: tuple[str, ...], etag: str) -> bool:
    """Whether `tags` hold `etag` by strong comparison: both strong, and alike to the letter."""
    return tags == ("*",) or (etag in tags and not etag.startswith("W/"))


def weak_match(tags: tuple[str, ...], etag: str) -> bool:
    """Whether `tags` hold `etag` by weak comparison: the opaque tags alike, weak or not."""
    opaque = etag.removeprefix("W/")
    return tags == ("*",) or any(tag.removeprefix("W/") == opaque for tag in tags)
