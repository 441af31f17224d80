"""Replies as Django's responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse

from hiss.files.body import CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from hiss.core.reply import Headers
    from hiss.files.body import FileBody
    from hiss.files.origin import Answer


def to_response(answer: Answer, request: HttpRequest) -> HttpResponseBase:
    """The response of Django's for an answer to `request`."""
    reply, body = answer
    response: HttpResponseBase
    if isinstance(body, bytes):
        response = HttpResponse(body, status=reply.status)
    else:
        # Whatever runs around the middleware, a response to an ASGI request ends at an event loop.
        response = FileStream(body, status=reply.status, is_async=isinstance(request, ASGIRequest))
    del response.headers["Content-Type"]
    _set_headers(response, reply.headers)
    return response


def _set_headers(response: HttpResponseBase, headers: Headers) -> None:
    for name, value in headers:
        # Django holds one value for a name: several lines of one field are one list of values.
        before = response.headers.get(name)
        response.headers[name] = value if before is None else f"{before}, {value}"


class FileStream(StreamingHttpResponse):
    """A body read from an open file as it is sent; closing the response closes the file."""

    def __init__(self, body: FileBody, *, status: int, is_async: bool) -> None:
        super().__init__(_asynchronous(body) if is_async else body, status=status)
        self._body = body
        if body.is_whole and not is_async:
            # Django's WSGI handler passes these on to the server's `wsgi.file_wrapper`.
            self.file_to_stream = body.file
            self.block_size = CHUNK

    def close(self) -> None:
        """Close the file, and what Django closes."""
        self._body.close()
        super().close()


async def _asynchronous(body: FileBody) -> AsyncIterator[bytes]:
    """The body as nothing but an asynchronous iterator, which is how Django tells them apart."""
    async for chunk in body:
        yield chunk
