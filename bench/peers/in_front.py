"""What servers do before an application sees a request: seen with one that says what it was given.

No files, no Hiss: whatever differs here is the server's doing, and no subject's behind it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from conformance.cases import Case, Request, Response
from conformance.client import ask
from conformance.limits import LIMITS
from conformance.servers import SERVERS
from peers.processes import running

#: Server to case to what the server does.
Limits = dict[str, dict[str, str]]

_WORKERS: Final = 3
# Connection is the server's to read, and Host the client's to send.
_COMPARED: Final = (
    "accept-encoding",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
)


def find_limits(cases: Sequence[Case], logs: Path, servers: Sequence[str]) -> Limits:
    """What the servers do to the requests of the cases."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = pool.map(partial(_find, cases=cases, logs=logs), servers)
        return dict(zip(servers, found, strict=True))


def _find(server: str, cases: Sequence[Case], logs: Path) -> dict[str, str]:
    command = SERVERS[server]
    for door in ("wsgi", "asgi"):
        command = command.replace(f"conformance.served:{door}", f"peers.page:{door}_echo")
    limits = {}
    with running(command, {}, logs / f"echo-{server}", {}) as address:
        for case in cases:
            # Symbols stay as they are: to a server they are text like any other.
            limit = _compare(case.request, ask(address, case.request))
            if limit is not None:
                known = LIMITS.get((server, case.id))
                limits[case.id] = known.reason if known else limit
    return limits


def _compare(request: Request, response: Response) -> str | None:
    if response.status == 0:
        return f"gives no response: {response.faults[0]}"
    given = response.field("x-given")
    if given is None:
        return f"answers {response.status} itself"
    what = json.loads(base64.b64decode(given))
    return _method(request, what) or _path(request, what) or _fields(request, what)


def _method(request: Request, what: dict[str, Any]) -> str | None:
    if what["method"] == request.method:
        return None
    return f"hands the method {request.method} on as {what['method']}"


def _path(request: Request, what: dict[str, Any]) -> str | None:
    raw = request.target.partition("?")[0]
    if raw == "*" or "#" in raw:
        # No path, and nobody's to hand on as one.
        return None
    if not raw.startswith("/"):
        return None if what["path"].startswith("/") else "hands on a target that is no path"
    if "%2f" in raw.lower() and not what["target"]:
        return "decodes the path and tells nowhere what it was"
    path = unquote_to_bytes(raw.encode("latin-1"))
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        # ASGI's path is text: there is no one way to hand such a one on.
        return None
    return None if what["path"].encode("latin-1") == path else "hands on another path"


def _fields(request: Request, what: dict[str, Any]) -> str | None:
    for name in _COMPARED:
        sent = ",".join(value.strip(" \t") for value in request.lines(name))
        came = what["fields"].get(name)
        if came is None:
            if sent:
                return f"drops the field {name}"
        elif not _is_same(sent, came):
            if _is_same(sent, came.strip(" \t")):
                return "leaves the white space after a field's value in it (RFC 9112, 5.1)"
            return f"changes the field {name}"
    return None


def _is_same(sent: str, came: str) -> bool:
    """Whether two values are one but for the spaces between what were lines."""
    return sent.replace(", ", ",") == came.replace(", ", ",")
