"""Replies as Django's responses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import ResponseHeaders

from hiss.files.body import CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from hiss.core.reply import Headers, Reply
    from hiss.files.body import ExactFile, FileBody


def to_response(reply: Reply, body: bytes | FileBody, request: HttpRequest) -> HttpResponseBase:
    """The response of Django's for an answer to `request`."""
    response: HttpResponseBase
    if isinstance(body, bytes):
        response = HttpResponse(body, status=reply.status)
    elif isinstance(request, ASGIRequest):
        # Whatever runs around the middleware, its response ends at an event loop.
        response = FileStream(body, _asynchronous(body), status=reply.status)
    elif body.is_whole:
        response = WholeFile(body.exact_file(), status=reply.status)
    else:
        response = FileStream(body, body, status=reply.status)
    # Of parts and redirects, clients could ask for any number.
    is_kept = reply.status in {200, 304}
    store = _remembered(reply.headers).copy() if is_kept else _checked(reply.headers)
    response.headers = ReplyHeaders(store)
    return response


class ReplyHeaders(ResponseHeaders):
    """The header fields of a reply; from here on, middleware may do with them what it likes.

    Django checks every field that is set. One look is enough for all answers that say the same.
    """

    def __init__(self, store: dict[str, tuple[str, str]]) -> None:
        self._store = store


def _checked(headers: Headers) -> dict[str, tuple[str, str]]:
    """What `ResponseHeaders` keeps of the fields: lower-case names to the names and values."""
    checked = ResponseHeaders({})
    for name, value in headers:
        # Django holds one value for a name: several lines of one field are one list of values.
        before = checked.get(name)
        checked[name] = value if before is None else f"{before}, {value}"
    store: dict[str, tuple[str, str]] = checked._store
    return store


_remembered = lru_cache(maxsize=1024)(_checked)


class WholeFile(FileResponse):
    """A file from its first byte to its last, which the server may send by `wsgi.file_wrapper`."""

    block_size = CHUNK

    def set_headers(self, filelike: ExactFile) -> None:  # type: ignore[override]
        """Nothing: Django would make them of the file's name."""


class FileStream(StreamingHttpResponse):
    """A body read from an open file as it is sent; closing the response closes the file."""

    def __init__(
        self, body: FileBody, chunks: FileBody | AsyncIterator[bytes], *, status: int
    ) -> None:
        super().__init__(chunks, status=status)
        self._body = body

    def close(self) -> None:
        """Close the file, and what Django closes."""
        self._body.close()
        super().close()


async def _asynchronous(body: FileBody) -> AsyncIterator[bytes]:
    """The body as nothing but an asynchronous iterator, which is how Django tells them apart."""
    async for chunk in body:
        yield chunk
