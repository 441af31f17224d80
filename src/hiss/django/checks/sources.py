"""What collectstatic would collect: whether it was, and whether it should be public."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name

from hiss.build.content import of_file
from hiss.build.source import Source, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hiss.core.manifest import Manifest
    from hiss.django.conf import Configuration

_MOST: Final = 5

# Whoever it belongs to, this opens doors.
_PRIVATE: Final = re.compile(
    r"(?:^|/)(?:\.env(?:\..*)?|\.git/.*|\.svn/.*|\.hg/.*|\.npmrc|\.pypirc|\.netrc|\.htpasswd"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|kdbx|ppk))$",
    re.IGNORECASE,
)
# In a project's own files, this was not meant to be served: databases, code, what tools leave,
# and what style sheets and scripts are made of.
_JUNK: Final = re.compile(
    r"(?:^|/)(?:(?:node_modules|__pycache__|bower_components)/.*|(?:Thumbs\.db|desktop\.ini)"
    r"|.*\.(?:sqlite3?|db|sql|py|pyc|log|bak|orig|rej|swp|tmp|scss|sass|less|styl|coffee|tsx?))$",
    re.IGNORECASE,
)


def check_private(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W011: files that are about to be public, and should not."""
    found = [
        source
        for source in _listed()
        if _PRIVATE.search(source.name) or (not source.owner and _JUNK.search(source.name))
    ]
    if not found:
        return []
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return [
        Warning(
            f"collectstatic would make public: {', '.join(s.path for s in found[:_MOST])}{more}.",
            hint="Move them out of the static folders, or leave them out: "
            "collectstatic -i PATTERN, or ignore_patterns of the staticfiles app.",
            id="hiss.W011",
        )
    ]


def find_changed(manifest: Manifest, configuration: Configuration) -> list[str]:
    """The logical names that are not in the release as the sources have them now.

    Compared by what the release says of the plain files; where those were left out, of files that
    say the same under a hashed name. New names count where the release has their like: what a
    `collectstatic -i` left out is not stale.
    """
    plain = {each.name: each.sha256 for each in manifest.entries if not each.immutable}
    known = {each.name for each in manifest.entries}
    like = {(posixpath.dirname(name), posixpath.splitext(name)[1]) for name in known}
    changed = []
    for source in _listed():
        name = source.name
        if name in plain:
            is_changed = of_file(source.path).sha256 != plain[name]
        else:
            place = posixpath.dirname(name), posixpath.splitext(name)[1]
            is_changed = name not in known and place in like
        if is_changed:
            changed.append(name)
    return sorted(changed)


def _listed() -> Iterator[Source]:
    """What the finders have, each name once, as collectstatic takes it."""
    if not apps.is_installed("django.contrib.staticfiles"):
        return
    from django.contrib.staticfiles import finders

    ignored = getattr(apps.get_app_config("staticfiles"), "ignore_patterns", [])
    seen = set()
    for finder in finders.get_finders():
        for path, storage in finder.list(ignored):
            inner = getattr(storage, "prefix", None) or ""
            name = os.path.join(inner, path).replace(os.sep, "/")
            try:
                full = storage.path(path)
            except NotImplementedError:
                continue
            if name not in seen and os.path.isfile(full):
                seen.add(name)
                yield Source(name, full, owner_of(full))
