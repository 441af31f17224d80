"""What a reference points to: a file of the tree, something elsewhere, or nothing."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from hiss.build.references import MODULE_KINDS

if TYPE_CHECKING:
    from hiss.build.references import Reference

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")

# Module specifiers are URLs only if they begin like one; "lodash" is for an import map to say.
_URL_LIKE: Final = ("./", "../", "/")


def resolve(reference: Reference, file: str, prefix: str) -> str | None:
    """The logical name that `reference`, in the file of that logical name, looks for.

    `prefix` is the path that static files are served below, with both slashes. `None` for what
    is not a file of the tree by its very form: other origins, other paths of this one, `data:`,
    fragments, bare module specifiers.
    """
    url = reference.url.strip(" \t\r\n\f")
    if reference.kind in MODULE_KINDS and not url.startswith(_URL_LIKE):
        return None
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    if not path or path.startswith("//") or _SCHEME.match(path):
        return None
    if path.startswith("/"):
        if not path.startswith(prefix):
            return None
        return posixpath.normpath(unquote(path[len(prefix) :]))
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(path)))
