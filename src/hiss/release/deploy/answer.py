"""Waiting until a site says that it is the release that it should be."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from hiss.files.announce import NAME
from hiss.release.deploy.plan import StepFailedError

if TYPE_CHECKING:
    from hiss.core.manifest import Manifest
    from hiss.release.deploy.client import Answer, Site

_INTERVAL: Final = 0.2
# A request that hangs is given up, and made again to whoever answers by then.
_PATIENCE: Final = 10.0


def wait_for_release(site: Site, manifest: Manifest, *, timeout: float, settle: int) -> None:
    """Ask until `settle` answers in a row, each over a connection of its own, name the release.

    A release that is built again is the same and has another time: so a new process is told from
    an old one even where no file has changed.

    Raises:
        StepFailedError: They do not, in so many seconds.
    """
    target = site.prefix + NAME
    deadline = time.monotonic() + timeout
    good = 0
    while True:
        patience = min(max(deadline - time.monotonic(), 1.0), _PATIENCE)
        answer = site.get(target, timeout=patience, fresh=True)
        said = _read(answer)
        good = good + 1 if _names(said, manifest) else 0
        if good >= settle:
            return
        if time.monotonic() + _INTERVAL > deadline:
            last = f"release {said['id']}" if said else str(answer)
            raise StepFailedError(
                f"{site.url(target)} did not name release {manifest.id} {settle} times in a row "
                f"within {timeout:g} s; the last answer: {last}",
                _advice(answer, said, manifest),
            )
        time.sleep(_INTERVAL)


def _read(answer: Answer) -> dict[str, str] | None:
    if answer.status != 200:
        return None
    try:
        document = json.loads(answer.body)
    except ValueError:
        return None
    is_ours = isinstance(document, dict) and isinstance(document.get("id"), str)
    return document if is_ours else None


def _names(said: dict[str, str] | None, manifest: Manifest) -> bool:
    if said is None or said["id"] != manifest.id:
        return False
    return said.get("created", manifest.created) == manifest.created


_ADVICE: Final = {
    0: "Does the application start? Its own log says why not.",
    200: "That is no answer of Hiss's: is `prefix` the path of STATIC_URL?",
    301: "Where the application wants HTTPS: `headers = { X-Forwarded-Proto = "
    '"https" }`, or the header of SECURE_PROXY_SSL_HEADER.',
    400: "Django answers only for ALLOWED_HOSTS: name one as `host`.",
    404: "Is Hiss in front of the application, SHOW_RELEASE not off, and `prefix` the path of "
    "STATIC_URL? Without hiss.json nobody can tell which release answers.",
    500: "The application's own log says why.",
}
_ALIKE: Final = {302: 301, 307: 301, 308: 301, 403: 404, 502: 0, 503: 0, 504: 0}


def _advice(answer: Answer, said: dict[str, str] | None, manifest: Manifest) -> str:
    if said is None:
        return _ADVICE.get(_ALIKE.get(answer.status, answer.status), "")
    if said["id"] == manifest.id:
        return "Some answers came from processes that had not been started again, or from none."
    return (
        "Does `restart` restart what answers there? A process that HISS_RELEASE or RELEASE_FILE "
        "pins to a release renders that one."
    )
