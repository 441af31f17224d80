"""What the release in force says of the file behind a URL that `{% static %}` gives.

Looked up by the published name in the URL, never by the logical one, and in every kept release: a
process that began before the last build, and still gives the names of the release it knows, finds
what is true of those.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import PrefixNode, static
from django.utils.encoding import filepath_to_uri

from hiss.django.conf import read_configuration
from hiss.django.storage import CompressedManifestStaticFilesStorage
from hiss.errors import ManifestError
from hiss.files.pin import read_running
from hiss.files.release import kept_ids, kept_manifests
from hiss.http.media import media_type
from hiss.manifest import Assets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.manifest import Manifest, ManifestEntry

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
    return [first, *(find_file(each) for each in release.scripts_below(entry.name, early=early))]


def logical_url(name: str) -> str:
    """The URL that the file would have if its name held no hash."""
    has_storage = apps.is_installed("django.contrib.staticfiles")
    base_url = getattr(staticfiles_storage, "base_url", None) if has_storage else None
    return urljoin(base_url or PrefixNode.handle_simple("STATIC_URL"), filepath_to_uri(name))


class _Release:
    """The hashed files of a release."""

    def __init__(self, manifest: Manifest) -> None:
        self.hashed = {each.file: each for each in manifest.entries if each.immutable}
        self._assets = Assets(manifest, "", "")
        self._below: dict[tuple[str, bool], tuple[str, ...]] = {}

    def scripts_below(self, name: str, *, early: bool) -> tuple[str, ...]:
        """The names of the scripts below a script, all the way down."""
        known = self._below.get((name, early))
        if known is None:
            below = self._assets.imports(name) if early else self._assets.closure(name)
            known = tuple(each.name for each in below if each.type == "text/javascript")
            self._below[name, early] = known
        return known


# By folder: the releases that pages of this process have named files of, and the ids of those that
# were kept when they were read. Read again only where a name is in none of them.
_releases: dict[str, tuple[list[_Release], list[str] | None]] = {}


def _find(url: str) -> tuple[_Release, ManifestEntry] | None:
    """The release and the entry of the hashed file that has this URL."""
    place = _find_place()
    if place is None:
        return None
    root, base_url = place
    if not url.startswith(base_url):
        return None
    file = unquote(re.split(r"[?#]", url[len(base_url) :], maxsplit=1)[0])
    found = _find_in(_releases.get(root, ([], []))[0], file)
    if found is None:
        found = _find_in(_read_releases(root), file)
    return found


def _find_in(releases: Iterable[_Release], file: str) -> tuple[_Release, ManifestEntry] | None:
    for release in releases:
        entry = release.hashed.get(file)
        if entry is not None:
            return release, entry
    return None


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
    known, ids = _releases.get(root, ([], None))
    there = kept_ids(root)
    if ids == there:
        return known
    try:
        running = read_running(root, read_configuration().settled.pin)
    except ManifestError as error:
        # A page without integrity is better than none.
        logger.warning("templates have no integrity: %s", error)
        running = None
    releases = [_Release(each) for each in kept_manifests(root, running)]
    _releases[root] = releases, there
    return releases
