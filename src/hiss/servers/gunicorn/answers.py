"""gunicorn's answers, made at once: the bytes that it would send of a door's reply, and its log.

What gunicorn adds of itself is made by gunicorn's own Response: once for each reply, with `Date`
once a second. So is what its log tells, where it tells anything.
"""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.http.message import (  # type: ignore[import-untyped]
    DEFAULT_MAX_HEADERFIELD_SIZE,
    MAX_HEADERS,
    MAX_REQUEST_LINE,
    Request,
    _ip_in_allow_list,
)
from gunicorn.http.wsgi import Response, create  # type: ignore[import-untyped]

from hiss.http.paths import decode_wsgi_path
from hiss.servers.gunicorn.heads import Fields, Head, Heads, Limits, Target
from hiss.wsgi import read_request

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from hiss.core.reply import Headers, Reply
    from hiss.servers.doors import Doors

    #: A socket's address; of a Unix socket, its path.
    Address = tuple[Any, ...] | str | bytes

# A site has some thousand replies that are given again and again.
_PREPARED: Final = 8192

# Requests for gunicorn's Response, which looks at no more than the version and whether the
# connection is closed: by these.
_MODELS: Final = {
    (version, is_last): Head(
        Target("GET", "/", "/", "", version, {}),
        Fields((("CONNECTION", connection),), "http", connection, {}),
    )
    for version in ((1, 0), (1, 1))
    for is_last, connection in ((True, "close"), (False, "keep-alive"))
}


class Peer(NamedTuple):
    """Who asks, and where."""

    sock: socket.socket
    client: Address
    server: Address
    heads: Heads


@dataclass(frozen=True, slots=True)
class Telling:
    """What gunicorn's log tells of an answer, once it is sent; of gunicorn's own kinds."""

    log: Any
    begun: datetime
    request: Any
    response: Any
    environ: dict[str, Any]

    def tell(self) -> None:
        """Tell it."""
        taken = datetime.now() - self.begun
        self.log.access(self.response, self.request, self.environ, taken)


