"""A client over a raw socket: sends bytes as they are, and says what is wrong with what comes."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Final

from .cases import Request, Response

_TIMEOUT: Final = 10.0
_NO_BODY: Final = frozenset({204, 304})


def ask(address: tuple[str, int], request: Request) -> Response:
    """Send a request over a connection of its own, and read to its end."""
    head, faults = b"", []
    try:
        with socket.create_connection(address, timeout=_TIMEOUT) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(format_request(request))
            head, faults = _read_all(connection)
    except OSError as error:
        return Response(0, faults=(f"no connection: {error}",))
    response = parse_response(head, request.method)
    return Response(response.status, response.headers, response.body, (*faults, *response.faults))


def format_request(request: Request) -> bytes:
    """The bytes of a request; `Host` and `Connection: close` are added."""
    names = {name.lower() for name, _ in request.headers}
    headers = [("Host", "127.0.0.1")] if "host" not in names else []
    headers += [*request.headers, ("Connection", "close")]
    if request.body and "content-length" not in names:
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def _read_all(connection: socket.socket) -> tuple[bytes, list[str]]:
    """All bytes until the server closes, which "Connection: close" obliges it to do."""
    chunks = []
    deadline = time.monotonic() + _TIMEOUT
    try:
        while chunk := connection.recv(1 << 18):
            chunks.append(chunk)
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
    except TimeoutError:
        return b"".join(chunks), ["the server did not close the connection"]
    except ConnectionResetError:
        # What a server does that closes without having read all it was sent.
        pass
    return b"".join(chunks), []


def parse_response(data: bytes, method: str) -> Response:
    """Read a response from all the bytes that came."""
    while True:
        head, found, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ", 2)
        if not found or len(words) < 2 or not words[1].isdecimal():
            return Response(0, body=data, faults=(f"no response, but {data[:80]!r}",))
        status = int(words[1])
        if status >= 200:
            break
        data = rest
    headers = []
    faults = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            faults.append(f"the header line {line!r} is none")
        headers.append((name, value.strip(" \t")))
    response = Response(status, tuple(headers))
    body, more = _read_body(response, method, rest)
    return Response(status, response.headers, body, (*faults, *more))


def _read_body(response: Response, method: str, rest: bytes) -> tuple[bytes, list[str]]:
    coding, length = response.field("transfer-encoding"), response.field("content-length")
    if method == "HEAD" or response.status in _NO_BODY:
        return rest, [f"{len(rest)} bytes of body where none may be"] if rest else []
    if coding is not None:
        if length is not None:
            return rest, ["both Transfer-Encoding and Content-Length"]
        return _unchunk(rest)
    if length is None:
        return rest, []
    if not length.isdecimal():
        return rest, [f"Content-Length is {length!r}"]
    if len(rest) != int(length):
        return rest, [f"Content-Length is {length}, and {len(rest)} bytes came"]
    return rest, []


def _unchunk(rest: bytes) -> tuple[bytes, list[str]]:
    body = b""
    while True:
        line, found, rest = rest.partition(b"\r\n")
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            return body, [f"a chunk's size is {line[:40]!r}"]
        if not found or len(rest) < size + 2:
            return body + rest, ["the last chunk is missing"]
        body, rest = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, [f"{len(rest)} bytes after the last chunk"] if rest else []
