"""What the release in force says of the file behind a URL that `{% static %}` gives.

Looked up by the published name in the URL, never by the logical one, and in every kept release: a
process that began before the last build, and still gives the names of the release it knows, finds
what is true of those.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import PrefixNode, static
from django.utils.encoding import filepath_to_uri

from hiss.django.conf import read_configuration
from hiss.django.storage import CompressedManifestStaticFilesStorage
from hiss.errors import ManifestError
from hiss.files.entries import kept_entries, open_running
from hiss.files.release import kept_ids
from hiss.http.media import media_type
from hiss.manifest import Assets

if TYPE_CHECKING:
    from hiss.core.manifest import ManifestEntry
    from hiss.files.entries import Entries

logger = logging.getLogger("hiss.django")


class File(NamedTuple):
    """A static file, as a template needs it."""

    name: str
    url: str
    #: Media type, without parameters.
    type: str
    #: Empty where the URL is not that of a recorded file whose name holds a hash: what is there
    #: may change, and a page with its old integrity would lose it.
    integrity: str

    @property
    def is_script(self) -> bool:
        """Whether it is JavaScript."""
        return self.type == "text/javascript"


def find_file(name: str) -> File:
    """The file called `name`; one that is missing raises what `{% static %}` raises."""
    url = static(name)
    found = _find(url)
    integrity = found[1].integrity if found else ""
    return File(name, url, media_type(urlsplit(name).path), integrity)


def find_modules(name: str, *, early: bool) -> list[File]:
    """A script and the scripts below it: `early` those that load before it runs, or else all that
    it names. Of a script that no release knows, nobody can say.
    """
    first = find_file(name)
    found = _find(first.url)
    if found is None:
        return [first]
    release, entry = found
    try:
        below = release.scripts_below(entry.name, early=early)
    except ManifestError as error:
        _tell(error)
        return [first]
    return [first, *map(find_file, below)]


def logical_url(name: str) -> str:
    """The URL that the file would have if its name held no hash."""
    has_storage = apps.is_installed("django.contrib.staticfiles")
    base_url = getattr(staticfiles_storage, "base_url", None) if has_storage else None
    return urljoin(base_url or PrefixNode.handle_simple("STATIC_URL"), filepath_to_uri(name))


class _Release:
    """The hashed files of a release."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries
        self._assets = Assets(entries, "", "")
        self._below: dict[tuple[str, bool], tuple[str, ...]] = {}

    def scripts_below(self, name: str, *, early: bool) -> tuple[str, ...]:
        """The names of the scripts below a script, all the way down."""
        known = self._below.get((name, early))
        if known is None:
            below = self._assets.imports(name) if early else self._assets.closure(name)
            known = tuple(each.name for each in below if each.type == "text/javascript")
            self._below[name, early] = known
        return known


class _Folder(NamedTuple):
    """The releases in a folder, as they were read."""

    #: The one that this process renders first.
    releases: list[_Release]
    #: Those that were kept then; `None`: nobody has looked.
    ids: list[str] | None


_NONE: Final = _Folder([], None)

# By path: the folders that pages of this process have named files of. Read again only where a name
# is in none of their releases.
_folders: dict[str, _Folder] = {}


def _find(url: str) -> tuple[_Release, ManifestEntry] | None:
    """The release and the entry of the hashed file that has this URL."""
    place = _find_place()
    if place is None:
        return None
    root, base_url = place
    if not url.startswith(base_url):
        return None
    file = unquote(re.split(r"[?#]", url[len(base_url) :], maxsplit=1)[0])
    found = _find_in(_folders.get(root, _NONE).releases, file)
    if found is None:
        found = _find_in(_read_releases(root), file)
    return found


def _find_in(releases: list[_Release], file: str) -> tuple[_Release, ManifestEntry] | None:
    for release in tuple(releases):
        try:
            entry = release.entries.of_file(file)
        except ManifestError as error:
            _tell(error)
            # Another thread may have found it first.
            with suppress(ValueError):
                releases.remove(release)
            continue
        if entry is not None and entry.immutable:
            return release, entry
    return None


def _tell(error: ManifestError) -> None:
    # A page without integrity is better than none.
    logger.warning("templates have no integrity: %s", error)


def _find_place() -> tuple[str, str] | None:
    """Where the release of Hiss's storage lies, and what its URLs begin with.

    `None` where URLs are not hashed, or are another's.
    """
    # Django's own storage gives unhashed URLs then.
    if settings.DEBUG or not apps.is_installed("django.contrib.staticfiles"):
        return None
    if not isinstance(staticfiles_storage, CompressedManifestStaticFilesStorage):
        return None
    location, base_url = staticfiles_storage.location, staticfiles_storage.base_url
    return (str(location), base_url) if location and base_url else None


def _read_releases(root: str) -> list[_Release]:
    """The releases in a folder, the one that this process renders first."""
    known, there = _folders.get(root, _NONE), kept_ids(root)
    if known.ids == there:
        return known.releases
    running: Entries | None = staticfiles_storage.release_entries  # type: ignore[attr-defined]
    if running is None:
        try:
            running = open_running(root, read_configuration().settled.pin)
        except ManifestError as error:
            _tell(error)
    others = kept_entries(root, "" if running is None else running.release)
    releases = [_Release(each) for each in (running, *others) if each is not None]
    _folders[root] = _Folder(releases, there)
    return releases
