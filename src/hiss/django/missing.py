"""A static file that a template names and that is not there: which template, and what was meant."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.core import mail
from django.core.exceptions import SuspiciousOperation
from django.template.base import Node

from hiss.core.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class MissingManifestEntryError(ValueError):
    """The manifest has no entry for a name that a template, or some code, asked for."""

    def __init__(self, name: str, known: Collection[str], manifest: str) -> None:
        place = _template_place()
        lines = [f"Missing staticfiles manifest entry for '{name}'{f', {place}' if place else ''}."]
        slip = _slip(name)
        if slip:
            lines.append(slip)
        near = nearest(name.strip("/"), known)
        if near:
            lines.append(f"The nearest: {', '.join(near)}.")
        lines.append(f"{_state_of(manifest, known)} If the file is new, run collectstatic.")
        super().__init__(" ".join(lines))
        #: The name that was asked for.
        self.name = name
        #: Names that are there and look like it, the nearest first.
        self.near = near


def find_in_development(name: str) -> str:
    """What production will say of a name; empty where the finders have it and all is well."""
    from django.contrib.staticfiles import finders

    path = unquote(urlsplit(name).path)
    if not path or path.endswith("/") or not apps.is_installed("django.contrib.staticfiles"):
        return ""
    slip = _slip(path)
    if slip:
        return slip
    try:
        if finders.find(path):
            return ""
    except SuspiciousOperation:
        pass
    near = nearest(path, _found_names())
    words = f"; the nearest: {', '.join(near)}" if near else ""
    place = _template_place()
    return (
        f"no finder has it{f' ({place})' if place else ''}: in production this is an error{words}"
    )


def is_testing() -> bool:
    """Whether Django's test environment is set up: it is what puts an outbox there."""
    return hasattr(mail, "outbox")


def _slip(name: str) -> str:
    """The usual slips, in words."""
    if name.startswith("/"):
        return "Names have no slash in front: they are relative to the static root."
    if "\\" in name:
        return "Names have forward slashes, on every system."
    return ""


def _found_names() -> set[str]:
    from django.contrib.staticfiles import finders

    return {path for finder in finders.get_finders() for path, _ in finder.list(["CVS", ".*"])}


def _state_of(manifest: str, known: Collection[str]) -> str:
    try:
        age = time.time() - os.path.getmtime(manifest)
    except OSError:
        return f"There is no manifest at {manifest}: collectstatic was not run, or elsewhere."
    return f"The manifest, {manifest}, has {len(known)} names and is {_words(age)} old."


def _words(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"


def _template_place() -> str:
    """The template and the line of the innermost tag that is being rendered."""
    for node in _rendering():
        token, origin = getattr(node, "token", None), getattr(node, "origin", None)
        if token is not None and origin is not None:
            return f"named by {origin.name}, line {token.lineno}"
    return ""


def _rendering() -> Iterator[Node]:
    frame = sys._getframe(1)
    caller = frame.f_back
    while caller is not None:
        node = caller.f_locals.get("self")
        if isinstance(node, Node):
            yield node
        caller = caller.f_back
