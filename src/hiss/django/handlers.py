"""Django's applications with its static files in front, answered before Django builds a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import django
from django.conf import settings
from django.core import asgi as django_asgi
from django.core import wsgi as django_wsgi

from hiss import asgi, wsgi
from hiss.django.origin import open_origin, sharing
from hiss.django.security import Security, security_headers
from hiss.http.paths import decode_wsgi_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from hiss.files.origin import Origin


def get_wsgi_application() -> WSGIHandler:
    """Set Django up and return its WSGI application, with its static files in front."""
    django.setup(set_prefix=False)
    origin = open_origin(always=security_headers())
    with sharing(origin):
        return WSGIHandler(django_wsgi.get_wsgi_application(), origin)


def get_asgi_application() -> ASGIHandler:
    """Set Django up and return its ASGI application, with its static files in front."""
    django.setup(set_prefix=False)
    origin = open_origin(always=security_headers())
    with sharing(origin):
        # Django's stubs say more of the messages than ASGI does.
        return ASGIHandler(cast("asgi.ASGIApp", django_asgi.get_asgi_application()), origin)


class WSGIHandler:
    """A WSGI application with a Django project's static files in front."""

    def __init__(self, app: WSGIApplication, origin: Origin) -> None:
        self.app = app
        self._origin = origin
        self._security = Security()
        self._script_name: str | None = settings.FORCE_SCRIPT_NAME

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        entry = wsgi.find(self._origin, environ)
        if entry is None:
            return self.app(environ, start_response)
        security = self._security
        proxy_value = environ.get(security.proxy_key)
        secure = security.is_secure(environ["wsgi.url_scheme"], proxy_value)
        script_name = self._script_name or decode_wsgi_path(environ.get("SCRIPT_NAME", ""))
        path = script_name.rstrip("/") + decode_wsgi_path(environ.get("PATH_INFO", ""))
        if security.leaves_to_django(path, secure=secure):
            return self.app(environ, start_response)
        extra = security.headers(secure=secure)
        return wsgi.answer(self._origin, entry, environ, start_response, extra)


class ASGIHandler:
    """An ASGI application with a Django project's static files in front."""

    def __init__(self, app: asgi.ASGIApp, origin: Origin) -> None:
        self.app = app
        self._origin = origin
        self._security = Security()
        self._script_name: str | None = settings.FORCE_SCRIPT_NAME

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        entry = asgi.find(self._origin, scope, self._script_name)
        secure = self._is_secure(scope) if entry is not None else False
        if entry is None or self._security.leaves_to_django(scope["path"], secure=secure):
            await self.app(scope, receive, send)
            return
        extra = self._security.headers(secure=secure)
        await asgi.answer(self._origin, entry, scope, receive, send, extra)

    def _is_secure(self, scope: asgi.Scope) -> bool:
        field = self._security.proxy_field
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == field]
        proxy_value = ",".join(values) if values else None
        return self._security.is_secure(scope.get("scheme", "http"), proxy_value)
