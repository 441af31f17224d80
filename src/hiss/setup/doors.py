"""`wsgi.py` and `asgi.py`: Django's application with its static files in front."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hiss.setup.plan import Change, Plan
from hiss.setup.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.setup.project import Project
    from hiss.setup.source import Source

_MODULES: Final = {
    "django.core.wsgi": "get_wsgi_application",
    "django.core.asgi": "get_asgi_application",
}
_OURS: Final = "hiss.django"


def plan_doors(project: Project) -> Plan:
    """Each door's import, from Django to Hiss."""
    changes, notes = [], []
    for source in project.doors:
        edits = tuple(import_edits(source))
        if edits:
            after = source.text.edited(edits)
            changes.append(Change(source.path, source.data, after, (_what(source),)))
        elif not _is_ours(source):
            notes.append(
                f"{source.path} does not import {' or '.join(_MODULES.values())} from Django: "
                "it is left alone, and the middleware serves static files there"
            )
    return Plan(tuple(changes), (), tuple(notes))


def import_edits(source: Source) -> Iterator[Edit]:
    """Django's import of its application, from Hiss."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or node.level:
            continue
        if [each.name for each in node.names] != [_MODULES.get(node.module or "")]:
            continue
        start, end = source.span(node)
        at = source.text.text.find(node.module or "", start, end)
        if at >= 0:
            yield Edit(at, at + len(node.module or ""), _OURS)


def _what(source: Source) -> str:
    name = "get_asgi_application" if source.path.endswith("asgi.py") else "get_wsgi_application"
    return f"{name} from {_OURS}: static requests are answered before Django sees them"


def _is_ours(source: Source) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hiss.")
        for node in ast.walk(source.tree)
    )
