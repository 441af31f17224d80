"""Owns media types: which one a file's name means, its charset, and whether it compresses.

The answer is the same on every machine: nothing here asks the operating system, and nothing here
knows files or codings. A name never implies a Content-Encoding: `app.js.gz` is a gzip file.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hiss.http._media_table import COMPRESSIBLE, MEDIA_TYPES

UNKNOWN: Final = "application/octet-stream"

NO_OVERRIDES: Final[Mapping[str, str]] = MappingProxyType({})

# Files whose whole name says more than its end.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "apple-app-site-association": "application/json",
        "crossdomain.xml": "text/x-cross-domain-policy",
    }
)

# Outside text/*, a charset is sent only where the registration has the parameter and the file has
# no way to name its own encoding, as XML has: JavaScript (RFC 9239 section 4.2), SQL (RFC 6922).
TAKES_CHARSET: Final = frozenset(
    {"application/ecmascript", "application/javascript", "application/sql"}
)

# RFC 6839 and its successors: the suffix tells how the bytes are written. Only the textual ones.
TEXTUAL_SUFFIXES: Final = ("+json", "+xml", "+text", "+yaml")

# RFC 9110 section 8.3.1: type "/" subtype parameters. A value goes out as a header field, so its
# parameters may hold visible ASCII and spaces, and no line end.
_TCHARS = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"{_TCHARS}/{_TCHARS}(?:[ \t]*;[ -~]*)?")


def media_type(name: str, overrides: Mapping[str, str] = NO_OVERRIDES) -> str:
    """Return the essence ("text/css") for a file's name or path; octet-stream when unknown.

    `overrides` has lower-case keys, as `normalise_overrides` returns: a whole name
    ("crossdomain.xml"), or an extension (".js", "js", ".d.ts").
    """
    return essence(_find(name, overrides))


def content_type(
    name: str,
    overrides: Mapping[str, str] = NO_OVERRIDES,
    charset: str | None = "utf-8",
) -> str:
    """Return the Content-Type field's value: "text/css; charset=utf-8", "image/png".

    An override that brings its own parameters is left as it is; an empty charset adds none.
    """
    value = _find(name, overrides)
    if charset and ";" not in value and _takes_charset(value.lower()):
        return f"{value}; charset={charset}"
    return value


def is_compressible(media_type: str) -> bool:
    """Say whether bytes of this type usually shrink; parameters do not matter."""
    kind = essence(media_type)
    return kind in COMPRESSIBLE or kind.startswith("text/") or kind.endswith(TEXTUAL_SUFFIXES)


def essence(value: str) -> str:
    """Return a media type in lower case without its parameters."""
    return value.partition(";")[0].strip().lower()


def normalise_overrides(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return overrides ready for use, keys in lower case; raise ValueError naming every fault."""
    faults = [fault for key, value in mapping.items() for fault in _faults(key, value)]
    if faults:
        raise ValueError("; ".join(faults))
    return {key.strip().lower(): value.strip() for key, value in mapping.items()}


def _find(name: str, overrides: Mapping[str, str]) -> str:
    base = name.rpartition("/")[2].lower()
    if found := overrides.get(base) or NAMES.get(base):
        return found
    # A leading dot starts a hidden file's name, not an extension.
    _, *extensions = base.lstrip(".").split(".")
    if not extensions:
        return UNKNOWN
    for start in range(len(extensions)):
        if found := overrides.get("." + ".".join(extensions[start:])):
            return found
    last = extensions[-1]
    return overrides.get(last) or MEDIA_TYPES.get(last, UNKNOWN)


def _takes_charset(kind: str) -> bool:
    return kind.startswith("text/") or kind in TAKES_CHARSET


def _faults(key: str, value: str) -> list[str]:
    faults = []
    if not key.strip(". \t"):
        faults.append(
            f"media type override {key!r} names no file; "
            'write an extension (".js") or a whole file name ("robots.txt")'
        )
    if "/" in key:
        faults.append(
            f"media type override {key!r} has a slash; overrides go by file name, "
            f"not by path: write {key.strip().rpartition('/')[2] or '.ext'!r}"
        )
    if "*" in key:
        faults.append(
            f"media type override {key!r} is a pattern; a file's last extension is enough: "
            'write one like ".js"'
        )
    if not _MEDIA_TYPE.fullmatch(value.strip()):
        faults.append(
            f"media type override {key!r} has the value {value!r}, which is no media type; "
            'write one like "text/javascript"'
        )
    return faults