class Answer(NamedTuple):
    """The bytes of an answer, and what is to be told of it once they are sent."""

    head: bytes
    body: bytes
    #: Whether the connection is to be closed then.
    is_last: bool
    telling: Telling | None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A reply as gunicorn sends it."""

    #: Kept for the sake of its identity, by which it is found.
    reply: Reply
    response: Any
    #: The header fields, without those that gunicorn adds, and the empty line.
    block: bytes

    def ends_with(self, body: bytes, method: str) -> bool:
        """Whether the client will see the end of the answer where it is."""
        response = self.response
        if response.chunked or response.upgrade or response.should_close():
            return False
        if method == "HEAD" or self.reply.status == 304:
            return not body
        return bool(len(body) == response.response_length)


class Answers:
    """What the connections of one worker share."""

    def __init__(self, doors: Doors, cfg: Any, log: Any) -> None:  # noqa: ANN401
        """`cfg` and `log` are gunicorn's."""
        self._cfg = cfg
        self._log = log
        self._doors = doors
        # A logger of another class may count what it does not write: Statsd does.
        self._is_told = type(log) is not Logger or log.access_log_enabled
        self._heads = _make_heads(cfg, {})
        self._believed_heads = _make_heads(cfg, cfg.secure_scheme_headers)
        self._models = {key: _make_request(cfg, "", head) for key, head in _MODELS.items()}
        self._prepared: dict[tuple[int, Headers], _Prepared] = {}
        self._beginnings: dict[tuple[Any, ...], bytes] = {}
        self._second = 0

    def heads_of(self, client: Address) -> Heads:
        """What reads the heads of a client's requests: a proxy may be believed, or not."""
        cfg = self._cfg
        is_believed = not isinstance(client, tuple) or _ip_in_allow_list(
            client[0], cfg.forwarded_allow_ips, cfg.forwarded_allow_networks()
        )
        return self._believed_heads if is_believed else self._heads

    def answer(self, peer: Peer, data: bytes, start: int, end: int) -> Answer | None:
        """The answer to the request whose head begins at `start` and has its empty line at `end`;
        `None`: it is the server's.
        """
        begun = datetime.now() if self._is_told else None
        head = peer.heads.read(data, start, end)
        if head is None:
            return None
        target = head.target
        decided = self._decide({**head.fields.environ, **target.environ})
        if decided is None:
            return None
        reply, body, extra = decided
        prepared = self._prepare(reply, extra)
        if not prepared.ends_with(body, target.method):
            return None
        is_last = head.is_last
        begin = self._begin(prepared, target.version, is_last=is_last)
        telling = None
        if begun is not None:
            telling = self._telling(begun, peer, head, prepared.response)
            telling.response.sent = len(body)
        return Answer(begin + prepared.block, body, is_last, telling)

    def _decide(self, environ: dict[str, Any]) -> tuple[Reply, bytes, Headers] | None:
        """The reply, its body and the fields beside its own, where it is in memory."""
        decided = self._doors.find(environ, decode_wsgi_path(environ["PATH_INFO"]))
        if decided is None:
            return None
        door, (entry, extra) = decided
        answered = door.origin.answer_held(entry, read_request(environ))
        if answered is None:
            return None
        reply, body = answered
        assert isinstance(body, bytes)
        return reply, body, extra

    def _prepare(self, reply: Reply, extra: Headers) -> _Prepared:
        # By identity: equality of replies would look at each field.
        key = id(reply), extra
        prepared = self._prepared.get(key)
        if prepared is None:
            headers = [*reply.headers, *reply.lacking(extra)]
            response = Response(self._models[(1, 1), False], None, self._cfg)
            response.start_response(reply.status_line, headers)
            lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
            prepared = _Prepared(reply, response, f"{lines}\r\n".encode("latin-1"))
            # Those that a resource keeps: of others, clients could ask for any number.
            if reply.status in {200, 304}:
                if len(self._prepared) >= _PREPARED:
                    del self._prepared[next(iter(self._prepared))]
                self._prepared[key] = prepared
        return prepared

    def _begin(self, prepared: _Prepared, version: tuple[int, int], *, is_last: bool) -> bytes:
        """The status line and the fields that gunicorn adds."""
        second = int(time.time())
        if second != self._second:
            self._beginnings.clear()
            self._second = second
        key = prepared.reply.status, version, is_last
        begin = self._beginnings.get(key)
        if begin is None:
            response = Response(self._models[version, is_last], None, self._cfg)
            response.start_response(prepared.response.status, prepared.response.headers)
            begin = self._beginnings[key] = "".join(response.default_headers()).encode("latin-1")
        return begin

    def _telling(self, begun: datetime, peer: Peer, head: Head, response: Any) -> Telling:  # noqa: ANN401
        """What the log is to tell of an answer with the status and the fields of `response`."""
        request = _make_request(self._cfg, peer.client, head)
        own, environ = create(request, peer.sock, peer.client, peer.server, self._cfg)
        own.start_response(response.status, response.headers)
        own.headers_sent = True
        environ["wsgi.multithread"] = True
        return Telling(self._log, begun, request, own, environ)


def _make_heads(cfg: Any, secure_fields: Mapping[str, str]) -> Heads:  # noqa: ANN401
    """A reader within a configuration's limits, as `gunicorn.http.message` understands them."""
    line, fields, field = (
        cfg.limit_request_line,
        cfg.limit_request_fields,
        cfg.limit_request_field_size,
    )
    limits = Limits(
        line=min(line, MAX_REQUEST_LINE) if line > 0 else MAX_REQUEST_LINE,
        fields=fields if fields > 0 else MAX_HEADERS,
        field=field if field > 0 else DEFAULT_MAX_HEADERFIELD_SIZE,
    )
    script_name = os.environ.get("SCRIPT_NAME", "")
    return Heads(limits, script_name=script_name, secure_fields=secure_fields)


def _make_request(cfg: Any, client: Address, head: Head) -> Any:  # noqa: ANN401
    """gunicorn's own request, as it stands when it was read."""
    target, fields = head
    request = object.__new__(Request)
    vars(request).update(
        cfg=cfg,
        peer_addr=client,
        remote_addr=client,
        version=target.version,
        headers=list(fields.pairs),
        trailers=[],
        body=io.BytesIO(),
        scheme=fields.scheme,
        must_close=False,
        _expected_100_continue=False,
        method=target.method,
        uri=target.uri,
        path=target.path,
        query=target.query,
        fragment="",
        proxy_protocol_info=None,
    )
    return request
