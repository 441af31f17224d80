"""What is served or will be: whether the release is of it, and whether it should be public."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from hiss.build.content import of_file
from hiss.build.source import owner_of
from hiss.django.conf import read_configuration
from hiss.files.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.core.manifest import Manifest

_MOST: Final = 5

# Whoever it belongs to, this opens doors.
_PRIVATE: Final = re.compile(
    r"(?:^|/)(?:\.env(?:\..*)?|[^/]+\.env|\.git/.*|\.svn/.*|\.hg/.*|\.npmrc|\.pypirc|\.netrc"
    r"|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|kdbx|ppk))$",
    re.IGNORECASE,
)
# In a project's own files, this was not meant to be served: databases, code, what tools leave,
# and what style sheets and scripts are made of; but for declarations, which everybody publishes.
_JUNK: Final = re.compile(
    r"(?:^|/)(?:(?:__pycache__|bower_components)/.*|(?:Thumbs\.db|desktop\.ini)"
    r"|.*\.(?:sqlite3?|db|sql|py|pyc|log|bak|orig|rej|swp|tmp|scss|sass|less|styl|coffee|(?<!\.d\.)tsx?))$",
    re.IGNORECASE,
)
# Of others' files, copied in, the sources are public anyway.
_VENDORED: Final = re.compile(r"(?:^|/)(?:vendors?|third[-_]?party)/", re.IGNORECASE)
# A package of it may be collected from, by its name. All of it, with the tools, is a mistake;
# but not that of who installed an app that holds one.
_MODULES: Final = re.compile(r"(?:^|/)node_modules/")
_INSTALLED: Final = re.compile(r"[/\\](?:site|dist)-packages[/\\]")


class _Listed(NamedTuple):
    """A file that is served, or will be."""

    #: The logical name, `/` between segments.
    name: str
    #: Where its bytes are; empty where that is no file of this system.
    path: str
    #: The name below the folder that it is found in, with that folder's own before it.
    place: str


def check_private(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.W011: files that are about to be public, and should not."""
    return [
        *_warn_of(
            _collected(),
            "collectstatic would make public",
            "Move them out of the static folders, or leave them out: "
            "collectstatic -i PATTERN, or ignore_patterns of the staticfiles app.",
        ),
        *_warn_of(
            _of_the_root(),
            'HISS["ROOT"] makes public',
            "Let ROOT be a folder of its own, with nothing but what is for the root of the site.",
        ),
    ]


def _warn_of(files: Iterable[_Listed], what: str, hint: str) -> Iterator[CheckMessage]:
    found = [each.path or each.name for each in files if _should_not_be_public(each)]
    if found:
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        yield Warning(f"{what}: {', '.join(found[:_MOST])}{more}.", hint=hint, id="hiss.W011")


def _should_not_be_public(file: _Listed) -> bool:
    if _PRIVATE.search(file.name):
        return True
    if _MODULES.search(file.place):
        return not _INSTALLED.search(os.path.realpath(file.path))
    if not _JUNK.search(file.name) or _VENDORED.search(file.name) or owner_of(file.path):
        return False
    return not _is_video(file)


def _is_video(file: _Listed) -> bool:
    """Whether a .ts is a piece of one, and not TypeScript: MPEG-TS (ISO 13818-1, 2.4.3.2) begins
    each packet of 188 bytes with 0x47.
    """
    if not file.path or not file.name.lower().endswith(".ts"):
        return False
    with open(file.path, "rb") as stream:
        return stream.read(189)[::188] == b"GG"


def find_changed(manifest: Manifest) -> list[str]:
    """What is not in the release as the sources have it now: logical names, and what became of it.

    Compared by what the release says of the plain files; where those were left out, of files that
    name no other and so have the source's bytes under a hashed name. New names count where the
    release has their like: what a `collectstatic -i` left out is not stale. Names that are gone
    count unless a folder of sources is not here at all: then it was built elsewhere.
    """
    recorded = {each.name: each.sha256 for each in manifest.entries if not each.references}
    recorded |= {each.name: each.sha256 for each in manifest.entries if not each.immutable}
    known = {each.name for each in manifest.entries}
    like = {(posixpath.dirname(name), posixpath.splitext(name)[1]) for name in known}
    gone = set(known if _all_sources_are_here() else ())
    changed = []
    for file in _collected():
        gone.discard(file.name)
        if file.name not in known:
            if (posixpath.dirname(file.name), posixpath.splitext(file.name)[1]) in like:
                changed.append(f"{file.name} (new)")
        elif file.path and recorded.get(file.name, "") not in {"", of_file(file.path).sha256}:
            changed.append(file.name)
    return sorted([*changed, *(f"{name} (removed)" for name in gone)])


def _all_sources_are_here() -> bool:
    return all(
        os.path.isdir(each[1] if isinstance(each, list | tuple) else each)
        for each in getattr(settings, "STATICFILES_DIRS", ())
    )


def _collected() -> Iterator[_Listed]:
    """What the finders have, each name once, as collectstatic takes it."""
    if not apps.is_installed("django.contrib.staticfiles"):
        return
    from django.contrib.staticfiles import finders

    ignored = getattr(apps.get_app_config("staticfiles"), "ignore_patterns", [])
    seen = set()
    for finder in finders.get_finders():
        for path, storage in finder.list(ignored):
            inner = path.replace(os.sep, "/")
            name = posixpath.join(getattr(storage, "prefix", None) or "", inner)
            try:
                full = storage.path(path)
            except NotImplementedError:
                full = ""
            if name not in seen and (not full or os.path.isfile(full)):
                seen.add(name)
                folder = os.path.basename(getattr(storage, "location", ""))
                yield _Listed(name, full, f"{folder}/{inner}")


def _of_the_root() -> Iterator[_Listed]:
    """What HISS["ROOT"] has for the root of the site."""
    try:
        root = read_configuration().root
    except ImproperlyConfigured:
        # hiss.E001 says it.
        return
    if root and os.path.isdir(root):
        for found in scan(root):
            yield _Listed(found.name, found.path, f"{os.path.basename(root)}/{found.name}")
