"""What a running process says of itself: which release it renders, and which it can answer for.

`<prefix>hiss.json` speaks of the release that was chosen when the process started: a rollback
changes it when the process is started again, which is when its pages change too.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from wsgiref.headers import Headers as HeaderList

from hiss.core.asset import Asset, Stored
from hiss.core.catalog import Entry
from hiss.errors import ManifestError
from hiss.files.load import Listing
from hiss.files.pin import find_running
from hiss.files.release import kept_ids, kept_manifests, manifest_name, read_manifest
from hiss.files.source import BytesSource
from hiss.http.encoding import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hiss.core.asset import Resource
    from hiss.core.manifest import Manifest
    from hiss.files.load import Loader
    from hiss.files.mount import Mount
    from hiss.files.options import Settled
    from hiss.files.pin import Pin

#: Below the prefix. JSON: `id`, `label` and `created` of the release that this process renders;
#: with `show_manifest` also `releases`, with the same of each kept one and its `manifest`, a URL.
NAME: Final = "hiss.json"

_MANIFEST_URL: Final = re.compile(r"hiss\.([0-9A-Za-z]+)\.json")


class Announcements(dict[str, Entry]):
    """By URL path: what is said of the releases. The manifests that are shown come and go."""

    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self._loader = loader
        self._shown: list[Mount] = []

    def show(self, mount: Mount) -> None:
        """Show the manifests of a mount's releases."""
        self._shown.append(mount)

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ANN401 - as a dict's
        """The entry for a URL path."""
        entry = super().get(path)
        if entry is not None or not self._shown:
            return default if entry is None else entry
        for mount in self._shown:
            match = _MANIFEST_URL.fullmatch(path[len(mount.prefix) :])
            if path.startswith(mount.prefix) and match:
                file = os.path.join(mount.root or "", manifest_name(match[1]))
                if os.path.isfile(file):
                    return self._loader.entry(Listing(file, path, within=mount.root))
        return default


def find_rendered(mount: Mount, pin: Pin | None) -> str | None:
    """The id of the release of a mount's folder that a process with this pin renders; `None` where
    the folder is not Hiss's own, or has none.

    Raises:
        ManifestError: The release that the process was told to render is not there.
    """
    if mount.root is None or not mount.owned:
        return None
    if pin is not None and not pin.is_explicit and not kept_ids(mount.root):
        # The environment speaks of the folder with releases; this one has none.
        pin = None
    return find_running(mount.root, pin)


def announce(mounts: Iterable[Mount], settled: Settled, loader: Loader) -> Announcements:
    """What is said of the releases in folders that are Hiss's own.

    Raises:
        ManifestError: The release that this process was told to render is not there.
    """
    entries = Announcements(loader)
    for mount in mounts:
        # A mistake in the pin is seen now, by whoever starts the process.
        release = find_rendered(mount, settled.pin)
        if mount.root is None or release is None or not settled.show_release:
            continue
        url = mount.prefix + NAME
        entries[url] = _Announcement(url, mount.root, release, settled)
        if settled.show_manifest:
            entries.show(mount)
    return entries


class _Announcement:
    """The entry of hiss.json: made when it is first asked for."""

    def __init__(self, url: str, root: str, release: str, settled: Settled) -> None:
        self._url = url
        self._root = root
        self._release = release
        self._settled = settled
        self.resource: Resource | None = None

    def load(self) -> Resource:
        """The document."""
        if self.resource is not None:
            return self.resource
        asset = self._asset(self._document())
        if not self._settled.show_manifest:
            # What a process renders stays the same; which releases are kept does not.
            self.resource = asset
        return asset

    def forget(self) -> None:
        """Nothing: what a process renders stays the same."""

    def _document(self) -> dict[str, Any]:
        try:
            running = read_manifest(self._root, self._release)
        except ManifestError:
            # It was let go, or damaged, since the process started.
            running = None
        document: dict[str, Any] = {"id": self._release, **(_summary(running) if running else {})}
        if self._settled.show_manifest:
            document["releases"] = [
                {**_summary(each), "manifest": _manifest_url(each.id)}
                for each in kept_manifests(self._root, running)
            ]
        return document

    def _asset(self, document: dict[str, Any]) -> Asset:
        data = json.dumps(document, indent=1).encode("ascii") + b"\n"
        # A user's own rule is for files.
        policy = replace(self._settled.policy, add_headers=None)
        headers = HeaderList([*policy.for_file(NAME, self._url, immutable=False)])
        headers["Cache-Control"] = "no-cache"
        stored = Stored(IDENTITY, len(data), BytesSource(data))
        return Asset(policy, tuple(headers.items()), sha256(data).digest(), None, [stored])


def _manifest_url(release_id: str) -> str:
    return f"hiss.{release_id}.json"


def _summary(manifest: Manifest) -> dict[str, str]:
    return {"id": manifest.id, "label": manifest.label, "created": manifest.created}
