"""What was built, as a folder or the site itself tells it: to hold what is live against."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from hiss.core.manifest import parse_manifest
from hiss.errors import ConfigurationError, ManifestError
from hiss.files.announce import NAME
from hiss.files.release import read_published
from hiss.http.paths import is_plain_name, is_public_name
from hiss.release.ledger import read_ledger
from hiss.verify.messages import Request

if TYPE_CHECKING:
    from hiss.core.manifest import Manifest, ManifestEntry
    from hiss.verify.fetch import Fetcher

# A site keeps a few; what names more is not to be followed through all of them.
_MOST_RELEASES: Final = 20


@dataclass(frozen=True)
class Built:
    """The releases that are known, and the folder they are in, where there is one."""

    #: Where this is from, for people; empty where nothing is known.
    where: str = ""
    #: The folder that is served, given to look into; empty for none.
    root: str = ""
    #: The id of the release in force there; empty where that is not known.
    current: str = ""
    #: By id.
    releases: Mapping[str, Manifest] = field(default_factory=dict)
    #: Names that Django's own manifest knows as hashed.
    hashed: frozenset[str] = frozenset()

    def entry(self, name: str, release: str) -> ManifestEntry | None:
        """What is recorded of a file: by `release`, or, of one named by its content, by any."""
        known = self._entries.get(name, {})
        if release in known:
            return known[release]
        return next((each for each in known.values() if each.immutable), None)

    def sha256(self, name: str, release: str) -> str:
        """The hash of the file's bytes as they were built; empty where that is not known."""
        entry = self.entry(name, release)
        if entry is not None:
            return entry.sha256
        if self.releases or not self.root:
            return ""
        if not (is_plain_name(name) and is_public_name(name)):
            return ""
        with suppress(OSError), open(os.path.join(self.root, name), "rb") as file:
            return sha256(file.read()).hexdigest()
        return ""

    def release_of(self, name: str) -> frozenset[str]:
        """The ids of the releases that have a file of that name."""
        return frozenset(self._entries.get(name, ()))

    @cached_property
    def _entries(self) -> Mapping[str, Mapping[str, ManifestEntry]]:
        """By name, then by release."""
        found: dict[str, dict[str, ManifestEntry]] = {}
        for release, manifest in self.releases.items():
            for entry in manifest.entries:
                found.setdefault(entry.file, {})[release] = entry
        return found


@dataclass(frozen=True, slots=True)
class Announced:
    """What a site says of its releases; empty where it says nothing."""

    #: Where it says it.
    url: str = ""
    #: The id of the release that it renders.
    release: str = ""
    #: Id to the URL of the manifest.
    manifests: Mapping[str, str] = field(default_factory=dict)


def read_root(root: str) -> Built:
    """What was built into a folder.

    Raises:
        ConfigurationError: There is no such folder.
        ManifestError: What is recorded there cannot be read.
    """
    if not os.path.isdir(root):
        raise ConfigurationError(f"there is no folder {root}", "Name the one that is served.")
    ledger = read_ledger(root)
    return Built(
        where=root,
        root=root,
        current=ledger.current,
        releases={each.id: each.manifest for each in ledger.releases},
        hashed=frozenset() if ledger.releases else read_published(root).immutable,
    )


def ask_announced(fetcher: Fetcher, base: str) -> Announced:
    """What the site whose static files are below `base` says at `hiss.json`."""
    url = urljoin(base, NAME)
    answer = fetcher.ask(Request(url, (("Accept-Encoding", "identity"),)))
    if answer is None or answer.status != 200:
        return Announced()
    try:
        document: Any = json.loads(answer.content or b"")
        release = document["id"]
        listed = document.get("releases", [])[:_MOST_RELEASES]
        manifests = {each["id"]: urljoin(base, each["manifest"]) for each in listed}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Announced()
    if not isinstance(release, str) or not release.isalnum():
        return Announced()
    return Announced(url, release, manifests)


def ask_built(fetcher: Fetcher, announced: Announced) -> Built:
    """The releases that a site tells of (SHOW_MANIFEST); those that cannot be had are left out."""
    requests = [Request(url) for url in announced.manifests.values()]
    releases = {}
    for answer in fetcher.ask_all(requests):
        if answer is None or answer.status != 200 or answer.content is None:
            continue
        with suppress(ManifestError, UnicodeDecodeError):
            manifest = parse_manifest(answer.content.decode("utf-8"), answer.request.url)
            releases[manifest.id] = manifest
    if announced.release not in releases:
        return Built()
    return Built(where=announced.url, current=announced.release, releases=releases)
