"""The ASGI door: `application = StaticFiles(application, root="static", prefix="/static/")`.

Translates between ASGI's messages and the decision, and knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hiss.core.reply import to_raw
from hiss.core.request import Request, plain_key
from hiss.files.mount import mount
from hiss.files.offload import offload
from hiss.files.options import settle
from hiss.files.site import open_site
from hiss.http.paths import has_encoded_slash

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
    from typing import Unpack

    from hiss.core.catalog import Entry
    from hiss.core.reply import Headers, Reply
    from hiss.files.body import FileBody
    from hiss.files.options import Options
    from hiss.files.origin import Origin

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
    #: An entry, and the header fields that its answers have beside their own.
    Found = tuple[Entry, Headers]
    #: What finds a path's entry.
    Look = Callable[[str], Entry | None]

_READ_AGAIN: Final = (list, tuple)


class Door:
    """An ASGI application with static files in front; lanes ask it, too (`hiss.servers`)."""

    #: Whether the class does what it was written to, said by each for itself: a subclass may do
    #: something else first, and lanes leave it alone.
    is_plain: ClassVar[bool] = False
    #: Whether what a request is for, and what is said beside it, depends on its path alone.
    goes_by_path: bool
    #: The header field in which a proxy says what scheme the client used; empty: none is believed.
    proxy_field: bytes = b""

    def __init__(self, app: ASGIApp | None, origin: Origin, script_name: str | None = None) -> None:
        """`app`: what is behind, where something is; `script_name`: the application's own place,
        where that is set, and not the server's to tell.
        """
        self.app = app
        self.origin = origin
        self.goes_by_path = not script_name
        #: What the path of every file's URL begins with, decoded, as a client says it.
        self.prefixes = origin.prefixes
        self._script_name = script_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http":
            if type(scope["headers"]) not in _READ_AGAIN:
                # ASGI says that they can be read; here they are read more than once.
                scope = {**scope, "headers": list(scope["headers"])}
            found = self.find(scope, self.origin.find)
        if found is None:
            if self.app is None:
                await _alone(self.origin, scope, receive, send)
            else:
                await self.app(scope, receive, send)
            return
        entry, extra = found
        key = plain_key(scope["method"], scope["headers"])
        known = None if key is None else self.origin.answer_known(entry, key)
        if known is None:
            await answer(self.origin, found, scope, receive, send)
            return
        reply, body = known
        await send(_start(reply, extra))
        await send({"type": "http.response.body", "body": body})

    def find(self, scope: Scope, look: Look) -> Found | None:
        """What an http scope is for; `None`: it is the application's. `look`: the origin's `find`,
        or its `known`, which looks at no disk.
        """
        path: str = scope["path"]
        place = self._script_name or scope.get("root_path")
        if place:
            # Servers differ in whether "path" repeats "root_path".
            place = place.rstrip("/")
            if path.startswith(f"{place}/"):
                path = path[len(place) :]
        entry = look(path)
        if entry is None:
            return None
        raw_path: bytes = scope.get("raw_path") or b""
        if b"%" in raw_path and has_encoded_slash(raw_path.decode("latin-1")):
            entry = self.origin.miss(path)
        return None if entry is None else (entry, ())


class StaticFiles(Door):
    """Serves the files of a folder, and hands every other scope to the application untouched, but
    for headers that are neither a list nor a tuple: these it hands on as a list.

    Without an application, what has no file is a 404.
    """

    is_plain = True

    def __init__(
        self,
        app: ASGIApp | None = None,
        root: str | os.PathLike[str] = "static",
        prefix: str = "/static/",
        **options: Unpack[Options],
    ) -> None:
        """`root`: the folder; `prefix`: the path its files have, below the application's own.

        Raises:
            ConfigurationError: There is no such folder, or an option is wrong.
            ManifestError: The folder holds the manifest of a build, and it cannot be read.
        """
        origin = open_site((mount(root, prefix, is_alone=app is None),), settle(options))
        super().__init__(app, origin)


async def answer(origin: Origin, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for what was found."""
    entry, extra = found
    query = scope.get("query_string", b"").decode("latin-1")
    request = Request.from_raw_headers(scope["method"], query, scope["headers"])
    reply: Reply
    body: bytes | FileBody
    held = origin.answer_held(entry, request)
    if held is None:
        reply, body = await offload(origin.answer, entry, request)
    else:
        reply, body = held
    if isinstance(body, bytes):
        await send(_start(reply, extra))
        await send({"type": "http.response.body", "body": body})
        return
    try:
        await send(_start(reply, extra))
        if body.is_whole and "http.response.pathsend" in (scope.get("extensions") or {}):
            await send({"type": "http.response.pathsend", "path": body.path})
        else:
            await _stream(body, receive, send)
    finally:
        body.close()


def _start(reply: Reply, extra: Headers) -> Message:
    headers = list(reply.raw_headers)
    if extra:
        headers.extend(to_raw(reply.lacking(extra)))
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


async def _stream(body: FileBody, receive: Receive, send: Send) -> None:
    async with _disconnection(receive) as is_disconnected:
        async for chunk in body:
            # Some servers take what is sent to a client that left, and say nothing.
            if is_disconnected():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _disconnection(receive: Receive) -> AsyncIterator[Callable[[], bool]]:
    """Watches for the client's hanging up while a body is sent; asyncio only."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        yield lambda: False
        return

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    watcher = asyncio.create_task(wait())
    try:
        yield watcher.done
    finally:
        watcher.cancel()


async def _alone(origin: Origin, scope: Scope, receive: Receive, send: Send) -> None:
    """What an application with nothing but files answers."""
    if scope["type"] == "http":
        await answer(origin, (origin.missing, ()), scope, receive, send)
    elif scope["type"] == "websocket":
        # Closing before accepting is ASGI's way to refuse: a 403.
        await receive()
        await send({"type": "websocket.close"})
    elif scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
