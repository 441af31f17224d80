"""What the connections of one server share: the doors, and what is remembered of requests."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE

from hiss.http.paths import quote_path
from hiss.servers.doors import Doors, NoLaneError
from hiss.servers.memo import Memo
from hiss.servers.uvicorn.reading import TELLING, SectionReader, read_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvicorn._types import HTTPScope
    from uvicorn.config import Config

    from hiss.files.origin import Origin
    from hiss.servers.uvicorn.reading import Target

logger = logging.getLogger("hiss.servers")

# The versions whose protocol was read, and is tested.
_FIRST_KNOWN: Final = (0, 35)
_LAST_KNOWN: Final = (0, 54)
# Versions before this one end connections in other ways: those answers are left to them.
_FIRST_CLOSING: Final = (0, 53)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?![\da-z])").match

# What the server's own header fields must leave to the answer.
_FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})


class Lane:
    """What the connections of one server share."""

    def __init__(
        self, doors: Doors, proxied: ProxyHeadersMiddleware | None, *, closes: bool
    ) -> None:
        """`proxied`: uvicorn's own reading of what proxies say, `None` where they are not believed;
        `closes`: whether the lane gives the last answers of connections.
        """
        self.doors = doors
        first, *others = doors.each
        #: The origin of the only door, if that looks at nothing but paths.
        self.origin: Origin | None = None if others or not first.goes_by_path else first.origin
        self.closes = closes
        self.telling = TELLING | {door.proxy_field for door in doors.each}
        prefixes = (prefix for door in doors.each for prefix in door.prefixes)
        self.prefixes = tuple(quote_path(prefix).encode("ascii") for prefix in prefixes)
        #: By the request's line, the targets that are their paths, as they stand, and have been
        #: answered: a site's files are their bound.
        self.targets: dict[bytes, Target] = {}
        #: What is said in header sections.
        self.sections = Memo(SectionReader(self.telling).read)
        self._proxied = proxied
        self._fields: Sequence[tuple[bytes, bytes]] = ()
        self._block: bytes | None = b""

    def remember(self, line: bytes, url: bytes) -> None:
        """Keep what was read in the line of a plain GET that was answered."""
        target = read_target(url)
        if target is not None and target.raw_path is url:
            self.targets[line] = target

    def block(self, fields: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        """The server's own header fields as they are sent; `None` where they say how the answer
        ends, or cannot be sent, which is then uvicorn's to see to. uvicorn makes them anew each
        second.
        """
        if fields is not self._fields:
            is_ours = all(_may_be_sent(name, value) for name, value in fields)
            self._block = b"".join(b"%b: %b\r\n" % pair for pair in fields) if is_ours else None
            self._fields = fields
        return self._block

    def go_behind_proxies(self, scope: HTTPScope) -> None:
        """Write into the scope what `ProxyHeadersMiddleware` does."""
        if self._proxied is not None:
            # It waits for nothing but the application, which here is none.
            with suppress(StopIteration):
                self._proxied(scope, _nothing, _nothing).send(None)


def _may_be_sent(name: bytes, value: bytes) -> bool:
    """Whether a header field of the server's is one that changes nothing for the answer."""
    is_broken = HEADER_RE.search(name) or HEADER_VALUE_RE.search(value)
    return not is_broken and name.lower() not in _FRAMING


_lanes: WeakKeyDictionary[Config, Lane | None] = WeakKeyDictionary()


def lane_of(config: Config) -> Lane | None:
    """The lane of the server that has this configuration; the log says why, where there is none."""
    if config not in _lanes:
        if not config.loaded:
            config.load()
        try:
            _lanes[config] = _open_lane(config)
        except NoLaneError as error:
            logger.warning("uvicorn serves without Hiss's lane: %s", error)
            _lanes[config] = None
    return _lanes[config]


def _open_lane(config: Config) -> Lane:
    found = _VERSION(uvicorn.__version__)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if not _FIRST_KNOWN <= version <= _LAST_KNOWN:
        raise NoLaneError(f"version {uvicorn.__version__} of uvicorn is not known to it")
    app, proxied = config.loaded_app, None
    if type(app) is ProxyHeadersMiddleware:
        # uvicorn's, or the project's own, which trusts others.
        proxied = copy(app)
        proxied.app = _nothing
        app = app.app
    return Lane(Doors(app), proxied, closes=version >= _FIRST_CLOSING)


async def _nothing(*_: object) -> Any:  # noqa: ANN401 - called as all three of ASGI's callables
    """An application that does nothing: what is around it is wanted."""
