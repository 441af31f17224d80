"""The middleware: right after `SecurityMiddleware`, in sync and in async stacks alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from hiss.django.origin import open_origin
from hiss.django.response import to_response
from hiss.files.offload import offload
from hiss.http.paths import has_encoded_slash
from hiss.wsgi import read_fields, read_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from hiss.core.catalog import Entry
    from hiss.core.request import Request

    GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class HissMiddleware:
    """Answers requests for static files; every other goes on as it came.

    Neither kind of stack costs a request a thread: what is not Hiss's is handed on at once.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._origin = open_origin()
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        entry = self._origin.find(request.path_info)
        if entry is not None and has_encoded_slash(_target(request)):
            entry = self._origin.miss(request.path_info)
        if entry is None:
            return self.get_response(request)
        if self._is_async:
            return self._answer_async(entry, request)
        return to_response(*self._origin.answer(entry, _read(request)), request)

    async def _answer_async(self, entry: Entry, request: HttpRequest) -> HttpResponseBase:
        asked = _read(request)
        held = self._origin.answer_held(entry, asked)
        if held is not None:
            return to_response(*held, request)
        return to_response(*await offload(self._origin.answer, entry, asked), request)


def _read(request: HttpRequest) -> Request:
    scope = getattr(request, "scope", None)
    if scope is None:
        return read_request(request.META)
    query = scope.get("query_string", b"")
    # Django writes methods in capitals, and "get" is not GET (RFC 9110, section 9.1). Its test
    # client has the query as text.
    text = query.decode("latin-1") if isinstance(query, bytes) else query
    return read_fields(request.META, scope["method"], text)


def _target(request: HttpRequest) -> str:
    """The path as it was sent, where the server tells."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        raw: bytes = scope.get("raw_path") or b""
        return raw.decode("latin-1")
    return request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or ""
