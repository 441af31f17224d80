"""A live site that says what it has, as a source of releases.

What it says is anybody's, until a hash bears it out.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPException
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

import hiss
from hiss.core.manifest import parse_manifest
from hiss.errors import ConfigurationError, ManifestError
from hiss.files.announce import NAME
from hiss.files.atomic import write_atomic
from hiss.files.release import CURRENT, manifest_name
from hiss.http.paths import quote_path
from hiss.release.adopt.wanted import CHUNK, AbsentError, Refused, UnfitError, take_first
from hiss.release.history import Event, add_events, parse_time

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from hiss.core.manifest import Manifest
    from hiss.release.adopt.wanted import Content, Place, Taker, Wanted

# Seconds without a byte.
_TIMEOUT: Final = 30
# Of what fails as networks do, and with a little while between.
_ATTEMPTS: Final = 3
_PAUSE: Final = 0.5
_AT_ONCE: Final = 8
# What is read of the site's own list, and of a manifest: a hundred thousand files are fifty.
_LIST: Final = 4 * 1024 * 1024
_MANIFEST: Final = 128 * 1024 * 1024
_MOST_RELEASES: Final = 1000


class SiteSource:
    """What is below the URL of a site's static files."""

    def __init__(self, base: str, folder: str) -> None:
        self.where = base
        self.folder = folder
        self.refused: list[Refused] = []
        self._opener = _make_opener()

    def read_notes(self) -> None:
        """Copy what the site says of its releases into the folder.

        Raises:
            ManifestError: It cannot be had, or does not say it.
        """
        document = self._read_list()
        current = document.get("id")
        manifests, absent = [], []
        for each in document["releases"][:_MOST_RELEASES]:
            release_id = str(each.get("id", "")) if isinstance(each, Mapping) else ""
            if not (release_id.isascii() and release_id.isalnum()) or len(release_id) > 64:
                self.refused.append(Refused(ascii(release_id)[:70], "this is no release's id"))
                continue
            try:
                manifests.append(self._read_manifest(release_id, each.get("manifest")))
            except AbsentError as error:
                absent.append((release_id, str(error)))
            except (UnfitError, ManifestError) as error:
                self.refused.append(Refused(release_id, f"its manifest cannot be had: {error}"))
        for release_id, why in absent:
            # A site says what it had when it was started; a prune has let some go since. Never the
            # one in force, nor all of them.
            is_gone = bool(manifests) and release_id != current
            words = "it was let go there meanwhile" if is_gone else "its manifest cannot be had"
            self.refused.append(Refused(release_id, f"{words}: {why}", is_fault=not is_gone))
        if current in {manifest.id for manifest in manifests}:
            path = os.path.join(self.folder, CURRENT)
            write_atomic(path, f"{current}\n".encode("ascii"))
        # A site says when a release was built. One is in force until the next is.
        events = (Event(parse_time(each.created), each.id, "site") for each in manifests)
        add_events(self.folder, events)

    def _read_list(self) -> dict[str, Any]:
        url = self.where + NAME
        try:
            document = json.loads(self._read_whole(url, _LIST))
        except UnfitError as error:
            raise ManifestError(
                f"{url} cannot be had: {error}",
                "Name the URL that the site's static files are below, such as "
                "https://example.org/static/.",
            ) from error
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"{url} is not what Hiss says of itself: {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise ManifestError(f"{url} is not what Hiss says of itself")
        if not isinstance(document.get("releases"), list):
            raise ManifestError(
                f"{url} does not name the manifests of its releases",
                'Switch SHOW_MANIFEST on there (HISS = {"SHOW_MANIFEST": True}, or '
                "show_manifest=True), start it again, and come back.",
            )
        return document

    def _read_manifest(self, release_id: str, address: object) -> Manifest:
        url = ""
        # A host that cannot be one is told by a ValueError.
        with suppress(ValueError):
            url = urljoin(self.where, address) if isinstance(address, str) else ""
        if not url.startswith(self.where):
            raise UnfitError(f"it is said to be at {address!r}, which is not below {self.where}")
        text = self._read_whole(url, _MANIFEST)
        try:
            manifest = parse_manifest(text.decode("utf-8"), url)
        except UnicodeDecodeError as error:
            raise UnfitError(f"{url} is not UTF-8") from error
        if manifest.id != release_id:
            raise UnfitError(f"{url} is that of {manifest.id!r:.40}")
        write_atomic(os.path.join(self.folder, manifest_name(release_id)), text)
        return manifest

    def fetch(self, wanted: Iterable[Wanted], take: Taker) -> dict[Content, str]:
        """Hand over all that it has of what is wanted; of the rest, why not."""
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            tasks = [(each, pool.submit(self._fetch, each, take)) for each in wanted]
            answers = [(each.content, task.result()) for each, task in tasks]
        finally:
            # After a full disk nobody needs the rest.
            pool.shutdown(cancel_futures=True)
        return {content: why for content, why in answers if why}

    def _fetch(self, wanted: Wanted, take: Taker) -> str:
        readings = (self._chunks(place, wanted.content.size) for place in wanted.places)
        return take_first(wanted, readings, take)

    def _chunks(self, place: Place, size: int) -> Generator[bytes, None, None]:
        url = self.where + quote_path(place.file)
        return self._read(url, size, place.coding)

    def _read_whole(self, url: str, most: int) -> bytes:
        data = b"".join(self._read(url, most))
        if len(data) > most:
            raise UnfitError(f"it is longer than {most} bytes")
        return data

    def _read(self, url: str, most: int, coding: str = "") -> Generator[bytes, None, None]:
        """The bytes behind a URL, in a coding or in none, and no more than one too many.

        Raises:
            AbsentError: There are none.
            UnfitError: They cannot be had, or not in that coding.
        """
        try:
            with self._open(url, coding) as response:
                given = (response.headers["Content-Encoding"] or "").strip().lower()
                if given.removeprefix("identity") != coding:
                    kind = AbsentError if coding else UnfitError
                    raise kind(f"{url} comes in {given or 'no coding'}")
                left = most + 1
                while left and (chunk := response.read(min(CHUNK, left))):
                    left -= len(chunk)
                    yield chunk
        except HTTPError as error:
            error.close()
            kind = AbsentError if error.code in {404, 410} else UnfitError
            raise kind(f"{url} answers {error.code} {error.reason}") from error
        except (OSError, HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise UnfitError(f"{url} cannot be read: {reason}") from error

    def _open(self, url: str, coding: str) -> Any:  # noqa: ANN401 - urllib does not say
        headers = {
            "Accept-Encoding": coding or "identity",
            "User-Agent": f"hiss/{hiss.__version__} (release adopt)",
        }
        request = Request(url, headers=headers)  # noqa: S310 - the opener knows HTTP alone
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._opener.open(request, timeout=_TIMEOUT)
            except HTTPError as error:
                if error.code < 500:
                    raise
                error.close()
            except (OSError, HTTPException):
                pass
            time.sleep(_PAUSE * attempt)
        return self._opener.open(request, timeout=_TIMEOUT)


class _Redirects(HTTPRedirectHandler):
    """Follows redirects to other HTTP URLs, and from HTTPS to nothing less."""

    def redirect_request(
        self,
        req: Request,
        fp: Any,  # noqa: ANN401 - as urllib has it
        code: int,
        msg: str,
        headers: Any,  # noqa: ANN401 - as urllib has it
        newurl: str,
    ) -> Request | None:
        scheme = urlsplit(newurl).scheme.lower()
        if scheme not in {"http", "https"} or (req.type == "https" and scheme != "https"):
            raise HTTPError(req.full_url, code, f"and leads to {newurl}", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _make_opener() -> OpenerDirector:
    # `build_opener` would add the schemes file, ftp and data.
    opener = OpenerDirector()
    for kind in (
        ProxyHandler,
        HTTPHandler,
        HTTPSHandler,
        HTTPDefaultErrorHandler,
        _Redirects,
        HTTPErrorProcessor,
    ):
        opener.add_handler(kind())
    return opener


@contextmanager
def open_site(url: str) -> Iterator[SiteSource]:
    """A site, by the URL its static files are below, or that of its `hiss.json`.

    Raises:
        ConfigurationError: This is not such a URL.
        ManifestError: It cannot be reached, or does not say what it has.
    """
    base = _base_of(url)
    with TemporaryDirectory(prefix="hiss-adopt-") as folder:
        source = SiteSource(base, folder)
        source.read_notes()
        yield source


def _base_of(url: str) -> str:
    # A host or a port that cannot be one is told by a ValueError.
    with suppress(ValueError):
        split = urlsplit(url)
        is_more = "@" in split.netloc or split.query or split.fragment
        if split.hostname and split.port != 0 and not is_more:
            path = split.path.removesuffix(NAME).rstrip("/") + "/"
            return split._replace(path=path).geturl()
    raise ConfigurationError(
        f"{url} is not a URL that static files are below",
        "It is like https://example.org/static/: a host and a path.",
    )
