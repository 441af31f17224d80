"""What is served or will be: whether the release is of it, and whether it should be public."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.checks import INFO, CheckMessage
from django.core.exceptions import ImproperlyConfigured

from hiss.build.content import of_file
from hiss.build.source import owner_of
from hiss.django.checks.folders import named_sources
from hiss.django.checks.listed import Listed, shorten
from hiss.django.conf import read_configuration
from hiss.files.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hiss.core.manifest import Manifest

# Whoever it belongs to, this opens doors.
_PRIVATE: Final = re.compile(
    r"(?:^|/)(?:\.env(?:\..*)?|[^/]+\.env|\.git/.*|\.svn/.*|\.hg/.*|\.npmrc|\.pypirc|\.netrc"
    r"|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|kdbx|ppk))$",
    re.IGNORECASE,
)
# In a project's own files, this is what it knows: databases, what was dumped of them, and words
# to log in with.
_DATA: Final = re.compile(
    r"(?:^|/)(?:(?:credentials|secrets|client_secrets?|service[-_]account[^/]*)\.(?:json|ya?ml|toml)"
    r"|(?!Thumbs\.db$)[^/]*\.(?:sqlite3?|db|sql|dump)(?:\.(?:bz2|gz|xz|zip|zst))?"
    r"|(?:[^/]*[-_.])?(?:backup|db|dump)(?:[-_.][^/]*)?\.(?:7z|t?bz2|t?gz|t?xz|tar|zip|zst))$",
    re.IGNORECASE,
)
# And this was not meant to be served: code, what tools leave, and what style sheets and scripts are
# made of; but for declarations, which everybody publishes.
_JUNK: Final = re.compile(
    r"(?:^|/)(?:(?:__pycache__|bower_components)/.*|(?:Thumbs\.db|desktop\.ini)"
    r"|.*\.(?:py|pyc|log|bak|orig|rej|swp|tmp|scss|sass|less|styl|coffee|(?<!\.d\.)tsx?))$",
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
    #: What it was found in: a folder of STATICFILES_DIRS, or an app's.
    source: str


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
    found = [
        (rank, each.path or each.name) for each in files if (rank := _harm(each)) is not _Harm.NONE
    ]
    # The worst first; else as they were found.
    names = [name for _, name in sorted(found, key=lambda pair: pair[0].value)]
    if names:
        yield Listed(f"{what}: {shorten(names)}.", names=names, hint=hint, id="hiss.W011")


class _Harm(Enum):
    """What it means that a file is public, the worst first."""

    SECRETS = 1
    DATA = 2
    JUNK = 3
    NONE = 4


def _harm(file: _Listed) -> _Harm:
    if _PRIVATE.search(file.name):
        return _Harm.SECRETS
    if _MODULES.search(file.place):
        return _Harm.NONE if _INSTALLED.search(os.path.realpath(file.path)) else _Harm.JUNK
    of_data = _DATA.search(file.name)
    if not (of_data or _JUNK.search(file.name)):
        return _Harm.NONE
    if _VENDORED.search(file.name) or owner_of(file.path) or _is_video(file):
        return _Harm.NONE
    return _Harm.DATA if of_data else _Harm.JUNK


def check_maps(**_kwargs: Any) -> list[CheckMessage]:
    """hiss.I002: source maps with the sources in them are about to be public."""
    if settings.DEBUG:
        return []
    names = [each.path for each in _collected() if _holds_sources(each)]
    if not names:
        return []
    return [
        Listed(
            f"Whoever asks for these source maps has the sources: {shorten(names)}.",
            names=names,
            level=INFO,
            hint="Where they are not for everybody: collectstatic -i '*.map', or have the bundler "
            "write none.",
            id="hiss.I002",
        )
    ]


def _holds_sources(file: _Listed) -> bool:
    if not file.path or not file.name.lower().endswith((".css.map", ".js.map", ".mjs.map")):
        return False
    if _VENDORED.search(file.name) or owner_of(file.path):
        return False
    with open(file.path, "rb") as stream:
        return b'"sourcesContent"' in stream.read()


def _is_video(file: _Listed) -> bool:
    """Whether a .ts is a piece of one, and not TypeScript: MPEG-TS (ISO 13818-1, 2.4.3.2) begins
    each packet of 188 bytes with 0x47.
    """
    if not file.path or not file.name.lower().endswith(".ts"):
        return False
    with open(file.path, "rb") as stream:
        return stream.read(189)[::188] == b"GG"


def find_changed(manifest: Manifest, built_at: int) -> list[str]:
    """What is not in the release as the sources have it now: logical names, and what became of it.

    Compared by what the release says of the plain files; where those were left out, of files that
    name no other and so have the source's bytes under a hashed name. Names that are gone count
    unless a folder of sources is not here at all: then it was built elsewhere. `built_at`: when
    the release came to be here, in nanoseconds.
    """
    recorded = {each.name: each.sha256 for each in manifest.entries if not each.references}
    recorded |= {each.name: each.sha256 for each in manifest.entries if not each.immutable}
    known = {each.name for each in manifest.entries}
    gone = set(known if _all_sources_are_here() else ())
    changed, unknown, sources = [], [], set()
    for file in _collected():
        gone.discard(file.name)
        if file.name not in known:
            unknown.append(file)
            continue
        sources.add(file.source)
        if file.path and recorded.get(file.name, "") not in {"", of_file(file.path).sha256}:
            changed.append(file.name)
    changed += (f"{name} (new)" for name in _find_new(unknown, known, sources, built_at))
    return sorted([*changed, *(f"{name} (removed)" for name in gone)])


def _find_new(
    unknown: list[_Listed], known: set[str], sources: set[str], built_at: int
) -> Iterator[str]:
    """Names that the release lacks and a build would have: which patterns the last one passed over
    nobody wrote down, and what a `collectstatic -i` left out is not stale.

    So a name counts where the release has its like; below a folder or a source of which the release
    has nothing, where all that is there came after the release did; and below a folder of
    STATICFILES_DIRS of which it has nothing, whenever that came, but for what is often left out.
    """
    like = {(posixpath.dirname(name), posixpath.splitext(name)[1]) for name in known}
    extensions = {extension for _, extension in like}
    folders = {folder for name in known for folder in _folders_of(name)}
    strange: dict[str, list[_Listed]] = defaultdict(list)
    # What was left out by its name, and not with all that is about it.
    left_out = set()
    for file in unknown:
        folder, extension = posixpath.dirname(file.name), posixpath.splitext(file.name)[1]
        if (folder, extension) in like:
            yield file.name
        elif file.source not in sources:
            strange[file.source].append(file)
        elif folder not in folders:
            top = next(each for each in _folders_of(file.name) if each not in folders)
            strange[top].append(file)
        else:
            left_out.add(extension)
    named = set(named_sources())
    for place, files in strange.items():
        # A pattern of names seldom leaves out all of a folder that the settings name.
        is_named = os.path.realpath(place) in named
        is_late = all(_came_after(each, built_at) for each in files)
        for each in files:
            extension = posixpath.splitext(each.name)[1]
            if (is_late and (extension in extensions or extension not in left_out)) or (
                is_named and _harm(each) is _Harm.NONE and extension != ".map"
            ):
                yield each.name


def _folders_of(name: str) -> list[str]:
    """The folders that a name lies in, the outermost (which has no name) first."""
    parts = name.split("/")[:-1]
    return ["", *("/".join(parts[: count + 1]) for count in range(len(parts)))]


def _came_after(file: _Listed, moment: int) -> bool:
    """Whether a file came to be where it is after a moment, of whatever age it may be."""
    return bool(file.path) and os.stat(file.path).st_ctime_ns > moment


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
                location = str(getattr(storage, "location", ""))
                place = f"{os.path.basename(location)}/{inner}"
                yield _Listed(name, full, place, location)


def _of_the_root() -> Iterator[_Listed]:
    """What HISS["ROOT"] has for the root of the site."""
    try:
        root = read_configuration().root
    except ImproperlyConfigured:
        # hiss.E001 says it.
        return
    if root and os.path.isdir(root):
        for found in scan(root):
            place = f"{os.path.basename(root)}/{found.name}"
            yield _Listed(found.name, found.path, place, root)
