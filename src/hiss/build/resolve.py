"""What a reference points to: a file of the tree, something elsewhere, or nothing."""

from __future__ import annotations

import posixpath
import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from hiss.build.references import MODULE_KINDS, Kind, Reference

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")

# Module specifiers are URLs only if they begin like one; "lodash" is for an import map to say.
_SPECIFIERS: Final = MODULE_KINDS | {Kind.JS_RESOLVE}
_URL_LIKE: Final = ("./", "../", "/")


class Link(NamedTuple):
    """A reference, and the logical name of the file that it leads to."""

    reference: Reference
    target: str


def resolve(reference: Reference, file: str, prefix: str) -> str | None:
    """The logical name that `reference`, in the file of that logical name, looks for.

    `prefix` is the path that static files are served below, with both slashes. `None` for what
    is not a file of the tree by its very form: other origins, other paths of this one, `data:`,
    fragments, bare module specifiers.
    """
    url = reference.url.strip(" \t\r\n\f")
    if reference.kind in _SPECIFIERS and not url.startswith(_URL_LIKE):
        return None
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    if not path or path.startswith("//") or _SCHEME.match(path):
        return None
    if posixpath.basename(path) in {"", ".", ".."}:
        # A folder is no file, and scripts ask for their own: new URL(".", import.meta.url).
        return None
    # As a browser does it: against the file's own URL, and never above the root (RFC 3986, 5.2.4).
    absolute = posixpath.normpath(posixpath.join(prefix, posixpath.dirname(file), path))
    if not absolute.startswith(prefix):
        return None
    name = absolute[len(prefix) :]
    if "//" in path:
        # An empty segment: a browser keeps it, and no server finds that file.
        return posixpath.join(posixpath.dirname(file), path)
    # An encoded separator is part of a name, and no name that a file has.
    return name if re.search(r"%(?:2f|5c)", name, re.IGNORECASE) else unquote(name)
