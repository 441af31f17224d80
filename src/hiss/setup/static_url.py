"""STATIC_URL: the path that static files are below, as far as the settings say it plainly."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hiss.setup.writes import find_writes

if TYPE_CHECKING:
    from hiss.setup.project import Settings

NAME: Final = "STATIC_URL"
#: Django's and Hiss's, where nothing else is known.
USUAL: Final = "/static/"
# What needs no quotes anywhere: shells, YAML, TOML, Caddy.
_PLAIN: Final = re.compile(r"/[A-Za-z0-9._~%/-]*")
# With one of these the path inside differs from the one that browsers ask for.
_MOVED: Final = (b"FORCE_SCRIPT_NAME", b"STATIC_PREFIX")


def find_prefix(settings: Settings) -> str:
    """The path of STATIC_URL, of a CDN's too; empty where only running the settings would tell."""
    sources = (settings.source, *reversed(settings.taken_from))
    if any(word in source.data for source in sources for word in _MOVED):
        return ""
    for source in sources:
        writes = [write for write in find_writes(source.tree) if write.name == NAME]
        if writes:
            break
    else:
        return ""
    match writes:
        case [write] if write.kind == "set" and not write.where:
            return _path(write.value)
    return ""


def _path(value: ast.expr) -> str:
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str) or not value.value:
        return ""
    try:
        path = urlsplit(value.value).path
    except ValueError:
        return ""
    prefix = f"/{path.strip('/')}/" if path.strip("/") else "/"
    return prefix if _PLAIN.fullmatch(prefix) else ""
