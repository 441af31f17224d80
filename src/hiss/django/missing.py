"""A static file that a template names and that is not there: which template, and what was meant."""

from __future__ import annotations

import os
import posixpath
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

from django.apps import apps
from django.core import mail
from django.core.exceptions import SuspiciousOperation
from django.template.base import Node

from hiss.core.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class MissingManifestEntryError(ValueError):
    """The manifest has no entry for a name that a template, or some code, asked for."""

    def __init__(self, message: str, name: str = "", near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        #: The name that was asked for.
        self.name = name
        #: Names that are there and look like it, the nearest first.
        self.near = near


def missing_entry(
    name: str, known: Collection[str], manifest: str, *, read_at: float
) -> MissingManifestEntryError:
    """The error for a name that is not among `known`.

    `manifest`: where the manifest is; `read_at`: when this process read it, in Unix time.
    """
    wanted = _name_in(name)
    near = nearest(_tidied(wanted), known)
    place = template_place()
    sentences = [
        # Django's own words, which people look for, come first.
        f"Missing staticfiles manifest entry for '{wanted}'{f', {place}' if place else ''}.",
        _slip(wanted),
        f"The nearest: {', '.join(near)}." if near else "",
        *_state_of(manifest, known, read_at),
    ]
    message = " ".join(sentence for sentence in sentences if sentence)
    return MissingManifestEntryError(message, wanted, near)


class Finders:
    """What the finders have, in development: the names that collectstatic would collect."""

    def __init__(self) -> None:
        self._names: Collection[str] = ()

    def problem_with(self, name: str) -> str:
        """What is wrong with a name that a template has; empty where production will know it."""
        if urlsplit(urldefrag(name)[0]).path.endswith("/"):
            return ""
        if not apps.is_installed("django.contrib.staticfiles"):
            return ""
        path = _name_in(name)
        if self._has(path):
            return ""
        near = nearest(_tidied(path), self._names)
        words = _slip(path) or "No finder has it."
        return f"{words} The nearest: {', '.join(near)}." if near else words

    def _has(self, path: str) -> bool:
        # What finders find may be a folder, a hidden file or, on some systems, spelt otherwise: not
        # so what they list.
        is_found = _is_found(path)
        if not is_found or path not in self._names:
            self._names = frozenset(_listed_names())
        return is_found and path in self._names


def explain(name: str) -> str:
    """What to do about a URL below STATIC_URL that has no file, for the page with DEBUG on."""
    problem = Finders().problem_with(name)
    lines = [
        f"There is no static file {name!r}.",
        problem or "A finder has it now: load the page again, or run collectstatic.",
        "Where files are looked for: the `static` folders of INSTALLED_APPS, and STATICFILES_DIRS.",
        "This page is shown because DEBUG is on; otherwise the answer is empty but for its status.",
    ]
    return "\n".join(lines)


def is_testing() -> bool:
    """Whether Django's test environment is set up: it is what puts an outbox there."""
    return hasattr(mail, "outbox")


def template_place() -> str:
    """In words, the template and the line of the innermost tag that is being rendered."""
    for node in _rendering():
        token, origin = getattr(node, "token", None), getattr(node, "origin", None)
        if token is not None and origin is not None:
            return f"named by {origin.name}, line {token.lineno}"
    return ""


def _rendering() -> Iterator[Node]:
    caller = sys._getframe(1)
    while caller.f_back is not None:
        caller = caller.f_back
        node = caller.f_locals.get("self")
        if isinstance(node, Node):
            yield node


def _name_in(name: str) -> str:
    """The part that is looked up, as Django takes it out: without query and fragment."""
    return urlsplit(unquote(urldefrag(name)[0])).path.strip()


def _tidied(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/.")


def _slip(name: str) -> str:
    """The usual slips, in words."""
    if name.startswith("/"):
        return "Names have no slash in front: they are relative to the static root."
    if "\\" in name:
        return "Names have forward slashes, on every system."
    if posixpath.normpath(f"/{name}") != f"/{name}":
        return "Names are looked up as they are written, without '//', './' and '../'."
    return ""


def _is_found(path: str) -> bool:
    from django.contrib.staticfiles import finders

    try:
        return bool(path and finders.find(path))
    except SuspiciousOperation:
        return False


def _listed_names() -> Iterator[str]:
    from django.contrib.staticfiles import finders

    ignored = getattr(apps.get_app_config("staticfiles"), "ignore_patterns", [])
    for finder in finders.get_finders():
        for path, storage in finder.list(ignored):
            inner = getattr(storage, "prefix", None) or ""
            yield os.path.join(inner, path).replace(os.sep, "/")


def _state_of(manifest: str, known: Collection[str], read_at: float) -> Iterator[str]:
    try:
        written = os.path.getmtime(manifest)
    except OSError:
        if known:
            yield f"The manifest, {manifest}, has {len(known)} names."
        else:
            yield f"There is no manifest at {manifest}: collectstatic was not run, or elsewhere."
        return
    age = _words(time.time() - written)
    yield f"The manifest, {manifest}, has {len(known)} names and is {age} old."
    if written > read_at:
        yield "It was written after this process had read it: start the process again."
    else:
        yield "If the file is new, run collectstatic."


def _words(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"
